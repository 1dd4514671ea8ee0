//! Helm charts in overlays, through real helm where there is one.

use std::path::{Path, PathBuf};

use gitops_publisher::generate::{self, Generated, KUBE_VERSION, KustomizeOptions, Options};
use rstest::rstest;

use super::{only, options, present, refusal};
use crate::fabrikate::real_helm::helm;
use crate::fabrikate::{files_below, source, tools};
use crate::support::file_server::FileServer;

const CHART: [(&str, &str); 8] = [
    (
        "overlays/dev/kustomization.yaml",
        "resources: [../../base]\nhelmGlobals: {chartHome: ../../charts}\nhelmCharts:\n- name: web\n  releaseName: shop\n  namespace: shop\n  valuesFile: values.yaml\n",
    ),
    ("overlays/dev/values.yaml", "replicas: 3\n"),
    ("base/kustomization.yaml", "resources: [a.yaml]\n"),
    (
        "base/a.yaml",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    ),
    (
        "charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    ),
    ("charts/web/values.yaml", "replicas: 1\n"),
    (
        "charts/web/templates/all.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-web'}\ndata:\n  replicas: '{{ .Values.replicas }}'\n  kube: '{{ .Capabilities.KubeVersion.Version }}'\n  api: '{{ .Capabilities.APIVersions.Has \"contoso.com/v1\" }}'\n",
    ),
    (
        "charts/web/crds/shops.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: shops.contoso.com}\n",
    ),
];

/// What is told as long as it is not said which Kubernetes charts see.
fn unversioned(place: &str) -> String {
    format!(
        "{place}: `kubeVersion` is not set, so charts are rendered for Kubernetes {KUBE_VERSION}"
    )
}

async fn render(
    helm: PathBuf,
    folder: &Path,
    options: Options,
) -> Result<Generated, generate::Error> {
    let temp = tempfile::tempdir().unwrap();
    let before = files_below(folder);
    let generated = generate::run(&tools(temp.path()).helm(Some(helm)), &options).await;
    assert_eq!(files_below(folder), before, "the checkout is as it was");
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
    generated
}

#[tokio::test]
async fn a_chart_is_rendered_by_helm_and_nothing_is_written_in_the_checkout() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&CHART);
    let options = Options {
        kustomize: KustomizeOptions {
            kube_version: Some("1.29.0".to_owned()),
            api_versions: vec!["contoso.com/v1".to_owned()],
            ..KustomizeOptions::default()
        },
        ..options(shop.path(), "overlays/dev")
    };
    let generated = render(helm, shop.path(), options).await.unwrap();
    let text = only(&generated);
    for part in [
        "name: shop-web",
        "replicas: \"3\"",
        "kube: v1.29.0",
        "api: \"true\"",
        "name: a\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let found: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "kustomization.yaml:4: the CRDs of the chart `web` are left out: set `includeCRDs` to `true`, or to `false` if they are installed otherwise"
        ]
    );
}

#[rstest]
#[case("true", 1)]
#[case("false", 0)]
#[tokio::test]
async fn who_decides_about_crds_is_not_warned(#[case] include: &str, #[case] crds: usize) {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&CHART);
    let kustomization = format!("{}  includeCRDs: {include}\n", CHART[0].1);
    let path = shop.path().join("overlays/dev/kustomization.yaml");
    std::fs::write(path, kustomization).unwrap();
    let options = options(shop.path(), "overlays/dev");
    let generated = render(helm, shop.path(), options).await.unwrap();
    let text = only(&generated);
    assert_eq!(text.matches("CustomResourceDefinition").count(), crds);
    assert!(text.contains(&format!("kube: v{KUBE_VERSION}")), "{text}");
    let found: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    let folder = shop.path().join("overlays/dev");
    assert_eq!(found, [unversioned(&folder.display().to_string())]);
}

#[tokio::test]
async fn the_form_of_a_generator_is_understood_too() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&CHART);
    let folder = shop.path().join("overlays/dev");
    std::fs::write(
        folder.join("kustomization.yaml"),
        "generators: [web.yaml]\n",
    )
    .unwrap();
    std::fs::write(
        folder.join("web.yaml"),
        "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: web}\nname: web\nchartHome: ../../charts\nreleaseName: shop\nincludeCRDs: true\nkubeVersion: 1.28.0\nvaluesFile: values.yaml\nvaluesInline: {replicas: 5}\n",
    )
    .unwrap();
    let options = options(shop.path(), "overlays/dev");
    let generated = render(helm, shop.path(), options).await.unwrap();
    let text = only(&generated);
    assert!(text.contains("replicas: \"5\""), "{text}");
    assert!(text.contains("kube: v1.28.0"), "{text}");
    assert_eq!(generated.findings, []);
}

#[cfg(unix)]
#[tokio::test]
async fn a_base_behind_a_link_is_in_the_private_copy_too() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&CHART);
    let folder = shop.path().join("overlays/dev");
    std::os::unix::fs::symlink("../../base", folder.join("linked")).unwrap();
    let kustomization = CHART[0].1.replace("../../base", "linked");
    std::fs::write(folder.join("kustomization.yaml"), kustomization).unwrap();
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path()).helm(Some(helm));
    let generated = generate::run(&tools, &options(shop.path(), "overlays/dev")).await;
    assert!(only(&generated.unwrap()).contains("name: a\n"));
}

#[tokio::test]
async fn what_helm_says_is_quoted_without_the_private_folder() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&CHART);
    let template = shop.path().join("charts/web/templates/all.yaml");
    std::fs::write(template, "{{ fail \"no shop today\" }}\n").unwrap();
    let options = options(shop.path(), "overlays/dev");
    let error = render(helm, shop.path(), options).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.ends_with(
            "Error: execution error at (web/templates/all.yaml:1:3): no shop today: helm failed: exit status 1"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn a_chart_beside_the_overlay_needs_a_values_file_in_it() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let shop = source(&CHART);
    let kustomization = CHART[0].1.replace("  valuesFile: values.yaml\n", "");
    let kustomization = format!("commonLabels: {{a: b}}\n{kustomization}");
    let path = shop.path().join("overlays/dev/kustomization.yaml");
    std::fs::write(path, kustomization).unwrap();
    let options = options(shop.path(), "overlays/dev");
    let error = render(helm, shop.path(), options).await.unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    let message = error.to_string();
    assert!(
        message.ends_with("file '../../charts/web/values.yaml' is not in or below '.'"),
        "{message}"
    );
    assert!(!message.contains("deprecated"), "{message}");
    assert!(
        error.all_hints()[0].contains("a `valuesFile` in the folder"),
        "{:?}",
        error.all_hints()
    );
}

#[rstest]
#[case(
    "{name: web, repo: 'https://charts.contoso.com'}",
    "the chart `web` comes from a repository, and it has no version"
)]
#[case(
    "{name: web, repo: 'oci://contoso.azurecr.io/charts', version: '>=1.0.0'}",
    "the chart `web` comes from a repository, and its version `>=1.0.0` is not exact"
)]
#[case(
    "{name: web, repo: 'file:///srv', version: 1.0.0}",
    "the `repo` of the chart `web` is neither `https://` nor `oci://`"
)]
#[case(
    "{name: web, repo: 'https://me:pat@contoso.com/charts', version: 1.0.0}",
    "`https://contoso.com/charts` is written with credentials, and none are taken from a source"
)]
#[case(
    "{name: other}",
    "the chart `other` is not in `charts`, and has no `repo`"
)]
#[case(
    "{name: ../../etc}",
    "the name of a chart has characters that no chart's name has"
)]
#[case("{version: 1.0.0}", "a chart has no name")]
#[tokio::test]
async fn charts_that_cannot_be_had_the_same_twice_are_refused(
    #[case] chart: &str,
    #[case] reason: &str,
) {
    let shop = source(&[("kustomization.yaml", &format!("helmCharts:\n- {chart}\n"))]);
    let (message, _) = refusal(shop.path(), "").await;
    assert_eq!(message, format!("`kustomization.yaml`, line 2: {reason}"));
}

#[tokio::test]
async fn a_chart_of_a_repository_is_pulled_into_a_private_folder() {
    let Some(helm) = helm() else { return };
    if !present() {
        return;
    }
    let server = FileServer::start();
    let shop = source(&CHART);
    let packed = tempfile::tempdir().unwrap();
    let run = std::process::Command::new(&helm)
        .args(["package", "charts/web", "--destination"])
        .arg(packed.path())
        .current_dir(shop.path())
        .output()
        .unwrap();
    assert!(run.status.success());
    let archive = std::fs::read(packed.path().join("web-1.0.0.tgz")).unwrap();
    server.put("/web-1.0.0.tgz", archive);
    server.put(
        "/index.yaml",
        "apiVersion: v1\nentries:\n  web:\n  - {apiVersion: v2, name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}\n",
    );
    let url = server.url("");
    let dev = source(&[(
        "kustomization.yaml",
        &format!(
            "helmCharts:\n- {{name: web, repo: '{url}', version: 1.0.0, releaseName: shop}}\n"
        ),
    )]);
    let generated = render(helm, dev.path(), options(dev.path(), ""))
        .await
        .unwrap();
    assert!(only(&generated).contains("name: shop-web"));
    let found: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].starts_with("kustomization.yaml:2: the CRDs of the chart `web`"),
        "{found:?}"
    );
    assert!(server.requests().contains(&"/web-1.0.0.tgz".to_owned()));

    let tools = super::offline(dev.path());
    let (message, _) = super::refusal_by(&tools, dev.path(), "").await;
    assert_eq!(
        message,
        "`kustomization.yaml`, line 2: `web` comes from the network, and nothing may be downloaded"
    );
}

#[tokio::test]
async fn charts_outside_the_checkout_are_refused() {
    let shop = source(&[(
        "kustomization.yaml",
        "helmGlobals: {chartHome: ../../charts}\nhelmCharts:\n- name: web\n",
    )]);
    let (message, _) = refusal(shop.path(), "").await;
    assert!(
        message.starts_with(
            "`kustomization.yaml`, line 3: `chartHome` names `../../charts`, which leads out of"
        ),
        "{message}"
    );
}
