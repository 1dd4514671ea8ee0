//! From charts and manifests to the files of an environment, through real helm.

use crate::fabrikate::real_helm::helm;
use crate::support::program::{Program, Workspace};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
      - name: web
        image: "{{ .Values.image }}"
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
"#;

/// A chart, its values per environment with a token, and a plain manifest.
fn workspace(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("charts/web/Chart.yaml", CHART)
        .write("charts/web/values.yaml", "image: nginx:1.0\nreplicas: 1\n")
        .write("charts/web/templates/web.yaml", DEPLOYMENT)
        .write("config/dev.yaml", "replicas: 2\n")
        .write("config/prod.yaml", "replicas: #{replicas}#\n")
        .write(
            "plain/extra.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n",
        )
        .write("gitops.yaml", settings);
    workspace
}

/// `render` into `out` with real helm; `None` where there is none.
fn render(workspace: &Workspace) -> Option<Program> {
    let helm = helm()?;
    let helm = helm.to_str()?.to_owned();
    Some(workspace.program(&["render", "--output", "out", "--replace", "--helm", &helm]))
}

const SETTINGS: &str = "
kubeVersion: 1.31.0
namespace: shop
variables: {replicas: 5}
valuesFiles: ['config/{environment}.yaml']
sources:
- source: charts/web
- { source: charts/web, name: api, release: api, values: { image: contoso.azurecr.io/api:1 } }
- source: plain
images: [nginx=2.5]
environments:
  dev: { images: [nginx=2.5, contoso.azurecr.io/api=7] }
  prod: { layout: resource, proveDeterminism: true }
";

#[test]
fn releases_values_images_and_layout_come_together() {
    let workspace = workspace(SETTINGS);
    let Some(render) = render(&workspace) else {
        return;
    };
    let ended = render.succeed();
    insta::assert_snapshot!(ended.stderr, @r"
    dev: 5 resources in 5 files (helm+manifests)
    prod: 5 resources in 5 files (helm+manifests)
    ");
    insta::assert_snapshot!(workspace.read("out/dev/shop/deployment.apps_api.yaml"), @r"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: api
      namespace: shop
    spec:
      replicas: 2
      template:
        spec:
          containers:
          - image: contoso.azurecr.io/api:7
            name: web
    ");
    let web = workspace.read("out/prod/shop/deployment.apps_web.yaml");
    assert!(web.contains("image: nginx:2.5"), "{web}");
    assert!(web.contains("replicas: 5"), "{web}");
    assert_eq!(
        workspace.read("out/prod/shop/configmap_extra.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n  namespace: shop\n"
    );
}

#[test]
fn a_chart_that_renders_differently_each_time_is_found() {
    let workspace = workspace(
        "source: charts/web\nkubeVersion: 1.31.0\nproveDeterminism: true\nenvironments: { dev: {} }\n",
    );
    workspace.write(
        "charts/web/templates/secret.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seed}\ndata: {seed: {{ randAlpha 20 }}}\n",
    );
    let Some(render) = render(&workspace) else {
        return;
    };
    let ended = render.fail();
    assert!(
        ended.stderr.contains(
            "environment dev: source web: the source was rendered twice, and the results differ"
        ) && ended.stderr.contains("ConfigMap seed: data.seed is"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_image_that_is_nowhere_is_told() {
    let workspace = workspace("source: plain\nimages: [redis=7]\nenvironments: { dev: {} }\n");
    let ended = workspace.program(&["verify"]).succeed();
    assert!(ended.stderr.contains("redis"), "{}", ended.stderr);
}

#[test]
fn a_file_of_images_that_is_not_there_is_named() {
    let workspace =
        workspace("source: plain\nimageFiles: [built.json]\nenvironments: { dev: {} }\n");
    let ended = workspace.program(&["verify"]).fail();
    assert!(
        ended
            .stderr
            .contains("environment dev: cannot read the image file built.json"),
        "{}",
        ended.stderr
    );
}

#[rstest::rstest]
#[case(
    "toolChecksums: [helm=12]",
    "an item of `toolChecksums` is \"helm=12\""
)]
#[case("toolMirror: files", "`toolMirror` is not an http or https URL")]
#[case("images: ['a b']", "environment dev: ")]
#[case(
    "chart: oci://h/c\ngenerator: jsonnet",
    "environment dev: `chart` names a Helm chart, but `generator` is not `helm`"
)]
#[case(
    "values: [secret]",
    "environment dev: item 1, `secret`, of `values` in gitops.yaml, line 2 is not of the form `path=value`"
)]
fn settings_that_cannot_work_are_refused(#[case] settings: &str, #[case] said: &str) {
    let workspace = workspace(&format!(
        "source: plain\n{settings}\nenvironments: {{ dev: {{}} }}\n"
    ));
    let ended = workspace.program(&["verify"]).fail();
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[rstest::rstest]
#[case::a_file("programs/web/main.jsonnet")]
#[case::a_folder("programs/web")]
fn without_a_checkout_the_working_folder_confines_a_source(#[case] source: &str) {
    let workspace = Workspace::new();
    workspace.write("lib/name.libsonnet", "'web'").write(
        "programs/web/main.jsonnet",
        "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: import 'name.libsonnet' } }",
    );
    workspace
        .program(&[
            "verify",
            "--source",
            source,
            "--jsonnet-paths",
            "lib",
            "--environments",
            "dev",
        ])
        .succeed();
}

/// One file of plain manifests, rendered for one version of Kubernetes.
fn plain(file: &str, text: &str) -> (Workspace, Program) {
    let workspace = Workspace::new();
    workspace.write(&format!("plain/{file}"), text).write(
        "gitops.yaml",
        "kubeVersion: 1.37.0\nsource: plain\nenvironments:\n  dev:\n",
    );
    let program = workspace.program(&["render", "--output", "out"]);
    (workspace, program)
}

#[test]
fn an_api_that_the_version_does_not_serve_is_a_warning_whatever_made_it() {
    let text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\n";
    let (_workspace, render) = plain("pdb.yaml", text);
    let ended = render.succeed();
    assert!(
        ended.stderr.contains("pdb.yaml, line 1: policy/v1beta1 PodDisruptionBudget web: Kubernetes 1.37 does not serve policy/v1beta1 PodDisruptionBudget: it was removed in 1.25; use policy/v1"),
        "{}",
        ended.stderr
    );
}

#[rstest::rstest]
#[case(
    "con/a.yaml",
    "a",
    "`con/a.yaml`, which Windows cannot check out: `con` is the name of a device there"
)]
#[case(
    "com1.yaml",
    "a",
    "`com1.yaml`, which Windows cannot check out: `com1.yaml` is the name of a device there"
)]
#[case(
    "a.yaml",
    "1",
    "`a.yaml`, line 4: ConfigMap 1: `metadata.name` is a number, but has to be a string: quote it"
)]
#[case(
    "a.yaml",
    "a\n  namespace: yes",
    "`a.yaml`, line 5: ConfigMap yes/a: `metadata.namespace` is a boolean, but has to be a string: quote it"
)]
#[case(
    "a.yaml",
    "a\ndata:\n  port: 80",
    "`a.yaml`, line 6: ConfigMap a: `data.port` is a number, but has to be a string: quote it"
)]
fn what_no_cluster_or_checkout_takes_stops_the_run(
    #[case] file: &str,
    #[case] name: &str,
    #[case] said: &str,
) {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    let (_workspace, render) = plain(file, &text);
    let ended = render.fail();
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

/// What a pipeline puts into a values file reaches the manifest as it was written,
/// through helm's own reading of numbers.
#[rstest::rstest]
#[case("87940363")]
#[case("706798e8")]
#[case("1e3")]
#[case("0123")]
#[case("1.10")]
#[case("12345678901234567890")]
#[case("true")]
#[case("no")]
#[case("null")]
#[case("~")]
#[case("2026-11-28")]
#[case("0x1F")]
#[case("a: b # c")]
fn a_value_of_a_token_goes_through_real_helm_as_it_is(#[case] value: &str) {
    let Some(helm) = helm() else { return };
    let helm = helm.to_str().unwrap();
    let workspace = Workspace::new();
    workspace
        .write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
        .write("web/values.yaml", "image: {tag: #{tag}#}\n")
        .write(
            "web/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {tag: {{ .Values.image.tag | quote }}}\n",
        )
        .write(
            "gitops.yaml",
            "source: web\nenvironments: {dev: }\n",
        );
    let ended = workspace
        .program(&["render", "--output", "out", "--helm", helm])
        .variable("TF_BUILD", "True")
        .variable("VSTS_PUBLIC_VARIABLES", r#"["tag"]"#)
        .variable("TAG", value)
        .succeed();
    let text = workspace.read("out/dev/_cluster/configmap_web.yaml");
    assert!(
        [format!("tag: \"{value}\""), format!("tag: '{value}'")]
            .iter()
            .any(|written| text.contains(written)),
        "{text}\n{}",
        ended.stderr
    );
}
