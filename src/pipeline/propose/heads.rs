//! Which branch a pull request comes from, and whether that branch may be written to.
//!
//! A branch that anything is published to is none, nor is one that somebody made for
//! something else: what we push to a head branch, and delete, is ours.

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::host::pull_request::PullRequest;
use crate::model::{BranchClash, FolderPlan, ObjectId, RelPath};
use crate::publish::{self, HeadOptions, Theirs};
use crate::settings::{PullRequestSettings, head_of_change};

use super::super::Rendered;
use super::super::leftovers::Search;
use super::super::publication::retry;
use super::super::publish::Branch;
use super::Work;
use super::closing::CROSSED;

/// The head branch of an environment, or of this very content.
fn head_branch(options: &PullRequestSettings, members: &[&Rendered]) -> String {
    if !options.per_change {
        return options.head_branch.to_string();
    }
    let contents = members.iter().map(|member| {
        let files = member.files.iter();
        let files = files.map(|(path, content)| (path, ObjectId::of_blob(content)));
        (member.settings.folder.to_string(), files)
    });
    of_content(&options.head_branch, contents)
}

/// The branch of one change: its folders with the files in them.
pub(super) fn of_content<'f, Files: Iterator<Item = (&'f RelPath, ObjectId)>>(
    base: &str,
    contents: impl Iterator<Item = (String, Files)>,
) -> String {
    let mut hash = Sha256::new();
    for (folder, files) in contents {
        hash.update(format!("{folder}\0"));
        for (path, id) in files {
            hash.update(format!("{path}\0{id}\0"));
        }
    }
    let hash = hash.finalize();
    let hash = hash.iter().map(|byte| format!("{byte:02x}"));
    head_of_change(base, &hash.collect::<String>())
}

/// Refuses what can be told of a pull request's branches once the target is known. An
/// environment that may be pushed or proposed is refused before either.
pub(in super::super) fn refuse(branch: &Branch<'_>, tip: &Tip) -> Result<(), Error> {
    for member in &branch.group.members {
        let settings = &member.settings;
        let options = &settings.pull_request;
        let here = |error: Error| error.context(format!("environment {}", settings.name));
        if settings.may_propose() {
            refuse_target(&options.head_branch, tip).map_err(here)?;
        }
        if branch.group.is_proposed() && !options.per_change {
            refuse_beside(&options.head_branch, tip).map_err(here)?;
        }
    }
    Ok(())
}

/// A pull request comes from a branch that nothing is published to.
pub(super) fn refuse_target(head: &str, tip: &Tip) -> Result<(), Error> {
    let default = tip.default_branch.as_deref();
    let of_default = default.and_then(|name| Some((name, BranchClash::between(head, name)?)));
    let said = match (BranchClash::between(head, &tip.branch), of_default) {
        (Some(BranchClash::Same), _) => {
            format!("the pull request's source and target branch are both {head:?}")
        }
        (_, Some((_, BranchClash::Same))) => format!(
            "the pull request would come from the branch {head:?}, which is the default branch of the repository"
        ),
        (Some(clash), _) => format!(
            "the pull request's source and target branch are {head:?} and {:?}: {clash}",
            tip.branch
        ),
        (None, Some((name, clash))) => format!(
            "the pull request would come from the branch {head:?}, and the default branch of the repository is {name:?}: {clash}"
        ),
        (None, None) => return Ok(()),
    };
    Err(Error::message(Kind::Usage, said).hint(
        "set `headBranch` to a branch that nothing else uses, such as `gitops/{environment}`",
    ))
}

/// A branch that is new can stand beside those that are there.
pub(super) fn refuse_beside(head: &str, tip: &Tip) -> Result<(), Error> {
    let branches = tip.branches.iter();
    if branches.clone().any(|name| name == head) {
        return Ok(());
    }
    let mut found = branches.filter_map(|name| Some((name, BranchClash::between(head, name)?)));
    let Some((name, clash)) = found.next() else {
        return Ok(());
    };
    let said = format!(
        "the pull request would come from the new branch {head:?}, and the repository has the branch {name:?}: {clash}"
    );
    Err(Error::message(Kind::Conflict, said).hint(format!(
        "set `headBranch` to another name, or delete {name:?} if nobody needs it"
    )))
}

/// Whether an environment comes to a folder that it was not published to before.
pub(super) fn starts(tip: &Tip, plans: &[FolderPlan]) -> bool {
    tip.folders[0].ledger.is_none() && !plans[0].is_empty()
}

impl Work<'_> {
    /// Where to push what is proposed, and how.
    pub(super) fn head_options(&self) -> HeadOptions {
        let wanted = self.group().wanted();
        HeadOptions {
            target: self.group().target.branch.clone().map(String::from),
            head: head_branch(self.options, &self.group().members),
            wanted,
            renew: false,
            ask: self.options.per_change,
            theirs: None,
            retry: retry(self.settings),
        }
    }

    /// Reads what a decision still lacks; `false` when nothing is missing.
    pub(super) async fn looks_again(&self, tip: &Tip) -> Result<bool, Error> {
        if self.moved.is_wanted() {
            let search = Search::new(self.context, self.settings, self.branch);
            self.moved.found(search.newer_elsewhere(tip).await?);
            return Ok(true);
        }
        if !self.group().adopted.is_incomplete() {
            return Ok(false);
        }
        let connection = &self.branch.connection;
        self.group().adopted.read(connection, tip).await?;
        Ok(true)
    }

    /// Whether a head branch was made by us for a pull request, whoever pushed to it
    /// since.
    pub(super) async fn is_made_here(&self, head: &Tip, target: &Tip) -> Result<bool, Error> {
        let wanted = self.group().wanted();
        if publish::is_ours(head, &wanted) {
            return Ok(true);
        }
        let remote = &self.branch.connection.remote;
        let own = remote.own_commits(head, target).await?;
        // Merged without a merge commit, its commits are those of the target: whose branch
        // it is cannot be told then.
        Ok(publish::is_proposal(&own, &wanted))
    }

    /// Refuses a branch that somebody made for something else.
    pub(super) async fn refuse_taken(&self, head: &Tip, target: &Tip) -> Result<(), Error> {
        if self.is_made_here(head, target).await? {
            return Ok(());
        }
        let said = format!(
            "the branch {:?} is there already, and was not made for a pull request of this environment",
            head.branch
        );
        Err(Error::message(Kind::Conflict, said)
            .hint("set `headBranch` to a branch that nothing else uses, such as `gitops/shop/{environment}` where several sources set the same one")
            .hint("if it is left over from a former pull request, delete it"))
    }

    /// What becomes of a head branch that was made for another target: all that the other
    /// one has would come along. It is made anew where nothing else needs it.
    pub(super) async fn of_another(
        &self,
        head: &Tip,
        target: &Tip,
    ) -> Result<Option<Theirs>, Error> {
        let (remote, wanted) = (&self.branch.connection.remote, self.group().wanted());
        if !publish::is_made_for_another(remote, head, target, &wanted).await? {
            return Ok(None);
        }
        let open = self.api.open_of(&head.branch).await?;
        if let Some(other) = open.iter().find(|open| open.target != target.branch) {
            return Err(taken(other, &target.branch));
        }
        if publish::is_ours(head, &wanted) {
            return Ok(head.commit.map(Theirs::Replace));
        }
        if !open.is_empty() {
            return Ok(None);
        }
        let said = format!(
            "the branch {:?} was made for another branch than {:?}, and has commits of others",
            head.branch, target.branch
        );
        Err(Error::message(Kind::Conflict, said).hint(format!(
            "delete it if nobody needs these commits, or set `headBranch` to another name, such as `{}`",
            own_head(&target.branch)
        )))
    }

    /// Whether the branch of a pull request that was just opened still holds the commit
    /// that this run found or pushed there: a run that publishes the environment to another
    /// branch may have come in between, and neither saw a pull request of the other's.
    /// `crosses` when its commit took the place of one that was made for another branch.
    pub(super) async fn refuse_crossed(
        &self,
        opened: &PullRequest,
        commit: Option<ObjectId>,
        crosses: bool,
    ) -> Result<(), Error> {
        let open = if crosses {
            self.api.open_of(&opened.source).await?
        } else {
            Vec::new()
        };
        let error = match open.iter().find(|open| open.target != opened.target) {
            Some(other) => taken(other, &opened.target),
            None if opened.head == commit => return Ok(()),
            None => {
                let head = self.read(&opened.source).await?;
                if !publish::names_another(&head, &opened.target) {
                    return Ok(());
                }
                let said = format!(
                    "another run pushed to the branch {:?} what it publishes to another branch than {:?}",
                    opened.source, opened.target
                );
                Error::message(Kind::Conflict, said).hint(name_the_target(&opened.target))
            }
        };
        let said = format!(
            "Closed: `{}` is also the branch of what is published to another branch.",
            opened.source
        );
        self.end(opened, CROSSED, said).await?;
        Err(error)
    }
}

/// A head branch has one target at a time.
pub(super) fn taken(other: &PullRequest, target: &str) -> Error {
    let said = format!(
        "pull request {} into {:?} comes from the branch {:?}, which therefore cannot be proposed into {target:?}: {}",
        other.number, other.target, other.source, other.url
    );
    Error::message(Kind::Conflict, said)
        .hint(name_the_target(target))
        .hint(format!(
            "if nothing is published to {:?} any more, close pull request {}",
            other.target, other.number
        ))
}

fn name_the_target(target: &str) -> String {
    let own = own_head(target);
    format!("set `headBranch` to a name that has the target in it, such as `{own}`")
}

fn own_head(target: &str) -> String {
    format!("gitops/{target}/{{environment}}")
}
