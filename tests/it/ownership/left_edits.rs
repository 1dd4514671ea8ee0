//! What somebody added to a file of ours goes with a folder that is left, too, and counts
//! like everything else that goes from the cluster.

use super::config_map;
use super::leftovers::Source;

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
const OVERWRITE: &str = "--hand-edits=overwrite";
const ORPHANS: [&str; 2] = ["--orphans=remove", "--max-removed-percent=100"];

fn edit(source: &Source, path: &str, added: &str) {
    let content = format!("{}---\n{added}", config_map("a", "src"));
    let file = (path, "100644", &*content);
    source.place.repository.commit("main", "by hand", &[file]);
}

fn protected(folder: &str) -> String {
    format!(
        "publishing would remove `v1 Namespace shop` from the folder `{folder}`; Namespace is a protected kind"
    )
}

#[rstest::rstest]
#[case::moved("dev: {folder: a}", "dev: {folder: b}", "a", &[])]
#[case::deeper("dev: {folder: a}", "dev: {folder: a/b}", "a", &[])]
#[case::from_the_root("dev: {folder: .}", "dev: {folder: dev}", ".", &[])]
#[case::in_case_only("dev: {folder: Dev}", "dev: {folder: dev}", "Dev", &[])]
#[case::removed("dev: , prod: ", "dev: ", "prod", &ORPHANS)]
#[case::renamed("dev: ", "qa: ", "dev", &ORPHANS)]
fn a_protected_kind_in_an_edit_stops_the_run(
    #[case] before: &str,
    #[case] now: &str,
    #[case] folder: &str,
    #[case] arguments: &[&str],
) {
    let source = Source::new(before);
    let path = format!("{folder}/a.yaml");
    edit(&source, path.trim_start_matches("./"), NAMESPACE);
    source.list(now);
    let (paths, commits) = (source.paths(), source.place.commits());
    let said = protected(folder);
    for command in ["verify", "publish", "publish"] {
        let arguments = [&[command, OVERWRITE][..], arguments].concat();
        let ended = source.workspace.program(&arguments).fail();
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    }
    assert_eq!((source.paths(), source.place.commits()), (paths, commits));
    let allowed = [&[OVERWRITE, "--allow-removal=true"], arguments].concat();
    source.publish(&allowed);
    assert_eq!(source.place.commits(), commits + 1);
    assert_eq!(source.paths().len(), 2);
}

#[test]
fn several_branches_are_looked_at_before_the_first_is_pushed_to() {
    let source = Source::new("dev: {folder: a, branch: main}, prod: {branch: live}");
    edit(&source, "a/a.yaml", NAMESPACE);
    source
        .content("2")
        .list("prod: {branch: live}, dev: {folder: b, branch: main}");
    let live = source.place.repository.tip("live");
    let said = source.fails(&[OVERWRITE]);
    assert!(said.contains(&protected("a")), "{said}");
    assert_eq!(source.place.repository.tip("live"), live);
}

#[test]
fn many_are_counted() {
    let source = Source::new("dev: {folder: a}");
    let many: Vec<_> = (0..9)
        .map(|at| config_map(&format!("x{at}"), "1"))
        .collect();
    edit(&source, "a/a.yaml", &many.join("---\n"));
    source.list("dev: {folder: b}");
    let said = source.fails(&[OVERWRITE]);
    assert!(said.contains("publishing would remove 9 of the 10 resources in the folder `a`; at most 50 percent may go in one run"), "{said}");
    source.publish(&[OVERWRITE, "--max-removed-percent=95"]);
    assert_eq!(source.paths(), ["b/.gitops-publisher", "b/a.yaml"]);
}

#[test]
fn what_the_new_folder_has_is_not_lost() {
    let source = Source::new("dev: {folder: a}");
    edit(&source, "a/a.yaml", NAMESPACE);
    source.workspace.write("src/ns.yaml", NAMESPACE);
    source.list("dev: {folder: b}").publish(&[OVERWRITE]);
    let paths = ["b/.gitops-publisher", "b/a.yaml", "b/ns.yaml"];
    assert_eq!(source.paths(), paths);
}
