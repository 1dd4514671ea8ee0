//! What `set` is told: `path=value` arguments and files of values.

use super::{Error, File};
use crate::model::Finding;
use crate::text::yaml::{Dialect, Value};
use crate::text::{Kind, Node};

/// One value to set. Values are always strings, as Fabrikate has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The keys on the way to it, at least one.
    pub path: Vec<String>,
    /// The value.
    pub value: String,
}

impl Assignment {
    /// Reads `a.b=value`. A part in double quotes may hold dots and `=`, and
    /// `""` in it is a quote; the value is everything after the first `=`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (path, rest) = keys(text)?;
        match rest {
            Some(value) => Ok(Self {
                path,
                value: value.to_owned(),
            }),
            None => Err(Error::Assignment {
                text: text.to_owned(),
                reason: "there is no `=`",
            }),
        }
    }
}

/// Reads `a.b`, the way to a subcomponent.
pub fn path(text: &str) -> Result<Vec<String>, Error> {
    match keys(text)? {
        (path, None) => Ok(path),
        _ => Err(Error::Assignment {
            text: text.to_owned(),
            reason: "a `=` needs double quotes around the name",
        }),
    }
}

/// The keys, and what follows the first `=` outside quotes.
fn keys(text: &str) -> Result<(Vec<String>, Option<&str>), Error> {
    let wrong = |rest: &str, reason| Error::Assignment {
        text: text[..text.len() - rest.len()].to_owned(),
        reason,
    };
    let (mut keys, mut rest) = (Vec::new(), text);
    loop {
        let key;
        (key, rest) = if let Some(inner) = rest.strip_prefix('"') {
            quoted(inner).ok_or_else(|| wrong(inner, "a double quote is never closed"))?
        } else {
            let end = rest.find(['.', '=']).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        if key.is_empty() {
            return Err(wrong(rest, "a key is empty"));
        }
        keys.push(key);
        if let Some(more) = rest.strip_prefix('.') {
            rest = more;
        } else if let Some(value) = rest.strip_prefix('=') {
            return Ok((keys, Some(value)));
        } else if rest.is_empty() {
            return Ok((keys, None));
        } else {
            return Err(wrong(rest, "a `.` or `=` must follow a closing quote"));
        }
    }
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut key, mut rest) = (String::new(), text);
    loop {
        let end = rest.find('"')?;
        key.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                key.push('"');
                rest = more;
            }
            None => return Some((key, rest)),
        }
    }
}

/// The values of a file, one assignment for each that is no map. As with
/// Fabrikate a list becomes the text `[a b]`, which is worth a warning.
pub fn flatten(file: &File<'_>) -> Result<(Vec<Assignment>, Vec<Finding>), Error> {
    let root = file.root()?;
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    walk(file, &root, &mut Vec::new(), &mut found, &mut findings)?;
    Ok((found, findings))
}

fn walk(
    file: &File<'_>,
    node: &Node,
    way: &mut Vec<String>,
    found: &mut Vec<Assignment>,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    if let Some(pairs) = node.pairs() {
        for (key, value) in pairs {
            let Some(name) = key.text() else {
                return Err(file.wrong(key, "a map key is not a single value".to_owned()));
            };
            way.push(name.to_owned());
            walk(file, value, way, found, findings)?;
            way.pop();
        }
        return Ok(());
    }
    if node.is_null() {
        let message = format!("`{}` has no value and is left out", way.join("."));
        findings.push(Finding::warning(file.name, message));
        return Ok(());
    }
    let value = text(file, node)?;
    if matches!(node.kind, Kind::Sequence(_)) {
        let message = format!("the list `{}` becomes the text `{value}`", way.join("."));
        findings.push(Finding::warning(file.name, message));
    }
    found.push(Assignment {
        path: way.clone(),
        value,
    });
    Ok(())
}

/// A value as text: lists as Go prints them, fractions as they are written.
fn text(file: &File<'_>, node: &Node) -> Result<String, Error> {
    Ok(match &node.kind {
        Kind::Sequence(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| text(file, item))
                .collect::<Result<_, _>>()?;
            format!("[{}]", items.join(" "))
        }
        Kind::Mapping(_) => {
            let message = "a list of maps cannot become text".to_owned();
            return Err(file.wrong(node, message));
        }
        Kind::Scalar(text, _) => match Value::of(node, Dialect::Config) {
            Ok(Value::Bool(flag)) => flag.to_string(),
            Ok(Value::Int(number)) => number.to_string(),
            Ok(Value::Uint(number)) => number.to_string(),
            _ => text.clone(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("k=", &["k"], "")]
    #[case("a.b=c=d", &["a", "b"], "c=d")]
    #[case("a.\"b.c=d\".e=\"f\"", &["a", "b.c=d", "e"], "\"f\"")]
    #[case("\"say \"\"hi\"\"\"=1", &["say \"hi\""], "1")]
    #[case("it\"s=1", &["it\"s"], "1")]
    fn dots_part_keys_unless_quoted(
        #[case] text: &str,
        #[case] path: &[&str],
        #[case] value: &str,
    ) {
        let found = Assignment::parse(text).unwrap();
        assert_eq!(found.path, path);
        assert_eq!(found.value, value);
    }

    #[rstest::rstest]
    #[case("novalue", "`novalue` is not `path=value`: there is no `=`")]
    #[case("=secret", "`` is not `path=value`: a key is empty")]
    #[case("a..b=secret", "`a.` is not `path=value`: a key is empty")]
    #[case(
        "\"a=secret",
        "`\"` is not `path=value`: a double quote is never closed"
    )]
    #[case(
        "\"a\"b=secret",
        "`\"a\"` is not `path=value`: a `.` or `=` must follow a closing quote"
    )]
    fn a_wrong_argument_is_explained_without_its_value(#[case] text: &str, #[case] message: &str) {
        assert_eq!(Assignment::parse(text).unwrap_err().to_string(), message);
    }
}
