//! What a chart is given, and what becomes of what it renders to.

use super::*;
use gitops_publisher::generate::{Keep, Policy};

#[tokio::test]
async fn a_folder_with_a_chart_is_recognised_and_each_template_has_a_file() {
    let Some(helm) = helm() else { return };
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
    let db = "apiVersion: v2\nname: db\nversion: 0.1.0\n";
    let folder = source(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "tag: v1\n"),
        (
            "templates/a.yaml",
            &format!("# why\n{CONFIG}---\n{service}"),
        ),
        (
            "templates/b.yaml",
            "{{ if .Values.b }}\na: 1\n{{ end }}\n# nothing else\n",
        ),
        ("templates/NOTES.txt", "hello"),
        ("crds/c.yaml", "# one\na: 1\n---\na: 2\n"),
        ("charts/db/Chart.yaml", db),
        ("charts/db/templates/s.yaml", service),
    ]);
    assert_eq!(crate::confined::detect(folder.path()), Kind::Helm);
    let files = files(&helm, &options(folder.path())).await;
    let config =
        "# why\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  tag: \"v1\"\n";
    let expected = [
        ("web/charts/db/templates/s.yaml", service.to_owned()),
        ("web/crds/c.yaml", "# one\na: 1\n---\na: 2\n".to_owned()),
        ("web/templates/a.yaml", format!("{config}---\n{service}")),
    ];
    assert_eq!(files, expected.map(|(path, text)| (path.to_owned(), text)));
}

#[tokio::test]
async fn values_files_are_layered_and_settings_stand_on_top() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        ("Chart.yaml", CHART),
        (
            "values.yaml",
            "a: chart\nb: chart\nc: chart\nd: chart\ne: chart\n",
        ),
        (
            "templates/a.yaml",
            "v: {{ .Values.a }} {{ .Values.b }} {{ .Values.c }} {{ .Values.d }} {{ .Values.e }}\n",
        ),
        (
            "config/common.yaml",
            "b: common\nc: common\nd: common\ne: common\n",
        ),
        ("config/prod.yaml", "c: prod\nd: prod\ne: prod\n"),
    ]);
    let mut options = options(folder.path());
    options.helm.values_files = vec![
        folder.path().join("config/common.yaml").into(),
        folder.path().join("config/prod.yaml").into(),
    ];
    let map = serde_json::json!({"d": "map", "e": "map"});
    options.helm.values = map.as_object().unwrap().clone();
    options.helm.set = vec![("e".to_owned(), "line, with {commas}".to_owned())];
    assert_eq!(
        files(&helm, &options).await[0].1,
        "v: chart common prod map line, with {commas}\n"
    );
}

#[tokio::test]
async fn a_values_file_may_have_any_name() {
    let Some(helm) = helm() else { return };
    let folder = source(&[("Chart.yaml", CHART), ("templates/a.yaml", CONFIG)]);
    let mut options = options(folder.path());
    let names = if cfg!(unix) {
        &["a, b.yaml", "a \"b\".yaml"][..]
    } else {
        &["a, b.yaml"]
    };
    for name in names {
        let file = folder.path().join(name);
        std::fs::write(&file, "tag: v3\n").unwrap();
        options.helm.values_files = vec![file.into()];
        let files = files(&helm, &options).await;
        assert!(files[0].1.contains("tag: \"v3\""), "{name}: {files:?}");
    }
}

#[tokio::test]
async fn numbers_in_settings_print_as_they_were_written() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        ("Chart.yaml", CHART),
        (
            "templates/a.yaml",
            "plain: {{ .Values.uid }} {{ .Values.mode }} {{ .Values.list | first }}\nyaml:\n  {{- toYaml .Values | nindent 2 }}\n",
        ),
    ]);
    let mut options = options(folder.path());
    let map = serde_json::json!({"uid": 1_000_650_000, "list": [12_345_678]});
    options.helm.values = map.as_object().unwrap().clone();
    options.helm.set = vec![
        ("mode".to_owned(), "0755".to_owned()),
        ("big".to_owned(), "9007199254740993".to_owned()),
    ];
    let files = files(&helm, &options).await;
    assert_eq!(
        files[0].1,
        "plain: 1000650000 0755 12345678\nyaml:\n  big: 9007199254740993\n  list:\n  - 12345678\n  mode: \"0755\"\n  uid: 1000650000\n"
    );
}

#[tokio::test]
async fn the_namespace_is_written_into_what_belongs_to_one() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        ("Chart.yaml", CHART),
        ("templates/a.yaml", CONFIG),
        (
            "templates/b.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {{ .Release.Namespace }}\n",
        ),
    ]);
    let mut options = options(folder.path());
    options.helm.namespace = Some("shop".to_owned());
    options.helm.release = Some("front".to_owned());
    let found = files(&helm, &options).await;
    assert!(
        found[0]
            .1
            .contains("metadata:\n  namespace: shop\n  name: front\n"),
        "{found:?}"
    );
    assert_eq!(
        found[1].1,
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
    );

    // Without one, the chart sees helm's default and its output stays.
    options.helm.namespace = None;
    let found = files(&helm, &options).await;
    assert!(!found[0].1.contains("namespace:"), "{found:?}");
    assert!(found[1].1.contains("name: default"), "{found:?}");

    // What the chart itself puts there is told.
    let folder = source(&[
        ("Chart.yaml", CHART),
        (
            "templates/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: {{ .Release.Namespace }}\n",
        ),
    ]);
    let generated = run(&helm, &self::options(folder.path())).await.unwrap();
    let told = findings(&generated);
    assert!(
        told[0]
            .ends_with("`namespace` is not set: 1 of its resources are in the namespace `default`"),
        "{told:?}"
    );
}

#[tokio::test]
async fn crds_hooks_and_tests_are_kept_or_dropped() {
    let Some(helm) = helm() else { return };
    let hook = |event: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {event}\n  annotations:\n    helm.sh/hook: {event}\n"
        )
    };
    let folder = source(&[
        ("Chart.yaml", CHART),
        ("templates/a.yaml", CONFIG),
        ("templates/hook.yaml", &hook("pre-install")),
        ("templates/tests/t.yaml", &hook("test")),
        ("crds/c.yaml", "a: 1\n"),
    ]);
    let all = |crds, hooks, tests| {
        let mut options = options(folder.path());
        options.helm.include_crds = crds;
        options.helm.hooks = hooks;
        options.helm.tests = tests;
        let helm = helm.clone();
        async move {
            let files = files(&helm, &options).await;
            let names = files
                .iter()
                .map(|(path, _)| path.rsplit('/').next().unwrap());
            names.collect::<Vec<_>>().join(" ")
        }
    };
    let (keep, drop) = (Keep::Keep, Keep::Drop);
    assert_eq!(all(true, keep, drop).await, "c.yaml a.yaml hook.yaml");
    assert_eq!(
        all(true, keep, keep).await,
        "c.yaml a.yaml hook.yaml t.yaml"
    );
    assert_eq!(all(false, drop, drop).await, "a.yaml");
    assert_eq!(all(false, drop, keep).await, "a.yaml t.yaml");
}

#[tokio::test]
async fn the_chart_sees_the_named_kubernetes_and_a_default_is_told() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        ("Chart.yaml", CHART),
        (
            "templates/a.yaml",
            "kube: {{ .Capabilities.KubeVersion.Version }}\nmonitors: {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" }}\n",
        ),
    ]);
    let mut options = options(folder.path());
    options.helm.kube_version = Some("1.29.4".to_owned());
    options.helm.api_versions = vec!["monitoring.coreos.com/v1".to_owned()];
    assert_eq!(
        files(&helm, &options).await[0].1,
        "kube: v1.29.4\nmonitors: true\n"
    );

    options.helm.kube_version = None;
    options.helm.api_versions = Vec::new();
    let generated = run(&helm, &options).await.unwrap();
    assert_eq!(
        findings(&generated),
        [format!(
            "{}: `kubeVersion` is not set, so the chart is rendered for Kubernetes 1.37.0",
            folder.path().display()
        )]
    );
    assert_eq!(shown(&generated)[0].1, "kube: v1.37.0\nmonitors: false\n");
}

#[tokio::test]
async fn windows_line_ends_become_those_of_everybody_else() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        ("Chart.yaml", CHART),
        ("templates/a.yaml", &CONFIG.replace('\n', "\r\n")),
    ]);
    let mut options = options(folder.path());
    options.helm.namespace = Some("shop".to_owned());
    let files = files(&helm, &options).await;
    assert!(!files[0].1.contains('\r'), "{files:?}");
    assert!(files[0].1.contains("\n  namespace: shop\n"), "{files:?}");
}

#[tokio::test]
async fn what_helm_warns_of_is_a_finding() {
    let Some(helm) = helm() else { return };
    let folder = source(&[
        ("Chart.yaml", CHART),
        (
            "templates/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: crd-install\n",
        ),
        ("templates/b.yaml", "b: 1\n"),
    ]);
    let generated = run(&helm, &options(folder.path())).await.unwrap();
    assert_eq!(paths(&shown(&generated)), ["web/templates/b.yaml"]);
    let findings = findings(&generated).join("\n");
    let said = if is_helm_3(&helm) {
        "helm: info: skipping unknown hook: \"crd-install\""
    } else {
        "helm: skipping unknown hooks hookTypes=crd-install"
    };
    assert!(findings.ends_with(said), "{findings}");
}

#[tokio::test]
async fn a_chart_without_documents_is_an_error_unless_that_is_allowed() {
    let Some(helm) = helm() else { return };
    let folder = source(&[("Chart.yaml", CHART), ("templates/a.yaml", "# none\n")]);
    let mut options = options(folder.path());
    let (message, hints) = refused(&helm, &options).await;
    assert!(message.ends_with("yields no document"), "{message}");
    assert!(hints[0].contains("allowEmptyCharts"), "{hints:?}");
    options.empty_chart = Policy::Warn;
    let generated = run(&helm, &options).await.unwrap();
    assert_eq!(generated.files.len(), 0);
    assert!(findings(&generated)[0].ends_with("yields no document"));
}

#[tokio::test]
async fn calls_that_differ_every_time_are_found() {
    let folder = source(&[
        ("Chart.yaml", CHART),
        ("templates/a.yaml", "a: 1\nb: {{ randAlphaNum 5 }}\n"),
    ]);
    let calls = generate::nondeterministic_calls(folder.path());
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].file, "templates/a.yaml");
    assert_eq!((calls[0].line, calls[0].function), (2, "randAlphaNum"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_sees_the_kinds_that_its_version_of_kubernetes_serves() {
    let Some(helm) = helm() else { return };
    let asked = [
        "policy/v1/PodDisruptionBudget",
        "policy/v1beta1/PodDisruptionBudget",
        "networking.k8s.io/v1/Ingress",
        "v1/Secret",
        "autoscaling/v2beta2/HorizontalPodAutoscaler",
        "resource.k8s.io/v1/ResourceClaim",
        "monitoring.coreos.com/v1/ServiceMonitor",
    ];
    let lines = asked.map(|api| format!("{{{{ .Capabilities.APIVersions.Has {api:?} }}}}\n"));
    let chart = source(&[
        ("Chart.yaml", CHART),
        (
            "templates/a.yaml",
            &format!("has: |\n  {}", lines.join("  ")),
        ),
    ]);
    let mut options = options(chart.path());
    for (version, expected) in [
        ("1.37.0", [true, false, true, true, false, true, false]),
        ("1.31.0", [true, false, true, true, false, false, false]),
        ("1.24.0", [true, true, true, true, true, false, false]),
        ("1.18.0", [false, true, false, true, true, false, false]),
    ] {
        options.helm.kube_version = Some(version.to_owned());
        let expected = expected.map(|has| format!("  {has}\n")).concat();
        assert_eq!(
            files(&helm, &options).await[0].1,
            format!("has: |\n{expected}"),
            "{version}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_helm_passes_over_in_a_values_file_is_told() {
    let Some(helm) = helm() else { return };
    let chart = source(&[
        ("Chart.yaml", CHART),
        ("templates/a.yaml", CONFIG),
        ("values/prod.yaml", "tag: a\ntag: b\n---\ntag: c\n"),
    ]);
    let mut options = options(chart.path());
    let file = chart.path().join("values/prod.yaml");
    options.helm.values_files = vec![file.clone().into()];
    let generated = run(&helm, &options).await.unwrap();
    let tag = if is_helm_3(&helm) { "b" } else { "c" };
    assert!(shown(&generated)[0].1.contains(&format!("tag: \"{tag}\"")));
    let file = file.display();
    assert_eq!(
        findings(&generated),
        [
            format!(
                "{file}, line 2: the key `tag` is in the same map as another one in line 1: helm takes the last one"
            ),
            format!(
                "{file}, line 4: a values file with several documents: Helm 3 ignores this one, Helm 4 puts it on top of the first; give it a file of its own"
            ),
        ]
    );
}
