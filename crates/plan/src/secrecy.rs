//! What may not be shown, and the keyed hash that is shown instead. Owns the judgement
//! which field is confidential.

pub(crate) mod beside;
mod command;
mod headers;
mod line;
pub(crate) mod names;
mod text;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::field::Secrecy;
use crate::path::Path;
use crate::value::Value;

pub(crate) use text::{Cleaner, cleaned};

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
    "authkey",
    "instrumentationkey",
    "sharedkey",
    "subscriptionkey",
    "functionkey",
    "hostkey",
    "sastoken",
    "credential",
    "encryptionkey",
    "masterkey",
    "keydata",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pw",
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

/// Names of maps with confidential values, whatever the keys are.
const MAPS: &[&str] = &["passwords", "passphrases", "secrets", "tokens", "apikeys"];

/// Keys in such maps that say how, or name another object.
const WORDS: &[&str] = &[
    "apiversion",
    "engine",
    "file",
    "key",
    "kind",
    "mountpath",
    "path",
    "property",
    "provider",
    "refreshinterval",
    "type",
    "version",
];

/// How private keys begin in base64: of PKCS #8 and #1, of elliptic curves, encrypted, of
/// OpenSSH, and DSA.
const KEYS: &[&str] = &[
    "LS0tLS1CRUdJTiBQUklWQVRF",
    "LS0tLS1CRUdJTiBSU0Eg",
    "LS0tLS1CRUdJTiBFQyBQ",
    "LS0tLS1CRUdJTiBFTkNSWVBU",
    "LS0tLS1CRUdJTiBPUEVOU1NI",
    "LS0tLS1CRUdJTiBEU0Eg",
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

/// The letters and digits of a name.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a value lies in a map of confidential ones.
fn is_in_map(path: &Path, value: &Value) -> bool {
    let mut above = path.keys().rev();
    let key = plain(above.next().unwrap_or_default());
    let says = WORDS.contains(&key.as_str()) || key.ends_with("name") || key.ends_with("ref");
    let is_map = |name: &str| {
        let name = plain(name);
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        ends(MAPS)
            && !REFERENCES
                .iter()
                .any(|one| name.trim_end_matches('s').ends_with(one))
    };
    // `namespace` beside `name`
    !says && key != "namespace" && value.text().is_some() && above.any(is_map)
}

/// Headers that log in.
const HEADERS: &[&str] = &["authorization", "proxyauthorization", "cookie", "setcookie"];

/// Whether this is the name of a header that logs in.
pub(crate) fn is_header(name: &str) -> bool {
    HEADERS.contains(&plain(name).as_str())
}

/// What is written below such a name where it is no header, but says how.
const MODES: &[&str] = &[
    "enabled", "disabled", "none", "optional", "required", "rbac",
];

/// Keys that hold the value of what is named beside or above them.
const VALUES: &[&str] = &[
    "value",
    "values",
    "val",
    "default",
    "defaultvalue",
    "content",
    "inline",
    "literal",
    "plaintext",
];

fn is_value_key(key: &str) -> bool {
    VALUES.contains(&plain(key).as_str())
}

/// Whether the value of something with this name is confidential.
pub fn is_confidential_name(name: &str) -> bool {
    let plain = plain(name);
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
    if path.starts_with(&["binaryData"]) && value.text().is_some_and(holds_secret) {
        return Some(Secrecy::Sensitive);
    }
    // `stringData` is the clear text of a Secret wherever it stands.
    let is_clear = || path.keys().any(|key| key == "stringData");
    if value.text().is_some_and(is_key) || is_clear() || is_in_map(path, value) {
        return Some(Secrecy::Sensitive);
    }
    if names::hides(path, value) {
        return Some(Secrecy::Sensitive);
    }
    let is_mode = || {
        let word = value.text().unwrap_or_default().to_ascii_lowercase();
        MODES.contains(&word.as_str())
    };
    let is_secret = |name: &str| is_confidential_name(name) || is_header(name);
    let is_of_name = is_confidential_name(key)
        || is_header(key) && !is_mode()
        || is_value_key(key)
            && (path.last_item().is_some_and(is_secret) || is_secret(path.last_key(1)));
    // Maps below such a name say how, or name another object; what a role may do
    // is a list of words elsewhere.
    (is_of_name && is_plain(value)).then_some(Secrecy::Sensitive)
}

/// Whether there is a private key in a text.
pub(crate) fn is_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || text.contains("PRIVATE KEY BLOCK-----")
        || KEYS.iter().any(|key| text.contains(key))
}

/// Whether there is something confidential in a text that is written in base64.
fn holds_secret(text: &str) -> bool {
    let mut digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    // The text may be the start of a longer one.
    digits.truncate(digits.len() / 4 * 4);
    let bytes = STANDARD.decode(digits).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    is_key(&text) || cleaned(&text).is_some()
}

/// Whether a part of a text is within what may not be shown of that text.
pub(crate) fn hides_in_text(text: &str, part: &str) -> bool {
    beside::has_manifest(text) || cleaned(text).is_some_and(|shown| !shown.contains(part))
}

/// Whether a value is a text, a number, or a list of these.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Str(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(is_plain),
        Value::Null | Value::Bool(_) | Value::Map(_) => false,
    }
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
    #[case("bindpw", true)]
    #[case("client-key-data", true)]
    #[case("client-certificate-data", false)]
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
    #[case::binary_with_a_password(&["binaryData", "a"], "ConfigMap", "cGFzc3dvcmQ9aHVudGVyMg==", Some(Secrecy::Sensitive))]
    #[case::binary_without_one(&["binaryData", "a"], "ConfigMap", "Y29sb3I9cmVk", None)]
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
}
