//! Which entries Kustomize would fetch from somewhere.

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

/// The values of `ref` and `version`.
fn parameters(query: &str) -> impl Iterator<Item = &str> {
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
