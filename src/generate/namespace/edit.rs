//! Writing a namespace into YAML text.
//!
//! Positions come from the parser; every place is looked at again in the text
//! before it is touched, and where it is not plainly a key on a line of its
//! own, the whole document is written anew.

use crate::text::yaml::{self, Dialect, Value};
use crate::text::{Kind, Node};

use super::is_empty;
use crate::generate::documents::field;

/// A text, and what becomes of its lines.
pub(super) struct Text<'t> {
    lines: Vec<&'t str>,
    /// Line from 0, how many lines it replaces, and the new text.
    edits: Vec<(usize, usize, String)>,
}

impl<'t> Text<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            lines: text.split_inclusive('\n').collect(),
            edits: Vec::new(),
        }
    }

    /// Puts these resources of one document into a namespace. Says whether
    /// the document is written anew for it.
    pub(super) fn namespace(
        &mut self,
        root: &Node,
        resources: &[&Node],
        namespace: &str,
    ) -> Result<bool, String> {
        let edits: Option<Vec<_>> = resources
            .iter()
            .map(|resource| self.line_edit(resource, namespace))
            .collect();
        let anew = edits.is_none();
        match edits {
            Some(edits) => self.edits.extend(edits),
            None => self.edits.push(self.anew(root, namespace, resources)?),
        }
        Ok(anew)
    }

    /// The text with all edits made.
    pub(super) fn finish(mut self) -> String {
        self.edits.sort_by_key(|(line, ..)| *line);
        let mut out = String::new();
        let mut next = 0;
        for (line, replaced, text) in &self.edits {
            out.extend(self.lines[next..*line].iter().copied());
            out.push_str(text);
            next = line + replaced;
        }
        out.extend(self.lines[next..].iter().copied());
        out
    }

    /// A line for `metadata`, when that is written line by line.
    fn line_edit(&self, resource: &Node, namespace: &str) -> Option<(usize, usize, String)> {
        let pairs = resource.pairs()?;
        let is_metadata = |(key, _): &&(Node, Node)| key.text() == Some("metadata");
        let (key, metadata) = pairs.iter().rev().find(is_metadata)?;
        let pairs = metadata.pairs()?;
        let (first, _) = pairs.first()?;
        let line = self.lines.get(key.line.checked_sub(1)?)?;
        let start = line.char_indices().nth(key.column.checked_sub(1)?)?.0;
        let rest = line[start..].strip_prefix("metadata:")?;
        // Nothing but white space and comments up to the first key: no anchor,
        // tag, alias or brace.
        let between = self.lines.get(key.line..first.line.checked_sub(1)?)?;
        if first.line <= key.line
            || !std::iter::once(&rest)
                .chain(between)
                .all(|text| blank(text))
        {
            return None;
        }
        self.starts_line(first)?;
        if let Some((old, _)) = pairs
            .iter()
            .find(|(key, _)| key.text() == Some("namespace"))
        {
            return self.replaced(old, namespace);
        }
        let name = pairs.iter().map(|(key, _)| key).find(|key| {
            key.text() == Some("name") && key.line >= first.line && key.column == first.column
        });
        let before = name
            .filter(|name| self.starts_line(name).is_some())
            .unwrap_or(first);
        let indent = &self.starts_line(before)?;
        let end = line_end(line);
        Some((
            before.line - 1,
            0,
            format!("{indent}namespace: {}{end}", quoted(namespace)),
        ))
    }

    /// The line of a namespace that is empty, with this one.
    fn replaced(&self, key: &Node, namespace: &str) -> Option<(usize, usize, String)> {
        let indent = self.starts_line(key)?;
        let line = self.lines.get(key.line - 1)?;
        let value = line[indent.len()..].strip_prefix("namespace:")?.trim();
        // A value may follow on the next line, further in.
        let next = self.lines.get(key.line).map_or("", |next| next.trim_end());
        let deeper = next.len() - next.trim_start().len() > indent.len();
        let continued = value.is_empty() && deeper;
        if !matches!(value, "" | "\"\"" | "''" | "null" | "~") || continued {
            return None;
        }
        let text = format!("{indent}namespace: {}{}", quoted(namespace), line_end(line));
        Some((key.line - 1, 1, text))
    }

    /// The blanks in front of a key that is the first thing on its line.
    fn starts_line(&self, key: &Node) -> Option<&'t str> {
        let line = *self.lines.get(key.line.checked_sub(1)?)?;
        let indent = line.get(..key.column.checked_sub(1)?)?;
        let rest = line[indent.len()..].strip_prefix(key.text()?)?;
        (indent.bytes().all(|byte| byte == b' ') && rest.starts_with(':')).then_some(indent)
    }

    /// A whole document, written anew.
    fn anew(
        &self,
        root: &Node,
        namespace: &str,
        resources: &[&Node],
    ) -> Result<(usize, usize, String), String> {
        let value = Value::of(
            &with_namespace(root, namespace, resources),
            Dialect::Kubernetes,
        );
        let text = yaml::emit(&value.map_err(|error| error.to_string())?);
        let line = root.line.saturating_sub(1).min(self.lines.len());
        let (before, after) = self.lines.split_at((line + 1).min(self.lines.len()));
        let start = before.iter().rposition(|line| is_marker(line, "---"));
        let end = after
            .iter()
            .position(|line| is_marker(line, "---") || is_marker(line, "..."))
            .map_or(self.lines.len(), |at| before.len() + at);
        let text = start.map_or(text.clone(), |_| format!("---\n{text}"));
        let start = start.unwrap_or(0);
        Ok((start, end - start, text))
    }
}

/// The node with a namespace in those of these resources that are in it.
fn with_namespace(node: &Node, namespace: &str, resources: &[&Node]) -> Node {
    let mut node_with = node.clone();
    if resources
        .iter()
        .any(|resource| std::ptr::eq(*resource, node))
    {
        if let Kind::Mapping(pairs) = &mut node_with.kind {
            let is_metadata = |(key, _): &&mut (Node, Node)| key.text() == Some("metadata");
            if let Some((_, metadata)) = pairs.iter_mut().rev().find(is_metadata) {
                set(metadata, namespace);
            }
        }
        return node_with;
    }
    if let (Kind::Mapping(old), Kind::Mapping(new)) = (&node.kind, &mut node_with.kind) {
        for ((key, old), (_, new)) in old.iter().zip(new) {
            if let (Some("items"), Kind::Sequence(old), Kind::Sequence(new)) =
                (key.text(), &old.kind, &mut new.kind)
            {
                for (old, new) in old.iter().zip(new) {
                    *new = with_namespace(old, namespace, resources);
                }
            }
        }
    }
    node_with
}

fn set(metadata: &mut Node, namespace: &str) {
    if field(metadata, "namespace").is_some_and(|old| !is_empty(old)) {
        return;
    }
    let text = |text: &str| Node {
        line: 0,
        column: 0,
        kind: Kind::Scalar(text.to_owned(), crate::text::Form::Text),
    };
    if let Kind::Mapping(pairs) = &mut metadata.kind {
        pairs.retain(|(key, _)| key.text() != Some("namespace"));
        pairs.push((text("namespace"), text(namespace)));
    }
}

/// A namespace as YAML. Its letters need no quotes, but `1` and `null` do.
fn quoted(namespace: &str) -> String {
    yaml::emit(&Value::Str(namespace.to_owned()))
        .trim_end()
        .to_owned()
}

fn blank(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with('#')
}

fn line_end(line: &str) -> &'static str {
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}
