//! An environment left the settings while its branch is published to by pull
//! request: said with what is still open, and nothing is taken away.

use super::{Host, Scene, failed, on_both_hosts, warnings};

on_both_hosts!(
    it_is_said_on_every_run_with_its_open_pull_request,
    an_open_pull_request_per_change_is_named_too,
    a_branch_that_turns_out_to_be_protected_is_left_as_it_is,
    a_run_may_be_stopped_before_anything_is_written,
    environments_that_are_pushed_speak_for_those_that_are_proposed,
);

const GONE: &str = "environment prod: the folder `prod` of the branch \"main\" was published from this source, which has no such environment any more. It stays";
const BY_HAND: &str = ", because this branch is published to by pull request; remove it in a clone of the manifest repository with `git rm -r -- prod`, which takes everything in it, and commit that";

/// Both environments were published once, and `prod` was merged.
fn scene<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.workspace.git(&["init", "--quiet"]);
    scene.list("dev: , prod: ");
    scene.run(&[("environments", ""), ("mode", "push")]);
    scene
}

impl<H: Host> Scene<H> {
    /// Lists these environments in the settings file.
    pub fn list(&self, environments: &str) -> &Self {
        let text = format!("environments: {{{environments}}}\n");
        self.workspace.write("gitops.yaml", &text);
        self.workspace.git(&["add", "--all"]);
        self.workspace
            .git(&["commit", "--quiet", "--allow-empty", "-m", "source"]);
        self
    }

    fn said(&self, inputs: &[(&str, &str)]) -> Vec<String> {
        let inputs = [&[("environments", "")], inputs].concat();
        let mut said = warnings(&self.run(&inputs));
        said.retain(|line| line.contains("`prod`"));
        said
    }
}

fn everything<H: Host>(scene: &Scene<H>) -> (String, Vec<super::Seen>) {
    let refs = scene.git(|git| git.git(&["for-each-ref", "--format=%(objectname) %(refname)"]));
    (refs, scene.seen())
}

fn it_is_said_on_every_run_with_its_open_pull_request<H: Host>() {
    let scene = scene::<H>();
    scene.source(81).list("dev: , prod: ");
    scene.run(&[("environments", "")]);
    assert_eq!(scene.seen().len(), 2);
    scene.list("dev: ");
    let before = everything(&scene);
    for orphans in ["warn", "remove", "remove"] {
        let said = scene.said(&[("orphans", orphans), ("allowRemoval", "true")]);
        let [said] = &said[..] else {
            panic!("{said:#?}");
        };
        assert!(said.contains(GONE), "{said}");
        assert!(said.contains(BY_HAND), "{said}");
        let open = ". Its pull request is still open: close http";
        assert!(said.contains(open), "{said}");
        assert_eq!(everything(&scene), before);
    }
    let open = scene
        .seen()
        .iter()
        .position(|one| one.head == "gitops/prod");
    scene.server.with(|state| state.abandon(open.unwrap()));
    let said = scene.said(&[]).concat();
    assert!(said.contains(GONE), "{said}");
    assert!(!said.contains("still open"), "{said}");
}

fn an_open_pull_request_per_change_is_named_too<H: Host>() {
    let scene = scene::<H>();
    let each = ("pullRequestPer", "change");
    scene.source(81).list("dev: , prod: ");
    scene.run(&[("environments", ""), each]);
    scene.list("dev: ");
    let said = scene.said(&[each]).concat();
    assert!(said.contains(GONE), "{said}");
    assert!(said.contains("still open: close http"), "{said}");
}

fn a_branch_that_turns_out_to_be_protected_is_left_as_it_is<H: Host>() {
    let scene = scene::<H>();
    scene.git(|git| git.protect("main", H::PROTECTED));
    scene.source(81).list("dev: ");
    let inputs = [
        ("mode", "auto"),
        ("orphans", "remove"),
        ("allowRemoval", "true"),
    ];
    for _ in 0..3 {
        let said = scene.said(&inputs);
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains(BY_HAND), "{said:#?}");
    }
    let paths = scene.git(|git| git.paths("gitops/dev"));
    assert!(paths.contains(&"prod/web.yaml".to_owned()), "{paths:#?}");
    assert_eq!(scene.seen().len(), 1);
}

fn a_run_may_be_stopped_before_anything_is_written<H: Host>() {
    let scene = scene::<H>();
    scene.source(81).list("dev: ");
    let before = everything(&scene);
    let inputs = [("environments", ""), ("orphans", "fail")];
    let said = failed(&scene.task(&inputs).succeed());
    assert!(
        said.contains("which has no such environment any more"),
        "{said}"
    );
    assert_eq!(everything(&scene), before);
}

fn environments_that_are_pushed_speak_for_those_that_are_proposed<H: Host>() {
    let scene = scene::<H>();
    scene
        .source(81)
        .list("qa: {mode: pullRequest}, dev: {mode: push}");
    let usual = [("mode", ""), ("environments", "")];
    let said = scene.said(&usual);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(
        said[0].contains("It stays; remove it with `gitops-publisher publish"),
        "{said:#?}"
    );
    let remove = [("orphans", "remove"), ("allowRemoval", "true")];
    let said = scene.said(&[&usual[..], &remove].concat());
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(
        said[0].contains("it was removed in the same commit (1 file, with `v1 Service shop/web`)"),
        "{said:#?}"
    );
    assert_eq!(scene.said(&usual), Vec::<String>::new());
}
