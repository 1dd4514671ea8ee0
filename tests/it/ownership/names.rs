//! Names that git holds and no safe path can have, and line ends.

use super::{Place, config_map};

const SETTINGS: &str = "source: src\nmanifestRepo: ./manifests.git\nenvironments: {dev: }\n";

fn with_foreign(name: &str) -> Place {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    place
        .repository
        .commit("main", "theirs", &[(name, "100644", "theirs\n")]);
    place
}

#[rstest::rstest]
#[case::not_utf_8(r#""dev/caf\351.yaml""#, r"caf\xe9.yaml")]
#[case::a_line_feed(r#""dev/two\nlines.yaml""#, r"two\nlines.yaml")]
#[case::a_backslash(r#""dev/a\\b.yaml""#, r"a\\b.yaml")]
#[case::deeper(r#""dev/sub/caf\351.yaml""#, r"sub/caf\xe9.yaml")]
#[case::a_folder(r#""dev/caf\351/x.yaml""#, r"caf\xe9")]
#[case::an_escape(r#""dev/\033[31m.yaml""#, r"\x1b[31m.yaml")]
fn files_with_odd_names_are_foreign(#[case] name: &str, #[case] shown: &str) {
    let place = with_foreign(name);
    let ended = place.typed(&["publish"]).fail();
    let said = format!(
        "environment dev: the folder `dev` of the manifest repository already holds 1 file that gitops-publisher did not write: {shown}"
    );
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    let ended = place.typed(&["publish", "--foreign-files", "adopt"]).fail();
    assert!(
        ended
            .stderr
            .contains("cannot be taken over: it holds 1 file with a name that is not UTF-8"),
        "{}",
        ended.stderr
    );
    place
        .typed(&["publish", "--foreign-files", "keep"])
        .succeed();
    let again = place.typed(&["publish"]).succeed();
    assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
    assert_eq!(
        place.repository.entries("main").len(),
        3,
        "it is still there"
    );
}

#[rstest::rstest]
#[case::plain("src/a.yaml")]
#[case::deeper("src/sub/a.yaml")]
fn line_ends_of_the_checkout_make_no_commit(#[case] file: &str) {
    let place = Place::new(SETTINGS);
    let text = config_map("a", "1");
    place.workspace.write(file, &text);
    place.typed(&["publish"]).succeed();
    place.workspace.write(file, &text.replace('\n', "\r\n"));
    let ended = place.typed(&["publish"]).succeed();
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
    assert_eq!(place.commits(), 1);
}

#[test]
fn what_is_published_first_from_a_checkout_with_carriage_returns_has_none() {
    let place = Place::new(SETTINGS);
    let text = config_map("a", "1") + "  block: |\n    one\n    two\n";
    place
        .workspace
        .write("src/a.yaml", &text.replace('\n', "\r\n"));
    place.typed(&["publish"]).succeed();
    assert_eq!(place.content("dev/a.yaml"), text);
}
