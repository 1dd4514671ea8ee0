//! Runs that meet, overtake, and die.

use std::sync::Barrier;

use super::{Host, Scene, on_both_hosts, sound, warnings};

on_both_hosts!(
    two_runs_at_once_end_with_one_pull_request,
    an_older_run_that_ends_last_changes_nothing,
    an_older_run_withdraws_nothing_newer,
    killed_at_any_moment_the_next_run_completes,
);

fn two_runs_at_once_end_with_one_pull_request<H: Host>() {
    let scene = Scene::<H>::new();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let task = scene.task(&[]);
                start.wait();
                sound(task.succeed());
            });
        }
    });
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
    scene.git(super::GitRepository::assert_sound);
}

fn an_older_run_that_ends_last_changes_nothing<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    let (seen, tip) = (scene.seen(), scene.tip("gitops/dev"));
    scene.source(79);
    let older = scene.task(&[]).variable("BUILD_BUILDID", "99");
    let ended = sound(older.succeed());
    assert!(
        warnings(&ended)
            .concat()
            .contains("this run is older than run 100"),
        "{}",
        ended.stdout
    );
    assert_eq!((scene.seen(), scene.tip("gitops/dev")), (seen, tip));
    // For a rollback it may.
    let back = scene.task(&[("allowOlder", "true")]);
    sound(back.variable("BUILD_BUILDID", "99").succeed());
    assert!(
        scene
            .git(|git| git.content("gitops/dev", "dev/web.yaml"))
            .contains("port: 79")
    );
    assert_eq!(scene.seen().len(), 1);
}

fn an_older_run_withdraws_nothing_newer<H: Host>() {
    let scene = Scene::<H>::new();
    sound(scene.task(&[]).variable("BUILD_BUILDID", "98").succeed());
    scene.server.with(|state| state.merge(0));
    scene.source(81).run(&[]);
    // The older run renders what the branch holds already.
    scene.source(80);
    let older = scene.task(&[]).variable("BUILD_BUILDID", "99");
    sound(older.succeed());
    assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
    assert!(scene.tip("gitops/dev").is_some());
}

fn killed_at_any_moment_the_next_run_completes<H: Host>() {
    let scene = Scene::<H>::new();
    for round in 0..12_u16 {
        scene.source(1000 + round);
        let mut child = scene
            .task(&[("labels", "gitops")])
            .command()
            .spawn()
            .unwrap();
        // The moment is the subject here: from before the first request to after the last.
        let moment = std::time::Duration::from_millis(u64::from(round) * 8);
        let deadline = std::time::Instant::now() + moment;
        while std::time::Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
    scene.run(&[("labels", "gitops")]);
    let seen = scene.only();
    assert_eq!((seen.state, &*seen.head), ("open", "gitops/dev"));
    assert_eq!(seen.labels, ["gitops"]);
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
    scene.git(super::GitRepository::assert_sound);
}
