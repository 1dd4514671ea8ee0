//! From what users write to where the repository is.
//!
//! Looks at texts only: neither at the disk nor at a server. What is special
//! about one host stands beside this (`azure`, `github`).

mod azure;
mod github;
mod ssh;
mod text;

use std::path::PathBuf;

use url::Url;

use super::HostKind;
use crate::error::{Error as CommandError, Kind};
use crate::model::{RedactedUrl, Secret};

pub use ssh::SshAddress;
use text::{decoded, is_path, looks_like_host, without_credentials};

/// A repository's place and how to speak to it.
#[derive(Debug, Clone)]
pub struct Location {
    /// Address or path.
    pub place: Place,
    /// The sort of host.
    pub kind: HostKind,
    /// What people call the repository: `owner/repo`, `org/project/repo`, a path.
    pub name: String,
    /// The same text for every way to write this repository, as far as its
    /// address tells: for comparing, not for opening.
    pub identity: String,
    /// The same repository behind HTTPS, where an SSH address tells it: with a
    /// token that is the way to take.
    pub https: Option<RedactedUrl>,
    /// A password that stood in the address. It is not used; it is kept so
    /// that it can be masked wherever the user's text might be shown.
    pub embedded: Option<Secret>,
}

impl Location {
    /// The same repository behind HTTPS, for SSH addresses that tell it.
    pub fn over_https(&self) -> Option<Self> {
        let url = self.https.clone()?;
        Some(Self {
            place: Place::Url(url),
            https: None,
            ..self.clone()
        })
    }
}

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Behind HTTP or HTTPS.
    Url(RedactedUrl),
    /// Behind SSH.
    Ssh(SshAddress),
    /// On this machine.
    Path(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::Ssh(address) => address.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

/// What a pipeline says about where it runs: short forms are read from there.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// The Azure DevOps organization or collection.
    pub collection: Option<Url>,
    /// The project in it.
    pub project: Option<String>,
    /// The GitHub server that `owner/repo` is on, when it is not github.com.
    pub github: Option<Url>,
}

/// Why an address or credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was given.
    #[error("the manifest repository is not set")]
    Empty,
    /// A scheme that git servers do not speak, or that we do not.
    #[error(
        "the manifest repository's address has the scheme {0:?}; only https, http, ssh and file are supported"
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
            Error::Credentials(_) => "check the access token and `gitUser`",
            _ => {
                "write an https URL, `org/project/_git/repo` (Azure DevOps), `owner/repo` (GitHub), `git@host:path` (SSH), or a local path that starts with `./` or `/`; in a pipeline of Azure DevOps, `repo` is one of its own project, and with `gitHost: azure` `project/repo` is one of its own organization"
            }
        };
        CommandError::new(Kind::Input, error).hint(hint)
    }
}

/// A repository behind HTTP, as the rules of its host read it.
struct Known {
    url: Url,
    name: String,
    identity: String,
}

impl Known {
    /// A URL that is taken as it is.
    fn plain(url: &Url, name: String) -> Self {
        Self {
            url: url.clone(),
            name,
            identity: url.as_str().to_owned(),
        }
    }
}

/// The sort of host behind a URL, as far as the URL shows it.
pub fn detect(url: &Url) -> HostKind {
    kind_of(
        &url.host_str().unwrap_or_default().to_ascii_lowercase(),
        url.path(),
    )
}

fn kind_of(host: &str, path: &str) -> HostKind {
    if azure::is_known(host, path) {
        HostKind::Azure
    } else if github::is_known(host) {
        HostKind::GitHub
    } else {
        HostKind::Git
    }
}

/// Reads what a user wrote as the manifest repository; `setting` is the host
/// kind they named, if any.
pub fn resolve(text: &str, setting: Option<HostKind>) -> Result<Location, Error> {
    resolve_at(text, setting, &Home::default())
}

/// Reads what a user wrote, with what the pipeline around the run tells.
pub fn resolve_at(text: &str, setting: Option<HostKind>, home: &Home) -> Result<Location, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => at_url(text, setting),
            "ssh" | "git+ssh" | "ssh+git" => {
                let (address, embedded) = ssh::url(text)?;
                let location = at_ssh(address, setting, home);
                Ok(Location {
                    embedded,
                    ..location
                })
            }
            "file" => file_url(text),
            other => Err(Error::Scheme(other.to_owned())),
        };
    }
    if ssh::is_short(text) {
        return Ok(at_ssh(ssh::short(text)?, setting, home));
    }
    if is_path(text) {
        return Ok(at_path(PathBuf::from(text)));
    }
    at_url(&short(text, setting, home)?, setting)
}

/// The URL that a short form stands for.
fn short(text: &str, setting: Option<HostKind>, home: &Home) -> Result<String, Error> {
    let text = text.trim_end_matches('/');
    let parts: Vec<&str> = text.split('/').collect();
    let unnamed = parts.iter().any(|part| part.is_empty());
    let in_collection = |project: &str, repository: &str| {
        let collection = home.collection.as_ref().filter(|_| !unnamed)?;
        Some(azure::within(collection, project, repository).to_string())
    };
    let own_project = home.project.as_deref().unwrap_or_default();
    let found = match (parts.as_slice(), setting) {
        // A URL has `_git` in it, so that this is none even with a dot in front.
        ([project, repository], Some(HostKind::Azure)) if *repository != "_git" => {
            in_collection(project, repository)
        }
        ([repository], None | Some(HostKind::Azure)) if !own_project.is_empty() => {
            in_collection(own_project, repository)
        }
        ([host, _, ..], _) if looks_like_host(host) => Some(format!("https://{text}")),
        (parts, None | Some(HostKind::Azure)) if azure::is_short(parts) => {
            Some(azure::services(text))
        }
        ([_, _], None | Some(HostKind::GitHub)) if !unnamed => {
            Some(github::short(text, home.github.as_ref()))
        }
        _ => None,
    };
    found.ok_or_else(|| not_understood(text, setting, home))
}

fn not_understood(text: &str, setting: Option<HostKind>, home: &Home) -> Error {
    let reason = match setting {
        Some(HostKind::Azure) if home.collection.is_some() => {
            "for gitHost azure write a URL, org/project/_git/repo, project/repo or repo"
        }
        Some(HostKind::Azure) => {
            "for gitHost azure write a URL or org/project/_git/repo; project/repo and repo are understood in a pipeline only"
        }
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
    let wrong = |reason: String| Error::Address {
        text: without_credentials(text),
        reason,
    };
    let mut url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    let embedded = text::embedded(&url);
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        return Err(wrong("it names a server but no repository".to_owned()));
    }
    url.set_path(&path);
    if text::names(&path).iter().any(|name| text::is_no_name(name)) {
        return Err(wrong("a part of its path is not a name".to_owned()));
    }
    let kind = setting.unwrap_or_else(|| detect(&url));
    let url = RedactedUrl::new(url);
    let known = at_host(url.url(), kind).map_err(wrong)?;
    Ok(Location {
        name: known.name,
        identity: known.identity,
        place: Place::Url(RedactedUrl::new(known.url)),
        kind,
        https: None,
        embedded,
    })
}

/// Reads a URL as its host means it.
fn at_host(url: &Url, kind: HostKind) -> Result<Known, String> {
    match kind {
        HostKind::Azure => azure::read(url),
        HostKind::GitHub => github::read(url),
        HostKind::Git => {
            let path = decoded(url.path().trim_matches('/'));
            let host = url.host_str().unwrap_or_default();
            Ok(Known::plain(url, format!("{host}/{path}")))
        }
    }
}

fn at_ssh(address: SshAddress, setting: Option<HostKind>, home: &Home) -> Location {
    let kind = setting.unwrap_or_else(|| kind_of(address.host(), address.path()));
    let https = match kind {
        HostKind::Azure => azure::from_ssh(&address, home.collection.as_ref()),
        HostKind::GitHub => github::from_ssh(&address),
        HostKind::Git => None,
    };
    let known = https.and_then(|url| at_host(&url, kind).ok());
    let (name, identity, https) = match known {
        Some(known) => (known.name, known.identity, Some(known.url)),
        None => (address.name(), address.to_string(), None),
    };
    Location {
        place: Place::Ssh(address),
        kind,
        name,
        identity,
        https: https.map(RedactedUrl::new),
        embedded: None,
    }
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
    let shown = path.display().to_string();
    Location {
        name: shown.clone(),
        identity: shown,
        place: Place::Path(path),
        kind: HostKind::Git,
        https: None,
        embedded: None,
    }
}

/// Whether a URL leads to this machine.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether two addresses name one repository, as far as they tell.
pub fn is_same_repository(one: &str, other: &str) -> bool {
    let identity = |text: &str| {
        let location = resolve(text, None);
        let identity = location.map_or_else(|_| text.to_owned(), |found| found.identity);
        identity
            .trim_end_matches('/')
            .trim_end_matches(".git")
            .to_owned()
    };
    one == other || identity(one) == identity(other)
}

#[cfg(test)]
mod tests;
