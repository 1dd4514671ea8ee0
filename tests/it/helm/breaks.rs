//! Characters that end a line for helm's reader of YAML and not for ours.

use super::*;

const ALL: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  all: {{ .Values | toJson | b64enc }}\n  has: \"{{ hasKey .Values \"b\" }}\"\n";

const DB: &str = "apiVersion: v2\nname: db\nversion: 1.0.0\n";

/// What is printed of the values.
fn values_in(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    let mut values: Vec<_> = lines
        .filter(|line| line.starts_with("all: ") || line.starts_with("has: "))
        .collect();
    values.sort_unstable();
    values
}

/// Nothing here looks at the values file of a chart: helm reads it, and renders with us what
/// it renders without us.
#[rstest::rstest]
#[case::a_comment("a: one # %b: two\n", "true")]
#[case::a_comment_alone("a: one\n#%b: two\n", "true")]
#[case::quoted("a: 'x % y'\n", "false")]
#[case::a_block("a: |\n  x\n  # %  b\n", "false")]
#[tokio::test(flavor = "multi_thread")]
async fn the_values_of_a_chart_are_what_helm_reads(
    #[case] values: &str,
    #[case] has: &str,
    #[values('\u{85}', '\u{2028}', '\u{2029}')] character: char,
) {
    let Some(helm) = helm() else { return };
    let values = values.replace('%', &character.to_string());
    let named = |name: &str| ALL.replace("NAME", name);
    let inner = source(&[
        ("Chart.yaml", &DB.replace("db", "packed")),
        ("values.yaml", &values),
        ("templates/a.yaml", &named("packed")),
    ]);
    let chart = source(&[
        ("web/Chart.yaml", CHART),
        ("web/values.yaml", &values),
        ("web/templates/a.yaml", &named("web")),
        ("web/charts/db/Chart.yaml", DB),
        ("web/charts/db/values.yaml", &values),
        ("web/charts/db/templates/a.yaml", &named("db")),
    ]);
    let folder = chart.path().join("web");
    package(&helm, inner.path(), &folder.join("charts"));
    let alone = std::process::Command::new(&helm)
        .args(["template", "web"])
        .arg(&folder)
        .output()
        .unwrap();
    let alone = String::from_utf8(alone.stdout).unwrap();
    let generated = run(&helm, &options(&folder)).await.unwrap();
    let ours: String = shown(&generated)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(values_in(&ours), values_in(&alone));
    assert_eq!(values_in(&ours).len(), 6, "{ours}");
    assert!(ours.contains(&format!("has: \"{has}\"")), "{ours}");
}

/// What we look at before helm reads it is refused, as it would mean two things.
#[rstest::rstest]
#[case::the_chart(&[("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n#%dependencies: [{name: db, version: 1.0.0, repository: 'file://../db'}]\n")], "Chart.yaml")]
#[case::requirements(&[("web/Chart.yaml", "apiVersion: v1\nname: web\nversion: 1.0.0\n"), ("web/requirements.yaml", "#%dependencies: []\n")], "requirements.yaml")]
#[case::a_lock(&[("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: 'file://../db'}]\n"), ("web/Chart.lock", "#%digest: x\n"), ("db/Chart.yaml", DB)], "Chart.lock")]
#[case::a_chart_in_charts(&[("web/Chart.yaml", CHART), ("web/charts/db/Chart.yaml", "name: db\nversion: 1.0.0\napiVersion: v2\n#%dependencies: []\n")], "web/charts/db/Chart.yaml")]
#[case::requirements_in_charts(&[("web/Chart.yaml", CHART), ("web/charts/db/Chart.yaml", DB), ("web/charts/db/requirements.yaml", "#%dependencies: []\n")], "web/charts/db/requirements.yaml")]
#[case::another_chart(&[("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: 'file://../db'}]\n"), ("db/Chart.yaml", "name: db\nversion: 1.0.0\napiVersion: v2\n#%type: library\n")], "db/Chart.yaml")]
#[tokio::test(flavor = "multi_thread")]
async fn a_description_that_means_two_things_is_refused(
    #[case] files: &[(&str, &str)],
    #[case] file: &str,
    #[values('\u{85}', '\u{2028}', '\u{2029}')] character: char,
) {
    let Some(helm) = helm() else { return };
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, text.replace('%', &character.to_string())))
        .chain([(
            "web/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".to_owned(),
        )])
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let chart = source(&files);
    let mut options = options(&chart.path().join("web"));
    options.confine = Some(chart.path().to_path_buf());
    let (said, _) = refused(&helm, &options).await;
    let code = format!("the character U+{:04X} ends the line", u32::from(character));
    assert!(said.contains(&code) && said.contains(file), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_helm_stops_at_such_a_character_the_message_names_it() {
    let Some(helm) = helm() else { return };
    let chart = source(&[
        ("Chart.yaml", CHART),
        ("values.yaml", "a: x\u{2028}b\n"),
        ("templates/a.yaml", "a: 1\n"),
    ]);
    let (said, _) = refused(&helm, &options(chart.path())).await;
    assert!(
        said.contains("values.yaml` is malformed, line 1, column 5: the character U+2028"),
        "{said}"
    );
}
