//! A manifest repository as controllers address it: where they read, and where
//! they write commit statuses.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{LABEL, digits};

/// A manifest repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// What a cluster reads.
    pub url: String,
    /// The address by which it writes statuses.
    pub(super) page: String,
    /// Its own name, without those of its project or owner.
    name: String,
    /// Where commit statuses are written.
    pub statuses: Statuses,
}

/// Where commit statuses are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statuses {
    /// Azure DevOps, Services or Server.
    Azure {
        /// The organization's or collection's address.
        collection: String,
        /// The project, as it stands in an address.
        project: String,
        /// The repository, as it stands in an address.
        repository: String,
        /// Whether it is the services, whose identities clusters can have.
        services: bool,
    },
    /// GitHub.
    GitHub {
        /// The address of the interface.
        api: String,
        /// The address of the server, unless it is github.com.
        server: Option<String>,
        /// `owner/repository`.
        path: String,
    },
    /// Nowhere.
    None,
}

/// The services of Azure DevOps.
const SERVICES: &str = "dev.azure.com";
/// Their older name.
const OLDER: &str = ".visualstudio.com";

impl Repository {
    /// A repository on Azure DevOps: `…/project/_git/repository`, in the one form
    /// that Flux understands.
    pub fn on_azure(url: &Url) -> Self {
        match azure(url) {
            Some(Statuses::Azure {
                collection,
                project,
                repository,
                services,
            }) => Self {
                url: format!("{collection}/{project}/_git/{repository}"),
                page: format!("{collection}/{project}/_git/{repository}"),
                name: decoded(&repository),
                statuses: Statuses::Azure {
                    collection,
                    project,
                    repository,
                    services,
                },
            },
            _ => Self::plain(url.as_str()),
        }
    }

    /// A repository on GitHub: `…/owner/repository`.
    pub fn on_github(url: &Url) -> Self {
        let path = url.path().trim_matches('/').trim_end_matches(".git");
        let host = url.host_str().unwrap_or_default();
        let root = root(url);
        let (api, server) = match host {
            "github.com" => ("https://api.github.com".to_owned(), None),
            _ if host.ends_with(".ghe.com") => (format!("https://api.{host}"), Some(root)),
            _ => (format!("{root}/api/v3"), Some(root)),
        };
        let statuses = Statuses::GitHub {
            api,
            server,
            path: path.to_owned(),
        };
        Self {
            statuses,
            ..Self::plain(url.as_str())
        }
    }

    /// Any other repository, which has no commit statuses.
    pub fn plain(url: &str) -> Self {
        let name = url.trim_end_matches('/').rsplit(['/', ':']).next();
        let name = name.unwrap_or_default().trim_end_matches(".git");
        Self {
            url: url.to_owned(),
            page: url.to_owned(),
            name: decoded(name),
            statuses: Statuses::None,
        }
    }

    /// The same repository, read by its SSH address.
    #[must_use]
    pub fn over_ssh(self, url: String) -> Self {
        Self { url, ..self }
    }

    /// Whether it is read with a key instead of a token.
    pub fn is_over_ssh(&self) -> bool {
        self.url.starts_with("ssh://")
    }

    /// What objects about it are called: its name, as far as that can be a name
    /// there, and `more`. The same for the same repository, and different for
    /// different ones.
    pub(super) fn label(&self, more: &str, others: &[&Repository]) -> String {
        let whole = if more.is_empty() {
            self.name.clone()
        } else {
            format!("{}-{more}", self.name)
        };
        let plain: String = whole
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let is_alike = |other: &&Repository| {
            other.url != self.url && other.name.eq_ignore_ascii_case(&self.name)
        };
        // Branches that differ in case alone are two.
        let is_lower = !more.contains(char::is_uppercase);
        let is_whole = is_lower
            && plain == whole.to_lowercase()
            && super::is_label(&plain)
            && !others.iter().any(is_alike);
        if is_whole {
            return plain;
        }
        let id = digits(&format!("{}\n{more}", self.url));
        let room = LABEL - id.len() - 1;
        let cut = plain.get(..room).unwrap_or(&plain).trim_matches('-');
        let cut = if cut.is_empty() { "manifests" } else { cut };
        format!("{cut}-{id}")
    }
}

/// Organization, project and repository of an address.
fn azure(url: &Url) -> Option<Statuses> {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let segments: Vec<&str> = url.path_segments()?.filter(|it| !it.is_empty()).collect();
    let at = segments
        .iter()
        .position(|it| it.eq_ignore_ascii_case("_git"))?;
    let (before, after) = (
        &segments[..at],
        segments.last().filter(|_| at + 1 < segments.len())?,
    );
    let (collection, rest, services) = if let Some(organization) = host.strip_suffix(OLDER) {
        let rest = match before {
            [first, rest @ ..] if first.eq_ignore_ascii_case("DefaultCollection") => rest,
            rest => rest,
        };
        (format!("https://{SERVICES}/{organization}"), rest, true)
    } else if host == SERVICES {
        let (organization, rest) = before.split_first()?;
        (format!("https://{SERVICES}/{organization}"), rest, true)
    } else {
        // On a server the project stands last, behind collection and folders.
        let (project, collection) = before.split_last()?;
        let whole = [root(url)]
            .into_iter()
            .chain(collection.iter().map(|it| (*it).to_owned()));
        return Some(Statuses::Azure {
            collection: whole.collect::<Vec<_>>().join("/"),
            project: (*project).to_owned(),
            repository: (*after).to_owned(),
            services: false,
        });
    };
    Some(Statuses::Azure {
        collection,
        // A project's repository of the same name has an address without it.
        project: (*rest.first().unwrap_or(after)).to_owned(),
        repository: (*after).to_owned(),
        services,
    })
}

/// `https://host:port`
fn root(url: &Url) -> String {
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!(
        "{}://{}{port}",
        url.scheme(),
        url.host_str().unwrap_or_default()
    )
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_azure(url: &str) -> Repository {
        Repository::on_azure(&Url::parse(url).unwrap())
    }

    #[rstest::rstest]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop/_git/manifests"
    )]
    #[case(
        "https://contoso.visualstudio.com/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop/_git/manifests"
    )]
    #[case(
        "https://contoso.visualstudio.com/DefaultCollection/shop/_git/manifests",
        "https://dev.azure.com/contoso/shop/_git/manifests"
    )]
    #[case(
        "https://dev.azure.com/contoso/_git/manifests",
        "https://dev.azure.com/contoso/manifests/_git/manifests"
    )]
    #[case(
        "https://dev.azure.com/contoso/My%20Shop/_git/My%20Manifests",
        "https://dev.azure.com/contoso/My%20Shop/_git/My%20Manifests"
    )]
    #[case(
        "https://git.contoso.com:8443/tfs/Main/shop/_git/manifests",
        "https://git.contoso.com:8443/tfs/Main/shop/_git/manifests"
    )]
    fn addresses_of_azure_devops_have_one_form(#[case] url: &str, #[case] expected: &str) {
        assert_eq!(on_azure(url).url, expected);
    }

    #[rstest::rstest]
    #[case("https://github.com/contoso/manifests", "https://api.github.com", None)]
    #[case(
        "https://contoso.ghe.com/contoso/manifests",
        "https://api.contoso.ghe.com",
        Some("https://contoso.ghe.com")
    )]
    #[case(
        "https://git.contoso.com/contoso/manifests.git",
        "https://git.contoso.com/api/v3",
        Some("https://git.contoso.com")
    )]
    fn github_is_told_by_its_server(
        #[case] url: &str,
        #[case] api: &str,
        #[case] server: Option<&str>,
    ) {
        let statuses = Statuses::GitHub {
            api: api.to_owned(),
            server: server.map(str::to_owned),
            path: "contoso/manifests".to_owned(),
        };
        assert_eq!(
            Repository::on_github(&Url::parse(url).unwrap()).statuses,
            statuses
        );
    }

    #[rstest::rstest]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/manifests",
        "main",
        "manifests-main"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/Manifests",
        "main",
        "manifests-main"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/manifests",
        "Main",
        "manifests-main-8451edc7"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/My%20Manifests",
        "main",
        "my-manifests-main-247d67fe"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/manifests",
        "release/1.0",
        "manifests-release-1-0-e20c5a13"
    )]
    #[case(
        "https://dev.azure.com/contoso/shop/_git/%E5%93%81",
        "",
        "manifests-ca8ae3b2"
    )]
    fn names_of_objects_tell_repositories_and_branches_apart(
        #[case] url: &str,
        #[case] more: &str,
        #[case] expected: &str,
    ) {
        let name = on_azure(url).label(more, &[]);
        assert_eq!(name, expected);
        assert!(super::super::is_label(&name));
    }

    #[test]
    fn long_names_are_cut_and_equal_names_are_told_apart() {
        let long = on_azure("https://dev.azure.com/contoso/shop/_git/manifests");
        let branch = "x".repeat(80);
        let name = long.label(&branch, &[]);
        assert_eq!(name.len(), 63);
        let other = on_azure("https://dev.azure.com/contoso/mail/_git/manifests");
        let both = [&long, &other];
        assert_ne!(long.label("main", &both), other.label("main", &both));
    }
}
