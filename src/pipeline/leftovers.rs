//! Folders that this source published to and that no environment owns any more:
//! one left the settings file, or its folder or branch changed.
//!
//! They are known by the ledgers at the tip. Those of folders that the settings
//! name are not looked at, so that a repository of one source costs no request
//! more. What cannot be proven to be ours, and known to this run's source, stays.
//! May not push: what goes is part of the caller's commit.

mod leave;
mod proof;
mod said;

use std::sync::{Mutex, PoisonError};

use crate::context::Context;
use crate::error::Error;
use crate::git::{Tip, Wanted};
use crate::host::is_same_repository;
use crate::host::pull_request::PullRequest;
use crate::model::{Finding, Folder, FolderState, Ledger, ObjectId, PublicationStamp};
use crate::plan::Orphans;
use crate::report::RunReport;
use crate::settings::definition::Mode;
use crate::settings::{EnvironmentSettings, Settings, default_head, is_head_of_change};

use super::Rendered;
use super::compare::Group;
use super::publish::Branch;

pub(super) use leave::{Former, Gone, Left};
use proof::{Fate, Stays};

/// A folder that was left behind.
#[derive(Debug, Clone)]
pub(super) struct Leftover {
    /// The environment in its ledger.
    environment: String,
    folder: Folder,
    fate: Fate,
    /// Why this run does not touch it, whatever the settings say.
    stays: Option<Stays>,
    /// What was proposed for it and is still open.
    proposal: Option<String>,
}

/// Of more folders that no setting names the ledgers are not read for a warning:
/// many sources share the repository, and each run would read them all.
const MOST_TO_WARN: usize = 50;

/// What a branch is searched with.
pub(super) struct Search<'a> {
    pub(super) context: &'a Context,
    pub(super) settings: &'a Settings,
    pub(super) branch: &'a Branch<'a>,
    /// The branch is published to by pull request.
    pub(super) proposed: bool,
    /// Environments of this run that a newer one published to another folder.
    pub(super) newer: Mutex<Vec<(String, PublicationStamp)>>,
}

/// The tip of a branch, and what was left behind there.
pub(super) struct Look {
    /// It holds the folders of the group, and behind them those that may go.
    pub(super) tip: Tip,
    pub(super) found: Vec<Leftover>,
    /// Those that may go.
    pub(super) leaving: Vec<Leftover>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        context: &'a Context,
        settings: &'a Settings,
        branch: &'a Branch<'a>,
    ) -> Self {
        Self {
            context,
            settings,
            branch,
            proposed: branch.group.is_proposed(),
            newer: Mutex::default(),
        }
    }

    fn group(&self) -> &Group<'a> {
        &self.branch.group
    }

    /// Reads the branch, and looks for what was left behind there.
    pub(super) async fn look(&self, report: &mut RunReport) -> Result<Look, Error> {
        let wanted = self.group().wanted();
        let mut tip = self.read(&wanted).await?;
        if self.comes_first(&tip) {
            tip = self.whole(tip).await?;
        }
        let found = self.find(&tip, report).await?;
        let leaving = self.leaving(&found);
        if !leaving.is_empty() {
            tip = self.read(&with(wanted, &leaving)).await?;
        }
        Ok(Look {
            tip,
            found,
            leaving,
        })
    }

    async fn read(&self, wanted: &[Wanted]) -> Result<Tip, Error> {
        let name = self.group().target.branch.as_deref();
        Ok(self.branch.connection.remote.read(name, wanted).await?)
    }

    /// The tip with every owned folder.
    pub(super) async fn whole(&self, tip: Tip) -> Result<Tip, Error> {
        if tip.neighbours.is_some() {
            return Ok(tip);
        }
        self.branch.connection.remote.see_everything();
        self.read(&self.group().wanted()).await
    }

    /// Whether there is something to look for before anything is decided: what is
    /// found may have to go with the same commit.
    pub(super) fn comes_first(&self, tip: &Tip) -> bool {
        let starts = tip.folders.iter().any(|state| state.ledger.is_none());
        let matters = (starts && !tip.is_settled()) || self.settings.run.orphans != Orphans::Warn;
        let unknown = tip.neighbours.is_none() || !self.candidates(tip).is_empty();
        matters && (!self.proposed || self.acts()) && self.can_tell(tip) && unknown
    }

    /// Whether the settings say which folders are in use, and the source is known.
    fn can_tell(&self, tip: &Tip) -> bool {
        let mut members = self.group().members.iter();
        let is_known = |member: &&Rendered| {
            let source = &member.settings.made_from;
            source.settings.is_some() && source.repository.is_some()
        };
        tip.exists && !self.settings.listed.is_empty() && members.any(is_known)
    }

    /// Owned folders at the tip that no setting names, with their ledgers' ids.
    fn candidates(&self, tip: &Tip) -> Vec<(Folder, ObjectId)> {
        if !self.can_tell(tip) {
            return Vec::new();
        }
        let known = self.known(tip);
        let ours = self.context.publication.source.repository.as_deref();
        let mentions = tip.mentioned.iter().filter(|mention| {
            tip.neighbours.is_none()
                && ours.is_some_and(|ours| is_same_repository(ours, &mention.source))
        });
        let mentions = mentions.map(|mention| (&mention.folder, mention.ledger));
        let owned = tip.neighbours.iter().flatten();
        let owned = owned.map(|(folder, ledger)| (folder, *ledger));
        let found = owned.chain(mentions);
        let found = found.filter(|(folder, _)| !known.contains(folder));
        found
            .map(|(folder, ledger)| (folder.clone(), ledger))
            .collect()
    }

    /// The folders that the settings name.
    fn known(&self, tip: &Tip) -> Vec<&Folder> {
        let all = self.settings.listed.iter();
        let all = all.chain(&self.settings.environments);
        let here = all.filter(|one| self.may_be_at(one, tip));
        here.flat_map(folders).collect()
    }

    /// The environments of this run that newer runs publish to other folders.
    pub(super) async fn newer_elsewhere(
        &self,
        tip: &Tip,
    ) -> Result<Vec<(String, PublicationStamp)>, Error> {
        if !self.can_tell(tip) {
            return Ok(Vec::new());
        }
        let tip = self.whole(tip.clone()).await?;
        self.try_find(&tip).await?;
        let mut newer = self.newer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *newer))
    }

    /// Finds what was left behind in a branch. Where nothing is to be done with
    /// it, trouble is a warning.
    pub(super) async fn find(
        &self,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<Vec<Leftover>, Error> {
        let found = self.try_find(tip).await;
        match found {
            Err(error) if !self.acts() => {
                let said = format!(
                    "whether folders were left behind in the branch {:?} is not known: {error}",
                    tip.branch
                );
                self.warn(report, Finding::warning(self.place(), said));
                Ok(Vec::new())
            }
            found => found,
        }
    }

    /// Whether what is found decides about the run.
    pub(super) fn acts(&self) -> bool {
        match self.settings.run.orphans {
            Orphans::Warn => false,
            Orphans::Remove => !self.proposed,
            Orphans::Fail => true,
        }
    }

    async fn try_find(&self, tip: &Tip) -> Result<Vec<Leftover>, Error> {
        let remote = &self.branch.connection.remote;
        let candidates = self.candidates(tip);
        if candidates.len() > MOST_TO_WARN && !self.acts() {
            tracing::debug!(folders = candidates.len(), "not looked at for a warning");
            return Ok(Vec::new());
        }
        let mut ids: Vec<_> = candidates.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let judge = |(folder, ledger): (Folder, Option<Ledger>)| self.judge(tip, folder, &ledger?);
        let api = self.branch.connection.api.as_ref();
        let ledgers = match remote.ledgers(tip, &ids, api).await {
            // What a message says may be wrong.
            Err(_) if tip.neighbours.is_none() => Vec::new(),
            ledgers => ledgers?,
        };
        let is_read = !ledgers.is_empty();
        let mut found: Vec<_> = candidates
            .iter()
            .filter_map(|(folder, id)| {
                let ledger = ledgers.get(ids.binary_search(id).ok()?)?.clone();
                judge((folder.clone(), ledger))
            })
            .collect();
        if tip.neighbours.is_none() && !candidates.is_empty() {
            // The folder itself says whether it is still so.
            let mut folders: Vec<_> = found.into_iter().map(|one| one.folder).collect();
            if !is_read {
                folders = candidates.into_iter().map(|(folder, _)| folder).collect();
            }
            let wanted: Vec<_> = folders.iter().cloned().map(wanted).collect();
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let there = self.read(&wanted).await?.folders.into_iter();
            let there = folders
                .into_iter()
                .zip(there.map(|state: FolderState| state.ledger));
            found = there.filter_map(judge).collect();
        }
        for leftover in &mut found {
            leftover.proposal = self.proposal(leftover, tip).await;
        }
        Ok(found)
    }

    /// The pull request of an environment that left, or for its former folder, when it
    /// is still open. Its branch is called like those of the others.
    async fn proposal(&self, leftover: &Leftover, tip: &Tip) -> Option<String> {
        let is_proposed = |one: &EnvironmentSettings| one.pull_request.mode != Mode::Push;
        let any = self.settings.listed.iter().any(is_proposed);
        let api = self.branch.connection.api.as_ref()?;
        let member = self.group().members.first().filter(|_| any)?;
        let name = &member.settings.name;
        let options = &member.settings.pull_request;
        let mut heads = Vec::new();
        if options.default_head {
            heads.push(default_head(&leftover.folder, &leftover.environment).to_string());
        }
        if matches!(leftover.fate, Fate::Gone) {
            let (before, after) = options.head_branch.split_once(name.as_str())?;
            heads.push(format!("{before}{}{after}", leftover.environment));
        }
        heads.dedup();
        heads.retain(|head| options.head_branch.as_str() != head);
        for head in heads {
            let open = if options.per_change {
                let open = api.open_from(&head, &tip.branch).await.ok()?;
                let of_change = |open: &PullRequest| is_head_of_change(&open.source, &head);
                open.into_iter().find(of_change)
            } else {
                api.find(&head, &tip.branch).await.ok()?
            };
            if let Some(open) = open {
                return Some(open.url);
            }
        }
        None
    }

    /// Those that may go in this run.
    pub(super) fn leaving(&self, found: &[Leftover]) -> Vec<Leftover> {
        let may_go = |one: &&Leftover| one.stays.is_none() && self.takes(&one.fate);
        found.iter().filter(may_go).cloned().collect()
    }

    /// Whether the settings let a folder go. A former one is moved in any case,
    /// as far as its environment starts with the new one.
    fn takes(&self, fate: &Fate) -> bool {
        match fate {
            Fate::Moved(_) => true,
            Fate::Gone | Fate::NoDefinition => self.settings.run.orphans == Orphans::Remove,
            // The other branch may not have been published to yet.
            Fate::Elsewhere => false,
        }
    }

    /// Whether an environment may go to this very branch: what cannot be told is
    /// taken for true.
    fn may_be_at(&self, environment: &EnvironmentSettings, tip: &Tip) -> bool {
        let (Some(target), ours) = (&environment.target, self.group().target) else {
            return true;
        };
        let branch = target.branch.as_deref();
        target.place == ours.place
            && branch.is_none_or(|name| name == tip.branch || Some(name) == ours.branch.as_deref())
    }

    fn place(&self) -> String {
        format!("environment {}", self.group().names().join(", "))
    }

    fn warn(&self, report: &mut RunReport, finding: Finding) {
        if !report.warnings.contains(&finding) {
            self.context.reporter.warning(&finding.to_string());
            report.warnings.push(finding);
        }
    }
}

/// The folders of a group, and behind them those that may go.
pub(super) fn with(mut wanted: Vec<Wanted>, leaving: &[Leftover]) -> Vec<Wanted> {
    wanted.extend(leaving.iter().map(|one| self::wanted(one.folder.clone())));
    wanted
}

fn wanted(folder: Folder) -> Wanted {
    Wanted {
        folder,
        files: None,
        publisher: None,
    }
}

fn folders(environment: &EnvironmentSettings) -> impl Iterator<Item = &Folder> {
    std::iter::once(&environment.folder).chain(&environment.definition_folder)
}
