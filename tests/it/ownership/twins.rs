//! Names that are one on Windows and macOS, where the others are in the manifest
//! repository.

use super::leftovers::{Source, quiet};
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
#[case("ΟΔΟΣ/x.yaml", "οδοσ", "οδοσ", "ΟΔΟΣ")]
#[case("straße/x.yaml", "STRASSE", "STRASSE", "straße")]
#[case("straße/x.yaml", "STRAẞE/web", "STRAẞE", "straße")]
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

/// What stays where it is, beside what is published for the first time.
#[rstest::rstest]
#[case::folders("dev/Sub/y.txt", "sub/x.yaml", "dev/sub", "dev/Sub")]
#[case::a_file_and_a_folder("dev/SUB", "sub/x.yaml", "dev/sub", "dev/SUB")]
#[case::a_folder_and_a_file("dev/X.yaml/y.txt", "x.yaml", "dev/x.yaml", "dev/X.yaml")]
#[case::deeper("dev/a/B/c/y.txt", "a/b/x.yaml", "dev/a/b", "dev/a/B")]
#[case::composed("dev/u\u{308}/y.txt", "\u{fc}/x.yaml", "dev/\u{fc}", "dev/u\u{308}")]
#[case::final_sigma("dev/ΟΣ/y.txt", "ος/x.yaml", "dev/ος", "dev/ΟΣ")]
fn a_new_folder_inside_has_a_name_of_its_own(
    #[case] there: &str,
    #[case] file: &str,
    #[case] ours: &str,
    #[case] theirs: &str,
) {
    let place = place();
    place
        .workspace
        .write(&format!("src/{file}"), &config_map("b", "1"));
    let there = [(there, "100644", "by hand\n")];
    place.repository.commit("main", "by hand", &there);
    let keep = [("foreignFiles", "keep")];
    for command in ["verify", "publish"] {
        let ended = place
            .run(100, &[&keep[..], &[("command", command)]].concat())
            .run();
        let said = said(ours, theirs);
        assert!(ended.stdout.contains(&said), "{said}: {}", ended.stdout);
    }
    assert_eq!(place.commits(), 1);
}

/// Nothing is made worse by a further file where both spellings are there.
#[test]
fn folders_that_are_there_in_two_spellings_go_on() {
    let place = place();
    place.resource("src/sub/b.yaml", "b", "1");
    place.run(100, &[]).succeed();
    place
        .repository
        .commit("main", "by hand", &[("dev/Sub/y.txt", "100644", "x\n")]);
    place.resource("src/sub/c.yaml", "c", "1");
    place.run(101, &[]).succeed();
    assert_eq!(place.commits(), 3);
    place.run(102, &[]).succeed();
    assert_eq!(place.commits(), 3);
}

#[rstest::rstest]
#[case::two_environments(
    "a: {folder: Apps/x}, b: {folder: apps/y}",
    "the folder `Apps/x` of the environment `a` and the folder `apps/y` of the environment `b` begin with `Apps` and `apps`"
)]
#[case::deeper(
    "a: {folder: c/Eu/x}, b: {folder: c/EU/y}",
    "the folder `c/Eu/x` of the environment `a` and the folder `c/EU/y` of the environment `b` begin with `c/Eu` and `c/EU`"
)]
#[case::a_definition(
    "a: {folder: Apps/x, definitionFolder: apps/def}",
    "the folder `Apps/x` of the environment `a` and the definitionFolder `apps/def` of the environment `a` begin with `Apps` and `apps`"
)]
#[case::final_sigma(
    "a: {folder: ΟΣ/x}, b: {folder: ος/y}",
    "the folder `ΟΣ/x` of the environment `a` and the folder `ος/y` of the environment `b` begin with `ΟΣ` and `ος`"
)]
#[case::sharp_s(
    "a: {folder: straße/x}, b: {folder: STRASSE/y}",
    "begin with `straße` and `STRASSE`"
)]
#[case::composed(
    "a: {folder: \"\u{fc}/x\"}, b: {folder: \"u\u{308}/y\"}",
    "begin with `\u{fc}` and `u\u{308}`"
)]
#[case::with_keep(
    "a: {folder: Apps/x, foreignFiles: keep}, b: {folder: apps/y, foreignFiles: keep}",
    "begin with `Apps` and `apps`"
)]
#[case::one_in_the_other(
    "a: {folder: Apps}, b: {folder: apps/y}",
    "the environments `a` and `b` would own the same folder: `Apps` and `apps/y`"
)]
fn folders_of_one_run_are_spelled_in_one_way(#[case] environments: &str, #[case] said: &str) {
    let settings =
        format!("source: src\nmanifestRepo: ./manifests.git\nenvironments: {{{environments}}}\n");
    let place = Place::new(&settings);
    place.resource("src/a.yaml", "a", "1");
    // Also where the run is for one of them.
    for inputs in [&[][..], &[("environments", "a")]] {
        for command in ["publish", "verify"] {
            let ended = place
                .run(100, &[inputs, &[("command", command)]].concat())
                .run();
            assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
            assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
        }
    }
    assert_eq!(place.repository.tip("main"), None);
}

#[test]
fn folders_of_other_branches_may_be_spelled_otherwise() {
    let place = Place::new(
        "source: src\nmanifestRepo: ./manifests.git\nenvironments: {a: {folder: Apps/x, branch: one}, b: {folder: apps/y, branch: two}}\n",
    );
    place.resource("src/a.yaml", "a", "1");
    place.run(100, &[]).succeed();
    assert_eq!(place.repository.paths("two").len(), 2);
}

/// A folder of which only the case changes, or how it is composed, is moved.
#[rstest::rstest]
#[case::the_last_part("dev", "Dev")]
#[case::a_part_above("Apps/dev", "apps/dev")]
#[case::both("Apps/Dev", "apps/dev")]
#[case::composed("u\u{308}", "\u{fc}")]
#[case::final_sigma("ΟΣ/x", "οσ/x")]
fn a_folder_may_change_its_spelling(#[case] from: &str, #[case] to: &str) {
    let source = Source::new(&format!("dev: {{folder: \"{from}\"}}"));
    source.list(&format!("dev: {{folder: \"{to}\"}}"));
    let ended = source.publish(&[]);
    let files = format!("{to}/.gitops-publisher\n{to}/a.yaml");
    let list = [
        "-c",
        "core.quotePath=false",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
    ];
    let found = source.place.repository.git(&list);
    assert_eq!(found.trim(), files, "{}", ended.stderr);
    assert_eq!(source.place.commits(), 2);
    for _ in 0..2 {
        quiet(&source.publish(&[]));
    }
    assert_eq!(source.place.commits(), 2);
}

/// Something else is left in the folder of the former spelling.
#[rstest::rstest]
#[case::in_the_folder("dev", "Dev", "dev/note.txt", "Dev", "dev")]
#[case::beside_it("Apps/dev", "apps/dev", "Apps/note.txt", "apps", "Apps")]
#[case::in_another("Apps/dev", "apps/dev", "Apps/qa/x.yaml", "apps", "Apps")]
fn a_folder_does_not_change_its_spelling_beside_the_former_one(
    #[case] from: &str,
    #[case] to: &str,
    #[case] note: &str,
    #[case] ours: &str,
    #[case] theirs: &str,
) {
    let source = Source::new(&format!("dev: {{folder: {from}}}"));
    source.by_hand(note);
    source.list(&format!("dev: {{folder: {to}}}"));
    let error = source.fails(&[]);
    assert!(error.contains(&said(ours, theirs)), "{error}");
    assert_eq!(source.place.commits(), 2);
}

/// The same for folders and files in the source.
#[test]
fn a_folder_of_the_source_may_change_its_spelling() {
    let place = place();
    place.resource("src/sub/b.yaml", "b", "1");
    place.run(100, &[]).succeed();
    place.workspace.remove("src/sub/b.yaml");
    place.resource("src/SUB/b.yaml", "b", "1");
    for number in 101..104 {
        place.run(number, &[]).succeed();
        let files = ["dev/.gitops-publisher", "dev/SUB/b.yaml", "dev/a.yaml"];
        assert_eq!(place.repository.paths("main"), files);
    }
    assert_eq!(place.commits(), 2);
    place.resource("src/sub/c.yaml", "c", "1");
    let ended = place.run(104, &[]).run();
    let said = "environment `dev` generates files in the folders `SUB` and `sub`, which are one folder on Windows or macOS";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
}
