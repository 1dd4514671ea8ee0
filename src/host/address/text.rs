//! What an address looks like before it is known whose it is.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::model::Secret;

/// A user name this long is a token: tokens of every host are longer than
/// names are.
const TOKEN_LENGTH: usize = 20;

/// Decodes percent signs once. What is no valid code stays as it is.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The parts of a path, decoded once, without empty ones.
pub(super) fn names(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(decoded).collect()
}

/// Whether nothing on a server can be called so, `.git` at its end or not.
pub(super) fn is_no_name(name: &str) -> bool {
    let bare = name.strip_suffix(".git").unwrap_or(name);
    matches!(bare, "." | "..") || name.chars().any(char::is_control)
}

/// `url` with a path of these names, each encoded once.
pub(super) fn at_names<'n>(url: &Url, names: impl IntoIterator<Item = &'n str>) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(names);
    }
    url
}

/// The secret in a URL: its password, or a user name that can only be a token.
pub(super) fn embedded(url: &Url) -> Option<Secret> {
    let user = decoded(url.username());
    let password = url.password().map(decoded);
    let found = match password.filter(|password| !password.is_empty()) {
        // Some hosts take the token as the user name beside a fixed password.
        Some(fixed) if fixed == "x-oauth-basic" => user,
        Some(password) => password,
        None => Some(user).filter(|user| is_token(user, url))?,
    };
    (!found.is_empty()).then(|| Secret::new(&found))
}

/// Whether a user name is a token and not a name.
fn is_token(user: &str, url: &Url) -> bool {
    let is_name = user.contains('@')
        || url.host_str().is_some_and(|host| host.starts_with(user))
        || names(url.path())
            .iter()
            .any(|name| name.eq_ignore_ascii_case(user));
    user.len() >= TOKEN_LENGTH && !is_name
}

/// The text after the last `@`: a password may hold any other character.
pub(super) fn without_credentials(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(s, r)| (s, r));
    let start = rest.rfind('@').map_or(0, |at| at + 1);
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{}", &rest[start..])
}

/// Text that only a path on disk looks like.
pub(super) fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    text == "."
        || text == ".."
        || drive
        || ["/", "./", "../", "\\", ".\\", "..\\"]
            .iter()
            .any(|start| text.starts_with(start))
}

/// A host name has a dot or a port; owners and organizations have neither.
pub(super) fn looks_like_host(segment: &str) -> bool {
    segment.contains('.') || segment.contains(':')
}

/// Whether `host` is `domain` or below it.
pub(super) fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
