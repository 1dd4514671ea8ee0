//! Pull requests that nobody needs any more: closed with a comment that says why, and their
//! branches deleted.

use crate::error::Error;
use crate::git::{Tip, Wanted, folders_named};
use crate::host::HostKind;
use crate::host::pull_request::{Note, PullRequest};
use crate::model::{Folder, PublicationStamp};
use crate::publish;
use crate::report::{Outcome, PullRequestDone, PullRequestReport, RunReport};
use crate::settings::{EnvironmentSettings, default_head};

use super::super::leftovers::Search;
use super::pull_request::reported;
use super::{Work, heads};

/// What our last words on a pull request are found by.
pub(super) const CLOSED: &str = "closed";
pub(super) const SUPERSEDED: &str = "superseded";
/// The branch is also that of what is published to another branch.
pub(super) const CROSSED: &str = "crossed";

/// An open pull request of this environment.
pub(super) struct Earlier {
    open: PullRequest,
    pub(super) head: Tip,
    /// What its branch was made for.
    wanted: Vec<Wanted>,
}

/// Each pull request that may be an earlier one costs two requests. Of more than these,
/// which are other sources' then, only those with names of our own are looked at.
const MOST_READ: usize = 10;

impl Work<'_> {
    /// The open pull requests of this environment, but for the one from `current`: it may
    /// have had another folder, or another `pullRequestPer`.
    pub(super) async fn earlier(
        &self,
        tip: &Tip,
        current: Option<&str>,
    ) -> Result<Vec<Earlier>, Error> {
        let (name, options) = (&self.environment().name, self.options);
        let may_be = |branch: &str| {
            let is_like = options.comes_from(branch) || options.may_have_come_from(branch, name);
            is_like && current != Some(branch)
        };
        if !tip.branches.iter().any(|branch| may_be(branch)) {
            return Ok(Vec::new());
        }
        let mut open = self.api.open_from("", &tip.branch).await?;
        open.retain(|open| may_be(&open.source));
        if open.len() > MOST_READ {
            open.retain(|open| options.comes_from(&open.source));
        }
        let mut found = Vec::new();
        for open in open {
            found.extend(self.proven(open, tip).await?);
        }
        Ok(found)
    }

    fn environment(&self) -> &EnvironmentSettings {
        &self.group().members[0].settings
    }

    /// A pull request of which the newest commit of its branch, its name and the ledger
    /// there all say that it is this environment's, and for this target. A commit of
    /// somebody on top makes it theirs.
    async fn proven(&self, open: PullRequest, tip: &Tip) -> Result<Option<Earlier>, Error> {
        let own = self.group().wanted();
        let remote = &self.branch.connection.remote;
        let head = remote.read(Some(&open.source), &own).await?;
        if !head.exists || !publish::begins_for(&head, &tip.branch, &own[0]) {
            return Ok(None);
        }
        let named = folders_named(head.message.as_deref().unwrap_or_default());
        let folders = named.iter().filter_map(|folder| Folder::parse(folder).ok());
        let mut wanted: Vec<_> = folders
            .map(|folder| Wanted {
                folder,
                files: None,
                publisher: own[0].publisher.clone(),
            })
            .collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut head = remote.read(Some(&open.source), &wanted).await?;
        let name = &self.environment().name;
        let ledgers = head.folders.iter().map(|state| state.ledger.as_ref());
        let mut ledgers = ledgers.enumerate();
        let found = ledgers.find(|(_, ledger)| ledger.is_some_and(|it| it.environment == *name));
        let Some((at, _)) = found else {
            return Ok(None);
        };
        // The environment comes before its definition.
        wanted.swap(0, at);
        head.folders.swap(0, at);
        let is_proven = self.is_proven(&open.source, &head, &wanted[0].folder, tip);
        Ok(is_proven.then_some(Earlier { open, head, wanted }))
    }

    fn is_proven(&self, branch: &str, head: &Tip, folder: &Folder, tip: &Tip) -> bool {
        let name = &self.environment().name;
        let Some(ledger) = head.folders.first().and_then(|state| state.ledger.as_ref()) else {
            return false;
        };
        let search = Search {
            proposed: false,
            ..Search::new(self.context, self.settings, self.branch)
        };
        let (base, is_ours) = if *folder == self.environment().folder {
            let base = self.options.head_branch.to_string();
            (base, search.is_of_environment(name, folder, ledger))
        } else {
            let base = default_head(folder, name).to_string();
            let is_default = self.options.default_head;
            (base, is_default && search.is_former(tip, folder, ledger))
        };
        let published = head
            .folders
            .iter()
            .filter_map(|state| state.ledger.as_ref());
        let contents = published.filter_map(|ledger| {
            let files = ledger.files.iter().map(|(path, file)| (path, file.blob));
            Some((ledger.folder.clone()?, files))
        });
        is_ours && (branch == base || branch == heads::of_content(&base, contents))
    }

    /// The pull request from a head branch of ours, and earlier ones; and whether there is
    /// one from that branch at all.
    async fn still_open(
        &self,
        tip: &Tip,
        head: Option<&Tip>,
    ) -> Result<(Vec<Earlier>, bool), Error> {
        let current = head.map(|head| head.branch.as_str());
        let mut open = self.earlier(tip, current).await?;
        let Some(head) = head.filter(|head| head.exists) else {
            return Ok((open, false));
        };
        let Some(found) = self.api.find(&head.branch, &tip.branch).await? else {
            return Ok((open, false));
        };
        if self.is_made_here(head, tip).await? {
            open.push(Earlier {
                open: found,
                head: head.clone(),
                wanted: self.group().wanted(),
            });
        }
        Ok((open, true))
    }

    /// Closes the pull requests whose change is not needed any more, unless they propose
    /// something newer than this run.
    pub(super) async fn withdraw(
        &self,
        tip: &Tip,
        head: Option<Tip>,
        report: &mut RunReport,
    ) -> Result<Option<PullRequestReport>, Error> {
        let (open, is_proposed) = self.still_open(tip, head.as_ref()).await?;
        if let Some(head) = head.filter(|_| !is_proposed && !self.options.per_change) {
            self.tidy(&head, &tip.branch, report).await;
        }
        let mut withdrawn = None;
        for earlier in open {
            if self.newer(&earlier.head).is_some() {
                continue;
            }
            let text = format!(
                "Closed: `{}` already holds what this pull request would have changed.",
                tip.branch
            );
            let closed = self.close(&earlier, CLOSED, text, report).await?;
            withdrawn = Some(reported(&closed, PullRequestDone::Closed));
        }
        Ok(withdrawn)
    }

    /// Closes pull requests of an environment that is pushed.
    pub(super) async fn replaced(&self, report: &mut RunReport) -> Result<(), Error> {
        let Some(last) = report.publications.last() else {
            return Ok(());
        };
        let target = last.branch.clone();
        let (marker, text) = match last.outcome {
            Outcome::Unchanged => (
                CLOSED,
                format!("Closed: `{target}` already holds what the source says."),
            ),
            _ => (
                SUPERSEDED,
                format!("Superseded: a newer change was published to `{target}`."),
            ),
        };
        let tip = self.read(&target).await?;
        let head = if self.options.per_change {
            None
        } else {
            Some(self.read(&self.options.head_branch).await?)
        };
        let (open, _) = self.still_open(&tip, head.as_ref()).await?;
        for earlier in open {
            if self.newer(&earlier.head).is_none() {
                self.close(&earlier, marker, text.clone(), report).await?;
            }
        }
        Ok(())
    }

    /// Takes away the branch of a pull request that the host merged some time
    /// after we left: GitHub does not do that for us.
    async fn tidy(&self, head: &Tip, target: &str, report: &mut RunReport) {
        let automatic = self.completes().is_some();
        if publish::names_another(head, target) {
            return;
        }
        if automatic && self.api.kind() == HostKind::GitHub && head.is_settled() {
            self.delete(head, &self.group().wanted(), report).await;
        }
    }

    /// Closes earlier pull requests of the environment. When one of them is newer than
    /// this run, that one stays and `current` is closed: gives back what is newer.
    pub(super) async fn supersede(
        &self,
        current: &PullRequest,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<Option<(String, PublicationStamp)>, Error> {
        let earlier = self.earlier(tip, Some(&current.source)).await?;
        let newer = earlier
            .iter()
            .find_map(|other| Some((self.newer(&other.head)?, &other.open)));
        if let Some((newer, other)) = newer {
            let own = Earlier {
                open: current.clone(),
                head: self.read(&current.source).await?,
                wanted: self.group().wanted(),
            };
            let text = format!("Superseded by a newer change: {}", other.url);
            let closed = self.close(&own, SUPERSEDED, text, report).await?;
            if let Some(publication) = report.publications.last_mut() {
                publication.outcome = Outcome::Older;
                publication.commit_id = tip.commit.map(|commit| commit.to_string());
                publication.pull_request = Some(reported(&closed, PullRequestDone::Closed));
            }
            let mut publications = report.publications.iter();
            report.changed = publications.any(|publication| publication.outcome.is_change());
            return Ok(Some(newer));
        }
        for earlier in earlier {
            let text = format!("Superseded by a newer change: {}", current.url);
            self.close(&earlier, SUPERSEDED, text, report).await?;
        }
        Ok(None)
    }

    /// What a head branch proposes that is newer than this run.
    pub(super) fn newer(&self, head: &Tip) -> Option<(String, PublicationStamp)> {
        if self.settings.run.allow_older || !head.exists {
            return None;
        }
        self.group().newer(self.context, head)
    }

    /// Closes a pull request, and leaves its branch.
    pub(super) async fn end(
        &self,
        open: &PullRequest,
        marker: &str,
        text: String,
    ) -> Result<PullRequest, Error> {
        let note = Note {
            marker: marker.to_owned(),
            text,
            blocks: false,
        };
        Ok(self.api.close(open, Some(&note)).await?)
    }

    /// Closes a pull request, and deletes its branch.
    async fn close(
        &self,
        earlier: &Earlier,
        marker: &str,
        text: String,
        report: &mut RunReport,
    ) -> Result<PullRequest, Error> {
        let closed = self.end(&earlier.open, marker, text).await?;
        self.delete(&earlier.head, &earlier.wanted, report).await;
        Ok(closed)
    }

    /// Deletes a head branch that nobody else pushed to.
    pub(super) async fn delete(&self, head: &Tip, wanted: &[Wanted], report: &mut RunReport) {
        let is_default = head.default_branch.as_ref() == Some(&head.branch);
        let mut targets = self
            .settings
            .listed
            .iter()
            .filter_map(|one| one.target.as_ref());
        let is_target = targets.any(|target| target.branch.as_deref() == Some(&*head.branch));
        if !self.options.delete_head_branch
            || !publish::is_ours(head, wanted)
            || is_default
            || is_target
            || !head.exists
        {
            return;
        }
        // Somebody may propose the same branch into another one.
        let open = self.api.open_of(&head.branch).await;
        if !open.is_ok_and(|open| open.is_empty()) {
            return;
        }
        let deleted = self.branch.connection.remote.delete(head).await;
        if let Err(error) = deleted {
            let said = format!("its branch {} is still there: {error}", head.branch);
            self.warn(report, vec![said]);
        }
    }
}
