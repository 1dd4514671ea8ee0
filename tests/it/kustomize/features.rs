//! What overlays can do, and what is told about them.

use gitops_publisher::generate::{self, Kind, KustomizeOptions, Options};
use gitops_publisher::text::yaml::Value;
use gitops_publisher::tools::Tools;

use super::{documents, only, options, present, run, text};
use crate::fabrikate::source;
use crate::support::git_server::GitServer;

/// A base and an overlay with everything that overlays are used for.
const SHOP: [(&str, &str); 9] = [
    (
        "base/kustomization.yaml",
        "resources: [web.yaml]\nlabels:\n- {pairs: {app: web}, includeSelectors: true}\n",
    ),
    (
        "base/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: web, image: contoso/web, envFrom: [{configMapRef: {name: settings}}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
    ),
    (
        "components/debug/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- path: debug.yaml\n",
    ),
    (
        "components/debug/debug.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: web, args: [--debug]}\n",
    ),
    (
        "overlays/dev/kustomization.yaml",
        "namespace: shop\nnamePrefix: dev-\nresources: [../../base]\ncomponents: [../../components/debug]\nimages: [{name: contoso/web, newName: contoso.azurecr.io/web, newTag: '42'}]\nconfigMapGenerator:\n- name: settings\n  literals: [level=debug]\n  files: [app.ini=files/app.ini]\n  envs: [files/defaults.properties]\nsecretGenerator:\n- {name: keys, literals: [key=value], options: {disableNameSuffixHash: true}}\npatches:\n- target: {kind: Deployment}\n  patch: |\n    - {op: add, path: /spec/replicas, value: 2}\nreplacements:\n- source: {kind: Deployment, fieldPath: metadata.name}\n  targets: [{select: {kind: Service}, fieldPaths: [metadata.annotations.of], options: {create: true}}]\n",
    ),
    ("overlays/dev/files/app.ini", "[app]\n"),
    ("overlays/dev/files/defaults.properties", "region=eu\n"),
    ("overlays/dev/unused.yaml", "not: looked at\n"),
    (
        "overlays/old/kustomization.yaml",
        "resources: [../../base]\ncommonLabels: {tier: web}\n",
    ),
];

fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().fold(value, |value, key| match value {
        Value::List(items) => &items[key.parse::<usize>().unwrap()],
        value => value.get(key).unwrap_or_else(|| panic!("no {key}")),
    })
}

fn string(value: &Value) -> &str {
    match value {
        Value::Str(text) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_overlay_comes_out_as_kustomize_builds_it() {
    if !present() {
        return;
    }
    let shop = source(&SHOP);
    let all = documents(&text(shop.path(), "overlays/dev").await);
    let of = |kind: &str| {
        let mut found = all
            .iter()
            .filter(|document| string(at(document, &["kind"])) == kind);
        found.next().unwrap_or_else(|| panic!("no {kind}"))
    };
    let settings = string(at(of("ConfigMap"), &["metadata", "name"]));
    let hash = settings.strip_prefix("dev-settings-").unwrap();
    assert_eq!(hash.len(), 10, "{settings}");
    assert_eq!(string(at(of("ConfigMap"), &["data", "region"])), "eu");
    assert_eq!(string(at(of("ConfigMap"), &["data", "app.ini"])), "[app]\n");
    assert_eq!(string(at(of("Secret"), &["metadata", "name"])), "dev-keys");

    let web = of("Deployment");
    assert_eq!(string(at(web, &["metadata", "namespace"])), "shop");
    assert_eq!(at(web, &["spec", "replicas"]), &Value::Int(2));
    let container = at(web, &["spec", "template", "spec", "containers", "0"]);
    assert_eq!(
        string(at(container, &["image"])),
        "contoso.azurecr.io/web:42"
    );
    assert_eq!(string(at(container, &["args", "0"])), "--debug");
    assert_eq!(
        string(at(container, &["envFrom", "0", "configMapRef", "name"])),
        settings
    );
    assert_eq!(
        string(at(of("Service"), &["metadata", "annotations", "of"])),
        "dev-web"
    );
}

#[tokio::test]
async fn deprecated_fields_are_findings_of_the_overlay() {
    if !present() {
        return;
    }
    let shop = source(&SHOP);
    let generated = run(&options(shop.path(), "overlays/old")).await.unwrap();
    let found: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("overlays/old: kustomize: 'commonLabels' is deprecated."),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_whole_tree_can_be_the_source_of_one_overlay_in_it() {
    if !present() {
        return;
    }
    let shop = source(&SHOP);
    let whole = Options {
        kustomize: KustomizeOptions {
            overlay: Some("overlays/dev".to_owned()),
            ..KustomizeOptions::default()
        },
        ..options(shop.path(), "")
    };
    let generated = run(&whole).await.unwrap();
    assert_eq!(only(&generated), text(shop.path(), "overlays/dev").await);
}

#[cfg(unix)]
#[tokio::test]
async fn an_overlay_in_a_copy_that_links_to_the_checkout_finds_its_base() {
    if !present() {
        return;
    }
    let shop = source(&SHOP);
    // As tokens are replaced: the overlay is copied, what is beside it linked.
    let copy = tempfile::tempdir().unwrap();
    for linked in ["base", "components"] {
        std::os::unix::fs::symlink(shop.path().join(linked), copy.path().join(linked)).unwrap();
    }
    let overlay = copy.path().join("overlays/dev");
    std::fs::create_dir_all(&overlay).unwrap();
    let kustomization = SHOP[4].1.replace("debug]\n  files", "copied]\n  files");
    std::fs::write(overlay.join("kustomization.yaml"), kustomization).unwrap();
    std::fs::create_dir(overlay.join("files")).unwrap();
    for name in ["files/app.ini", "files/defaults.properties"] {
        let from = shop.path().join("overlays/dev").join(name);
        std::fs::copy(from, overlay.join(name)).unwrap();
    }
    let options = Options {
        original: Some("overlays/dev".into()),
        linked: Some(shop.path().to_path_buf()),
        ..options(copy.path(), "overlays/dev")
    };
    let generated = run(&options).await.unwrap();
    assert!(only(&generated).contains("level: copied"));
}

#[tokio::test]
async fn a_base_that_is_pinned_to_a_commit_is_fetched() {
    if !present() {
        return;
    }
    let server = GitServer::start();
    let repository = server.create("web.git");
    let files = [
        ("base/kustomization.yaml", "100644", "resources: [a.yaml]\n"),
        (
            "base/a.yaml",
            "100644",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: from-git}}\n",
        ),
    ];
    let commit = repository.commit("main", "a base", &files);
    repository.commit("main", "later", &[("base/a.yaml", "delete", "")]);
    let entry = format!("{}//base?ref={commit}", server.url("web.git"));
    let shop = source(&[("kustomization.yaml", &format!("resources: ['{entry}']\n"))]);
    assert!(text(shop.path(), "").await.contains("name: from-git"));
}

#[tokio::test]
async fn what_kustomize_says_is_quoted_as_seen_from_the_source() {
    if !present() {
        return;
    }
    let shop = source(&[
        ("base/kustomization.yaml", "resources: [a.yaml, b.yaml]\n"),
        (
            "base/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
        ),
        (
            "base/b.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
        ),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
    ]);
    let error = run(&options(shop.path(), "dev")).await.unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    let message = error.to_string();
    assert!(
        message.starts_with("kustomize could not build"),
        "{message}"
    );
    assert!(
        message.contains("from '../base'") || message.contains("'../base"),
        "{message}"
    );
    assert!(
        !message.contains(&format!("{}/base", shop.path().display())),
        "{message}"
    );
    assert!(
        error.all_hints()[0].contains("two places"),
        "{:?}",
        error.all_hints()
    );
}

#[tokio::test]
async fn a_component_alone_says_where_it_belongs() {
    if !present() {
        return;
    }
    let shop = source(&SHOP);
    let error = run(&options(shop.path(), "components/debug")).await;
    let error = gitops_publisher::error::Error::from(error.unwrap_err());
    assert!(
        error.all_hints()[0].contains("cannot be built alone"),
        "{error} {:?}",
        error.all_hints()
    );
}

#[tokio::test]
async fn without_any_program_it_is_said_which_one_to_install() {
    let shop = source(&SHOP);
    let temp = tempfile::tempdir().unwrap();
    let tools = Tools::new("", temp.path());
    let error = generate::run(&tools, &options(shop.path(), "overlays/dev")).await;
    let error = gitops_publisher::error::Error::from(error.unwrap_err());
    assert_eq!(error.to_string(), "`kustomize` was not found on PATH");
    assert!(error.all_hints()[0].contains("install Kustomize 5"));
}

#[cfg(unix)]
#[tokio::test]
async fn kustomize_comes_before_kubectl_and_is_given_nothing_that_runs_programs() {
    use super::super::fabrikate::script;
    let shop = source(&SHOP);
    let temp = tempfile::tempdir().unwrap();
    let bin = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "kustomize",
            "echo 'said: {by: kustomize}'; echo \"args: $*\"",
        ),
        ("kubectl", "echo 'said: {by: kubectl}'; echo \"args: $*\""),
    ] {
        let made = script(bin.path(), text);
        std::fs::rename(made, bin.path().join(name)).unwrap();
        let tools = Tools::new(bin.path(), temp.path());
        let generated = generate::run(&tools, &options(shop.path(), "overlays/dev")).await;
        let said = only(&generated.unwrap());
        assert!(said.contains(&format!("by: {name}")), "{said}");
        let verb = if name == "kubectl" {
            "kustomize"
        } else {
            "build"
        };
        let copy = format!("args: {verb} /");
        let rest = "/overlays/dev --load-restrictor LoadRestrictionsRootOnly\n";
        assert!(
            said.contains(&copy) && said.contains("/gitops-publisher-"),
            "{said}"
        );
        assert!(said.ends_with(rest), "{said}");
        std::fs::remove_file(bin.path().join(name)).unwrap();
    }
}

#[test]
fn a_folder_with_a_kustomization_is_recognised() {
    for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
        let folder = source(&[(name, "resources: []\n"), ("main.jsonnet", "{}")]);
        assert_eq!(crate::confined::detect(folder.path()), Kind::Kustomize);
    }
    let both = source(&[
        ("kustomization.yaml", "resources: []\n"),
        ("component.yaml", "name: x\n"),
    ]);
    assert_eq!(crate::confined::detect(both.path()), Kind::Fabrikate);
}

#[tokio::test]
async fn a_base_from_elsewhere_is_checked_as_the_source_is() {
    let server = GitServer::start();
    let repository = server.create("web.git");
    let hostile = [
        (
            "resources: [../..]\n",
            "`resources` names `../..`, which leads out of `",
        ),
        (
            "Resources: [x]\n",
            "unknown field `Resources` in a kustomization",
        ),
        (
            "resources: ['https://github.com/contoso/web?ref=main']\n",
            "which comes from elsewhere and is not pinned to a commit",
        ),
        ("helmGlobals: {configHome: x}\n", "would run a program"),
        (
            "generators: [x.yaml]\n",
            "the plugin `Sealer` would run a program",
        ),
    ];
    for (text, reason) in hostile {
        let plugin = "apiVersion: contoso.com/v1\nkind: Sealer\nmetadata: {name: x}\n";
        let files = [
            ("base/kustomization.yaml", "100644", text),
            ("base/x.yaml", "100644", plugin),
        ];
        let commit = repository.commit("main", "a base", &files);
        let address = server.url("web.git");
        let entry = format!("resources: ['{address}//base?ref={commit}']\n");
        let shop = source(&[("kustomization.yaml", &entry)]);
        let error = run(&options(shop.path(), "")).await.unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("`{address}//base/")) && message.contains(reason),
            "{message}"
        );
    }
}
