//! The rule: from facts to how far a rollout is.

mod aside;
mod place;

use std::collections::BTreeSet;

use crate::facts::{Published, Required, Wait};
use crate::judged::{Doubt, Judged, Line, LineState, Outcome, Reported, Standing, Waiting};
use crate::meaning::Meaning;
use crate::standing::{AboutCommit, about};
use crate::target::{Pattern, Target};

/// On how many commits before ours a target counts as one that reports lately:
/// what a cluster no longer has is not waited for.
const RECENT: usize = 10;

/// Decides how far the rollout of one environment is.
pub fn judge(wait: &Wait<'_>) -> Judged {
    let late = wait.now.saturating_sub(wait.started) >= wait.policy.timeout;
    match wait.published {
        Published::Unchanged => ended(Outcome::Unchanged),
        Published::Older => ended(Outcome::Superseded),
        Published::Closed => ended(Outcome::Abandoned),
        Published::Untold => ended(Outcome::Unknown),
        Published::Proposed if late => ended(Outcome::NotMerged),
        Published::Proposed => nothing(Standing::Waiting(Waiting::Merge)),
        Published::Commit(commit) => Work::new(wait, commit, late).judge(),
        Published::Held { commit, is_older } => {
            let mut judged = Work::new(wait, commit, late).judge();
            if judged.standing == Standing::Done(Outcome::RolledOut)
                || (*is_older && is_long_past(&judged))
            {
                judged.standing = Standing::Done(Outcome::Unchanged);
            }
            judged
        }
    }
}

/// Whether nobody says that something is wrong with what was published before the commits
/// that are known. Some controllers report a commit only where it changes something.
fn is_long_past(judged: &Judged) -> bool {
    let is_at_peace =
        |line: &Line| matches!(line.state, LineState::Succeeded(_) | LineState::Silent);
    let goes_on = matches!(
        judged.standing,
        Standing::Waiting(Waiting::Targets) | Standing::Done(Outcome::TimedOut)
    );
    goes_on
        && judged
            .lines
            .iter()
            .all(|line| is_at_peace(line) && line.later_failure.is_none() && line.hidden.is_none())
}

fn ended(outcome: Outcome) -> Judged {
    nothing(Standing::Done(outcome))
}

/// Without anything to say about targets.
fn nothing(standing: Standing) -> Judged {
    Judged {
        standing,
        commit: None,
        lines: Vec::new(),
        others: Vec::new(),
        disbelieved: Vec::new(),
        needs: Vec::new(),
        last_rolled_out: None,
        is_gone: false,
        doubt: None,
        never_failed: false,
    }
}

/// One target that has to report, or a name that means none so far.
enum Wanted {
    Target(Target),
    Nobody(Pattern),
}

/// The targets that said something.
fn targets<'a>(said: impl IntoIterator<Item = &'a AboutCommit>) -> BTreeSet<Target> {
    let said = said.into_iter();
    said.flat_map(|one| one.said.keys().cloned()).collect()
}

/// Those that reported on the newest of these on which anybody did.
fn lately<'a>(said: impl IntoIterator<Item = &'a AboutCommit>) -> BTreeSet<Target> {
    let reported = said.into_iter().filter(|one| !one.said.is_empty());
    targets(reported.take(RECENT))
}

struct Work<'a> {
    wait: &'a Wait<'a>,
    commit: &'a str,
    late: bool,
    /// What was said, by commit of the branch.
    said: Vec<AboutCommit>,
    /// How many commits came after ours, where ours is among those that are known.
    own: Option<usize>,
    /// How many of the newest commits are ours or come after it.
    candidates: usize,
    /// Commits whose folder has to be looked at.
    needs: BTreeSet<String>,
    /// Why a success counts for nothing.
    doubt: Option<Doubt>,
}

impl<'a> Work<'a> {
    fn new(wait: &'a Wait<'a>, commit: &'a str, late: bool) -> Self {
        let branch = wait.branch;
        let own = branch.position(commit);
        let candidates = match own {
            Some(at) => at + 1,
            // Of the others it is not known whether they come after it.
            None => usize::from(branch.tip().is_some()),
        };
        let said = branch.commits.iter().map(|one| about(one, wait.authors));
        Self {
            wait,
            commit,
            late,
            said: said.collect(),
            own,
            candidates,
            needs: BTreeSet::new(),
            doubt: None,
        }
    }

    fn judge(mut self) -> Judged {
        let holds = match self.own {
            Some(_) => Some(true),
            None => self.wait.branch.holds.get(self.commit).copied(),
        };
        let wanted = self.wanted();
        let lines: Vec<Line> = wanted.iter().map(|one| self.line(one, holds)).collect();
        let standing = self.standing(&wanted, &lines, holds);
        let last_rolled_out = self.last_rolled_out(&wanted, standing);
        Judged {
            standing,
            commit: Some(self.commit.to_owned()),
            others: self.others(&wanted),
            disbelieved: self.disbelieved(&wanted),
            last_rolled_out,
            is_gone: holds == Some(false),
            doubt: self.doubt,
            never_failed: self.never_failed(),
            needs: self.needs.into_iter().collect(),
            lines,
        }
    }

    /// Whose reports are waited for.
    fn wanted(&self) -> Vec<Wanted> {
        let patterns = match self.wait.required {
            Required::Lately => return self.lately(),
            Required::Named(patterns) => patterns,
        };
        // Who was silent for a while is not forgotten: it may be what is broken.
        let ever = targets(&self.said);
        let mut found = BTreeSet::new();
        let mut wanted = Vec::new();
        for pattern in patterns {
            let fits = |target: &&Target| pattern.fits(target);
            let fitting: Vec<_> = ever.iter().filter(fits).collect();
            if fitting.is_empty() {
                wanted.push(Wanted::Nobody(pattern.clone()));
            }
            for target in fitting {
                if found.insert(target.clone()) {
                    wanted.push(Wanted::Target(target.clone()));
                }
            }
        }
        wanted
    }

    /// Those that reported on the newest commits before ours: what reports on ours for
    /// the first time was not there before.
    fn lately(&self) -> Vec<Wanted> {
        let before = &self.said[self.candidates..];
        // Where few of those that came before are known, the same report on those since.
        let is_cut = self.own.is_some() && !self.reaches_the_first();
        let since: &[AboutCommit] = if before.len() < RECENT && is_cut {
            &self.said[1.min(self.candidates)..self.candidates]
        } else {
            &[]
        };
        let mut found = lately(before.iter().chain(since));
        // What is there already had time to be reported on.
        if found.is_empty() && self.is_held() {
            found = lately(&self.said[..self.candidates]);
        }
        found.into_iter().map(Wanted::Target).collect()
    }

    /// Where one of them is.
    fn line(&mut self, wanted: &Wanted, holds: Option<bool>) -> Line {
        let candidates = match (holds, self.own) {
            (Some(true), Some(_)) => self.candidates,
            // All that are known came after ours, or beside it.
            (Some(true), None) => self.said.len(),
            _ => 0,
        };
        let target = match wanted {
            Wanted::Nobody(pattern) => {
                return Line {
                    target: pattern.text().to_owned(),
                    state: LineState::Silent,
                    later_failure: None,
                    hidden: self.hidden(candidates, &|target| pattern.fits(target)),
                    newest: None,
                };
            }
            Wanted::Target(target) => target,
        };
        let mut passed_over = None;
        let mut succeeded = None;
        let mut working = None;
        let mut later_failure = None;
        // Where it succeeded last with ours, and whether it did with anything.
        let mut decided = None;
        let mut has_succeeded = false;
        let failed = self.own_failure(target);
        for at in 0..candidates {
            let Some(said) = self.said[at].said.get(target).cloned() else {
                continue;
            };
            match said.meaning {
                Meaning::Succeeded if self.said[at].is_partial => {
                    self.doubt = Some(Doubt::CheckRuns);
                    working = working.or(Some(said.reported));
                }
                // Of what is long past, older successes tell no more.
                Meaning::Succeeded if self.own.is_none() && has_succeeded => {}
                Meaning::Succeeded => {
                    has_succeeded = true;
                    match (self.is_ours(at), self.is_newer(at)) {
                        (Some(true), _) => {
                            decided = decided.or(Some(at));
                            succeeded = succeeded.or(Some(said.reported));
                        }
                        (_, Some(true)) => passed_over = passed_over.or(Some(said.reported)),
                        _ => working = working.or(Some(said.reported)),
                    }
                }
                Meaning::Failed if failed != Some(at) => {
                    later_failure = later_failure.or(Some(said.reported));
                }
                _ => working = working.or(Some(said.reported)),
            }
        }
        // Of what the branch held already, the newest word counts.
        let failed_last = failed.is_some_and(|at| decided.is_none_or(|success| at < success));
        let failed = failed.map(|at| self.said[at].said[target].reported.clone());
        let failed = failed.filter(|_| failed_last);
        let state = if let Some(reported) = failed {
            LineState::Failed(reported)
        } else if let Some(reported) = succeeded {
            LineState::Succeeded(reported)
        } else if let Some(reported) = passed_over {
            LineState::PassedOver(reported)
        } else if let Some(reported) = working {
            LineState::Working(reported)
        } else {
            LineState::Silent
        };
        Line {
            target: target.name().to_owned(),
            state,
            later_failure,
            hidden: self.hidden(candidates, &|one| one == target),
            newest: self.newest(target),
        }
    }

    /// Where a target failed on what was published: on our commit, and where the branch held
    /// it already, on the newest that did on which the target decided anything.
    fn own_failure(&self, target: &Target) -> Option<usize> {
        let own = self.own?;
        let held = self.wait.content.filter(|_| self.is_held());
        let newest = held.and_then(|commit| self.wait.branch.position(commit));
        let mut places = newest.unwrap_or(own)..=own;
        let (at, said) = places.find_map(|at| {
            let said = self.said[at].said.get(target)?;
            (said.meaning != Meaning::Pending).then_some((at, said))
        })?;
        (said.meaning == Meaning::Failed).then_some(at)
    }

    fn is_held(&self) -> bool {
        matches!(self.wait.published, Published::Held { .. })
    }

    fn newest(&self, target: &Target) -> Option<Reported> {
        let mut all = self.said.iter();
        all.find_map(|one| Some(one.said.get(target)?.reported.clone()))
    }

    fn standing(&mut self, wanted: &[Wanted], lines: &[Line], holds: Option<bool>) -> Standing {
        let done = Standing::Done;
        let all = |fits: fn(&LineState) -> bool| {
            !lines.is_empty() && lines.iter().all(|line| fits(&line.state))
        };
        if all(|state| matches!(state, LineState::Succeeded(_))) {
            return done(Outcome::RolledOut);
        }
        if holds == Some(true) && self.has_failed(wanted, lines) {
            return done(Outcome::Failed);
        }
        let reverted = if holds == Some(true) {
            self.is_reverted()
        } else {
            Some(false)
        };
        if reverted == Some(true) {
            return done(Outcome::Reverted);
        }
        let has_moved_on =
            |state: &LineState| matches!(state, LineState::Succeeded(_) | LineState::PassedOver(_));
        // What is in its place may be what was there before.
        if all(has_moved_on) && (reverted.is_some() || self.late) {
            return done(Outcome::Superseded);
        }
        if holds == Some(false) {
            return done(Outcome::Unknown);
        }
        let elapsed = self.wait.now.saturating_sub(self.wait.started);
        if lines.is_empty() && (self.late || elapsed >= self.wait.policy.settle) {
            return done(Outcome::Unknown);
        }
        if self.late && self.doubt.is_some() {
            return done(Outcome::Unknown);
        }
        if self.late {
            return done(Outcome::TimedOut);
        }
        Standing::Waiting(match holds {
            None => Waiting::Place,
            Some(_) if lines.is_empty() => Waiting::Anybody,
            Some(_) => Waiting::Targets,
        })
    }

    /// Whether a target has been failing on our commit for longer than the grace
    /// time. When the wait ends, there is no more of that.
    fn has_failed(&self, wanted: &[Wanted], lines: &[Line]) -> bool {
        let mut both = wanted.iter().zip(lines);
        both.any(|(wanted, line)| {
            let (Wanted::Target(target), LineState::Failed(_)) = (wanted, &line.state) else {
                return false;
            };
            let at = self.own_failure(target);
            let since = at.map(|at| self.said[at].said[target].seen);
            since.is_some_and(|since| {
                self.late || self.wait.now.saturating_sub(since) >= self.wait.policy.grace
            })
        })
    }

    /// The newest commit on which every required target succeeded.
    fn last_rolled_out(&self, wanted: &[Wanted], standing: Standing) -> Option<String> {
        let succeeded = |about: &AboutCommit| {
            !wanted.is_empty()
                && wanted.iter().all(|one| match one {
                    Wanted::Nobody(_) => false,
                    Wanted::Target(target) => {
                        let said = about.said.get(target);
                        said.is_some_and(|said| said.meaning == Meaning::Succeeded)
                    }
                })
        };
        let both = self.wait.branch.commits.iter().zip(&self.said);
        let found = both
            .filter(|(_, about)| succeeded(about))
            .map(|(commit, _)| commit.id.clone())
            .next();
        let is_done = standing == Standing::Done(Outcome::RolledOut);
        found.or_else(|| is_done.then(|| self.commit.to_owned()))
    }
}
