//! What commit statuses tell by now about everything that stands on a branch: for
//! whoever looks once and waits for nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use gitops_rollout::{
    Arrival, Authors, Branch, Commit, Line, LineState, Outcome, Policy, Published, Report,
    Required, Standing, Target, Tree, Trees, Wait, judge, words,
};

use crate::host::watch::SeenCommit;
use crate::model::ObjectId;
use crate::report::{RolloutNow, RolloutTarget};

use super::result::{failed_since, hidden, target};
use super::tell::DISBELIEVED;

/// The newest commits of a branch with their statuses.
pub struct Board {
    commits: Vec<ObjectId>,
    /// Those with more check runs than were read.
    partial: HashSet<usize>,
    /// What each target reported: on which of the commits, and what.
    reports: BTreeMap<Target, Vec<(usize, Report)>>,
    /// What was judged before: many environments wait for the same.
    judged: Vec<(usize, Required, Authors, RolloutNow)>,
}

/// How a folder stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Which of the commits changed it last; `None` where none of them did.
    pub changed: Option<usize>,
    /// Whose reports count.
    pub required: &'a Required,
    /// Who is believed.
    pub authors: &'a Authors,
}

/// It is looked at as it stands.
const ONCE: Policy = Policy {
    grace: 0,
    timeout: 0,
    settle: 0,
};

impl Board {
    /// Puts the statuses that the host told to the commits of a branch, which stand
    /// from the tip along first parents.
    pub fn new(commits: Vec<ObjectId>, seen: Vec<SeenCommit>) -> Self {
        let places: HashMap<_, _> = commits
            .iter()
            .enumerate()
            .map(|(at, id)| (*id, at))
            .collect();
        let mut reports: BTreeMap<Target, Vec<(usize, Report)>> = BTreeMap::new();
        let mut partial = HashSet::new();
        for commit in seen {
            let Some(at) = places.get(&commit.id) else {
                continue;
            };
            if commit.is_partial {
                partial.insert(*at);
            }
            for report in commit.reports {
                let target = Target::of(&report.context);
                reports.entry(target).or_default().push((*at, report));
            }
        }
        Self {
            commits,
            partial,
            reports,
            judged: Vec::new(),
        }
    }

    /// How the rollout of one folder is.
    pub fn look(&mut self, place: Place<'_>) -> RolloutNow {
        let own = self.own(place);
        let known = self.judged.iter().find(|(at, required, authors, _)| {
            *at == own && required == place.required && authors == place.authors
        });
        if let Some((.., now)) = known {
            return now.clone();
        }
        let now = self.judge(own, place);
        let (required, authors) = (place.required.clone(), place.authors.clone());
        self.judged.push((own, required, authors, now.clone()));
        now
    }

    /// The commit that is judged. All that came after it hold the same files, so
    /// that of a folder that did not change for long any of them serves; whoever
    /// is to be found by what reported before needs some that came before.
    fn own(&self, place: Place<'_>) -> usize {
        let last = self.commits.len().saturating_sub(1);
        let at = place.changed.unwrap_or(last).min(last);
        let reported = self.reports.values().flatten().map(|(at, _)| *at);
        let has_before = reported.max().is_some_and(|oldest| oldest > at);
        match place.required {
            Required::Lately if !has_before => at.min(last / 2),
            _ => at,
        }
    }

    fn judge(&self, own: usize, place: Place<'_>) -> RolloutNow {
        let branch = self.branch(place.required);
        let Some(commit) = branch.commits.get(own).map(|commit| commit.id.clone()) else {
            return RolloutNow::unknown("there is no such branch");
        };
        let same = branch.commits[..=own].iter();
        let mut trees: Trees = same
            .map(|commit| (commit.id.clone(), Tree::Id("ours".to_owned())))
            .collect();
        if let Some(before) = branch.commits.get(own + 1) {
            trees.insert(before.id.clone(), Tree::Id("before".to_owned()));
        }
        let judged = judge(&Wait {
            published: &Published::Commit(commit),
            content: None,
            arrival: &Arrival::Alone,
            required: place.required,
            authors: place.authors,
            branch: &branch,
            trees: &trees,
            policy: ONCE,
            started: 0,
            now: 0,
        });
        let position = |id: &str| branch.commits.iter().position(|one| one.id == id);
        let since: Vec<_> = judged
            .lines
            .iter()
            .filter_map(|line| failed_since(line, position))
            .collect();
        let targets = judged.lines.iter().map(target);
        let hidden: Vec<_> = judged.lines.iter().filter_map(hidden).collect();
        let outcome = match judged.standing {
            Standing::Done(Outcome::RolledOut) if since.is_empty() && hidden.is_empty() => {
                "rolledOut"
            }
            Standing::Done(Outcome::RolledOut) if since.is_empty() => "unknown",
            Standing::Done(Outcome::RolledOut | Outcome::Failed) => "failed",
            Standing::Done(Outcome::Unknown) => "unknown",
            _ => "pending",
        };
        let open = judged.lines.iter().filter_map(open);
        let mut reasons: Vec<_> = since.iter().cloned().chain(open).collect();
        if !hidden.is_empty() {
            reasons.extend(hidden);
        } else if outcome == "unknown" {
            reasons.push(
                "nothing has reported on it that counts; `waitFor` names what does".to_owned(),
            );
        }
        for one in judged.disbelieved.iter().take(DISBELIEVED) {
            reasons.push(format!(
                "a status for {} is not believed: {} wrote it, who is not named in `statusAuthors`",
                words(&one.target),
                one.author
            ));
        }
        RolloutNow {
            outcome,
            last_rolled_out_commit: judged.last_rolled_out,
            targets: targets.collect::<Vec<RolloutTarget>>(),
            reasons,
        }
    }

    /// The branch with the reports that count for some: the rule looks at each, and
    /// there may be very many.
    fn branch(&self, required: &Required) -> Branch {
        let mut commits: Vec<_> = self
            .commits
            .iter()
            .enumerate()
            .map(|(at, id)| Commit {
                id: id.to_string(),
                is_partial: self.partial.contains(&at),
                ..Commit::default()
            })
            .collect();
        for at in 0..commits.len() {
            commits[at].parent = commits.get(at + 1).map(|before| before.id.clone());
        }
        let counts = |target: &Target| match required {
            Required::Lately => true,
            Required::Named(patterns) => patterns.iter().any(|pattern| pattern.fits(target)),
        };
        for (_, reports) in self.reports.iter().filter(|(target, _)| counts(target)) {
            for (at, report) in reports {
                commits[*at].reports.push(report.clone());
            }
        }
        Branch {
            commits,
            ..Branch::default()
        }
    }
}

/// Why a target is no success.
fn open(line: &Line) -> Option<String> {
    let newest =
        |said: &gitops_rollout::Reported| -> String { said.commit.chars().take(10).collect() };
    Some(match &line.state {
        LineState::Succeeded(_) | LineState::PassedOver(_) => return None,
        LineState::Silent => match &line.newest {
            Some(said) => format!(
                "{} has not reported on it; the newest commit that it reported on is {}",
                line.target,
                newest(said)
            ),
            None => format!("{} has not reported on this branch lately", line.target),
        },
        LineState::Failed(said) | LineState::Working(said) => {
            let words = if said.words.is_empty() {
                "no words"
            } else {
                &said.words
            };
            format!("{}: {words} at {}", line.target, newest(said))
        }
    })
}
