//! Every way in which a chart can fail, and what is said about it.

use super::*;

async fn failing(files: &[(&str, &str)], change: impl FnOnce(&mut Options)) -> Option<String> {
    let helm = helm()?;
    let mut all = vec![("Chart.yaml", CHART), ("templates/a.yaml", CONFIG)];
    all.extend(files);
    let folder = source(&all);
    let mut options = options(folder.path());
    change(&mut options);
    let (message, hints) = refused(&helm, &options).await;
    let temp = std::env::temp_dir();
    assert!(
        !message.contains("gitops-"),
        "a private path is shown below {}: {message}",
        temp.display()
    );
    let mut message = message.replace(&folder.path().display().to_string(), "CHART");
    for hint in hints {
        message.push_str("\nhint: ");
        message.push_str(&hint);
    }
    Some(message)
}

#[tokio::test]
async fn a_template_that_fails_is_named_with_its_line() {
    let files = [(
        "templates/b.yaml",
        "a: 1\nb: {{ required \"an image is needed\" .Values.image }}\n",
    )];
    let Some(message) = failing(&files, |_| {}).await else {
        return;
    };
    insta::assert_snapshot!(message, @"the template `templates/b.yaml`, line 2, failed: an image is needed");
}

#[tokio::test]
async fn the_innermost_template_comes_first() {
    let files = [
        ("templates/b.yaml", "a: 1\nb: {{ include \"h\" . }}\n"),
        (
            "templates/_h.tpl",
            "{{ define \"h\" }}\n{{ .Values.a.b.c }}{{ end }}",
        ),
    ];
    let Some(message) = failing(&files, |_| {}).await else {
        return;
    };
    insta::assert_snapshot!(message, @r#"
    the template `templates/_h.tpl`, line 2, failed: executing "h" at <.Values.a.b.c>: nil pointer evaluating interface {}.b
      called from templates/b.yaml:2
    hint: a value that the template takes for granted is missing: give it in `valuesFiles` or `values`
    "#);
}

#[tokio::test]
async fn a_template_that_cannot_be_read_or_is_no_yaml_is_named() {
    let Some(message) = failing(&[("templates/b.yaml", "\n{{ if }}")], |_| {}).await else {
        return;
    };
    insta::assert_snapshot!(message, @"the template `templates/b.yaml`, line 2, failed: missing value for if");
    let message = failing(&[("templates/b.yaml", "a: b: c\n")], |_| {}).await;
    insta::assert_snapshot!(message.unwrap(), @"
    the template `templates/b.yaml` failed: it does not render to YAML: mapping values are not allowed in this context
    hint: look for wrong indentation (`nindent`), a missing `quote`, or a value that is empty; `helm template --debug` shows the rendered text
    ");
}

#[tokio::test]
async fn values_that_the_schema_refuses_are_named_by_path() {
    let schema = r#"{"type": "object", "required": ["tag"], "properties": {"image": {"type": "object", "properties": {"port": {"type": "integer"}}}}}"#;
    let set = |options: &mut Options| {
        options.helm.set = vec![("image.port".to_owned(), "http".to_owned())];
    };
    let Some(message) = failing(&[("values.schema.json", schema)], set).await else {
        return;
    };
    assert!(
        message.starts_with("the values do not fit the schema of the chart:\n"),
        "{message}"
    );
    assert!(message.contains("`image.port`: "), "{message}");
    assert!(message.contains("tag"), "{message}");
    assert!(message.ends_with("hint: the schema is values.schema.json in the chart"));
}

#[tokio::test]
async fn a_chart_for_another_kubernetes_says_what_to_set() {
    let chart = format!("{CHART}kubeVersion: '>=1.40.0'\n");
    let Some(message) = failing(&[("Chart.yaml", &chart)], |_| {}).await else {
        return;
    };
    assert!(
        message.contains("chart requires kubeVersion: >=1.40.0"),
        "{message}"
    );
    assert!(message.ends_with("hint: set `kubeVersion` to the version of the cluster"));
}

#[tokio::test]
async fn values_files_are_shown_as_they_were_named() {
    let Some(message) = failing(&[("bad.yaml", "a: [\n")], |options| {
        options.helm.values_files = vec![options.source.join("bad.yaml").into()];
    })
    .await
    else {
        return;
    };
    assert!(
        message.starts_with("the values file `CHART/bad.yaml` is malformed, line 1"),
        "{message}"
    );
    let message = failing(&[], |options| {
        options.helm.values_files = vec![options.source.join("nowhere/prod.yaml").into()];
    });
    insta::assert_snapshot!(message.await.unwrap(), @"
    the values file `CHART/nowhere/prod.yaml` does not exist
    hint: check `valuesFiles`; in gitops.yaml, paths are relative to that file
    ");
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_outside_of_the_checkout_is_read() {
    let Some(helm) = helm() else { return };
    let outside = source(&[("secret.yaml", "tag: secret\n")]);
    let secret = outside.path().join("secret.yaml");
    let folder = source(&[("Chart.yaml", CHART), ("templates/a.yaml", CONFIG)]);
    let mut options = options(folder.path());
    options.helm.values_files = vec![secret.clone().into()];
    let (message, _) = refused(&helm, &options).await;
    assert!(message.contains("leads out of"), "{message}");

    options.helm.values_files = Vec::new();
    std::os::unix::fs::symlink(&secret, folder.path().join("templates/s.yaml")).unwrap();
    let (message, _) = refused(&helm, &options).await;
    assert!(
        message.starts_with("`templates/s.yaml` leads out of"),
        "{message}"
    );
}

#[tokio::test]
async fn a_source_that_is_no_chart_and_a_missing_helm_say_what_to_do() {
    let folder = source(&[("README.md", "")]);
    let nowhere = Path::new("/nowhere/helm");
    let (message, hints) = refused(nowhere, &options(folder.path())).await;
    assert!(
        message.starts_with("there is no Chart.yaml in `"),
        "{message}"
    );
    assert!(hints[0].contains("`source`"), "{hints:?}");

    let folder = source(&[("Chart.yaml", CHART), ("templates/a.yaml", CONFIG)]);
    let temp = tempfile::tempdir().unwrap();
    let tools = gitops_publisher::tools::Tools::new("/nowhere", temp.path());
    let error = generate::run(&tools, &options(folder.path()))
        .await
        .unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    assert_eq!(error.to_string(), "`helm` was not found on PATH");
    assert!(error.all_hints()[0].contains("install Helm"));
}

#[rstest::rstest]
#[case(|helm: &mut HelmOptions| helm.release = Some("Web".into()), "`release` cannot be \"Web\": ")]
#[case(|helm: &mut HelmOptions| helm.namespace = Some("-a".into()), "`namespace` cannot be \"-a\": ")]
#[case(|helm: &mut HelmOptions| helm.kube_version = Some("latest".into()), "`kubeVersion` cannot be \"latest\": ")]
#[case(|helm: &mut HelmOptions| helm.api_versions = vec!["--x".into()], "`apiVersions` cannot be \"--x\": ")]
#[case(|helm: &mut HelmOptions| helm.digest = Some("sha256:1".into()), "`chartDigest` cannot be \"sha256:1\": ")]
#[case(|helm: &mut HelmOptions| helm.version = Some("1.0.0".into()), "`chartVersion` cannot be \"1.0.0\": it is for a chart from elsewhere")]
#[case(|helm: &mut HelmOptions| helm.chart = Some("oci://contoso.azurecr.io/web".into()), "the chart `oci://contoso.azurecr.io/web` needs a `chartVersion`")]
#[case(|helm: &mut HelmOptions| { helm.chart = Some("oci://contoso.azurecr.io/web".into()); helm.version = Some("^1.0.0".into()); }, "`chartVersion` cannot be \"^1.0.0\": it has to be one exact version")]
#[tokio::test]
async fn settings_that_cannot_be_are_refused_before_helm_runs(
    #[case] change: fn(&mut HelmOptions),
    #[case] expected: &str,
) {
    let folder = source(&[("Chart.yaml", CHART)]);
    let mut options = options(folder.path());
    change(&mut options.helm);
    let (message, _) = refused(Path::new("/nowhere/helm"), &options).await;
    assert!(message.starts_with(expected), "{message}");
}
