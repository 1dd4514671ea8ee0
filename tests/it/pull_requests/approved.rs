//! A plan that was approved and is published by pull request.

use super::{Host, Scene, on_both_hosts, output};

on_both_hosts!(an_approved_plan_is_proposed_as_it_was_approved);

const PLAN: (&str, &str) = ("planFile", "out/plan.json");

/// Makes a plan; gives back its hash.
fn plan<H: Host>(scene: &Scene<H>) -> String {
    let ended = scene.run(&[("command", "verify"), PLAN]);
    output(&ended, "planHash").unwrap()
}

fn an_approved_plan_is_proposed_as_it_was_approved<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[("mode", "push")]);
    scene.source(81);
    let hash = plan(&scene);
    // Elsewhere in the branch others may go on.
    let commit = |path: &str| {
        let file = [(path, "100644", "x")];
        scene.git(|git| drop(git.commit("main", "of others", &file)));
    };
    commit("other/x.yaml");
    scene.run(&[("planHash", &hash)]);
    let open = [("open", "gitops/dev".to_owned())];
    assert_eq!(scene.states(), open);
    let proposed = || scene.git(|git| git.content("gitops/dev", "dev/web.yaml"));
    assert!(proposed().contains("port: 81"), "{}", proposed());
    // It may be run again.
    let before = scene.tip("gitops/dev");
    scene.run(&[PLAN]);
    assert_eq!(scene.tip("gitops/dev"), before);

    // What a reviewer pushed to its branch is not in the plan.
    scene.source(83);
    let hash = plan(&scene);
    scene.git(|git| {
        let extra = [("dev/extra.yaml", "100644", "kind: X")];
        drop(git.commit("gitops/dev", "by hand", &extra));
    });
    let theirs = scene.tip("gitops/dev");
    for approval in [("planHash", hash.as_str()), PLAN] {
        let error = scene.fails(&[approval]);
        let reason = "the pull request's branch \"gitops/dev\" has commits of others, which are not in the plan";
        assert!(error.contains(reason), "{error}");
        assert_eq!(scene.tip("gitops/dev"), theirs, "nothing is proposed");
    }
    let before = theirs;

    scene.source(82);
    let hash = plan(&scene);
    commit("dev/note.txt");
    let reason = "environment dev: the folder `dev` of the manifest repository was changed after the plan was made (in the plan: tree ";
    for approval in [("planHash", hash.as_str()), PLAN] {
        let error = scene.fails(&[approval]);
        let brief = "environment dev: its folder in the manifest repository was changed after the plan was made";
        assert!(error.contains(reason) || error.contains(brief), "{error}");
        assert!(
            error.contains("make a new plan, which shows what publishing would change now"),
            "{error}"
        );
        assert_eq!(scene.tip("gitops/dev"), before, "nothing is proposed");
        assert_eq!(scene.states(), open);
    }
}
