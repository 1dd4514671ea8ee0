//! Components: what their files say, and what they list.

use super::Fault;
use super::fields::Source;
use crate::text::{Node, nearest};

/// What a component is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// A component file in a folder of its own.
    Component,
    /// A Helm chart.
    Helm,
    /// Files as they are.
    Static,
    /// A type that Fabrikate does not know: it generates nothing.
    Unknown,
}

/// A component, from its own file or as an entry of its parent.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub generator: Generator,
    /// The type that Fabrikate does not know, and its line, from 1.
    pub unknown_type: Option<(String, usize)>,
    /// The deprecated `generator` field was used.
    pub migrated: bool,
    /// Where it comes from: an address or a folder.
    pub source: String,
    /// How it comes: `git`, `helm`, `http`, or else it is there.
    pub method: String,
    /// Where in the source it is.
    pub path: String,
    /// The commit, the tag or the chart's version.
    pub version: String,
    /// The branch, for git.
    pub branch: String,
    /// Shell lines before its parts are installed.
    pub before_install: Vec<String>,
    /// Shell lines after that.
    pub after_install: Vec<String>,
    /// Shell lines before its generation.
    pub before_generate: Vec<String>,
    /// Shell lines after that.
    pub after_generate: Vec<String>,
    /// Chart repositories by the names that charts may call them.
    pub repositories: Vec<(String, String)>,
    /// What it lists.
    pub entries: Vec<Component>,
    /// Keys that are no fields, and look as if they should be.
    pub misspelt: Vec<Misspelt>,
}

/// A key of a component that is not known, and what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misspelt {
    /// The key.
    pub key: String,
    /// Its line, from 1; 0 where that is not known.
    pub line: usize,
    /// The field that is most like it; none for configuration, which belongs
    /// into files of its own.
    pub known: Option<&'static str>,
}

/// The fields of a component.
const FIELDS: [&str; 11] = [
    "branch",
    "generator",
    "hooks",
    "method",
    "name",
    "path",
    "repositories",
    "source",
    "subcomponents",
    "type",
    "version",
];

/// The names of a component file, the first that is there counts, and whether
/// it is JSON.
pub const COMPONENT_FILES: [(&str, bool); 2] =
    [("component.yaml", false), ("component.json", true)];

impl Component {
    /// Reads a component file's text; `file` is what messages call it.
    pub fn parse(file: &str, json: bool, text: &str) -> Result<Self, Fault> {
        let source = Source { file, json };
        match source.parse(text)? {
            Some(root) => Self::of(source, &root),
            None => Ok(Self::empty()),
        }
    }

    fn empty() -> Self {
        Self {
            name: String::new(),
            generator: Generator::Component,
            unknown_type: None,
            migrated: false,
            source: String::new(),
            method: String::new(),
            path: String::new(),
            version: String::new(),
            branch: String::new(),
            before_install: Vec::new(),
            after_install: Vec::new(),
            before_generate: Vec::new(),
            after_generate: Vec::new(),
            repositories: Vec::new(),
            entries: Vec::new(),
            misspelt: Vec::new(),
        }
    }

    fn of(source: Source<'_>, node: &Node) -> Result<Self, Fault> {
        // Before `type` there was `generator`; where it is set, it counts.
        let old = source.text(node, "generator")?;
        let new = source.text(node, "type")?;
        let (field, name) = if old.is_empty() {
            ("type", new)
        } else {
            ("generator", old.clone())
        };
        let generator = match name.as_str() {
            "" | "component" => Generator::Component,
            "helm" => Generator::Helm,
            "static" => Generator::Static,
            _ => Generator::Unknown,
        };
        let entries = source.list(node, "subcomponents")?.iter();
        let entries = entries.map(|entry| match entry.pairs() {
            Some(_) => Self::of(source, entry),
            None if entry.is_null() => Ok(Self::empty()),
            None => Err(source.wrong(
                entry,
                &format!("a subcomponent is {}, not a map", entry.noun()),
            )),
        });
        Ok(Self {
            name: source.text(node, "name")?,
            generator,
            unknown_type: (generator == Generator::Unknown).then(|| {
                (
                    name,
                    source.field(node, field).map_or(0, |value| value.line),
                )
            }),
            migrated: !old.is_empty(),
            source: source.text(node, "source")?,
            method: source.text(node, "method")?,
            path: source.text(node, "path")?,
            version: source.text(node, "version")?,
            branch: source.text(node, "branch")?,
            before_install: hook(source, node, "before-install")?,
            after_install: hook(source, node, "after-install")?,
            before_generate: hook(source, node, "before-generate")?,
            after_generate: hook(source, node, "after-generate")?,
            repositories: repositories(source, node),
            entries: entries.collect::<Result<_, _>>()?,
            misspelt: misspelt(source, node),
        })
    }

    /// Whether its generation runs shell lines.
    pub fn has_generate_hooks(&self) -> bool {
        !self.before_generate.is_empty() || !self.after_generate.is_empty()
    }
}

/// The repositories that have a name and an address. Fabrikate deprecates the field,
/// so that whatever else stands there is passed over.
fn repositories(source: Source<'_>, node: &Node) -> Vec<(String, String)> {
    let pairs = source.map(node, "repositories").unwrap_or_default().iter();
    let named = pairs.filter_map(|(name, address)| {
        let address = address.text().filter(|address| !address.is_empty())?;
        Some((name.text()?.to_owned(), address.to_owned()))
    });
    named.collect()
}

fn misspelt(source: Source<'_>, node: &Node) -> Vec<Misspelt> {
    let pairs = node.pairs().unwrap_or_default().iter();
    let found = pairs.filter_map(|(key, _)| {
        let name = key.text()?;
        if FIELDS.iter().any(|known| source.is_key(name, known)) {
            return None;
        }
        let known = nearest(name, FIELDS);
        let is_configuration = source.is_key(name, "config");
        (known.is_some() || is_configuration).then(|| Misspelt {
            key: name.to_owned(),
            line: key.line,
            known: known.filter(|_| !is_configuration),
        })
    });
    found.collect()
}

/// The lines of one hook that are not empty.
fn hook(source: Source<'_>, node: &Node, name: &str) -> Result<Vec<String>, Fault> {
    let hooks = source.map(node, "hooks")?;
    let Some((_, lines)) = hooks.iter().rev().find(|(key, _)| key.text() == Some(name)) else {
        return Ok(Vec::new());
    };
    if lines.is_null() {
        return Ok(Vec::new());
    }
    let crate::text::Kind::Sequence(lines) = &lines.kind else {
        return Err(source.wrong(lines, &format!("`{name}` is {}, not a list", lines.noun())));
    };
    let line = |line: &Node| match line.text() {
        Some(text) => Ok(text.to_owned()),
        None => Err(source.wrong(
            line,
            &format!("a line of `{name}` is {}, not text", line.noun()),
        )),
    };
    let lines: Vec<String> = lines.iter().map(line).collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| !line.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_where_it_comes_from() {
        let text = "name: shop\nsubcomponents:\n- name: web\n  method: git\n  version: 1.10\n  hooks:\n    before-install: ['', ls]\n";
        let component = Component::parse("component.yaml", false, text).unwrap();
        let entry = &component.entries[0];
        assert_eq!(
            (entry.method.as_str(), entry.version.as_str()),
            ("git", "1.10")
        );
        assert_eq!(entry.before_install, ["ls"]);
        assert!(!entry.has_generate_hooks());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let error = Component::parse("a/component.yaml", false, "version: [1]\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a/component.yaml`, line 1, column 10: `version` is a list, not text"
        );
    }
}
