//! Transforms as they are written inside a token: `upper(name)`,
//! `indent(trim(name), 4, true)`.
//!
//! Owns both grammars: that of the old versions (one call, found from the
//! right) and our own (calls inside calls, quoted arguments). Runs nothing.

use super::options::Delimiters;
use super::space::{is_space, trim};

/// The inside of a token, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The variable's name.
    pub variable: String,
    /// The transforms, innermost first.
    pub steps: Vec<Step>,
}

/// One transform with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The name in lower case.
    pub name: String,
    /// The arguments behind the value.
    pub arguments: Vec<String>,
}

impl Call {
    /// Reads the inside of a token as versions 3 to 6 do. `None`: the whole
    /// text is a variable's name.
    ///
    /// The last prefix that has a suffix behind it before any further prefix
    /// counts; everything before it is the transform's name.
    pub fn parse_old(text: &str, delimiters: &Delimiters) -> Option<Self> {
        let Delimiters { prefix, suffix } = delimiters;
        // Both from the right, as the last one counts.
        let (mut opens, mut closes) = (Vec::new(), Vec::new());
        let first_from = |places: &[usize], from: usize| {
            let later = places.partition_point(|at| *at >= from);
            later.checked_sub(1).map(|i| places[i])
        };
        let mut found = None;
        for (at, _) in text.char_indices().rev() {
            if text[at..].starts_with(suffix.as_str()) {
                closes.push(at);
            }
            if !text[at..].starts_with(prefix.as_str()) {
                continue;
            }
            let inner = at + prefix.len();
            // The same text can be a suffix and the next prefix.
            let next = first_from(&opens, inner).unwrap_or(usize::MAX);
            if let Some(close) = first_from(&closes, inner).filter(|close| *close <= next) {
                found = Some((at, close));
                break;
            }
            opens.push(at);
        }
        let (open, close) = found?;
        let name = text[..open].trim_start_matches(is_space).to_lowercase();
        let content = trim(&text[open + prefix.len()..close]);
        let mut parts = content.split(',').map(|part| trim(part).to_owned());
        Some(Self {
            variable: parts.next().unwrap_or_default(),
            steps: vec![Step {
                name,
                arguments: parts.collect(),
            }],
        })
    }

    /// Reads the inside of a token by our own grammar. `None`: the whole text
    /// is a variable's name.
    ///
    /// Only the first argument of a call may be a call, so one pass from left
    /// to right does, however deep the calls are.
    pub fn parse(text: &str, delimiters: &Delimiters) -> Option<Self> {
        let Delimiters { prefix, suffix } = delimiters;
        let mut rest = trim(text);
        let mut names = Vec::new();
        while let Some((name, tail)) = call_start(rest, prefix) {
            names.push(name.to_ascii_lowercase());
            rest = tail;
        }
        if names.is_empty() {
            return None;
        }
        let end = find_end(rest, suffix)?;
        let variable = trim(&rest[..end]).to_owned();
        rest = &rest[end..];
        let mut steps = Vec::with_capacity(names.len());
        while let Some(name) = names.pop() {
            let mut arguments = Vec::new();
            while let Some(tail) = rest.strip_prefix(',') {
                let (argument, tail) = argument(tail, suffix)?;
                arguments.push(argument);
                rest = tail;
            }
            rest = rest
                .strip_prefix(suffix.as_str())?
                .trim_start_matches(is_space);
            steps.push(Step { name, arguments });
        }
        rest.is_empty().then_some(Self { variable, steps })
    }
}

/// A transform's name and prefix at the start of `text`.
fn call_start<'t>(text: &'t str, prefix: &str) -> Option<(&'t str, &'t str)> {
    let text = text.trim_start_matches(is_space);
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    if end == 0 || !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let tail = text[end..]
        .trim_start_matches(is_space)
        .strip_prefix(prefix)?;
    Some((&text[..end], tail))
}

/// Where a variable's name ends: at a comma or the suffix.
fn find_end(text: &str, suffix: &str) -> Option<usize> {
    let close = text.find(suffix)?;
    Some(text[..close].find(',').unwrap_or(close))
}

/// One argument: quoted, with `\` before quotes, or up to a comma or the suffix.
fn argument<'t>(text: &'t str, suffix: &str) -> Option<(String, &'t str)> {
    let text = text.trim_start_matches(is_space);
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        let end = find_end(text, suffix)?;
        return Some((trim(&text[..end]).to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = text[1..].char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other if other == quote || other == '\\' => value.push(other),
                other => value.extend(['\\', other]),
            },
            c if c == quote => return Some((value, text[i + 2..].trim_start_matches(is_space))),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round() -> Delimiters {
        Delimiters::new("transform", "(", ")").unwrap()
    }

    fn shown(call: Option<Call>) -> String {
        call.map_or("-".to_owned(), |call| {
            call.steps.iter().fold(call.variable, |text, step| {
                format!(
                    "{}<{}>",
                    step.name,
                    [vec![text], step.arguments.clone()].concat().join("|")
                )
            })
        })
    }

    #[rstest::rstest]
    #[case("a", "-")]
    #[case("upper(a)", "upper<a>")]
    #[case(" UPPER( a ) x", "upper<a>")]
    #[case("upper (a)", "upper <a>")]
    #[case("upper(lower(a))", "upper(lower<a>")]
    #[case("indent(a, 4 ,true)", "indent<a|4|true>")]
    #[case("(a)", "<a>")]
    #[case("a(b", "-")]
    #[case("a(b)(c", "a<b>")]
    fn the_old_grammar_has_one_call(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(shown(Call::parse_old(text, &round())), expected);
    }

    #[rstest::rstest]
    #[case("a", "-")]
    #[case("upper(a)", "upper<a>")]
    #[case("upper (lower( a ))", "upper<lower<a>>")]
    #[case(
        "indent(replace(a, 'x, y', \"\\\"\"), 4)",
        "indent<replace<a|x, y|\">|4>"
    )]
    #[case("upper(a) trailing", "-")]
    #[case("upper(a", "-")]
    #[case("(a)", "-")]
    #[case("default(a, )", "default<a|>")]
    #[case("default(a, 'it')", "default<a|it>")]
    fn our_own_grammar_has_calls_in_calls(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(shown(Call::parse(text, &round())), expected);
    }

    #[test]
    fn a_hundred_thousand_calls_are_read_in_one_pass() {
        let text = format!("{}x{}", "trim(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Call::parse(&text, &round()).unwrap().steps.len(), 100_000);
        assert_eq!(Call::parse(&"trim(".repeat(100_000), &round()), None);
    }
}
