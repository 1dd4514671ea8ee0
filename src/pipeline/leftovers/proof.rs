//! What a ledger proves of its folder: whether it was an environment's of this source, what
//! became of that, and why the folder stays.

use std::sync::PoisonError;

use crate::git::Tip;
use crate::model::{Folder, FolderState, Ledger, SameRepository, SourceStamp};

use super::super::{Rendered, definition, stamps};
use super::{Leftover, Search};

/// Why nobody owns it any more.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// The environment has this folder now, in the same branch.
    Moved(Folder),
    /// The environment goes to another branch now.
    Elsewhere,
    /// There is no such environment any more.
    Gone,
    /// The environment is there, and its definition is published no more.
    NoDefinition,
}

/// Why a run does not touch a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stays {
    /// What was published there comes from a commit that is not in the history of this
    /// run's source: another branch of the source may have the environment.
    Apart(String),
    /// It was published from another branch of the source, which may go on doing so.
    OtherBranch(String),
    /// Nothing says which branch of the source it was published from, or which this
    /// run is of, or that it was written for this folder.
    UnknownBranch,
    /// Whether it comes from this run's source cannot be told.
    Untold,
    PullRequests,
    Promotion,
    PullRequestBuild,
    AllowOlder,
    Uncommitted,
}

impl Search<'_> {
    /// Whether a folder is proven to be the one that an environment of this run had before,
    /// by the ledger that was proposed for it.
    pub(in super::super) fn is_former(&self, tip: &Tip, folder: &Folder, ledger: &Ledger) -> bool {
        if !self.can_tell(tip) || self.known(tip).contains(&folder) {
            return false;
        }
        let found = self.judge(tip, folder.clone(), ledger);
        found.is_some_and(|it| matches!(it.fate, Fate::Moved(_)) && it.stays.is_none())
    }

    /// Whether a ledger is of an environment of this run with the folder that it has.
    pub(in super::super) fn is_of_environment(
        &self,
        name: &str,
        folder: &Folder,
        ledger: &Ledger,
    ) -> bool {
        let state = FolderState {
            ledger: Some(ledger.clone()),
            ..FolderState::default()
        };
        let theirs = &ledger.publication.source;
        let is_member = |member: &&&Rendered| {
            let ours = &member.settings.made_from;
            let same = stamps::is_same_repository(member, &state);
            member.settings.name == name
                && theirs.settings == ours.settings
                && theirs.may_share_repository(ours, &same)
        };
        let is_here = ledger
            .folder
            .as_deref()
            .is_none_or(|own| own == folder.to_string());
        is_here
            && ledger.environment == name
            && self.group().members.iter().any(|it| is_member(&it))
    }

    /// What a ledger says of a folder that no setting names.
    pub(super) fn judge(&self, tip: &Tip, folder: Folder, ledger: &Ledger) -> Option<Leftover> {
        let theirs = &ledger.publication.source;
        let state = FolderState {
            ledger: Some(ledger.clone()),
            ..FolderState::default()
        };
        let mut members = self.group().members.iter();
        let member = members.find(|member| {
            let same = stamps::is_same_repository(member, &state);
            is_ours(theirs, &member.settings.made_from, &same)
        })?;
        // A person copied or moved it: it is nobody's former folder.
        let own = ledger.folder.as_deref();
        if own.is_some_and(|own| own != folder.to_string()) {
            return None;
        }
        let fate = self.fate(tip, ledger)?;
        // An older run does not know what came after it.
        if let Some(published) = stamps::older(self.context, member, &state) {
            // Another branch of the source may publish it to a folder of its own.
            let theirs = ledger.publication.writer.source_ref.as_ref();
            let ours = self.context.publication.writer.source_ref.as_ref();
            let is_same_branch = theirs.is_some() && theirs == ours;
            if is_same_branch && matches!(fate, Fate::Moved(_)) {
                let newer = (ledger.environment.clone(), published);
                let mut known = self.newer.lock().unwrap_or_else(PoisonError::into_inner);
                known.push(newer);
            }
            return None;
        }
        Some(Leftover {
            environment: ledger.environment.clone(),
            folder,
            fate,
            stays: self.stays(member, ledger),
            proposal: None,
        })
    }

    fn fate(&self, tip: &Tip, ledger: &Ledger) -> Option<Fate> {
        let definition = definition::environment_of(ledger);
        let name = definition.unwrap_or(&ledger.environment);
        let mut listed = self.settings.listed.iter();
        let Some(environment) = listed.find(|one| one.name == name) else {
            return Some(Fate::Gone);
        };
        // What becomes of it is decided by a run that renders it.
        let mut rendered = self.settings.environments.iter();
        rendered.find(|one| one.name == name)?;
        Some(if !self.may_be_at(environment, tip) {
            Fate::Elsewhere
        } else if definition.is_none() {
            Fate::Moved(environment.folder.clone())
        } else {
            let folder = environment.definition_folder.clone();
            folder.map_or(Fate::NoDefinition, Fate::Moved)
        })
    }

    /// Why a folder stays in this run, whatever the settings say.
    fn stays(&self, member: &Rendered, ledger: &Ledger) -> Option<Stays> {
        let seen = stamps::has_seen(self.context, member, &ledger.publication);
        if seen == Some(false) {
            let commit = ledger.publication.source.commit.clone();
            return Some(Stays::Apart(commit.unwrap_or_default()));
        }
        // A build of a pull request publishes once, where it may.
        let goes_on = |name: &&String| !name.starts_with("refs/pull/");
        let theirs = ledger.publication.writer.source_ref.as_ref();
        let theirs = theirs.filter(goes_on);
        let after_merge = self.context.after_merge.as_ref();
        let ours = after_merge.or(self.context.publication.writer.source_ref.as_ref());
        if let Some(theirs) = theirs.filter(|theirs| ours.is_some_and(|ours| ours != *theirs)) {
            return Some(Stays::OtherBranch(theirs.clone()));
        }
        let is_unknown = theirs.is_none() || ours.is_none() || ledger.folder.is_none();
        let reasons = [
            (is_unknown, Stays::UnknownBranch),
            (
                self.context.pull_request && after_merge.is_none(),
                Stays::PullRequestBuild,
            ),
            (self.context.of_commit, Stays::Promotion),
            (self.proposed, Stays::PullRequests),
            (seen.is_none(), Stays::Untold),
            (self.settings.run.allow_older, Stays::AllowOlder),
            (stamps::has_changed_settings(member), Stays::Uncommitted),
        ];
        let found = reasons.into_iter().find(|(applies, _)| *applies);
        found.map(|(_, reason)| reason)
    }
}

/// Whether a ledger was written by way of this very settings file. One that says
/// less may be of another source of the same repository.
fn is_ours(theirs: &SourceStamp, ours: &SourceStamp, same: SameRepository<'_>) -> bool {
    let known = theirs.repository.is_some() && ours.repository.is_some();
    let file = theirs.settings.is_some() && theirs.settings == ours.settings;
    known && file && theirs.may_share_repository(ours, &same)
}
