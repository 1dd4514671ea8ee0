//! Charts of registries, by the protocol of container registries.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>,
//! <https://helm.sh/docs/topics/registries/>

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;
use tokio::sync::Mutex;
use url::{Host, Url};

use super::challenge::{Bearer, Challenge, authority, may_go};
use super::{Error, refused, secret, version};
use crate::http::{Http, Request, Response};
use crate::model::RedactedUrl;

/// The largest manifest, list of tags or token.
pub(super) const LARGEST: u64 = 4 << 20;

/// How many pages of tags are read.
const PAGES: usize = 200;

/// What a registry may be asked with.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Who we are there.
    pub login: Option<HeaderValue>,
    /// Another host that may see the login: the registry's service for tokens.
    pub token_host: Option<String>,
}

/// A chart of a registry.
#[derive(Debug)]
pub struct Chart {
    /// Packed.
    pub bytes: Vec<u8>,
    /// Its version, as its tag says it.
    pub version: String,
    /// The digest of its manifest.
    pub manifest: String,
    /// The digest of the archive.
    pub archive: String,
}

/// Pulls the chart `oci://host/path/name` in a version or in the newest of a
/// range, as helm chooses it.
pub async fn pull(
    http: &Http,
    reference: &Url,
    wanted: &str,
    access: &Access,
) -> Result<Chart, Error> {
    let registry = Registry::new(http, reference, access)?;
    let version = if version::is_one(wanted) {
        wanted.to_owned()
    } else {
        registry.choose(wanted).await?
    };
    let (manifest, layer) = registry.manifest(&version).await?;
    let bytes = registry.layer(&layer).await?;
    Ok(Chart {
        bytes,
        version: version.replace('_', "+"),
        manifest,
        archive: layer.digest,
    })
}

/// One repository of a registry.
pub(super) struct Registry<'a> {
    http: &'a Http,
    base: Url,
    name: String,
    access: &'a Access,
    /// What the registry has taken so far.
    given: Mutex<Option<HeaderValue>>,
}

impl<'a> Registry<'a> {
    fn new(http: &'a Http, reference: &Url, access: &'a Access) -> Result<Self, Error> {
        let wrong = |reason| Error::Reference {
            address: RedactedUrl::new(reference.clone()).to_string(),
            reason,
        };
        if !reference.username().is_empty() || reference.password().is_some() {
            return Err(wrong("it contains credentials"));
        }
        let name = reference.path().trim_matches('/').to_owned();
        let letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.bytes().all(letter)
        };
        if name.is_empty() || !name.split('/').all(part) || name.len() > 255 {
            return Err(wrong(
                "the names in it have lower-case letters, digits, `.`, `_` and `-` only",
            ));
        }
        let scheme = if is_this_machine(reference) {
            "http"
        } else {
            "https"
        };
        let mut host = authority(reference);
        if host.eq_ignore_ascii_case("docker.io") {
            // Where Docker Hub's registry is.
            "registry-1.docker.io".clone_into(&mut host);
        }
        let base = Url::parse(&format!("{scheme}://{host}/"));
        let base = base.map_err(|_| wrong("its host cannot be understood"))?;
        Ok(Self {
            http,
            base,
            name,
            access,
            given: Mutex::default(),
        })
    }

    /// What is being asked for, in messages.
    pub(super) fn shown(&self, what: &str) -> String {
        format!("{}/{}{what}", authority(&self.base), self.name)
    }

    pub(super) fn wrong(&self, what: &str, reason: impl Into<String>) -> Error {
        Error::Registry {
            address: self.shown(what),
            reason: reason.into(),
        }
    }

    pub(super) fn address(&self, path: &str) -> Result<Url, Error> {
        let path = format!("v2/{}/{path}", self.name);
        let address = self.base.join(&path);
        address.map_err(|error| self.wrong(&path, error.to_string()))
    }

    /// The newest tag that is wanted.
    async fn choose(&self, wanted: &str) -> Result<String, Error> {
        let tags = self.tags().await?;
        let chosen = version::choose_tag(wanted, &tags);
        let chosen = chosen.map_err(|()| Error::Version(wanted.to_owned()))?;
        chosen.ok_or_else(|| {
            let newest = version::choose_tag("*", &tags).ok().flatten();
            self.absent(wanted, newest)
        })
    }

    pub(super) fn absent(&self, version: &str, newest: Option<String>) -> Error {
        let (path, chart) = self.name.rsplit_once('/').unwrap_or(("", &self.name));
        Error::NoVersion {
            chart: chart.to_owned(),
            version: version.to_owned(),
            place: format!("registry {}/{path}", authority(&self.base)),
            newest,
        }
    }

    async fn tags(&self) -> Result<Vec<String>, Error> {
        let mut tags = Vec::new();
        let mut next = Some(self.address("tags/list?n=1000")?);
        for _ in 0..PAGES {
            let Some(url) = next.take() else {
                return Ok(tags);
            };
            let mut response = self.get(&url, "application/json").await?;
            let page: Value = self.json(&mut response, " (its tags)").await?;
            let found = page.get("tags").and_then(Value::as_array);
            let found = found.into_iter().flatten().filter_map(Value::as_str);
            tags.extend(found.map(str::to_owned));
            let link = response.text_header("link").and_then(next_page);
            next = link.and_then(|link| url.join(link).ok());
            if next
                .as_ref()
                .is_some_and(|next| next.origin() != self.base.origin())
            {
                return Err(self.wrong(" (its tags)", "the next page is on another host or port"));
            }
        }
        Err(self.wrong(" (its tags)", format!("there are more than {PAGES} pages")))
    }

    /// Asks for something; says who we are only when the registry wants that.
    /// Where it sends us elsewhere, as for blobs, that place learns nothing.
    pub(super) async fn get(&self, url: &Url, accept: &str) -> Result<Response, Error> {
        let mut response = self.once(url, accept).await?;
        if response.status() == 401
            && response.url().origin() == self.base.origin()
            && let Some(given) = self.authorize(response.headers()).await?
        {
            *self.given.lock().await = Some(given);
            response = self.once(url, accept).await?;
        }
        if response.status() == 200 {
            return Ok(response);
        }
        let failure = response.into_failure().await;
        Err(refused(failure, self.given.lock().await.as_ref()))
    }

    async fn once(&self, url: &Url, accept: &str) -> Result<Response, Error> {
        let accept = HeaderValue::from_str(accept);
        let accept = accept.unwrap_or(HeaderValue::from_static("*/*"));
        let mut request = Request::get(url.clone()).anywhere().header(ACCEPT, accept);
        if let Some(given) = &*self.given.lock().await {
            request = request.header(AUTHORIZATION, given.clone());
        }
        Ok(self.http.send(&request).await?)
    }

    /// What answers the registry's question; `None` when there is nothing.
    async fn authorize(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, Error> {
        match Challenge::of(headers) {
            Some(Challenge::Basic) => Ok(self.access.login.clone()),
            Some(Challenge::Bearer(bearer)) => self.token(&bearer).await.map(Some),
            None => Ok(None),
        }
    }

    /// A token for reading. Without credentials it is asked for without any.
    async fn token(&self, bearer: &Bearer) -> Result<HeaderValue, Error> {
        let what = " (its token)";
        let realm = Url::parse(&bearer.realm).ok().filter(|realm| {
            let local = self.base.scheme() == "http" && is_this_machine(realm);
            realm.scheme() == "https" || (realm.scheme() == "http" && local)
        });
        let plain = |realm: &Url| realm.username().is_empty() && realm.password().is_none();
        let Some(realm) = realm.filter(plain) else {
            let reason = "where it sends us for a token is not an https address";
            return Err(self.wrong(what, reason));
        };
        let mut request = Request::get(bearer.address(&realm, &self.name));
        if let Some(login) = &self.access.login {
            if !may_go(&self.base, &realm, self.access.token_host.as_deref()) {
                return Err(Error::Realm {
                    registry: authority(&self.base),
                    realm: authority(&realm),
                });
            }
            request = request.header(AUTHORIZATION, login.clone());
        }
        let mut response = self.http.send(&request).await?;
        if response.status() != 200 {
            let failure = response.into_failure().await;
            return Err(refused(failure, self.access.login.as_ref()));
        }
        let answer: Value = self.json(&mut response, what).await?;
        let text = |name| answer.get(name).and_then(Value::as_str);
        let token = text("token").or_else(|| text("access_token"));
        let header = token.and_then(|token| secret(&format!("Bearer {token}")));
        header.ok_or_else(|| self.wrong(what, "there is no token in it"))
    }

    async fn json(&self, response: &mut Response, what: &str) -> Result<Value, Error> {
        let bytes = response.bytes(LARGEST).await?;
        serde_json::from_slice(&bytes).map_err(|_| self.wrong(what, "it is not JSON"))
    }
}

/// The next page that a `Link` header names.
fn next_page(header: &str) -> Option<&str> {
    let mut links = header.split(',');
    let next = links.find(|link| {
        link.to_ascii_lowercase()
            .replace([' ', '"'], "")
            .contains(";rel=next")
    });
    next?.split_once('<')?.1.split_once('>').map(|(url, _)| url)
}

/// Whether an address leads to this machine, where plain HTTP does no harm.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // The host of a scheme that the library does not know is its text.
        Some(Host::Domain(name)) => {
            let address = name.parse::<std::net::IpAddr>();
            name == "localhost" || address.is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    #[rstest::rstest]
    #[case(
        "oci://docker.io/contoso/web",
        "https://registry-1.docker.io/v2/contoso/web/x"
    )]
    #[case(
        "oci://contoso.azurecr.io:8443/helm/web/",
        "https://contoso.azurecr.io:8443/v2/helm/web/x"
    )]
    #[case("oci://127.0.0.1:5000/web", "http://127.0.0.1:5000/v2/web/x")]
    #[case("oci://localhost/web", "http://localhost/v2/web/x")]
    #[case(
        "oci://127.0.0.1.evil.example/web",
        "https://127.0.0.1.evil.example/v2/web/x"
    )]
    fn a_reference_is_an_address_of_its_registry(#[case] reference: &str, #[case] address: &str) {
        let http = Http::new(http::Options::new("test"));
        let (reference, access) = (Url::parse(reference).unwrap(), Access::default());
        let registry = Registry::new(&http, &reference, &access).unwrap();
        assert_eq!(registry.address("x").unwrap().as_str(), address);
    }

    #[rstest::rstest]
    #[case("oci://me:pat@contoso.com/web", "it contains credentials")]
    #[case("oci://contoso.com/", "the names in it have")]
    #[case("oci://contoso.com/a//b", "the names in it have")]
    #[case("oci://contoso.com/Web", "the names in it have")]
    #[case("oci://contoso.com/web:1.0.0", "the names in it have")]
    #[case("oci://contoso.com/a%2fb", "the names in it have")]
    #[case("oci://contoso.com/a/.hidden", "the names in it have")]
    fn other_references_are_refused(#[case] reference: &str, #[case] reason: &str) {
        let http = Http::new(http::Options::new("test"));
        let (reference, access) = (Url::parse(reference).unwrap(), Access::default());
        let error = Registry::new(&http, &reference, &access).err().unwrap();
        let said = error.to_string();
        assert!(said.contains(reason) && !said.contains("pat"), "{said}");
    }

    #[rstest::rstest]
    #[case(
        "</v2/a/tags/list?last=b&n=2>; rel=\"next\"",
        Some("/v2/a/tags/list?last=b&n=2")
    )]
    #[case(
        "<https://h/x>; rel=prev, <https://h/y>; rel=next",
        Some("https://h/y")
    )]
    #[case("<https://h/x>; rel=\"prev\"", None)]
    #[case("", None)]
    fn the_next_page_is_found(#[case] header: &str, #[case] next: Option<&str>) {
        assert_eq!(next_page(header), next);
    }
}
