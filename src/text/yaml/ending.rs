//! The end of a block text that ends with the file.
//!
//! YAML 1.2 lets the end of the file stand for a line break. Go's libraries do
//! not: without a line feed in the file there is none in the value.

use granit_parser::Span;

/// Takes the line feed away that the parser put behind the last line of `all`.
pub(crate) fn as_written(value: &mut String, all: &str, span: &Span) {
    let Some(bytes) = span.byte_range() else {
        return;
    };
    let last = all.rsplit(['\n', '\r']).next().unwrap_or(all);
    let ends_here = all.get(bytes.end..).unwrap_or_default().trim().is_empty();
    if last.is_empty() || !value.ends_with('\n') || !ends_here {
        return;
    }
    let body = all.get(bytes.start..).unwrap_or_default();
    if is_content(last, body, all, value) {
        value.pop();
    }
}

/// Whether the last line is part of the text: not when it is no more than the
/// spaces that all its lines begin with.
fn is_content(last: &str, body: &str, all: &str, value: &str) -> bool {
    if !last.trim_start_matches(' ').is_empty() {
        return true;
    }
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shown = |line: &&str| !line.trim_start_matches(' ').is_empty();
    if let Some(line) = value.lines().rev().find(shown) {
        let written = all.lines().rev().find(shown).map_or(0, spaces);
        return last.len() > written.saturating_sub(spaces(line));
    }
    // Nothing but blank lines: as many as there are line feeds.
    let header = usize::from(body.starts_with(['|', '>']));
    let feeds = body.matches('\n').count().saturating_sub(header);
    value.contains(' ') || value.matches('\n').count() > feeds
}
