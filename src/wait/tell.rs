//! What a wait tells while it goes on.
//!
//! One line for each change of a target, and otherwise silence.

use std::collections::HashMap;

use gitops_rollout::{Judged, LineState, Policy, Reported, Required, Waiting};

use super::followed::{Member, Start};
use super::line::Line;
use crate::report::{Reporter, RolloutReport, duration};

/// How many names one message holds.
const SHOWN: usize = 10;

/// How many statuses that are not believed are told of one environment.
pub(super) const DISBELIEVED: usize = 10;

pub(super) struct Teller<'a> {
    reporter: &'a Reporter,
    /// What was told last, by environment and target.
    told: Vec<HashMap<String, String>>,
    /// What an environment was last said to wait for.
    waits: Vec<Option<(Waiting, Option<String>)>>,
    silent: HashMap<String, bool>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(reporter: &'a Reporter, environments: usize) -> Self {
        Self {
            reporter,
            told: vec![HashMap::new(); environments],
            waits: vec![None; environments],
            silent: HashMap::new(),
        }
    }

    pub(super) fn begin(&self, lines: &[Line], done: &[Option<RolloutReport>], policy: Policy) {
        if done.iter().all(Option::is_some) {
            return;
        }
        let places: Vec<_> = lines
            .iter()
            .map(|line| format!("{} (branch {})", line.followed.place, line.followed.branch))
            .collect();
        let time = match policy.timeout {
            0 => "looking once".to_owned(),
            seconds => format!("for {} at most", duration(seconds)),
        };
        self.reporter.info(&format!(
            "Waiting for the rollout from {}, {time}",
            places.join(", ")
        ));
    }

    pub(super) fn warn(&self, text: &str) {
        self.reporter.warning(text);
    }

    /// The host answered, perhaps again.
    pub(super) fn answered(&mut self, line: &Line) {
        if self.silent.insert(line.followed.place.clone(), false) == Some(true) {
            let place = &line.followed.place;
            self.reporter
                .info(&format!("the host of {place} answers again"));
        }
    }

    /// The host did not answer.
    pub(super) fn silent(&mut self, line: &Line, error: &str) {
        if self.silent.insert(line.followed.place.clone(), true) == Some(true) {
            self.reporter.debug(error);
            return;
        }
        self.reporter.info(&format!("{error}; the wait goes on"));
    }

    /// Tells what changed for an environment that waits.
    pub(super) fn waits(
        &mut self,
        at: usize,
        line: &Line,
        member: &Member,
        judged: &Judged,
        waiting: Waiting,
    ) {
        let name = &member.environment;
        let now = Some((waiting, judged.commit.clone()));
        if self.waits[at] != now {
            self.waits[at] = now;
            self.reporter.info(&format!(
                "{name}: {}",
                what_for(line, member, judged, waiting)
            ));
            for target in &judged.lines {
                if target.newest.is_none() {
                    self.reporter
                        .info(&format!("{name}: {}", never(&target.target, line)));
                }
            }
        }
        self.changes(at, name, judged);
    }

    /// One line for each target that is not where it was.
    fn changes(&mut self, at: usize, name: &str, judged: &Judged) {
        for line in &judged.lines {
            let mut now = shown(&line.state);
            if let Some(later) = &line.later_failure {
                now = format!(
                    "{now}; {} at {} after it",
                    later.words,
                    short(&later.commit)
                );
            }
            let before = self.told[at].insert(line.target.clone(), now.clone());
            let is_news = before.as_ref().is_none_or(|before| *before != now);
            let says_something = line.state != LineState::Silent || line.later_failure.is_some();
            if is_news && says_something {
                self.reporter
                    .info(&format!("{name}: {}: {now}", line.target));
            }
        }
        for other in &judged.others {
            let text = format!("{name}: does not wait for {other}, which reports too");
            if self.told[at]
                .insert(format!("other {other}"), String::new())
                .is_none()
            {
                self.reporter.info(&text);
            }
        }
        for one in judged.disbelieved.iter().take(DISBELIEVED) {
            let text = format!(
                "{name}: a status for {} is not believed: {} wrote it, who is not named in `statusAuthors`",
                one.target, one.author
            );
            if self.told[at]
                .insert(format!("disbelieved {text}"), String::new())
                .is_none()
            {
                self.reporter.warning(&text);
            }
        }
    }

    /// Tells how it ended.
    pub(super) fn ended(
        &mut self,
        at: usize,
        member: &Member,
        judged: &Judged,
        report: &RolloutReport,
    ) {
        self.changes(at, &member.environment, judged);
        self.reporter.info(&report.line());
    }
}

/// What an environment waits for.
fn what_for(line: &Line, member: &Member, judged: &Judged, waiting: Waiting) -> String {
    let commit = judged.commit.as_deref().map(short).unwrap_or_default();
    match waiting {
        Waiting::Merge if line.merged_somewhere(member) => {
            "the pull request is merged, and the host does not say yet as which commit".to_owned()
        }
        Waiting::Merge => format!("waiting for {} to be merged", request(member)),
        Waiting::Place => format!("looking for commit {commit} on the branch"),
        Waiting::Anybody => format!(
            "commit {commit}: nothing has reported on the {} before it, and no name is given with `waitFor`",
            commits(line.branch.commits.len())
        ),
        Waiting::Targets => {
            let names: Vec<_> = judged.lines.iter().map(|one| one.target.as_str()).collect();
            let chosen = match member.required {
                Required::Named(_) => "",
                Required::Lately => {
                    "; these reported on this branch lately, `waitFor` names others"
                }
            };
            format!(
                "waiting for {} to report on commit {commit}{chosen}",
                list(&names)
            )
        }
    }
}

pub(super) fn list(names: &[&str]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `commit`, `3 commits`.
pub fn commits(number: usize) -> String {
    match number {
        1 => "commit".to_owned(),
        number => format!("{number} commits"),
    }
}

pub(super) fn never(target: &str, line: &Line) -> String {
    match line.branch.commits.len() {
        1 => format!("{target} has not reported on the only commit of the branch"),
        number => format!(
            "{target} has reported on none of the last {}",
            commits(number)
        ),
    }
}

pub(super) fn short(commit: &str) -> String {
    commit.chars().take(10).collect()
}

pub(super) fn shown(state: &LineState) -> String {
    let at = |said: &Reported, words: &str| format!("{words} at {}", short(&said.commit));
    match state {
        LineState::Succeeded(said) => at(said, &or(&said.words, "succeeded")),
        LineState::PassedOver(said) => at(
            said,
            &format!(
                "{}, which holds something newer,",
                or(&said.words, "succeeded")
            ),
        ),
        LineState::Failed(said) => at(said, &or(&said.words, "failed")),
        LineState::Working(said) => at(said, &or(&said.words, "pending")),
        LineState::Silent => "has not reported".to_owned(),
    }
}

/// The writer's words, or ours where it has none.
pub(super) fn or(said: &str, ours: &str) -> String {
    if said.is_empty() { ours } else { said }.to_owned()
}

/// The pull request of an environment.
pub(super) fn request(member: &Member) -> String {
    match member.start {
        Start::Request(number, _) => format!("pull request {number}"),
        _ => "the pull request".to_owned(),
    }
}
