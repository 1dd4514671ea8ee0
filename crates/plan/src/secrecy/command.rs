//! Passwords on command lines and in lines of configuration that are words in a row. Owns
//! the lists of programs and of directives.

use super::is_confidential_name;
use super::line::{Span, span, words};

/// Programs whose `-u` is a user with a password.
const WEB: &[&str] = &[
    "curl",
    "wget",
    "http",
    "https",
    "lftp",
    "ab",
    "rabbitmqadmin",
];
/// Programs whose `-p` has the password in the same word.
const MYSQL: &[&str] = &[
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mysqlimport",
    "mysqlcheck",
    "mariadb",
    "mariadb-dump",
    "mariadb-admin",
    "xtrabackup",
];
/// Programs, what their command line holds, and the option for the password.
const LONG: &[(&str, &str, &[&str])] = &[
    ("sshpass", "", &["-p"]),
    ("docker", "login", &["-p"]),
    ("podman", "login", &["-p"]),
    ("buildah", "login", &["-p"]),
    ("skopeo", "login", &["-p"]),
    ("oras", "login", &["-p"]),
    ("helm", "login", &["-p"]),
    ("az", "login", &["-p"]),
    ("oc", "login", &["-p"]),
    ("sqlcmd", "", &["-P"]),
    ("bcp", "", &["-P"]),
    ("mongo", "", &["-p"]),
    ("mongosh", "", &["-p"]),
    ("mongodump", "", &["-p"]),
    ("mongorestore", "", &["-p"]),
    ("cqlsh", "", &["-p"]),
    ("redis-cli", "", &["-a"]),
    ("ldapsearch", "", &["-w"]),
    ("ldapadd", "", &["-w"]),
    ("ldapmodify", "", &["-w"]),
    ("rabbitmqadmin", "", &["-p"]),
    ("unzip", "", &["-P"]),
    ("zip", "", &["-P"]),
];

/// Whether an option at the end of a line has its value on the next.
pub(super) fn awaits(line: &str, command: &str) -> bool {
    let Some(front) = line.trim_end().strip_suffix('\\') else {
        return false;
    };
    let Some((_, option)) = words(front).pop() else {
        return false;
    };
    let marked = format!("{} x:x", front.trim_end());
    let is_name = option.starts_with("--") && is_confidential_name(option);
    is_name
        || options(&marked, command)
            .iter()
            .any(|span| span.end == marked.len())
}

/// Options of programs that take a password.
pub(super) fn options(line: &str, command: &str) -> Vec<Span> {
    let words = words(line);
    let mut programs: Vec<&str> = command.split([' ', '\t']).collect();
    programs.extend(words.iter().map(|(_, word)| *word));
    let name = |word: &str| {
        word.rsplit(['/', '(', '`', '"', '\''])
            .next()
            .unwrap_or("")
            .to_owned()
    };
    let runs = |program: &str| programs.iter().any(|word| name(word) == program);
    let says = |part: &str| part.is_empty() || programs.contains(&part);
    let is_web = WEB.iter().any(|program| runs(program));
    let is_mysql = MYSQL.iter().any(|program| runs(program));
    let long: Vec<&str> = LONG
        .iter()
        .filter(|(program, part, _)| runs(program) && says(part))
        .flat_map(|(.., options)| options.iter().copied())
        .collect();
    let mut all = Vec::new();
    for (index, (at, word)) in words.iter().enumerate() {
        let next = words.get(index + 1);
        let login = match *word {
            "-u" | "-U" | "--user" | "--proxy-user" if is_web => next.copied(),
            // `-su user:x`
            word if is_web && is_bundle(word) => next.copied(),
            word if is_web && word.starts_with("-u") => Some((at + 2, &word[2..])),
            word if is_web && word.starts_with("--user=") => Some((at + 7, &word[7..])),
            _ => None,
        };
        if let Some((at, login)) = login {
            if let Some(colon) = login.find(':').filter(|colon| colon + 1 < login.len()) {
                all.push(span(at + colon + 1, at + login.len()));
            }
        } else if is_mysql && word.len() > 2 && word.starts_with("-p") {
            all.push(span(at + 2, at + word.len()));
        } else if let (true, Some((at, word))) = (long.contains(word), next) {
            all.push(span(*at, at + word.len()));
        } else if long.iter().any(|option| word.starts_with(option))
            && word.len() > 2
            && !word.starts_with("--")
        {
            all.push(span(at + 2, at + word.len()));
        }
    }
    // What the line does with the output comes after.
    let is_end = |(_, word): &&(usize, &str)| !word.starts_with(['>', '|', ';', '&']);
    let own: Vec<_> = words.iter().take_while(is_end).collect();
    if let (true, true, Some((at, word))) = (runs("htpasswd"), own.len() > 3, own.last()) {
        all.push(span(*at, at + word.len()));
    }
    if runs("chpasswd") {
        let logins = own
            .iter()
            .filter_map(|(at, word)| Some((at + word.find(':')? + 1, at + word.len())));
        all.extend(logins.map(|(start, end)| span(start, end)));
    }
    all
}

/// Short options in one word, of which the last is `-u`.
fn is_bundle(word: &str) -> bool {
    let letters = word.strip_prefix('-').unwrap_or_default();
    letters.len() > 1 && letters.ends_with('u') && letters.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Words that a name and its value follow.
const VERBS: &[&str] = &[
    "set",
    "setenv",
    "SetEnv",
    "env",
    "ENV",
    "ARG",
    "export",
    "proxy_set_header",
    "add_header",
    "more_set_headers",
    "RequestHeader",
    "fastcgi_param",
    "uwsgi_param",
    "setx",
    "config",
];
/// Words that a line begins with whose names are those of a login file.
const NETRC: &[&str] = &["machine", "default", "login"];

/// `requirepass x`, `set $password x;`, `machine a login b password x`.
pub(super) fn directive(line: &str) -> Vec<Span> {
    let words = words(line);
    let Some((_, first)) = words.first() else {
        return Vec::new();
    };
    let end = line.trim_end().trim_end_matches(';').len();
    let of = |index: usize| match words.get(index) {
        Some((at, _)) if *at < end => vec![span(*at, end)],
        _ => Vec::new(),
    };
    if NETRC.contains(first) {
        let named = words
            .iter()
            .position(|(_, word)| matches!(*word, "password" | "account"));
        let value = named.and_then(|at| words.get(at + 1));
        let value = value.map(|(at, word)| span(*at, at + word.len()));
        return value.into_iter().collect();
    }
    let is_verb = VERBS.iter().any(|verb| verb.eq_ignore_ascii_case(first));
    let is_name = |word: &str| is_confidential_name(word) && !word.ends_with(':');
    if words.len() == 2 && is_name(first) && !first.contains(['=', ':', '<', '(']) {
        return of(1);
    }
    // `config set requirepass x`
    let named = words
        .iter()
        .take(4)
        .skip(1)
        .position(|(_, word)| is_name(word) && !word.contains('='));
    match named {
        Some(at) if is_verb => of(at + 2),
        _ => Vec::new(),
    }
}

/// `ALTER USER a PASSWORD 'x'`, `IDENTIFIED BY 'x'` of SQL.
pub(super) fn statement(line: &str) -> Vec<Span> {
    let lower = line.to_ascii_lowercase();
    let mut all = Vec::new();
    for words in ["password", "identified by", "identified with"] {
        for (at, _) in lower.match_indices(words) {
            let rest = &line[at + words.len()..];
            let Some(quote) = rest.find('\'') else {
                continue;
            };
            // `WITH mysql_native_password BY 'x'`
            let between = &rest[..quote];
            let is_words = |c: char| c.is_ascii_alphanumeric() || c == '_' || c.is_whitespace();
            let inner = &rest[quote + 1..];
            let end = inner.find('\'').unwrap_or(inner.len());
            if between.chars().all(is_words) && between.starts_with(char::is_whitespace) && end > 0
            {
                let start = at + words.len() + quote;
                all.push(span(start, (start + end + 2).min(line.len())));
            }
        }
    }
    all
}
