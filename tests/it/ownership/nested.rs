//! A folder inside another that is published to.

use super::{Place, config_map};

const HLD: &str = "https://dev.azure.com/contoso/shop/_git/hld";
const OTHER: &str = "https://dev.azure.com/contoso/shop/_git/other";

/// `hld` owns `folder`, where it has a file in a folder of its own too.
fn owned(folder: &str) -> Place {
    let place = Place::new("source: src\nmanifestRepo: ./manifests.git\nenvironments: {dev: }\n");
    place.resource("src/a.yaml", "a", "1");
    place.resource("src/b/k.yaml", "k", "1");
    place.run(100, &[("folder", folder)]).succeed();
    place
}

#[rstest::rstest]
#[case::another_source("a", &[("folder", "a/b")], "a/b", "a")]
#[case::with_the_same_content("a", &[("folder", "a/b"), ("source", "src/b")], "a/b", "a")]
#[case::deeper("a", &[("folder", "a/x/y/z")], "a/x/y/z", "a")]
#[case::in_the_root(".", &[("folder", "dev")], "dev", ".")]
#[case::in_a_deep_one("apps/weu", &[("folder", "apps/weu/web")], "apps/weu/web", "apps/weu")]
#[case::adopting("a", &[("folder", "a/b"), ("foreignFiles", "adopt"), ("allowRemoval", "true")], "a/b", "a")]
#[case::keeping("a", &[("folder", "a/b"), ("foreignFiles", "keep")], "a/b", "a")]
#[case::taking_over("a", &[("folder", "a/b"), ("takeOver", "true")], "a/b", "a")]
#[case::its_definition("a", &[("folder", "q"), ("definitionFolder", "a/def")], "a/def", "a")]
#[case::its_definition_in_the_root(".", &[("folder", "q"), ("definitionFolder", "def")], "q", ".")]
fn a_folder_in_one_of_another_source_is_refused(
    #[case] outer: &str,
    #[case] inputs: &[(&str, &str)],
    #[case] folder: &str,
    #[case] around: &str,
) {
    let place = owned(outer);
    let ended = place.run_of(OTHER, inputs).run();
    let said = format!(
        "the folder `{folder}` of the manifest repository lies in the folder `{around}`, which belongs to the environment `dev` of {HLD}"
    );
    assert!(ended.stdout.contains(&said), "{}", ended.stdout);
    assert!(
        ended.stdout.contains(
            "choose a `folder` (or `definitionFolder`) that is in no other; whoever owns the outer folder may remove what is in it"
        ),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert_eq!(place.commits(), 1);
    let verify = [inputs, &[("command", "verify")]].concat();
    let ended = place.run_of(OTHER, &verify).run();
    assert!(ended.stdout.contains(&said), "{}", ended.stdout);
}

#[test]
fn another_environment_is_refused_too_and_a_neighbor_is_not() {
    let place = owned("a");
    let qa = [("environments", "qa"), ("config", "qa.yaml")];
    place.workspace.write(
        "qa.yaml",
        "source: src\nmanifestRepo: ./manifests.git\nfolder: a/qa\nenvironments: {qa: }\n",
    );
    let ended = place.run(101, &qa).run();
    assert!(
        ended.stdout.contains(&format!(
            "environment qa: the folder `a/qa` of the manifest repository lies in the folder `a`, which belongs to the environment `dev` of {HLD}"
        )),
        "{}",
        ended.stdout
    );
    place.run_of(OTHER, &[("folder", "ab")]).succeed();
    place.run_of(OTHER, &[("folder", "b/a")]).succeed();
    assert_eq!(place.commits(), 3);
}

#[test]
fn a_folder_is_not_put_around_one_that_is_owned() {
    let place = owned("a/b");
    for folder in ["a", "."] {
        for foreign in ["fail", "keep", "adopt"] {
            let inputs = [("folder", folder), ("foreignFiles", foreign)];
            let ended = place.run_of(OTHER, &inputs).run();
            let inner = if folder == "a" { "b" } else { "a/b" };
            let said = format!(
                "the folder `{folder}` of the manifest repository holds the owned folder `{inner}` of another environment"
            );
            assert!(ended.stdout.contains(&said), "{}", ended.stdout);
        }
    }
    assert_eq!(place.commits(), 1);
}

/// The state that former versions let come about.
#[test]
fn what_an_inner_folder_holds_is_not_removed_by_the_outer_one() {
    let place = owned("a");
    let text = config_map("k", "1");
    let ledger = place
        .content("a/.gitops-publisher")
        .replace("\"dev\"", "\"y\"");
    place.repository.commit(
        "main",
        "inner",
        &[
            ("a/b/k.yaml", "100644", &text),
            ("a/b/.gitops-publisher", "100644", &ledger),
        ],
    );
    place.workspace.remove("src/b/k.yaml");
    place.resource("src/a.yaml", "a", "2");
    place.run(101, &[("folder", "a")]).succeed();
    assert_eq!(
        place.repository.paths("main"),
        [
            "a/.gitops-publisher",
            "a/a.yaml",
            "a/b/.gitops-publisher",
            "a/b/k.yaml"
        ]
    );
    assert!(!place.content("a/.gitops-publisher").contains("b/k.yaml"));
}

/// A run of one environment knows the others of the file.
#[rstest::rstest]
#[case::nested("dev: {folder: a}, prod: {folder: a/b}", &[], "the environments `dev` and `prod` would own the same folder: `a` and `a/b`, which is inside it or around it")]
#[case::around("dev: {folder: a/b/c}, prod: {folder: a}", &[], "the environments `dev` and `prod` would own the same folder: `a/b/c` and `a`")]
#[case::other_case("dev: {folder: A}, prod: {folder: a/b}", &[], "the environments `dev` and `prod` would own the same folder: `A` and `a/b`")]
#[case::the_root("dev: {folder: .}, prod: ", &[], "the environments `dev` and `prod` would own the same folder: `.` and `prod`")]
#[case::a_definition("dev: {definitionFolder: prod/def}, prod: ", &[], "the environments `dev` and `prod` would own the same folder: `prod/def` and `prod`")]
#[case::neither_is_of_the_run("dev: {folder: a}, qa: {folder: a/b}, prod: ", &[], "the environments `dev` and `qa` would own the same folder: `a` and `a/b`")]
#[case::by_input("dev: {folder: a}, prod: {folder: a/b}", &[("manifestRepo", "./manifests.git")], "the environments `dev` and `prod` would own the same folder")]
#[case::one_folder("dev: {folder: a}, prod: {folder: a}", &[], "the environments `dev` and `prod` would own the same folder: `a`")]
fn the_whole_file_is_checked_in_a_run_of_one_environment(
    #[case] environments: &str,
    #[case] inputs: &[(&str, &str)],
    #[case] said: &str,
) {
    let place = Place::new(&format!(
        "source: src\nmanifestRepo: ./manifests.git\nenvironments: {{{environments}}}\n"
    ));
    place.resource("src/a.yaml", "a", "1");
    for command in ["publish", "verify"] {
        let inputs = [inputs, &[("environments", "prod"), ("command", command)]].concat();
        let ended = place.run(100, &inputs).run();
        assert!(ended.stdout.contains(said), "{command}: {}", ended.stdout);
    }
    assert_eq!(place.repository.tip("main"), None);
}

/// What each run names by itself, the file does not decide.
#[rstest::rstest]
#[case::a_folder("folder: x, environments: {dev: , prod: }", &[("folder", "p")])]
#[case::a_branch("folder: ., environments: {dev: , prod: }", &[("branch", "env/prod")])]
#[case::a_repository("folder: ., environments: {dev: , prod: }", &[])]
#[case::another_branch("environments: {dev: {folder: a, branch: one}, prod: {folder: a/b}}", &[])]
fn a_run_of_one_environment_may_name_its_place(
    #[case] settings: &str,
    #[case] inputs: &[(&str, &str)],
) {
    let place = Place::new(&format!("{{source: src, {settings}}}\n"));
    place.resource("src/a.yaml", "a", "1");
    let by_run = [
        ("manifestRepo", "./manifests.git"),
        ("environments", "prod"),
    ];
    place.run(100, &[&by_run, inputs].concat()).succeed();
}
