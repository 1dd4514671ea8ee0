//! What may not be shown, and the keyed hash that is shown instead. Owns the judgement
//! which field is confidential.

use sha2::{Digest as _, Sha256};

use crate::field::Secrecy;
use crate::path::Path;
use crate::value::Value;

/// Annotations that repeat the resource or hold credentials.
const ANNOTATIONS: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "banzaicloud.com/last-applied",
    "objectset.rio.cattle.io/applied",
];

/// Endings of names whose values are confidential.
const NAMES: &[&str] = &[
    "auth",
    "credential",
    "encryptionkey",
    "masterkey",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "secretkeybase",
    "signingkey",
    "token",
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "secretkey",
    "connectionstring",
    "credentials",
    "dockerconfigjson",
    "dockercfg",
];

/// Names with such an ending that name another object or say how.
const REFERENCES: &[&str] = &[
    "bypass",
    "existingsecret",
    "oauth",
    "imagepullsecret",
    "pullsecret",
    "tlssecret",
];

/// The fields of a Secret that hold none.
const SECRET_FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "type",
    "immutable",
    "sops",
];

/// What is shown in place of a confidential text.
pub(crate) const HIDDEN: &str = "(hidden)";

/// The first 16 bytes of HMAC-SHA256, as hex.
pub(crate) fn keyed_hash(key: &[u8], data: &[u8]) -> String {
    const BLOCK: usize = 64;
    let mut padded = [0_u8; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha256::new();
    inner.update(padded.map(|byte| byte ^ 0x36));
    inner.update(data);
    let mut outer = Sha256::new();
    outer.update(padded.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    hex(&outer.finalize()[..16])
}

/// Bytes as hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether the value of something with this name is confidential.
pub(crate) fn is_confidential_name(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // `PASSWORD_1`, `tokens`
    let plain = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let one = plain.strip_suffix('s').unwrap_or(plain);
    let ends = |names: &[&str]| {
        let mut names = names.iter();
        names.any(|ending| plain.ends_with(ending) || one.ends_with(ending))
    };
    ends(NAMES) && !ends(REFERENCES)
}

/// Why the value at this path may not be shown, when it may not.
pub(crate) fn of(
    path: &Path,
    kind: &str,
    value: &Value,
    annotations: &[String],
) -> Option<Secrecy> {
    let key = path.last_key(0);
    let is_encrypted = |text: &str| text.starts_with("ENC[") && text.ends_with(']');
    if value.text().is_some_and(is_encrypted) {
        return Some(Secrecy::Encrypted);
    }
    // Also in fields that the server does not know: they are in the repository.
    let is_known = |name: &&str| path.starts_with(&[*name]);
    if kind == "Secret" && !SECRET_FIELDS.iter().any(is_known) {
        return Some(Secrecy::Secret);
    }
    if kind == "SealedSecret" && path.has_key("encryptedData") {
        return Some(Secrecy::Encrypted);
    }
    if path.last_key(1) == "annotations" {
        let listed = ANNOTATIONS.contains(&key) || annotations.iter().any(|name| name == key);
        let last = key.rsplit('/').next().unwrap_or(key);
        return (listed || is_confidential_name(last)).then_some(Secrecy::Sensitive);
    }
    let is_key =
        |text: &str| text.contains("PRIVATE KEY-----") || text.contains("PRIVATE KEY BLOCK-----");
    if value.text().is_some_and(is_key) {
        return Some(Secrecy::Sensitive);
    }
    let is_of_name = is_confidential_name(key)
        || key == "value"
            && (path.last_item().is_some_and(is_confidential_name)
                || is_confidential_name(path.last_key(1)));
    // Maps below such a name say how, or name another object; what a role may do
    // is a list of words elsewhere.
    (is_of_name && is_plain(value)).then_some(Secrecy::Sensitive)
}

/// Whether a value is a text, a number, or a list of these.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Str(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(is_plain),
        Value::Null | Value::Bool(_) | Value::Map(_) => false,
    }
}

/// A text without the values that confidential names have in it: `password: x`,
/// `Server=a;Password=x`, `<password>x</password>`, `https://user:x@host`. Nothing
/// when there is none.
pub(crate) fn cleaned(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    // The indentation of a line whose value is on the lines below it.
    let mut below: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let (body, end) = line.split_at(line.trim_end_matches(['\n', '\r']).len());
        let content = body.trim_start();
        let indent = body.len() - content.len();
        let is_below = |top: usize| indent > top || indent == top && content.starts_with("- ");
        if below.is_some_and(|top| content.is_empty() || is_below(top)) {
            if content.is_empty() {
                out.push_str(body);
            } else {
                hidden = true;
                out.push_str(&body[..indent]);
                out.push_str(HIDDEN);
            }
        } else {
            below = is_opened(content).then_some(indent);
            if let Some(cleaned) = cleaned_line(body) {
                hidden = true;
                out.push_str(&cleaned);
            } else {
                out.push_str(body);
            }
        }
        out.push_str(end);
    }
    hidden.then_some(out)
}

/// Whether a line is a confidential name whose value follows below: `token:`,
/// `token: |-`.
fn is_opened(content: &str) -> bool {
    let Some((name, value)) = content.split_once(':') else {
        return false;
    };
    let value = value.trim();
    let opens = value.is_empty() || value.starts_with(['|', '>']);
    opens && is_confidential_name(name.trim_start_matches("- "))
}

fn cleaned_line(line: &str) -> Option<String> {
    if let Some(at) = line.find([':', '=']) {
        let name = line[..at].trim().trim_matches(['"', '\'']);
        let last = name.rsplit([' ', '\t']).next().unwrap_or(name);
        let value = line[at + 1..].trim();
        let is_block = value.starts_with(['|', '>']) && value.len() < 4;
        if !value.is_empty() && !is_block && !last.starts_with('<') && is_confidential_name(last) {
            return Some(format!("{}{HIDDEN}", &line[..=at]));
        }
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut hidden = false;
    if is_opened(line.trim_start()) {
        return None;
    }
    while let Some(at) = rest.find([':', '=', '>', ' ']) {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        rest = after;
        let Some(separator) = names_secret(&before[..at], &before[at..]) else {
            continue;
        };
        let blank = rest.len() - rest.trim_start_matches(' ').len();
        let length = value_length(&rest[blank..], separator);
        if length > 0 {
            out.push_str(&rest[..blank]);
            out.push_str(HIDDEN);
            rest = &rest[blank + length..];
            hidden = true;
        }
    }
    out.push_str(rest);
    let shown = if hidden { &out } else { line };
    let parts: Vec<_> = shown.split_inclusive([' ', ',', ';']).collect();
    let cleaned: Vec<_> = parts.iter().map(|part| without_login(part)).collect();
    hidden |= cleaned.iter().any(Option::is_some);
    let parts = parts.iter().zip(cleaned);
    hidden.then(|| {
        parts
            .map(|(part, cleaned)| cleaned.unwrap_or_else(|| (*part).to_owned()))
            .collect()
    })
}

/// The separator, when what is in front of it is a confidential name: `name=`,
/// `"name": `, `<name>`, `--name `.
fn names_secret(before: &str, separator: &str) -> Option<char> {
    let bare = before.trim_end().trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let start = bare
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_part(*c))
        .last()
        .map_or(bare.len(), |(at, _)| at);
    let (front, name) = bare.split_at(start);
    let separator = separator.chars().next()?;
    let fits = match separator {
        ' ' => name.starts_with("--"),
        '>' => front.ends_with('<'),
        _ => true,
    };
    (fits && !name.is_empty() && is_confidential_name(name)).then_some(separator)
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

/// An address without the password in it.
fn without_login(part: &str) -> Option<String> {
    let (scheme, rest) = part.split_once("://")?;
    let (user, host) = rest.split_once('@')?;
    let (user, _) = user.split_once(':')?;
    let is_authority = !user.contains('/');
    is_authority.then(|| format!("{scheme}://{user}:{HIDDEN}@{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_standard_one() {
        // RFC 4231, test case 2.
        let hash = keyed_hash(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hash, "5bdcc146bf60754e6a042426089575c7");
        // Test case 6: a key that is longer than a block.
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let hash = keyed_hash(&[0xaa; 131], data);
        assert_eq!(hash, "60e431591ee0b67f0d8a26aacbf5b77f");
    }

    #[rstest::rstest]
    #[case("password", true)]
    #[case("DB_PASSWORD", true)]
    #[case("apiKey", true)]
    #[case("existingSecret", false)]
    #[case("secretName", false)]
    #[case("tokenExpiry", false)]
    #[case("DB_PASS", true)]
    #[case("DB_PWD", true)]
    #[case("SECRET_KEY_BASE", true)]
    #[case("JWT_SIGNING_KEY", true)]
    #[case("PASSWORD_1", true)]
    #[case("TOKENS", true)]
    #[case("bypass", false)]
    #[case("imagePullSecrets", false)]
    fn names(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_confidential_name(name), expected);
    }

    #[rstest::rstest]
    #[case::secret(&["data", "a"], "Secret", "x", Some(Secrecy::Secret))]
    #[case::configuration(&["data", "a"], "ConfigMap", "x", None)]
    #[case::a_repeated_resource(&["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"], "Service", "x", Some(Secrecy::Sensitive))]
    #[case::listed(&["metadata", "annotations", "contoso/mine"], "Service", "x", Some(Secrecy::Sensitive))]
    #[case::encrypted(&["spec", "a"], "Widget", "ENC[AES]", Some(Secrecy::Encrypted))]
    #[case::registry_login(&["data", ".dockerconfigjson"], "ConfigMap", "x", Some(Secrecy::Sensitive))]
    #[case::key_file(&["data", "tls"], "ConfigMap", "-----BEGIN EC PRIVATE KEY-----", Some(Secrecy::Sensitive))]
    fn fields(
        #[case] path: &[&str],
        #[case] kind: &str,
        #[case] text: &str,
        #[case] expected: Option<Secrecy>,
    ) {
        let value = Value::Str(text.to_owned());
        let listed = ["contoso/mine".to_owned()];
        assert_eq!(of(&Path::of(path), kind, &value, &listed), expected);
    }

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
