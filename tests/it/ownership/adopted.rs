//! What goes with files of others, where a folder is adopted.

use super::{Place, config_map};

const SETTINGS: &str =
    "source: src\nmanifestRepo: ./manifests.git\nforeignFiles: adopt\nenvironments: {dev: }\n";

fn resource(kind: &str, name: &str) -> String {
    format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n")
}

/// `names` are published; a person put them there before, and `others` beside them.
fn place(names: &[&str], others: &[(&str, &str)]) -> Place {
    let place = Place::new(SETTINGS);
    let mut there = Vec::new();
    for name in names {
        let file = format!("{name}.yaml");
        place.resource(&format!("src/{file}"), name, "1");
        there.push((format!("dev/{file}"), config_map(name, "1")));
    }
    for (file, content) in others {
        there.push((format!("dev/{file}"), (*content).to_owned()));
    }
    let there: Vec<_> = there
        .iter()
        .map(|(path, content)| (path.as_str(), "100644", content.as_str()))
        .collect();
    place.repository.commit("main", "by hand", &there);
    place
}

#[rstest::rstest]
#[case::alone("ns.yaml", resource("Namespace", "shop"), "v1 Namespace shop/shop")]
#[case::with_others("x.yml", format!("{}---\n{}", config_map("x", "1"), resource("PersistentVolumeClaim", "data")), "v1 PersistentVolumeClaim shop/data")]
#[case::in_a_list("l.yaml", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: PersistentVolume, metadata: {name: p}}\n".to_owned(), "v1 PersistentVolume p")]
#[case::in_a_typed_list("n.yaml", "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: n}\n".to_owned(), "v1 Namespace n")]
#[case::in_a_typed_list_with_no_kind("n.yaml", "apiVersion: v1\nkind: NamespaceList\nitems:\n- {kind: null, metadata: {name: n}}\n".to_owned(), "v1 Namespace n")]
#[case::in_a_list_in_a_list("n.yaml", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: NamespaceList, items: [{kind: '', metadata: {name: n}}]}\n".to_owned(), "v1 Namespace n")]
#[case::as_json("c.json", "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"x\"}}".to_owned(), "v1 Namespace x")]
#[case::deeper("in/ns.yaml", resource("Namespace", "shop"), "v1 Namespace shop/shop")]
#[case::a_definition("crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.x.io}\n".to_owned(), "apiextensions.k8s.io/v1 CustomResourceDefinition a.x.io")]
fn a_protected_kind_in_a_file_of_others_stops_the_run(
    #[case] file: &str,
    #[case] content: String,
    #[case] resource: &str,
) {
    let place = place(&["a", "b", "c", "d"], &[(file, &content)]);
    let kind = resource.split(' ').nth(1).unwrap();
    let said = format!(
        "environment dev: publishing would remove `{resource}` from the folder `dev`; {kind} is a protected kind"
    );
    for command in ["verify", "publish"] {
        let ended = place.run(100, &[("command", command)]).run();
        assert!(ended.stdout.contains(&said), "{}", ended.stdout);
        assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    }
    assert_eq!(place.commits(), 1);
}

#[rstest::rstest]
#[case::half(&["a", "b"], 2, None)]
#[case::more(&["a", "b"], 3, Some("3 of the 5"))]
#[case::most(&["a"], 4, Some("4 of the 5"))]
fn the_share_counts_what_was_there(
    #[case] ours: &[&str],
    #[case] others: usize,
    #[case] stopped: Option<&str>,
) {
    let names: Vec<_> = (0..others).map(|at| format!("x{at}")).collect();
    let all: Vec<_> = names.iter().map(|name| config_map(name, "1")).collect();
    // One file, so that it is not the number of files that stops it.
    let place = place(ours, &[("x.yaml", &all.join("---\n"))]);
    let ended = place.run(100, &[]).run();
    if let Some(count) = stopped {
        let said = format!(
            "environment dev: publishing would remove {count} resources in the folder `dev`; at most 50 percent may go in one run"
        );
        assert!(ended.stdout.contains(&said), "{}", ended.stdout);
        assert!(
            ended.stdout.contains("- v1 ConfigMap shop/x0"),
            "{}",
            ended.stdout
        );
        assert_eq!(place.commits(), 1);
    } else {
        assert!(
            ended.stdout.contains(&format!("{others} removed")),
            "{}",
            ended.stdout
        );
        assert_eq!(place.commits(), 2);
    }
}

#[test]
fn what_is_no_resource_counts_as_a_file_and_what_moves_is_not_removed() {
    let others = [
        ("README.md", "hello"),
        ("old/e.yaml", &*config_map("e", "1")),
        ("broken.txt", "a: [\n"),
    ];
    let place = place(&["a", "b", "c"], &others);
    place.resource("src/e.yaml", "e", "1");
    let ended = place.run(100, &[]).succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("1 removed"), "{}", ended.stdout);
    assert_eq!(
        place.repository.paths("main"),
        [
            "dev/.gitops-publisher",
            "dev/a.yaml",
            "dev/b.yaml",
            "dev/c.yaml",
            "dev/e.yaml"
        ]
    );
}

/// Nothing else says which files go with a folder that is taken over.
#[test]
fn files_of_others_that_go_are_named() {
    let others = [
        ("RUNBOOK.md", "hello"),
        ("notes/values.txt", "hello"),
        ("a b.md", ""),
    ];
    let place = place(&["a", "b", "c", "d"], &others);
    for command in ["verify", "publish"] {
        let ended = place.run(100, &[("command", command)]).succeed();
        let said = "(3 files); removes or replaces 3 files of others: RUNBOOK.md, a b.md, notes/values.txt";
        assert!(ended.stdout.contains(said), "{}", ended.stdout);
    }
    assert!(!place.run(101, &[]).succeed().stdout.contains("of others"));
}

#[test]
fn edits_that_are_written_over_are_named() {
    let place = place(&["a", "b"], &[]);
    place.run(100, &[]).succeed();
    let edited = config_map("a", "9");
    place
        .repository
        .commit("main", "by hand", &[("dev/a.yaml", "100644", &edited)]);
    for command in ["verify", "publish"] {
        let inputs = [("command", command), ("handEdits", "overwrite")];
        let ended = place.run(101, &inputs).succeed();
        let said = "(1 file); overwrites 1 file edited by hand: a.yaml";
        assert!(ended.stdout.contains(said), "{}", ended.stdout);
    }
}

const NAMESPACE: &str = "v1 Namespace shop/shop";

fn protected(resource: &str, folder: &str) -> String {
    let kind = resource.split(' ').nth(1).unwrap();
    format!(
        "publishing would remove `{resource}` from the folder `{folder}`; {kind} is a protected kind"
    )
}

/// Fails, says this, and leaves the branch as it was.
fn stops(place: &Place, inputs: &[(&str, &str)], said: &str) {
    let before = place.commits();
    let ended = place.run(101, inputs).run();
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert_eq!(place.commits(), before);
    let allowed = [inputs, &[("allowRemoval", "true")]].concat();
    let ended = place.run(102, &allowed).succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert_eq!(place.commits(), before + 1);
}

#[rstest::rstest]
#[case::before(&[("Namespace", "shop"), ("ConfigMap", "a")])]
#[case::after(&[("ConfigMap", "a"), ("Namespace", "shop")])]
#[case::alone(&[("Namespace", "shop")])]
fn what_our_file_takes_the_place_of_counts_too(#[case] there: &[(&str, &str)]) {
    let there: Vec<_> = there
        .iter()
        .map(|(kind, name)| resource(kind, name))
        .collect();
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    let file = ("dev/a.yaml", "100644", &*there.join("---\n"));
    place.repository.commit("main", "by hand", &[file]);
    stops(&place, &[], &protected(NAMESPACE, "dev"));
}

#[test]
fn many_that_our_file_takes_the_place_of_are_counted() {
    let many: Vec<_> = (0..9)
        .map(|at| config_map(&format!("x{at}"), "1"))
        .collect();
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    let file = ("dev/a.yaml", "100644", &*many.join("---\n"));
    place.repository.commit("main", "by hand", &[file]);
    stops(
        &place,
        &[],
        "publishing would remove 9 of the 10 resources in the folder `dev`; at most 50 percent may go in one run",
    );
}

#[rstest::rstest]
#[case::in_a_file_that_stays(false)]
#[case::in_a_file_that_goes(true)]
fn what_somebody_added_to_our_file_counts_too(#[case] goes: bool) {
    let place = place(&["a", "b", "c"], &[]);
    place.run(100, &[]).succeed();
    let edited = format!(
        "{}---\n{}",
        config_map("a", "1"),
        resource("Namespace", "shop")
    );
    let file = ("dev/a.yaml", "100644", &*edited);
    place.repository.commit("main", "by hand", &[file]);
    if goes {
        place.workspace.write("src/a.yaml", &config_map("d", "1"));
    }
    stops(
        &place,
        &[("handEdits", "overwrite")],
        &protected(NAMESPACE, "dev"),
    );
}

#[rstest::rstest]
#[case::a_kind("ns.yaml", resource("Namespace", "shop"), &protected(NAMESPACE, "notes"))]
#[case::files("a.md", "hello".to_owned(), "publishing would remove 4 of the 4 files in the folder `notes` that something else wrote")]
fn a_folder_for_definitions_is_adopted_with_the_same_care(
    #[case] file: &str,
    #[case] content: String,
    #[case] said: &str,
) {
    let place = Place::new(SETTINGS);
    place.resource("src/a.yaml", "a", "1");
    let names: Vec<_> = ["", "1", "2", "3"]
        .map(|at| format!("notes/{at}{file}"))
        .into();
    let files: Vec<_> = names
        .iter()
        .map(|name| (&**name, "100644", &*content))
        .collect();
    place.repository.commit("main", "by hand", &files);
    stops(&place, &[("definitionFolder", "notes")], said);
    // Its own files are no concern of the limits.
    place.resource("src/a.yaml", "a", "2");
    let ended = place.run(103, &[("definitionFolder", "notes")]).succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

#[rstest::rstest]
#[case::broken("x.yaml", "a: [\n")]
#[case::broken_after_a_resource(
    "x.yaml",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\na: [\n"
)]
#[case::two_json_values("x.json", "{\"kind\": \"Namespace\"}{\"kind\": \"Namespace\"}")]
#[case::a_line_break_for_some("x.yml", "a: b # \u{85}kind: Namespace\n")]
#[case::directive("x.yaml", "%YAML 1.1\n---\nkind: Namespace\n")]
#[case::deeper("in/x.YAML", "a: b: c\n")]
#[case::one_value(
    "x.yaml",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\ntext\n"
)]
fn a_file_of_others_that_cannot_be_read_stops_the_run(#[case] file: &str, #[case] content: &str) {
    let place = place(&["a", "b", "c", "d"], &[(file, content)]);
    stops(
        &place,
        &[],
        &format!(
            "environment dev: publishing would remove or replace `{file}` in the folder `dev`, which something else wrote, and which cannot be read"
        ),
    );
}

#[test]
fn a_link_of_others_stops_the_run() {
    for name in ["ns.yaml", "ns.json"] {
        let place = place(&["a", "b", "c", "d"], &[]);
        let link = format!("dev/{name}");
        let files = [
            ("base/ns.yaml", "100644", &*resource("Namespace", "shop")),
            (&*link, "120000", "../base/ns.yaml"),
        ];
        place.repository.commit("main", "by hand", &files);
        let said = format!(
            "publishing would remove or replace `{name}` in the folder `dev`, which something else wrote, and which cannot be read"
        );
        stops(&place, &[], &said);
    }
}
