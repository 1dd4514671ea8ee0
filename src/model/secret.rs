//! Secrets that do not print themselves, and the removal of secrets from text.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE};
use zeroize::Zeroizing;

/// A text that must not be shown. It is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret. Surrounding white space is dropped: it comes from files
    /// and copied text, and is legal in no header.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// The text itself, for a header and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A URL whose printed form has no user name, password, query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedUrl(url::Url);

impl RedactedUrl {
    /// Wraps a URL; user name and password are dropped at once.
    pub fn new(mut url: url::Url) -> Self {
        // Both fail only for URLs that cannot have credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self(url)
    }

    /// The URL, free of credentials.
    pub fn url(&self) -> &url::Url {
        &self.0
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Replaces secrets, in the forms they travel in, by `***`.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another goes as a whole.
    forms: Vec<Zeroizing<String>>,
}

/// Secrets shorter than this would hide half of all output. The agent itself
/// can be told to ignore short ones for the same reason.
const SHORTEST: usize = 4;

impl Redactor {
    /// Adds a secret: as it is, each of its lines, in base64 (alone and as the
    /// password of the usual Basic headers), percent-encoded, and as programs
    /// quote it in their messages.
    pub fn add(&mut self, secret: &Secret) {
        let text = secret.expose();
        self.add_form(text);
        for user in ["", ":", "x-access-token:", "git:", "oauth2:"] {
            for base64 in [&BASE64, &URL_SAFE] {
                let encoded = base64.encode(format!("{user}{text}"));
                self.add_form(&encoded);
                self.add_form(encoded.trim_end_matches('='));
            }
        }
        for part in std::iter::once(text).chain(text.lines().map(str::trim)) {
            self.add_form(part);
            let encoded: String = url::form_urlencoded::byte_serialize(part.as_bytes()).collect();
            self.add_form(&encoded.replace('+', "%20"));
            self.add_form(&encoded);
            for form in quoted(part).chain(numbers(part)) {
                self.add_form(&form);
            }
        }
    }

    /// Adds one exact text, such as the value of a header.
    pub fn add_form(&mut self, form: &str) {
        if form.len() < SHORTEST || self.forms.iter().any(|known| known.as_str() == form) {
            return;
        }
        self.forms.push(Zeroizing::new(form.to_owned()));
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// Every form that is replaced, longest first.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.forms.iter().map(|form| form.as_str())
    }

    /// `text` without any of the secrets.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut result = Cow::Borrowed(text);
        for form in self.forms() {
            if result.contains(form) {
                result = Cow::Owned(result.replace(form, "***"));
            }
        }
        result
    }
}

/// A text between the quotes of JSON, of Go's JSON, of Go's `time` package and of
/// Rust, and in single quotes of YAML.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    let json = serde_json::Value::from(text).to_string();
    // https://pkg.go.dev/encoding/json#Marshal: for the sake of HTML.
    let mut go = json.clone();
    for (character, escape) in [
        ('&', "\\u0026"),
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        go = go.replace(character, escape);
    }
    let inner = |quoted: &str| quoted[1..quoted.len() - 1].to_owned();
    // `quote` in https://go.dev/src/time/format.go: bytes in hexadecimal.
    let time = text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
        out
    });
    let rust = format!("{text:?}");
    [
        inner(&json),
        inner(&go),
        time,
        inner(&rust),
        text.replace('\'', "''"),
    ]
    .into_iter()
}

/// A number as programs write it who read it from YAML: `0x1f`, `0o17` and `017`, `1.50`,
/// `1e3`.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (sign, digits) = match plain.strip_prefix(['-', '+']) {
        Some(digits) => (if plain.starts_with('-') { "-" } else { "" }, digits),
        None => ("", plain.as_str()),
    };
    let of = |prefix: &[&str], radix| {
        let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix));
        digits.and_then(|digits| u64::from_str_radix(digits, radix).ok())
    };
    let whole = [
        of(&["0x", "0X"], 16),
        of(&["0o", "0O", "0"], 8),
        of(&["0b", "0B"], 2),
        of(&[""], 10),
    ];
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let float: Option<f64> = starts.then(|| digits.parse().ok()).flatten();
    let float = float.filter(|value| value.is_finite());
    let floats = float.map(|value| {
        let json = serde_json::Number::from_f64(value).map(|value| value.to_string());
        [
            value.to_string(),
            format!("{value:?}"),
            json.unwrap_or_default(),
        ]
    });
    let whole = whole.into_iter().flatten().map(|value| value.to_string());
    let all: Vec<_> = whole.chain(floats.into_iter().flatten()).collect();
    let sign = sign.to_owned();
    all.into_iter().map(move |value| format!("{sign}{value}"))
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} forms)", self.forms.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2-token")), "***");
    }

    #[test]
    fn every_form_a_token_travels_in_is_replaced() {
        let mut redactor = Redactor::default();
        redactor.add(&Secret::new("to/ken\"42\n"));
        let basic = BASE64.encode("x-access-token:to/ken\"42");
        let pat = BASE64.encode(":to/ken\"42");
        let text = format!("a to/ken\"42 b {basic} c {pat} d to%2Fken%2242 e to/ken\\\"42");
        assert_eq!(redactor.redact(&text), "a *** b *** c *** d *** e ***");
    }

    #[rstest::rstest]
    #[case::go_json("a&b<c>d", r#"x: {"q":"a\u0026b\u003cc\u003ed"}"#, r#"x: {"q":"***"}"#)]
    #[case::go_time("tab\there-é", r#"parsing "tab\x09here-\xc3\xa9""#, r#"parsing "***""#)]
    #[case::rust("li\ne'2\u{7f}", r#"said "li\ne'2\u{7f}""#, r#"said "***""#)]
    #[case::yaml("it's mine", "'it''s mine'", "'***'")]
    #[case::path("a b/c", "https://x/a%20b%2Fc", "https://x/***")]
    #[case::base64_of_urls("to??ken>", "dG8_P2tlbj4", "***")]
    #[case::base64_with_and_without_padding("token42", "dG9rZW40Mg== dG9rZW40Mg", "*** ***")]
    #[case::a_hexadecimal_number("0x47114711", "x: 1192314641", "x: ***")]
    #[case::an_octal_number("0471147", "x: 160359, 471147", "x: ***, ***")]
    #[case::a_number_with_an_exponent("4711.47e3", "x: 4711470", "x: ***")]
    #[case::a_number_with_zeros("-471147.50", "x: -471147.5", "x: ***")]
    #[case::a_number_with_underscores("47_11_47", "x: 471147", "x: ***")]
    #[case::a_large_number("1e30", "x: 1e+30", "x: ***")]
    #[case::a_line("first<1>\nsecond<2>", r"second\u003c2\u003e", "***")]
    fn what_programs_make_of_a_secret_is_replaced(
        #[case] secret: &str,
        #[case] text: &str,
        #[case] shown: &str,
    ) {
        let mut redactor = Redactor::default();
        redactor.add(&Secret::new(secret));
        assert_eq!(redactor.redact(text), shown);
    }

    #[test]
    fn short_secrets_do_not_eat_the_output() {
        let mut redactor = Redactor::default();
        redactor.add(&Secret::new("on"));
        assert_eq!(redactor.redact("configuration"), "configuration");
    }

    #[test]
    fn urls_print_without_credentials_and_query() {
        let url = url::Url::parse("https://me:pat@dev.azure.com/contoso/_git/x?token=1").unwrap();
        assert_eq!(
            RedactedUrl::new(url).to_string(),
            "https://dev.azure.com/contoso/_git/x"
        );
    }
}
