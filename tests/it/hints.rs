//! One style of hints: a clause that begins in lower case and ends without a full stop, as
//! it is shown after `hint: `.

use crate::architecture::{root, sources, without_tests};

/// Where a hint is given: in the call or the field that takes it, or in a function that
/// yields it.
const CALLS: [&str; 6] = [
    ".hint(",
    ".hints(",
    ".instead(",
    "hints.push(",
    "hint: Some(",
    "hints: vec!",
];
const FUNCTIONS: [&str; 3] = ["fn hint(", "fn hints(", "fn advice("];

/// The text literals from here on, up to the bracket that closes the first one.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            '/' if chars.as_str().starts_with('/') => {
                chars.by_ref().find(|c| *c == '\n');
            }
            '"' => {
                let mut literal = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    literal.push(c);
                    if c == '\\' {
                        literal.extend(chars.next());
                    }
                }
                found.push(literal);
            }
            // A bracket or a quote as a character.
            '\'' => {
                let rest = chars.as_str();
                let length = if rest.starts_with('\\') { 3 } else { 2 };
                if rest.chars().nth(length - 1) == Some('\'') {
                    chars.nth(length - 1);
                }
            }
            _ => {}
        }
    }
    found
}

/// The hints that a source has, as they are written there.
fn hints(text: &str) -> Vec<String> {
    let calls = CALLS.iter().flat_map(|call| {
        let from = |(at, _)| literals(&text[at + call.len() - 1..]);
        text.match_indices(call).flat_map(from).collect::<Vec<_>>()
    });
    let functions = FUNCTIONS.iter().flat_map(|name| {
        let body = |(at, _): (usize, &str)| {
            let rest = &text[at..];
            literals(&rest[rest.find('{').unwrap_or_default()..])
        };
        text.match_indices(name).flat_map(body).collect::<Vec<_>>()
    });
    // A single word is a name or a part, and no hint.
    calls
        .chain(functions)
        .filter(|text| text.trim().contains(' '))
        .collect()
}

/// Whether this begins like a sentence or ends like one. A word with more capitals than its
/// first letter is a name.
fn is_sentence(hint: &str) -> bool {
    let word = hint.split(' ').next().unwrap_or_default();
    let is_name = word.chars().skip(1).any(char::is_uppercase);
    (word.starts_with(char::is_uppercase) && !is_name) || hint.ends_with('.')
}

#[test]
fn hints_are_clauses_and_no_sentences() {
    let mut wrong = Vec::new();
    let mut number = 0;
    for path in sources(&root()) {
        let hints = hints(&without_tests(&path));
        number += hints.len();
        let sentences = hints.into_iter().filter(|hint| is_sentence(hint));
        wrong.extend(sentences.map(|hint| format!("{}: {hint}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(number > 300, "only {number} hints were found");
}

#[test]
fn hints_are_found_in_calls_and_in_functions() {
    let source = r#"
        error.hint("Set `x`.").hint(format!("check {name}: {}", '"'));
        fn hints(&self) -> Vec<String> { match self { A => "do (this)", B => "Use that" } }
        fn other() { "No hint." }
    "#;
    let mut found = hints(source);
    found.sort();
    assert_eq!(
        found,
        ["Set `x`.", "Use that", "check {name}: {}", "do (this)"]
    );
    let sentences: Vec<_> = found.iter().filter(|hint| is_sentence(hint)).collect();
    assert_eq!(sentences, ["Set `x`.", "Use that"]);
}
