//! Addresses of Azure DevOps: the services under both their names, and servers
//! with virtual folders and collections.

use url::Url;

use super::Known;
use super::ssh::SshAddress;
use super::text::{at_names, is_below, names};

/// The host of the services.
const SERVICES: &str = "dev.azure.com";
/// The older name of the services; the organization is a part of it.
const OLDER: &str = "visualstudio.com";
/// What the older name puts before a project.
const COLLECTION: &str = "DefaultCollection";
/// Views of a repository that hold less or more branches. The repository is the same.
const VIEWS: [&str; 2] = ["_optimized", "_full"];

/// What to do where an address is no repository's.
const FORM: &str = "write https://dev.azure.com/organization/project/_git/repository, as Azure Repos shows it under Clone";

/// Whether the address can only be one of Azure DevOps.
pub(super) fn is_known(host: &str, path: &str) -> bool {
    is_below(host, SERVICES)
        || is_below(host, OLDER)
        || path.contains("/_git/")
        || path.contains("/_ssh/")
}

/// `organization/project/_git/repository`, or without the project where it has
/// the repository's name.
pub(super) fn is_short(parts: &[&str]) -> bool {
    let repository = |rest: &[&str]| match rest {
        [view, name] => VIEWS.contains(view) && !name.is_empty(),
        [name] => !name.is_empty(),
        _ => false,
    };
    match parts {
        [_, "_git", rest @ ..] | [_, _, "_git", rest @ ..] => repository(rest),
        _ => false,
    }
}

/// The address of a short form at the services.
pub(super) fn services(short: &str) -> String {
    format!("https://{SERVICES}/{short}")
}

/// The address of a repository in a collection.
pub(super) fn within(collection: &Url, project: &str, repository: &str) -> Url {
    let mut all = names(collection.path());
    let spaced = |name: &str| super::text::decoded(&name.replace('+', " "));
    all.extend([spaced(project), "_git".to_owned(), spaced(repository)]);
    at_names(collection, all.iter().map(String::as_str))
}

/// Reads the address of a repository behind HTTP.
pub(super) fn read(url: &Url) -> Result<Known, String> {
    // No name may contain a plus sign, so that it can only stand for a space.
    let path = names(&url.path().replace('+', "%20"));
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let at = path
        .iter()
        .position(|name| name.eq_ignore_ascii_case("_git"));
    let organization = host.strip_suffix(OLDER).map(|name| name.trim_matches('.'));
    let hosted = organization.is_some() || host == SERVICES;
    let Some(at) = at else {
        return if hosted {
            Err(format!("there is no /_git/ in it; {FORM}"))
        } else {
            Ok(Known::plain(url, path.join("/")))
        };
    };
    let (before, after) = path.split_at(at);
    let after: Vec<&str> = after.iter().skip(1).map(String::as_str).collect();
    let repository = match after.as_slice() {
        [view, name] if VIEWS.contains(view) => *name,
        [name] => *name,
        [] => return Err(format!("it ends before the repository's name; {FORM}")),
        _ => {
            return Err(format!(
                "there is more after the repository's name {:?}; {FORM}",
                after[0]
            ));
        }
    };
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    if !hosted {
        return Ok(on_server(url, &before, repository));
    }
    let (organization, rest) = match (organization, before.as_slice()) {
        (Some(organization), [first, rest @ ..]) if first.eq_ignore_ascii_case(COLLECTION) => {
            (organization, rest)
        }
        (Some(organization), rest) => (organization, rest),
        (None, [organization, rest @ ..]) => (*organization, rest),
        (None, []) => ("", &[] as &[&str]),
    };
    if organization.is_empty() {
        return Err(format!("it names no organization; {FORM}"));
    }
    // A team may stand between the project and its repository.
    let project = match rest {
        [] => None,
        [project] | [project, _] => Some(*project),
        _ => return Err(format!("there is too much before /_git/; {FORM}")),
    };
    Ok(at_services(url, &host, organization, project, repository))
}

/// A repository at the services, under the name that was used.
fn at_services(
    url: &Url,
    host: &str,
    organization: &str,
    project: Option<&str>,
    repository: &str,
) -> Known {
    let mut root = url.clone();
    // Neither can fail: the URL is http or https and has a host.
    let _ = root.set_scheme("https");
    let _ = root.set_port(None);
    let first = (host == SERVICES).then_some(organization);
    let path = first
        .into_iter()
        .chain(project)
        .chain(["_git", repository])
        .collect::<Vec<_>>();
    let whole = project.unwrap_or(repository);
    let mut one_form = root.clone();
    let _ = one_form.set_host(Some(SERVICES));
    let one_form = at_names(&one_form, [organization, whole, "_git", repository]);
    let name: Vec<&str> = [Some(organization), project, Some(repository)]
        .into_iter()
        .flatten()
        .collect();
    Known {
        url: at_names(&root, path),
        name: name.join("/"),
        identity: one_form.as_str().to_lowercase(),
    }
}

/// A repository on a server. Where its collection ends cannot be seen, and
/// need not be: git's protocol takes the whole path.
fn on_server(url: &Url, before: &[&str], repository: &str) -> Known {
    let path = before.iter().copied().chain(["_git", repository]);
    let url = at_names(url, path);
    let name: Vec<&str> = before.iter().copied().chain([repository]).collect();
    Known {
        identity: url.as_str().to_lowercase(),
        name: name.join("/"),
        url,
    }
}

/// The https address of a repository that was named by its SSH address.
/// `collection` is the one that runs the pipeline: it tells the port of a
/// server, which an SSH address does not.
pub(super) fn from_ssh(address: &SshAddress, collection: Option<&Url>) -> Option<Url> {
    let host = address.host();
    let all = names(address.path());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let services = Url::parse(&format!("https://{SERVICES}/")).ok()?;
    let hosted = is_below(host, SERVICES) || is_below(host, OLDER);
    if let (true, ["v3", organization, project, rest @ ..]) = (hosted, all.as_slice()) {
        let repository = after_view(rest)?;
        return Some(at_names(
            &services,
            [*organization, project, "_git", repository],
        ));
    }
    let at = all
        .iter()
        .position(|name| name.eq_ignore_ascii_case("_ssh"))?;
    let repository = after_view(&all[at + 1..])?;
    let before = match &all[..at] {
        [first, rest @ ..] if hosted && first.eq_ignore_ascii_case(COLLECTION) => rest,
        before => before,
    };
    if hosted {
        // `organization@vs-ssh.…`, or `organization.…` in older addresses.
        let label = host.strip_suffix(OLDER)?.trim_matches('.');
        let organization = if label == "vs-ssh" {
            address.user()?
        } else {
            label
        };
        let project = before.first().copied();
        let path = [organization].into_iter().chain(project);
        return Some(at_names(&services, path.chain(["_git", repository])));
    }
    let root = match collection {
        Some(url) if url.host_str() == Some(host) => url.clone(),
        _ => Url::parse(&format!("https://{host}/")).ok()?,
    };
    let path = before.iter().copied().chain(["_git", repository]);
    Some(at_names(&root, path))
}

/// The repository's name, whose view does not matter.
fn after_view<'n>(rest: &[&'n str]) -> Option<&'n str> {
    match rest {
        [view, name] if VIEWS.contains(view) => Some(name),
        [name] => Some(name),
        _ => None,
    }
}
