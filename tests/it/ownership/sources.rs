//! A folder belongs to the source that published it.

use super::{Place, checkout, commit, config_map};

const SETTINGS: &str = "source: src\nmanifestRepo: ./manifests.git\nenvironments: {dev: }\n";
const HLD: &str = "https://dev.azure.com/contoso/shop/_git/hld";
const OTHER: &str = "https://dev.azure.com/contoso/shop/_git/other";

/// `hld` published to dev; now another content is there to publish.
fn published() -> Place {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    place.run(100, &[]).succeed();
    place.resource("src/a.yaml", "b", "2");
    place
}

#[test]
fn another_source_repository_is_refused_with_both_names_and_the_remedies() {
    let place = published();
    let ended = place.run_of(OTHER, &[("allowRemoval", "true")]).run();
    let said = format!(
        "environment dev: the folder `dev` of the manifest repository belongs to the environment `dev` of {HLD}; this run publishes from {OTHER}"
    );
    assert!(ended.stdout.contains(&said), "{}", ended.stdout);
    for remedy in [
        "give this source a `folder` that no other source publishes to, such as `other/{environment}`",
        "if it is the same source under another name or in another place, or is to replace it, run once with `--take-over` or the input `takeOver` on the task",
    ] {
        assert!(ended.stdout.contains(remedy), "{}", ended.stdout);
    }
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    // Nothing was compared, so that nothing is called unchanged.
    let ended = place.run_of(OTHER, &[("command", "verify")]).run();
    assert!(
        ended.stdout.contains("(manifests) -> dev: refused"),
        "{}",
        ended.stdout
    );
    for word in ["no change", "Nothing changed", "dev.added"] {
        assert!(!ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    assert_eq!(place.commits(), 1);
}

#[test]
fn files_that_were_copied_without_their_repository_are_nobodys() {
    let place = published();
    let ended = place.typed(&["publish"]).fail();
    let said = format!(
        "environment dev: the folder `dev` of the manifest repository belongs to the environment `dev` of {HLD}; the source of this run is in no git checkout, so nothing shows that it is the same"
    );
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("run once with `takeOver: true` (`--take-over`)")
    );
    assert_eq!(place.commits(), 1);
    let take = ["publish", "--take-over", "--allow-removal"];
    place.typed(&take).succeed();
    assert_eq!(place.commits(), 2);
    place.typed(&["publish"]).succeed();
    assert_eq!(
        place.commits(),
        2,
        "it is nobody's now, and the run is the same"
    );
}

#[test]
fn the_remedies_help() {
    let place = published();
    place.run_of(OTHER, &[("folder", "other/dev")]).succeed();
    assert!(place.content("other/dev/a.yaml").contains("\"2\""));
    assert!(place.content("dev/a.yaml").contains("\"1\""));
    let take = [("takeOver", "true"), ("allowRemoval", "true")];
    let ended = place.run_of(OTHER, &take).succeed();
    assert!(
        ended.stdout.contains(&format!(
            "environment dev: the folder `dev` is taken over from environment `dev` of {HLD}"
        )),
        "{}",
        ended.stdout
    );
    assert!(place.content("dev/a.yaml").contains("\"2\""));
    let commits = place.commits();
    place.run_of(OTHER, &[]).succeed();
    place.run_of(OTHER, &take).succeed();
    assert_eq!(place.commits(), commits, "later runs write nothing");
    place.resource("src/a.yaml", "a", "3");
    let ended = place.run(101, &[("allowRemoval", "true")]).run();
    assert!(
        ended
            .stdout
            .contains(&format!("of {OTHER}; this run publishes from {HLD}")),
        "now it belongs to the other: {}",
        ended.stdout
    );
}

/// Over HTTP, where the ledger is not read when everything stands as it should.
#[test]
fn a_folder_of_another_is_refused_though_it_holds_the_same() {
    let server = crate::support::git_server::GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let place = Place::new(&format!(
        "source: src\nmanifestRepo: {}\nenvironments: {{dev: }}\n",
        server.url("manifests")
    ));
    place.resource("src/a.yaml", "a", "1");
    place.workspace.write("other/a.yaml", &config_map("a", "1"));
    place.run(100, &[]).succeed();
    let said = format!(
        "the folder `dev` of the manifest repository belongs to the environment `dev` of {HLD}"
    );
    let qa = [
        ("environments", "qa"),
        ("config", "qa.yaml"),
        ("folder", "dev"),
    ];
    place.workspace.write(
        "qa.yaml",
        &place.workspace.read("gitops.yaml").replace("dev", "qa"),
    );
    // The newest commit is another one, and then none of ours for a while.
    for commits in [0, 1, 12] {
        for number in 0..commits {
            let content = format!("{number}");
            repository.commit("main", "by hand", &[("README.md", "100644", &content)]);
        }
        server.forget();
        place.run(101, &[]).succeed();
        if commits < 12 {
            assert_eq!(server.turns(), 2, "nothing is read twice");
        }
        for command in ["publish", "verify"] {
            let ended = place.run_of(OTHER, &[("command", command)]).run();
            assert!(ended.stdout.contains(&said), "{}", ended.stdout);
            assert!(!ended.stdout.contains("no change"), "{}", ended.stdout);
            let ended = place
                .run(101, &[&qa[..], &[("command", command)]].concat())
                .run();
            assert!(
                ended.stdout.contains(
                    "the folder `dev` of the manifest repository belongs to the environment `dev`"
                ),
                "{}",
                ended.stdout
            );
        }
    }
    assert_eq!(repository.subjects("main").len(), 15);
}

#[test]
fn taking_over_works_where_the_content_is_the_same() {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    place.run(100, &[]).succeed();
    place.run_of(OTHER, &[("takeOver", "true")]).succeed();
    assert_eq!(
        place.ledger("dev")["publication"]["sourceRepository"],
        OTHER
    );
    place.run_of(OTHER, &[("takeOver", "true")]).succeed();
    assert_eq!(place.commits(), 2);
}

#[rstest::rstest]
#[case::as_the_portal_writes_it("https://contoso@dev.azure.com/contoso/shop/_git/hld")]
#[case::with_other_letters("https://dev.azure.com/Contoso/Shop/_git/HLD")]
#[case::by_the_former_host("https://contoso.visualstudio.com/shop/_git/hld")]
#[case::over_ssh("git@ssh.dev.azure.com:v3/contoso/shop/hld")]
#[case::with_a_slash("https://dev.azure.com/contoso/shop/_git/hld/")]
fn one_repository_may_be_written_in_several_ways(#[case] address: &str) {
    let place = published();
    let inputs = [("allowRemoval", "true")];
    place.run_of(address, &inputs).succeed();
    assert!(place.content("dev/a.yaml").contains("\"2\""));
}

#[rstest::rstest]
#[case::a_renamed_repository("2f3d611a-f012-4b39-b157-8db63f380226", true)]
#[case::another_repository("6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", false)]
#[case::an_id_that_is_a_name("contoso/hld", false)]
fn a_renamed_repository_is_known_by_its_id(#[case] id: &str, #[case] same: bool) {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    let guid = "2f3d611a-f012-4b39-b157-8db63f380226";
    let first = if id.contains('/') { id } else { guid };
    place
        .run(100, &[])
        .variable("BUILD_REPOSITORY_ID", first)
        .succeed();
    place.resource("src/a.yaml", "a", "2");
    let ended = place
        .run_of(OTHER, &[])
        .variable("BUILD_REPOSITORY_ID", id)
        .run();
    assert_eq!(
        ended.stdout.contains("Published "),
        same,
        "{}",
        ended.stdout
    );
    let renamed = place.ledger("dev")["publication"]["sourceRepository"] == OTHER;
    assert_eq!(renamed, same, "the new name is written with new content");
}

#[rstest::rstest]
#[case::by_their_origin(
    Some("https://github.com/contoso/one"),
    Some("https://github.com/contoso/two")
)]
#[case::without_an_origin(None, None)]
#[case::one_without(Some("https://github.com/contoso/one"), None)]
fn at_a_terminal_checkouts_are_told_apart(#[case] one: Option<&str>, #[case] two: Option<&str>) {
    let target = Place::new("");
    let settings = format!(
        "source: hld\nmanifestRepo: {}\nenvironments: {{dev: }}\n",
        target.repository.path().display()
    );
    let first = checkout(one, &settings, &["hld"]);
    first.program(&["publish"]).succeed();
    let second = checkout(two, &format!("{settings}# another\n"), &["hld"]);
    second.write("hld/a.yaml", &config_map("a", "other"));
    commit(&second);
    let ended = second.program(&["publish"]).fail();
    assert!(
        ended
            .stderr
            .contains("(folder hld); this run publishes from"),
        "{}",
        ended.stderr
    );
    first.write("hld/a.yaml", &config_map("a", "more"));
    commit(&first);
    first.program(&["publish"]).succeed();
    assert_eq!(target.commits(), 2);
}

#[test]
fn two_folders_of_one_repository_are_two_sources() {
    let target = Place::new("");
    let settings = format!(
        "manifestRepo: {}\nenvironments: {{dev: }}\n",
        target.repository.path().display()
    );
    let origin = Some("https://github.com/contoso/mono");
    let workspace = checkout(origin, &settings, &["apps/one", "apps/two"]);
    workspace
        .program(&["publish", "--source", "apps/one"])
        .succeed();
    let ended = workspace
        .program(&["publish", "--source", "apps/two"])
        .fail();
    assert!(
        ended.stderr.contains("belongs to the environment `dev` of https://github.com/contoso/mono (folder apps/one); this run publishes from https://github.com/contoso/mono (folder apps/two)"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_source_of_several_folders_may_gain_and_lose_one() {
    let target = Place::new("");
    let settings = |sources: &str| {
        format!(
            "manifestRepo: {}\nallowRemoval: true\nenvironments: {{dev: {{sources: [{sources}]}}}}\n",
            target.repository.path().display()
        )
    };
    let one = "{name: one, source: apps/one}";
    let two = "{name: two, source: apps/two}";
    let workspace = checkout(None, &settings(one), &["apps/one", "apps/two"]);
    workspace.remove("apps/two/a.yaml");
    workspace.write("apps/two/b.yaml", &config_map("b", "2"));
    for sources in [one.to_owned(), format!("{one}, {two}"), two.to_owned()] {
        workspace.write("gitops.yaml", &settings(&sources));
        commit(&workspace);
        workspace.program(&["publish"]).succeed();
    }
    assert_eq!(
        target.ledger("dev")["publication"]["sourceFolders"],
        serde_json::json!(["apps/two"])
    );
    workspace.write("gitops.yaml", &settings(one));
    let ended = workspace.program(&["publish"]).fail();
    assert!(
        ended.stderr.contains("(folder apps/two); this run"),
        "{}",
        ended.stderr
    );
}

#[test]
fn verify_refuses_another_source_too() {
    let place = published();
    let ended = place.run_of(OTHER, &[("command", "verify")]).run();
    assert!(
        ended.stdout.contains("this run publishes from"),
        "{}",
        ended.stdout
    );
}
