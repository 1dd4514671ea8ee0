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
    "password",
    "passwd",
    "passphrase",
    "secret",
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
    "existingsecret",
    "imagepullsecret",
    "pullsecret",
    "tlssecret",
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
    NAMES.iter().any(|ending| plain.ends_with(ending))
        && !REFERENCES.iter().any(|ending| plain.ends_with(ending))
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
    if kind == "Secret" && (path.starts_with(&["data"]) || path.starts_with(&["stringData"])) {
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
    let text = value.text()?;
    let variable = key == "value" && path.last_item().is_some_and(is_confidential_name);
    // Names of objects, and what a role may do, are no secrets.
    let confidential = variable || is_confidential_name(key) || text.contains("PRIVATE KEY-----");
    confidential.then_some(Secrecy::Sensitive)
}

/// A text without the values that confidential names have in it: `password: x`,
/// `Server=a;Password=x`, `https://user:x@host`. Nothing when there is none.
pub(crate) fn cleaned(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    for line in text.split_inclusive('\n') {
        let (body, end) = line.split_at(line.trim_end_matches(['\n', '\r']).len());
        if let Some(cleaned) = cleaned_line(body) {
            hidden = true;
            out.push_str(&cleaned);
        } else {
            out.push_str(body);
        }
        out.push_str(end);
    }
    hidden.then_some(out)
}

fn cleaned_line(line: &str) -> Option<String> {
    if let Some(at) = line.find([':', '=']) {
        let name = line[..at].trim().trim_matches(['"', '\'']);
        let last = name.rsplit([' ', '\t']).next().unwrap_or(name);
        let has_value = !line[at + 1..].trim().is_empty();
        if has_value && is_confidential_name(last) {
            return Some(format!("{}{HIDDEN}", &line[..=at]));
        }
    }
    let mut hidden = false;
    let parts: Vec<_> = line
        .split_inclusive([';', '&', ' ', ','])
        .map(|part| {
            let (body, end) = part.split_at(part.trim_end_matches([';', '&', ' ', ',']).len());
            match cleaned_part(body) {
                Some(cleaned) => {
                    hidden = true;
                    format!("{cleaned}{end}")
                }
                None => part.to_owned(),
            }
        })
        .collect();
    hidden.then(|| parts.concat())
}

/// `name=value` or an address with a password.
fn cleaned_part(part: &str) -> Option<String> {
    if let Some((name, value)) = part.split_once('=') {
        let last = name.rsplit(['?', '"', '\'']).next().unwrap_or(name);
        if !value.is_empty() && (is_confidential_name(last) || last.eq_ignore_ascii_case("pwd")) {
            return Some(format!("{name}={HIDDEN}"));
        }
    }
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
    #[case("port = 1", None)]
    #[case("password:", None)]
    #[case("https://host/a:b@c", None)]
    fn values_of_confidential_names_go(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(cleaned(text).as_deref(), expected);
    }
}
