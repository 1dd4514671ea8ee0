//! Names that are one on Windows and macOS, where the others are in the manifest
//! repository.

use super::{Place, config_map};

const OTHER: &str = "https://dev.azure.com/contoso/shop/_git/other";

fn place() -> Place {
    let place = Place::new("source: src\nmanifestRepo: ./manifests.git\nenvironments: {dev: }\n");
    place.resource("src/a.yaml", "a", "1");
    place
}

fn said(ours: &str, theirs: &str) -> String {
    format!(
        "environment dev: `{ours}` of the manifest repository would stand beside `{theirs}`, which is there already: these are one name on Windows or macOS, since they differ only in case or in how a letter is composed"
    )
}

#[rstest::rstest]
#[case("Web/x.yaml", "web", "web", "Web")]
#[case("WEB", "web", "web", "WEB")]
#[case("Apps/api/x.yaml", "apps/web", "apps", "Apps")]
#[case("apps/Web/x.yaml", "apps/web", "apps/web", "apps/Web")]
#[case("u\u{308}ber/x.yaml", "\u{fc}ber", "\u{fc}ber", "u\u{308}ber")]
#[case("\u{c4}pfel/x.yaml", "\u{e4}pfel", "\u{e4}pfel", "\u{c4}pfel")]
fn a_new_folder_has_a_name_of_its_own(
    #[case] there: &str,
    #[case] folder: &str,
    #[case] ours: &str,
    #[case] theirs: &str,
) {
    let place = place();
    place
        .repository
        .commit("main", "by hand", &[(there, "100644", "x: 1\n")]);
    let ended = place.run(100, &[("folder", folder)]).run();
    let said = said(ours, theirs);
    assert!(ended.stdout.contains(&said), "{said}: {}", ended.stdout);
    assert_eq!(place.commits(), 1);
}

#[test]
fn of_two_sources_the_second_is_refused_and_the_first_goes_on() {
    let place = place();
    place.run(100, &[("folder", "Web")]).succeed();
    let ended = place.run_of(OTHER, &[("folder", "web")]).run();
    assert!(
        ended.stdout.contains(&said("web", "Web")),
        "{}",
        ended.stdout
    );
    place.resource("src/a.yaml", "a", "2");
    place.run(101, &[("folder", "Web")]).succeed();
    assert_eq!(place.commits(), 2);
}

#[rstest::rstest]
#[case("A.yaml", "a.yaml")]
#[case("in/X.yaml", "in/x.yaml")]
#[case("IN/x.yaml", "in/x.yaml")]
#[case("e\u{301}.yaml", "\u{e9}.yaml")]
#[case("b.YAML", "b.yaml")]
fn a_new_file_has_a_name_of_its_own(#[case] there: &str, #[case] file: &str) {
    let place = place();
    place
        .workspace
        .write(&format!("src/{file}"), &config_map("b", "1"));
    let theirs = format!("dev/{there}");
    place
        .repository
        .commit("main", "by hand", &[(&theirs, "100644", "x: 1\n")]);
    let ended = place.run(100, &[("foreignFiles", "keep")]).run();
    let said = said(&format!("dev/{file}"), &theirs);
    assert!(ended.stdout.contains(&said), "{said}: {}", ended.stdout);
    // Adopted, it goes in the same commit.
    place
        .run(100, &[("foreignFiles", "adopt"), ("allowRemoval", "true")])
        .succeed();
    assert!(!place.repository.paths("main").contains(&theirs));
}
