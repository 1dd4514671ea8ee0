//! Reading variables: files, inline documents, JSON in environment variables.
//!
//! Owns the kinds of sources and turns them into layers. The environment comes
//! in as a value.

#![expect(
    clippy::disallowed_methods,
    reason = "files that the caller names, and the private copy"
)]

mod json;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::text::encoding::Codec;

use super::detect;
use super::entry::Entry;
use super::error::Error;
use super::options::Compatibility;
use super::tree::{self, Kind, Node, Printing};
use super::variables::{Layer, Matching};
use super::walk::Finding;
use super::yaml;
use json::json;

/// Something that variables are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files by patterns, `!pattern` excludes.
    Files(String),
    /// An environment variable that holds JSON.
    Environment(String),
    /// A JSON object (comments allowed), named as it is shown.
    Json(&'static str, String),
    /// YAML: an object, or a list of objects and `@files`, `$environment`.
    Yaml(&'static str, String),
    /// YAML documents that are objects, one after the other.
    YamlDocuments(&'static str, String),
}

impl Source {
    /// An argument of `--variables`: `@files`, `$NAME`, or JSON.
    pub fn argument(text: &str) -> Self {
        Self::reference(text).unwrap_or_else(|| Self::Json("--variables", text.to_owned()))
    }

    /// `@files` or `$NAME`.
    fn reference(text: &str) -> Option<Self> {
        if let Some(files) = text.strip_prefix('@') {
            return Some(Self::Files(files.to_owned()));
        }
        text.strip_prefix('$')
            .map(|name| Self::Environment(name.to_owned()))
    }
}

/// What reading needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'r> {
    /// How files are found, and whose rules.
    pub finding: Finding,
    /// Where relative patterns begin.
    pub root: &'r Path,
    /// What joins the keys of nested objects.
    pub separator: &'r str,
    /// The environment of the run.
    pub environment: &'r BTreeMap<String, String>,
}

impl Reader<'_> {
    /// The layers of all sources in their order, weakest first.
    pub fn layers(&self, sources: &[Source]) -> Result<Vec<Layer>, Error> {
        let mut layers = Vec::new();
        for source in sources {
            self.source(source, &mut layers)?;
        }
        Ok(layers)
    }

    fn source(&self, source: &Source, layers: &mut Vec<Layer>) -> Result<(), Error> {
        let level = self.finding.level;
        match source {
            Source::Files(patterns) => {
                for line in Entry::lines(patterns, level) {
                    let entry = Entry::parse(&line, level)?;
                    if level.is_own() {
                        self.all_named_are_there(&entry)?;
                    }
                    for file in self.finding.files(&entry, self.root, &[])? {
                        let bytes = fs::read(&file.path)
                            .map_err(Error::io("reading variables from", &file.path))?;
                        layers.push(layer_of_file(&file.shown, &bytes, level, self.separator)?);
                    }
                }
            }
            Source::Environment(name) => {
                let origin = format!("environment variable {name}");
                let text = self.environment.get(name).map_or("", String::as_str);
                let root = if text.trim().is_empty() {
                    return Ok(());
                } else {
                    json(text, &origin, level)?
                };
                layers.push(self.layer(&origin, &[root])?);
            }
            Source::Json(what, text) => layers.push(self.layer(what, &[json(text, what, level)?])?),
            Source::YamlDocuments(what, text) => {
                let documents = yaml_documents(text, what)?;
                layers.push(self.layer(what, &documents)?);
            }
            Source::Yaml(what, text) => self.yaml_source(what, text, layers)?,
        }
        Ok(())
    }

    /// A file that is named in full has to be there; a pattern may match nothing.
    fn all_named_are_there(&self, entry: &Entry) -> Result<(), Error> {
        for pattern in entry.include.iter().filter(|text| !has_wildcard(text)) {
            let alone = Entry {
                include: vec![pattern.clone()],
                exclude: Vec::new(),
                output: None,
            };
            if self.finding.files(&alone, self.root, &[])?.is_empty() {
                return Err(Error::NoVariableFile {
                    pattern: pattern.clone(),
                    root: self.root.to_path_buf(),
                });
            }
        }
        Ok(())
    }

    /// The `additionalVariables` input.
    fn yaml_source(
        &self,
        what: &'static str,
        text: &str,
        layers: &mut Vec<Layer>,
    ) -> Result<(), Error> {
        if let Some(source) = Source::reference(text.trim()) {
            return self.source(&source, layers);
        }
        let documents = yaml_documents(text, what)?;
        if documents.len() > 1 && !self.finding.level.is_own() {
            return Err(fail(what, 0, "there is more than one YAML document"));
        }
        for document in &documents {
            let Kind::List(items) = &document.kind else {
                self.item(what, document, layers)?;
                continue;
            };
            for item in items.iter() {
                self.item(what, item, layers)?;
            }
        }
        Ok(())
    }

    /// An object, or a text that refers to something.
    fn item(&self, what: &'static str, node: &Node, layers: &mut Vec<Layer>) -> Result<(), Error> {
        match &node.kind {
            Kind::Map(_) => layers.push(self.layer(what, std::slice::from_ref(node))?),
            Kind::Null if self.finding.level.is_own() => {}
            Kind::Text(text) => match Source::reference(text) {
                Some(source) => self.source(&source, layers)?,
                None => {
                    return Err(fail(
                        what,
                        node.line,
                        "a text must begin with @ (files) or $ (an environment variable)",
                    ));
                }
            },
            _ => {
                return Err(fail(
                    what,
                    node.line,
                    "this is neither an object nor a text",
                ));
            }
        }
        Ok(())
    }

    fn layer(&self, origin: &str, documents: &[Node]) -> Result<Layer, Error> {
        let printing = Printing {
            level: self.finding.level,
            inline: true,
        };
        layer(origin, documents, self.separator, printing)
    }
}

/// Whether a pattern may stand for other names than itself. A backslash alone
/// does not: it is more often a separator in the wrong place.
fn has_wildcard(pattern: &str) -> bool {
    let groups = ["@(", "+(", "!("];
    pattern.contains(['*', '?', '[', '{']) || groups.iter().any(|group| pattern.contains(group))
}

/// The names in some layers, each once, as the old program counts them.
pub(super) fn count(layers: &[Layer]) -> usize {
    let names: HashSet<String> = layers
        .iter()
        .flat_map(Layer::names)
        .map(str::to_uppercase)
        .collect();
    names.len()
}

/// The variables of one file: YAML by its extension, else JSON with comments.
pub fn layer_of_file(
    shown: &str,
    bytes: &[u8],
    level: Compatibility,
    separator: &str,
) -> Result<Layer, Error> {
    let origin = format!("file {shown}");
    let text = decode(shown, bytes, level)?;
    let extension = shown
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let is_yaml = ["yml", "yaml"]
        .iter()
        .any(|y| extension.eq_ignore_ascii_case(y));
    let documents = if is_yaml {
        yaml_documents(&text, &origin)?
    } else {
        vec![json(&text, &origin, level)?]
    };
    let printing = Printing {
        level,
        inline: false,
    };
    layer(&origin, &documents, separator, printing)
}

/// The text of a variable file.
fn decode(shown: &str, bytes: &[u8], level: Compatibility) -> Result<String, Error> {
    let codec = if level.is_own() {
        Codec::by_bom(bytes).unwrap_or(Codec::Utf8)
    } else {
        detect::as_before(bytes)
    };
    let body = bytes.strip_prefix(codec.bom()).unwrap_or(bytes);
    if !level.is_own() {
        return Ok(codec.decode_lossy(body));
    }
    codec.decode(body).map_err(|malformed| {
        let before = &body[..malformed.offset.min(body.len())];
        let (line, column) = super::cursor::Cursor::new(before).place(before.len());
        Error::Variables {
            origin: format!("file {shown}"),
            line,
            column,
            reason: format!("the file is not {} text", codec.name()),
        }
    })
}

fn layer(
    origin: &str,
    documents: &[Node],
    separator: &str,
    printing: Printing,
) -> Result<Layer, Error> {
    let separator = if separator.is_empty() { "." } else { separator };
    let mut layer = Layer::new(origin, Matching::Exact);
    for document in documents {
        match &document.kind {
            Kind::List(_) if printing.level.is_own() && !printing.inline => {
                let reason = "there is a list where an object with variables is needed";
                return Err(fail(origin, document.line, reason));
            }
            Kind::Map(_) | Kind::List(_) => {}
            Kind::Null if printing.level.is_own() => continue,
            // The old program took a text apart into its characters.
            Kind::Text(text) if !printing.level.is_own() => {
                for (i, c) in text.chars().enumerate() {
                    layer.push(i.to_string(), c.to_string().into(), false, document.line);
                }
                continue;
            }
            _ => {
                return Err(fail(
                    origin,
                    document.line,
                    "there is no object with variables",
                ));
            }
        }
        let flat = tree::flatten(document, separator, printing)
            .ok_or_else(|| fail(origin, 0, "there are more than a million values"))?;
        for variable in flat {
            layer.push(
                variable.name,
                Arc::from(variable.value),
                false,
                variable.line,
            );
        }
    }
    Ok(layer)
}

fn fail(origin: &str, line: usize, reason: &str) -> Error {
    Error::Variables {
        origin: origin.to_owned(),
        line,
        column: 0,
        reason: reason.to_owned(),
    }
}

fn yaml_documents(text: &str, origin: &str) -> Result<Vec<Node>, Error> {
    yaml::documents(text).map_err(|error| Error::Variables {
        origin: origin.to_owned(),
        line: error.line,
        column: error.column,
        reason: error.reason,
    })
}
