//! How paths are called, and which of them a render used.

use super::*;

#[rstest::rstest]
#[case("charts/web/a.yaml", "charts/web/a.yaml")]
#[case("charts/web", "charts/web")]
#[case("charts/db/a.yaml", "charts/db/a.yaml")]
#[case("lib", "lib")]
#[case("", ".")]
fn a_path_is_shown_as_the_user_sees_it_in_a_copy_too(#[case] path: &str, #[case] shown: &str) {
    let scene = Scene::new(&["charts/web/a.yaml", "charts/db/a.yaml", "lib/b.yaml"]);
    let copy = Scene::new(&["charts/web/a.yaml", "charts/db/a.yaml", "lib/b.yaml"]);
    let name = PathBuf::from("charts/web");
    let own = scene
        .tree()
        .seen_from(scene.path("charts/web"), name.clone());
    let of_copy = copy.tree().as_copy(scene.root.clone());
    let of_copy = of_copy.and(&scene.root).unwrap();
    let of_copy = of_copy.seen_from(copy.path("charts/web"), name);
    assert_eq!(own.show(&scene.root.join(path)), shown);
    assert_eq!(of_copy.show(&copy.root.join(path)), shown);
    assert_eq!(of_copy.show(&scene.root.join(path)), shown);
}

#[test]
fn what_leads_out_of_a_copy_names_the_source() {
    let scene = Scene::new(&["web/a.yaml"]);
    let copy = Scene::new(&["web/a.yaml"]);
    let tree = copy.tree().as_copy(scene.root.clone());
    let error = tree
        .text(&copy.path("web/../../x.yaml"))
        .unwrap_err()
        .to_string();
    assert!(!error.contains(copy.root.to_str().unwrap()), "{error}");
    assert!(
        error.ends_with(&format!("leads out of `{}`", scene.root.display())),
        "{error}"
    );
}

#[test]
fn what_is_used_is_told_from_what_is_looked_at() {
    let scene = Scene::new(&["a/1.yaml", "a/2.yaml", "a/3.yaml"]);
    let copy = Scene::new(&["1.yaml", "2.yaml", "3.yaml"]);
    let recorder = Recorder::new(&scene.root);
    let tree = scene.tree().recorded_by(Some(&recorder));
    tree.clone().looking().subtree(&scene.path("a")).unwrap();
    tree.text(&scene.path("a/1.yaml")).unwrap();
    let copied = copy
        .tree()
        .as_copy(scene.path("a"))
        .recorded_by(Some(&recorder));
    copied.text(&copy.path("2.yaml")).unwrap();
    copied.text(&copy.path("4.yaml")).unwrap();
    let record = recorder.record();
    let names = |paths: std::collections::BTreeSet<PathBuf>| {
        let names = paths.into_iter().map(|path| path.display().to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(record.answers.len(), 4);
    assert_eq!(names(record.used), ["a/1.yaml", "a/2.yaml"]);
    assert_eq!(names(record.missed), ["a/4.yaml"]);
}
