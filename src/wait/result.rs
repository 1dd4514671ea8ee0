//! The result of a wait for one environment, and why it is so, in sentences.

use gitops_rollout::{Doubt, Hidden, Judged, Line as TargetLine, LineState, Outcome, Tree, words};

use super::followed::{Member, Start};
use super::line::Line;
use super::tell::{commits, list, never, or, request, short, shown};
use crate::error::{Error, Kind};
use crate::host::{ApiError, HostKind, Refusal};
use crate::report::{RolloutReport, RolloutTarget};

/// How many statuses that are not believed are told with the result.
const SHOWN: usize = 3;

/// Why a success does not count on a commit that has too many check runs.
pub(super) const PARTIAL: &str =
    "the commit has more check runs than are read, and one of these may have failed";

/// The result for one environment.
pub(super) fn report(
    line: &Line,
    member: &Member,
    judged: &Judged,
    outcome: Outcome,
    seconds: u64,
    is_silent: bool,
) -> RolloutReport {
    let commit = judged.commit.clone();
    let tree = commit
        .as_ref()
        .and_then(|commit| match line.trees(member).get(commit) {
            Some(Tree::Id(id)) => Some(id.clone()),
            _ => None,
        });
    let position = |id: &str| line.branch.commits.iter().position(|one| one.id == id);
    RolloutReport {
        environment: member.environment.clone(),
        outcome,
        rolled_out_commit: commit.clone().filter(|_| has_it(outcome, judged)),
        commit,
        tree,
        last_rolled_out_commit: judged.last_rolled_out.clone(),
        // From publishing to healthy, whoever waits when.
        seconds: match outcome {
            Outcome::RolledOut => seconds + member.ago,
            _ => seconds,
        },
        targets: judged.lines.iter().map(target).collect(),
        failed_since: judged
            .lines
            .iter()
            .filter_map(|one| failed_since(one, position))
            .collect(),
        hidden: judged.lines.iter().filter_map(hidden).collect(),
        reasons: reasons(line, member, judged, outcome, (seconds, is_silent)),
        hint: hint(line, member, judged, outcome, is_silent),
    }
}

/// Whether every target is known to have what was published.
fn has_it(outcome: Outcome, judged: &Judged) -> bool {
    let succeeded = |line: &TargetLine| matches!(line.state, LineState::Succeeded(_));
    let passes = matches!(outcome, Outcome::RolledOut | Outcome::Unchanged);
    passes && judged.lines.iter().all(succeeded)
}

/// What to do about it.
fn hint(
    line: &Line,
    member: &Member,
    judged: &Judged,
    outcome: Outcome,
    is_silent: bool,
) -> Option<&'static str> {
    Some(match outcome {
        Outcome::RolledOut | Outcome::Unchanged | Outcome::Superseded => return None,
        Outcome::Failed => {
            "look at the objects that failed in the cluster, such as with `flux events` or in Argo CD, and publish a correction or go back"
        }
        Outcome::TimedOut => {
            "check that the cluster watches this branch and writes commit statuses; `waitFor` names whose reports count, `waitTimeout` how long to wait"
        }
        Outcome::NotMerged => {
            "merge the pull request, and run the command `wait`; or set `waitTimeout`"
        }
        Outcome::Reverted => {
            "if that was not meant, publish again; what is on the branch now is what was there before this run"
        }
        Outcome::Abandoned => {
            "if it is wanted after all, reopen the pull request, or publish again"
        }
        Outcome::Unknown if member.start == Start::Untold => {
            "let the identity of the build read builds (\"View builds\"), or wait in the step that publishes, with `wait: true`"
        }
        Outcome::Unknown if line.is_gone() => {
            "set `branch` to the branch that the cluster watches, and publish again"
        }
        Outcome::Unknown if is_silent => "run the command `wait` once the host answers again",
        Outcome::Unknown if judged.is_gone => {
            "publish again: what the branch holds now is not what this run published"
        }
        Outcome::Unknown if judged.doubt == Some(Doubt::Content) => {
            "look at what was merged, and publish again if that is not what was meant"
        }
        Outcome::Unknown if judged.doubt == Some(Doubt::Place) => {
            "look at what the folder holds now, and publish again if that is not what was meant"
        }
        Outcome::Unknown if judged.doubt == Some(Doubt::CheckRuns) => {
            "have the target write commit statuses, which are all read, or fewer workflows run on the commits of this branch"
        }
        Outcome::Unknown => "name with `waitFor` whose reports count, such as `kustomization/apps`",
    })
}

pub(super) fn target(line: &TargetLine) -> RolloutTarget {
    let (state, said) = match &line.state {
        LineState::Succeeded(said) => ("succeeded", Some(said)),
        LineState::PassedOver(said) => ("passedOver", Some(said)),
        LineState::Failed(said) => ("failed", Some(said)),
        LineState::Working(said) => ("pending", Some(said)),
        LineState::Silent => ("silent", line.newest.as_ref()),
    };
    RolloutTarget {
        target: words(&line.target),
        state,
        commit: said.map(|said| said.commit.clone()),
        words: said.map(|said| said.words.clone()).unwrap_or_default(),
        link: said.and_then(|said| said.link.clone()),
    }
}

/// What may have failed since it was rolled out, and is not to be seen.
pub(super) fn hidden(line: &TargetLine) -> Option<String> {
    let target = &line.target;
    Some(match line.hidden.as_ref()? {
        Hidden::Covered { commit, author } => format!(
            "{target}: {author}, who is not named in `statusAuthors`, wrote in its name at {}, which hides what it said itself",
            short(commit)
        ),
        Hidden::CheckRuns(commit) => format!(
            "{target}: commit {} has more check runs than are read, and one of these may have failed",
            short(commit)
        ),
    })
}

/// What failed on a later commit that holds the same files, after it had succeeded:
/// it was rolled out, and is broken now.
pub(super) fn failed_since(
    line: &TargetLine,
    position: impl Fn(&str) -> Option<usize>,
) -> Option<String> {
    let later = line.later_failure.as_ref()?;
    let LineState::Succeeded(success) = &line.state else {
        return None;
    };
    let is_newer = position(&later.commit) < position(&success.commit);
    is_newer.then(|| {
        format!(
            "{}: {} at {}, after it was rolled out",
            line.target,
            or(&later.words, "failed"),
            short(&later.commit)
        )
    })
}

/// Why it ended so, in sentences.
fn reasons(
    line: &Line,
    member: &Member,
    judged: &Judged,
    outcome: Outcome,
    (seconds, is_silent): (u64, bool),
) -> Vec<String> {
    let mut reasons = Vec::new();
    let branch = &line.followed.branch;
    let commit = judged.commit.as_deref().map(short).unwrap_or_default();
    match outcome {
        Outcome::Superseded if judged.commit.is_none() => {
            reasons.push("something newer was published before".to_owned());
        }
        Outcome::Superseded if line.is_altered(member) => reasons.push(format!(
            "{} was merged as commit {commit} with other content than this run published, and that was rolled out",
            request(member)
        )),
        Outcome::Superseded => {
            reasons.push(
                "something newer was published to the same folder, and that was rolled out"
                    .to_owned(),
            );
        }
        Outcome::Reverted if line.is_removed(member) => reasons.push(format!(
            "branch {branch:?} does not have the folder any more, which commit {commit} published"
        )),
        Outcome::Reverted if line.is_altered(member) => reasons.push(format!(
            "{} was merged as commit {commit} without what this run published: the folder is what it was before",
            request(member)
        )),
        Outcome::Reverted => reasons.push(format!(
            "branch {branch:?} went back to what the folder held before commit {commit}"
        )),
        Outcome::Abandoned => {
            reasons.push(format!(
                "{} was closed without being merged",
                request(member)
            ));
        }
        Outcome::NotMerged if line.merged_somewhere(member) => reasons.push(format!(
            "{} is merged, and the host did not say as which commit",
            request(member)
        )),
        Outcome::NotMerged => {
            reasons.push(format!("{} was not merged in time", request(member)));
        }
        Outcome::Unknown if member.start == Start::Untold => reasons.push(format!(
            "it is not known what this build published: its attachments cannot be read, and none of the newest commits of branch {branch:?} has a ledger that it wrote. It may have published nothing here, or its pull request was closed, or somebody pushed over its commit"
        )),
        Outcome::Unknown if line.is_gone() => {
            reasons.push(format!("there is no branch {branch:?} any more"));
        }
        Outcome::Unknown if is_silent => reasons.push(format!(
            "the host of {} stopped answering, so it is not known what became of it",
            line.followed.place
        )),
        Outcome::Unknown if judged.is_gone => reasons.push(format!(
            "branch {branch:?} does not hold commit {commit} any more: somebody pushed over it"
        )),
        Outcome::Unknown if judged.doubt == Some(Doubt::Place) => reasons.push(format!(
            "something else is in its place, and more than {} came since commit {commit}: whether that is newer, or what was there before, is not known",
            commits(line.branch.commits.len())
        )),
        Outcome::Unknown if judged.doubt == Some(Doubt::CheckRuns) => {
            reasons.push(PARTIAL.to_owned());
        }
        Outcome::Unknown if judged.doubt == Some(Doubt::Content) => reasons.push(format!(
            "the host does not show commit {}, which this run proposed, so whether it is what was merged as commit {commit} is not known",
            member.content().map(|head| short(&head.to_string())).unwrap_or_default()
        )),
        Outcome::Unknown => reasons.push(format!(
            "nothing has reported on the {} before it, and no name is given with `waitFor`",
            commits(line.branch.commits.len())
        )),
        Outcome::Unchanged if !judged.lines.is_empty() && !has_it(outcome, judged) => {
            reasons.push(
                "nothing was published, and whether the cluster has what was published before is not known"
                    .to_owned(),
            );
        }
        Outcome::RolledOut | Outcome::Unchanged | Outcome::Failed | Outcome::TimedOut => {}
    }
    reasons.extend(beside(line, judged, outcome, (seconds, is_silent)));
    reasons
}

/// What is worth knowing about targets.
fn beside(
    line: &Line,
    judged: &Judged,
    outcome: Outcome,
    (seconds, is_silent): (u64, bool),
) -> Vec<String> {
    let mut reasons = Vec::new();
    let is_known = !is_silent && !line.is_gone() && !judged.is_gone;
    if outcome != Outcome::Unknown || is_known {
        reasons.extend(judged.lines.iter().filter_map(|one| open_target(one, line)));
    }
    if outcome == Outcome::Unchanged {
        // Nobody waits on for what they may hide.
        reasons.extend(judged.lines.iter().filter_map(hidden));
    }
    if outcome == Outcome::TimedOut {
        let is_told = |line: &&TargetLine| {
            let mut told = judged.disbelieved.iter();
            told.any(|one| one.target == line.target)
        };
        let untold = judged.lines.iter().filter(|line| !is_told(line));
        reasons.extend(untold.filter_map(hidden));
        let others = judged.disbelieved.iter().take(SHOWN);
        reasons.extend(others.map(|one| {
            format!(
                "{} wrote a status for {}, and is not named in `statusAuthors`",
                one.author,
                words(&one.target)
            )
        }));
    }
    // Who looks once did not wait for a failure.
    if outcome == Outcome::TimedOut && judged.never_failed && seconds > 0 {
        reasons.push(
"Flux has reported successes here and never a failure: version 2.8 does not report failures to commits, and a failed rollout then ends by time alone"
                .to_owned(),
        );
    }
    let is_unnamed = judged.lines.is_empty();
    if outcome == Outcome::Unknown && is_unnamed && !judged.others.is_empty() {
        let names: Vec<_> = judged.others.iter().map(String::as_str).collect();
        reasons.push(format!(
            "{} reported on it; name with `waitFor` what counts",
            list(&names)
        ));
    }
    reasons
}

/// Why a target that does not have it is no success.
fn open_target(target: &TargetLine, line: &Line) -> Option<String> {
    Some(match &target.state {
        LineState::Succeeded(_) | LineState::PassedOver(_) => return None,
        LineState::Silent => match &target.newest {
            Some(newest) => format!(
                "{} has not reported on it; the newest commit that it reported on is {} ({})",
                target.target,
                short(&newest.commit),
                or(&newest.words, "without words")
            ),
            None => never(&target.target, line),
        },
        state => format!("{}: {}", target.target, shown(state)),
    })
}

/// What a refusal means for a wait, and what helps.
pub fn because(error: ApiError) -> Error {
    let refused = matches!(
        error.refusal(),
        Some(Refusal::Permission | Refusal::Authentication | Refusal::NotFound)
    );
    if !refused {
        return error.into();
    }
    let hint = match error.host() {
        HostKind::Azure => {
            "a token that may publish may not read: give the identity behind it the permission \"Read\" on this repository; a personal access token needs the scope Code (Read)"
        }
        _ => {
            "a token that may publish may not read: it needs the permissions \"Contents\", \"Commit statuses\" and \"Pull requests\" (read); a GitHub App also \"Checks\" (read)"
        }
    };
    Error::new(Kind::Remote, error).hint(hint)
}
