//! Every form of an address, and what is refused.

use super::*;

/// Every form of an address over HTTP that users write: the text, where it
/// leads, the kind of host, what people call the repository.
#[rstest::rstest]
// Azure DevOps Services.
#[case("https://dev.azure.com/contoso/shop/_git/manifests", "https://dev.azure.com/contoso/shop/_git/manifests", HostKind::Azure, "contoso/shop/manifests")]
#[case("https://contoso@dev.azure.com/contoso/shop/_git/manifests", "https://dev.azure.com/contoso/shop/_git/manifests", HostKind::Azure, "contoso/shop/manifests")]
#[case("http://dev.azure.com/contoso/shop/_git/manifests", "https://dev.azure.com/contoso/shop/_git/manifests", HostKind::Azure, "contoso/shop/manifests")]
#[case("HTTPS://DEV.azure.com:443/contoso/shop/_git/manifests/", "https://dev.azure.com/contoso/shop/_git/manifests", HostKind::Azure, "contoso/shop/manifests")]
#[case("dev.azure.com/contoso/_git/manifests/", "https://dev.azure.com/contoso/_git/manifests", HostKind::Azure, "contoso/manifests")]
#[case("contoso@dev.azure.com/contoso/shop/_git/m", "https://dev.azure.com/contoso/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("https://dev.azure.com/contoso/shop/_git/_optimized/m", "https://dev.azure.com/contoso/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("https://dev.azure.com/contoso/_git/_full/m", "https://dev.azure.com/contoso/_git/m", HostKind::Azure, "contoso/m")]
#[case("https://dev.azure.com/contoso/shop/team/_git/m", "https://dev.azure.com/contoso/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("https://dev.azure.com/contoso/shop/_git/m?path=/x&version=GBmain#L1", "https://dev.azure.com/contoso/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("https://dev.azure.com/contoso/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c/_git/2f3d611a-f012-4b39-b157-8db63f380226", "https://dev.azure.com/contoso/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c/_git/2f3d611a-f012-4b39-b157-8db63f380226", HostKind::Azure, "contoso/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c/2f3d611a-f012-4b39-b157-8db63f380226")]
// Spaces and everything else that names may hold: decoded once, encoded once.
#[case("https://dev.azure.com/contoso/my shop/_git/m", "https://dev.azure.com/contoso/my%20shop/_git/m", HostKind::Azure, "contoso/my shop/m")]
#[case("https://dev.azure.com/contoso/my%20shop/_git/m", "https://dev.azure.com/contoso/my%20shop/_git/m", HostKind::Azure, "contoso/my shop/m")]
#[case("https://dev.azure.com/contoso/my+shop/_git/m", "https://dev.azure.com/contoso/my%20shop/_git/m", HostKind::Azure, "contoso/my shop/m")]
#[case("https://dev.azure.com/contoso/my%2520shop/_git/m", "https://dev.azure.com/contoso/my%2520shop/_git/m", HostKind::Azure, "contoso/my%20shop/m")]
#[case("https://dev.azure.com/contoso/50% off/_git/m", "https://dev.azure.com/contoso/50%25%20off/_git/m", HostKind::Azure, "contoso/50% off/m")]
#[case("https://dev.azure.com/contoso/bär/_git/日本", "https://dev.azure.com/contoso/b%C3%A4r/_git/%E6%97%A5%E6%9C%AC", HostKind::Azure, "contoso/bär/日本")]
#[case("https://dev.azure.com/contoso/b%C3%A4r/_git/m (1)", "https://dev.azure.com/contoso/b%C3%A4r/_git/m%20(1)", HostKind::Azure, "contoso/bär/m (1)")]
#[case("https://dev.azure.com/contoso/my.shop/_git/a.git.b.git", "https://dev.azure.com/contoso/my.shop/_git/a.git.b.git", HostKind::Azure, "contoso/my.shop/a.git.b.git")]
#[case("https://dev.azure.com/contoso/a&b/_git/c&d", "https://dev.azure.com/contoso/a&b/_git/c&d", HostKind::Azure, "contoso/a&b/c&d")]
// The older name of the services.
#[case("https://contoso.visualstudio.com/shop/_git/m.git", "https://contoso.visualstudio.com/shop/_git/m.git", HostKind::Azure, "contoso/shop/m.git")]
#[case("https://contoso.visualstudio.com/DefaultCollection/shop/_git/m", "https://contoso.visualstudio.com/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("https://contoso.visualstudio.com/defaultcollection/_git/m", "https://contoso.visualstudio.com/_git/m", HostKind::Azure, "contoso/m")]
#[case("https://contoso.visualstudio.com/shop/team/_git/m", "https://contoso.visualstudio.com/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("https://contoso.visualstudio.com/DefaultCollection/shop/my%20team/_git/_full/m", "https://contoso.visualstudio.com/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("contoso.visualstudio.com/_git/m", "https://contoso.visualstudio.com/_git/m", HostKind::Azure, "contoso/m")]
// Azure DevOps Server.
#[case("https://server:8080/tfs/Main/shop/_git/m?path=/x", "https://server:8080/tfs/Main/shop/_git/m", HostKind::Azure, "tfs/Main/shop/m")]
#[case("http://server:8080/tfs/Main/shop/_git/m", "http://server:8080/tfs/Main/shop/_git/m", HostKind::Azure, "tfs/Main/shop/m")]
#[case("https://server/a/b/Main/shop/team/_git/_optimized/m", "https://server/a/b/Main/shop/team/_git/m", HostKind::Azure, "a/b/Main/shop/team/m")]
#[case("https://server/Main/_git/my m", "https://server/Main/_git/my%20m", HostKind::Azure, "Main/my m")]
#[case("server:8080/Main/shop/_git/m", "https://server:8080/Main/shop/_git/m", HostKind::Azure, "Main/shop/m")]
// Short forms of Azure DevOps.
#[case("contoso/my shop/_git/m", "https://dev.azure.com/contoso/my%20shop/_git/m", HostKind::Azure, "contoso/my shop/m")]
#[case("contoso/shop/_git/_full/m", "https://dev.azure.com/contoso/shop/_git/m", HostKind::Azure, "contoso/shop/m")]
#[case("contoso/_git/m", "https://dev.azure.com/contoso/_git/m", HostKind::Azure, "contoso/m")]
// GitHub.
#[case("contoso/manifests", "https://github.com/contoso/manifests", HostKind::GitHub, "contoso/manifests")]
#[case("contoso/manifests.git/", "https://github.com/contoso/manifests", HostKind::GitHub, "contoso/manifests")]
#[case("github.com/contoso/manifests.git", "https://github.com/contoso/manifests", HostKind::GitHub, "contoso/manifests")]
#[case("http://www.github.com/contoso/manifests/", "https://github.com/contoso/manifests", HostKind::GitHub, "contoso/manifests")]
#[case("https://x-access-token:t@github.com/contoso/a.git.b.git", "https://github.com/contoso/a.git.b", HostKind::GitHub, "contoso/a.git.b")]
#[case("https://contoso.ghe.com/shop/m", "https://contoso.ghe.com/shop/m", HostKind::GitHub, "shop/m")]
// Any other server: the path is left alone.
#[case("https://me:hunter2@git.contoso.com/a/m.git", "https://git.contoso.com/a/m.git", HostKind::Git, "git.contoso.com/a/m.git")]
#[case("https://git.contoso.com/a/c++%20m", "https://git.contoso.com/a/c++%20m", HostKind::Git, "git.contoso.com/a/c++ m")]
#[rustfmt::skip]
fn addresses_are_read_as_people_write_them(
    #[case] text: &str,
    #[case] url: &str,
    #[case] kind: HostKind,
    #[case] name: &str,
) {
    let location = resolve(text, None).unwrap();
    assert_eq!(location.place.to_string(), url);
    assert_eq!(location.kind, kind);
    assert_eq!(location.name, name);
}

/// Every form of an SSH address: the text, how git is told it, and the same
/// repository behind HTTPS.
#[rstest::rstest]
#[case("git@github.com:contoso/m.git", None, "git@github.com:contoso/m.git", Some("https://github.com/contoso/m"))]
#[case("ssh://git@github.com/contoso/m/", None, "ssh://git@github.com/contoso/m", Some("https://github.com/contoso/m"))]
#[case("ssh://git@github.com:22/contoso/m.git", None, "ssh://git@github.com/contoso/m.git", Some("https://github.com/contoso/m"))]
#[case("ssh://git@ssh.github.com:443/contoso/m.git", None, "ssh://git@ssh.github.com:443/contoso/m.git", Some("https://github.com/contoso/m"))]
#[case("git+ssh://git@github.com/contoso/m", None, "ssh://git@github.com/contoso/m", Some("https://github.com/contoso/m"))]
#[case("contoso@contoso.ghe.com:shop/m.git", None, "contoso@contoso.ghe.com:shop/m.git", Some("https://contoso.ghe.com/shop/m"))]
#[case("git@ghes.contoso.com:shop/m.git", Some(HostKind::GitHub), "git@ghes.contoso.com:shop/m.git", Some("https://ghes.contoso.com/shop/m"))]
#[case("git@ssh.dev.azure.com:v3/contoso/shop/m", None, "git@ssh.dev.azure.com:v3/contoso/shop/m", Some("https://dev.azure.com/contoso/shop/_git/m"))]
#[case("git@ssh.dev.azure.com:v3/contoso/my%20shop/m.git", None, "git@ssh.dev.azure.com:v3/contoso/my%20shop/m.git", Some("https://dev.azure.com/contoso/my%20shop/_git/m.git"))]
#[case("ssh://git@ssh.dev.azure.com:22/v3/contoso/my shop/_full/m", None, "ssh://git@ssh.dev.azure.com/v3/contoso/my%20shop/_full/m", Some("https://dev.azure.com/contoso/my%20shop/_git/m"))]
#[case("contoso@vs-ssh.visualstudio.com:v3/contoso/shop/m", None, "contoso@vs-ssh.visualstudio.com:v3/contoso/shop/m", Some("https://dev.azure.com/contoso/shop/_git/m"))]
#[case("ssh://contoso@vs-ssh.visualstudio.com:22/DefaultCollection/shop/_ssh/m", None, "ssh://contoso@vs-ssh.visualstudio.com/DefaultCollection/shop/_ssh/m", Some("https://dev.azure.com/contoso/shop/_git/m"))]
#[case("ssh://contoso@contoso.visualstudio.com:22/_ssh/m", None, "ssh://contoso@contoso.visualstudio.com/_ssh/m", Some("https://dev.azure.com/contoso/_git/m"))]
#[case("ssh://server:22/tfs/Main/shop/_ssh/m", None, "ssh://server/tfs/Main/shop/_ssh/m", Some("https://server/tfs/Main/shop/_git/m"))]
#[case("ssh://ada@server:2222/a/b/Main/_ssh/_optimized/m", None, "ssh://ada@server:2222/a/b/Main/_ssh/_optimized/m", Some("https://server/a/b/Main/_git/m"))]
#[case("git.contoso.com:group/m.git", None, "git.contoso.com:group/m.git", None)]
#[case("git@[::1]:srv/m.git", None, "git@[::1]:srv/m.git", None)]
#[case("git@Git.Contoso.com:~/m", None, "git@git.contoso.com:~/m", None)]
#[case("ssh://git@git.contoso.com:7999/group/m.git", None, "ssh://git@git.contoso.com:7999/group/m.git", None)]
#[case("ssh://git:hunter2@git.contoso.com/m.git", None, "ssh://git@git.contoso.com/m.git", None)]
#[case("git@github.com:contoso/m", Some(HostKind::Git), "git@github.com:contoso/m", None)]
#[rustfmt::skip]
fn ssh_addresses_are_read_as_people_write_them(
    #[case] text: &str,
    #[case] setting: Option<HostKind>,
    #[case] told: &str,
    #[case] https: Option<&str>,
) {
    let location = resolve(text, setting).unwrap();
    assert!(matches!(location.place, Place::Ssh(_)));
    assert_eq!(location.place.to_string(), told);
    let place = location.over_https().map(|over| over.place.to_string());
    assert_eq!(place.as_deref(), https);
}

fn home(collection: &str) -> Home {
    Home {
        collection: Some(collection.parse().unwrap()),
        project: Some("my shop".to_owned()),
        github: None,
    }
}

#[rstest::rstest]
#[case("m", None, "https://dev.azure.com/contoso/my%20shop/_git/m")]
#[case("m.git", None, "https://dev.azure.com/contoso/my%20shop/_git/m.git")]
#[case("m", Some(HostKind::Azure), "https://dev.azure.com/contoso/my%20shop/_git/m")]
#[case("my m", Some(HostKind::Azure), "https://dev.azure.com/contoso/my%20shop/_git/my%20m")]
#[case("other/m", Some(HostKind::Azure), "https://dev.azure.com/contoso/other/_git/m")]
#[case("other.dots/m%20m", Some(HostKind::Azure), "https://dev.azure.com/contoso/other.dots/_git/m%20m")]
#[case("fabrikam/shop/_git/m", Some(HostKind::Azure), "https://dev.azure.com/fabrikam/shop/_git/m")]
#[case("other/m", None, "https://github.com/other/m")]
#[case("other/m", Some(HostKind::GitHub), "https://github.com/other/m")]
#[rustfmt::skip]
fn in_a_pipeline_short_forms_are_in_its_own_organisation(
    #[case] text: &str,
    #[case] setting: Option<HostKind>,
    #[case] url: &str,
) {
    let location = resolve_at(text, setting, &home("https://dev.azure.com/contoso/")).unwrap();
    assert_eq!(location.place.to_string(), url);
}

#[test]
fn the_pipelines_server_is_used_where_an_address_does_not_name_it() {
    let home = home("http://server:8080/tfs/Main/");
    let short = resolve_at("m", None, &home).unwrap();
    assert_eq!(
        short.place.to_string(),
        "http://server:8080/tfs/Main/my%20shop/_git/m"
    );
    let ssh = resolve_at("ssh://server:22/tfs/Main/my%20shop/_ssh/m", None, &home).unwrap();
    assert_eq!(ssh.https.unwrap().to_string(), short.place.to_string());
    let github = Home {
        github: Some("https://ghes.contoso.com".parse().unwrap()),
        ..Home::default()
    };
    let short = resolve_at("shop/m", Some(HostKind::GitHub), &github).unwrap();
    assert_eq!(short.place.to_string(), "https://ghes.contoso.com/shop/m");
}

#[rstest::rstest]
#[case(&["https://dev.azure.com/contoso/shop/_git/m", "https://contoso.visualstudio.com/DefaultCollection/Shop/team/_git/m", "contoso/shop/_git/_full/m", "git@ssh.dev.azure.com:v3/contoso/shop/M", "contoso@vs-ssh.visualstudio.com:v3/contoso/shop/m"])]
#[case(&["https://dev.azure.com/contoso/m/_git/m", "https://dev.azure.com/contoso/_git/m", "https://contoso.visualstudio.com/_git/m"])]
#[case(&["contoso/m", "https://github.com/Contoso/m.git", "git@github.com:contoso/m.git", "ssh://git@ssh.github.com:443/contoso/m"])]
fn one_repository_has_one_identity(#[case] texts: &[&str]) {
    let identities: Vec<_> = texts
        .iter()
        .map(|text| resolve(text, None).unwrap().identity)
        .collect();
    for identity in &identities {
        assert_eq!(identity, &identities[0]);
    }
}

#[rstest::rstest]
#[case("./out/manifests.git", "./out/manifests.git")]
#[case("/srv/manifests.git", "/srv/manifests.git")]
#[case("C:\\work\\manifests.git", "C:\\work\\manifests.git")]
#[case("c:/srv/manifests.git", "c:/srv/manifests.git")]
fn local_paths_are_paths(#[case] text: &str, #[case] path: &str) {
    assert_eq!(resolve(text, None).unwrap().place, Place::Path(path.into()));
}

#[cfg(unix)]
#[test]
fn file_urls_are_paths() {
    let place = resolve("file:///srv/my%20m.git", None).unwrap().place;
    assert_eq!(place, Place::Path("/srv/my m.git".into()));
}

#[rstest::rstest]
#[case("", None, "not set")]
#[case("ftp://host/m", None, "scheme \"ftp\"; only https, http, ssh and file")]
#[case("git://github.com/contoso/m", None, "scheme \"git\"")]
#[case("manifests", None, "neither a URL nor a short form")]
#[case("contoso//m", None, "neither a URL nor a short form")]
#[case("https://dev.azure.com/", None, "no repository")]
#[case("https://dev.azure.com/contoso/shop", None, "there is no /_git/ in it")]
#[case("https://dev.azure.com/_git/m", None, "names no organization")]
#[case("https://dev.azure.com/contoso/shop/_git/", None, "before the repository's name")]
#[case("https://dev.azure.com/contoso/shop/_git/m/pullrequest/7", None, "after the repository's name \"m\"")]
#[case("https://dev.azure.com/a/b/c/d/_git/m", None, "too much before /_git/")]
#[case("https://github.com/contoso", None, "https://github.com/owner/repository")]
#[case("https://github.com/contoso/m/tree/main", None, "https://github.com/owner/repository")]
#[case("contoso/manifests", Some(HostKind::Azure), "project/repo and repo are understood in a pipeline only")]
#[case("contoso/manifests", Some(HostKind::Git), "write a URL")]
#[case("https://user:hunter2@:x/", None, "not an address")]
#[case("https://user:pass/hunter2@host:x/", None, "not an address")]
#[case("ssh://-oProxyCommand=x/m", None, "starts with a dash")]
#[case("-oProxyCommand=x:m", None, "starts with a dash")]
#[case("git@host:-m", None, "starts with a dash")]
#[case("ssh://%2doProxyCommand=x@host/m", None, "starts with a dash")]
#[case("ssh://git@ho%2dst/m", None, "server name")]
#[case("ext::sh -c true", None, "names a server but no repository")]
#[case("git@host:", None, "no repository")]
#[case("ssh://git@host/", None, "no repository")]
#[case("ssh://git:hunter2@", None, "not an address")]
#[case("git@host:a\u{7}b", None, "control characters")]
#[rustfmt::skip]
fn what_cannot_be_used_is_told_why(
    #[case] text: &str,
    #[case] setting: Option<HostKind>,
    #[case] reason: &str,
) {
    let error = resolve(text, setting).unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn an_unknown_form_comes_with_the_forms_that_are_understood() {
    let error = CommandError::from(resolve("manifests", None).unwrap_err());
    insta::assert_snapshot!(error.all_hints().join("\n"), @"write an https URL, `org/project/_git/repo` (Azure DevOps), `owner/repo` (GitHub), `git@host:path` (SSH), or a local path that starts with `./` or `/`; in a pipeline of Azure DevOps, `repo` is one of its own project, and with `gitHost: azure` `project/repo` is one of its own organization");
}

#[test]
fn the_setting_wins_over_detection() {
    let location = resolve("https://ghes.contoso.com/o/r", Some(HostKind::GitHub)).unwrap();
    assert_eq!(location.kind, HostKind::GitHub);
    assert_eq!(location.name, "o/r");
}

#[rstest::rstest]
#[case("https://me:hunter2@ghes.contoso.com/o/r", Some("hunter2"))]
#[case("me:hunter2@ghes.contoso.com/o/r", Some("hunter2"))]
#[case("https://me:p%40ss%2Fword@ghes.contoso.com/o/r", Some("p@ss/word"))]
#[case("https://glpat-0123456789abcdefghij@git.contoso.com/o/r", Some("glpat-0123456789abcdefghij"))]
#[case("https://0123456789abcdefghij:x-oauth-basic@github.com/o/r", Some("0123456789abcdefghij"))]
#[case("ssh://git:hunter2@git.contoso.com/o/r", Some("hunter2"))]
#[case("https://contoso@dev.azure.com/contoso/shop/_git/m", None)]
#[case("https://ada.lovelace%40contoso.com@dev.azure.com/contoso/shop/_git/m", None)]
#[case("https://a-very-long-name-of-an-owner@github.com/a-very-long-name-of-an-owner/m", None)]
#[case("git@github.com:contoso/m", None)]
#[rustfmt::skip]
fn passwords_are_kept_for_masking_and_names_are_not(
    #[case] text: &str,
    #[case] secret: Option<&str>,
) {
    let location = resolve(text, None).unwrap();
    assert_eq!(location.embedded.as_ref().map(Secret::expose), secret);
    if let Some(secret) = secret {
        assert!(!location.place.to_string().contains(secret));
    }
}

#[rstest::rstest]
#[case(
    "https://dev.azure.com/contoso/shop/_git/hld",
    "https://contoso@dev.azure.com/contoso/shop/_git/hld",
    true
)]
#[case(
    "https://dev.azure.com/contoso/shop/_git/hld",
    "git@ssh.dev.azure.com:v3/contoso/shop/hld",
    true
)]
#[case(
    "https://github.com/contoso/hld",
    "https://github.com/contoso/hld.git",
    true
)]
#[case("https://git.contoso.com/hld", "https://git.contoso.com/hld.git", true)]
#[case("https://git.contoso.com/hld", "https://git.contoso.com/other", false)]
#[case("/srv/hld.git", "/srv/hld.git", true)]
fn one_source_repository_may_be_written_in_several_ways(
    #[case] one: &str,
    #[case] other: &str,
    #[case] same: bool,
) {
    assert_eq!(is_same_repository(one, other), same);
}

proptest::proptest! {
    #[test]
    fn any_text_is_an_address_or_an_error(
        start in "(https?://|ssh://|git@)?",
        rest in r"[-a-z0-9@:/\\\[\]%+#?._ \u{1}äß日]{0,30}(_git|_ssh|v3|dev\.azure\.com|visualstudio\.com|github\.com)?[-a-z@:/%_. ]{0,20}",
    ) {
        let text = format!("{start}{rest}");
        for setting in [None, Some(HostKind::Azure), Some(HostKind::GitHub), Some(HostKind::Git)] {
            let Ok(location) = resolve_at(&text, setting, &home("https://server/Main")) else {
                continue;
            };
            if let Place::Ssh(address) = &location.place {
                let told = address.to_string();
                proptest::prop_assert!(!told.starts_with('-') && !address.host().starts_with('-'));
                let again = resolve_at(&told, setting, &Home::default()).unwrap();
                proptest::prop_assert_eq!(again.place.to_string(), told);
            }
            // What was read is read the same again.
            if let Place::Url(url) = &location.place {
                let again = resolve(&url.to_string(), setting).unwrap();
                proptest::prop_assert_eq!(again.identity, location.identity);
            }
        }
    }
}

#[rstest::rstest]
#[case("https://github.com/contoso/%2E.git")]
#[case("https://github.com/contoso/...git")]
#[case("https://git.contoso.com/a%00b/c")]
fn what_nothing_can_be_called_is_refused(#[case] text: &str) {
    let error = resolve(text, None).unwrap_err().to_string();
    assert!(
        error.ends_with("a part of its path is not a name"),
        "{error}"
    );
}
