//! The way out that the agent is configured for: proxy and certificates.

use std::path::PathBuf;

use crate::model::Secret;

use super::Environment;
use super::env::{
    AGENT_CAINFO, AGENT_CLIENTCERT, AGENT_CLIENTCERTKEY, AGENT_PROXYBYPASSLIST,
    AGENT_PROXYPASSWORD, AGENT_PROXYURL, AGENT_PROXYUSERNAME,
};

/// The agent's proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// `http://proxy:8080`
    pub url: String,
    /// User and password, when it wants them.
    pub credentials: Option<(String, Secret)>,
    /// Regular expressions of hosts that need no proxy.
    pub bypass: Vec<String>,
}

/// The agent's proxy. The agent does not set `HTTPS_PROXY` for tasks.
pub fn proxy(environment: &Environment) -> Option<Proxy> {
    let user = environment.get(AGENT_PROXYUSERNAME);
    let bypass = environment.get(AGENT_PROXYBYPASSLIST).unwrap_or("[]");
    Some(Proxy {
        url: environment.get(AGENT_PROXYURL)?.to_owned(),
        credentials: user.map(|user| {
            let password = environment.get(AGENT_PROXYPASSWORD).unwrap_or_default();
            (user.to_owned(), Secret::new(password))
        }),
        bypass: serde_json::from_str(bypass).unwrap_or_default(),
    })
}

/// Whether the environment says that no proxy is used for any host. A star is
/// a host name for some readers, and no address is like that name.
pub fn bypasses_everything(environment: &Environment) -> bool {
    let mut values = ["NO_PROXY", "no_proxy"].into_iter();
    let found = values.find_map(|name| environment.get(name));
    found.is_some_and(|value| value.split(',').any(|entry| entry.trim() == "*"))
}

/// The PEM file with the company's certification authorities.
pub fn extra_ca(environment: &Environment) -> Option<PathBuf> {
    environment.get(AGENT_CAINFO).map(PathBuf::from)
}

/// The agent's own certificate and its private key, both PEM files.
pub fn client_certificate(environment: &Environment) -> Option<(PathBuf, PathBuf)> {
    let path = |name: &str| environment.get(name).map(PathBuf::from);
    Some((path(AGENT_CLIENTCERT)?, path(AGENT_CLIENTCERTKEY)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::child_environment;

    #[rstest::rstest]
    #[case("NO_PROXY", "*", true)]
    #[case("no_proxy", "a, * ", true)]
    #[case("NO_PROXY", "*.contoso.com", false)]
    #[case("NO_PROXY", "", false)]
    fn a_star_alone_means_every_host(
        #[case] name: &str,
        #[case] value: &str,
        #[case] everything: bool,
    ) {
        let environment = Environment::from([(name, value)]);
        assert_eq!(bypasses_everything(&environment), everything);
    }

    #[test]
    fn the_agents_proxy_stands_above_those_of_variables() {
        let kept = child_environment(&Environment::from([
            ("AGENT_PROXYURL", "http://proxy:8080"),
            ("HTTPS_PROXY", "http://other:8080"),
            ("no_proxy", "contoso.com"),
        ]));
        assert_eq!(kept, []);
    }
}
