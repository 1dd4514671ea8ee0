//! Template actions of Go (`{{ … }}`), out of the way of a YAML parser.
//!
//! Owns where actions begin and end. A line of actions alone becomes a comment,
//! any other action a word of the same length, so that every byte keeps its
//! place.

use std::ops::Range;

/// Masks every action of a text; gives back where they were.
pub(super) fn mask(text: &mut String) -> Vec<Range<usize>> {
    let found = find(text);
    if found.is_empty() {
        return found;
    }
    let mut bytes = std::mem::take(text).into_bytes();
    for action in &found {
        for byte in &mut bytes[action.clone()] {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = b'g';
            }
        }
    }
    let mut next = 0;
    let mut start = 0;
    while start < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1);
        while found.get(next).is_some_and(|action| action.end <= start) {
            next += 1;
        }
        let alone = found.get(next).is_some_and(|first| {
            first.start < end && (start..end).all(|at| covered(&found[next..], at, bytes[at]))
        });
        if alone {
            comment(&mut bytes[start..end]);
        }
        start = end;
    }
    // Only whole actions became ASCII: the rest is as it was.
    *text = String::from_utf8(bytes).unwrap_or_default();
    found
}

/// Whether a byte belongs to an action, or is white space beside one.
fn covered(actions: &[Range<usize>], at: usize, byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || actions
            .iter()
            .take_while(|action| action.start <= at)
            .any(|action| action.contains(&at))
}

/// Makes a line a comment.
fn comment(line: &mut [u8]) {
    if let Some(first) = line.iter_mut().find(|byte| !byte.is_ascii_whitespace()) {
        *first = b'#';
    }
}

/// Every action: up to its `}}`, past quotes and comments, or to the text's end.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let finder = memchr::memmem::Finder::new("{{");
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = finder.find(&bytes[at..]).map(|offset| at + offset) {
        let end = end(bytes, start + 2);
        found.push(start..end);
        at = end;
    }
    found
}

fn end(bytes: &[u8], inner: usize) -> usize {
    let body = bytes[inner..].strip_prefix(b"-").unwrap_or(&bytes[inner..]);
    if body.trim_ascii_start().starts_with(b"/*") {
        let close =
            memchr::memmem::find(&bytes[inner..], b"*/").map_or(bytes.len(), |at| inner + at);
        let after = memchr::memmem::find(&bytes[close..], b"}}");
        return after.map_or(bytes.len(), |at| close + at + 2);
    }
    let mut quote = None;
    let mut at = inner;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(b'"') if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            // A string in double quotes ends with its line, if not before.
            Some(b'"') if byte == b'\n' => quote = None,
            None if matches!(byte, b'"' | b'`') => quote = Some(byte),
            None if bytes[at..].starts_with(b"}}") => return at + 2,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("a: {{ .x }}\n", "a: gggggggg\n")]
    #[case(
        "  {{- if .x }}\na: b\n  {{ end -}}\n",
        "  #ggggggggggg\na: b\n  #ggggggggg\n"
    )]
    #[case("{{ \"}}\" }}: {{ `}}` }}\n", "gggggggggg: gggggggggg\n")]
    #[case("{{- /* }} */ -}}\n{{ a\n b }}\n", "#ggggggggggggggg\n#ggg\n#gggg\n")]
    #[case("é{{ é }}", "égggggggg")]
    #[case("{{ open", "#gggggg")]
    fn actions_become_words_and_comments(#[case] text: &str, #[case] expected: &str) {
        let mut masked = text.to_owned();
        mask(&mut masked);
        assert_eq!(masked, expected);
        assert_eq!(masked.len(), text.len());
    }
}
