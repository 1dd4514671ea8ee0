//! What helm printed: cut into documents, cleaned, namespaces injected.

use super::Fault;
use super::walk::Visit;
use crate::model::Finding;
use crate::text::yaml::{self, Dialect, Value};
use crate::text::{Kind, Node, SyntaxError};

/// The text of the kept documents, their number, and warnings about those
/// that were dropped. Text is cut before every `---` at the start of a line;
/// a document is kept when it is a map that is not empty.
pub(super) fn clean(
    stdout: &[u8],
    visit: &Visit,
    chart: &str,
) -> Result<(Vec<u8>, usize, Vec<Finding>), Fault> {
    let text = std::str::from_utf8(stdout);
    let text = text.map_err(|_| Fault::NotText(format!("what helm rendered from {chart}")))?;
    let namespace = visit.config.namespace.as_str();
    let inject = visit.config.inject_namespace && !namespace.is_empty();
    let (mut content, mut kept, mut findings) =
        (String::with_capacity(text.len() + 64), 0, Vec::new());
    for (number, piece) in text.split("\n---").enumerate() {
        let number = number + 1;
        let malformed = |source: SyntaxError| Fault::Rendered {
            chart: chart.to_owned(),
            document: number,
            source,
        };
        // The line feed that it was cut at is part of its last line.
        let document = format!("{piece}\n");
        let documents = yaml::parse(&document).map_err(malformed)?;
        let Some(document) = documents.into_iter().next() else {
            continue;
        };
        let root = document.root;
        match &root.kind {
            _ if root.is_null() => continue,
            Kind::Mapping(pairs) if pairs.is_empty() => continue,
            Kind::Mapping(_) => {}
            _ => {
                findings.push(Finding::warning(
                    &visit.label,
                    format!(
                        "document {number} of the chart `{chart}` is {}, not a map: it is dropped",
                        root.noun()
                    ),
                ));
                continue;
            }
        }
        kept += 1;
        content.push_str("---\n");
        if inject && let Some(repeated) = document.repeated.first() {
            findings.push(Finding::warning(
                &visit.label,
                format!(
                    "document {number} of the chart `{chart}` has the key `{}` twice in one map: the last one counts",
                    repeated.key
                ),
            ));
        }
        if inject {
            let document = injected(&root, namespace).map_err(|found| match found {
                Found::Key(error) => malformed(error),
                Found::Metadata(found) => Fault::Metadata {
                    chart: chart.to_owned(),
                    document: number,
                    found,
                },
            })?;
            content.push_str(&yaml::emit(&document));
        } else {
            content.push_str(piece);
        }
        content.push('\n');
    }
    Ok((content.into_bytes(), kept, findings))
}

/// Why a namespace cannot be injected.
enum Found {
    Key(SyntaxError),
    Metadata(&'static str),
}

/// The document with `metadata.namespace` set, where it was missing or null.
/// Documents without metadata stay as they are.
fn injected(root: &Node, namespace: &str) -> Result<Value, Found> {
    let document = Value::of(root, Dialect::Rendered);
    let mut document = document.map_err(|error| {
        Found::Key(SyntaxError {
            line: error.line,
            column: error.column,
            message: "a map key is not a single value".to_owned(),
            hint: None,
        })
    })?;
    let Value::Map(fields) = &mut document else {
        return Ok(document);
    };
    let name = |name: &str| Value::Str(name.to_owned());
    match fields.iter_mut().find(|(key, _)| *key == name("metadata")) {
        None | Some((_, Value::Null)) => {}
        Some((_, Value::Map(metadata))) => {
            match metadata
                .iter_mut()
                .find(|(key, _)| *key == name("namespace"))
            {
                Some((_, value @ Value::Null)) => *value = name(namespace),
                Some(_) => {}
                None => metadata.push((name("namespace"), name(namespace))),
            }
        }
        Some((_, Value::List(_))) => return Err(Found::Metadata("a list")),
        Some(_) => return Err(Found::Metadata("a single value")),
    }
    Ok(document)
}
