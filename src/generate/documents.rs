//! The documents of a manifest file, the items of a `List` one by one, and what
//! makes a document a resource.

use super::Fault;
use super::api_fields::{self, FieldFault};
use crate::model::{RelPath, ResourceId};
use crate::text::yaml::{self, Dialect, RepeatedKey, Value};
use crate::text::{Kind, Node, SyntaxError, json};

/// One document that is not empty, as Kubernetes reads it.
pub(super) struct Document {
    /// The line it starts at, from 1.
    pub line: usize,
    /// Its content.
    pub value: Value,
}

/// What a file holds.
#[derive(Default)]
pub(super) struct Documents {
    /// Every document that is not empty.
    pub all: Vec<Document>,
    /// Keys that a map has twice.
    pub repeated: Vec<RepeatedKey>,
    /// Fields that the API server would refuse.
    pub faults: Vec<FieldFault>,
}

impl Document {
    /// Which object it is, or what it lacks to be one.
    pub(super) fn identity(&self) -> Result<ResourceId, &'static str> {
        identity(&self.value)
    }
}

/// Whether a file has the name of a manifest.
pub fn is_manifest(file: &RelPath) -> bool {
    let extension = extension(file);
    let mut known = ["yaml", "yml", "json"].into_iter();
    known.any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a file is JSON by its name.
pub(super) fn is_json(file: &RelPath) -> bool {
    extension(file).eq_ignore_ascii_case("json")
}

/// Every document of a file.
pub(super) fn read(file: &RelPath, content: &[u8]) -> Result<Documents, Fault> {
    let mut found = Documents::default();
    for document in parse(file, content)? {
        found.repeated.extend(document.repeated);
        collect(file, &document.root, document.line, &mut found)?;
    }
    Ok(found)
}

/// The values of a file whose faults are known or do not matter: of what was rendered, and
/// of what is published.
pub(super) fn values(file: &RelPath, content: &[u8]) -> Result<Vec<Document>, Fault> {
    let text = text(file, content)?;
    let mut found = Vec::new();
    for document in nodes(file, text)? {
        let (root, line) = (&document.root, document.line);
        each(file, root, line, &mut |_, document| found.push(document))?;
    }
    Ok(found)
}

/// The resources of a file of others; `None` where it cannot be read. A link is such a
/// file: what git has of it is a path.
pub fn resources(file: &RelPath, content: &[u8]) -> Option<Vec<ResourceId>> {
    let found = read(file, content).ok()?;
    let is_scalar = |one: &Document| !matches!(one.value, Value::Map(_) | Value::List(_));
    if found.all.iter().any(is_scalar) {
        return None;
    }
    let ids = found.all.iter().map(Document::identity);
    let mut ids: Vec<_> = ids.filter_map(Result::ok).collect();
    for document in parse(file, content).ok()? {
        ids.extend(typed_by_list(&document.root));
    }
    Some(ids)
}

/// The items of a list such as `NamespaceList` that leave it to the list to say what they
/// are, as
/// [Kubernetes](https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/unstructured/helpers.go)
/// reads them.
fn typed_by_list(root: &Node) -> Vec<ResourceId> {
    let text = |key| field(root, key).and_then(Node::text);
    let kind = text("kind").and_then(|kind| kind.strip_suffix("List"));
    let (Some(kind), Some(api_version)) = (kind, text("apiVersion")) else {
        return Vec::new();
    };
    let items = list_items(root).into_iter().flatten();
    let is_empty = |item: &Node| {
        let kind = field(item, "kind");
        kind.is_none_or(|kind| kind.is_null() || kind.text() == Some(""))
    };
    let untyped = items.clone().filter(|item| is_empty(item));
    let inner = items.flat_map(typed_by_list);
    let typed = untyped.filter_map(|item| {
        let metadata = field(item, "metadata")?;
        let text = |key| field(metadata, key).and_then(Node::text);
        Some(ResourceId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: text("namespace").map(ToOwned::to_owned),
            name: text("name")?.to_owned(),
        })
    });
    typed.chain(inner).collect()
}

/// The text of a file.
pub(super) fn text<'c>(file: &RelPath, content: &'c [u8]) -> Result<&'c str, Fault> {
    std::str::from_utf8(content).map_err(|_| Fault::NotText(file.to_string()))
}

/// Refuses a key that its map has twice, in what is about to be written anew.
pub(super) fn refuse_repeated(file: &RelPath, repeated: &[RepeatedKey]) -> Result<(), Fault> {
    match repeated.first() {
        Some(repeated) => Err(Fault::RepeatedKey {
            file: file.to_string(),
            line: repeated.line,
            key: repeated.key.clone(),
            first: repeated.first,
        }),
        None => Ok(()),
    }
}

/// The documents of a file before anything is read out of them.
pub(super) fn parse(file: &RelPath, content: &[u8]) -> Result<Vec<yaml::Document>, Fault> {
    let text = text(file, content)?;
    if !is_json(file) {
        let documents = nodes(file, text)?;
        yaml::refused(text).map_err(|source| malformed(file, source))?;
        return Ok(documents);
    }
    nodes(file, text)
}

fn malformed(file: &RelPath, source: SyntaxError) -> Fault {
    Fault::Syntax {
        file: file.to_string(),
        source,
    }
}

fn nodes(file: &RelPath, text: &str) -> Result<Vec<yaml::Document>, Fault> {
    let malformed = |source| malformed(file, source);
    if !is_json(file) {
        return yaml::parse(text).map_err(malformed);
    }
    let root = json::parse(text).map_err(malformed)?;
    // JSON is YAML, and that reader keeps what is there twice.
    let again = yaml::parse(text).unwrap_or_default().into_iter();
    Ok(vec![yaml::Document {
        line: 1,
        root,
        repeated: again.flat_map(|document| document.repeated).collect(),
    }])
}

fn collect(file: &RelPath, root: &Node, line: usize, found: &mut Documents) -> Result<(), Fault> {
    each(file, root, line, &mut |root, document| {
        found.faults.extend(api_fields::check(root, document.line));
        found.all.push(document);
    })
}

/// Hands over every document that is not empty, the items of a `List` one by one.
fn each(
    file: &RelPath,
    root: &Node,
    line: usize,
    found: &mut impl FnMut(&Node, Document),
) -> Result<(), Fault> {
    if root.is_null() || root.pairs().is_some_and(<[_]>::is_empty) {
        return Ok(());
    }
    if let Some(items) = list_items(root) {
        for item in items {
            each(file, item, item.line.max(line), found)?;
        }
        return Ok(());
    }
    let value = Value::of(root, Dialect::Kubernetes).map_err(|error| Fault::Shape {
        file: file.to_string(),
        place: format!(", line {}, column {}", error.line, error.column),
        message: "a map key is not a single value".to_owned(),
    })?;
    found(root, Document { line, value });
    Ok(())
}

/// The items, when this is a `List` of any kind.
pub(super) fn list_items(root: &Node) -> Option<&[Node]> {
    if !field(root, "kind")?.text()?.ends_with("List") {
        return None;
    }
    match &field(root, "items")?.kind {
        Kind::Sequence(items) => Some(items),
        _ => None,
    }
}

/// The value of a key, the last one where it occurs twice.
pub(super) fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let pairs = node.pairs()?.iter().rev();
    let mut values = pairs.filter(|(key, _)| key.text() == Some(name));
    values.next().map(|(_, value)| value)
}

fn identity(value: &Value) -> Result<ResourceId, &'static str> {
    if !matches!(value, Value::Map(_)) {
        return Err("it is not a map");
    }
    let text = |key| value.get(key).and_then(Value::non_empty_text);
    let metadata = value.get("metadata");
    let named = |key| metadata.and_then(|metadata| metadata.get(key)?.non_empty_text());
    let api_version = text("apiVersion").ok_or("it has no apiVersion")?;
    let kind = text("kind").ok_or("it has no kind")?;
    let name = named("name").map(ToOwned::to_owned);
    let name = name.or_else(|| named("generateName").map(|prefix| format!("{prefix}*")));
    Ok(ResourceId {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: named("namespace").map(ToOwned::to_owned),
        name: name.ok_or_else(|| unnamed(metadata))?,
    })
}

/// Why a resource has no name: `name: 1` and `name: on` have none either.
fn unnamed(metadata: Option<&Value>) -> &'static str {
    match metadata.and_then(|metadata| metadata.get("name")) {
        None | Some(Value::Null | Value::Str(_)) => "it has no metadata.name",
        Some(_) => "metadata.name must be a string; quote it",
    }
}

fn extension(file: &RelPath) -> &str {
    file.file_name().rsplit_once('.').map_or("", |(_, end)| end)
}
