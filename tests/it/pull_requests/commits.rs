//! For approvers: the commits of the source between what is published and what is
//! proposed, with the page where the host compares them.

use super::{Host, Scene, on_both_hosts, sound};
use crate::support::program::Workspace;

on_both_hosts!(
    the_description_names_the_commits_and_links_to_the_comparison,
    a_shallow_checkout_has_the_link_alone,
    a_way_back_is_told_as_one,
);

const HLD: &str = "https://dev.azure.com/contoso/shop/_git/hld";

fn commit(workspace: &Workspace, subject: &str) -> String {
    workspace.git(&["add", "src"]);
    workspace.git(&["commit", "--quiet", "--allow-empty", "-m", subject]);
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// The part of the description that is about the commits; ids as `from` and `to`.
fn told<H: Host>(scene: &Scene<H>, from: &str, to: &str) -> String {
    let text = scene.only().text;
    let about = text
        .lines()
        .skip_while(|line| !line.starts_with("Source commits"));
    let about = about.take_while(|line| !line.starts_with("Source: "));
    let about: Vec<_> = about.filter(|line| line.starts_with(['S', '-'])).collect();
    let about: Vec<_> = about
        .into_iter()
        .filter(|line| !line.starts_with("- c"))
        .collect();
    about
        .join("\n")
        .replace(from, "FROM")
        .replace(to, "TO")
        .replace(&from[..10], "from")
}

/// Published from the first commit; gives back its id.
fn published<H: Host>() -> (Scene<H>, String) {
    let scene = Scene::<H>::new();
    scene.workspace.git(&["init", "--quiet"]);
    let first = commit(&scene.workspace, "First");
    scene.run(&[("mode", "push")]);
    (scene, first)
}

fn the_description_names_the_commits_and_links_to_the_comparison<H: Host>() {
    let (scene, first) = published::<H>();
    commit(&scene.workspace, "Nothing");
    scene.source(81);
    let last = commit(&scene.workspace, "Another `port` <b>|](x)");
    scene.run(&[]);
    insta::allow_duplicates! {
        insta::assert_snapshot!(told(&scene, &first, &last), @r"
        Source commits: 2 since [`from`](https://dev.azure.com/contoso/shop/_git/hld/branchCompare?baseVersion=GCFROM&targetVersion=GCTO)
        Source commits:
        - `Another 'port' <b>¦](x)`
        - `Nothing`
        ");
    }
    // Nothing is written when nothing is new.
    scene.server.forget();
    scene.run(&[]);
    assert_eq!(scene.server.writes(), 0);
}

fn a_shallow_checkout_has_the_link_alone<H: Host>() {
    let (scene, first) = published::<H>();
    scene.source(81);
    let last = commit(&scene.workspace, "Another port");
    scene.workspace.write(".git/shallow", &format!("{last}\n"));
    let provider = if H::KIND == "azure" {
        "TfsGit"
    } else {
        "GitHubEnterprise"
    };
    let task = scene.task(&[]);
    sound(
        task.variable("BUILD_REPOSITORY_PROVIDER", provider)
            .succeed(),
    );
    let page = format!("{HLD}/branchCompare?baseVersion=GCFROM&targetVersion=GCTO");
    assert_eq!(
        told(&scene, &first, &last),
        format!("Source commits: compared with [`from`]({page})")
    );
}

fn a_way_back_is_told_as_one<H: Host>() {
    let (scene, first) = published::<H>();
    scene.source(81);
    let last = commit(&scene.workspace, "Another port");
    scene.run(&[("mode", "push")]);
    scene.workspace.git(&["checkout", "--quiet", &first]);
    scene.run(&[("allowOlder", "true")]);
    let page = format!("{HLD}/branchCompare?baseVersion=GCFROM&targetVersion=GCTO");
    assert_eq!(
        told(&scene, &last, &first),
        format!(
            "Source commits: back by 1 commit from [`from`]({page})\nSource commits taken back:\n- `Another port`"
        )
    );
}
