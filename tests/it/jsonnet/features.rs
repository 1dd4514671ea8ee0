//! What programs can do.

use super::*;
use crate::fabrikate::source;

/// A resource of Jsonnet with this name.
fn map(name: &str) -> String {
    format!("{{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {{ name: '{name}' }} }}")
}

/// The names of the resources in a file, in its order.
fn names(yaml: &str) -> Vec<&str> {
    yaml.lines()
        .filter_map(|line| line.strip_prefix("  name: "))
        .collect()
}

#[tokio::test]
async fn each_program_becomes_a_file_with_its_resources_in_order() {
    let files = files(&options(&case("shop"))).await;
    let found: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(found, ["namespace.yaml", "web.yaml"]);
    assert_eq!(
        files[0].1,
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
    );
    assert_eq!(
        files[1].1,
        "\
apiVersion: v1
data:
  bytes: \"20\"
  motd.txt: |
    Welcome
    to the shop
kind: ConfigMap
metadata:
  name: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    environment: dev
  name: web
spec:
  replicas: 2
  template:
    spec:
      containers:
      - image: contoso/web:1.10
        name: web
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
"
    );
}

#[tokio::test]
async fn a_single_program_is_a_source_too() {
    let text = only(&options(&case("shop/namespace.jsonnet"))).await;
    assert_eq!(names(&text), ["shop"]);
}

#[rstest::rstest]
#[case::one("A", &["a"])]
#[case::list("[A, B]", &["a", "b"])]
#[case::nested_lists("[[B], [], [[A]]]", &["b", "a"])]
#[case::fields_in_their_order("{ z: A, m: { y: [B], x: C } }", &["c", "b", "a"])]
#[case::null_is_skipped("[null, A, { b: null }]", &["a"])]
#[case::a_list_resource("{ apiVersion: 'v1', kind: 'List', items: [B, A] }", &["b", "a"])]
#[case::hidden_fields("{ a: A, b:: B }", &["a"])]
#[case::a_function_with_defaults("function(x=A) [x, B]", &["a", "b"])]
#[tokio::test]
async fn resources_are_found_wherever_they_stand(#[case] program: &str, #[case] expected: &[&str]) {
    let locals = format!(
        "local A = {}, B = {}, C = {};",
        map("a"),
        map("b"),
        map("c")
    );
    let folder = source(&[("main.jsonnet", &format!("{locals} {program}"))]);
    assert_eq!(names(&only(&options(folder.path())).await), expected);
}

#[rstest::rstest]
#[case("null")]
#[case("[]")]
#[case("{}")]
#[case("{ apiVersion: 'v1', kind: 'List', items: [] }")]
#[tokio::test]
async fn a_program_without_resources_makes_no_file(#[case] program: &str) {
    let folder = source(&[("main.jsonnet", program)]);
    assert_eq!(files(&options(folder.path())).await, []);
}

#[tokio::test]
async fn values_stay_what_they_are_for_every_reader_of_yaml() {
    let program = "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: {
        yes: 'yes', on: 'on', octal: '0755', float: '1e3', version: '1.10', empty: '', tilde: '~',
        date: '2024-01-02', sexagesimal: '12:30:45', merge: '<<', colon: 'a: b', hash: 'a #b',
        blanks: ' a ', tab: 'a\\tb', lines: 'a\\nb', quote: '\"', null_: 'null',
        number: 1000000, large: 9007199254740991, half: 0.5, negative: -3, tiny: 1e-7, truth: true, nothing: null,
    } }";
    let folder = source(&[("main.jsonnet", program)]);
    let text = only(&options(folder.path())).await;
    for line in [
        "  \"yes\": \"yes\"",
        "  \"on\": \"on\"",
        "  octal: \"0755\"",
        "  float: \"1e3\"",
        "  version: \"1.10\"",
        "  empty: \"\"",
        "  tilde: \"~\"",
        "  date: \"2024-01-02\"",
        "  merge: \"<<\"",
        "  colon: 'a: b'",
        "  null_: \"null\"",
        "  number: 1000000",
        "  large: 9007199254740991",
        "  half: 0.5",
        "  negative: -3",
        "  tiny: 1e-07",
        "  truth: true",
        "  nothing: null",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(read["data"]["sexagesimal"], "12:30:45");
    assert_eq!(read["data"]["lines"], "a\nb");
    assert_eq!(read["data"]["blanks"], " a ");
    assert_eq!(read["data"]["tab"], "a\tb");
}

#[tokio::test]
async fn variables_and_arguments_are_strings() {
    let program = "function(tag) { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: tag },
        data: { replicas: std.extVar('replicas'), environment: std.extVar('environment') } }";
    let folder = source(&[("main.jsonnet", program)]);
    let mut options = options(folder.path());
    options.jsonnet = JsonnetOptions {
        variables: pairs(&[("replicas", "2"), ("replicas", "3"), ("environment", "x=y")]),
        arguments: pairs(&[("tag", "1.0")]),
        ..JsonnetOptions::default()
    };
    assert_eq!(
        only(&options).await,
        "apiVersion: v1\ndata:\n  environment: x=y\n  replicas: \"3\"\nkind: ConfigMap\nmetadata:\n  name: \"1.0\"\n"
    );
}

#[tokio::test]
async fn library_folders_are_searched_in_their_order_after_the_own_folder() {
    let own = map("own");
    let (one, two) = (map("one"), map("two"));
    let folder = source(&[
        (
            "src/main.jsonnet",
            "[import 'a.libsonnet', import 'b.libsonnet', import './c.libsonnet', import '../two/b.libsonnet']",
        ),
        ("src/a.libsonnet", &own),
        ("one/a.libsonnet", &one),
        ("one/b.libsonnet", &one),
        ("two/b.libsonnet", &two),
        ("two/c.libsonnet", &two),
    ]);
    let mut options = options(&folder.path().join("src"));
    options.confine = Some(folder.path().to_path_buf());
    options.jsonnet.paths = vec![folder.path().join("one"), folder.path().join("two")];
    assert_eq!(names(&only(&options).await), ["own", "one", "two", "two"]);
}

#[tokio::test]
async fn a_file_knows_its_own_name_and_the_name_is_the_same_on_every_machine() {
    let show = "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: std.thisFile } }";
    let folder = source(&[
        (
            "src/main.jsonnet",
            &format!("[{show}, import '../lib/a.libsonnet']"),
        ),
        ("lib/a.libsonnet", show),
    ]);
    let mut options = options(&folder.path().join("src"));
    options.confine = Some(folder.path().to_path_buf());
    assert_eq!(
        names(&only(&options).await),
        ["main.jsonnet", "../lib/a.libsonnet"]
    );
}

#[tokio::test]
async fn a_copy_is_read_in_place_of_the_source_and_the_rest_beside_the_source() {
    let folder = source(&[
        (
            "src/main.jsonnet",
            "[import 'a.libsonnet', import '../lib/b.libsonnet']",
        ),
        ("src/a.libsonnet", &map("#{token}#")),
        ("lib/b.libsonnet", &map("beside")),
    ]);
    let copy = source(&[
        (
            "main.jsonnet",
            "[import 'a.libsonnet', import '../lib/b.libsonnet']",
        ),
        ("a.libsonnet", &map("replaced")),
    ]);
    let mut options = options(copy.path());
    options.original = Some(folder.path().join("src"));
    options.confine = Some(copy.path().to_path_buf());
    options.linked = Some(folder.path().to_path_buf());
    assert_eq!(names(&only(&options).await), ["replaced", "beside"]);

    options.original = Some(folder.path().join("src/main.jsonnet"));
    options.source = copy.path().join("main.jsonnet");
    std::fs::remove_file(copy.path().join("a.libsonnet")).unwrap();
    assert_eq!(names(&only(&options).await), ["'#{token}#'", "beside"]);
}

#[tokio::test]
async fn what_a_program_traces_is_a_warning_with_its_place() {
    let program = format!(
        "\nlocal a = std.trace('deprecated', 1);\nif a == 1 then {}",
        map("a")
    );
    let folder = source(&[("main.jsonnet", &program)]);
    let generated = run(&options(folder.path())).await.unwrap();
    let shown: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["main.jsonnet:2:11: deprecated"]);
}

#[tokio::test]
async fn the_source_is_looked_at_for_its_generator() {
    let program = map("a");
    let detect = |files: &[(&str, &str)]| {
        let folder = source(files);
        crate::confined::detect(folder.path())
    };
    assert_eq!(
        detect(&[("a.jsonnet", &program), ("b.yaml", "")]),
        Kind::Jsonnet
    );
    assert_eq!(
        detect(&[("component.yaml", ""), ("a.jsonnet", "")]),
        Kind::Fabrikate
    );
    assert_eq!(
        detect(&[("below/a.jsonnet", ""), ("b.yaml", "")]),
        Kind::Manifests
    );
    assert_eq!(
        detect(&[("a.libsonnet", ""), (".a.jsonnet", "")]),
        Kind::Manifests
    );
    let folder = source(&[("a.jsonnet", &program)]);
    assert_eq!(
        crate::confined::detect(&folder.path().join("a.jsonnet")),
        Kind::Jsonnet
    );
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_a_program() {
    let folder = source(&[("main.jsonnet", &format!("\u{feff}{}", map("a")))]);
    assert_eq!(names(&only(&options(folder.path())).await), ["a"]);
}

#[test]
fn a_run_renders_each_environment_with_its_own_values() {
    let workspace = crate::support::program::Workspace::new();
    let program = "local k = import 'k.libsonnet'; k.map(std.extVar('tag'), { team: '#{team}#', environment: std.extVar('environment') })";
    workspace
        .write(".git/HEAD", "ref: refs/heads/main\n")
        .write("conf/src/web.jsonnet", program)
        .write("shared/k.libsonnet", "{ map(tag, data): { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', labels: { tag: tag } }, data: data } }")
        .write("conf/gitops.yaml", "source: src\njsonnetPaths: ../shared\njsonnetVariables: [tag=1.10]\nvariables: {team: shop}\nenvironments:\n  dev:\n  prod:\n    jsonnetVariables: [\"tag=2.0,rc\"]\n");
    let ended = workspace
        .program(&["render", "--config", "conf/gitops.yaml"])
        .succeed();
    insta::assert_snapshot!(ended.stdout, @r#"
    ---
    # dev/web.yaml
    apiVersion: v1
    data:
      environment: dev
      team: shop
    kind: ConfigMap
    metadata:
      labels:
        tag: "1.10"
      name: web
    ---
    # prod/web.yaml
    apiVersion: v1
    data:
      environment: prod
      team: shop
    kind: ConfigMap
    metadata:
      labels:
        tag: 2.0,rc
      name: web
    "#);
}

#[tokio::test]
async fn a_program_alone_imports_from_its_folder() {
    let folder = source(&[
        ("main.jsonnet", "import 'a.libsonnet'"),
        ("a.libsonnet", &map("a")),
    ]);
    let options = Options::new(folder.path().join("main.jsonnet"), "dev");
    assert_eq!(names(&only(&options).await), ["a"]);
}

/// The layout of jsonnet-bundler: `vendor/x` is a link to a folder of the checkout.
#[cfg(unix)]
fn linked() -> tempfile::TempDir {
    let (one, two, three) = (map("one"), map("two"), map("three"));
    let folder = source(&[
        ("src/lib/two.libsonnet", &two),
        (
            "jsonnet/x/one.libsonnet",
            &format!("[{one}, import 'two.libsonnet', import 'near.libsonnet']"),
        ),
        ("jsonnet/x/near.libsonnet", &three),
        (
            "jsonnet/x/deep/main.libsonnet",
            "import '../near.libsonnet'",
        ),
        ("jsonnet/x/text.txt", "text"),
    ]);
    std::fs::create_dir(folder.path().join("src/vendor")).unwrap();
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, folder.path().join("src/vendor").join(name)).unwrap();
    };
    link("../../jsonnet/x", "x");
    link("x", "again");
    link("../../nowhere", "gone");
    link("gone/file.libsonnet", "lost.libsonnet");
    folder
}

#[cfg(unix)]
#[rstest::rstest]
#[case::library_of_a_linked_library("import 'x/one.libsonnet'", &["one", "two", "three"])]
#[case::link_to_a_link("import 'again/one.libsonnet'", &["one", "two", "three"])]
#[case::up_inside_a_link("import 'x/deep/main.libsonnet'", &["three"])]
#[case::text("(import 'x/near.libsonnet') + { text:: importstr 'x/text.txt' }", &["three"])]
#[case::beside_what_is_gone("import 'two.libsonnet'", &["two"])]
#[tokio::test]
async fn links_inside_the_checkout_are_followed_and_what_is_absent_is_looked_for_elsewhere(
    #[case] program: &str,
    #[case] expected: &[&str],
) {
    let folder = linked();
    std::fs::write(folder.path().join("src/main.jsonnet"), program).unwrap();
    let mut options = options(&folder.path().join("src"));
    options.confine = Some(folder.path().to_path_buf());
    assert_eq!(names(&only(&options).await), expected);
}

#[cfg(unix)]
#[rstest::rstest]
#[case("x/none.libsonnet")]
#[case("gone/a.libsonnet")]
#[case("lost.libsonnet")]
#[case("x/near.libsonnet/more")]
#[tokio::test]
async fn what_is_absent_behind_a_link_is_said_to_be_absent(#[case] import: &str) {
    let folder = linked();
    let program = format!("import '{import}'");
    std::fs::write(folder.path().join("src/main.jsonnet"), program).unwrap();
    let mut options = options(&folder.path().join("src"));
    options.confine = Some(folder.path().to_path_buf());
    let error = run(&options).await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the program `main.jsonnet` failed: `{import}` cannot be imported: it is not in the source, `vendor`, `lib`\n  main.jsonnet:1:1"
        )
    );
}
