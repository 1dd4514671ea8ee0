#![expect(clippy::disallowed_methods, reason = "files that the tests made")]
use super::super::{Compatibility, Layer, Matching, Options, Variables};
use super::*;
use std::os::unix::fs::symlink;

struct Scene {
    temp: tempfile::TempDir,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Self {
        let scene = Self {
            temp: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            let path = scene.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            #[expect(clippy::disallowed_methods, reason = "the test makes its own source")]
            fs::write(path, text).unwrap();
        }
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join("repo").join(path)
    }

    fn prepared(&self, name: &str, scope: Scope, exclude: &[PathBuf]) -> Prepared {
        let options = Options::new(Compatibility::Own);
        let mut variables = Variables::new(Compatibility::Own);
        variables.add(
            Layer::new("test", Matching::Exact)
                .with("tag", "1.2")
                .with("up", ".."),
        );
        let engine = Engine::new(&options, &variables).unwrap();
        let tree = SourceTree {
            reader: &source::SourceTree::open(&self.path("")).unwrap(),
            source: &self.path(name),
            checkout: &self.path(""),
            scope,
            exclude,
        };
        prepare(&engine, tree, self.temp.path()).unwrap()
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_source_without_tokens_is_not_copied() {
    let scene = Scene::new(&[("src/a.yaml", "kind: X\n")]);
    assert_eq!(scene.prepared("src", Scope::Everything, &[]).path(), None);
}

#[test]
fn a_source_with_tokens_is_copied_whole_and_stays_as_it_is() {
    let scene = Scene::new(&[
        ("src/sub/a.yaml", "image: web:#{tag}#\n"),
        ("src/b.yaml", "kind: X\n"),
    ]);
    let done = scene.prepared("src", Scope::Everything, &[]);
    let copy = done.path().unwrap().to_path_buf();
    assert_eq!(read(&copy.join("sub/a.yaml")), "image: web:1.2\n");
    assert_eq!(read(&copy.join("b.yaml")), "kind: X\n");
    assert_eq!(read(&scene.path("src/sub/a.yaml")), "image: web:#{tag}#\n");
    drop(done);
    assert!(!copy.exists());
}

#[test]
fn what_lies_beside_the_source_is_within_reach() {
    let scene = Scene::new(&[
        ("apps/src/a.yaml", "source: ../../common\ntag: #{tag}#"),
        ("common/c.yaml", "c"),
        ("apps/b.yaml", "b"),
    ]);
    let done = scene.prepared("apps/src", Scope::Everything, &[]);
    let copy = done.path().unwrap();
    assert_eq!(read(&copy.join("../../common/c.yaml")), "c");
    assert_eq!(read(&copy.join("../b.yaml")), "b");
}

#[test]
fn every_name_of_a_linked_file_stays() {
    let scene = Scene::new(&[("src/one.yaml", "tag: #{tag}#"), ("src/base/two.yaml", "2")]);
    symlink("one.yaml", scene.path("src/again.yaml")).unwrap();
    symlink("base", scene.path("src/zbase")).unwrap();
    symlink("..", scene.path("src/base/back")).unwrap();
    symlink("/etc/hostname", scene.path("src/out")).unwrap();
    let done = scene.prepared("src", Scope::Everything, &[]);
    let copy = done.path().unwrap();
    assert_eq!(read(&copy.join("again.yaml")), "tag: 1.2");
    assert_eq!(read(&copy.join("zbase/two.yaml")), "2");
    assert!(
        copy.join("out").is_symlink(),
        "the generator refuses it, as it does without tokens"
    );
}

#[test]
fn among_manifests_nothing_else_is_looked_at_and_nothing_that_is_excluded() {
    let scene = Scene::new(&[
        ("readme.md", "#{tag}#"),
        (".hidden/a.yaml", "#{tag}#"),
        ("gitops.yaml", "#{tag}#"),
        ("a/b.yml", "#{tag}#"),
    ]);
    let done = scene.prepared("", Scope::Manifests, &[scene.path("gitops.yaml")]);
    assert_eq!(done.counters.replaced, 1);
    assert!(!done.path().unwrap().join("gitops.yaml").exists());
}

#[test]
fn a_single_file_is_a_source_too() {
    let scene = Scene::new(&[("src/a.yaml", "v: #{tag}#"), ("src/b.yaml", "b")]);
    let done = scene.prepared("src/a.yaml", Scope::Manifests, &[]);
    assert_eq!(read(done.path().unwrap()), "v: 1.2");
}

#[test]
fn nobody_else_can_read_a_copy_and_a_program_in_it_stays_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new(&[
        ("src/a.yaml", "#{tag}#"),
        ("src/b.yaml", "b"),
        ("src/run.sh", "#"),
    ]);
    let program = fs::Permissions::from_mode(0o755);
    fs::set_permissions(scene.path("src/run.sh"), program).unwrap();
    let done = scene.prepared("src", Scope::Everything, &[]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let copy = done.path().unwrap();
    for (name, expected) in [("a.yaml", 0o600), ("b.yaml", 0o600), ("run.sh", 0o700)] {
        assert_eq!(mode(&copy.join(name)), expected, "{name}");
    }
    let private = copy.ancestors().find(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("gitops-publisher-"))
    });
    assert_eq!(mode(private.unwrap()), 0o700);
}

#[rstest::rstest]
#[case(
    "component.yaml",
    "hooks: {before-generate: [git rev-parse HEAD]}",
    true
)]
#[case("component.json", "{\"hooks\": {}}", true)]
#[case("component.yaml", "name: web", false)]
#[case("web.yaml", "hooks: []", false)]
fn hooks_find_the_checkout(#[case] file: &str, #[case] text: &str, #[case] linked: bool) {
    let scene = Scene::new(&[
        ("apps/src/a.yaml", "a: #{tag}#"),
        (&format!("apps/src/{file}"), text),
        ("apps/other/c.yaml", "c"),
    ]);
    let done = scene.prepared("apps/src", Scope::Everything, &[]);
    assert_eq!(
        done.path().unwrap().join("../other/c.yaml").exists(),
        linked
    );
}

#[rstest::rstest]
#[case("a: #{tag}#", "b", false)]
#[case("a: #{tag}# # ../common", "b", true)]
#[case("a: #{tag}#", "resources: [../base]", true)]
#[case("a: #{up}#/x #{tag}#", "b", true)]
fn siblings_are_linked_only_where_the_source_can_name_them(
    #[case] text: &str,
    #[case] other: &str,
    #[case] linked: bool,
) {
    let scene = Scene::new(&[
        ("apps/src/a.yaml", text),
        ("apps/src/b.yaml", other),
        ("apps/other/c.yaml", "c"),
    ]);
    let done = scene.prepared("apps/src", Scope::Everything, &[]);
    assert_eq!(
        done.path().unwrap().join("../other/c.yaml").exists(),
        linked
    );
    let plain = scene.prepared("apps/src", Scope::Manifests, &[]);
    assert!(
        !plain.path().unwrap().join("../other").exists(),
        "manifests name no files"
    );
}
