//! Which addresses a request may go to, after names are resolved.
//!
//! On a build of a pull request anybody may have written the names: what leads
//! to this machine, to a private network or to a cloud's metadata service is
//! then refused. The name is resolved here, once, and the connection goes to
//! what was checked, so that a second answer of the name's server is of no use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Where requests may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Addresses {
    /// Anywhere.
    #[default]
    Any,
    /// To addresses of the public internet.
    Public,
}

/// An address that is not public, or a name that leads to one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pull request builds fetch from the public internet only, and {host} is not part of it")]
pub struct NotPublic {
    /// The host as it was named.
    pub host: String,
}

impl Addresses {
    /// Refuses an address that is none of these. A name is resolved; one that
    /// cannot be resolved passes, as nothing can be asked there.
    pub async fn check(self, url: &Url) -> Result<(), NotPublic> {
        if self == Self::Any {
            return Ok(());
        }
        let host = Host::parse(url.host_str().unwrap_or_default());
        let public = match &host {
            Ok(Host::Ipv4(address)) => is_public((*address).into()),
            Ok(Host::Ipv6(address)) => is_public((*address).into()),
            Ok(Host::Domain(name)) => !is_local(name) && leads_out(name).await,
            Err(_) => false,
        };
        if public {
            return Ok(());
        }
        Err(NotPublic {
            host: host.map_or_else(|_| url.to_string(), |host| host.to_string()),
        })
    }

    /// What resolves names for requests; the system's own where anything goes.
    pub(super) fn resolver(self) -> Option<Arc<PublicOnly>> {
        (self == Self::Public).then(|| Arc::new(PublicOnly))
    }
}

/// Whether every address of a name is public.
async fn leads_out(name: &str) -> bool {
    match tokio::net::lookup_host((name, 0)).await {
        Ok(mut found) => found.all(|address| is_public(address.ip())),
        Err(_) => true,
    }
}

/// Resolves names to public addresses, or not at all.
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            if is_local(&name) || found.iter().any(|address| !is_public(address.ip())) {
                return Err(NotPublic { host: name }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Names that mean this machine or one beside it, whoever is asked.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.')
        || [
            ".localhost",
            ".local",
            ".internal",
            ".home.arpa",
            ".localdomain",
        ]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The platform of Azure, which answers every machine in it.
/// <https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>
const AZURE_PLATFORM: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Whether an address is one of the public internet, by the registries of
/// addresses for special purposes.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && b & 0xc0 == 64;
    let protocol = a == 192 && b == 0 && c == 0;
    let relay = a == 192 && b == 88 && c == 99;
    let benchmark = a == 198 && b & 0xfe == 18;
    !(a == 0
        || a >= 240
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || protocol
        || relay
        || benchmark
        || address == AZURE_PLATFORM)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let [.., y, z] = address.segments();
    let low = |y: u16, z: u16| Ipv4Addr::from((u32::from(y) << 16) | u32::from(z));
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match (a, b) {
        // NAT64: the address behind is the last part.
        (0x64, 0xff9b) => address.segments()[2..6] == [0; 4] && is_public_v4(low(y, z)),
        // 6to4: the address is behind the prefix.
        (0x2002, _) => is_public_v4(low(b, address.segments()[2])),
        // Teredo, benchmarks, ORCHID, documentation.
        (0x2001, b) if b < 0x200 || b == 0xdb8 => false,
        (0x3fff, b) if b < 0x1000 => false,
        // Of everything else only 2000::/3 is given out.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("127.0.0.1")]
    #[case("127.8.9.1")]
    #[case("0.0.0.0")]
    #[case("10.1.2.3")]
    #[case("172.16.0.1")]
    #[case("172.31.255.255")]
    #[case("192.168.1.1")]
    #[case("169.254.169.254")]
    #[case("168.63.129.16")]
    #[case("100.64.0.1")]
    #[case("198.18.0.1")]
    #[case("192.0.0.192")]
    #[case("224.0.0.1")]
    #[case("255.255.255.255")]
    #[case("::")]
    #[case("::1")]
    #[case("::ffff:127.0.0.1")]
    #[case("::ffff:169.254.169.254")]
    #[case("::127.0.0.1")]
    #[case("64:ff9b::a9fe:a9fe")]
    #[case("64:ff9b:1::1")]
    #[case("2002:7f00:1::")]
    #[case("2001:0:53aa:64c::1")]
    #[case("fe80::1")]
    #[case("fec0::1")]
    #[case("fd00:ec2::254")]
    #[case("fc00::1")]
    #[case("ff02::1")]
    #[case("2001:db8::1")]
    fn addresses_that_are_not_public(#[case] address: &str) {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }

    #[rstest::rstest]
    #[case("8.8.8.8")]
    #[case("172.32.0.1")]
    #[case("100.128.0.1")]
    #[case("168.63.129.17")]
    #[case("2606:4700::1111")]
    #[case("2001:4860:4860::8888")]
    #[case("64:ff9b::808:808")]
    #[case("::ffff:8.8.8.8")]
    fn addresses_that_are_public(#[case] address: &str) {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }

    #[rstest::rstest]
    #[case("http://127.0.0.1/x", "127.0.0.1")]
    #[case("http://2130706433/x", "127.0.0.1")]
    #[case("http://0x7f.1/x", "127.0.0.1")]
    #[case("http://0177.0.0.1/x", "127.0.0.1")]
    #[case("http://[::1]:8080/x", "[::1]")]
    #[case("http://localhost/x", "localhost")]
    #[case("http://LOCALHOST./x", "localhost.")]
    #[case("http://a.localhost/x", "a.localhost")]
    #[case("http://metadata/x", "metadata")]
    #[case("http://metadata.google.internal/x", "metadata.google.internal")]
    #[case("oci://localhost:5000/x", "localhost")]
    #[case("oci://127.0.0.1:5000/x", "127.0.0.1")]
    #[case("ssh://git@10.0.0.1/x", "10.0.0.1")]
    #[tokio::test]
    async fn every_spelling_of_this_machine_is_refused(#[case] url: &str, #[case] host: &str) {
        let url = Url::parse(url).unwrap();
        let error = Addresses::Public.check(&url).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "pull request builds fetch from the public internet only, and {host} is not part of it"
            )
        );
        Addresses::Any.check(&url).await.unwrap();
    }

    #[tokio::test]
    async fn a_name_of_this_machine_resolves_to_nothing() {
        let name: Name = "localhost".parse().unwrap();
        let error = PublicOnly.resolve(name).await.err().unwrap();
        assert!(
            error
                .to_string()
                .ends_with("and localhost is not part of it")
        );
    }
}
