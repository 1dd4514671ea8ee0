//! One file per source, and one for its custom resource definitions.
//!
//! Documents keep their bytes: a text is cut at its document markers, which
//! YAML allows nowhere else, and parsed only where a definition may be in it. A
//! last line without its line feed gets one; a document that this would change
//! is written anew.

use bytes::Bytes;

use super::super::documents::{self, field};
use super::super::{BLOCK, Fault};
use super::names;
use crate::model::{FileSet, RelPath};
use crate::parallel;
use crate::text::Node;
use crate::text::yaml::{self, Dialect, Value};

/// The kind that gets a file of its own.
const DEFINITION: &str = "CustomResourceDefinition";

/// What the two files of a source hold.
#[derive(Default)]
struct Joined {
    definitions: String,
    rest: String,
}

/// The files of the source `label`: those that hold something.
pub(super) fn join(label: &str, files: &FileSet) -> Result<Vec<(RelPath, Bytes)>, Fault> {
    let files: Vec<_> = files
        .iter()
        .filter(|(file, _)| documents::is_manifest(file))
        .collect();
    let mut all = Joined::default();
    for joined in parallel::map(&files, BLOCK, |(file, content)| one(file, content)) {
        let joined = joined?;
        append(&mut all.definitions, &joined.definitions);
        append(&mut all.rest, &joined.rest);
    }
    let stem = names::of_source(label);
    let mut made = Vec::new();
    for (end, text) in [("-crds.yaml", all.definitions), (".yaml", all.rest)] {
        if !text.is_empty() {
            made.push((RelPath::parse(&format!("{stem}{end}"))?, text.into()));
        }
    }
    Ok(made)
}

fn one(file: &RelPath, content: &[u8]) -> Result<Joined, Fault> {
    let text = documents::text(file, content)?;
    let malformed = |source| Fault::Syntax {
        file: file.to_string(),
        source,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut joined = Joined::default();
    if documents::is_json(file) {
        // Not every reader of YAML takes all of JSON.
        let document = documents::parse(file, content)?.remove(0);
        documents::refuse_repeated(file, &document.repeated)?;
        let root = document.root;
        if !root.is_null() {
            let value = Value::of(&root, Dialect::Kubernetes);
            let value = value.expect("a key in JSON is a string");
            joined.add(&yaml::emit_manifest(&value), is_definition(&root));
        }
        return Ok(joined);
    }
    // For its message with the line in the file.
    if text.contains(DEFINITION) {
        yaml::parse(text).map_err(malformed)?;
    }
    for document in cut(text) {
        let defines = document.contains(DEFINITION)
            && yaml::parse(document)
                .is_ok_and(|found| found.iter().any(|found| is_definition(&found.root)));
        match changed_by_a_line_feed(document) {
            Some(value) => joined.add(&yaml::emit_manifest(&value), defines),
            None => joined.add(document, defines),
        }
    }
    Ok(joined)
}

/// The content of a document that means something else with a line feed behind
/// it: one that ends within a block text.
fn changed_by_a_line_feed(document: &str) -> Option<Value> {
    if document.ends_with(['\n', '\r']) || !document.contains(['|', '>']) {
        return None;
    }
    let value = |text: &str| {
        let root = yaml::parse(text).ok()?.into_iter().next()?.root;
        Value::of(&root, Dialect::Kubernetes).ok()
    };
    let own = value(document)?;
    (value(&format!("{document}\n"))? != own).then_some(own)
}

impl Joined {
    fn add(&mut self, document: &str, defines: bool) {
        let nothing = |line: &str| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
        };
        if document.lines().all(nothing) {
            return;
        }
        let into = if defines {
            &mut self.definitions
        } else {
            &mut self.rest
        };
        append(into, document);
    }
}

fn append(text: &mut String, document: &str) {
    if !text.is_empty() && !document.is_empty() && !starts_document(document) {
        text.push_str("---\n");
    }
    text.push_str(document);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// The documents of a stream, each with the marker line above it, unless that
/// has nothing but the marker.
fn cut(text: &str) -> Vec<&str> {
    let mut documents = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if starts_document(line) {
            documents.push(&text[start..at]);
            start = if line.trim_end() == "---" { next } else { at };
        }
        at = next;
    }
    documents.push(&text[start..]);
    documents
}

/// Whether a text begins with the marker of a document.
fn starts_document(text: &str) -> bool {
    text.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn is_definition(root: &Node) -> bool {
    let text = |key| field(root, key).and_then(Node::text);
    text("kind") == Some(DEFINITION)
        && text("apiVersion").is_some_and(|version| version.starts_with("apiextensions.k8s.io/"))
}
