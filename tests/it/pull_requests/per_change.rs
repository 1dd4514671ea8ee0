//! A pull request of its own for each change.

use super::{Host, Scene, on_both_hosts, sound, warnings};

const PER_CHANGE: (&str, &str) = ("pullRequestPer", "change");

on_both_hosts!(
    each_change_has_its_own_and_those_before_are_closed,
    the_name_of_a_branch_tells_contents_apart,
    what_is_published_already_closes_all,
    an_older_run_gives_way,
    a_run_that_died_before_it_closed_the_others_is_completed,
);

fn each_change_has_its_own_and_those_before_are_closed<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[PER_CHANGE]);
    let first = scene.only().head;
    assert!(first.starts_with("gitops/dev-"), "{first}");
    scene.source(81).run(&[PER_CHANGE]);
    let seen = scene.seen();
    assert_eq!([seen[0].state, seen[1].state], ["closed", "open"]);
    assert!(
        seen[0].comments[0].contains("Superseded by a newer change: http"),
        "{:?}",
        seen[0].comments
    );
    assert_eq!(scene.branches(), [seen[1].head.as_str(), "main"]);
    scene.server.forget();
    scene.run(&[PER_CHANGE]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    // Back to the first: it is a change like any other.
    scene.source(80).run(&[PER_CHANGE]);
    let states: Vec<_> = scene.seen().iter().map(|one| one.state).collect();
    assert_eq!(states, ["closed", "closed", "open"]);
    assert_eq!(scene.branches(), [first.as_str(), "main"]);
}

/// Where the ledger is read in any case, too.
fn the_name_of_a_branch_tells_contents_apart<H: Host>() {
    for setting in [("handEdits", "overwrite"), ("takeOver", "true")] {
        let scene = Scene::<H>::new();
        scene.run(&[PER_CHANGE]);
        scene.server.with(|state| state.abandon(0));
        scene.source(81).run(&[PER_CHANGE, setting]);
        let states = scene.states();
        assert_eq!([states[0].0, states[1].0], ["closed", "open"]);
        assert_ne!(states[0].1, states[1].1);
        scene.source(82).run(&[PER_CHANGE, setting]);
        let states = scene.states();
        assert_eq!([states[1].0, states[2].0], ["closed", "open"]);
        assert_ne!(states[1].1, states[2].1);
    }
}

fn what_is_published_already_closes_all<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[PER_CHANGE]);
    scene.server.with(|state| state.merge(0));
    scene.source(81).run(&[PER_CHANGE]);
    scene.source(80).run(&[PER_CHANGE]);
    let states: Vec<_> = scene.seen().iter().map(|one| one.state).collect();
    assert_eq!(states, ["merged", "closed"]);
}

fn an_older_run_gives_way<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[PER_CHANGE]);
    let newer = scene.only().head;
    scene.source(81);
    let older = scene.task(&[PER_CHANGE]).variable("BUILD_BUILDID", "99");
    let ended = sound(older.succeed());
    let open: Vec<_> = scene
        .seen()
        .into_iter()
        .filter(|one| one.state == "open")
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].head, newer);
    assert_eq!(scene.seen().len(), 1, "none is opened to be closed at once");
    assert_eq!(scene.branches(), [newer.as_str(), "main"]);
    assert!(
        warnings(&ended)
            .concat()
            .contains("this run is older than run 100")
    );
    assert_eq!(super::output(&ended, "changed").unwrap(), "false");
}

fn a_run_that_died_before_it_closed_the_others_is_completed<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[PER_CHANGE]);
    scene.source(81);
    // Everything fails from the request on that would look for the others.
    for later in 1..20 {
        let reply = crate::support::rest_fake::Reply::status(400);
        scene
            .server
            .inject(later, crate::support::rest_fake::Fault::Answer(reply));
    }
    scene.fails(&[PER_CHANGE]);
    scene.server.heal();
    scene.run(&[PER_CHANGE]);
    let states: Vec<_> = scene.seen().iter().map(|one| one.state).collect();
    assert_eq!(states, ["closed", "open"]);
    assert_eq!(scene.branches().len(), 2);
}
