//! The way out that the environment describes: proxy and certificates.
//!
//! Makes the options of the HTTP client; sends nothing.

#![expect(
    clippy::disallowed_methods,
    reason = "certificates that the caller names"
)]

use std::path::Path;

use zeroize::Zeroizing;

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::http;
use crate::report::Reporter;

/// The proxy, and the certificates to trust and to show.
pub(super) fn http_options(
    environment: &Environment,
    certificate: Option<&Path>,
    reporter: &Reporter,
) -> Result<http::Options, Error> {
    let mut http = http::Options::new(concat!("gitops-publisher/", env!("CARGO_PKG_VERSION")));
    http.proxy = agent::proxy(environment).map(|proxy| {
        let (user, password) = proxy.credentials.unzip();
        let (bypass, unreadable) = http::Bypass::of_agent(&proxy.bypass);
        for entry in unreadable {
            reporter.warning(&format!(
                "the bypass list of the agent's proxy has an entry that is not a regular expression, and it is passed over: `{entry}`"
            ));
        }
        http::Proxy {
            url: proxy.url,
            user,
            password,
            bypass,
        }
    });
    http.direct = http.proxy.is_none() && agent::bypasses_everything(environment);
    if let Some(path) = agent::extra_ca(environment) {
        let read = std::fs::read(&path);
        http.ca_bundle_pem = Some(read.map_err(|source| {
            let said = format!(
                "cannot read the agent's certificate file {}",
                path.display()
            );
            Error::new(Kind::Input, anyhow::Error::new(source).context(said))
        })?);
    }
    http.client_identity_pem = client_identity(environment, certificate, reporter)?;
    Ok(http)
}

/// Our certificate with its key: the file that was named, or the agent's own.
fn client_identity(
    environment: &Environment,
    named: Option<&Path>,
    reporter: &Reporter,
) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let read = |path: &Path| {
        std::fs::read(path).map(Zeroizing::new).map_err(|source| {
            let said = format!("cannot read the client certificate {}", path.display());
            Error::new(Kind::Input, anyhow::Error::new(source).context(said))
        })
    };
    if let Some(path) = named {
        return read(path).map(Some);
    }
    let Some((certificate, key)) = agent::client_certificate(environment) else {
        return Ok(None);
    };
    // Most servers ask for none: a run does not fail for what it may not need.
    let unused = |reason: &str| {
        reporter.warning(&format!(
            "the agent's client certificate is not used: {reason}. Name a PEM file with the certificate and its unencrypted key with `clientCertificate`"
        ));
        Ok(None)
    };
    let (mut pem, key) = match (read(&certificate), read(&key)) {
        (Ok(pem), Ok(key)) => (pem, key),
        (Err(error), _) | (_, Err(error)) => return unused(&error.to_string()),
    };
    if String::from_utf8_lossy(&key).contains("ENCRYPTED") {
        return unused("its key is encrypted");
    }
    pem.push(b'\n');
    pem.extend_from_slice(&key);
    Ok(Some(pem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a certificate to read")]
    fn the_agents_own_certificate_is_used_with_its_key_and_a_named_one_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let certificate = file("cert.pem", "CERT");
        let reporter = Reporter::new(crate::agent::AgentSink);
        let identity = |key: &str, named: Option<&str>| {
            let environment = Environment::from([
                ("AGENT_CLIENTCERT", certificate.as_str()),
                ("AGENT_CLIENTCERTKEY", key),
            ]);
            let options = http_options(&environment, named.map(Path::new), &reporter).unwrap();
            let pem = options.client_identity_pem;
            pem.map(|pem| String::from_utf8(pem.to_vec()).unwrap())
        };
        let key = file("key.pem", "KEY");
        assert_eq!(identity(&key, None).as_deref(), Some("CERT\nKEY"));
        let named = file("own.pem", "OWN");
        assert_eq!(identity(&key, Some(&named)).as_deref(), Some("OWN"));
        let encrypted = file("locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assert_eq!(identity(&encrypted, None), None, "and a warning");
        assert_eq!(identity("/nowhere/key.pem", None), None, "and a warning");
    }

    #[rstest::rstest]
    #[case::a_star(&[("NO_PROXY", "*")], true)]
    #[case::in_small_letters(&[("no_proxy", "*")], true)]
    #[case::among_others(&[("NO_PROXY", "contoso.com, *")], true)]
    #[case::beside_a_proxy_of_variables(&[("NO_PROXY", "*"), ("HTTPS_PROXY", "http://proxy:8080")], true)]
    #[case::a_part_of_a_name(&[("NO_PROXY", "*.contoso.com")], false)]
    #[case::nothing(&[("HTTPS_PROXY", "http://proxy:8080")], false)]
    #[case::beside_the_agents_proxy(&[("NO_PROXY", "*"), ("AGENT_PROXYURL", "http://proxy:8080")], false)]
    fn a_star_keeps_requests_from_every_proxy_but_the_agents(
        #[case] variables: &[(&str, &str)],
        #[case] direct: bool,
    ) {
        let variables = variables.iter().copied();
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment: Environment = variables.collect();
        let reporter = Reporter::new(crate::agent::AgentSink);
        let options = http_options(&environment, None, &reporter).unwrap();
        assert_eq!(options.direct, direct);
    }
}
