//! Calls in templates whose result differs from one rendering to the next.

#![expect(clippy::disallowed_methods, reason = "the private copy of a chart")]

use std::ops::ControlFlow;
use std::path::Path;

use super::archive;

/// A call in a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The template, by path from the chart.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The function that is called.
    pub function: &'static str,
}

/// The functions, and whether their result differs without a cluster too.
const FUNCTIONS: [(&str, bool); 21] = [
    ("ago", true),
    ("bcrypt", true),
    ("encryptAES", true),
    ("genCA", true),
    ("genCAWithKey", true),
    ("genPrivateKey", true),
    ("genSelfSignedCert", true),
    ("genSelfSignedCertWithKey", true),
    ("genSignedCert", true),
    ("genSignedCertWithKey", true),
    ("getHostByName", false),
    ("htpasswd", true),
    ("lookup", false),
    ("now", true),
    ("randAlpha", true),
    ("randAlphaNum", true),
    ("randAscii", true),
    ("randBytes", true),
    ("randInt", true),
    ("randNumeric", true),
    ("shuffle", true),
];

/// `uuidv4` and its siblings.
const UUID: &str = "uuidv4";

impl Call {
    /// Whether its result differs when nothing else does. `lookup` finds
    /// nothing without a cluster, and always the same nothing.
    pub(super) fn differs(&self) -> bool {
        let known = FUNCTIONS.iter().find(|(name, _)| *name == self.function);
        known.is_none_or(|(_, differs)| *differs)
    }
}

/// The calls in the templates of a chart, a folder or an archive, and in those
/// of the charts below it, that may give another result every time: random
/// values, keys and certificates, the time, and questions to a cluster. What
/// cannot be read has none. Meant for explaining why two renderings differ.
pub fn nondeterministic_calls(chart: &Path) -> Vec<Call> {
    let mut calls = Vec::new();
    if chart.is_dir() {
        in_folder(chart, "", 0, &mut calls);
    } else if let Ok(bytes) = std::fs::read(chart) {
        in_archive(&bytes, "", &mut calls);
    }
    calls.sort();
    calls
}

/// How deep the folders of a chart may nest here.
const DEPTH: usize = 32;

fn in_folder(folder: &Path, below: &str, depth: usize, calls: &mut Vec<Call>) {
    let Ok(entries) = folder.read_dir() else {
        return;
    };
    if depth > DEPTH {
        return;
    }
    for entry in entries.filter_map(Result::ok) {
        let (path, name) = (entry.path(), entry.file_name());
        let file = format!("{below}{}", name.to_string_lossy());
        if path.is_dir() {
            in_folder(&path, &format!("{file}/"), depth + 1, calls);
        } else if (is_template(&file) || is_subchart(&file))
            && let Ok(bytes) = std::fs::read(&path)
        {
            in_file(&file, &bytes, calls);
        }
    }
}

/// The calls in one file of a chart.
fn in_file(file: &str, content: &[u8], calls: &mut Vec<Call>) {
    if is_subchart(file) {
        in_archive(content, &format!("{file}:"), calls);
    } else if is_template(file) {
        in_template(file, &String::from_utf8_lossy(content), calls);
    }
}

fn in_archive(bytes: &[u8], place: &str, calls: &mut Vec<Call>) {
    // What cannot be read holds no template that could be rendered.
    let _ = archive::files(bytes, |path, content| {
        let inner = path.split_once('/').map_or(path, |(_, inner)| inner);
        if is_template(inner) {
            let file = format!("{place}{inner}");
            in_template(&file, &String::from_utf8_lossy(content), calls);
        }
        ControlFlow::Continue(())
    });
}

fn is_template(file: &str) -> bool {
    file.starts_with("templates/") || file.contains("/templates/")
}

fn is_subchart(file: &str) -> bool {
    let in_charts = file.starts_with("charts/") || file.contains("/charts/");
    in_charts && Path::new(file).extension().is_some_and(|end| end == "tgz")
}

fn in_template(file: &str, text: &str, calls: &mut Vec<Call>) {
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let action = &rest[start + 2..];
        let end = end_of_action(action);
        let first_line = 1 + lines(&text[..text.len() - action.len()]);
        for (at, word) in words(&action[..end]) {
            let known = FUNCTIONS.iter().map(|(name, _)| *name);
            let function = known.chain([UUID]).find(|name| *name == word);
            calls.extend(function.map(|function| Call {
                file: file.to_owned(),
                line: first_line + lines(&action[..at]),
                function,
            }));
        }
        rest = &action[end..];
    }
}

fn lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

/// Where the action ends: at `}}` outside of strings and comments.
fn end_of_action(action: &str) -> usize {
    let bytes = action.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"}}") {
            return at;
        }
        at = skip(bytes, at);
    }
    bytes.len()
}

/// The place after the string, comment or letter at `at`.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest[0] {
        b'/' if rest.starts_with(b"/*") => {
            memchr::memmem::find(rest, b"*/").map_or(bytes.len(), |end| at + end + 2)
        }
        b'`' => memchr::memchr(b'`', &rest[1..]).map_or(bytes.len(), |end| at + end + 2),
        quote @ (b'"' | b'\'') => {
            let mut at = at + 1;
            while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            (at + 1).min(bytes.len())
        }
        _ => at + 1,
    }
}

/// The words of an action that may be functions, and where they are: not those
/// in strings and comments, not fields (`.now`) and not variables (`$now`).
fn words(action: &str) -> Vec<(usize, &str)> {
    let bytes = action.as_bytes();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_letter(bytes[at]) {
            at = skip(bytes, at);
            continue;
        }
        let start = at;
        while at < bytes.len() && is_letter(bytes[at]) {
            at += 1;
        }
        let named = start > 0 && matches!(bytes[start - 1], b'.' | b'$');
        if !named {
            words.push((start, &action[start..at]));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> Vec<(usize, &'static str)> {
        let mut calls = Vec::new();
        in_template("templates/a.yaml", text, &mut calls);
        calls
            .iter()
            .map(|call| (call.line, call.function))
            .collect()
    }

    #[rstest::rstest]
    #[case("{{ randAlphaNum 5 }}", &[(1, "randAlphaNum")])]
    #[case("a\n{{- $x := genCA \"x\" 5 -}}\n{{ now | date \"now\" }}", &[(2, "genCA"), (3, "now")])]
    #[case("{{ if\n  (lookup \"v1\" \"Secret\" \"a\" \"b\")\n}}", &[(2, "lookup")])]
    #[case("{{ uuidv4 }}{{ \"}}\" | htpasswd }}", &[(1, "uuidv4"), (1, "htpasswd")])]
    #[case("{{/* now */}} now {{ .Values.now }} {{ $now }} {{ `now` }}", &[])]
    #[case("{{ \"a\\\"now\" }} {{ nowhere }} {{ 'x", &[])]
    #[case("{{", &[])]
    fn calls_are_found_with_their_lines(
        #[case] text: &str,
        #[case] expected: &[(usize, &'static str)],
    ) {
        assert_eq!(calls(text), expected);
    }

    #[test]
    fn the_charts_below_are_looked_at_too() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), content).unwrap();
        };
        write("values.yaml", b"a: {{ now }}");
        write("templates/_a.tpl", b"{{ now }}");
        write("charts/sub/templates/b.yaml", b"\n{{ randInt 1 5 }}");
        let packed = archive::pack(&[("db/templates/c.yaml", "{{ genPrivateKey \"rsa\" }}")]);
        write("charts/db-1.0.0.tgz", &packed);
        let found = nondeterministic_calls(folder.path());
        let shown: Vec<_> = found
            .iter()
            .map(|call| format!("{}:{} {}", call.file, call.line, call.function))
            .collect();
        assert_eq!(
            shown,
            [
                "charts/db-1.0.0.tgz:templates/c.yaml:1 genPrivateKey",
                "charts/sub/templates/b.yaml:2 randInt",
                "templates/_a.tpl:1 now",
            ]
        );
    }
}
