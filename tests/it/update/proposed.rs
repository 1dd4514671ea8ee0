//! Values that are set by pull request, on both hosts.

use super::KUSTOMIZATION;
use crate::pull_requests::Scene;
use crate::pull_requests::host::Host;
use crate::support::git_repository::GitRepository;
use crate::support::program::Ended;

/// Runs each test on both hosts.
macro_rules! on_both_hosts {
    ($($name:ident),* $(,)?) => {
        mod azure_devops {
            $(#[test] fn $name() { super::$name::<crate::support::azure_devops::Azure>(); })*
        }
        mod github {
            $(#[test] fn $name() { super::$name::<crate::support::github::Hub>(); })*
        }
    };
}

on_both_hosts!(
    a_value_is_proposed_once_and_brought_up_to_date,
    what_was_merged_or_closed_is_not_proposed_again,
    the_pull_request_goes_when_the_branch_holds_the_value,
    auto_proposes_where_the_branch_takes_no_push,
    commits_of_others_stay_on_the_head_branch,
    other_values_have_a_branch_of_their_own,
    each_value_can_have_a_pull_request_of_its_own,
    the_next_value_is_proposed_on_what_others_did,
);

const FILE: &str = "apps/web/kustomization.yaml";
const HEAD: &str = "gitops/update--apps--web--kustomization.yaml-";

fn scene<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.git(|git| drop(git.commit("main", "file", &[(FILE, "100644", KUSTOMIZATION)])));
    scene
}

/// Sets the tag of the image.
fn set<H: Host>(scene: &Scene<H>, tag: &str, more: &[(&str, &str)]) -> Ended {
    let line = format!("{FILE} image=contoso.azurecr.io/web:{tag}");
    let inputs = [&[("command", "update"), ("set", line.as_str())], more].concat();
    scene.run(&inputs)
}

/// The file in a branch.
fn file<H: Host>(scene: &Scene<H>, branch: &str) -> String {
    scene.git(|git| git.content(branch, FILE))
}

fn meant(tag: &str) -> String {
    KUSTOMIZATION.replace("newTag: v1", &format!("newTag: {tag}"))
}

fn a_value_is_proposed_once_and_brought_up_to_date<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[]);
    let one = scene.only();
    assert!(one.head.starts_with(HEAD), "{}", one.head);
    assert_eq!((one.state, one.base.as_str()), ("open", "main"));
    assert_eq!(
        one.title,
        format!("Set images[name=web].newTag of {FILE} to v2")
    );
    insta::allow_duplicates! {
        insta::assert_snapshot!("description", one.text);
    }
    assert_eq!(file(&scene, &one.head), meant("v2"));
    assert_eq!(file(&scene, "main"), KUSTOMIZATION);
    let tip = scene.tip(&one.head);
    for _ in 0..2 {
        scene.server.forget();
        let ended = set(&scene, "v2", &[]);
        assert!(
            ended.stdout.contains("proposes this already"),
            "{}",
            ended.stdout
        );
        assert_eq!(scene.server.writes(), 0);
        assert_eq!(scene.tip(&one.head), tip);
    }
    set(&scene, "v3", &[]);
    let two = scene.only();
    assert_eq!(
        two.title,
        format!("Set images[name=web].newTag of {FILE} to v3")
    );
    assert_eq!(file(&scene, &two.head), meant("v3"));
    assert_eq!(scene.proposed(&two.head).len(), 1);
}

fn what_was_merged_or_closed_is_not_proposed_again<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[]);
    scene.server.with(|host| host.abandon(0));
    let ended = set(&scene, "v2", &[]);
    assert!(
        ended.stdout.contains("was closed with the same changes"),
        "{}",
        ended.stdout
    );
    assert_eq!(scene.seen().len(), 1);
    set(&scene, "v3", &[]);
    scene.server.with(|host| host.squash(1));
    assert_eq!(file(&scene, "main"), meant("v3"));
    let ended = set(&scene, "v3", &[]);
    assert!(
        ended.stdout.contains("Nothing changed: "),
        "{}",
        ended.stdout
    );
    assert_eq!(scene.seen().len(), 2);
}

fn the_pull_request_goes_when_the_branch_holds_the_value<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[]);
    let head = scene.only().head;
    scene.git(|git| drop(git.commit("main", "by hand", &[(FILE, "100644", &meant("v2"))])));
    let ended = set(&scene, "v2", &[]);
    assert!(
        ended.stdout.contains("Closed pull request"),
        "{}",
        ended.stdout
    );
    assert_eq!(scene.only().state, "closed");
    assert_eq!(scene.tip(&head), None);
}

fn auto_proposes_where_the_branch_takes_no_push<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[("mode", "auto")]);
    assert_eq!(file(&scene, "main"), meant("v2"));
    assert_eq!(scene.server.writes(), 0, "no pull request is touched");
    scene.git(|git| git.protect("main", H::PROTECTED));
    set(&scene, "v3", &[("mode", "auto")]);
    let head = scene.only().head;
    assert_eq!(file(&scene, &head), meant("v3"));
    scene.git(GitRepository::unprotect);
    set(&scene, "v3", &[("mode", "auto")]);
    assert_eq!(file(&scene, "main"), meant("v3"));
    assert_eq!(scene.only().state, "closed");
}

fn commits_of_others_stay_on_the_head_branch<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[]);
    let head = scene.only().head;
    scene.git(|git| drop(git.commit(&head, "theirs", &[("notes.md", "100644", "mine")])));
    scene.git(|git| drop(git.commit("main", "more", &[("other.md", "100644", "x")])));
    set(&scene, "v3", &[]);
    assert_eq!(file(&scene, &head), meant("v3"));
    assert!(scene.proposed(&head).contains(&"theirs".to_owned()));
    assert_eq!(scene.git(|git| git.content(&head, "notes.md")), "mine");
    assert_eq!(scene.git(|git| git.content(&head, "other.md")), "x");
}

fn other_values_have_a_branch_of_their_own<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[]);
    let line = format!("{FILE} images[name=web].newName=contoso.azurecr.io/shop");
    scene.run(&[("command", "update"), ("set", &line)]);
    let states = scene.states();
    assert_eq!(states.len(), 2);
    assert_ne!(states[0].1, states[1].1);
}

fn each_value_can_have_a_pull_request_of_its_own<H: Host>() {
    let scene = scene::<H>();
    let each = [("pullRequestPer", "change")];
    set(&scene, "v2", &each);
    set(&scene, "v2", &each);
    set(&scene, "v3", &each);
    let seen = scene.seen();
    let states: Vec<_> = seen.iter().map(|one| one.state).collect();
    assert_eq!(states, ["open", "open"]);
    assert_eq!(file(&scene, &seen[0].head), meant("v2"));
    assert_eq!(file(&scene, &seen[1].head), meant("v3"));
}

fn the_next_value_is_proposed_on_what_others_did<H: Host>() {
    let scene = scene::<H>();
    set(&scene, "v2", &[]);
    let head = scene.only().head;
    // What others did to the same file meanwhile stays.
    let theirs = KUSTOMIZATION.replace("# images", "# all images");
    scene.git(|git| drop(git.commit("main", "theirs", &[(FILE, "100644", &theirs)])));
    set(&scene, "v3", &[]);
    let meant = meant("v3").replace("# images", "# all images");
    assert_eq!(file(&scene, &head), meant);
    assert_eq!(scene.proposed(&head).len(), 1);
}
