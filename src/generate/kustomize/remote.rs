//! Which entries Kustomize would fetch from somewhere.

use url::Url;

use crate::fetch;

/// Where an entry leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A path in the source.
    Local,
    /// A repository, at a full commit id or not.
    Git {
        /// Whether it can never mean anything else.
        pinned: bool,
    },
    /// A file on a server.
    File,
    /// A repository anywhere on this machine.
    Disk,
}

/// Hosts that Kustomize knows without a scheme.
const HOSTS: [&str; 6] = [
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "dev.azure.com",
    "ssh.dev.azure.com",
    "gist.github.com",
];

/// Looks at an entry as Kustomize does, but takes more for remote: what it
/// does not fetch after all is then an error instead of a surprise.
pub(super) fn origin(entry: &str) -> Origin {
    let lower = entry.trim().to_ascii_lowercase();
    let forced = lower.strip_prefix("git::");
    let address = forced.unwrap_or(&lower);
    if address.starts_with("file:") {
        return Origin::Disk;
    }
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    if matches!(scheme, Some("http" | "https")) && forced.is_none() && is_file(path) {
        return Origin::File;
    }
    let host = address.split(['/', ':']).next().unwrap_or(address);
    let user = host.contains('@') && host.len() < path.len();
    let known = HOSTS.contains(&host) && host.len() < path.len();
    let asked = parameters(query).next().is_some();
    let short = address.starts_with("gh:");
    if forced.is_none() && scheme.is_none() && !user && !known && !asked && !short {
        return Origin::Local;
    }
    let mut ids = parameters(query).peekable();
    Origin::Git {
        pinned: ids.peek().is_some() && ids.all(is_full_id),
    }
}

/// A commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// What git fetches from.
    pub(super) address: String,
    /// The commit.
    pub(super) reference: String,
}

impl Repository {
    /// The tag that it is pinned by, when that is no commit.
    pub(super) fn tag(&self) -> Option<&str> {
        (!is_full_id(&self.reference)).then(|| bare(&self.reference))
    }
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&shown(&self.address))
    }
}

/// The repository that an entry names and the folder in it, as Kustomize
/// takes it apart
/// (<https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/git/repospec.go>).
pub(super) fn repository(entry: &str) -> Option<(Repository, String)> {
    let (entry, query) = entry.split_once('?').unwrap_or((entry, ""));
    let mut references = parameters(query);
    let reference = references.next_back()?.to_owned();
    let entry = strip(entry, "git::").unwrap_or(entry);
    let schemes = ["ssh://", "https://", "http://"];
    let scheme = schemes
        .into_iter()
        .find(|scheme| strip(entry, scheme).is_some());
    let rest = scheme.map_or(entry, |scheme| &entry[scheme.len()..]);
    let (user, rest) = match rest.split_once('@') {
        Some((user, rest)) if is_user(user) => (Some(user), rest),
        _ => (None, rest),
    };
    let github = ["github.com/", "github.com:"]
        .iter()
        .any(|host| strip(rest, host).is_some());
    let scp = scheme.is_none() && (user.is_some() || github);
    if scheme.is_none() && !scp {
        return None;
    }
    let end = match (rest.find('/'), rest.find(':').filter(|_| scp)) {
        (Some(slash), Some(colon)) => Some(slash.min(colon)),
        (slash, colon) => slash.or(colon),
    }?;
    let (host, path) = rest.split_at(end + 1);
    let host = match (github, scheme, user) {
        (true, Some("ssh://"), user) => format!("{}github.com:", at(user)),
        (true, _, Some(user)) => format!("{user}@github.com:"),
        (true, _, None) => "https://github.com/".to_owned(),
        (false, scheme, user) => format!("{}{}{host}", scheme.unwrap_or(""), at(user)),
    };
    let (repository, folder) = split(path)?;
    let fine = !repository.is_empty() && !host.starts_with('-');
    fine.then(|| {
        let address = format!("{host}{repository}");
        let folder = folder.trim_start_matches('/').to_owned();
        (Repository { address, reference }, folder)
    })
}

/// The one tag that an entry can mean; it is seen on the server whether it is one.
pub(super) fn tag(entry: &str) -> Option<&str> {
    let (_, query) = entry.split_once('?')?;
    let mut references = parameters(query);
    let tag = bare(references.next()?);
    let letter = |c: char| c.is_ascii_graphic() && !"~^:?*[\\%+&'\"`$".contains(c);
    let part = |part: &str| {
        !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(['.', '@'])
    };
    let fine = references.next().is_none()
        && tag.chars().all(letter)
        && tag.split('/').all(part)
        && !tag.contains("..")
        && !tag.contains("@{")
        && !tag.starts_with("refs/");
    fine.then_some(tag)
}

/// A tag without what git calls it in full.
fn bare(reference: &str) -> &str {
    let full = reference.strip_prefix("refs/tags/");
    full.unwrap_or(reference)
}

/// Whether an address is fetched without encryption, and not from this machine.
pub(super) fn is_plain(address: &str) -> bool {
    strip(address, "http://").is_some()
        && Url::parse(address).is_ok_and(|url| !fetch::is_this_machine(&url))
}

/// Whether an address is one of HTTPS.
pub(super) fn is_encrypted(address: &str) -> bool {
    strip(address.trim(), "https://").is_some()
}

/// The name of a file on a server.
pub(super) fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.chars().all(fine) && !name.starts_with('.') {
        name
    } else {
        "file.yaml"
    }
}

/// The folder that such a file stands in.
pub(super) fn private_name(url: &str) -> String {
    let digest = fetch::digest(url.as_bytes());
    let hex = digest.trim_start_matches("sha256:");
    format!(".fetched-{}", &hex[..16])
}

fn at(user: Option<&str>) -> String {
    user.map_or_else(String::new, |user| format!("{user}@"))
}

/// What comes after a prefix, whatever its case.
fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

fn is_user(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The path of a repository, and that of a folder in it.
fn split(path: &str) -> Option<(&str, &str)> {
    const AZURE: &str = "_git/";
    if let Some(found) = path.find(AZURE) {
        let start = found + AZURE.len();
        let end = path[start..]
            .find('/')
            .map_or(path.len(), |end| start + end);
        return Some((&path[..end], &path[end..]));
    }
    if let Some((repository, folder)) = path.split_once("//") {
        return Some((repository, folder));
    }
    if let Some(found) = path.find(".git") {
        return Some(path.split_at(found + ".git".len()));
    }
    let (owner, rest) = path.split_once('/')?;
    let name = rest.split('/').next().unwrap_or(rest);
    Some(path.split_at(owner.len() + 1 + name.len()))
}

/// The values of `ref` and `version`.
fn parameters(query: &str) -> impl DoubleEndedIterator<Item = &str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(name, _)| matches!(*name, "ref" | "version"))
        .map(|(_, value)| value)
}

fn is_full_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether an HTTP address means a single file.
fn is_file(path: &str) -> bool {
    let repository = path.contains(".git/") || path.contains("/_git/");
    let extension = path.rsplit('.').next();
    !repository && matches!(extension, Some("yaml" | "yml" | "json" | "env" | "txt"))
}

/// An entry for messages: without user, password and query values other than
/// the commit.
pub(super) fn shown(entry: &str) -> String {
    let (path, query) = entry.split_once('?').unwrap_or((entry, ""));
    let path = match path.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (user, host) = rest[..end].rsplit_once('@').unwrap_or(("", &rest[..end]));
            // A name alone is no secret over SSH; over HTTP it can be a token.
            let named = scheme == "ssh" && !user.is_empty() && !user.contains(':');
            let user = if named {
                format!("{user}@")
            } else {
                String::new()
            };
            format!("{scheme}://{user}{host}{}", &rest[end..])
        }
        None => path.to_owned(),
    };
    match parameters(query).next() {
        Some(id) => format!("{path}?ref={id}"),
        None => path,
    }
}

/// Whether an address brings what may be a password or a token along. Names
/// that addresses of git hosts carry anyway are none.
pub(super) fn has_credentials(entry: &str) -> bool {
    let Some((scheme, rest)) = entry.split_once("://") else {
        return false;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    let organisation = path.split('/').next() == Some(user);
    let a_name = scheme.ends_with("ssh") || user == "git" || organisation;
    user.contains(':') || !a_name
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789012345678901234567890123456789";

    #[rstest::rstest]
    #[case("../../base", Origin::Local)]
    #[case("deployment.yaml", Origin::Local)]
    #[case("github.com-notes/base", Origin::Local)]
    #[case("a@b", Origin::Local)]
    #[case("github.com/contoso/web//base?ref=ID", Origin::Git { pinned: true })]
    #[case("https://github.com/contoso/web//base?ref=ID", Origin::Git { pinned: true })]
    #[case("https://github.com/contoso/web//base?timeout=90s&ref=ID", Origin::Git { pinned: true })]
    #[case("https://dev.azure.com/contoso/shop/_git/web//a.yaml?version=ID", Origin::Git { pinned: true })]
    #[case("https://github.com/contoso/web//base?ref=v1.2.3", Origin::Git { pinned: false })]
    #[case("https://github.com/contoso/web//base?ref=main&ref=ID", Origin::Git { pinned: false })]
    #[case("https://github.com/contoso/web//base?ref=0123456", Origin::Git { pinned: false })]
    #[case("https://github.com/contoso/web", Origin::Git { pinned: false })]
    #[case("HTTPS://GitHub.com/contoso/web", Origin::Git { pinned: false })]
    #[case("git@github.com:contoso/web.git", Origin::Git { pinned: false })]
    #[case("ssh://git@host/contoso/web", Origin::Git { pinned: false })]
    #[case("git::https://host/web.yaml", Origin::Git { pinned: false })]
    #[case("gh:contoso/web", Origin::Git { pinned: false })]
    #[case("web?ref=main", Origin::Git { pinned: false })]
    #[case("https://host/a/deployment.yaml", Origin::File)]
    #[case("https://host/a/deployment.yaml?ref=ID", Origin::File)]
    #[case("file:///srv/repository", Origin::Disk)]
    #[case("git::file:///srv/repository", Origin::Disk)]
    fn where_entries_lead(#[case] entry: &str, #[case] expected: Origin) {
        assert_eq!(origin(&entry.replace("ID", ID)), expected);
    }

    #[rstest::rstest]
    #[case(
        "https://github.com/contoso/web//base?ref=ID",
        "https://github.com/contoso/web",
        "base"
    )]
    #[case(
        "github.com/contoso/web/base/dev?ref=ID",
        "https://github.com/contoso/web",
        "base/dev"
    )]
    #[case("GitHub.com/contoso/web?ref=ID", "https://github.com/contoso/web", "")]
    #[case(
        "git@github.com:contoso/web.git//base?ref=ID",
        "git@github.com:contoso/web.git",
        "base"
    )]
    #[case(
        "ssh://git@github.com/contoso/web?ref=ID",
        "git@github.com:contoso/web",
        ""
    )]
    #[case("git::HTTPS://host/a/b.git/c?ref=ID", "https://host/a/b.git", "c")]
    #[case("https://host:8443/a/b/c/d?ref=ID", "https://host:8443/a/b", "c/d")]
    #[case(
        "https://contoso@dev.azure.com/contoso/shop/_git/web/deploy/dev?version=ID",
        "https://contoso@dev.azure.com/contoso/shop/_git/web",
        "deploy/dev"
    )]
    #[case("me@host:a/b//c?ref=ID", "me@host:a/b", "c")]
    fn an_address_is_taken_apart_as_kustomize_does(
        #[case] entry: &str,
        #[case] address: &str,
        #[case] folder: &str,
    ) {
        let (repository, inner) = repository(&entry.replace("ID", ID)).unwrap();
        assert_eq!(
            (repository.address.as_str(), inner.as_str()),
            (address, folder)
        );
        assert_eq!(repository.reference, ID);
    }

    #[rstest::rstest]
    #[case("gh:contoso/web?ref=ID")]
    #[case("web?ref=ID")]
    #[case("gitlab.com/contoso/web?ref=ID")]
    #[case("https://host?ref=ID")]
    #[case("https://host/web?ref=ID")]
    fn what_kustomize_would_not_fetch_is_no_repository(#[case] entry: &str) {
        assert_eq!(repository(&entry.replace("ID", ID)), None);
    }

    #[rstest::rstest]
    #[case("https://me:pat@host/a", true)]
    #[case("https://pat@host/a", true)]
    #[case("git::https://pat@host/a", true)]
    #[case("ssh://git:pat@host/a", true)]
    #[case("ssh://git@host/a", false)]
    #[case("https://contoso@dev.azure.com/contoso/shop/_git/web", false)]
    #[case("https://host/a@b", false)]
    #[case("git@github.com:contoso/web", false)]
    fn credentials_are_seen(#[case] entry: &str, #[case] has: bool) {
        assert_eq!(has_credentials(entry), has);
    }

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(
            shown("https://me:pat@host/a?token=x&ref=main"),
            "https://host/a?ref=main"
        );
    }
}
