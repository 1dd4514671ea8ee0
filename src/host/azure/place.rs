//! From the address of an Azure DevOps repository to the addresses of its interface.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::host::fault::Fault;

/// A repository and the collection (organization) it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// `https://dev.azure.com/contoso`, `https://server/tfs/Collection`.
    pub(super) collection: Url,
    /// Where identities are looked up: Services has a host of its own for them.
    pub(super) identities: Url,
    /// Name or GUID, decoded.
    pub(super) project: String,
    /// Name or GUID, decoded.
    pub(super) repository: String,
}

impl Place {
    /// A project alone, for what belongs to none of its repositories.
    pub(super) fn of_project(collection: &Url, project: &str) -> Self {
        Self {
            collection: collection.clone(),
            identities: collection.clone(),
            project: project.to_owned(),
            repository: String::new(),
        }
    }

    /// An address below the repository in the git interface.
    pub(super) fn git(&self, tail: &[&str]) -> Url {
        let mut segments = vec![
            self.project.as_str(),
            "_apis",
            "git",
            "repositories",
            self.repository.as_str(),
        ];
        segments.extend(tail);
        below(&self.collection, &segments)
    }

    /// An address below the project or, without it, the collection.
    pub(super) fn api(&self, in_project: bool, tail: &[&str]) -> Url {
        let mut segments = Vec::new();
        if in_project {
            segments.push(self.project.as_str());
        }
        segments.push("_apis");
        segments.extend(tail);
        below(&self.collection, &segments)
    }

    /// The address of the search for identities.
    pub(super) fn identities(&self) -> Url {
        below(&self.identities, &["_apis", "identities"])
    }

    /// The repository's page.
    pub(super) fn web(&self) -> Url {
        below(&self.collection, &[&self.project, "_git", &self.repository])
    }
}

/// `base` with more segments, each encoded once.
fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// The places that an address may mean, the most likely first. `known` is the
/// collection's address where somebody (the agent, a setting) knows it.
///
/// Only addresses of a server leave a choice: its virtual folder may have any
/// depth, and a team may stand between project and `_git`.
pub(super) fn places(address: &Url, known: Option<&Url>) -> Result<Vec<Place>, Fault> {
    let segments = decoded(address);
    let at = segments
        .iter()
        .position(|segment| segment.eq_ignore_ascii_case("_git"))
        .ok_or_else(|| wrong("there is no /_git/ in it"))?;
    let (before, after) = segments.split_at(at);
    let variants = ["_optimized", "_full"];
    let names: Vec<&String> = after
        .iter()
        .skip(1)
        .filter(|name| !variants.contains(&name.as_str()))
        .collect();
    let [repository] = names.as_slice() else {
        return Err(wrong("after /_git/ there is not one repository name"));
    };
    let root = root(address);
    if let Some(services) = services(address, before) {
        let (organization, rest) = services?;
        let collection = below(&on(&root, "dev.azure.com"), &[&organization]);
        let identities = below(&on(&root, "vssps.dev.azure.com"), &[&organization]);
        return Ok(vec![Place {
            collection,
            identities,
            project: rest.first().unwrap_or(repository).clone(),
            repository: (*repository).clone(),
        }]);
    }
    let place = |folders: &[String], project: &str| {
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let collection = below(&root, &folders);
        Place {
            identities: collection.clone(),
            collection,
            project: project.to_owned(),
            repository: (*repository).clone(),
        }
    };
    if let Some(rest) = known.and_then(|known| within(address, known, before)) {
        let folders = &before[..before.len() - rest.len()];
        return Ok(vec![place(folders, rest.first().unwrap_or(repository))]);
    }
    let places = match before {
        [] => return Err(wrong("there is no collection before /_git/")),
        [_] => vec![place(before, repository)],
        [first, collection] if first.eq_ignore_ascii_case("tfs") => {
            vec![place(&[first.clone(), collection.clone()], repository)]
        }
        [folders @ .., last] => {
            // …/collection/project, …/collection/project/team, …/collection
            let mut found = vec![place(folders, last)];
            if let [folders @ .., project] = folders
                && !folders.is_empty()
            {
                found.push(place(folders, project));
            }
            found.push(place(before, repository));
            found
        }
    };
    Ok(places)
}

fn wrong(reason: &str) -> Fault {
    Fault::Address {
        reason: reason.to_owned(),
    }
}

fn decoded(address: &Url) -> Vec<String> {
    let segments = address.path_segments().into_iter().flatten();
    segments
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// Scheme, host and port without credentials.
fn root(address: &Url) -> Url {
    let mut root = address.clone();
    let _ = root.set_username("");
    let _ = root.set_password(None);
    root.set_path("/");
    root.set_query(None);
    root.set_fragment(None);
    root
}

fn on(root: &Url, host: &str) -> Url {
    let mut url = root.clone();
    // Fails only for URLs without a host, which this is not.
    let _ = url.set_host(Some(host));
    url
}

/// Organization and what stands between it and `_git`, for Azure DevOps Services.
fn services<'s>(
    address: &Url,
    before: &'s [String],
) -> Option<Result<(String, &'s [String]), Fault>> {
    let host = address.host_str()?.to_ascii_lowercase();
    if host == "dev.azure.com" {
        return Some(match before {
            [organization, rest @ ..] => Ok((organization.clone(), rest)),
            [] => Err(wrong("there is no organization before /_git/")),
        });
    }
    let organization = host.strip_suffix(".visualstudio.com")?;
    let rest = match before {
        [first, rest @ ..] if first.eq_ignore_ascii_case("DefaultCollection") => rest,
        rest => rest,
    };
    Some(Ok((organization.to_owned(), rest)))
}

/// What stands between a known collection and `_git`, when the address is in it.
fn within<'s>(address: &Url, known: &Url, before: &'s [String]) -> Option<&'s [String]> {
    if address.host_str() != known.host_str()
        || address.port_or_known_default() != known.port_or_known_default()
    {
        return None;
    }
    let folders = decoded(known);
    let same = before.len() >= folders.len()
        && before
            .iter()
            .zip(&folders)
            .all(|(a, b)| a.eq_ignore_ascii_case(b));
    (same && !folders.is_empty()).then(|| &before[folders.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(address: &str, known: Option<&str>) -> Vec<String> {
        let known = known.map(|known| known.parse().unwrap());
        let places = places(&address.parse().unwrap(), known.as_ref()).unwrap();
        places
            .iter()
            .map(|place| place.git(&["pullrequests"]).to_string())
            .map(|url| url.replace("/_apis/git/repositories/", " ~ "))
            .map(|url| url.replace("/pullrequests", ""))
            .collect()
    }

    #[rstest::rstest]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop ~ manifests"
    )]
    #[case(
        "https://me@dev.azure.com/contoso/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop ~ manifests"
    )]
    #[case(
        "https://dev.azure.com/contoso/_git/manifests",
        "https://dev.azure.com/contoso/manifests ~ manifests"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/_optimized/manifests",
        "https://dev.azure.com/contoso/shop ~ manifests"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/_full/m.git",
        "https://dev.azure.com/contoso/shop ~ m.git"
    )]
    #[case(
        "https://dev.azure.com/contoso/my%20shop/_git/b%C3%A4r%20(1)",
        "https://dev.azure.com/contoso/my%20shop ~ b%C3%A4r%20(1)"
    )]
    #[case(
        "https://dev.azure.com/contoso/a+b/_git/c%25d",
        "https://dev.azure.com/contoso/a+b ~ c%25d"
    )]
    #[case(
        "https://contoso.visualstudio.com/shop/_git/m",
        "https://dev.azure.com/contoso/shop ~ m"
    )]
    #[case(
        "https://contoso.visualstudio.com/DefaultCollection/shop/_git/m",
        "https://dev.azure.com/contoso/shop ~ m"
    )]
    #[case(
        "https://contoso.visualstudio.com/shop/team/_git/m",
        "https://dev.azure.com/contoso/shop ~ m"
    )]
    #[case(
        "https://contoso.visualstudio.com/_git/m",
        "https://dev.azure.com/contoso/m ~ m"
    )]
    #[case(
        "https://contoso.visualstudio.com/DefaultCollection/_git/m",
        "https://dev.azure.com/contoso/m ~ m"
    )]
    #[case(
        "https://dev.azure.com/contoso/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c/_git/2f3d611a-f012-4b39-b157-8db63f380226",
        "https://dev.azure.com/contoso/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c ~ 2f3d611a-f012-4b39-b157-8db63f380226"
    )]
    #[case("http://server:8080/Main/_git/m", "http://server:8080/Main/m ~ m")]
    #[case(
        "http://server:8080/tfs/Main/_git/m",
        "http://server:8080/tfs/Main/m ~ m"
    )]
    fn an_address_tells_where_the_interface_is(#[case] address: &str, #[case] expected: &str) {
        assert_eq!(seen(address, None), [expected]);
    }

    #[rstest::rstest]
    #[case("https://server/Main/shop/_git/m", &["https://server/Main/shop ~ m", "https://server/Main/shop/m ~ m"])]
    #[case(
        "https://server/tfs/Main/shop/_git/m",
        &[
            "https://server/tfs/Main/shop ~ m",
            "https://server/tfs/Main ~ m",
            "https://server/tfs/Main/shop/m ~ m",
        ]
    )]
    fn addresses_of_a_server_leave_a_choice(#[case] address: &str, #[case] expected: &[&str]) {
        assert_eq!(seen(address, None), expected);
    }

    #[rstest::rstest]
    #[case(
        "https://server/a/b/Main/shop/_git/m",
        "https://server/a/b/Main/",
        "https://server/a/b/Main/shop ~ m"
    )]
    #[case(
        "https://server/a/b/Main/_git/m",
        "https://server/a/b/main",
        "https://server/a/b/Main/m ~ m"
    )]
    #[case(
        "https://server/tfs/Main/shop/team/_git/m",
        "https://server/tfs/Main",
        "https://server/tfs/Main/shop ~ m"
    )]
    fn a_known_collection_leaves_none(
        #[case] address: &str,
        #[case] known: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(seen(address, Some(known)), [expected]);
    }

    #[rstest::rstest]
    #[case("https://dev.azure.com/contoso/shop", "no /_git/")]
    #[case("https://dev.azure.com/_git/m", "no organization")]
    #[case("https://server/_git/m", "no collection")]
    #[case("https://dev.azure.com/contoso/shop/_git/", "not one repository name")]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/m/pullrequests",
        "not one repository name"
    )]
    fn other_addresses_are_refused(#[case] address: &str, #[case] reason: &str) {
        let fault = places(&address.parse().unwrap(), None).unwrap_err();
        assert!(fault.to_string().contains(reason), "{fault}");
    }

    #[test]
    fn identities_of_services_have_a_host_of_their_own() {
        let at = |address: &str| {
            let place = &places(&address.parse().unwrap(), None).unwrap()[0];
            place.identities().to_string()
        };
        assert_eq!(
            at("https://contoso.visualstudio.com/_git/m"),
            "https://vssps.dev.azure.com/contoso/_apis/identities"
        );
        assert_eq!(
            at("https://server/tfs/Main/_git/m"),
            "https://server/tfs/Main/_apis/identities"
        );
    }
}
