//! Addresses of charts.

use std::path::Path;

use url::Url;

use super::error::HelmFault;
use crate::fetch;

/// Where a chart comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// `oci://host/path/name`
    Registry(Url),
    /// A repository with an `index.yaml`, and a name in it.
    Repository(Url, String),
    /// The address of an archive.
    Archive(Url),
}

impl Origin {
    /// Reads the setting `chart`.
    pub(super) fn parse(chart: &str) -> Result<Self, HelmFault> {
        let refuse = |reason| HelmFault::Setting {
            name: "chart",
            value: harmless(chart),
            reason,
        };
        if !chart.contains("://") {
            return Err(refuse(
                "it is not an address; a chart of the checkout is named by `source`",
            ));
        }
        let mut url = Url::parse(chart).map_err(|_| refuse("it is not an address"))?;
        check_address(&url).map_err(refuse)?;
        if url.scheme() == "oci" {
            if url.path().trim_matches('/').is_empty() {
                return Err(refuse("it names no chart"));
            }
            return Ok(Self::Registry(url));
        }
        if Path::new(url.path())
            .extension()
            .is_some_and(|end| end == "tgz")
        {
            return Ok(Self::Archive(url));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let (repository, name) = path.rsplit_once('/').unwrap_or(("", ""));
        if name.is_empty() {
            return Err(refuse("it names no chart"));
        }
        url.set_path(repository);
        Ok(Self::Repository(url, name.to_owned()))
    }

    /// The origin of a dependency.
    pub(super) fn of_dependency(repository: &str, name: &str) -> Result<Self, HelmFault> {
        let refuse = |reason| HelmFault::Setting {
            name: "repository",
            value: harmless(repository),
            reason,
        };
        let address = format!("{}/{name}", repository.trim_end_matches('/'));
        let url = Url::parse(&address).map_err(|_| refuse("it is not an address"))?;
        check_address(&url).map_err(refuse)?;
        if url.scheme() == "oci" {
            return Ok(Self::Registry(url));
        }
        let url = Url::parse(repository).map_err(|_| refuse("it is not an address"))?;
        Ok(Self::Repository(url, name.to_owned()))
    }

    /// The chart's name, as far as the address tells.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Registry(url) => last_segment(url),
            Self::Repository(_, name) => name,
            Self::Archive(url) => {
                let file = last_segment(url).trim_end_matches(".tgz");
                let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
                let cut = file
                    .match_indices('-')
                    .find(|(at, _)| digit(&file[at + 1..]));
                cut.map_or(file, |(at, _)| &file[..at])
            }
        }
    }

    pub(super) fn url(&self) -> &Url {
        match self {
            Self::Registry(url) | Self::Repository(url, _) | Self::Archive(url) => url,
        }
    }

    /// The address and version, for messages and as a key.
    pub(super) fn shown(&self, version: &str) -> String {
        match self {
            Self::Registry(url) => format!("{url} {version}"),
            Self::Repository(url, name) => {
                format!("{}/{name} {version}", url.as_str().trim_end_matches('/'))
            }
            Self::Archive(url) => url.to_string(),
        }
    }
}

fn last_segment(url: &Url) -> &str {
    url.path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or("")
}

/// An address as a message may show it: without user, password and query.
fn harmless(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    // What stands before the last `@` may be a password with any letter in it.
    let after = |text: &str| {
        text.rsplit_once('@')
            .map_or(text, |(_, host)| host)
            .to_owned()
    };
    match address.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", after(rest)),
        None => after(address),
    }
}

/// Plain text only to this machine; credentials not in an address.
fn check_address(url: &Url) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it contains credentials");
    }
    if url.query().is_some() {
        return Err("it has a query, which may be a secret");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it names no host");
    }
    match url.scheme() {
        "oci" | "https" => Ok(()),
        "http" if fetch::is_this_machine(url) => Ok(()),
        "http" => Err("plain http is for this machine only; use https"),
        _ => Err("an address starts with oci:// or https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "oci://contoso.azurecr.io/helm/web",
        "web",
        "oci://contoso.azurecr.io/helm/web 1.0.0"
    )]
    #[case(
        "https://charts.contoso.com/stable/web",
        "web",
        "https://charts.contoso.com/stable/web 1.0.0"
    )]
    #[case(
        "https://charts.contoso.com/web/",
        "web",
        "https://charts.contoso.com/web 1.0.0"
    )]
    #[case(
        "https://contoso.com/x/my-web-1.0.0.tgz",
        "my-web",
        "https://contoso.com/x/my-web-1.0.0.tgz"
    )]
    #[case("http://127.0.0.1:8080/web", "web", "http://127.0.0.1:8080/web 1.0.0")]
    fn an_address_names_a_chart(#[case] chart: &str, #[case] name: &str, #[case] shown: &str) {
        let origin = Origin::parse(chart).unwrap();
        assert_eq!(origin.name(), name);
        assert_eq!(origin.shown("1.0.0"), shown);
    }

    #[rstest::rstest]
    #[case(
        "./web",
        "it is not an address; a chart of the checkout is named by `source`"
    )]
    #[case("oci://contoso.azurecr.io", "it names no chart")]
    #[case("https://contoso.com/", "it names no chart")]
    #[case(
        "http://contoso.com/web",
        "plain http is for this machine only; use https"
    )]
    #[case("ftp://contoso.com/web", "an address starts with oci:// or https://")]
    fn other_addresses_are_refused(#[case] chart: &str, #[case] reason: &str) {
        let error = Origin::parse(chart).unwrap_err().to_string();
        assert_eq!(error, format!("`chart` cannot be {chart:?}: {reason}"));
    }

    #[rstest::rstest]
    #[case("https://me:pat@contoso.com/web")]
    #[case("https://pat@contoso.com/web")]
    #[case("https://me:p/a@t@contoso.com/web")]
    #[case("https://contoso.com/web.tgz?sig=pat")]
    #[case("oci://me:pat@contoso.com/web")]
    #[case("http://me:pat@[/web")]
    #[case("me:pat@contoso.com/web?x=pat")]
    fn a_secret_in_an_address_is_refused_and_not_shown(#[case] chart: &str) {
        for parsed in [Origin::parse(chart), Origin::of_dependency(chart, "db")] {
            let error = parsed.unwrap_err().to_string();
            assert!(
                !error.contains("pat") && !error.contains("p/a@t"),
                "{error}"
            );
        }
    }
}
