//! Every request of the flow meets every fault once: nothing is lost, doubled
//! or left behind.

use super::{Host, Scene, Seen, on_both_hosts, sound};
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts!(
    opening_survives_every_fault_at_every_request,
    updating_survives_every_fault_at_every_request,
    withdrawing_survives_every_fault_at_every_request,
    a_push_survives_every_fault,
    what_failed_for_good_is_completed_by_the_next_run,
);

const INPUTS: [(&str, &str); 3] = [
    ("labels", "gitops"),
    ("reviewers", "grace"),
    ("autoComplete", "true"),
];

fn faults() -> Vec<(&'static str, Fault)> {
    let limited = |status| Reply::status(status).with("retry-after", "0");
    vec![
        ("500", Fault::Answer(Reply::status(500))),
        ("503", Fault::Answer(limited(503))),
        ("429", Fault::Answer(limited(429))),
        (
            "502 after it was done",
            Fault::AnswerAfter(Reply::status(502)),
        ),
        ("reset before", Fault::DropBefore),
        ("reset after it was done", Fault::DropAfter),
    ]
}

/// What the run starts from.
#[derive(Debug, Clone, Copy)]
enum Flow {
    Open,
    Update,
    Withdraw,
}

/// Pull requests, branches, and what is in the head branch.
type End = (Vec<Seen>, Vec<String>, Option<String>);

fn run<H: Host>(flow: Flow, fault: Option<(usize, Fault)>) -> (End, usize) {
    let scene = Scene::<H>::new();
    match flow {
        Flow::Open => {}
        Flow::Update => {
            scene.run(&INPUTS);
            scene.source(81);
        }
        Flow::Withdraw => {
            scene.run(&[]);
            scene.server.with(|state| state.merge(0));
            scene.source(81).run(&INPUTS);
            scene.source(80);
        }
    }
    scene.server.forget();
    if let Some((at, fault)) = fault {
        scene.server.inject(at, fault);
    }
    let run = scene.task(&INPUTS).variable("BUILD_BUILDID", "101");
    sound(run.succeed());
    (end(&scene), scene.server.requests().len())
}

fn end<H: Host>(scene: &Scene<H>) -> End {
    let content = scene
        .tip("gitops/dev")
        .map(|_| scene.git(|git| git.content("gitops/dev", "dev/web.yaml")));
    (scene.seen(), scene.branches(), content)
}

fn survives<H: Host>(flow: Flow) {
    let (undisturbed, count) = run::<H>(flow, None);
    assert!(count > 1);
    let mut cases = Vec::new();
    for at in 0..count {
        cases.extend(faults().into_iter().map(|(name, fault)| (at, name, fault)));
    }
    let cases = std::sync::Mutex::new(cases);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((at, name, fault)) = { cases.lock().unwrap().pop() } {
                    let (end, _) = run::<H>(flow, Some((at, fault)));
                    assert_eq!(
                        end, undisturbed,
                        "{flow:?}: {name} at request {at} of {count}"
                    );
                }
            });
        }
    });
}

fn opening_survives_every_fault_at_every_request<H: Host>() {
    survives::<H>(Flow::Open);
}

fn updating_survives_every_fault_at_every_request<H: Host>() {
    survives::<H>(Flow::Update);
}

fn withdrawing_survives_every_fault_at_every_request<H: Host>() {
    survives::<H>(Flow::Withdraw);
}

fn a_push_survives_every_fault<H: Host>() {
    let (undisturbed, _) = run::<H>(Flow::Open, None);
    for (name, fault) in faults() {
        let scene = Scene::<H>::new();
        scene.server.inject_push(fault);
        let run = scene.task(&INPUTS).variable("BUILD_BUILDID", "101");
        sound(run.succeed());
        assert_eq!(end(&scene), undisturbed, "{name}");
        assert_eq!(scene.proposed("gitops/dev").len(), 1, "{name}");
    }
}

fn what_failed_for_good_is_completed_by_the_next_run<H: Host>() {
    let (undisturbed, count) = run::<H>(Flow::Open, None);
    for at in 0..count {
        let scene = Scene::<H>::new();
        // From this request on the server is gone for this run.
        for later in at..at + 40 {
            scene
                .server
                .inject(later, Fault::Answer(Reply::status(400)));
        }
        let first = scene.task(&INPUTS).succeed();
        scene.server.heal();
        scene.run(&INPUTS);
        let (seen, branches, content) = end(&scene);
        let said = &first.stdout;
        assert_eq!(branches, undisturbed.1, "from request {at}: {said}");
        assert_eq!(content, undisturbed.2, "from request {at}: {said}");
        assert_eq!(seen.len(), 1, "from request {at}: {said}");
        assert_eq!(
            seen[0].automatic.is_some(),
            undisturbed.0[0].automatic.is_some()
        );
    }
}
