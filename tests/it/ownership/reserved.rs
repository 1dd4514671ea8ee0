//! Names that begin with `.gitops-publisher` are the program's own; ledgers of
//! the first format go on working.

use super::Place;

const SETTINGS: &str = "source: src\nmanifestRepo: ./manifests.git\nenvironments: {dev: }\n";

#[rstest::rstest]
#[case::a_note_of_ours("dev/.gitops-publisher-note")]
#[case::deeper("dev/sub/.gitops-publisher.bak")]
#[case::a_folder("dev/.gitops-publisher.d/x.yaml")]
#[case::in_capitals("dev/.GitOps-Publisher-x")]
fn a_reserved_name_is_neither_foreign_nor_adopted_nor_removed(#[case] name: &str) {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    place
        .repository
        .commit("main", "before", &[(name, "100644", "ours\n")]);
    place.workspace.program(&["publish"]).succeed();
    place.resource("src/a.yaml", "a", "2");
    place
        .workspace
        .program(&["publish", "--foreign-files", "adopt"])
        .succeed();
    assert_eq!(place.content(name), "ours\n");
    let ended = place.workspace.program(&["publish"]).succeed();
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
}

#[test]
fn at_the_root_a_reserved_name_is_not_content_either() {
    let place = Place::new(
        "source: src\nmanifestRepo: ./manifests.git\nfolder: .\nenvironments: {dev: }\n",
    );
    place.resource("src/a.yaml", "a", "1");
    place.repository.commit(
        "main",
        "before",
        &[(".gitops-publisher-x", "100644", "ours\n")],
    );
    place.workspace.program(&["publish"]).succeed();
    assert_eq!(place.content(".gitops-publisher-x"), "ours\n");
    let ended = place.workspace.program(&["publish"]).succeed();
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
}

#[test]
fn no_environment_may_have_a_reserved_folder() {
    let place = Place::new(
        "source: src\nmanifestRepo: ./manifests.git\nfolder: .gitops-publisher-dev\nenvironments: {dev: }\n",
    );
    place.resource("src/a.yaml", "a", "1");
    let ended = place.workspace.program(&["publish"]).fail();
    assert!(
        ended.stderr.contains("environment dev: the folder `.gitops-publisher-dev` cannot be used: names that begin with `.gitops-publisher` are reserved"),
        "{}",
        ended.stderr
    );
}

/// What a folder looks like that the first released format was written into.
fn of_the_first_format(place: &Place) {
    place.workspace.program(&["publish"]).succeed();
    let mut ledger = place.ledger("dev");
    let object = ledger.as_object_mut().unwrap();
    object["version"] = 1.into();
    object.insert(
        "publication".into(),
        serde_json::json!({"sourceRepository": "https://dev.azure.com/contoso/shop/_git/hld", "run": 5,
            "pipeline": "https://dev.azure.com/contoso/shop/build/12"}),
    );
    let text = format!("{ledger:#}\n");
    place.repository.commit(
        "main",
        "as of old",
        &[("dev/.gitops-publisher", "100644", &text)],
    );
}

#[test]
fn a_folder_of_the_first_format_is_upgraded_with_content_only() {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    of_the_first_format(&place);
    let before = place.commits();
    for _ in 0..3 {
        place.run(6, &[]).succeed();
    }
    assert_eq!(place.commits(), before, "no commit for the upgrade alone");
    place.resource("src/a.yaml", "a", "2");
    place.run(4, &[]).succeed();
    assert_eq!(place.commits(), before, "its order still counts");
    place.run(6, &[]).succeed();
    assert_eq!(place.commits(), before + 1);
    let ledger = place.ledger("dev");
    assert_eq!(ledger["version"], 2);
    assert_eq!(
        ledger["publication"]["sourceRepository"],
        "https://dev.azure.com/contoso/shop/_git/hld"
    );
    assert_eq!(ledger["publication"]["run"], 6);
}

#[test]
fn a_folder_of_the_first_format_belongs_to_its_source_repository() {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    of_the_first_format(&place);
    place.resource("src/a.yaml", "a", "2");
    let ended = place
        .run_of("https://dev.azure.com/contoso/shop/_git/other", &[])
        .run();
    assert!(
        ended.stdout.contains("belongs to the environment `dev` of https://dev.azure.com/contoso/shop/_git/hld; this run publishes from https://dev.azure.com/contoso/shop/_git/other"),
        "{}",
        ended.stdout
    );
}
