//! Charts from servers: which credentials each origin sees, and what is not taken.

use gitops_publisher::fetch::{self, Access, Error};
use gitops_publisher::http::{self, Addresses, Http, Retry};
use gitops_publisher::model::Secret;
use url::Url;

use crate::support::chart_server::digest;
use crate::support::registry::{self, CONFIG, INDEX, LAYER, MANIFEST, descriptor, serve};
use crate::support::tls::{Authority, Tls};
use crate::support::web_server::{WebServer, chart};

/// `robot` and `hunter2`, as a header.
const BASIC: &str = "Basic cm9ib3Q6aHVudGVyMg==";

/// What the place of tokens gives out.
const TOKEN: &str = "Bearer token-1";

/// Two origins: the one that the credentials are for, and another port.
struct Two {
    own: WebServer,
    other: WebServer,
}

impl Two {
    fn new() -> Self {
        Self {
            own: WebServer::start(),
            other: WebServer::start(),
        }
    }

    /// A registry on `own` with `helm/web` 1.0.0.
    fn with_registry() -> Self {
        let two = Self::new();
        serve(&two.own, "helm/web", "1.0.0", &chart("web", "1.0.0"));
        two
    }

    /// The registry wants a token of the realm.
    fn ask(&self, realm: &str) {
        self.own.guard(
            "v2",
            TOKEN,
            &format!("Bearer realm=\"{realm}\",service=\"charts\""),
        );
    }

    async fn pull(&self, access: &Access) -> Result<fetch::Chart, Error> {
        let url = format!("oci://{}/helm/web", self.own.host());
        fetch::pull(&http(None), &Url::parse(&url).unwrap(), "1.0.0", access).await
    }

    /// The chart `web` 1.0.0 of the repository at this address.
    async fn in_index(&self, http: &Http, repository: &str) -> Result<Vec<u8>, Error> {
        let repository = Url::parse(repository).unwrap();
        let login = login().login;
        let index = fetch::index(http, &repository, login.as_ref()).await?;
        let offer = index.choose("web", "1.0.0")?;
        let found = fetch::archive(http, &repository, "web", &offer, login.as_ref()).await?;
        Ok(found.0)
    }

    /// What the other port saw, credentials and all.
    fn seen(&self) -> Vec<(String, Option<String>)> {
        self.other.requests()
    }
}

fn http(authority: Option<&Authority>) -> Http {
    Http::new(http::Options {
        ca_bundle_pem: authority.map(|authority| authority.root_pem().into_bytes()),
        direct: true,
        retry: Retry::requests().without_pauses(),
        ..http::Options::new("test")
    })
}

fn login() -> Access {
    Access {
        login: fetch::basic("robot", &Secret::new("hunter2")),
        token_host: None,
    }
}

/// The requests, without what differs: digests.
fn shown(requests: Vec<(String, Option<String>)>) -> Vec<(String, String)> {
    let short = |path: String| match path.split_once("sha256:") {
        Some((before, _)) => format!("{before}…"),
        None => path,
    };
    let who = |given: Option<String>| given.unwrap_or_else(|| "nobody".to_owned());
    let requests = requests.into_iter();
    requests
        .map(|(path, given)| (short(path), who(given)))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(path, given): &(&str, &str)| ((*path).to_owned(), (*given).to_owned());
    expected.iter().map(owned).collect()
}

const TAG: &str = "/v2/helm/web/manifests/1.0.0";
const BLOB: &str = "/v2/helm/web/blobs/…";

#[tokio::test]
async fn a_public_registry_is_not_told_who_asks() {
    let two = Two::with_registry();
    let found = two.pull(&login()).await.unwrap();
    assert_eq!(found.bytes, chart("web", "1.0.0"));
    let expected = [(TAG, "nobody"), (BLOB, "nobody")];
    assert_eq!(shown(two.own.requests()), pairs(&expected));
}

#[tokio::test]
async fn a_registry_that_asks_for_a_password_gets_it() {
    let two = Two::with_registry();
    two.own
        .guard("v2", BASIC, "Basic realm=\"http://elsewhere\"");
    two.pull(&login()).await.unwrap();
    let expected = [(TAG, "nobody"), (TAG, BASIC), (BLOB, BASIC)];
    assert_eq!(shown(two.own.requests()), pairs(&expected));
    // Who has none is refused.
    let error = two.pull(&Access::default()).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
}

#[rstest::rstest]
#[case::with_credentials(login(), BASIC)]
#[case::without(Access::default(), "nobody")]
#[tokio::test]
async fn a_token_of_the_registry_itself_is_asked_for_once(
    #[case] access: Access,
    #[case] given: &str,
) {
    let two = Two::with_registry();
    two.own.put("token", r#"{"token": "token-1"}"#);
    two.ask(&two.own.url("token"));
    two.pull(&access).await.unwrap();
    let expected = [
        (TAG, "nobody"),
        ("/token", given),
        (TAG, TOKEN),
        (BLOB, TOKEN),
    ];
    assert_eq!(shown(two.own.requests()), pairs(&expected));
}

#[tokio::test]
async fn a_realm_on_another_port_learns_nothing_and_is_named() {
    let two = Two::with_registry();
    two.other.put("token", r#"{"token": "token-1"}"#);
    two.ask(&two.other.url("token"));
    let error = two.pull(&login()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the registry {} wants its credentials to be sent to {}, which is another host or port, and they do not go there",
            two.own.host(),
            two.other.host()
        )
    );
    assert_eq!(two.seen(), []);
    assert_eq!(shown(two.own.requests()), pairs(&[(TAG, "nobody")]));
}

#[tokio::test]
async fn a_realm_on_another_port_gives_tokens_to_nobody() {
    let two = Two::with_registry();
    two.other.put("token", r#"{"access_token": "token-1"}"#);
    two.ask(&two.other.url("token"));
    two.pull(&Access::default()).await.unwrap();
    assert_eq!(shown(two.seen()), pairs(&[("/token", "nobody")]));
}

#[tokio::test]
async fn a_realm_that_the_caller_names_gets_the_credentials() {
    let two = Two::with_registry();
    two.other.put("token", r#"{"token": "token-1"}"#);
    two.ask(&two.other.url("token"));
    let access = Access {
        token_host: Some(two.other.host()),
        ..login()
    };
    two.pull(&access).await.unwrap();
    assert_eq!(shown(two.seen()), pairs(&[("/token", BASIC)]));
    let expected = [(TAG, "nobody"), (TAG, TOKEN), (BLOB, TOKEN)];
    assert_eq!(shown(two.own.requests()), pairs(&expected));
}

#[rstest::rstest]
#[case::no_address("Bearer realm=\"token\"")]
#[case::nothing("Bearer")]
#[case::other_scheme("Bearer realm=\"ftp://OTHER/token\"")]
#[case::credentials("Bearer realm=\"http://me:pat@OTHER/token\"")]
#[case::file("Bearer realm=\"file:///etc/passwd\"")]
#[case::plain_elsewhere("Bearer realm=\"http://contoso.invalid/token\"")]
#[tokio::test]
async fn a_realm_that_is_none_is_refused(#[case] challenge: &str) {
    for access in [login(), Access::default()] {
        let two = Two::with_registry();
        let challenge = challenge.replace("OTHER", &two.other.host());
        two.own.guard("v2", TOKEN, &challenge);
        let error = two.pull(&access).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the registry's answer for {}/helm/web (its token) cannot be used: where it sends us for a token is not an https address",
                two.own.host()
            )
        );
        assert_eq!(two.seen(), []);
    }
}

#[tokio::test]
async fn a_place_of_tokens_that_sends_us_on_is_not_followed() {
    let two = Two::with_registry();
    two.other.put("token", r#"{"token": "token-1"}"#);
    let to = two.other.url("token");
    two.own.answer("token", 307, &[("location", &to)], "");
    two.ask(&two.own.url("token"));
    let error = two.pull(&login()).await.unwrap_err();
    assert!(
        error.to_string().contains("which is not followed"),
        "{error}"
    );
    assert_eq!(two.seen(), []);
}

/// A registry that stores its blobs elsewhere, as most do.
#[rstest::rstest]
#[case::password(BASIC, "Basic realm=\"x\"")]
#[case::token(TOKEN, "Bearer realm=\"TOKENS\"")]
#[tokio::test]
async fn a_blob_elsewhere_is_fetched_as_nobody(#[case] accepted: &str, #[case] challenge: &str) {
    let two = Two::with_registry();
    two.own.put("token", r#"{"token": "token-1"}"#);
    let challenge = challenge.replace("TOKENS", &two.own.url("token"));
    two.own.guard("v2", accepted, &challenge);
    let packed = chart("web", "1.0.0");
    two.other.put("blob", packed.clone());
    let path = format!("v2/helm/web/blobs/{}", digest(&packed));
    let to = two.other.url("blob");
    two.own.answer(&path, 307, &[("location", &to)], "");
    let found = two.pull(&login()).await.unwrap();
    assert_eq!(found.bytes, packed);
    assert_eq!(shown(two.seen()), pairs(&[("/blob", "nobody")]));
}

/// The other port asks for credentials itself, and would take them.
#[rstest::rstest]
#[case::password("Basic realm=\"x\"")]
#[case::token("Bearer realm=\"OTHER\"")]
#[case::token_of_the_registry("Bearer realm=\"OWN\"")]
#[tokio::test]
async fn who_is_asked_in_the_registrys_place_gets_no_answer(#[case] challenge: &str) {
    for path in [
        "v2/helm/web/manifests/1.0.0".to_owned(),
        format!("v2/helm/web/blobs/{}", digest(&chart("web", "1.0.0"))),
    ] {
        let two = Two::with_registry();
        two.own.put("token", r#"{"token": "token-1"}"#);
        let to = two.other.url("v2/x");
        two.own.answer(&path, 307, &[("location", &to)], "");
        let challenge = challenge
            .replace("OTHER", &two.other.url("token"))
            .replace("OWN", &two.own.url("token"));
        two.other.guard("v2", TOKEN, &challenge);
        let error = two.pull(&login()).await.unwrap_err();
        assert_eq!(error.status(), Some(401), "{error}");
        assert_eq!(shown(two.seen()), pairs(&[("/v2/x", "nobody")]));
        let asked = two.own.requests();
        assert!(asked.iter().all(|(_, given)| given.is_none()), "{asked:?}");
    }
}

#[tokio::test]
async fn a_list_of_tags_goes_on_in_the_registry_only() {
    let two = Two::with_registry();
    two.own.guard("v2", BASIC, "Basic realm=\"x\"");
    let next = format!("<{}>; rel=\"next\"", two.other.url("v2/helm/web/tags/list"));
    let list = r#"{"tags": ["1.0.0"]}"#;
    two.own
        .answer("v2/helm/web/tags/list", 200, &[("link", &next)], list);
    let url = Url::parse(&format!("oci://{}/helm/web", two.own.host())).unwrap();
    let error = fetch::pull(&http(None), &url, "^1", &login()).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.ends_with("the next page is on another host or port"),
        "{error}"
    );
    assert_eq!(two.seen(), []);
}

#[tokio::test]
async fn a_list_of_tags_may_have_pages() {
    let server = WebServer::start();
    serve(&server, "helm/web", "1.0.0", &chart("web", "1.0.0"));
    serve(&server, "helm/web", "1.4.0", &chart("web", "1.4.0"));
    let next = [("link", "</v2/helm/web/tags/more?last=1.0.0>; rel=\"next\"")];
    server.answer(
        "v2/helm/web/tags/list",
        200,
        &next,
        r#"{"tags": ["1.0.0", "latest"]}"#,
    );
    server.put(
        "v2/helm/web/tags/more",
        r#"{"tags": ["1.4.0", "1.4.0-rc.1", "v1.9.0"]}"#,
    );
    let url = Url::parse(&format!("oci://{}/helm/web", server.host())).unwrap();
    let found = fetch::pull(&http(None), &url, "^1", &Access::default())
        .await
        .unwrap();
    assert_eq!(
        (found.version.as_str(), found.bytes),
        ("1.4.0", chart("web", "1.4.0"))
    );
}

#[tokio::test]
async fn a_tag_that_moves_meanwhile_gives_one_chart_and_no_mixture() {
    let two = Two::with_registry();
    let before = registry::manifest(&chart("web", "1.0.0")).to_string();
    two.own.once_more("v2/helm/web/manifests/1.0.0");
    serve(&two.own, "helm/web", "1.0.0", &chart("web", "6.6.6"));
    let found = two.pull(&Access::default()).await.unwrap();
    assert_eq!(found.bytes, chart("web", "1.0.0"));
    assert_eq!(found.manifest, digest(before.as_bytes()));
    assert_eq!(found.archive, digest(&chart("web", "1.0.0")));
    // The next one gets what is there now.
    let found = two.pull(&Access::default()).await.unwrap();
    assert_eq!(found.bytes, chart("web", "6.6.6"));
}

#[tokio::test]
async fn content_of_another_digest_is_not_taken() {
    let packed = chart("web", "1.0.0");
    let two = Two::with_registry();
    let mut other = packed.clone();
    *other.last_mut().unwrap() ^= 1;
    two.own.put(
        &format!("v2/helm/web/blobs/{}", digest(&packed)),
        other.clone(),
    );
    let error = two.pull(&Access::default()).await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{}/helm/web@{} is not what its registry promises: its SHA-256 is {}, not {}",
            two.own.host(),
            digest(&packed),
            digest(&other),
            digest(&packed)
        )
    );
    // Longer than it is said to be.
    let longer = [packed.as_slice(), b"x"].concat();
    two.own
        .put(&format!("v2/helm/web/blobs/{}", digest(&packed)), longer);
    let error = two.pull(&Access::default()).await.unwrap_err().to_string();
    assert!(error.contains("answered with more than"), "{error}");
    // A manifest that is not what the registry says it is.
    let headers = [("docker-content-digest", digest(b"x"))];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let text = registry::manifest(&packed).to_string();
    two.own
        .answer("v2/helm/web/manifests/1.0.0", 200, &headers, text);
    let error = two.pull(&Access::default()).await.unwrap_err().to_string();
    assert!(
        error.contains("helm/web:1.0.0 is not what its registry promises"),
        "{error}"
    );
}

#[rstest::rstest]
#[case(serde_json::json!({ "layers": [] }), "it holds no chart")]
#[case(serde_json::json!({}), "it holds no chart")]
#[case(serde_json::json!([]), "it holds no chart")]
#[case(serde_json::json!({ "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", b"x")] }), "it holds no chart")]
#[case(serde_json::json!({ "layers": [descriptor(LAYER, b"x"), descriptor(LAYER, b"y")] }), "it holds several charts")]
#[case(serde_json::json!({ "layers": [descriptor(LAYER, b"x"), descriptor("application/tar+gzip", b"y")] }), "it holds several charts")]
#[case(serde_json::json!({ "layers": [{ "mediaType": LAYER, "digest": "sha256:../../x", "size": 1 }] }), "it names something without a size and a digest of SHA-256")]
#[case(serde_json::json!({ "layers": [{ "mediaType": LAYER, "digest": "md5:00", "size": 1 }] }), "it names something without a size and a digest of SHA-256")]
#[case(serde_json::json!({ "layers": [{ "mediaType": LAYER, "digest": digest(b"x") }] }), "it names something without a size and a digest of SHA-256")]
#[case(serde_json::json!({ "layers": [{ "mediaType": LAYER, "digest": digest(b"x"), "size": 1_u64 << 40 }] }), "it is larger than 67108864 bytes")]
#[tokio::test]
async fn a_manifest_that_names_no_one_chart_is_refused(
    #[case] manifest: serde_json::Value,
    #[case] reason: &str,
) {
    let two = Two::new();
    registry::answer(&two.own, "helm/web", "1.0.0", MANIFEST, &manifest);
    let error = two.pull(&Access::default()).await.unwrap_err().to_string();
    assert!(
        error.ends_with(&format!(" cannot be used: {reason}")),
        "{error}"
    );
}

#[tokio::test]
async fn of_several_manifests_that_of_the_chart_is_taken() {
    let two = Two::new();
    let packed = chart("web", "1.0.0");
    serve(&two.own, "helm/web", "chart", &packed);
    let image = serde_json::json!({ "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"), "layers": [descriptor(LAYER, b"x")] });
    registry::answer(&two.own, "helm/web", "image", MANIFEST, &image);
    let listed = |manifests: &[&serde_json::Value]| {
        let of = |it: &&serde_json::Value| descriptor(MANIFEST, it.to_string().as_bytes());
        serde_json::json!({ "mediaType": INDEX, "manifests": manifests.iter().map(of).collect::<Vec<_>>() })
    };
    let index = listed(&[&image, &registry::manifest(&packed)]);
    let pinned = registry::answer(&two.own, "helm/web", "1.0.0", INDEX, &index);
    let found = two.pull(&Access::default()).await.unwrap();
    assert_eq!((found.bytes, found.manifest), (packed, pinned));
    assert!(image.to_string().contains("image.config") && !image.to_string().contains(CONFIG));

    registry::answer(&two.own, "helm/web", "1.0.0", INDEX, &listed(&[&image]));
    let error = two.pull(&Access::default()).await.unwrap_err().to_string();
    assert!(
        error.ends_with("none of its manifests is that of a chart"),
        "{error}"
    );
}

/// What a repository does to have the other port asked.
#[rstest::rstest]
#[case::index_moves("index.yaml", "", &[("/charts/index.yaml", "nobody"), ("/charts/web-1.0.0.tgz", "nobody")])]
#[case::archive_moves("web-1.0.0.tgz", "", &[("/charts/web-1.0.0.tgz", "nobody")])]
#[case::index_points_there("", "OTHER/", &[("/charts/web-1.0.0.tgz", "nobody")])]
#[tokio::test]
async fn what_a_repository_has_elsewhere_is_fetched_as_nobody(
    #[case] moved: &str,
    #[case] prefix: &str,
    #[case] expected: &[(&str, &str)],
    #[values(301, 302, 303, 307, 308)] status: u16,
) {
    let two = Two::new();
    let packed = chart("web", "1.0.0");
    let prefix = prefix.replace("OTHER", &two.other.url("charts"));
    let hash = digest(&packed);
    let index = format!(
        "entries:\n  web:\n  - {{version: 1.0.0, urls: ['{prefix}web-1.0.0.tgz'], digest: '{hash}'}}\n"
    );
    for server in [&two.own, &two.other] {
        server.put("charts/index.yaml", index.clone());
        server.put("charts/web-1.0.0.tgz", packed.clone());
    }
    two.own.require("robot", "hunter2");
    if !moved.is_empty() {
        let path = format!("charts/{moved}");
        let to = two.other.url(&path);
        two.own.answer(&path, status, &[("location", &to)], "");
    }
    // An index that moved names what is beside the repository, not beside itself.
    let found = two.in_index(&http(None), &two.own.url("charts")).await;
    assert_eq!(found.unwrap(), packed);
    let own = two.own.requests();
    assert!(
        own.iter().all(|(_, given)| given.as_deref() == Some(BASIC)),
        "{own:?}"
    );
    let expected = if moved == "index.yaml" {
        &expected[..1]
    } else {
        expected
    };
    assert_eq!(shown(two.seen()), pairs(expected));
}

#[tokio::test]
async fn an_archive_elsewhere_that_wants_credentials_says_why_it_gets_none() {
    let two = Two::new();
    let there = two.other.url("web.tgz");
    two.other.guard("", "Basic never", "Basic realm=\"x\"");
    let index = format!("entries:\n  web:\n  - {{version: 1.0.0, urls: ['{there}']}}\n");
    two.own.put("charts/index.yaml", index);
    let repository = two.own.url("charts");
    let error = two.in_index(&http(None), &repository).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with(&format!("the index of {repository} says that `web` is at {there}, and the credentials of {repository} do not go to another host or port: GET {there} answered 401")),
        "{said}"
    );
    assert_eq!(shown(two.seen()), pairs(&[("/web.tgz", "nobody")]));
}

#[tokio::test]
async fn between_encrypted_and_plain_there_is_one_way_only() {
    let authority = Authority::new();
    let http = http(Some(&authority));
    let packed = chart("web", "1.0.0");
    // From TLS to plain: not followed. From plain or TLS to TLS: followed as nobody.
    for (from_tls, to_tls) in [(true, false), (true, true), (false, true)] {
        let two = Two::new();
        let (own, other) = (
            Tls::open(two.own.address(), &authority),
            Tls::open(two.other.address(), &authority),
        );
        let index = "entries:\n  web:\n  - {version: 1.0.0, urls: [web.tgz]}\n";
        two.own.put("charts/index.yaml", index);
        two.other.put("web.tgz", packed.clone());
        let to = if to_tls {
            other.url("web.tgz")
        } else {
            two.other.url("web.tgz")
        };
        two.own
            .answer("charts/web.tgz", 302, &[("location", &to)], "");
        let repository = if from_tls {
            own.url("charts")
        } else {
            two.own.url("charts")
        };
        let found = two.in_index(&http, &repository).await;
        if to_tls {
            assert_eq!(found.unwrap(), packed);
            assert_eq!(shown(two.seen()), pairs(&[("/web.tgz", "nobody")]));
        } else {
            let error = found.unwrap_err().to_string();
            assert!(error.ends_with("which is not followed"), "{error}");
            assert_eq!(two.seen(), []);
        }
        let own = two.own.requests();
        assert!(
            own.iter().all(|(_, given)| given.as_deref() == Some(BASIC)),
            "{own:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_repeats_our_credentials_is_not_quoted() {
    // It answers 401 with what it was given.
    let two = Two::with_registry();
    two.own.put("token", r#"{"token": "token-1"}"#);
    two.own.guard(
        "v2",
        "Bearer other",
        &format!("Bearer realm=\"{}\"", two.own.url("token")),
    );
    let error = two.pull(&login()).await.unwrap_err().to_string();
    assert!(
        error.contains("answered 401") && !error.contains("token-1"),
        "{error}"
    );

    let two = Two::new();
    two.own.guard("", "Basic other", "Basic realm=\"x\"");
    let error = two.in_index(&http(None), &two.own.url("charts")).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("answered 401") && !error.contains("cm9ib3Q6aHVudGVyMg"),
        "{error}"
    );
}

#[rstest::rstest]
#[case::realm(true)]
#[case::registry(false)]
#[tokio::test]
async fn where_only_public_addresses_may_be_asked_nobody_else_is(#[case] realm: bool) {
    let two = Two::with_registry();
    if realm {
        two.ask(&two.other.url("token"));
    }
    let http = http(None).within(Addresses::Public);
    let url = Url::parse(&format!("oci://{}/helm/web", two.own.host())).unwrap();
    let error = fetch::pull(&http, &url, "1.0.0", &login())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is not part of it"), "{error}");
    assert_eq!((two.own.requests(), two.seen()), (vec![], vec![]));
}
