//! What is done with which threads.

use super::*;

fn remark(key: &str, text: &str) -> Remark {
    Remark {
        key: key.into(),
        spot: None,
        text: text.into(),
    }
}

fn remarks(all: &[(&str, &str)]) -> Remarks {
    Remarks {
        family: "risk/prod/".into(),
        commit: ObjectId::of_blob(b""),
        file: "prod/ledger".into(),
        all: all.iter().map(|(key, text)| remark(key, text)).collect(),
        most: 3,
        rest: |count| format!("{count} more"),
    }
}

/// Threads of a host that does what it is told.
#[derive(Default)]
struct Host(Vec<There>);

impl Host {
    /// Does it, and tells what was done.
    fn bring(&mut self, remarks: &Remarks) -> Vec<String> {
        let (steps, _) = remarks.steps(self.0.clone());
        let mut done = Vec::new();
        for step in steps {
            done.push(self.step(step));
        }
        done
    }

    fn step(&mut self, step: Step) -> String {
        let at = |own: &Self, there: &There| {
            let mut all = own.0.iter();
            all.position(|one| one.thread == there.thread).unwrap()
        };
        match step {
            Step::Start { body, .. } => {
                let thread = self.0.len().to_string();
                self.0.push(There {
                    comment: thread.clone(),
                    thread,
                    text: body.clone(),
                    open: true,
                    answered: false,
                });
                format!("start {}", body.lines().nth(1).unwrap())
            }
            Step::Rewrite { there, body } => {
                let at = at(self, &there);
                self.0[at].text = body;
                format!("rewrite {at}")
            }
            Step::Open(there) => {
                let at = at(self, &there);
                self.0[at].open = true;
                format!("open {at}")
            }
            Step::Resolve(there) => {
                let at = at(self, &there);
                self.0[at].open = false;
                format!("resolve {at}")
            }
            Step::Delete(there) => {
                let at = at(self, &there);
                self.0.remove(at);
                format!("delete {at}")
            }
        }
    }
}

#[test]
fn each_thread_begins_with_what_the_family_is_found_by() {
    let mut host = Host::default();
    let wanted = remarks(&[("a", "one"), ("b", "two")]);
    host.bring(&wanted);
    assert_eq!(wanted.start(), "<!-- gitops-publisher risk/prod/");
    assert!(
        host.0
            .iter()
            .all(|one| one.text.starts_with(&wanted.start()))
    );
}

#[test]
fn the_second_and_third_run_do_nothing() {
    let mut host = Host::default();
    let wanted = remarks(&[("a", "one"), ("b", "two")]);
    assert_eq!(host.bring(&wanted), ["start one", "start two"]);
    for _ in 0..2 {
        assert_eq!(host.bring(&wanted), [""; 0]);
    }
}

#[test]
fn what_is_gone_is_resolved_and_what_is_back_is_opened() {
    let mut host = Host::default();
    let (one, none) = (remarks(&[("a", "one")]), remarks(&[]));
    host.bring(&one);
    assert_eq!(host.bring(&none), ["rewrite 0", "resolve 0"]);
    assert_eq!(
        host.0[0].text,
        "<!-- gitops-publisher risk/prod/a -->\none\n\nThis is no longer the case.\n<!-- over -->"
    );
    assert_eq!(host.bring(&none), [""; 0]);
    assert_eq!(host.bring(&one), ["open 0", "rewrite 0"]);
    assert_eq!(host.0[0].text, "<!-- gitops-publisher risk/prod/a -->\none");
    assert_eq!(host.bring(&one), [""; 0]);
}

#[test]
fn what_people_resolved_stays_resolved_until_it_says_something_else() {
    let mut host = Host::default();
    host.bring(&remarks(&[("a", "one")]));
    host.0[0].open = false;
    assert_eq!(host.bring(&remarks(&[("a", "one")])), [""; 0]);
    assert_eq!(
        host.bring(&remarks(&[])),
        [""; 0],
        "they said what there is to say"
    );
    assert_eq!(host.bring(&remarks(&[("a", "one")])), [""; 0]);
    assert_eq!(
        host.bring(&remarks(&[("a", "more")])),
        ["open 0", "rewrite 0"]
    );
}

#[test]
fn what_people_reopened_with_an_answer_stays_open() {
    let mut host = Host::default();
    host.bring(&remarks(&[("a", "one")]));
    host.bring(&remarks(&[]));
    host.0[0].open = true;
    host.0[0].answered = true;
    assert_eq!(host.bring(&remarks(&[])), [""; 0]);
}

#[test]
fn a_run_that_died_between_two_steps_is_made_up_for() {
    let wanted = [remarks(&[("a", "one")]), remarks(&[])];
    for (from, to) in [(&wanted[0], &wanted[1]), (&wanted[1], &wanted[0])] {
        let mut host = Host::default();
        host.bring(&wanted[0]);
        host.bring(from);
        let (steps, _) = to.steps(host.0.clone());
        assert_eq!(steps.len(), 2);
        host.step(steps[0].clone());
        host.bring(to);
        assert_eq!(host.bring(to), [""; 0]);
        assert_eq!(host.0[0].open, !to.all.is_empty());
        let told = host.0[0].text.matches(OVER).count();
        assert_eq!(told, usize::from(to.all.is_empty()), "once");
    }
}

#[test]
fn more_than_the_most_are_counted_in_one_more() {
    let mut host = Host::default();
    let many = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")];
    let (_, left_out) = remarks(&many).steps(Vec::new());
    assert_eq!(left_out, 2);
    assert_eq!(
        host.bring(&remarks(&many)),
        ["start 1", "start 2", "start 3", "start 2 more"]
    );
    assert_eq!(host.bring(&remarks(&many)), [""; 0]);
    // The first is gone: a place is free, and fewer are left out.
    assert_eq!(
        host.bring(&remarks(&many[1..])),
        ["start 4", "rewrite 3", "rewrite 0", "resolve 0"]
    );
    assert_eq!(host.bring(&remarks(&many[1..])), [""; 0]);
    assert_eq!(
        host.bring(&remarks(&many[2..])),
        [
            "start 5",
            "rewrite 1",
            "resolve 1",
            "rewrite 3",
            "resolve 3"
        ]
    );
}

#[test]
fn a_thread_that_is_there_keeps_its_place_when_others_come_before_it() {
    let mut host = Host::default();
    host.bring(&remarks(&[("x", "1"), ("y", "2"), ("z", "3")]));
    let more = [("a", "0"), ("x", "1"), ("y", "2"), ("z", "3")];
    assert_eq!(host.bring(&remarks(&more)), ["start 1 more"]);
}

#[test]
fn what_is_there_twice_goes_unless_somebody_answered() {
    let mut host = Host::default();
    host.bring(&remarks(&[("a", "one")]));
    let mut twice = host.0[0].clone();
    twice.thread = "9".into();
    host.0.push(twice);
    assert_eq!(host.bring(&remarks(&[("a", "one")])), ["delete 1"]);
    let mut answered = host.0[0].clone();
    answered.thread = "9".into();
    answered.answered = true;
    host.0.push(answered);
    assert_eq!(host.bring(&remarks(&[("a", "one")])), [""; 0]);
}
