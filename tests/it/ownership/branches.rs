//! A branch that is named and does not exist.

use super::Place;

const SETTINGS: &str =
    "source: src\nmanifestRepo: ./manifests.git\nenvironments: {dev: , qa: {source: src}}\n";

fn published() -> Place {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    place.typed(&["publish"]).succeed();
    place
}

#[rstest::rstest]
#[case::the_same_content("1", 1)]
#[case::other_content("2", 2)]
fn a_branch_that_does_not_exist_is_created_and_that_is_said(
    #[case] value: &str,
    #[case] commits: usize,
) {
    let place = published();
    place.resource("src/a.yaml", "a", value);
    let ended = place.typed(&["publish", "--branch", "live"]).succeed();
    let said = "environment dev, qa: the branch \"live\" did not exist and was created, from the default branch. If that is not meant, correct `branch`; `createBranch: false` makes it an error";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(place.repository.subjects("live").len(), commits);
    for _ in 0..2 {
        let again = place.typed(&["publish", "--branch", "live"]).succeed();
        assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
        assert!(!again.stderr.contains("did not exist"), "{}", again.stderr);
    }
    assert_eq!(place.repository.subjects("live").len(), commits);
}

#[rstest::rstest]
#[case::case("Main", "they differ only in case")]
#[case::below("main/x", "git cannot hold both")]
#[case::below_in_another_case("MAIN/x", "git cannot hold both")]
fn a_new_branch_has_a_name_that_can_stand_beside_the_others(
    #[case] branch: &str,
    #[case] why: &str,
) {
    let place = published();
    for command in ["verify", "publish"] {
        let ended = place.typed(&[command, "--branch", branch]).fail();
        let said = format!(
            "the branch {branch:?} would be new, and the repository has the branch \"main\": {why}"
        );
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        let hint = "set `branch` to \"main\", or to a name that is not so close to it";
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
    }
    assert_eq!(place.repository.tip(branch), None);
}

#[rstest::rstest]
#[case::publish("publish")]
#[case::verify("verify")]
fn a_branch_that_may_not_be_created_is_an_error(#[case] command: &str) {
    let place = published();
    let arguments = [command, "--branch", "mian", "--create-branch=false"];
    let ended = place.typed(&arguments).fail();
    assert!(
        ended
            .stderr
            .contains("the branch \"mian\" does not exist in "),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains(
            "check the name in `branch`; to have the branch created, set `createBranch` to `true`"
        ),
        "{}",
        ended.stderr
    );
    assert_eq!(place.repository.tip("mian"), None);
}

#[test]
fn verify_says_that_the_branch_would_be_created_and_creates_none() {
    let place = published();
    let ended = place.typed(&["verify", "--branch", "live"]).succeed();
    assert!(
        ended
            .stderr
            .contains("the branch \"live\" did not exist and would be created"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("Publishing would change"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.repository.tip("live"), None);
}

#[test]
fn with_several_branches_a_misspelt_one_stops_all_of_them() {
    let place = Place::new(
        "source: src\nmanifestRepo: ./manifests.git\ncreateBranch: false\nenvironments: {dev: , qa: {branch: live}}\n",
    );
    place.resource("src/a.yaml", "a", "1");
    place
        .repository
        .commit("main", "first", &[("README.md", "100644", "x")]);
    let ended = place.typed(&["publish"]).fail();
    assert!(
        ended.stderr.contains("the branch \"live\" does not exist"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.commits(), 1);
}

#[test]
fn the_first_branch_of_an_empty_repository_needs_no_permission() {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    place
        .typed(&["publish", "--branch", "live", "--create-branch=false"])
        .succeed();
    assert_eq!(place.repository.subjects("live").len(), 1);
}

#[test]
fn a_branch_that_an_environment_owns_as_a_whole_starts_empty() {
    let place = Place::new(
        "source: src\nmanifestRepo: ./manifests.git\nenvironments: {prod: {folder: ., branch: env/prod}}\n",
    );
    place.resource("src/a.yaml", "a", "1");
    place
        .repository
        .commit("main", "first", &[("dev/old.yaml", "100644", "x")]);
    let ended = place.typed(&["publish"]).succeed();
    assert!(
        ended.stderr.contains(
            "the branch \"env/prod\" did not exist and was created, with nothing else in it"
        ),
        "{}",
        ended.stderr
    );
    assert_eq!(place.repository.subjects("env/prod").len(), 1, "no parent");
    assert_eq!(
        place.repository.paths("env/prod"),
        [".gitops-publisher", "a.yaml"]
    );
    let again = place.typed(&["publish"]).succeed();
    assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
}

#[rstest::rstest]
#[case::beside_it("qa")]
#[case::deeper("clusters/eu/qa")]
fn a_new_branch_carries_no_copy_of_other_environments(#[case] folder: &str) {
    let settings = format!(
        "source: src\nmanifestRepo: ./manifests.git\nenvironments: {{dev: , qa: {{folder: {folder}}}}}\n"
    );
    let place = Place::new(&settings);
    place.resource("src/a.yaml", "a", "1");
    place.repository.commit(
        "main",
        "first",
        &[
            ("README.md", "100644", "kept"),
            ("docs/x", "100644", "kept"),
        ],
    );
    place.typed(&["publish"]).succeed();
    let arguments = ["publish", "--branch", "live", "--environments", "dev"];
    let ended = place.typed(&arguments).succeed();
    assert!(
        ended.stderr.contains(
            "was created, from the default branch without the folders of other environments"
        ),
        "{}",
        ended.stderr
    );
    assert_eq!(
        place.repository.paths("live"),
        ["README.md", "dev/.gitops-publisher", "dev/a.yaml", "docs/x"]
    );
    assert_eq!(place.repository.subjects("live").len(), 3);
    let again = place.typed(&arguments).succeed();
    assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
    place.repository.assert_sound();
}
