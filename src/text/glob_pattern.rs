//! Glob patterns without braces, taken apart into segments and nodes.
//!
//! Owns the syntax. Matching is in `glob`.

use std::borrow::Cow;

#[derive(Debug, Clone)]
pub(super) enum Segment {
    /// `**`: any number of segments.
    Deep,
    /// Anything else: one segment.
    One(Vec<Node>),
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Char(char),
    /// `*`
    Many,
    /// `?`
    Any,
    Class(bool, Vec<(char, char)>),
    Group(char, Vec<Vec<Node>>),
}

/// The segments of a pattern; `None` when groups are nested too deeply.
pub(super) fn segments(pattern: &str) -> Option<Vec<Segment>> {
    let mut segments = split(&at_any_depth(pattern))
        .into_iter()
        .map(|segment| {
            if segment == "**" {
                return Some(Segment::Deep);
            }
            let chars: Vec<char> = segment.chars().collect();
            nodes(&chars, 0).map(Segment::One)
        })
        .collect::<Option<Vec<_>>>()?;
    // At the end it stands for something below, not for nothing.
    if matches!(segments.last(), Some(Segment::Deep)) {
        segments.push(Segment::One(vec![Node::Many]));
    }
    Some(segments)
}

/// `**.txt` is short for `**/*.txt`; elsewhere `**` within a name is `*`.
fn at_any_depth(pattern: &str) -> Cow<'_, str> {
    match pattern.strip_prefix("**.") {
        Some(end) if end.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            Cow::Owned(format!("**/*.{end}"))
        }
        _ => Cow::Borrowed(pattern),
    }
}

/// The segments of a pattern; a `/` inside a group or class does not split.
fn split(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut depth, mut escaped) = (0, 0_usize, false);
    for (i, c) in pattern.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                parts.push(&pattern[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[from..]);
    parts.retain(|part| !part.is_empty() && *part != ".");
    parts
}

/// One segment of a pattern; `None` when groups are nested too deeply.
fn nodes(chars: &[char], depth: usize) -> Option<Vec<Node>> {
    if depth > 16 {
        return None;
    }
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        if matches!(c, '@' | '?' | '*' | '+' | '!')
            && chars.get(i + 1) == Some(&'(')
            && let Some(end) = closing(chars, i + 1)
        {
            let choices = choices(&chars[i + 2..end])
                .into_iter()
                .map(|choice| nodes(choice, depth + 1))
                .collect::<Option<_>>()?;
            found.push(Node::Group(c, choices));
            i = end + 1;
            continue;
        }
        match c {
            '\\' if i + 1 < chars.len() => {
                i += 1;
                found.push(Node::Char(chars[i]));
            }
            '*' if !matches!(found.last(), Some(Node::Many)) => found.push(Node::Many),
            '*' => {}
            '?' => found.push(Node::Any),
            '[' => match class(&chars[i..]) {
                Some((node, length)) => {
                    found.push(node);
                    i += length;
                    continue;
                }
                None => found.push(Node::Char(c)),
            },
            _ => found.push(Node::Char(c)),
        }
        i += 1;
    }
    Some(found)
}

/// The `)` that closes the `(` at `open`.
fn closing(chars: &[char], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut i = open;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 1,
            '(' => depth += 1,
            ')' if depth == 1 => return Some(i),
            ')' => depth -= 1,
            _ => {}
        }
        i += 1;
    }
    None
}

/// The alternatives of a group.
fn choices(chars: &[char]) -> Vec<&[char]> {
    let mut parts = Vec::new();
    let (mut from, mut depth, mut i) = (0, 0_usize, 0);
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 1,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.push(&chars[from..i]);
                from = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    parts.push(&chars[from..]);
    parts
}

/// A `[…]` class at the start of `chars`, with its length.
fn class(chars: &[char]) -> Option<(Node, usize)> {
    let negated = matches!(chars.get(1), Some('!' | '^'));
    let first = if negated { 2 } else { 1 };
    let mut ranges = Vec::new();
    let mut i = first;
    // A `]` that comes first is one of the characters.
    while i == first || *chars.get(i)? != ']' {
        let rest = chars.get(i..)?;
        if let Some((named, length)) = named_class(rest) {
            ranges.extend_from_slice(named);
            i += length;
        } else if let [from, '-', to, ..] = *rest
            && to != ']'
        {
            ranges.push((from, to));
            i += 3;
        } else {
            let c = *rest.first()?;
            ranges.push((c, c));
            i += 1;
        }
    }
    Some((Node::Class(negated, ranges), i + 1))
}

/// A POSIX class such as `[:alpha:]` at the start of `chars`, with its length.
/// They are about ASCII alone, as in the C locale.
fn named_class(chars: &[char]) -> Option<(&'static [(char, char)], usize)> {
    let name: String = chars
        .strip_prefix(&['[', ':'])?
        .iter()
        .take_while(|c| c.is_ascii_lowercase())
        .collect();
    let length = name.len() + 4;
    if chars.get(length - 2..length)? != [':', ']'] {
        return None;
    }
    let ranges: &[(char, char)] = match name.as_str() {
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[(' ', ' '), ('\t', '\r')],
        "upper" => &[('A', 'Z')],
        "word" => &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        "xdigit" => &[('a', 'f'), ('A', 'F'), ('0', '9')],
        // Any other name is a list of characters.
        _ => return None,
    };
    Some((ranges, length))
}
