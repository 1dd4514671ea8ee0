//! Addresses of the SSH kind, in the two ways git writes them.

use std::fmt;

use url::Url;

use super::text::{decoded, without_credentials};
use super::{Error, Secret};

/// `ssh://[user@]host[:port]/path` or `[user@]host:path`.
///
/// Holds no password, and nothing in it can be taken for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshAddress {
    user: Option<String>,
    host: String,
    port: Option<u16>,
    /// As it was written, encoded where it stood in a URL.
    path: String,
    /// Written as `host:path`, where the path is relative to the user's home.
    short: bool,
}

impl SshAddress {
    /// The user name.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The server, in small letters.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path, as it was written.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `host/path`, as people call the repository.
    pub(super) fn name(&self) -> String {
        let path = self.path.trim_matches('/');
        format!("{}/{}", self.host, decoded(path))
    }
}

impl fmt::Display for SshAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_ref().map(|user| format!("{user}@"));
        let user = user.unwrap_or_default();
        if self.short {
            return write!(f, "{user}{}:{}", self.host, self.path);
        }
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "ssh://{user}{}{port}{}", self.host, self.path)
    }
}

/// `git@host:path`, but neither a drive letter nor a URL nor `host:port`.
pub(super) fn is_short(text: &str) -> bool {
    let Some((host, path)) = split(text) else {
        return false;
    };
    let first = path.split('/').next().unwrap_or_default();
    host.len() > 1
        && !host.contains(['/', '\\'])
        && !path.starts_with("//")
        // `user:password@host/path` is a URL without its scheme.
        && !first.contains('@')
        && (host.contains('@') || !path.starts_with(|c: char| c.is_ascii_digit()))
}

/// Splits `host:path` at the colon; an IPv6 address stands in brackets.
fn split(text: &str) -> Option<(&str, &str)> {
    let host = text.rfind(']').map_or(0, |at| at + 1);
    let from = if text[..host].contains('[') && !text[..host].contains('/') {
        host
    } else {
        0
    };
    let colon = from + text[from..].find(':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// Reads `[user@]host:path`.
pub(super) fn short(text: &str) -> Result<SshAddress, Error> {
    let wrong = |reason: &str| wrong(text, reason);
    let (server, path) = split(text).ok_or_else(|| wrong("it has no colon"))?;
    let (user, host) = match server.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, server),
    };
    let address = SshAddress {
        user,
        host: host.to_ascii_lowercase(),
        port: None,
        path: path
            .trim_end_matches(|c: char| c == '/' || c.is_whitespace())
            .to_owned(),
        short: true,
    };
    checked(address).map_err(wrong)
}

/// Reads `ssh://…`; gives back the password that stood in it, too.
pub(super) fn url(text: &str) -> Result<(SshAddress, Option<Secret>), Error> {
    let wrong = |reason: &str| wrong(text, reason);
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let url = Url::parse(&format!("ssh://{rest}")).map_err(|error| wrong(&error.to_string()))?;
    let password = url.password().filter(|password| !password.is_empty());
    let password = password.map(|password| Secret::new(&decoded(password)));
    let address = SshAddress {
        user: Some(url.username().to_owned()).filter(|user| !user.is_empty()),
        host: url.host_str().unwrap_or_default().to_ascii_lowercase(),
        port: url.port().filter(|&port| port != 22),
        path: url.path().trim_end_matches('/').to_owned(),
        short: false,
    };
    Ok((checked(address).map_err(wrong)?, password))
}

/// Refuses what git, ssh or a shell could take for something else.
fn checked(address: SshAddress) -> Result<SshAddress, &'static str> {
    let user = address.user.as_deref().map(decoded);
    let path = decoded(&address.path);
    let options = [user.as_deref(), Some(address.host.as_str()), Some(&path)];
    if options.iter().flatten().any(|part| part.starts_with('-')) {
        return Err("a part of it starts with a dash");
    }
    let texts = [user.as_deref(), Some(&path)];
    if texts.iter().flatten().any(|t| t.contains(char::is_control)) {
        return Err("it contains control characters");
    }
    if user.is_some_and(|user| user.is_empty() || user.contains([' ', '\'', '"', ':'])) {
        return Err("its user name is not one");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    if address.host.is_empty() || !address.host.chars().all(plain) {
        return Err("its server name is not one");
    }
    if path.trim_matches('/').is_empty() || path.starts_with(':') {
        return Err("it names a server but no repository");
    }
    Ok(address)
}

fn wrong(text: &str, reason: &str) -> Error {
    Error::Address {
        text: without_credentials(text),
        reason: reason.to_owned(),
    }
}
