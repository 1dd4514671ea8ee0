//! Every file that a render used is that of the commit, or the publication says that it is not.

use super::{Place, checkout, commit, config_map};
use crate::support::program::{Workspace, git};

/// A checkout with two resources in `hld`, its manifest repository, and a third
/// repository that can be a submodule.
struct Scene {
    place: Place,
    workspace: Workspace,
}

impl Scene {
    fn new() -> Self {
        Self::of("source: hld\n")
    }

    fn of(settings: &str) -> Self {
        let place = Place::new("");
        let settings = format!(
            "{settings}manifestRepo: {}\nenvironments: {{dev: }}\n",
            place.repository.path().display()
        );
        let workspace = checkout(Some("https://github.com/contoso/hld"), &settings, &["hld"]);
        workspace.write("hld/b.yaml", &config_map("b", "one"));
        workspace.write("docs/notes.yaml", "notes: 1\n");
        commit(&workspace);
        Self { place, workspace }
    }

    /// Adds a submodule with a resource `s` and a library.
    fn module(&self, path: &str) {
        let origin = self.place.workspace.path().join("sub");
        self.place
            .workspace
            .write("sub/s.yaml", &config_map("s", "one"));
        self.place
            .workspace
            .write("sub/s.libsonnet", "{ value: 'one' }\n");
        self.place
            .workspace
            .write("sub/.gitignore", "*.local.yaml\n");
        git(&origin, &["init", "--quiet"]);
        git(&origin, &["add", "--all"]);
        git(&origin, &["commit", "--quiet", "-m", "sub"]);
        let origin = origin.display().to_string();
        let add = [
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            &origin,
            path,
        ];
        self.workspace.git(&add);
        commit(&self.workspace);
    }

    /// Publishes, and gives back the paths that are said to be in no commit.
    fn publish(&self) -> String {
        let ended = self.workspace.program(&["publish"]).succeed();
        let said = ended.stderr.split_once("changes that are in no commit (");
        let said = said.and_then(|(_, rest)| rest.split_once(')'));
        let said = said.map(|(paths, _)| paths.to_owned()).unwrap_or_default();
        let dirty = &self.place.ledger("dev")["publication"]["sourceDirty"];
        assert_eq!(*dirty == true, !said.is_empty(), "{}", ended.stderr);
        said
    }
}

type Change = fn(&Scene);

fn flagged(scene: &Scene, flag: &str, file: &str) {
    scene.workspace.git(&["update-index", flag, file]);
}

fn ignored(scene: &Scene) {
    scene
        .workspace
        .write("hld/c.local.yaml", &config_map("c", "one"));
}

#[rstest::rstest]
#[case::nothing(|_: &Scene| {}, "")]
#[case::gone_and_assumed_unchanged(|scene: &Scene| {
    flagged(scene, "--assume-unchanged", "hld/b.yaml");
    scene.workspace.remove("hld/b.yaml");
}, "hld/b.yaml")]
#[case::gone_and_skipped(|scene: &Scene| {
    flagged(scene, "--skip-worktree", "hld/b.yaml");
    scene.workspace.remove("hld/b.yaml");
}, "hld/b.yaml")]
#[case::gone_elsewhere(|scene: &Scene| {
    flagged(scene, "--assume-unchanged", "docs/notes.yaml");
    scene.workspace.remove("docs/notes.yaml");
}, "")]
#[case::ignored_by_a_committed_file(|scene: &Scene| {
    scene.workspace.write(".gitignore", "*.local.yaml\n");
    commit(&scene.workspace);
    ignored(scene);
}, "hld/c.local.yaml")]
#[case::ignored_by_the_clone(|scene: &Scene| {
    scene.workspace.write(".git/info/exclude", "*.local.yaml\n");
    ignored(scene);
}, "hld/c.local.yaml")]
#[case::ignored_by_the_machine(|scene: &Scene| {
    scene.workspace.write(".git/ignored", "*.local.yaml\n");
    let file = scene.workspace.path().join(".git/ignored");
    scene.workspace.git(&["config", "core.excludesFile", &file.display().to_string()]);
    ignored(scene);
}, "hld/c.local.yaml")]
#[case::an_ignored_folder(|scene: &Scene| {
    scene.workspace.write(".git/info/exclude", "/hld/more/\n");
    scene.workspace.write("hld/more/deep/c.yaml", &config_map("c", "one"));
}, "hld/more/deep/c.yaml")]
#[case::ignored_and_not_used(|scene: &Scene| {
    scene.workspace.write(".git/info/exclude", "*.txt\n");
    scene.workspace.write("hld/notes.txt", "notes");
}, "")]
#[case::ignored_and_committed_all_the_same(|scene: &Scene| {
    ignored(scene);
    commit(&scene.workspace);
    scene.workspace.write(".git/info/exclude", "*.local.yaml\n");
}, "")]
#[case::ignored_link(|scene: &Scene| {
    scene.workspace.write(".git/info/exclude", "*.local.yaml\n");
    scene.workspace.write("docs/d.yaml", &config_map("d", "one"));
    commit(&scene.workspace);
    let link = scene.workspace.path().join("hld/d.local.yaml");
    std::os::unix::fs::symlink("../docs/d.yaml", link).unwrap();
}, "hld/d.local.yaml")]
#[case::a_clone_within(|scene: &Scene| {
    scene.workspace.write(".git/info/exclude", "/hld/inner/\n");
    scene.workspace.write("hld/inner/i.yaml", &config_map("i", "one"));
    let inner = scene.workspace.path().join("hld/inner");
    git(&inner, &["init", "--quiet"]);
    git(&inner, &["add", "--all"]);
    git(&inner, &["commit", "--quiet", "-m", "inner"]);
}, "hld/inner/i.yaml")]
#[case::line_ends_by_attribute(|scene: &Scene| {
    scene.workspace.write(".gitattributes", "* text eol=crlf\n");
    commit(&scene.workspace);
    scene.workspace.git(&["rm", "--quiet", "--cached", "-r", "hld"]);
    scene.workspace.git(&["reset", "--quiet", "--hard"]);
    flagged(scene, "--assume-unchanged", "hld/b.yaml");
}, "")]
#[case::keywords_of_a_flagged_file(|scene: &Scene| {
    scene.workspace.write(".gitattributes", "*.yaml ident\n");
    scene.workspace.write("hld/b.yaml", &format!("# $Id$\n{}", config_map("b", "one")));
    commit(&scene.workspace);
    scene.workspace.remove("hld/b.yaml");
    scene.workspace.git(&["checkout", "--quiet", "hld/b.yaml"]);
    assert!(scene.workspace.read("hld/b.yaml").contains("$Id: "));
    flagged(scene, "--skip-worktree", "hld/b.yaml");
}, "")]
#[case::a_filter_of_another_program(|scene: &Scene| {
    scene.workspace.git(&["config", "filter.up.clean", "sed s/ONE/one/"]);
    scene.workspace.git(&["config", "filter.up.smudge", "sed s/one/ONE/"]);
    scene.workspace.write(".gitattributes", "hld/b.yaml filter=up\n");
    commit(&scene.workspace);
    scene.workspace.remove("hld/b.yaml");
    scene.workspace.git(&["checkout", "--quiet", "hld/b.yaml"]);
    assert!(scene.workspace.read("hld/b.yaml").contains("ONE"));
    flagged(scene, "--assume-unchanged", "hld/b.yaml");
}, "")]
#[case::a_changed_file_with_such_a_filter(|scene: &Scene| {
    scene.workspace.git(&["config", "filter.up.clean", "sed s/ONE/one/"]);
    scene.workspace.write(".gitattributes", "hld/b.yaml filter=up\n");
    commit(&scene.workspace);
    flagged(scene, "--assume-unchanged", "hld/b.yaml");
    scene.workspace.write("hld/b.yaml", &config_map("b", "something else"));
}, "hld/b.yaml")]
#[case::the_content_that_a_pointer_names(|scene: &Scene| pointer(scene, "one"), "")]
#[case::other_content_than_a_pointer_names(|scene: &Scene| pointer(scene, "two"), "hld/b.yaml")]
#[case::a_submodule(|scene: &Scene| scene.module("hld/sub"), "")]
#[case::a_changed_submodule(|scene: &Scene| {
    scene.module("hld/sub");
    scene.workspace.write("hld/sub/s.yaml", &config_map("s", "two"));
}, "hld/sub/s.yaml")]
#[case::a_new_file_in_a_submodule(|scene: &Scene| {
    scene.module("hld/sub");
    scene.workspace.write("hld/sub/t.yaml", &config_map("t", "two"));
}, "hld/sub/t.yaml")]
#[case::an_ignored_file_in_a_submodule(|scene: &Scene| {
    scene.module("hld/sub");
    scene.workspace.write("hld/sub/t.local.yaml", &config_map("t", "two"));
}, "hld/sub/t.local.yaml")]
#[case::another_commit_of_a_submodule(|scene: &Scene| {
    scene.module("hld/sub");
    let inner = scene.workspace.path().join("hld/sub");
    scene.workspace.write("hld/sub/s.yaml", &config_map("s", "two"));
    git(&inner, &["commit", "--quiet", "-am", "next"]);
}, "hld/sub")]
#[case::another_commit_that_is_staged(|scene: &Scene| {
    scene.module("hld/sub");
    let inner = scene.workspace.path().join("hld/sub");
    scene.workspace.write("hld/sub/s.yaml", &config_map("s", "two"));
    git(&inner, &["commit", "--quiet", "-am", "next"]);
    scene.workspace.git(&["add", "hld/sub"]);
}, "hld/sub")]
#[case::a_flagged_file_in_a_submodule(|scene: &Scene| {
    scene.module("hld/sub");
    let inner = scene.workspace.path().join("hld/sub");
    git(&inner, &["update-index", "--assume-unchanged", "s.yaml"]);
    scene.workspace.write("hld/sub/s.yaml", &config_map("s", "two"));
}, "hld/sub/s.yaml")]
#[case::a_submodule_elsewhere(|scene: &Scene| {
    scene.module("docs/sub");
    scene.workspace.write("docs/sub/s.yaml", &config_map("s", "two"));
}, "")]
#[case::a_sparse_checkout(|scene: &Scene| {
    scene.workspace.git(&["sparse-checkout", "set", "hld"]);
    assert!(!scene.workspace.path().join("docs").exists());
}, "")]
#[case::a_sparse_checkout_with_a_sparse_index(|scene: &Scene| {
    scene.workspace.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "hld"]);
    assert!(!scene.workspace.path().join("docs").exists());
}, "")]
#[case::a_change_in_a_sparse_checkout(|scene: &Scene| {
    scene.workspace.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "hld"]);
    scene.workspace.write("hld/b.yaml", &config_map("b", "two"));
}, "hld/b.yaml")]
#[case::a_new_file_in_a_sparse_checkout(|scene: &Scene| {
    scene.workspace.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "hld"]);
    scene.workspace.write("hld/c.yaml", &config_map("c", "two"));
}, "hld/c.yaml")]
#[case::a_sparse_checkout_without_a_resource(|scene: &Scene| {
    scene.workspace.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/hld/b.yaml"]);
    assert!(!scene.workspace.path().join("hld/b.yaml").exists());
}, "hld/b.yaml")]
fn what_is_used_and_in_no_commit_is_marked(#[case] change: Change, #[case] marked: &str) {
    let scene = Scene::new();
    change(&scene);
    assert_eq!(scene.publish(), marked);
}

/// A resource as Git LFS keeps it, checked out as `value`.
fn pointer(scene: &Scene, value: &str) {
    use sha2::{Digest as _, Sha256};
    let content = config_map("b", "one");
    let digest = Sha256::digest(&content);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {}\n",
        content.len()
    );
    scene.workspace.write("hld/b.yaml", &pointer);
    scene
        .workspace
        .write(".gitattributes", "hld/b.yaml filter=lfs -text\n");
    commit(&scene.workspace);
    scene.workspace.write("hld/b.yaml", &config_map("b", value));
}

#[rstest::rstest]
#[case::as_committed("", "", "")]
#[case::a_change_in_the_submodule("lib/s.libsonnet", "{ value: 'two' }\n", "lib/s.libsonnet")]
#[case::an_ignored_library("vendor/x.libsonnet", "{ x: 'two' }\n", "vendor/x.libsonnet")]
#[case::a_file_that_nothing_imports("lib/s.yaml", "s: 2\n", "")]
fn what_a_program_imports_counts_wherever_it_is(
    #[values("", "#{tag}#")] token: &str,
    #[case] file: &str,
    #[case] text: &str,
    #[case] marked: &str,
) {
    let scene = Scene::of("source: prog\nvariables: {tag: one}\n");
    scene.module("lib");
    scene.workspace.write(
        "prog/a.jsonnet",
        &format!(
            "local s = import '../lib/s.libsonnet'; local x = import '../vendor/x.libsonnet'; {{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {{ name: 'a' }}, data: s + x + {{ t: '{token}' }} }}\n"
        ),
    );
    scene
        .workspace
        .write("vendor/x.libsonnet", "{ x: 'one' }\n");
    if file.starts_with("vendor") {
        scene.workspace.write(".gitignore", "/vendor/\n");
    }
    commit(&scene.workspace);
    if !file.is_empty() {
        scene.workspace.write(file, text);
    }
    assert_eq!(scene.publish(), marked);
}

/// What a definition asks for and a sparse checkout leaves out, and what nothing reads.
#[rstest::rstest]
#[case::all_there("", "")]
#[case::configuration("!/hld/config/dev.yaml", "hld/config/dev.yaml")]
#[case::configuration_of_another_environment("!/hld/config/prod.yaml", "")]
#[case::a_note("!/hld/notes.md", "")]
fn a_sparse_checkout_is_marked_for_what_was_asked_for(
    #[values("", "#{tag}#")] token: &str,
    #[case] pattern: &str,
    #[case] marked: &str,
) {
    let scene = Scene::of("source: hld\nvariables: {tag: one}\n");
    scene.workspace.remove("hld/a.yaml");
    scene.workspace.remove("hld/b.yaml");
    scene.workspace.write(
        "hld/component.yaml",
        "name: hld\ntype: static\npath: files\n",
    );
    scene
        .workspace
        .write("hld/files/a.yaml", &config_map("a", token));
    scene
        .workspace
        .write("hld/config/dev.yaml", "subcomponents: {}\n");
    scene
        .workspace
        .write("hld/config/prod.yaml", "subcomponents: {}\n");
    scene.workspace.write("hld/notes.md", "notes\n");
    scene.workspace.write(".gitignore", "generated/\n");
    commit(&scene.workspace);
    // What `fab generate` leaves behind is not read.
    scene
        .workspace
        .write("hld/generated/dev/a.yaml", &config_map("a", "old"));
    if !pattern.is_empty() {
        scene
            .workspace
            .git(&["sparse-checkout", "set", "--no-cone", "/*", pattern]);
    }
    assert_eq!(scene.publish(), marked);
}

#[rstest::rstest]
#[case::changed("a: 2\n", false, "../other/vars.yaml")]
#[case::as_committed("a: 1\n", false, "")]
#[case::in_no_commit("a: 2\n", true, "")]
fn a_file_of_another_checkout_is_held_against_the_commit_there(
    #[case] text: &str,
    #[case] ignored: bool,
    #[case] marked: &str,
) {
    let scene = Scene::of("source: hld\n");
    scene
        .workspace
        .write("hld/b.yaml", &config_map("b", "#{a}#"));
    commit(&scene.workspace);
    let other = scene.workspace.path().with_file_name("other");
    std::fs::create_dir(&other).unwrap();
    let file = other.join("vars.yaml");
    std::fs::write(&file, "a: 1\n").unwrap();
    git(&other, &["init", "--quiet"]);
    if ignored {
        std::fs::write(other.join(".gitignore"), "vars.yaml\n").unwrap();
    }
    git(&other, &["add", "--all"]);
    git(
        &other,
        &["commit", "--quiet", "--allow-empty", "-m", "other"],
    );
    std::fs::write(&file, text).unwrap();
    let arguments = ["publish", "--variable-files", "../other/vars.yaml"];
    let ended = scene.workspace.program(&arguments).succeed();
    let dirty = &scene.place.ledger("dev")["publication"]["sourceDirty"];
    assert_eq!(*dirty == true, !marked.is_empty(), "{}", ended.stderr);
    assert!(ended.stderr.contains(marked), "{}", ended.stderr);
}
