//! What settings can allow, against what Kustomize itself builds, and what stays
//! refused all the same.

use std::path::Path;

use gitops_publisher::error::Error;
use gitops_publisher::generate::{
    self, Generated, KUBE_VERSION, KustomizeAllow, KustomizeOptions, Options, Pulls,
};
use gitops_publisher::http::{self, Addresses, Retry};
use gitops_publisher::tools::Tools;
use rstest::rstest;

use super::{offline, only, options, present};
use crate::fabrikate::real_helm::helm;
use crate::fabrikate::{source, tools};
use crate::support::chart_server::digest;
use crate::support::git_server::GitServer;
use crate::support::program::Workspace;
use crate::support::tls::{Authority, Tls};
use crate::support::web_server::WebServer;

const ALL: [KustomizeAllow; 3] = [
    KustomizeAllow::FilesOutsideRoot,
    KustomizeAllow::Tags,
    KustomizeAllow::Urls,
];

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: contoso/web}]\n";
const CONFIG: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}\n";

fn allowing(confine: &Path, folder: &str, allow: &[KustomizeAllow]) -> Options {
    Options {
        kustomize: KustomizeOptions {
            allow: allow.to_vec(),
            ..KustomizeOptions::default()
        },
        ..options(confine, folder)
    }
}

/// A run, after which nothing temporary is left.
async fn build(options: &Options, with: impl Fn(Tools) -> Tools) -> Result<Generated, Error> {
    let temp = tempfile::tempdir().unwrap();
    let result = generate::run(&with(tools(temp.path())), options).await;
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
    result.map_err(Error::from)
}

async fn refusal(options: &Options, with: impl Fn(Tools) -> Tools) -> (String, String) {
    let error = build(options, with).await.unwrap_err();
    (error.to_string(), error.all_hints().join("\n"))
}

/// What Kustomize itself builds, without any restriction; with `pem` it trusts that.
async fn kustomize(folder: &Path, pem: Option<&str>) -> Option<String> {
    let program = tools(Path::new("")).find("kustomize").ok()?;
    let home = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(program);
    command
        .arg("build")
        .arg(folder)
        .args(["--load-restrictor", "LoadRestrictionsNone"])
        .env("HOME", home.path());
    if let Some(pem) = pem {
        let file = home.path().join("roots.pem");
        std::fs::write(&file, pem).unwrap();
        command.env("SSL_CERT_FILE", file);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn findings(generated: &Generated) -> Vec<String> {
    generated.findings.iter().map(ToString::to_string).collect()
}

/// A checkout with files beside the overlay that it names.
fn shop(kustomization: &str) -> tempfile::TempDir {
    source(&[
        ("overlays/dev/kustomization.yaml", kustomization),
        ("overlays/dev/own.yaml", WEB),
        ("shared/web.yaml", WEB),
        ("shared/a.json", CONFIG),
        (
            "shared/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
        ),
        (
            "shared/ops.json",
            "[{\"op\": \"add\", \"path\": \"/spec/replicas\", \"value\": 4}]\n",
        ),
        ("shared/app.ini", "[app]\n"),
        ("shared/a.env", "region=eu\n"),
        (
            "shared/namer.yaml",
            "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: x-\nfieldSpecs: [{path: metadata/name}]\n",
        ),
        (
            "shared/patcher.yaml",
            "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: ../../shared/patch.yaml\n",
        ),
        (
            "shared/replace.yaml",
            "- source: {kind: Deployment, fieldPath: metadata.name}\n  targets: [{select: {kind: Deployment}, fieldPaths: [metadata.annotations.of], options: {create: true}}]\n",
        ),
        (
            "shared/fields.yaml",
            "namePrefix:\n- {path: metadata/annotations/of}\n",
        ),
        (
            "shared/base/kustomization.yaml",
            "resources: [../web.yaml, ../../overlays/dev/own.yaml]\npatches: [{target: {kind: Deployment}, path: ../ops.json}]\n",
        ),
    ])
}

#[rstest]
#[case::resource("resources: [../../shared/web.yaml, ../../shared/a.json]\n")]
#[case::by_a_detour("resources: [../../shared/../shared/web.yaml]\n")]
#[case::patch("resources: [own.yaml]\npatches: [{path: ../../shared/patch.yaml}]\n")]
#[case::json_patch(
    "resources: [own.yaml]\npatches: [{target: {kind: Deployment}, path: ../../shared/ops.json}]\n"
)]
#[case::old_patch("resources: [own.yaml]\npatchesStrategicMerge: [../../shared/patch.yaml]\n")]
#[case::file("configMapGenerator: [{name: a, files: [../../shared/app.ini]}]\n")]
#[case::file_with_a_key("configMapGenerator: [{name: a, files: [key=../../shared/app.ini]}]\n")]
#[case::variables("configMapGenerator: [{name: a, envs: [../../shared/a.env]}]\n")]
#[case::secret(
    "secretGenerator: [{name: a, files: [../../shared/app.ini], envs: [../../shared/a.env]}]\n"
)]
#[case::transformer("resources: [own.yaml]\ntransformers: [../../shared/namer.yaml]\n")]
#[case::transformer_that_names_a_file(
    "resources: [own.yaml]\ntransformers: [../../shared/patcher.yaml]\n"
)]
#[case::replacement("resources: [own.yaml]\nreplacements: [{path: ../../shared/replace.yaml}]\n")]
#[case::configuration(
    "resources: [own.yaml]\nnamePrefix: x-\nconfigurations: [../../shared/fields.yaml]\ncommonAnnotations: {of: web}\n"
)]
#[case::one_file_twice(
    "resources: [own.yaml]\npatches: [{path: ../../shared/patch.yaml}]\nconfigMapGenerator: [{name: a, files: [../../shared/patch.yaml]}]\n"
)]
#[tokio::test]
async fn files_outside_the_root_are_taken_as_kustomize_takes_them(#[case] text: &str) {
    if !present() {
        return;
    }
    let shop = shop(text);
    let strict = options(shop.path(), "overlays/dev");
    let (message, hint) = refusal(&strict, |tools| tools).await;
    assert!(
        message.contains("which is not in or below the folder of its kustomization"),
        "{message}"
    );
    assert!(
        hint.contains("`kustomizeAllow: filesOutsideRoot`"),
        "{hint}"
    );
    for others in [&ALL[1..], &[]] {
        let (message, _) = refusal(&allowing(shop.path(), "overlays/dev", others), |it| it).await;
        assert!(message.contains("which is not in or below"), "{message}");
    }
    let free = allowing(shop.path(), "overlays/dev", &ALL[..1]);
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(only(&build(&free, |tools| tools).await.unwrap()));
    }
    assert!(runs[0] == runs[1] && runs[1] == runs[2]);
    if let Some(expected) = kustomize(&shop.path().join("overlays/dev"), None).await {
        assert_eq!(runs[0], expected);
    }
}

#[tokio::test]
async fn a_base_of_the_checkout_may_name_files_outside_its_root_too() {
    if !present() {
        return;
    }
    let shop = shop("resources: [../../shared/base]\nnamePrefix: x-\n");
    std::fs::write(
        shop.path().join("overlays/dev/own.yaml"),
        WEB.replace("name: web}", "name: own}"),
    )
    .unwrap();
    let free = allowing(shop.path(), "overlays/dev", &ALL[..1]);
    let found = only(&build(&free, |tools| tools).await.unwrap());
    assert!(
        found.contains("name: x-web") && found.contains("name: x-own"),
        "{found}"
    );
    if let Some(expected) = kustomize(&shop.path().join("overlays/dev"), None).await {
        assert_eq!(found, expected);
    }
}

#[cfg(unix)]
#[rstest]
#[case("linked.yaml", "../../shared/web.yaml")]
#[case("other-name.yaml", "../../shared/web.yaml")]
#[tokio::test]
async fn a_link_to_a_file_outside_the_root_is_followed(#[case] name: &str, #[case] to: &str) {
    if !present() {
        return;
    }
    let shop = shop(&format!(
        "resources: [{name}]\nconfigMapGenerator: [{{name: a, files: [{name}]}}]\n"
    ));
    let folder = shop.path().join("overlays/dev");
    std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
    let free = allowing(shop.path(), "overlays/dev", &ALL[..1]);
    let found = only(&build(&free, |tools| tools).await.unwrap());
    assert!(found.contains(name), "{found}");
    if let Some(expected) = kustomize(&folder, None).await {
        assert_eq!(found, expected);
    }
}

#[cfg(unix)]
#[rstest]
#[case("resources: [../../../secret.yaml]\n")]
#[case("resources: [OUTSIDE/secret.yaml]\n")]
#[case("configMapGenerator: [{name: a, files: [k=OUTSIDE/secret.yaml]}]\n")]
#[case("resources: [link/secret.yaml]\n")]
#[case("resources: [link.yaml]\n")]
#[case("patches: [{path: ../../../../../../../etc/passwd}]\n")]
#[case("transformers: [link.yaml]\n")]
#[tokio::test]
async fn nothing_outside_the_checkout_is_read_whatever_is_allowed(#[case] text: &str) {
    let outside = source(&[("secret.yaml", CONFIG)]);
    let place = outside.path().display().to_string();
    let shop = shop(&text.replace("OUTSIDE", &place));
    let link = |to: &Path, name: &str| {
        let name = shop.path().join("overlays/dev").join(name);
        std::os::unix::fs::symlink(to, name).unwrap();
    };
    link(outside.path(), "link");
    link(&outside.path().join("secret.yaml"), "link.yaml");
    let free = allowing(shop.path(), "overlays/dev", &ALL);
    let (message, hint) = refusal(&free, |tools| tools).await;
    assert!(message.contains("which leads out of"), "{message}");
    assert!(
        hint.contains("nothing outside the checkout is read"),
        "{hint}"
    );
}

#[tokio::test]
async fn the_folder_of_git_stays_closed() {
    let shop = shop("configMapGenerator: [{name: a, files: [../../.git/config]}]\n");
    std::fs::create_dir(shop.path().join(".git")).unwrap();
    std::fs::write(shop.path().join(".git/config"), "token\n").unwrap();
    let free = allowing(shop.path(), "overlays/dev", &ALL);
    let (message, _) = refusal(&free, |tools| tools).await;
    assert!(!message.contains("token"), "{message}");
}

#[tokio::test]
async fn a_chart_beside_the_overlay_needs_no_values_file_then() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&[
        (
            "overlays/dev/kustomization.yaml",
            "helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: web, releaseName: shop, additionalValuesFiles: [../../shared/more.yaml]}]\n",
        ),
        ("shared/more.yaml", "tag: 7\n"),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("charts/web/values.yaml", "replicas: 2\n"),
        (
            "charts/web/templates/all.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {r: '{{ .Values.replicas }}', t: '{{ .Values.tag }}'}\n",
        ),
    ]);
    let free = allowing(shop.path(), "overlays/dev", &ALL[..1]);
    let generated = build(&free, |tools| tools.helm(Some(helm.clone()))).await;
    let found = only(&generated.unwrap());
    assert!(
        found.contains("r: \"2\"") && found.contains("t: \"7\""),
        "{found}"
    );
    assert!(!KUBE_VERSION.is_empty());
}

/// A repository with a base that names a file outside its root when it is told to.
fn repository(server: &GitServer, resource: &str) -> String {
    let repository = server.create("web.git");
    let kustomization = format!("resources: [{resource}]\n");
    let commit = repository.commit(
        "main",
        "a base",
        &[
            ("base/kustomization.yaml", "100644", &kustomization),
            ("base/web.yaml", "100644", WEB),
            ("shared.yaml", "100644", CONFIG),
        ],
    );
    // A branch that has the name of a tag, and leads elsewhere.
    let other = [("base/web.yaml", "100644", CONFIG)];
    repository.commit("both", "another base", &other);
    repository.git(&["tag", "both", &commit]);
    repository.git(&["tag", "v1.2.3", &commit]);
    repository.git(&["tag", "release/2026.1", &commit]);
    let named = ["-c", "user.name=x", "-c", "user.email=x@contoso.com"];
    let tag = ["tag", "--annotate", "--message=x", "v1.2.4", &commit];
    repository.git(&[&named[..], &tag[..]].concat());
    commit
}

#[rstest]
#[case("ref=v1.2.3", "v1.2.3")]
#[case("ref=v1.2.4", "v1.2.4")]
#[case("ref=release/2026.1", "release/2026.1")]
#[case("ref=refs/tags/v1.2.3", "v1.2.3")]
#[case("version=v1.2.3", "v1.2.3")]
#[case("timeout=90s&ref=v1.2.3", "v1.2.3")]
#[case("ref=both", "both")]
#[tokio::test]
async fn a_base_may_be_pinned_by_a_tag(#[case] query: &str, #[case] tag: &str) {
    if !present() {
        return;
    }
    let server = GitServer::start();
    let commit = repository(&server, "web.yaml");
    let address = server.url("web.git");
    let entry = format!("{address}//base?{query}");
    let shop = source(&[(
        "kustomization.yaml",
        &format!("resources: ['{entry}']\nnamePrefix: x-\n"),
    )]);
    let (message, hint) = refusal(&options(shop.path(), ""), |it| it).await;
    assert!(
        message.contains("which comes from elsewhere and is not pinned"),
        "{message}"
    );
    assert!(hint.contains("`kustomizeAllow: tags`"), "{hint}");

    let free = allowing(shop.path(), "", &ALL[1..2]);
    let mut runs = Vec::new();
    for _ in 0..3 {
        let generated = build(&free, |tools| tools).await.unwrap();
        assert_eq!(
            findings(&generated),
            [format!(
                "kustomization.yaml:1: the tag `{tag}` of {address} is the commit {commit}: a tag can be moved, and `?ref={commit}` cannot"
            )]
        );
        runs.push(only(&generated));
    }
    assert!(runs[0] == runs[1] && runs[1] == runs[2]);
    if let Some(expected) = kustomize(shop.path(), None).await {
        assert_eq!(runs[0], expected);
    }
}

#[rstest]
#[case::branch("ref=main", "`main` is not a tag of ")]
#[case::other_branch("ref=refs/heads/main", "is not pinned to a commit")]
#[case::head("ref=HEAD", "`HEAD` is not a tag of ")]
#[case::absent("ref=v9.9.9", "`v9.9.9` is not a tag of ")]
#[case::short_commit("ref=SHORT", " is not a tag of ")]
#[case::none("timeout=90s", "is not pinned to a commit")]
#[case::empty("ref=", "is not pinned to a commit")]
#[case::two("ref=v1.2.3&ref=main", "is not pinned to a commit")]
#[case::option("ref=--upload-pack=x", "is not pinned to a commit")]
#[case::refspec("ref=v1.2.3:refs/heads/x", "is not pinned to a commit")]
#[case::forced("ref=+v1.2.3", "is not pinned to a commit")]
#[case::parent("ref=v1.2.3^", "is not pinned to a commit")]
#[case::pattern("ref=v*", "is not pinned to a commit")]
#[case::upwards("ref=../heads/main", "is not pinned to a commit")]
#[case::nothing("", "is not pinned to a commit")]
#[tokio::test]
async fn what_is_no_tag_is_refused(#[case] query: &str, #[case] said: &str) {
    let server = GitServer::start();
    let commit = repository(&server, "web.yaml");
    let query = query.replace("SHORT", &commit[..12]);
    let entry = format!("{}//base?{query}", server.url("web.git"));
    let shop = source(&[("kustomization.yaml", &format!("resources: ['{entry}']\n"))]);
    let free = allowing(shop.path(), "", &ALL);
    let (message, hint) = refusal(&free, |tools| tools).await;
    assert!(message.contains(said), "{message}");
    assert!(!hint.is_empty());
}

#[tokio::test]
async fn a_tag_without_encryption_is_refused_and_a_commit_is_not() {
    let shop = |reference: &str| {
        source(&[(
            "kustomization.yaml",
            &format!("resources: ['http://contoso.invalid/a/web.git//base?ref={reference}']\n"),
        )])
    };
    let tagged = shop("v1");
    let (message, hint) = refusal(&allowing(tagged.path(), "", &ALL), |it| it).await;
    assert!(
        message.contains("which would come without encryption"),
        "{message}"
    );
    assert_eq!(hint, "use https");
    let pinned = shop(&"0".repeat(40));
    let free = allowing(pinned.path(), "", &ALL);
    let temp = tempfile::tempdir().unwrap();
    let error = generate::run(&Tools::new("", temp.path()), &free).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "`git` was not found on PATH"
    );
}

#[tokio::test]
async fn a_tag_that_moves_during_a_run_ends_it() {
    if !present() {
        return;
    }
    let server = GitServer::start();
    let first = repository(&server, "web.yaml");
    let entry = format!("{}//base?ref=v1.2.3", server.url("web.git"));
    let shop = source(&[("kustomization.yaml", &format!("resources: ['{entry}']\n"))]);
    let dev = allowing(shop.path(), "", &ALL);
    build(&dev, |tools| tools).await.unwrap();
    let git = server.root().join("web.git");
    let commit = |text: &str| crate::support::git_repository::git(&git, &["rev-parse", text]);
    let tree = commit("main^{tree}");
    let second = crate::support::git_repository::git(
        &git,
        &[
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@contoso.com",
            "commit-tree",
            "-m",
            "moved",
            tree.trim(),
        ],
    );
    crate::support::git_repository::git(&git, &["tag", "--force", "v1.2.3", second.trim()]);
    // Another environment of the same run, and then another run.
    let (message, hint) = refusal(&dev.clone(), |tools| tools).await;
    assert!(
        message.contains(&format!(
            "was moved during this run, from the commit {first} to {}",
            second.trim()
        )),
        "{message}"
    );
    assert!(hint.starts_with("run again"), "{hint}");
    let mut next = dev;
    next.helm.pulls = Pulls::default();
    build(&next, |tools| tools).await.unwrap();
}

#[rstest]
#[case("v1.2.3")]
#[case("COMMIT")]
#[tokio::test]
async fn what_comes_from_elsewhere_stays_in_its_root(#[case] reference: &str) {
    let server = GitServer::start();
    let commit = repository(&server, "../shared.yaml");
    let reference = reference.replace("COMMIT", &commit);
    let entry = format!("{}//base?ref={reference}", server.url("web.git"));
    let shop = source(&[("kustomization.yaml", &format!("resources: ['{entry}']\n"))]);
    let free = allowing(shop.path(), "", &ALL);
    let (message, hint) = refusal(&free, |tools| tools).await;
    assert!(
        message.contains("names the file `../shared.yaml`, which is not in or below"),
        "{message}"
    );
    assert!(hint.contains("by Kustomize itself"), "{hint}");
}

/// A server of files that has a certificate.
struct Files {
    server: WebServer,
    tls: Tls,
    authority: Authority,
}

impl Files {
    fn start() -> Self {
        let (server, authority) = (WebServer::start(), Authority::new());
        let tls = Tls::open(server.address(), &authority);
        server.put("web.yaml", WEB);
        server.put("two.yaml", format!("---\n{CONFIG}---\n{WEB}"));
        server.put("a.json", CONFIG);
        server.put(
            "patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
        );
        server.put("app.txt", "text\n");
        server.put("a.env", "region=eu\n");
        server.put(
            "fields.yaml",
            "namePrefix:\n- {path: metadata/annotations/of}\n",
        );
        Self {
            server,
            tls,
            authority,
        }
    }

    fn trusting(&self, tools: Tools) -> Tools {
        tools.network(http::Options {
            ca_bundle_pem: Some(self.authority.root_pem().into_bytes()),
            direct: true,
            retry: Retry::requests().without_pauses(),
            ..http::Options::new("test")
        })
    }

    fn text(&self, text: &str) -> String {
        text.replace("URL/", &self.tls.url(""))
            .replace("PLAIN/", &self.server.url(""))
    }
}

#[rstest]
#[case("resources: ['URL/web.yaml']\n", &["web.yaml"])]
#[case("resources: ['URL/two.yaml']\nnamePrefix: x-\n", &["two.yaml"])]
#[case("resources: ['URL/web.yaml', 'URL/a.json?x=1']\n", &["web.yaml", "a.json"])]
#[case("resources: [own.yaml]\npatches: [{path: 'URL/patch.yaml'}]\n", &["patch.yaml"])]
#[case("resources: [own.yaml]\npatchesStrategicMerge: ['URL/patch.yaml']\n", &["patch.yaml"])]
#[case("configMapGenerator: [{name: a, files: ['URL/app.txt', 'key=URL/app.txt']}]\n", &["app.txt"])]
#[case("configMapGenerator: [{name: a, envs: ['URL/a.env']}]\n", &["a.env"])]
#[case("resources: [own.yaml]\ntransformers: [patcher.yaml]\n", &["patch.yaml"])]
#[case("resources: [own.yaml]\nnamePrefix: x-\nconfigurations: ['URL/fields.yaml']\ncommonAnnotations: {of: web}\n", &["fields.yaml"])]
#[case("resources: ['URL/web.yaml', inner]\n", &["web.yaml", "a.json"])]
#[tokio::test]
async fn files_on_servers_are_taken_as_kustomize_takes_them(
    #[case] text: &str,
    #[case] names: &[&str],
) {
    if !present() {
        return;
    }
    let files = Files::start();
    let text = files.text(text);
    let shop = source(&[
        ("kustomization.yaml", &text),
        ("own.yaml", WEB),
        (
            "inner/kustomization.yaml",
            &files.text("resources: ['URL/a.json']\n"),
        ),
        (
            "patcher.yaml",
            &files.text("apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: URL/patch.yaml\n"),
        ),
    ]);
    let (message, hint) = refusal(&options(shop.path(), ""), |it| it).await;
    assert!(
        message.ends_with("a file on a server, which cannot be pinned"),
        "{message}"
    );
    assert!(hint.contains("`kustomizeAllow: urls`"), "{hint}");
    assert_eq!(files.server.requests(), []);

    let free = allowing(shop.path(), "", &ALL[2..]);
    let mut runs = Vec::new();
    for _ in 0..3 {
        let generated = build(&free, |tools| files.trusting(tools)).await.unwrap();
        let notes: Vec<_> = findings(&generated);
        for name in names {
            let got = digest(&files.server.body(name).unwrap());
            let note = format!(
                "`{}` is pinned by nothing; this run got {got}",
                files.tls.url(name)
            );
            assert!(
                notes.iter().any(|it| it.ends_with(&note)),
                "{note} is not in {notes:?}"
            );
        }
        runs.push(only(&generated));
    }
    assert!(runs[0] == runs[1] && runs[1] == runs[2]);
    // The three share what the run has fetched.
    assert_eq!(files.server.requests().len(), names.len());
    let requests = files.server.requests();
    assert!(requests.iter().all(|(_, given)| given.is_none()));
    let pem = files.authority.root_pem();
    if let Some(expected) = kustomize(shop.path(), Some(&pem)).await {
        assert_eq!(runs[0], expected);
    }
}

#[rstest]
#[case::plain(
    "resources: ['PLAIN/web.yaml']\n",
    "which would come without encryption"
)]
#[case::credentials(
    "resources: ['https://me:pat@contoso.invalid/web.yaml']\n",
    "is written with credentials"
)]
#[case::plugin("transformers: ['URL/namer.yaml']\n", "would run a program")]
#[case::plugin_in_a_folder("generators: [plugins]\n", "would run a program")]
#[case::component(
    "components: ['URL/web.yaml']\n",
    "a file on a server, which cannot be pinned"
)]
#[case::absent("resources: ['URL/absent.yaml']\n", "answered 404")]
#[case::page("resources: ['URL/page.yaml']\n", "is a web page, not a file")]
#[case::malformed(
    "resources: ['URL/malformed.yaml']\n",
    "/malformed.yaml` is malformed: "
)]
#[case::no_text(
    "resources: ['URL/binary.yaml']\n",
    "is malformed: it is not UTF-8 text"
)]
#[case::large(
    "resources: ['URL/large.yaml']\n",
    "answered with more than 16777216 bytes"
)]
#[case::sent_to_plain("resources: ['URL/moved.yaml']\n", "which is not followed")]
#[case::disk("resources: ['file:///etc/hosts']\n", "which leads out of")]
#[tokio::test]
async fn a_file_on_a_server_is_refused_where_it_may_not_be(#[case] text: &str, #[case] said: &str) {
    let files = Files::start();
    let server = &files.server;
    server.put(
        "namer.yaml",
        "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: x-\n",
    );
    server.answer("page.yaml", 200, &[("content-type", "text/html")], "<html>");
    server.put("malformed.yaml", "a: [\n");
    server.put("binary.yaml", [0xff, 0xfe, 0x00].as_slice());
    server.put("large.yaml", vec![b'#'; (16 << 20) + 1]);
    let to = server.url("web.yaml");
    server.answer("moved.yaml", 302, &[("location", &to)], "");
    let shop = source(&[
        ("kustomization.yaml", &files.text(text)),
        (
            "plugins/kustomization.yaml",
            &files.text("resources: ['URL/namer.yaml']\n"),
        ),
    ]);
    let free = allowing(shop.path(), "", &ALL);
    let (message, _) = refusal(&free, |tools| files.trusting(tools)).await;
    assert!(
        message.contains(said) && !message.contains("pat@"),
        "{message}"
    );
    assert!(message.contains("kustomization.yaml`, line 1"), "{message}");
}

#[tokio::test]
async fn a_file_on_a_server_comes_from_a_public_address_and_only_with_a_network() {
    let files = Files::start();
    let text = files.text("resources: ['URL/web.yaml']\n");
    let shop = source(&[("kustomization.yaml", &text)]);
    let free = allowing(shop.path(), "", &ALL);
    let public = |tools| files.trusting(tools).addresses(Addresses::Public);
    let (message, hint) = refusal(&free, public).await;
    assert!(message.contains("127.0.0.1 is not part of it"), "{message}");
    assert!(hint.contains("`allowPrivateAddresses`"), "{hint}");
    let error = generate::run(&offline(shop.path()), &free).await;
    let message = error.unwrap_err().to_string();
    assert!(
        message.ends_with("comes from the network, and nothing may be downloaded"),
        "{message}"
    );
    assert_eq!(files.server.requests(), []);
}

/// A checkout with these settings, and an overlay that names a file beside it.
fn workspace(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("shared/a.yaml", CONFIG)
        .write("dev/kustomization.yaml", "resources: [../shared/a.yaml]\n")
        .write(
            "gitops.yaml",
            &format!("source: dev\nmanifestRepo: ./m.git\n{settings}\nenvironments: {{dev: }}\n"),
        );
    workspace.git(&["init", "--quiet", "--bare", "m.git"]);
    workspace
}

#[rstest]
#[case("kustomizeAllow: [filesOutsideRoot, tags]")]
#[case("kustomizeAllow: filesOutsideRoot")]
fn the_setting_may_stand_in_the_file_of_a_pull_request(#[case] settings: &str) {
    let Ok(program) = tools(Path::new("")).find("kustomize") else {
        return;
    };
    let program = program.display().to_string();
    let workspace = workspace(settings);
    let manifests = workspace.path().join("m.git").display().to_string();
    let inputs = [
        ("command", "verify"),
        ("kustomize", program.as_str()),
        ("manifestRepo", manifests.as_str()),
    ];
    let ended = workspace
        .task(&inputs)
        .variable("BUILD_REASON", "PullRequest")
        .succeed();
    assert!(ended.stdout.contains("dev: 1 resource"), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_allowed_is_named() {
    let ended = workspace("kustomizeAllow: [everything]")
        .program(&["verify"])
        .fail();
    let said = &ended.stderr;
    assert!(
        said.contains("everything") && said.contains("filesOutsideRoot"),
        "{said}"
    );
}
