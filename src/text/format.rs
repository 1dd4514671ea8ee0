//! Which format a file has, by its name.

/// A file format whose readers give text a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// A program or library in Jsonnet.
    Jsonnet,
    /// A template of Go that is part of others (`_helpers.tpl`).
    Template,
    /// A setting on each line (`app.env`).
    Lines,
}

impl Format {
    /// The format of a file; `None` where its name does not tell.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        // Kustomize reads this name, too.
        if name == "Kustomization" {
            return Some(Self::Yaml);
        }
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "jsonnet" | "libsonnet" => Some(Self::Jsonnet),
            "tpl" => Some(Self::Template),
            "env" | "properties" => Some(Self::Lines),
            _ => None,
        }
    }
}
