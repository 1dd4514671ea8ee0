//! What is there: the ledgers of a branch and its commit statuses, read side by
//! side, put together for each environment.

mod read;

use std::collections::HashMap;

use gitops_rollout::{Authors, Pattern, Required, words};

use super::definition;
use crate::git::source::{Behind, Source};
use crate::git::{Survey, Surveyed};
use crate::host::is_same_repository;
use crate::model::{FolderState, Ledger, RelPath};
use crate::plan::ForeignFiles;
use crate::report::{
    BranchStatus, ByHand, CommitStatus, EnvironmentStatus, PublishedStatus, RolloutNow,
    SourceStatus,
};
use crate::settings::EnvironmentSettings;
use crate::wait::{Board, Place};

pub use read::{BranchRead, Members, read_status};

/// The name that stands for each environment, in what is given for all of them,
/// where no settings file lists them.
pub const EACH_ENVIRONMENT: &str = "EACH-ENVIRONMENT";

/// Puts together what was read. `sources` are checkouts that may have the source,
/// `running` the branch and the commit of this run, `now` is the time in seconds since 1970.
pub fn branch_status(
    read: BranchRead,
    place: String,
    members: Members<'_>,
    sources: &[Source],
    running: Option<(&str, &str)>,
    now: i64,
) -> BranchStatus {
    let BranchRead {
        survey,
        seen,
        notes,
    } = read;
    let ids = survey.commits.iter().map(|commit| commit.id).collect();
    let mut work = Work {
        board: seen.map(|seen| Board::new(ids, seen)),
        survey: &survey,
        sources,
        running,
        now,
        known: HashMap::new(),
    };
    let environments = match members {
        Members::Listed { all, .. } => {
            let listed = all.iter().zip(&survey.folders);
            let listed = listed.map(|(one, found)| work.listed(one, found));
            let mut environments: Vec<_> = listed.collect();
            let others = survey.folders.iter().skip(all.len());
            environments.extend(others.filter_map(|found| work.left(all, found)));
            environments
        }
        Members::Every(like) => survey
            .folders
            .iter()
            .filter(|found| !is_definition(found))
            .map(|found| work.found(like, found))
            .collect(),
    };
    BranchStatus {
        manifest_repo_url: place,
        branch: survey.branch.clone(),
        commit: survey.commits.first().map(|tip| {
            let time = Some(tip.seconds).filter(|seconds| *seconds > 0);
            CommitStatus::at(tip.id.to_string(), time, now)
        }),
        environments,
        error: None,
        hints: Vec::new(),
        notes,
    }
}

/// The folder holds what an environment was made from.
fn is_definition(found: &Surveyed) -> bool {
    let ledger = found.state.ledger.as_ref();
    ledger.is_some_and(|ledger| definition::environment_of(ledger).is_some())
}

struct Work<'a> {
    board: Option<Board>,
    survey: &'a Survey,
    sources: &'a [Source],
    running: Option<(&'a str, &'a str)>,
    now: i64,
    /// What is known of commits of the source: many environments have the same.
    known: HashMap<(String, String), AtHand>,
}

/// What a checkout says of a commit of the source.
#[derive(Debug, Clone, Default)]
struct AtHand {
    time: Option<i64>,
    behind: Behind,
    /// Where no branch was recorded.
    default_branch: Option<String>,
}

impl Work<'_> {
    fn listed(&mut self, environment: &EnvironmentSettings, found: &Surveyed) -> EnvironmentStatus {
        let keeps = environment.ownership.foreign_files == ForeignFiles::Keep;
        let required = &environment.wait.required;
        let authors = &environment.wait.authors;
        let mut status = self.status(&environment.name, found, keeps, required, authors);
        let ledger = found.state.ledger.as_ref();
        if let Some(owner) = ledger.map(|ledger| &ledger.environment)
            && *owner != environment.name
        {
            status.problem = Some(format!(
                "the folder `{}` belongs to the environment `{}`",
                found.folder,
                words(owner)
            ));
        }
        status
    }

    /// An environment that was published by way of the same settings file, which does
    /// not have it any more, or has another folder for it.
    fn left(
        &mut self,
        all: &[&EnvironmentSettings],
        found: &Surveyed,
    ) -> Option<EnvironmentStatus> {
        let ledger = found
            .state
            .ledger
            .as_ref()
            .filter(|_| !is_definition(found))?;
        let theirs = &ledger.publication.source;
        let is_theirs = |one: &&&EnvironmentSettings| {
            let ours = &one.made_from;
            theirs.repository.is_some()
                && theirs.settings.is_some()
                && theirs.settings == ours.settings
                && ours.repository.is_some()
                && theirs.may_share_repository(ours, &is_same_repository)
        };
        all.iter().find(is_theirs)?;
        let name = words(&ledger.environment);
        let required = Required::Lately;
        let mut status = self.status(&name, found, false, &required, &Authors::default());
        status.rollout = None;
        status.not_in_file = true;
        let moved = all.iter().find(|one| one.name == ledger.environment);
        let reference = ledger.publication.writer.source_ref.as_deref().map(words);
        let from = reference.map_or_else(String::new, |from| format!(", published from {from}"));
        let said = match moved {
            Some(one) => format!(
                "the folder `{}` was left behind; the environment has the folder `{}` now",
                found.folder, one.folder
            ),
            None => format!(
                "it is not in the settings file; its folder `{}` is still there{from}",
                found.folder
            ),
        };
        status.problem.get_or_insert(said);
        Some(status)
    }

    fn found(&mut self, like: &EnvironmentSettings, found: &Surveyed) -> EnvironmentStatus {
        let ledger = found.state.ledger.as_ref();
        let name = ledger.map_or_else(|| found.folder.to_string(), |own| words(&own.environment));
        let required = match &like.wait.required {
            Required::Lately => Required::Lately,
            Required::Named(patterns) => Required::Named(
                patterns
                    .iter()
                    .filter_map(|pattern| {
                        Pattern::parse(&pattern.text().replace(EACH_ENVIRONMENT, &name))
                    })
                    .collect(),
            ),
        };
        // Who put other files there is nobody's guess.
        self.status(&name, found, false, &required, &like.wait.authors)
    }

    fn status(
        &mut self,
        name: &str,
        found: &Surveyed,
        keeps: bool,
        required: &Required,
        authors: &Authors,
    ) -> EnvironmentStatus {
        let mut status = EnvironmentStatus {
            name: name.to_owned(),
            folder: found.folder.to_string(),
            problem: found.damaged.as_ref().map(|damage| {
                format!(
                    "the ledger of the folder `{}` cannot be read: {damage}",
                    found.folder
                )
            }),
            ..EnvironmentStatus::default()
        };
        let Some(ledger) = &found.state.ledger else {
            return status;
        };
        if let Some(other) = &ledger.folder
            && *other != status.folder
        {
            status.problem = Some(format!(
                "the ledger of the folder `{}` was written for the folder `{}`: somebody copied or moved it",
                found.folder,
                words(other)
            ));
        }
        status.published = Some(self.published(found, ledger, keeps));
        if let Some(board) = self.board.as_mut().filter(|_| !authors.is_empty()) {
            status.rollout = Some(board.look(Place {
                changed: found.changed,
                required,
                authors,
            }));
        } else {
            status.rollout = Some(RolloutNow {
                reasons: Vec::new(),
                ..RolloutNow::unknown("")
            });
        }
        status
    }

    fn published(&mut self, found: &Surveyed, ledger: &Ledger, keeps: bool) -> PublishedStatus {
        let writer = &ledger.publication.writer;
        let commit = found.published.and_then(|at| self.survey.commits.get(at));
        let commit = commit
            .map(|commit| CommitStatus::at(commit.id.to_string(), Some(commit.seconds), self.now));
        PublishedStatus {
            commit,
            source: self.source(ledger),
            pipeline: writer.pipeline.as_deref().map(words),
            run: writer.run,
            resources: ledger.resources().count(),
            images: ledger
                .images
                .as_ref()
                .map(|images| images.iter().map(|image| words(image)).collect()),
            by_hand: by_hand(&found.state, ledger, keeps),
        }
    }

    fn source(&mut self, ledger: &Ledger) -> SourceStatus {
        let stamp = &ledger.publication.source;
        // Whoever may push to the repository may have written the ledger.
        let reference = ledger.publication.writer.source_ref.as_deref().map(words);
        let mut status = SourceStatus {
            repository: stamp.repository.as_deref().map(words),
            uncommitted: stamp.dirty,
            ..SourceStatus::default()
        };
        if let Some(commit) = &stamp.commit {
            let known = self.at_hand(stamp.repository.as_deref(), commit, reference.as_deref());
            status.commit = Some(CommitStatus::at(
                words(commit),
                known.time.or(stamp.commit_time),
                self.now,
            ));
            match known.behind {
                Behind::By(number) => status.behind = Some(number),
                Behind::Apart => status.not_on_branch = true,
                Behind::Unknown => {}
            }
            status.default_branch = known.default_branch;
        }
        status.reference = reference;
        status
    }

    /// What a checkout of the source, where there is one, says of a commit. A run on a
    /// detached HEAD records no branch: what counts then is the default branch.
    fn at_hand(
        &mut self,
        repository: Option<&str>,
        commit: &str,
        reference: Option<&str>,
    ) -> AtHand {
        let key = (commit.to_owned(), reference.unwrap_or_default().to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let is_other = |source: &&Source| {
            let origin = source.origin();
            // A path is a place and no name.
            let address = |text: &&str| !std::path::Path::new(text).is_absolute();
            let (theirs, own) = (
                repository.filter(address),
                origin.as_deref().filter(address),
            );
            matches!((theirs, own), (Some(theirs), Some(own)) if !is_same_repository(theirs, own))
        };
        let mut own = self.sources.iter().filter(|source| !is_other(source));
        let found = own.find_map(|source| {
            let time = Some(source.seconds(commit)?);
            let default_branch = match reference {
                Some(_) => None,
                None => source.default_branch(),
            };
            let branch = reference.or(default_branch.as_deref());
            let behind = branch.map_or(Behind::Unknown, |branch| {
                let running = self.running.filter(|(own, _)| *own == branch);
                source.behind(commit, branch, running.map(|(_, commit)| commit))
            });
            Some(AtHand {
                time,
                behind,
                default_branch,
            })
        });
        let found = found.unwrap_or_default();
        self.known.insert(key, found.clone());
        found
    }
}

/// What is not as it was published.
fn by_hand(state: &FolderState, ledger: &Ledger, keeps: bool) -> ByHand {
    let mut by_hand = ByHand::default();
    for (path, file) in &ledger.files {
        match state.entries.get(path) {
            Some(entry) if entry.id == file.blob => {}
            Some(_) => by_hand.changed.push(path.to_string()),
            None => by_hand.removed.push(path.to_string()),
        }
    }
    if !keeps {
        let is_new = |path: &&RelPath| !ledger.files.contains_key(*path);
        let added = state.entries.keys().filter(is_new);
        by_hand.added = added.map(ToString::to_string).collect();
        by_hand.added.extend(state.odd.iter().cloned());
    }
    by_hand
}
