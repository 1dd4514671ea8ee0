//! The result of a wait for one environment, and why it is so, in sentences.

use gitops_rollout::{Judged, Line as TargetLine, LineState, Outcome, Tree, words};

use super::line::{Line, Member};
use super::tell::{commits, list, never, or, request, short, shown};
use crate::error::{Error, Kind};
use crate::host::{ApiError, HostKind, Refusal};
use crate::report::{RolloutReport, RolloutTarget};

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
        rolled_out_commit: commit.clone().filter(|_| outcome == Outcome::RolledOut),
        commit,
        tree,
        last_rolled_out_commit: judged.last_rolled_out.clone(),
        seconds,
        targets: judged.lines.iter().map(target).collect(),
        failed_since: judged
            .lines
            .iter()
            .filter_map(|one| failed_since(one, position))
            .collect(),
        reasons: reasons(line, member, judged, outcome, is_silent),
    }
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
    is_silent: bool,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let branch = &line.followed.branch;
    let commit = judged.commit.as_deref().map(short).unwrap_or_default();
    match outcome {
        Outcome::Superseded if judged.commit.is_none() => {
            reasons.push("something newer was published before".to_owned());
        }
        Outcome::Superseded => {
            reasons.push(
                "something newer was published to the same folder, and that was rolled out"
                    .to_owned(),
            );
        }
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
        Outcome::Unknown => reasons.push(format!(
            "nothing has reported on the {} before it, and no name is given with `waitFor`",
            commits(line.branch.commits.len())
        )),
        Outcome::RolledOut | Outcome::Unchanged | Outcome::Failed | Outcome::TimedOut => {}
    }
    reasons.extend(judged.lines.iter().filter_map(|one| open_target(one, line)));
    if outcome == Outcome::TimedOut && judged.never_failed {
        reasons.push(
"Flux has reported successes here and never a failure: version 2.8 does not report failures to commits, and a failed rollout then ends by time alone"
                .to_owned(),
        );
    }
    if outcome == Outcome::Unknown && !judged.others.is_empty() {
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
