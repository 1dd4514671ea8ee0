//! `fab set`.

use rstest::rstest;

use crate::support::program::Workspace;

const PROD: &str = "\
# Production.
namespace: shop
config:
  replicas: 2 # two are enough
  image: {tag: \"1.10\", pull: yes}
  list: [1, two]
  empty:
subcomponents:
  web: # the pages
    config:
      ratio: 1.10   # not 1.1
  bare:
    namespace: n
# The end.
";

fn with(config: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("config/prod.yaml", config);
    workspace
}

/// Runs `fab set --environment prod` with these arguments.
fn set(workspace: &Workspace, arguments: &[&str]) -> crate::support::program::Program {
    workspace.program(&[&["fab", "set", "--environment", "prod"], arguments].concat())
}

#[rstest]
#[case(&["replicas=3"], "replicas: 2 #", "replicas: '3' #")]
#[case(&["image.tag=2"], "tag: \"1.10\"", "tag: '2'")]
#[case(&["image.note=a=b"], "pull: yes}", "pull: yes, note: a=b}")]
#[case(&["list=none"], "list: [1, two]", "list: none")]
#[case(&["empty.\"a.b/c\"=x"], "empty:\n", "empty:\n    a.b/c: x\n")]
#[case(&["--subcomponent", "web", "ratio=1.20"], "ratio: 1.10 ", "ratio: '1.20' ")]
#[case(&["--subcomponent", "bare", "k=v"], "namespace: n\n", "namespace: n\n    config:\n      k: v\n")]
#[case(&["--subcomponent", "web.inner", "k=v", "l.m=on"], "not 1.1\n", "not 1.1\n    subcomponents:\n      inner:\n        config:\n          k: v\n          l:\n            m: 'on'\n")]
#[case(&["--subcomponent", "new", "k=v"], "namespace: n\n", "namespace: n\n  new:\n    config:\n      k: v\n")]
fn only_the_value_changes(#[case] arguments: &[&str], #[case] before: &str, #[case] after: &str) {
    let workspace = with(PROD);
    set(&workspace, arguments).succeed();
    assert_eq!(
        workspace.read("config/prod.yaml"),
        PROD.replace(before, after)
    );
    let again = set(&workspace, arguments).succeed();
    assert!(
        again
            .stderr
            .contains("Nothing to change in config/prod.yaml"),
        "{again:#?}"
    );
}

#[rstest]
#[case(&["replicas.x=1"], "config/prod.yaml, line 4, column 13: `config.replicas` is a single value, so it has no `x` in it")]
#[case(&["list.x=1"], "config/prod.yaml, line 6, column 9: `config.list` is a list, so it has no `x` in it")]
#[case(&["--no-new-config-keys", "new=1"], "config/prod.yaml has no key `config.new`, and no new keys may be added")]
#[case(&["--no-new-config-keys", "replicas=5", "image.new=1"], "no key `config.image.new`")]
#[case(&["--no-new-config-keys", "empty.new=1"], "no key `config.empty.new`")]
#[case(&["--no-new-config-keys", "--subcomponent", "nope", "k=1"], "no key `subcomponents.nope.config.k`")]
#[case(&["word"], "`word` is not `path=value`: there is no `=`")]
#[case(&["--subcomponent", "a..b", "k=v"], "a key is empty")]
#[case(&["--file", "nope.yaml"], "there is no file nope.yaml")]
#[case(&[], "PATH=VALUE")]
fn an_error_leaves_the_file_alone(#[case] arguments: &[&str], #[case] message: &str) {
    let workspace = with(PROD);
    let ended = set(&workspace, arguments).fail();
    assert!(ended.stderr.contains(message), "{ended:#?}");
    assert_eq!(workspace.read("config/prod.yaml"), PROD);
}

#[rstest]
#[case("config: [x\n", "config/prod.yaml is malformed, line ")]
#[case(
    "config: &c {k: 1}\nother: *c\n",
    "config/prod.yaml was left as it is: `config.k` cannot be changed on its own"
)]
fn a_file_that_cannot_be_edited_is_left_alone(#[case] config: &str, #[case] message: &str) {
    let workspace = with(config);
    let ended = set(&workspace, &["k=2"]).fail();
    assert!(ended.stderr.contains(message), "{ended:#?}");
    assert_eq!(workspace.read("config/prod.yaml"), config);
}

#[test]
fn existing_keys_may_change_without_new_ones() {
    let workspace = with(PROD);
    set(
        &workspace,
        &["--no-new-config-keys", "empty=x", "image.tag=2"],
    )
    .succeed();
    let text = workspace.read("config/prod.yaml");
    assert!(
        text.contains("  empty: x\n") && text.contains("{tag: '2', "),
        "{text}"
    );
}

#[test]
fn without_an_environment_common_is_edited_and_made() {
    let workspace = Workspace::new();
    let ended = workspace
        .program(&["fab", "set", "a.b=1", "a.c=x"])
        .succeed();
    assert!(
        ended.stderr.contains("Created config/common.yaml"),
        "{ended:#?}"
    );
    assert_eq!(
        workspace.read("config/common.yaml"),
        "config:\n  a:\n    b: '1'\n    c: x\n"
    );
    let outside = ["fab", "set", "--environment", "../x", "a=1"];
    let ended = workspace.program(&outside).fail();
    assert!(
        ended.stderr.contains("not a safe relative path"),
        "{ended:#?}"
    );
}

#[test]
fn json_is_edited_where_there_is_no_yaml() {
    let workspace = Workspace::new();
    workspace.write(
        "config/prod.json",
        "{\"z\": 1000000, \"Config\": {\"b\": [1], \"a\": \"x\"}}\n",
    );
    set(&workspace, &["a=y", "c.d=1"]).succeed();
    assert_eq!(
        workspace.read("config/prod.json"),
        "{\n  \"z\": 1000000,\n  \"Config\": {\n    \"b\": [\n      1\n    ],\n    \"a\": \"y\",\n    \"c\": {\n      \"d\": \"1\"\n    }\n  }\n}\n"
    );
}

#[test]
fn a_file_gives_values_and_the_command_line_wins() {
    let workspace = with("config:\n  keep: 1 # c\n");
    workspace.write("v.yaml", "image:\n  tag: 1.10\n  pull: yes\n  no: ~\nports: [80, 443]\nmode: 0644\n\"a.b\": c\nkeep: lost\n");
    let ended = set(&workspace, &["--file", "v.yaml", "keep=2"]).succeed();
    assert!(
        ended
            .stderr
            .contains("v.yaml: `image.no` has no value and is left out"),
        "{ended:#?}"
    );
    assert!(
        ended
            .stderr
            .contains("v.yaml: the list `ports` becomes the text `[80 443]`"),
        "{ended:#?}"
    );
    assert_eq!(
        workspace.read("config/prod.yaml"),
        "config:\n  keep: '2' # c\n  image:\n    tag: '1.10'\n    pull: 'true'\n  ports: '[80 443]'\n  mode: '420'\n  a.b: c\n"
    );
    workspace.write("v.json", "{\"n\": 3, \"list\": [{\"a\": 1}]}");
    let ended = set(&workspace, &["--file", "v.json"]).fail();
    assert!(
        ended
            .stderr
            .contains("v.json: a list of maps cannot become text"),
        "{ended:#?}"
    );
    workspace.write("v.json", "{\"count\": 3}");
    set(&workspace, &["--file", "v.json"]).succeed();
    assert!(
        workspace
            .read("config/prod.yaml")
            .ends_with("  count: '3'\n")
    );
}
