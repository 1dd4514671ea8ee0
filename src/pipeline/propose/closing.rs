//! Pull requests that nobody needs any more: closed with a comment that says why, and their
//! branches deleted.

use crate::error::Error;
use crate::git::{Tip, Wanted};
use crate::host::HostKind;
use crate::host::pull_request::{Note, PullRequest};
use crate::model::{Folder, PublicationStamp};
use crate::publish;
use crate::report::{Outcome, PullRequestDone, PullRequestReport, RunReport};

use super::super::leftovers::Search;
use super::Work;
use super::pull_request::reported;

/// What our last words on a pull request are found by.
pub(super) const CLOSED: &str = "closed";
pub(super) const SUPERSEDED: &str = "superseded";

/// An open pull request of this environment from another branch than the one in use.
pub(super) struct Earlier {
    open: PullRequest,
    pub(super) head: Tip,
    /// What its branch was made for.
    wanted: Vec<Wanted>,
}

/// Which branches are looked at for earlier pull requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// Those that the settings name.
    Own,
    /// Also those that are called as they may have been for another folder. Other sources
    /// have such branches too, and each is read: this is for runs that write.
    All,
}

impl Work<'_> {
    /// The open pull requests of this environment, but for the one from `current`.
    pub(super) async fn earlier(
        &self,
        tip: &Tip,
        current: Option<&str>,
        among: Among,
    ) -> Result<Vec<Earlier>, Error> {
        let name = &self.group().members[0].settings.name;
        let options = self.options;
        let may_be = |branch: &str| {
            let is_like = || options.may_have_come_from(branch, name);
            let is_looked_at = options.comes_from(branch) || among == Among::All && is_like();
            is_looked_at && current != Some(branch)
        };
        let mut found = Vec::new();
        if !tip.branches.iter().any(|branch| may_be(branch)) {
            return Ok(found);
        }
        let open = self.api.open_from("", &tip.branch).await?;
        for open in open.into_iter().filter(|open| may_be(&open.source)) {
            let mut head = self.read(&open.source).await?;
            let Some(wanted) = self.made_for(&head, tip).await? else {
                continue;
            };
            let folder = &wanted[0].folder;
            if *folder != self.group().members[0].settings.folder {
                let remote = &self.branch.connection.remote;
                head = remote.read(Some(&open.source), &wanted).await?;
                // Another settings file of the source may have an environment of this name.
                let search = Search {
                    proposed: false,
                    ..Search::new(self.context, self.settings, self.branch)
                };
                let ledger = head.folders.first().and_then(|state| state.ledger.as_ref());
                if !ledger.is_some_and(|ledger| search.is_former(tip, folder, ledger)) {
                    continue;
                }
            }
            found.push(Earlier { open, head, wanted });
        }
        Ok(found)
    }

    /// What a head branch of this environment was made for, which may have had other
    /// folders then. `None` for a branch of somebody else.
    async fn made_for(&self, head: &Tip, tip: &Tip) -> Result<Option<Vec<Wanted>>, Error> {
        let mut wanted = self.group().wanted();
        if publish::is_ours(head, &wanted) {
            return Ok(Some(wanted));
        }
        let own = if let Some(first) = publish::begun(head) {
            vec![first]
        } else {
            let remote = &self.branch.connection.remote;
            remote.own_commits(head, tip).await?
        };
        if publish::is_proposal(&own, &wanted) {
            return Ok(Some(wanted));
        }
        let folders = publish::other_folders(&own, &wanted);
        let folders = folders.map(|named| {
            let parsed = named.iter().filter_map(|folder| Folder::parse(folder).ok());
            parsed.collect::<Vec<_>>()
        });
        let Some(folders) = folders.filter(|folders| !folders.is_empty()) else {
            return Ok(None);
        };
        for (own, folder) in wanted.iter_mut().zip(folders) {
            own.folder = folder;
            own.files = None;
        }
        Ok(Some(wanted))
    }

    /// Closes the pull requests whose change is not needed any more, unless they propose
    /// something newer than this run.
    pub(super) async fn withdraw(
        &self,
        tip: &Tip,
        head: Option<Tip>,
        report: &mut RunReport,
    ) -> Result<Option<PullRequestReport>, Error> {
        let current = head.as_ref().map(|head| head.branch.clone());
        let mut open = self.earlier(tip, current.as_deref(), Among::Own).await?;
        if let Some(head) = head {
            match self.api.find(&head.branch, &tip.branch).await? {
                None if !self.options.per_change => self.tidy(&head, &tip.branch, report).await,
                Some(found) if self.is_made_here(&head, tip).await? => open.push(Earlier {
                    open: found,
                    head,
                    wanted: self.group().wanted(),
                }),
                _ => {}
            }
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

    /// Closes pull requests of an environment whose change was pushed.
    pub(super) async fn replaced(&self, report: &mut RunReport) -> Result<(), Error> {
        let Some(target) = report.publications.last().map(|last| last.branch.clone()) else {
            return Ok(());
        };
        let tip = self.read(&target).await?;
        for earlier in self.earlier(&tip, None, Among::All).await? {
            if self.newer(&earlier.head).is_none() {
                let text = format!("Superseded: a newer change was published to `{target}`.");
                self.close(&earlier, SUPERSEDED, text, report).await?;
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
        among: Among,
        report: &mut RunReport,
    ) -> Result<Option<(String, PublicationStamp)>, Error> {
        let earlier = self.earlier(tip, Some(&current.source), among).await?;
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

    /// Closes a pull request whose branch is another's.
    pub(super) async fn close_only(&self, open: &PullRequest, text: String) -> Result<(), Error> {
        let note = Note {
            marker: CLOSED.to_owned(),
            text,
            blocks: false,
        };
        self.api.close(open, Some(&note)).await?;
        Ok(())
    }

    /// Closes a pull request, and deletes its branch.
    async fn close(
        &self,
        earlier: &Earlier,
        marker: &str,
        text: String,
        report: &mut RunReport,
    ) -> Result<PullRequest, Error> {
        let note = Note {
            marker: marker.to_owned(),
            text,
            blocks: false,
        };
        let closed = self.api.close(&earlier.open, Some(&note)).await?;
        self.delete(&earlier.head, &earlier.wanted, report).await;
        Ok(closed)
    }

    /// Deletes a head branch that nobody else pushed to.
    pub(super) async fn delete(&self, head: &Tip, wanted: &[Wanted], report: &mut RunReport) {
        let is_default = head.default_branch.as_ref() == Some(&head.branch);
        if !self.options.delete_head_branch
            || !publish::is_ours(head, wanted)
            || is_default
            || !head.exists
        {
            return;
        }
        let deleted = self.branch.connection.remote.delete(head).await;
        if let Err(error) = deleted {
            let said = format!("its branch {} is still there: {error}", head.branch);
            self.warn(report, vec![said]);
        }
    }
}
