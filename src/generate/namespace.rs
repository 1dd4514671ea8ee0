//! Putting resources into a namespace.
//!
//! Owns which resources get one and how it is written into their text: a line
//! in front of the name, so that comments and order stay. Only a resource
//! whose metadata is not written line by line is written anew. What already
//! names a namespace, and what belongs to the whole cluster, stays as it is.

mod edit;
mod scope;

use std::collections::BTreeMap;

use super::documents::{self, field, is_json, is_manifest, list_items, refuse_repeated, text};
use super::{BLOCK, Fault};
use crate::model::{FileSet, Finding, RelPath};
use crate::parallel;
use crate::text::change::{Change, Data, Step};
use crate::text::{Node, json_edit, yaml};

use self::edit::Text;
use self::scope::{Scope, Scopes};

/// How many kinds a finding names.
const SHOWN: usize = 5;

/// The files with `metadata.namespace` set in every resource that needs one
/// and has none.
///
/// Whether a kind belongs to a namespace is known for Kubernetes' own kinds,
/// for those that the files define themselves and for widespread operators. A
/// kind that nobody knows is taken for one that does: the API server drops the
/// namespace of a resource that cannot have one, but a resource without one
/// ends up wherever it is applied from. One finding names these kinds.
pub fn set_namespace(
    files: FileSet,
    namespace: &str,
) -> Result<(FileSet, Vec<Finding>), super::Error> {
    let files: Vec<_> = files.into_iter().collect();
    let parsed = parallel::map(&files, BLOCK, |(path, content)| parse(path, content));
    let mut texts = Vec::with_capacity(files.len());
    let mut scopes = Scopes::default();
    for parsed in parsed {
        let parsed = parsed?;
        for document in parsed.iter().flat_map(|(_, documents)| documents) {
            scopes.learn(&document.root);
        }
        texts.push(parsed);
    }
    let mut unknown = BTreeMap::new();
    let mut result = FileSet::new();
    for ((path, content), parsed) in files.into_iter().zip(texts) {
        let Some((text, documents)) = parsed else {
            result.insert(path, content);
            continue;
        };
        let mut targets = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            collect(&document.root, &scopes, at, &mut Vec::new(), &mut targets);
        }
        for target in &targets {
            if let Some(kind) = &target.unknown {
                unknown.entry(kind.clone()).or_insert_with(|| path.clone());
            }
        }
        let changed = if targets.is_empty() {
            None
        } else if is_json(&path) {
            refuse_repeated(&path, &documents[0].repeated)?;
            Some(in_json(&path, &text, &targets, namespace)?)
        } else {
            Some(in_yaml(&path, &text, &documents, &targets, namespace)?)
        };
        result.insert(path, changed.map_or(content, Into::into));
    }
    Ok((result, finding(&unknown, namespace).into_iter().collect()))
}

/// One resource that gets a namespace.
struct Target {
    /// The number of its document in the file, from 0.
    document: usize,
    /// Its items in lists of resources, outermost first.
    items: Vec<usize>,
    /// Its kind, when nobody knows whether that belongs to a namespace.
    unknown: Option<String>,
}

type Parsed = Option<(String, Vec<yaml::Document>)>;

/// The documents of a file that may hold resources.
fn parse(path: &RelPath, content: &[u8]) -> Result<Parsed, Fault> {
    if !is_manifest(path) {
        return Ok(None);
    }
    let documents = documents::parse(path, content)?;
    Ok(Some((text(path, content)?.to_owned(), documents)))
}

/// Adds what is below `root` and needs a namespace.
fn collect(
    root: &Node,
    scopes: &Scopes,
    document: usize,
    items: &mut Vec<usize>,
    targets: &mut Vec<Target>,
) {
    if let Some(list) = list_items(root) {
        for (at, item) in list.iter().enumerate() {
            items.push(at);
            collect(item, scopes, document, items, targets);
            items.pop();
        }
        return;
    }
    let Some((group, kind)) = group_and_kind(root) else {
        return;
    };
    let Some(metadata) = field(root, "metadata").filter(|node| node.pairs().is_some()) else {
        return;
    };
    if field(metadata, "namespace").is_some_and(|node| !is_empty(node)) {
        return;
    }
    let unknown = match scopes.of(group, kind) {
        Scope::Cluster => return,
        Scope::Namespace => None,
        Scope::Unknown => Some(format!("{kind} ({group})")),
    };
    targets.push(Target {
        document,
        items: items.clone(),
        unknown,
    });
}

fn in_json(
    path: &RelPath,
    text: &str,
    targets: &[Target],
    namespace: &str,
) -> Result<String, Fault> {
    let put = |target: &Target| {
        let items = target.items.iter();
        let mut at: Vec<Step> = items
            .flat_map(|item| [Step::Key("items".to_owned()), Step::Item(*item)])
            .collect();
        at.push(Step::Key("metadata".to_owned()));
        Change::Put {
            at,
            key: "namespace".to_owned(),
            value: Data::Text(namespace.to_owned()),
        }
    };
    let changes: Vec<_> = targets.iter().map(put).collect();
    json_edit::apply(text, &changes).map_err(|error| refused(path, &error.to_string()))
}

fn in_yaml(
    path: &RelPath,
    text: &str,
    documents: &[yaml::Document],
    targets: &[Target],
    namespace: &str,
) -> Result<String, Fault> {
    let mut edited = Text::new(text);
    let mut at = 0;
    while at < targets.len() {
        let document = targets[at].document;
        let same = targets[at..].iter();
        let count = same
            .take_while(|target| target.document == document)
            .count();
        let resources: Vec<&Node> = targets[at..at + count]
            .iter()
            .filter_map(|target| below(&documents[document].root, &target.items))
            .collect();
        let anew = edited
            .namespace(&documents[document].root, &resources, namespace)
            .map_err(|message| refused(path, &message))?;
        if anew {
            refuse_repeated(path, &documents[document].repeated)?;
        }
        at += count;
    }
    Ok(edited.finish())
}

fn below<'n>(root: &'n Node, items: &[usize]) -> Option<&'n Node> {
    let mut node = root;
    for item in items {
        node = list_items(node)?.get(*item)?;
    }
    Some(node)
}

fn refused(path: &RelPath, message: &str) -> Fault {
    Fault::Shape {
        file: path.to_string(),
        place: String::new(),
        message: format!("its resources cannot be given a namespace: {message}"),
    }
}

fn finding(unknown: &BTreeMap<String, RelPath>, namespace: &str) -> Option<Finding> {
    let (_, first) = unknown.iter().next()?;
    let mut kinds = unknown.keys().take(SHOWN).cloned().collect::<Vec<_>>();
    if let Some(more @ 1..) = unknown.len().checked_sub(SHOWN) {
        kinds.push(format!("{more} more"));
    }
    // Harmless where it is wrong: the API server takes the namespace out again.
    Some(Finding::info(
        first.as_str(),
        format!(
            "it is not known whether these kinds belong to a namespace; they were put into `{namespace}`: {}",
            kinds.join(", ")
        ),
    ))
}

fn group_and_kind(root: &Node) -> Option<(&str, &str)> {
    let version = field(root, "apiVersion")?.text()?;
    let kind = field(root, "kind")?
        .text()
        .filter(|kind| !kind.is_empty())?;
    Some((
        version.rsplit_once('/').map_or("", |(group, _)| group),
        kind,
    ))
}

/// Whether this is a namespace that names none.
fn is_empty(node: &Node) -> bool {
    node.is_null() || node.text() == Some("")
}

#[cfg(test)]
mod tests;
