//! Texts without the values that may not be shown. Owns what reaches over lines: a private
//! key, what is indented below a name, a quote that is not closed, a command that goes on.

use super::command;
use super::line::{self, Before, Span};
use super::{HIDDEN, is_confidential_name};

/// So much of a command that goes on over lines is kept.
const COMMAND: usize = 2_000;

/// What the lines so far have opened.
#[derive(Debug, Default)]
enum State {
    #[default]
    Nothing,
    /// Lines that are indented more than this are a value.
    Below(usize),
    /// A private key.
    Key,
    /// A value up to this text.
    Until(&'static str),
    /// A list of values with so many brackets open.
    Brackets(usize),
    /// A value goes on after the end of the line.
    Continued,
    /// The value of an option is the first word.
    Option,
}

/// Goes over the lines of a text, one after another.
#[derive(Debug, Default)]
pub(crate) struct Cleaner {
    state: State,
    before: Before,
}

/// A text without the values that confidential names have in it and without other secrets
/// of known form; nothing when there are none. It keeps its lines.
pub(crate) fn cleaned(text: &str) -> Option<String> {
    let mut cleaner = Cleaner::default();
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    for line in text.split_inclusive('\n') {
        let (body, end) = line.split_at(line.trim_end_matches(['\n', '\r']).len());
        match cleaner.line(body) {
            Some(shown) => {
                hidden = true;
                out.push_str(&shown);
            }
            None => out.push_str(body),
        }
        out.push_str(end);
    }
    hidden.then_some(out)
}

impl Cleaner {
    /// The next line without what may not be shown; nothing when all of it may be.
    pub(crate) fn line(&mut self, line: &str) -> Option<String> {
        let line = line.trim_end_matches('\r');
        let cleaned = self.within(line);
        self.before.pair = self.before.pair.saturating_sub(1);
        if line.ends_with('\\') && self.before.command.len() < COMMAND {
            self.before.command.push_str(line.trim_end_matches('\\'));
        } else {
            self.before.command.clear();
        }
        cleaned
    }

    fn within(&mut self, line: &str) -> Option<String> {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        let whole = || (!content.is_empty()).then(|| format!("{}{HIDDEN}", &line[..indent]));
        match std::mem::take(&mut self.state) {
            State::Nothing => self.plain(line),
            State::Below(top) => {
                let is_below = indent > top || indent == top && content.starts_with("- ");
                if content.is_empty() || is_below {
                    self.state = State::Below(top);
                    return whole();
                }
                self.plain(line)
            }
            State::Key if line.contains("-----END") => None,
            State::Key => {
                self.state = State::Key;
                whole()
            }
            State::Until(end) => {
                let Some(at) = line.find(end) else {
                    self.state = State::Until(end);
                    return whole();
                };
                let rest = &line[at + end.len()..];
                let rest = self.plain(rest).unwrap_or_else(|| rest.to_owned());
                Some(format!("{HIDDEN}{end}{rest}"))
            }
            State::Brackets(depth) => {
                let depth = brackets(line, depth);
                if depth > 0 {
                    self.state = State::Brackets(depth);
                }
                whole()
            }
            State::Continued => {
                if line.ends_with('\\') {
                    self.state = State::Continued;
                }
                whole()
            }
            State::Option => {
                let end = content.find([' ', '\t']).unwrap_or(content.len());
                let rest = &content[end..];
                let rest = self.plain(rest).unwrap_or_else(|| rest.to_owned());
                Some(format!("{}{HIDDEN}{rest}", &line[..indent]))
            }
        }
    }

    /// A line that nothing before it reaches into.
    fn plain(&mut self, line: &str) -> Option<String> {
        if let Some((start, end)) = private_key(line) {
            if end == line.len() {
                self.state = State::Key;
            }
            let hidden = !line[start..end].trim().is_empty();
            return hidden.then(|| format!("{}{HIDDEN}{}", &line[..start], &line[end..]));
        }
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if is_opened(content) {
            self.state = State::Below(indent);
            return None;
        }
        if let Some(name) = content.strip_suffix('>') {
            let name = name.rsplit('<').next().unwrap_or("");
            if is_confidential_name(name) && !name.contains(['/', ' ']) {
                self.state = State::Until("<");
            }
        }
        let spans = line::spans(line, &mut self.before);
        if command::awaits(line, &self.before.command) {
            self.state = State::Option;
        } else if let Some(last) = spans.last() {
            self.state = opened_by(line, *last);
        }
        let mut out = String::with_capacity(line.len());
        let mut from = 0;
        for span in &spans {
            out.push_str(&line[from..span.start]);
            out.push_str(HIDDEN);
            from = span.end;
        }
        out.push_str(&line[from..]);
        (!spans.is_empty()).then_some(out)
    }
}

/// What a value at the end of a line leaves open.
fn opened_by(line: &str, span: Span) -> State {
    let value = line[span.start..].trim();
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        if let Some(inner) = value.strip_prefix(quote) {
            return if inner.contains(quote) {
                State::Nothing
            } else {
                State::Until(quote)
            };
        }
    }
    if value.starts_with(['[', '(']) {
        let depth = brackets(value, 0);
        return if depth > 0 {
            State::Brackets(depth)
        } else {
            State::Nothing
        };
    }
    match span.separator {
        '>' if span.end == line.len() => State::Until("<"),
        ':' | '=' if value.ends_with('\\') && span.end == line.len() => State::Continued,
        _ => State::Nothing,
    }
}

fn brackets(text: &str, depth: usize) -> usize {
    text.chars().fold(depth, |depth, c| match c {
        '[' | '(' => depth + 1,
        ']' | ')' => depth.saturating_sub(1),
        _ => depth,
    })
}

/// Where on a line a private key is; up to its end when it goes on below.
fn private_key(line: &str) -> Option<(usize, usize)> {
    let begin = line.find("-----BEGIN ")?;
    let kind = line[begin + 11..].find("-----")? + begin + 11;
    if !line[begin..kind].contains("PRIVATE KEY") {
        return None;
    }
    let start = kind + 5;
    let end = line[start..].find("-----END");
    Some((start, end.map_or(line.len(), |end| start + end)))
}

/// Whether a line is a confidential name whose value follows below: `token:`,
/// `token: |-`.
fn is_opened(content: &str) -> bool {
    let Some((name, value)) = content.split_once(':') else {
        return false;
    };
    let value = value.trim();
    let value = value.split(" #").next().unwrap_or("").trim();
    let opens = value.is_empty() || value.starts_with(['|', '>', '&', '!']) && !value.contains(' ');
    opens && is_confidential_name(name.trim_start_matches("- "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("  db.password = x", Some("  db.password =(hidden)"))]
    #[case("export TOKEN=abc", Some("export TOKEN=(hidden)"))]
    #[case("a\npassword: x\nb", Some("a\npassword:(hidden)\nb"))]
    #[case(
        "Server=a;Password=x;Port=1",
        Some("Server=a;Password=(hidden);Port=1")
    )]
    #[case("https://a.b/?x=1&token=c", Some("https://a.b/?x=1&token=(hidden)"))]
    #[case("amqp://user:x@host:1/a", Some("amqp://user:(hidden)@host:1/a"))]
    #[case("run --password=x --port=1", Some("run --password=(hidden)"))]
    #[case(
        "run -v --password x --port 1",
        Some("run -v --password (hidden) --port 1")
    )]
    #[case("x: {password: a, user: b}", Some("x: {password: (hidden), user: b}"))]
    #[case(
        r#"{"user":"a","password":"x y",}"#,
        Some(r#"{"user":"a","password":(hidden),}"#)
    )]
    #[case("<password>x y</password>", Some("<password>(hidden)</password>"))]
    #[case(
        "token: |\n  abc\n\n  def\nport: 1",
        Some("token: |\n  (hidden)\n\n  (hidden)\nport: 1")
    )]
    #[case("passwords:\n- x\nport: 1", Some("passwords:\n(hidden)\nport: 1"))]
    #[case("port = 1", None)]
    #[case("password:", None)]
    #[case("https://host/a:b@c", None)]
    fn values_of_confidential_names_go(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(cleaned(text).as_deref(), expected);
    }
}
