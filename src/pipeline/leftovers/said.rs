//! What is said of folders that were left behind.
//!
//! Owns the texts, and the command that removes a folder.

use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::model::ledger::LEDGER_FILE;
use crate::model::{Finding, Folder, RelPath, ResourceId};
use crate::plan::Orphans;
use crate::report::RunReport;

use super::{Fate, Gone, Leftover, Search, Stays};

/// The settings file that a run finds without being told.
const DEFAULT_FILE: &str = "gitops.yaml";

/// So many resources that go with a folder are named.
const SHOWN: usize = 50;

impl Search<'_> {
    /// Stops the run where folders that were left behind do. `gone` are moved.
    pub(in super::super) fn refuse(
        &self,
        tip: &Tip,
        found: &[Leftover],
        gone: &[Gone],
    ) -> Result<(), Error> {
        if self.settings.run.orphans != Orphans::Fail {
            return Ok(());
        }
        let counts = |one: &&Leftover| {
            let moves = gone.iter().any(|gone| gone.folder == one.folder);
            let may_go_on = matches!(one.stays, Some(Stays::Apart(_) | Stays::OtherBranch(_)));
            !moves && (!may_go_on || self.starts_anew(one, tip))
        };
        let found: Vec<_> = found.iter().filter(counts).collect();
        let Some(first) = found.first() else {
            return Ok(());
        };
        let line = |one: &&Leftover| {
            let said = format!("environment {}: {}", one.environment, why(one, tip));
            match &one.stays {
                Some(Stays::OtherBranch(branch)) => {
                    format!(
                        "{said}. It was published from {branch} of the source, which may go on publishing it"
                    )
                }
                _ => said,
            }
        };
        let said = found.iter().map(line).collect::<Vec<_>>().join("\n");
        Err(Error::message(Kind::Conflict, said)
            .hint(self.remedy(first, tip))
            .hint("to publish and leave it where it is, set `orphans` to `warn`"))
    }

    /// Says what was left behind, once for each folder. `gone` was removed, or
    /// would be.
    pub(in super::super) fn announce(
        &self,
        report: &mut RunReport,
        tip: &Tip,
        found: &[Leftover],
        gone: &[Gone],
        outcome: &str,
    ) {
        for leftover in found {
            let place = format!("environment {}", leftover.environment);
            let why = why(leftover, tip);
            let went = gone.iter().find(|gone| gone.folder == leftover.folder);
            let mut said = match (went, &leftover.stays) {
                (Some(gone), _) => format!("{why}; {outcome} ({})", holds(leftover, gone)),
                (None, Some(Stays::Apart(commit))) => {
                    let commit = commit.get(..10).unwrap_or(commit);
                    let said = format!(
                        "{place}: {why}. It stays: it comes from commit {commit}, which is not in the history of this run's source, so another branch may publish it"
                    );
                    self.context.reporter.info(&said);
                    continue;
                }
                (None, Some(Stays::OtherBranch(branch))) => {
                    let said = format!(
                        "{why}. It stays: it was published from {branch} of the source, which may go on publishing it; if nothing does, {}",
                        self.remedy(leftover, tip)
                    );
                    if !self.starts_anew(leftover, tip) {
                        self.context.reporter.info(&format!("{place}: {said}"));
                        continue;
                    }
                    said
                }
                (None, _) => format!("{why}. {}; {}", stays(leftover), self.remedy(leftover, tip)),
            };
            if let Some(url) = &leftover.proposal {
                said.push_str(&format!(". Its pull request is still open: close {url}"));
            }
            self.warn(report, Finding::warning(place, said));
        }
    }

    /// Whether this run publishes an environment to its new folder for the first time, so
    /// that it makes a second copy of what stays.
    fn starts_anew(&self, leftover: &Leftover, tip: &Tip) -> bool {
        let Fate::Moved(now) = &leftover.fate else {
            return false;
        };
        let mut members = self.group().members.iter().zip(&tip.folders);
        members.any(|(member, state)| member.settings.folder == *now && state.ledger.is_none())
    }

    /// What removes a folder that was left behind.
    fn remedy(&self, leftover: &Leftover, tip: &Tip) -> String {
        let by_hand = matches!(leftover.fate, Fate::Elsewhere)
            || matches!(
                leftover.stays,
                Some(
                    Stays::PullRequests
                        | Stays::Promotion
                        | Stays::UnknownBranch
                        | Stays::OtherBranch(_)
                )
            );
        if by_hand {
            return by_hand_of(&leftover.folder, tip);
        }
        let mut command = "gitops-publisher publish --orphans=remove".to_owned();
        let members = self.group().members.iter();
        let mut files = members.filter_map(|member| member.settings.made_from.settings.as_deref());
        if let Some(file) = files.next().filter(|file| *file != DEFAULT_FILE) {
            command.push_str(&format!(" {}", quoted(&format!("--config={file}"))));
        }
        if self.settings.environments.len() < self.settings.listed.len() {
            let names = self.group().names().join(",");
            command.push_str(&format!(" {}", quoted(&format!("--environments={names}"))));
        }
        format!("remove it with `{command}`; in a pipeline, set `orphans` to `remove` for one run")
    }
}

/// The command for a clone of the manifest repository. It takes the whole folder,
/// so that it is not given where others have something in it.
fn by_hand_of(folder: &Folder, tip: &Tip) -> String {
    let inside = |path: &RelPath| {
        let mut owned = tip.neighbours.iter().flatten();
        owned.any(|(other, _)| {
            other
                .path()
                .is_some_and(|other| other != path && other.starts_with(path))
        })
    };
    match folder.path().filter(|path| !inside(path)) {
        Some(path) => format!(
            "remove it in a clone of the manifest repository with `git rm -r -- {}`, which takes everything in it, and commit that",
            quoted(path.as_str())
        ),
        None => format!(
            "remove it in a clone of the manifest repository: `{LEDGER_FILE}` in that folder, and the files that it lists"
        ),
    }
}

/// That a folder stays, and why.
fn stays(leftover: &Leftover) -> String {
    let because = match &leftover.stays {
        None | Some(Stays::Apart(_) | Stays::OtherBranch(_)) => return "It stays".to_owned(),
        Some(Stays::Untold) => {
            "this checkout does not have the commit that it was published from; check out the whole history (`fetchDepth: 0`)"
        }
        Some(Stays::UnknownBranch) => {
            "it is not known which branch of the source it was published from, or which one this run is of"
        }
        Some(Stays::PullRequests) => "this branch is published to by pull request",
        Some(Stays::Promotion) => "a promotion removes nothing",
        Some(Stays::PullRequestBuild) => "a build of a pull request removes nothing",
        Some(Stays::AllowOlder) => "a run with `allowOlder` removes nothing",
        Some(Stays::Uncommitted) => "the settings file has changes that are in no commit",
    };
    format!("It stays, because {because}")
}

/// What goes with a folder. What is in a former folder is compared with the new one.
fn holds(leftover: &Leftover, gone: &Gone) -> String {
    let ending = if gone.files == 1 { "" } else { "s" };
    let mut said = format!("{} file{ending}", gone.files);
    if matches!(leftover.fate, Fate::Moved(_)) || gone.resources.is_empty() {
        return said;
    }
    said.push_str(&format!(", with {}", named(&gone.resources)));
    said
}

/// Kinds that take along what does not come back, or much else.
const HOLDERS: &[&str] = &[
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StatefulSet",
    "Namespace",
    "CustomResourceDefinition",
    "Kustomization",
    "HelmRelease",
    "Application",
    "ApplicationSet",
];

/// The resources that go, those first that take the most along, and how many more there are.
fn named(resources: &[ResourceId]) -> String {
    let mut all: Vec<_> = resources.iter().collect();
    let rank = |id: &&ResourceId| {
        let rank = HOLDERS.iter().position(|kind| *kind == id.kind);
        rank.unwrap_or(HOLDERS.len())
    };
    all.sort_by_key(rank);
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let names: Vec<_> = all.iter().map(|id| format!("`{id}`")).collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A word of a command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@+".contains(c);
    if word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn why(leftover: &Leftover, tip: &Tip) -> String {
    let place = format!(
        "the folder `{}` of the branch {:?}",
        leftover.folder, tip.branch
    );
    match &leftover.fate {
        Fate::Moved(folder) => format!("{place} is its former one; it has `{folder}` now"),
        Fate::Elsewhere => {
            format!(
                "{place} was published from this source, which publishes it to another branch now"
            )
        }
        Fate::Gone => format!(
            "{place} was published from this source, which has no such environment any more"
        ),
        Fate::NoDefinition => {
            format!(
                "{place} was published from this source, which publishes no definition of it any more"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_the_most_along_is_named_first() {
        let id = |text: &str| ResourceId::parse(text).unwrap();
        let mut all: Vec<_> = (0..60)
            .map(|at| id(&format!("v1 ConfigMap shop/c{at:02}")))
            .collect();
        all.push(id("apps/v1 StatefulSet shop/db"));
        all.push(id("v1 PersistentVolumeClaim shop/data"));
        let said = named(&all);
        let first = "`v1 PersistentVolumeClaim shop/data`, `apps/v1 StatefulSet shop/db`, `v1 ConfigMap shop/c00`";
        assert!(said.starts_with(first), "{said}");
        assert!(
            said.ends_with("`v1 ConfigMap shop/c47` and 12 more"),
            "{said}"
        );
    }
}
