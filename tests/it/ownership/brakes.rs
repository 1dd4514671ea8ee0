//! What a brake counts, what is listed, and what a failed run leaves behind.

use super::{Place, config_map};

const SETTINGS: &str =
    "source: src\nmanifestRepo: ./manifests.git\nlayout: single\nenvironments: {dev: , qa: }\n";

fn resources(place: &Place, names: &[&str]) {
    let all: Vec<_> = names.iter().map(|name| config_map(name, "1")).collect();
    place.workspace.write("src/a.yaml", &all.join("---\n"));
}

#[rstest::rstest]
#[case::hashes_of_kustomize(
    &["a-b7kgf7t6c2", "b-b7kgf7t6c2", "c-b7kgf7t6c2", "d"],
    &["a-5tfm2mt9kd", "b-5tfm2mt9kd", "c-5tfm2mt9kd", "d"]
)]
#[case::the_first_hashes(&["a", "b", "c"], &["a-5tfm2mt9kd", "b-5tfm2mt9kd", "c-5tfm2mt9kd"])]
fn what_takes_the_place_of_another_does_not_count(#[case] before: &[&str], #[case] after: &[&str]) {
    let place = Place::new(SETTINGS);
    resources(&place, before);
    place.typed(&["publish"]).succeed();
    resources(&place, after);
    place.typed(&["publish"]).succeed();
    assert_eq!(place.commits(), 2);
}

#[test]
fn a_namespace_move_does_not_count() {
    let place = Place::new(SETTINGS);
    resources(&place, &["a", "b", "c"]);
    place.typed(&["publish"]).succeed();
    let text = place.workspace.read("src/a.yaml");
    place.workspace.write(
        "src/a.yaml",
        &text.replace("namespace: shop", "namespace: store"),
    );
    place.typed(&["publish"]).succeed();
    assert_eq!(place.commits(), 2);
}

#[test]
fn every_environment_is_planned_before_a_brake_stops_the_run_and_a_summary_is_written() {
    let place = Place::new(SETTINGS);
    resources(&place, &["a", "b", "c"]);
    place.run(100, &[]).succeed();
    resources(&place, &["c"]);
    let ended = place.run(101, &[]).run();
    for environment in ["dev", "qa"] {
        let said = format!(
            "environment {environment}: publishing would remove 2 of the 3 resources in the folder `{environment}`; at most 50 percent may go in one run"
        );
        assert!(ended.stdout.contains(&said), "{}", ended.stdout);
    }
    assert!(
        ended.stdout.contains("- v1 ConfigMap shop/a"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("2 environments were stopped; nothing was published"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("0 added, 0 changed, 2 removed"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("##vso[task.addattachment type=Distributedtask.Core.Summary;name=GitOps]"),
        "{}",
        ended.stdout
    );
    assert_eq!(place.commits(), 1);
}

#[test]
fn removals_come_first_and_none_is_cut() {
    let place = Place::new(
        "source: src\nmanifestRepo: ./manifests.git\nlayout: single\nallowRemoval: true\nenvironments: {dev: }\n",
    );
    let names = |prefix: &str| {
        (0..45)
            .map(|at| format!("{prefix}{at:02}"))
            .collect::<Vec<_>>()
    };
    let all = |lists: &[Vec<String>]| lists.concat();
    let write = |names: &[String]| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        resources(&place, &names);
    };
    write(&all(&[names("z")]));
    place.typed(&["publish"]).succeed();
    write(&all(&[names("a")]));
    let ended = place.typed(&["publish"]).succeed();
    let listed: Vec<_> = ended
        .stderr
        .lines()
        .map(str::trim_start)
        .filter(|line| {
            line.starts_with("- v1") || line.starts_with("+ v1") || line.starts_with('…')
        })
        .collect();
    assert_eq!(listed.len(), 46, "{}", ended.stderr);
    assert!(
        listed[..45]
            .iter()
            .all(|line| line.starts_with("- v1 ConfigMap shop/z"))
    );
    assert_eq!(listed[45], "… and 45 more");
}
