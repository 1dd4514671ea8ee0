//! `fab add` and `fab remove`.

use rstest::rstest;

use crate::support::program::Workspace;

const COMPONENT: &str = "\
# The shop.
name: shop
type: component   # on purpose
owner: team-a
subcomponents:
- name: web # the pages
  source: ./web
  team: front   # unknown to Fabrikate

# The cache comes from a chart.
- name: cache
  type: helm
  method: git # pinned
  source: https://git.contoso.com/charts
  path: 'stable/redis'
  version: abc # tested
  hooks:
    before-install:
    - echo hi
# The end.
";

fn with(component: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("component.yaml", component);
    workspace
}

#[test]
fn a_new_entry_comes_last_and_the_rest_stays() {
    let workspace = with(COMPONENT);
    let command = [
        "fab",
        "add",
        "api",
        "--source",
        "https://git.contoso.com/api",
        "--version",
        "1",
    ];
    let ended = workspace.program(&command).succeed();
    assert!(
        ended.stderr.contains("Changed component.yaml"),
        "{ended:#?}"
    );
    let added = "- name: api\n  type: component\n  source: https://git.contoso.com/api\n  method: git\n  version: '1'\n  branch: master\n# The end.\n";
    assert_eq!(
        workspace.read("component.yaml"),
        COMPONENT.replace("# The end.\n", added)
    );
    let ended = workspace.program(&command).succeed();
    assert!(
        ended.stderr.contains("Nothing to change in component.yaml"),
        "{ended:#?}"
    );
}

#[test]
fn a_replaced_entry_keeps_its_place_its_comments_and_unknown_fields() {
    let workspace = with(COMPONENT);
    let command = [
        "fab", "add", "web", "--source", "./pages", "--method", "local",
    ];
    workspace.program(&command).succeed();
    let after = "- name: web # the pages
  source: ./pages
  team: front   # unknown to Fabrikate
  type: component
  method: local
";
    let before =
        "- name: web # the pages\n  source: ./web\n  team: front   # unknown to Fabrikate\n";
    assert_eq!(
        workspace.read("component.yaml"),
        COMPONENT.replace(before, after)
    );

    let command = [
        "fab",
        "add",
        "cache",
        "--source",
        "https://charts.contoso.com",
        "--type",
        "helm",
        "--method",
        "helm",
        "--path",
        "redis",
    ];
    workspace.program(&command).succeed();
    let text = workspace.read("component.yaml");
    let entry = "# The cache comes from a chart.
- name: cache
  type: helm
  method: helm # pinned
  source: https://charts.contoso.com
  path: redis
# The end.
";
    assert!(text.ends_with(entry), "{text}");
}

#[test]
fn of_several_entries_with_the_name_one_stays() {
    let workspace = with(
        "name: x\nsubcomponents:\n- name: a\n  source: ./1\n- name: b\n- name: a # real\n  source: ./2\n",
    );
    workspace
        .program(&["fab", "add", "a", "--source", "./3", "--method", "local"])
        .succeed();
    assert_eq!(
        workspace.read("component.yaml"),
        "name: x\nsubcomponents:\n- name: b\n- name: a # real\n  source: ./3\n  type: component\n  method: local\n"
    );
}

#[test]
fn a_branch_is_for_git_only() {
    let workspace = with("name: x\n");
    let local = [
        "fab", "add", "a", "--source", "./a", "--method", "local", "--branch", "next",
    ];
    let ended = workspace.program(&local).succeed();
    assert!(
        ended.stderr.contains("--branch is for the method git only"),
        "{ended:#?}"
    );
    let git = [
        "fab",
        "add",
        "b",
        "--source",
        "https://git.contoso.com/b",
        "--method",
        "git",
        "--branch",
        "next",
    ];
    workspace.program(&git).succeed();
    let text = workspace.read("component.yaml");
    assert_eq!(text.matches("branch: ").count(), 1, "{text}");
    assert!(text.ends_with("  branch: next\n"), "{text}");
}

#[test]
fn a_folder_without_a_component_file_gets_one_with_its_name() {
    let workspace = Workspace::new();
    let ended = workspace
        .program(&["fab", "add", "a", "--source", "./a", "--method", "local"])
        .succeed();
    assert!(
        ended.stderr.contains("Created component.yaml"),
        "{ended:#?}"
    );
    assert_eq!(
        workspace.read("component.yaml"),
        "name: files\nsubcomponents:\n- name: a\n  type: component\n  source: ./a\n  method: local\n"
    );
}

#[test]
fn json_stays_json_with_its_order_and_its_end() {
    let workspace = Workspace::new();
    workspace.write("component.json", "{\"zeta\": 1, \"Name\": \"x\", \"SubComponents\": [{\"Name\": \"a\", \"Source\": \"./1\"}]}");
    workspace
        .program(&["fab", "add", "a", "--source", "./2", "--method", "local"])
        .succeed();
    assert_eq!(
        workspace.read("component.json"),
        r#"{
  "zeta": 1,
  "Name": "x",
  "SubComponents": [
    {
      "Name": "a",
      "Source": "./2",
      "type": "component",
      "method": "local"
    }
  ]
}"#
    );
    workspace.write(
        "component.json",
        "{\"subcomponents\": [{\"name\": \"a\"}]}\n",
    );
    workspace.program(&["fab", "remove", "a"]).succeed();
    assert_eq!(
        workspace.read("component.json"),
        "{\n  \"subcomponents\": []\n}\n"
    );
}

#[test]
fn removed_entries_take_nothing_else_with_them() {
    let workspace = with(COMPONENT);
    let ended = workspace
        .program(&["fab", "remove", "web", "nope"])
        .succeed();
    assert!(
        ended
            .stderr
            .contains("component.yaml: there is no entry `nope` to remove"),
        "{ended:#?}"
    );
    let web = "- name: web # the pages\n  source: ./web\n  team: front   # unknown to Fabrikate\n";
    assert_eq!(workspace.read("component.yaml"), COMPONENT.replace(web, ""));
    workspace.program(&["fab", "remove", "cache"]).succeed();
    let text = workspace.read("component.yaml");
    assert!(text.contains("# The cache comes from a chart.\n"), "{text}");
    workspace
        .program(&["fab", "add", "a", "--source", "./a"])
        .succeed();
    let text = workspace.read("component.yaml");
    assert!(text.contains("- name: a\n"), "{text}");
}

#[test]
fn windows_line_ends_stay() {
    let workspace = with(&COMPONENT.replace('\n', "\r\n"));
    workspace
        .program(&["fab", "add", "a", "--source", "./a"])
        .succeed();
    workspace.program(&["fab", "remove", "a"]).succeed();
    assert_eq!(
        workspace.read("component.yaml"),
        COMPONENT.replace('\n', "\r\n")
    );
}

#[rstest]
#[case("name: [x\n", "component.yaml is malformed, line ")]
#[case(
    "- name\n",
    "component.yaml, line 1, column 1: it is a list, not a map"
)]
#[case(
    "subcomponents: 5\n",
    "component.yaml, line 1, column 16: `subcomponents` is a single value, not a list"
)]
#[case(
    "subcomponents:\n- a\n",
    "component.yaml, line 2, column 3: a subcomponent is a single value, not a map"
)]
#[case(
    "x: &a [{name: b}]\nsubcomponents: *a\n",
    "component.yaml was left as it is: `subcomponents` cannot be changed on its own"
)]
fn a_file_that_cannot_be_edited_is_left_alone(#[case] component: &str, #[case] message: &str) {
    let workspace = with(component);
    let ended = workspace
        .program(&["fab", "add", "a", "--source", "./a"])
        .fail();
    assert!(ended.stderr.contains(message), "{ended:#?}");
    assert_eq!(workspace.read("component.yaml"), component);
    assert_eq!(
        workspace.path().read_dir().unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[rstest]
#[case(&["remove", "a"], "there is no component.yaml or component.json")]
#[case(&["remove"], "<NAMES>")]
#[case(&["add", "a"], "--source")]
#[case(&["add", "a", "--source", "./a", "--type", "hlem"], "invalid value 'hlem'")]
#[case(&["add", "a", "--source", "./a", "--method", "url"], "invalid value 'url'")]
fn wrong_usage_is_explained(#[case] arguments: &[&str], #[case] message: &str) {
    let workspace = Workspace::new();
    let ended = workspace.program(&[&["fab"], arguments].concat()).fail();
    assert!(ended.stderr.contains(message), "{ended:#?}");
    assert_eq!(workspace.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_file_that_is_no_text_is_left_alone() {
    let workspace = Workspace::new();
    let path = workspace.path().join("component.yaml");
    std::fs::write(&path, b"name: \xff\n").unwrap();
    let command = ["fab", "add", "a", "--source", "./a"];
    let ended = workspace.program(&command).fail();
    let message = "cannot read component.yaml: it is not UTF-8 text";
    assert!(ended.stderr.contains(message), "{ended:#?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"name: \xff\n");
}
