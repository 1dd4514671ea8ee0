//! What a registry says when it asks who we are, and where its credentials may
//! go for that.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use url::Url;

/// Registries whose tokens are given out by another host of the same owner, who
/// documents it. Any other host has to be named by a setting.
const TOKEN_HOSTS: [(&str, &str); 2] = [
    // https://docs.docker.com/reference/api/registry/auth/
    ("registry-1.docker.io", "auth.docker.io"),
    // https://docs.gitlab.com/administration/packages/container_registry/
    ("registry.gitlab.com", "gitlab.com"),
];

/// How a registry wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// With user and password.
    Basic,
    /// With a token.
    Bearer(Bearer),
}

/// Where a token is to be had, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bearer {
    pub realm: String,
    pub service: Option<String>,
    pub scope: Option<String>,
}

impl Challenge {
    /// The challenge in the headers of an answer; a token is preferred.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(WWW_AUTHENTICATE).into_iter();
        let all: Vec<_> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(read)
            .collect();
        let token = all.iter().find(|it| matches!(it, Self::Bearer(_)));
        token.or(all.first()).cloned()
    }
}

/// The challenges of one header.
fn read(text: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    for item in items(text) {
        // `Bearer realm="…"` begins a challenge; `service="…"` goes on with it.
        let name = item.split('=').next().unwrap_or_default().trim();
        let (scheme, item) = match name.split_once(char::is_whitespace) {
            Some((scheme, _)) => (Some(scheme), item[scheme.len()..].trim_start()),
            None if !item.contains('=') => (Some(name), ""),
            None => (None, item),
        };
        if let Some(scheme) = scheme {
            found.push(match scheme.to_ascii_lowercase().as_str() {
                "basic" => Some(Challenge::Basic),
                "bearer" => Some(Challenge::Bearer(Bearer::default())),
                _ => None,
            });
        }
        let (Some(Some(Challenge::Bearer(bearer))), Some((name, value))) =
            (found.last_mut(), item.split_once('='))
        else {
            continue;
        };
        let value = unquoted(value.trim());
        match name.trim().to_ascii_lowercase().as_str() {
            "realm" => bearer.realm = value,
            "service" => bearer.service = Some(value),
            "scope" => bearer.scope = Some(value),
            _ => {}
        }
    }
    found.into_iter().flatten().collect()
}

/// What stands between commas outside of quotes.
fn items(text: &str) -> Vec<&str> {
    let (mut all, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                all.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(text[start..].trim());
    all.retain(|item| !item.is_empty());
    all
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text
        .strip_prefix('"')
        .map(|rest| rest.strip_suffix('"').unwrap_or(rest))
    else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

impl Bearer {
    /// The address to ask for a token that reads `repository`.
    pub(super) fn address(&self, realm: &Url, repository: &str) -> Url {
        // No more than reading, whatever the registry would have us ask for.
        let reads = |scope: &&String| {
            let mut parts = scope.split(' ');
            parts.all(|part| part.starts_with("repository:") && part.ends_with(":pull"))
        };
        let own = format!("repository:{repository}:pull");
        let scope = self.scope.as_ref().filter(reads).unwrap_or(&own);
        let mut url = realm.clone();
        url.set_fragment(None);
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &self.service {
                query.append_pair("service", service);
            }
            query.append_pair("scope", scope);
        }
        url
    }
}

/// Whether the credentials of a registry may go to a realm: to its own host and
/// port, to that of its owner in the table, and to the one that settings name.
pub(super) fn may_go(registry: &Url, realm: &Url, named: Option<&str>) -> bool {
    if registry.origin() == realm.origin() {
        return true;
    }
    let encrypted = realm.scheme() == "https";
    let usual = encrypted && registry.port().is_none() && realm.port().is_none();
    let hosts = (registry.host_str(), realm.host_str());
    let known = TOKEN_HOSTS
        .iter()
        .any(|(registry, realm)| hosts == (Some(registry), Some(realm)));
    // Without encryption only on this machine, as the registry itself.
    let safe = encrypted || registry.scheme() == "http";
    let named = named.is_some_and(|named| named.eq_ignore_ascii_case(&authority(realm)));
    (usual && known) || (safe && named)
}

/// Host and port, as registries are named.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer(Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        })
    }

    #[rstest::rstest]
    #[case(&["Basic realm=\"charts, inner\""], Some(Challenge::Basic))]
    #[case(&["Bearer realm=\"https://h/t\",service=\"h\",scope=\"repository:a/b:pull\""], Some(bearer("https://h/t", Some("h"), Some("repository:a/b:pull"))))]
    #[case(&["bearer  Realm=https://h/t , scope=\"repository:a:pull,push\""], Some(bearer("https://h/t", None, Some("repository:a:pull,push"))))]
    #[case(&["Basic realm=\"a\", Bearer realm=\"https://h/t\""], Some(bearer("https://h/t", None, None)))]
    #[case(&["Basic realm=\"a\"", "Bearer realm=\"https://h/\\\"t\""], Some(bearer("https://h/\"t", None, None)))]
    #[case(&["Negotiate", "NTLM"], None)]
    #[case(&["Negotiate, Basic realm=\"a\""], Some(Challenge::Basic))]
    #[case(&["Digest realm=\"https://h/t\", nonce=\"x\""], None)]
    #[case(&["Bearer"], Some(bearer("", None, None)))]
    #[case(&[""], None)]
    fn a_challenge_is_read(#[case] lines: &[&str], #[case] expected: Option<Challenge>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, line.parse().unwrap());
        }
        assert_eq!(Challenge::of(&headers), expected);
    }

    #[rstest::rstest]
    #[case("https://a.contoso.com", "https://a.contoso.com/token", None, true)]
    #[case("https://a.contoso.com", "https://a.contoso.com:443/token", None, true)]
    #[case(
        "https://a.contoso.com",
        "https://a.contoso.com:8443/token",
        None,
        false
    )]
    #[case(
        "https://a.contoso.com:8443",
        "https://a.contoso.com/token",
        None,
        false
    )]
    #[case("https://a.contoso.com", "http://a.contoso.com/token", None, false)]
    #[case("https://a.contoso.com", "https://b.a.contoso.com/token", None, false)]
    #[case("https://a.contoso.com", "https://contoso.com/token", None, false)]
    #[case(
        "https://registry-1.docker.io",
        "https://auth.docker.io/token",
        None,
        true
    )]
    #[case(
        "https://registry-1.docker.io",
        "https://auth.docker.io:444/token",
        None,
        false
    )]
    #[case(
        "https://registry-1.docker.io:444",
        "https://auth.docker.io/token",
        None,
        false
    )]
    #[case("https://a.contoso.com", "https://auth.docker.io/token", None, false)]
    #[case(
        "https://registry.gitlab.com",
        "https://gitlab.com/jwt/auth",
        None,
        true
    )]
    #[case(
        "https://registry.gitlab.com",
        "http://gitlab.com/jwt/auth",
        None,
        false
    )]
    #[case(
        "https://r.contoso.com",
        "https://git.contoso.com/jwt",
        Some("git.contoso.com"),
        true
    )]
    #[case(
        "https://r.contoso.com",
        "https://git.contoso.com:444/jwt",
        Some("git.contoso.com"),
        false
    )]
    #[case(
        "https://r.contoso.com",
        "http://git.contoso.com/jwt",
        Some("git.contoso.com"),
        false
    )]
    #[case(
        "https://r.contoso.com",
        "https://git.contoso.com.evil.example/jwt",
        Some("git.contoso.com"),
        false
    )]
    fn credentials_go_to_a_realm_of_the_same_place(
        #[case] registry: &str,
        #[case] realm: &str,
        #[case] named: Option<&str>,
        #[case] expected: bool,
    ) {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(may_go(&url(registry), &url(realm), named), expected);
    }

    #[rstest::rstest]
    #[case(
        Some("repository:other:pull"),
        "service=s+t&scope=repository%3Aother%3Apull"
    )]
    #[case(
        Some("repository:a/web:pull,push"),
        "service=s+t&scope=repository%3Aa%2Fweb%3Apull"
    )]
    #[case(
        Some("registry:catalog:*"),
        "service=s+t&scope=repository%3Aa%2Fweb%3Apull"
    )]
    #[case(None, "service=s+t&scope=repository%3Aa%2Fweb%3Apull")]
    fn a_token_is_for_reading(#[case] scope: Option<&str>, #[case] query: &str) {
        let bearer = Bearer {
            realm: String::new(),
            service: Some("s t".to_owned()),
            scope: scope.map(str::to_owned),
        };
        let realm = Url::parse("https://a.contoso.com/token?x=1#y").unwrap();
        let address = bearer.address(&realm, "a/web");
        assert_eq!(address.query(), Some(format!("x=1&{query}").as_str()));
        assert_eq!(address.fragment(), None);
    }
}
