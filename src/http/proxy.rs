//! A proxy, and which addresses are reached without it.
//!
//! The agent's list holds ECMAScript regular expressions, which it looks for
//! in `scheme://host`, with `:port` where that is not the scheme's own, without
//! regard to case; what is on this machine never goes through the proxy
//! (`VstsAgentWebProxy.cs` in <https://github.com/microsoft/azure-pipelines-agent>).

use base64::Engine as _;
use regex::bytes::{Regex, RegexBuilder};
use url::{Host, Url};

use crate::model::Secret;

/// A proxy and who we are to it. Not printable: people write passwords into
/// proxy addresses.
#[derive(Clone)]
pub struct Proxy {
    /// `http://proxy.contoso.com:8080`
    pub url: String,
    /// User name, when the proxy asks for one.
    pub user: Option<String>,
    /// Password of that user.
    pub password: Option<Secret>,
    /// What is reached without it.
    pub bypass: Bypass,
}

impl Proxy {
    /// The header that says who we are, when the proxy asks.
    pub(super) fn authorization(&self) -> Option<String> {
        let user = self.user.as_ref()?;
        let password = self.password.as_ref().map_or("", |secret| secret.expose());
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Some(format!("Basic {pair}"))
    }
}

/// What is reached without a proxy: by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Bypass {
    patterns: Vec<Regex>,
    loopback: bool,
}

impl Bypass {
    /// The agent's list, and its entries that cannot be read, which the agent
    /// passes over, too.
    pub fn of_agent(list: &[String]) -> (Self, Vec<String>) {
        let (mut patterns, mut unreadable) = (Vec::new(), Vec::new());
        for entry in list.iter().map(|entry| entry.trim()) {
            if entry.is_empty() {
                continue;
            }
            let built = RegexBuilder::new(entry)
                .case_insensitive(true)
                .unicode(false)
                .size_limit(1 << 20)
                .build();
            match built {
                Ok(pattern) => patterns.push(pattern),
                Err(_) => unreadable.push(entry.to_owned()),
            }
        }
        let bypass = Self {
            patterns,
            loopback: true,
        };
        (bypass, unreadable)
    }

    /// Whether this address is reached without the proxy.
    pub fn covers(&self, url: &Url) -> bool {
        let Some(host) = url.host() else {
            return false;
        };
        if self.loopback && is_loopback(&host) {
            return true;
        }
        // The port only where it is not that of the scheme, as in the agent.
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        let text = format!("{}://{host}{port}", url.scheme());
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern.is_match(text.as_bytes()))
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => matches!(*name, "localhost" | "loopback"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => {
            let mapped = address.to_ipv4_mapped();
            address.is_loopback() || mapped.is_some_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(r"127\.0\.0\.2", "https://127.0.0.2/x", true)]
    #[case(r"^https?://10\..*$", "https://10.1.2.3/a?b", true)]
    #[case(r"^https?://10\..*$", "https://110.1.2.3/", false)]
    #[case(r"^https?://10\..*$", "http://10.1.2.3:8080/", true)]
    #[case(r"contoso\.com", "https://git.Contoso.COM/x", true)]
    #[case(r"CONTOSO\.com", "https://git.contoso.com/x", true)]
    #[case(r".contoso.com", "https://git.contoso.com/x", true)]
    #[case(r"contoso\.com$", "https://contoso.com.example/", false)]
    #[case(r"contoso\.com$", "https://contoso.com:8443/", false)]
    #[case(r"contoso\.com:8443$", "https://contoso.com:8443/", true)]
    #[case(r"contoso\.com:443$", "https://contoso.com:443/", false)]
    #[case(r"contoso\.com/path", "https://contoso.com/path", false)]
    #[case(r"10.0.0.0/8", "https://10.1.2.3/", false)]
    #[case(r"\[fd00::1\]", "https://[fd00::1]:8443/", true)]
    #[case(r" contoso ", "https://contoso/", true)]
    #[case("", "https://contoso/", false)]
    #[case("x", "http://localhost:1/", true)]
    #[case("x", "http://127.9.9.9/", true)]
    #[case("x", "http://[::1]/", true)]
    #[case("x", "http://localhost.contoso.com/", false)]
    fn entries_are_looked_for_as_the_agent_does(
        #[case] entry: &str,
        #[case] url: &str,
        #[case] covered: bool,
    ) {
        let (bypass, unreadable) = Bypass::of_agent(&[entry.to_owned()]);
        assert_eq!(unreadable, [""; 0]);
        assert_eq!(bypass.covers(&Url::parse(url).unwrap()), covered);
    }

    #[rstest::rstest]
    #[case("*")]
    #[case("*.contoso.com")]
    #[case("[")]
    #[case("(a")]
    #[case("a{2,1}")]
    fn an_entry_that_is_no_expression_is_passed_over(#[case] entry: &str) {
        let list = [entry.to_owned(), "contoso".to_owned()];
        let (bypass, unreadable) = Bypass::of_agent(&list);
        assert_eq!(unreadable, [entry]);
        assert!(bypass.covers(&Url::parse("https://contoso/").unwrap()));
    }
}
