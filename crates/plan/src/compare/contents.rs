//! What a text holds, so that it is compared as that: JSON, YAML, properties,
//! certificates. Owns the recognition.

use crate::options::Options;
use crate::path::Path;
use crate::value::Value;

use super::certificate;

/// Texts larger than this are compared by line.
const LARGE: usize = 1 << 20;

/// What both texts hold.
pub(super) enum Contents {
    /// Documents, with the name of the format.
    Documents(&'static str, Value, Value),
    /// Certificates, described.
    Certificates(Value, Value),
}

/// Recognizes what two texts at this path both hold.
pub(super) fn both(path: &Path, old: &str, new: &str, options: &Options<'_>) -> Option<Contents> {
    if old.len().max(new.len()) > LARGE {
        return None;
    }
    if let Some((old, new)) = certificate::describe(old).zip(certificate::describe(new)) {
        let list = |texts: Vec<String>| Value::List(texts.into_iter().map(Value::Str).collect());
        return Some(Contents::Certificates(list(old), list(new)));
    }
    if let Some((old, new)) = json(old).zip(json(new)) {
        return Some(Contents::Documents("json", old, new));
    }
    let key = path.last_key(0);
    let ending = key.rsplit_once('.').map_or("", |(_, ending)| ending);
    if matches!(ending, "properties" | "env") {
        let read = |text| properties(text, ending == "properties");
        let (old, new) = (read(old)?, read(new)?);
        return Some(Contents::Documents("properties", old, new));
    }
    // Charts that Argo CD renders have their values in a text.
    let values = key == "values" && path.last_key(1) == "helm";
    if values || matches!(ending, "yaml" | "yml") {
        let read = |text| options.yaml.and_then(|yaml| yaml(text)).filter(is_document);
        return Some(Contents::Documents("yaml", read(old)?, read(new)?));
    }
    None
}

/// What one text holds, as a document.
pub(super) fn one(path: &Path, text: &str, options: &Options<'_>) -> Option<Value> {
    match both(path, text, text, options)? {
        Contents::Documents(_, value, _) | Contents::Certificates(value, _) => Some(value),
    }
}

fn is_document(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::List(_))
}

fn json(text: &str) -> Option<Value> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(trimmed).ok()
}

/// Whether two texts of equal documents have the same words, so that readers with other
/// rules for tags, numbers and keys that occur twice see equal documents, too.
pub(super) fn same_words(old: &str, new: &str) -> bool {
    // `#cloud-config` says what the text is.
    let head = |text: &'_ str| -> Option<String> {
        let line = text.lines().next()?.trim_end();
        line.starts_with('#').then(|| line.to_owned())
    };
    let words = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| {
            let is_comment = line.trim_start().starts_with('#');
            let end = line.find(" #").unwrap_or(line.len());
            if is_comment { "" } else { &line[..end] }
        });
        let is_mark = |c: char| c.is_whitespace() || "{}[],:\"'|>".contains(c);
        let words = lines.flat_map(|line| line.split(is_mark));
        let is_word = |word: &&str| !word.is_empty() && !matches!(*word, "-" | "+" | "---");
        let mut words: Vec<_> = words.filter(is_word).map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let first = |text: &str| head(text).filter(|line| !line.starts_with("# "));
    first(old) == first(new) && words(old) == words(new)
}

/// Lines `key=value` with comments; nothing where a line is something else, where a key
/// occurs twice, where a line goes on in the next, or where the order may matter.
fn properties(text: &str, of_java: bool) -> Option<Value> {
    let mut pairs: Vec<(String, Value)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    // A carriage return at the end may belong to the value.
    for line in text.split('\n') {
        let content = line.trim();
        let is_comment = content.starts_with('#') && !content.starts_with("#!");
        if content.is_empty() || is_comment || of_java && content.starts_with('!') {
            continue;
        }
        let (key, value) = line.split_once('=')?;
        // Only Java's reader leaves out what is around the sign.
        let (key, value) = if of_java {
            (key.trim(), value.trim_start())
        } else {
            (key, value)
        };
        let opens = |quote: char| value.matches(quote).count() % 2 == 1;
        let goes_on = value.ends_with('\\') || !of_java && (opens('"') || opens('\''));
        let refers = !of_java && value.contains('$');
        if goes_on || refers || !seen.insert(key) {
            return None;
        }
        pairs.push((key.to_owned(), Value::Str(value.to_owned())));
    }
    Some(Value::Map(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::json("a", "{}", "{ }", Some("json"))]
    #[case::half_json("a", "{}", "{", None)]
    #[case::properties("app.properties", "a=1\n# x\n", "a = 2", Some("properties"))]
    #[case::no_properties("app.properties", "a=1", "what", None)]
    #[case::twice("app.properties", "a=1", "a=1\na=2", None)]
    #[case::a_script("run.sh", "a=1", "a=2", None)]
    fn recognized(
        #[case] key: &str,
        #[case] old: &str,
        #[case] new: &str,
        #[case] expected: Option<&str>,
    ) {
        let options = Options::new(b"k");
        let found = both(&Path::of(&["data", key]), old, new, &options);
        let format = found.map(|found| match found {
            Contents::Documents(format, ..) => format,
            Contents::Certificates(..) => "certificates",
        });
        assert_eq!(format, expected);
    }

    #[test]
    fn deep_json_is_no_document() {
        let deep = "[".repeat(100_000);
        assert!(both(&Path::default(), &deep, &deep, &Options::new(b"k")).is_none());
    }
}
