//! Where on one line of a text values are that may not be shown. Owns the shapes: pairs of
//! name and value, addresses with a login, tokens of known form.

use super::command::{directive, options, statement};
use super::headers::{authorization, cookies};
use super::{is_confidential_name, is_header, is_value_key};

/// A value that may not be shown, as a range of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What is between the name and the value; a blank after an option.
    pub(super) separator: char,
}

/// What the lines before tell about this one.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The command that the line belongs to, when it began on a line above.
    pub(super) command: String,
    /// For so many lines on, `value` is that of a confidential name.
    pub(super) pair: usize,
}

/// The values of a line, in order.
pub(super) fn spans(line: &str, before: &mut Before) -> Vec<Span> {
    if let Some(whole) = whole(line) {
        return vec![whole];
    }
    let mut all = pairs(line, before);
    all.extend(logins(line));
    all.extend(authorization(line));
    all.extend(cookies(line));
    all.extend(options(line, &before.command));
    all.extend(directive(line));
    all.extend(tokens(line));
    all.extend(password_file(line));
    all.extend(statement(line));
    all.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut end = 0;
    all.retain(|span| {
        let is_apart = span.start >= end && span.end > span.start;
        end = if is_apart { span.end } else { end };
        is_apart
    });
    all
}

/// A line that is a confidential name and its value.
fn whole(line: &str) -> Option<Span> {
    let at = line.find([':', '='])?;
    let name = line[..at].trim().trim_matches(['"', '\'']);
    let last = name.rsplit([' ', '\t']).next().unwrap_or(name);
    let value = line[at + 1..].trim();
    let is_block = value.starts_with(['|', '>']) && value.len() < 4;
    let fits = !value.is_empty() && !is_block && !last.starts_with('<');
    (fits && is_confidential_name(last)).then(|| Span {
        start: at + 1,
        end: line.len(),
        separator: line[at..].chars().next().unwrap_or(':'),
    })
}

/// `name=value`, `"name": value`, `<name>value<`, `--name value`, and `value=` beside a name.
fn pairs(line: &str, before: &mut Before) -> Vec<Span> {
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(found) = line[from..].find([':', '=', '>', ' ']) {
        let at = from + found;
        from = at + 1;
        let Some(separator) = line[at..].chars().next() else {
            break;
        };
        let (front, name) = name_before(&line[..at]);
        if name.is_empty() {
            continue;
        }
        let blank = line[from..].len() - line[from..].trim_start_matches(' ').len();
        let start = from + blank;
        let length = value_length(&line[start..], separator);
        let value = line[start..start + length].trim_matches(['"', '\'']);
        let is_pair = matches!(separator, ':' | '=');
        let names_secret = || is_confidential_name(value) || is_header(value);
        let names = ["name", "key", "header", "headerName"];
        let is_name = || names.iter().any(|one| one.eq_ignore_ascii_case(name));
        if is_pair && is_name() && names_secret() {
            before.pair = 4;
            continue;
        }
        let is_value = before.pair > 0 && is_value_key(name) && separator != ' ';
        let length = match separator {
            // `Basic x` are two words.
            ':' if is_value => length.max(to_the_end(&line[start..])),
            _ => length,
        };
        if length == 0 || !(is_value || is_secret(front, name, separator)) {
            continue;
        }
        before.pair = if is_value { 0 } else { before.pair };
        all.push(Span {
            start,
            end: start + length,
            separator,
        });
        from = start + length;
    }
    all
}

/// What is in front of a separator: the rest, and the name.
fn name_before(text: &str) -> (&str, &str) {
    let bare = text.trim_end().trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let start = bare.trim_end_matches(is_part).len();
    bare.split_at(start)
}

/// Names of confidential parts of a query.
const QUERY: &[&str] = &[
    "sig",
    "signature",
    "code",
    "key",
    "x-amz-signature",
    "x-goog-signature",
];

fn is_secret(front: &str, name: &str, separator: char) -> bool {
    let fits = match separator {
        // `--password x`, and `-storepass x` of Java and Windows.
        ' ' => name.starts_with('-') && name.trim_start_matches('-').len() > 2,
        '>' => front.ends_with('<'),
        _ => true,
    };
    let in_query = front.ends_with(['?', '&']) && separator == '=';
    let names_signature = || QUERY.iter().any(|one| one.eq_ignore_ascii_case(name));
    fits && (is_confidential_name(name) || in_query && names_signature())
}

/// How long the value at the beginning of a text is.
fn value_length(text: &str, separator: char) -> usize {
    if separator == '>' {
        return text.find('<').unwrap_or(text.len());
    }
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.find(quote).map_or(text.len(), |end| end + 2);
        }
    }
    let ends = [' ', '\t', ',', ';', '&', '}', ']', ')'];
    text.find(ends).unwrap_or(text.len())
}

/// How long the rest of a line is, up to what ends an entry.
fn to_the_end(text: &str) -> usize {
    let is_quoted = text.starts_with(['"', '\'']);
    let end = text.find([',', '}', ']', ';']).unwrap_or(text.len());
    if is_quoted { 0 } else { end }
}

pub(super) fn span(start: usize, end: usize) -> Span {
    Span {
        start,
        end,
        separator: ' ',
    }
}

/// The words of a line with the place of each.
pub(super) fn words(line: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let mut all = Vec::new();
    for word in line.split([' ', '\t']) {
        if !word.is_empty() {
            all.push((at, word));
        }
        at += word.len() + 1;
    }
    all
}

/// Passwords and tokens in addresses: `https://user:x@host`, `user:x@tcp(host)`.
fn logins(line: &str) -> Vec<Span> {
    let mut all = Vec::new();
    let ends = [' ', '\t', '"', '\'', ',', ';', '<', '>', '`'];
    let mut at = 0;
    for part in line.split(ends) {
        let from = at;
        at += part.len() + 1;
        let (scheme, rest) = match part.split_once("://") {
            Some((scheme, rest)) => (scheme, rest),
            None if part.contains("@tcp(") || part.contains("@unix(") => ("", part),
            None => continue,
        };
        let start = from + part.len() - rest.len();
        let Some(login) = rest.rfind('@') else {
            continue;
        };
        let login = &rest[..login];
        let Some((user, password)) = login.split_once(':') else {
            if scheme.starts_with("http") && looks_random(login) {
                all.push(span(start, start + login.len()));
            }
            continue;
        };
        let port: String = password.chars().take_while(char::is_ascii_digit).collect();
        let is_port = !port.is_empty() && password[port.len()..].starts_with('/');
        if !user.contains('/') && !is_port && !password.is_empty() {
            let start = start + user.len() + 1;
            all.push(span(start, start + password.len()));
        }
    }
    all
}

/// Whether a word is none that people write.
pub(super) fn looks_random(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    let is_name = !word.contains('/') && word.len() >= 8;
    is_name && (has(char::is_ascii_digit) || has(char::is_ascii_uppercase))
}

/// How tokens of well-known services begin.
const TOKENS: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "npm_",
    "dckr_pat_",
    "hvs.",
    "sk_live_",
    "rk_live_",
    "sk-ant-",
    "sk-proj-",
    "AIza",
    "ya29.",
    "SG.",
    "dop_v1_",
    "pypi-",
    "glsa_",
    "lin_api_",
    "shpat_",
];

/// Tokens whose form tells what they are.
fn tokens(line: &str) -> Vec<Span> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.~".contains(c);
    let mut all = Vec::new();
    let mut at = 0;
    for word in line.split(|c: char| !is_part(c)) {
        let start = at;
        at += word.len()
            + line[at + word.len()..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        let starts = |token: &str| word.starts_with(token) && word.len() >= token.len() + 12;
        let is_jwt = word.starts_with("eyJ") && word.matches('.').count() == 2 && word.len() >= 30;
        let is_entra = word.len() >= 30 && word.get(4..6) == Some("Q~");
        let is_entra = is_entra || word.len() >= 30 && word.get(3..6) == Some("8Q~");
        if TOKENS.iter().any(|token| starts(token)) || is_jwt || is_entra {
            all.push(span(start, start + word.len()));
        }
    }
    all
}

/// `host:5432:database:user:x`, as in `.pgpass`.
fn password_file(line: &str) -> Option<Span> {
    let mut fields = line.splitn(5, ':');
    let host = fields.next()?;
    let port = fields.next()?;
    let is_port =
        port == "*" || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let (database, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let is_word = |text: &str| !text.is_empty() && !text.contains([' ', '"', '/', '@']);
    let fits = is_port && [host, database, user].iter().all(|text| is_word(text));
    (fits && !password.is_empty()).then(|| span(line.len() - password.len(), line.len()))
}
