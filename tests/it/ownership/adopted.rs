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
        ("broken.yaml", "a: [\n"),
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
