//! From what users write to where the repository is.

use std::path::PathBuf;

use url::Url;

use super::HostKind;
use crate::error::{Error as CommandError, Kind};
use crate::model::{RedactedUrl, Secret};

/// A repository's place and how to speak to it.
#[derive(Debug, Clone)]
pub struct Location {
    /// Address or path.
    pub place: Place,
    /// The sort of host.
    pub kind: HostKind,
    /// What people call the repository: `owner/repo`, `org/project/repo`, a path.
    pub name: String,
    /// A password that stood in the address. It is not used; it is kept so
    /// that it can be masked wherever the user's text might be shown.
    pub embedded: Option<Secret>,
}

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Behind HTTP or HTTPS.
    Url(RedactedUrl),
    /// On this machine.
    Path(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

/// Why an address or credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was given.
    #[error("the manifest repository is not set")]
    Empty,
    /// An address of the SSH kind.
    #[error("the manifest repository {0:?} is an SSH address, which is not supported")]
    Ssh(String),
    /// A scheme that git servers do not speak, or that we do not.
    #[error(
        "the manifest repository's address has the scheme {0:?}; only https, http and file are supported"
    )]
    Scheme(String),
    /// Not an address at all.
    #[error("the manifest repository {text:?} is not an address that can be understood: {reason}")]
    Address {
        /// What was given, without credentials.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token or user name cannot be sent.
    #[error("the credentials for the manifest repository cannot be used: {0}")]
    Credentials(&'static str),
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let hint = match &error {
            Error::Ssh(_) => "Use the https address of the same repository, with an access token.",
            Error::Credentials(_) => "Check the access token and `gitUser`.",
            _ => {
                "Write an https URL, `org/project/_git/repo` (Azure DevOps), `owner/repo` (GitHub), or a local path that starts with `./` or `/`."
            }
        };
        CommandError::new(Kind::Input, error).hint(hint)
    }
}

/// The sort of host behind a URL, as far as the URL shows it.
pub fn detect(url: &Url) -> HostKind {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let is = |domain: &str| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if is("dev.azure.com") || is("visualstudio.com") || url.path().contains("/_git/") {
        HostKind::Azure
    } else if is("github.com") || is("ghe.com") {
        HostKind::GitHub
    } else {
        HostKind::Git
    }
}

/// Reads what a user wrote as the manifest repository; `setting` is the host
/// kind they named, if any. Looks at the text only, not at the disk.
pub fn resolve(text: &str, setting: Option<HostKind>) -> Result<Location, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.starts_with("ssh://") || is_scp(text) {
        return Err(Error::Ssh(without_credentials(text)));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => at_url(text, setting),
            "file" => file_url(text),
            other => Err(Error::Scheme(other.to_owned())),
        };
    }
    if is_path(text) {
        return Ok(at_path(PathBuf::from(text)));
    }
    let segments: Vec<&str> = text.trim_end_matches('/').split('/').collect();
    let full = match (segments.as_slice(), setting) {
        ([host, _, ..], _) if looks_like_host(host) => format!("https://{text}"),
        (parts, None | Some(HostKind::Azure)) if is_azure_short(parts) => {
            format!("https://dev.azure.com/{text}")
        }
        ([_, _], None | Some(HostKind::GitHub)) => format!("https://github.com/{text}"),
        _ => return Err(not_understood(text, setting)),
    };
    at_url(&full, setting)
}

/// `org/project/_git/repo`, or `org/_git/repo` for a project of the same name.
fn is_azure_short(parts: &[&str]) -> bool {
    matches!(parts, [_, _, "_git", _] | [_, "_git", _])
}

fn not_understood(text: &str, setting: Option<HostKind>) -> Error {
    let reason = match setting {
        Some(HostKind::Azure) => "for gitHost azure write a URL or org/project/_git/repo",
        Some(HostKind::GitHub) => "for gitHost github write a URL or owner/repo",
        Some(HostKind::Git) => "for gitHost git write a URL",
        None => "it is neither a URL nor a short form",
    };
    Error::Address {
        text: without_credentials(text),
        reason: reason.to_owned(),
    }
}

fn at_url(text: &str, setting: Option<HostKind>) -> Result<Location, Error> {
    let mut url = Url::parse(text).map_err(|error| Error::Address {
        text: without_credentials(text),
        reason: error.to_string(),
    })?;
    let embedded = url
        .password()
        .or(Some(url.username()))
        .filter(|found| !found.is_empty());
    let embedded = embedded.map(Secret::new);
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        return Err(Error::Address {
            text: RedactedUrl::new(url).to_string(),
            reason: "it names a server but no repository".to_owned(),
        });
    }
    url.set_path(&path);
    let kind = setting.unwrap_or_else(|| detect(&url));
    Ok(Location {
        name: display_name(&url, kind),
        place: Place::Url(RedactedUrl::new(url)),
        kind,
        embedded,
    })
}

/// The path without what only URLs need.
fn display_name(url: &Url, kind: HostKind) -> String {
    let path = url.path().trim_matches('/');
    let name = match kind {
        HostKind::Azure => path.replacen("_git/", "", 1),
        HostKind::GitHub => path.trim_end_matches(".git").to_owned(),
        HostKind::Git => format!("{}/{path}", url.host_str().unwrap_or_default()),
    };
    // `+` stands for itself in a path; only percent signs are decoded.
    let name = name.replace('+', "%2B");
    let decoded = url::form_urlencoded::parse(name.as_bytes()).next();
    decoded.map_or(name.clone(), |(key, _)| key.into_owned())
}

fn file_url(text: &str) -> Result<Location, Error> {
    let path = Url::parse(text)
        .ok()
        .and_then(|url| url.to_file_path().ok());
    path.map(at_path).ok_or_else(|| Error::Address {
        text: text.to_owned(),
        reason: "a file URL needs an absolute path, such as file:///srv/manifests.git".to_owned(),
    })
}

fn at_path(path: PathBuf) -> Location {
    Location {
        name: path.display().to_string(),
        place: Place::Path(path),
        kind: HostKind::Git,
        embedded: None,
    }
}

/// `git@host:path`, but neither a drive letter nor a URL.
fn is_scp(text: &str) -> bool {
    let Some((host, path)) = text.split_once(':') else {
        return false;
    };
    host.len() > 1
        && !host.contains('/')
        && !host.contains('\\')
        && !path.starts_with("//")
        && (host.contains('@') || !path.starts_with(|c: char| c.is_ascii_digit()))
}

/// Text that only a path on disk looks like.
fn is_path(text: &str) -> bool {
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
fn looks_like_host(segment: &str) -> bool {
    segment.contains('.') || segment.contains(':')
}

/// The text after the last `@` of its authority part.
fn without_credentials(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(s, r)| (s, r));
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let start = rest[..authority_end].rfind('@').map_or(0, |at| at + 1);
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{}", &rest[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop/_git/manifests",
        HostKind::Azure,
        "contoso/shop/manifests"
    )]
    #[case(
        "https://contoso@dev.azure.com/contoso/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop/_git/manifests",
        HostKind::Azure,
        "contoso/shop/manifests"
    )]
    #[case(
        "dev.azure.com/contoso/_git/manifests/",
        "https://dev.azure.com/contoso/_git/manifests",
        HostKind::Azure,
        "contoso/manifests"
    )]
    #[case(
        "https://contoso.visualstudio.com/shop/_git/m.git",
        "https://contoso.visualstudio.com/shop/_git/m.git",
        HostKind::Azure,
        "shop/m.git"
    )]
    #[case(
        "https://server:8080/tfs/Main/shop/_git/m?path=/x",
        "https://server:8080/tfs/Main/shop/_git/m",
        HostKind::Azure,
        "tfs/Main/shop/m"
    )]
    #[case(
        "contoso/my shop/_git/m",
        "https://dev.azure.com/contoso/my%20shop/_git/m",
        HostKind::Azure,
        "contoso/my shop/m"
    )]
    #[case(
        "contoso/manifests",
        "https://github.com/contoso/manifests",
        HostKind::GitHub,
        "contoso/manifests"
    )]
    #[case(
        "github.com/contoso/manifests.git",
        "https://github.com/contoso/manifests.git",
        HostKind::GitHub,
        "contoso/manifests"
    )]
    #[case(
        "https://me:hunter2@git.contoso.com/a/m.git",
        "https://git.contoso.com/a/m.git",
        HostKind::Git,
        "git.contoso.com/a/m.git"
    )]
    fn addresses_are_read_as_people_write_them(
        #[case] text: &str,
        #[case] url: &str,
        #[case] kind: HostKind,
        #[case] name: &str,
    ) {
        let location = resolve(text, None).unwrap();
        assert_eq!(location.place.to_string(), url);
        assert_eq!(location.kind, kind);
        assert_eq!(location.name, name);
    }

    #[rstest::rstest]
    #[case("./out/manifests.git", "./out/manifests.git")]
    #[case("/srv/manifests.git", "/srv/manifests.git")]
    #[case("C:\\work\\manifests.git", "C:\\work\\manifests.git")]
    fn local_paths_are_paths(#[case] text: &str, #[case] path: &str) {
        assert_eq!(resolve(text, None).unwrap().place, Place::Path(path.into()));
    }

    #[cfg(unix)]
    #[test]
    fn file_urls_are_paths() {
        let place = resolve("file:///srv/my%20m.git", None).unwrap().place;
        assert_eq!(place, Place::Path("/srv/my m.git".into()));
    }

    #[rstest::rstest]
    #[case("", None, "not set")]
    #[case("git@github.com:contoso/m.git", None, "SSH")]
    #[case("ssh://git@github.com/contoso/m.git", None, "SSH")]
    #[case("ftp://host/m", None, "scheme \"ftp\"")]
    #[case("manifests", None, "neither a URL nor a short form")]
    #[case("https://dev.azure.com/", None, "no repository")]
    #[case("contoso/manifests", Some(HostKind::Azure), "org/project/_git/repo")]
    #[case("contoso/manifests", Some(HostKind::Git), "write a URL")]
    #[case("https://user:hunter2@:x/", None, "not an address")]
    fn what_cannot_be_used_is_told_why(
        #[case] text: &str,
        #[case] setting: Option<HostKind>,
        #[case] reason: &str,
    ) {
        let error = resolve(text, setting).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn the_setting_wins_over_detection_and_passwords_are_kept_for_masking() {
        let location = resolve(
            "https://me:hunter2@ghes.contoso.com/o/r",
            Some(HostKind::GitHub),
        )
        .unwrap();
        assert_eq!(location.kind, HostKind::GitHub);
        assert_eq!(location.embedded.unwrap().expose(), "hunter2");
        assert!(!format!("{:?}", location.place).contains("hunter2"));
    }
}
