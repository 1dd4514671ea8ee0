//! From the address of a GitHub repository to the addresses of its interfaces.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::host::fault::Fault;

/// A repository and the interfaces it is spoken to through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// `https://api.github.com`, `https://server/api/v3`.
    pub(super) rest: Url,
    /// `https://api.github.com/graphql`, `https://server/api/graphql`.
    pub(super) graphql: Url,
    /// User or organization.
    pub(super) owner: String,
    /// Name without `.git`.
    pub(super) name: String,
}

impl Place {
    /// An address below the repository.
    pub(super) fn repository(&self, tail: &[&str]) -> Url {
        let mut segments = vec!["repos", self.owner.as_str(), self.name.as_str()];
        segments.extend(tail);
        self.rest(&segments)
    }

    /// An address of the REST interface.
    pub(super) fn rest(&self, segments: &[&str]) -> Url {
        let mut url = self.rest.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

/// The place that an address means.
pub(super) fn place(address: &Url) -> Result<Place, Fault> {
    let segments: Vec<String> = address
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let [owner, name] = segments.as_slice() else {
        return Err(Fault::Address {
            reason: "its path is not /owner/repository".to_owned(),
        });
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    let mut root = address.clone();
    let _ = root.set_username("");
    let _ = root.set_password(None);
    root.set_query(None);
    root.set_fragment(None);
    let host = address.host_str().unwrap_or_default().to_ascii_lowercase();
    let own_host = match host.as_str() {
        "github.com" | "www.github.com" => Some("api.github.com".to_owned()),
        tenant if tenant.ends_with(".ghe.com") => Some(format!("api.{tenant}")),
        _ => None,
    };
    let (rest, graphql) = if own_host.is_some() {
        ("/", "/graphql")
    } else {
        ("/api/v3", "/api/graphql")
    };
    if let Some(host) = own_host {
        // Fails only for URLs without a host, which this is not.
        let _ = root.set_host(Some(&host));
    }
    let at = |path: &str| {
        let mut url = root.clone();
        url.set_path(path);
        url
    };
    Ok(Place {
        rest: at(rest),
        graphql: at(graphql),
        owner: owner.clone(),
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "https://github.com/contoso/manifests",
        "https://api.github.com/repos/contoso/manifests",
        "https://api.github.com/graphql"
    )]
    #[case(
        "https://x@github.com/contoso/manifests.git/",
        "https://api.github.com/repos/contoso/manifests",
        "https://api.github.com/graphql"
    )]
    #[case(
        "https://www.github.com/contoso/my.dots",
        "https://api.github.com/repos/contoso/my.dots",
        "https://api.github.com/graphql"
    )]
    #[case(
        "https://contoso.ghe.com/shop/m",
        "https://api.contoso.ghe.com/repos/shop/m",
        "https://api.contoso.ghe.com/graphql"
    )]
    #[case(
        "https://git.contoso.com/shop/m",
        "https://git.contoso.com/api/v3/repos/shop/m",
        "https://git.contoso.com/api/graphql"
    )]
    #[case(
        "http://127.0.0.1:8080/shop/m.git",
        "http://127.0.0.1:8080/api/v3/repos/shop/m",
        "http://127.0.0.1:8080/api/graphql"
    )]
    fn an_address_tells_where_the_interfaces_are(
        #[case] address: &str,
        #[case] rest: &str,
        #[case] graphql: &str,
    ) {
        let place = place(&address.parse().unwrap()).unwrap();
        assert_eq!(place.repository(&[]).as_str(), rest);
        assert_eq!(place.graphql.as_str(), graphql);
    }

    #[rstest::rstest]
    #[case("https://github.com/contoso")]
    #[case("https://github.com/contoso/m/tree/main")]
    fn other_addresses_are_refused(#[case] address: &str) {
        let fault = place(&address.parse().unwrap()).unwrap_err();
        assert!(fault.to_string().contains("/owner/repository"), "{fault}");
    }
}
