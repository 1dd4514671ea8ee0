//! What people do to the pull request and its branch meanwhile.

use super::{Host, Scene, on_both_hosts, output, warnings};

on_both_hosts!(
    what_a_person_pushed_to_the_branch_is_kept,
    what_a_person_gave_up_is_not_opened_again,
    what_a_person_gave_up_is_proposed_again_with_other_content,
    what_a_person_merged_is_published,
    what_was_merged_and_taken_back_is_proposed_again,
    a_branch_that_a_person_deleted_is_made_again,
    a_closed_one_of_a_person_keeps_its_branch,
    closing_it_drops_the_edit,
    an_edit_of_a_generated_file_names_the_pull_request_and_its_branch,
);

fn what_a_person_pushed_to_the_branch_is_kept<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    let note = |git: &super::GitRepository| {
        git.commit("gitops/dev", "a note", &[("NOTES.md", "100644", "hello")])
    };
    let by_hand = scene.git(note);
    scene.server.forget();
    scene.run(&[]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    scene.source(81).run(&[]);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    assert_eq!(scene.proposed("gitops/dev").len(), 3);
    assert!(scene.git(|git| git.holds("gitops/dev", &by_hand)));
    assert_eq!(
        scene.git(|git| git.content("gitops/dev", "NOTES.md")),
        "hello"
    );
}

fn what_a_person_gave_up_is_not_opened_again<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.abandon(0));
    scene.server.forget();
    let ended = scene.run(&[]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    assert_eq!(scene.states(), [("closed", "gitops/dev".to_owned())]);
    let warned = "environment dev, pull request: pull request 1 was closed with the same changes, so it will not be opened again. Reopen it, or delete its branch to have them proposed again";
    assert_eq!(warnings(&ended), [warned]);
    assert_eq!(output(&ended, "changed").unwrap(), "false");
    scene.git(|git| git.delete("gitops/dev"));
    scene.run(&[]);
    assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
}

fn what_a_person_gave_up_is_proposed_again_with_other_content<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.abandon(0));
    scene.source(81).run(&[]);
    let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["closed", "open"]);
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
}

fn what_a_person_merged_is_published<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.merge(0));
    scene.server.forget();
    let ended = scene.run(&[]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    assert_eq!(output(&ended, "changed").unwrap(), "false");
    assert_eq!(output(&ended, "pullRequestId"), None);
    scene.source(81).run(&[]);
    assert_eq!(scene.states()[1].0, "open");
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
}

fn what_was_merged_and_taken_back_is_proposed_again<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.merge(0));
    scene.git(|git| {
        git.commit(
            "main",
            "revert",
            &[
                ("dev/web.yaml", "delete", ""),
                ("dev/.gitops-publisher", "delete", ""),
            ],
        )
    });
    let ended = scene.run(&[]);
    assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
    assert_eq!(output(&ended, "commitId"), scene.tip("gitops/dev"));
}

fn a_branch_that_a_person_deleted_is_made_again<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.git(|git| git.delete("gitops/dev"));
    // Azure DevOps keeps such a pull request open, GitHub closes it.
    if H::KIND == "github" {
        scene.server.with(|state| state.abandon(0));
    }
    scene.run(&[]);
    let open = scene.states().into_iter().filter(|one| one.0 == "open");
    assert_eq!(open.count(), 1);
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
}

fn a_closed_one_of_a_person_keeps_its_branch<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.merge(0));
    scene.source(81).run(&[]);
    scene.git(|git| git.commit("gitops/dev", "a note", &[("N.md", "100644", "x")]));
    scene.source(80).run(&[]);
    assert_eq!(scene.states()[1].0, "closed");
    assert_eq!(
        scene.branches(),
        ["gitops/dev", "main"],
        "it is not all ours"
    );
}

fn an_edit_of_a_generated_file_names_the_pull_request_and_its_branch<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.git(|git| {
        git.commit(
            "gitops/dev",
            "by hand",
            &[("dev/web.yaml", "100644", "# x\n")],
        )
    });
    let remedy = |what: &str| format!("\nHint: to drop that change, {what}");
    // The same content, other content, and once nobody asks for review any more.
    for port in [80, 81] {
        let error = scene.source(port).fails(&[]);
        assert!(
            error.starts_with("environment dev: pull request 1 from the branch \"gitops/dev\": ")
                && error.contains("web.yaml"),
            "{error}"
        );
        assert!(
            error.ends_with(&remedy(
                "revert it on \"gitops/dev\", or close pull request 1 and delete the branch"
            )),
            "{error}"
        );
    }
    // After it was closed, somebody goes on.
    scene.server.with(|state| state.abandon(0));
    scene.git(|git| git.commit("gitops/dev", "more", &[("dev/web.yaml", "100644", "# y\n")]));
    let error = scene.source(82).fails(&[]);
    assert!(
        error.starts_with("environment dev: the branch \"gitops/dev\": ")
            && error.ends_with(&remedy("delete the branch \"gitops/dev\"")),
        "{error}"
    );
    // The advice helps.
    scene.git(|git| git.delete("gitops/dev"));
    scene.run(&[]);
    assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
}

fn closing_it_drops_the_edit<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.git(|git| {
        git.commit(
            "gitops/dev",
            "by hand",
            &[("dev/web.yaml", "100644", "# x\n")],
        )
    });
    scene.fails(&[]);
    scene.server.with(|state| state.abandon(0));
    scene.source(81).run(&[]);
    assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
}
