//! Environments whose publication is looked for, and the interfaces that they share.

use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::git::{Sight, Surveyed};
use crate::host::Api;
use crate::model::ObjectId;
use crate::settings::{EnvironmentSettings, Target};
use crate::wait::{Followed, Member, Start};

use super::super::connect::Connector;

/// One environment, and what was published for it.
pub(super) struct Sought<'a> {
    pub(super) environment: &'a EnvironmentSettings,
    pub(super) target: &'a Target,
    pub(super) branch: String,
    /// `None` until that is known.
    pub(super) start: Option<Start>,
    /// The commit of the branch that held it when the run found nothing to publish.
    pub(super) compared: Option<ObjectId>,
    /// Commits of which the folder's tree is known.
    pub(super) known: Vec<(ObjectId, ObjectId)>,
    /// How long before the wait it was published, in seconds.
    pub(super) ago: u64,
}

impl<'a> Sought<'a> {
    pub(super) fn new(
        environment: &'a EnvironmentSettings,
        target: &'a Target,
        branch: String,
        start: Option<Start>,
    ) -> Self {
        Self {
            environment,
            target,
            branch,
            start,
            compared: None,
            known: Vec::new(),
            ago: 0,
        }
    }

    pub(super) fn is_open_on(&self, target: &Target, branch: &str) -> bool {
        self.start.is_none() && self.target.place == target.place && self.branch == branch
    }

    /// The same error, with the environment's name.
    pub(super) fn here(&self, error: Error) -> Error {
        error.context(format!("environment {}", self.environment.name))
    }

    fn member(&self, start: Start) -> Member {
        Member {
            environment: self.environment.name.clone(),
            folder: self.environment.folder.clone(),
            start,
            required: self.environment.wait.required.clone(),
            authors: self.environment.wait.authors.clone(),
            known: self.known.clone(),
            ago: self.ago,
        }
    }
}

/// The interfaces that have commit statuses, one for each repository: what a client has
/// found out about its repository is not asked for again.
pub(super) struct Apis<'a> {
    connector: &'a Connector,
    open: Vec<Open>,
}

struct Open {
    place: String,
    /// The same as people write it.
    shown: String,
    api: Arc<Api>,
}

impl<'a> Apis<'a> {
    pub(super) fn new(connector: &'a Connector) -> Self {
        Self {
            connector,
            open: Vec::new(),
        }
    }

    /// The interface of an environment's repository.
    pub(super) async fn of(&mut self, target: &Target) -> Result<Arc<Api>, Error> {
        Ok(self.find(target).await?.api.clone())
    }

    async fn find(&mut self, target: &Target) -> Result<&Open, Error> {
        let same = |one: &Open| one.place == target.place;
        if let Some(at) = self.open.iter().position(same) {
            return Ok(&self.open[at]);
        }
        let connection = self.connector.open(target, false).await?;
        let shown = connection.remote.display();
        let api = connection.api.ok_or_else(|| {
            let said = format!("{shown} has no commit statuses");
            Error::message(Kind::Usage, said)
                .hint("waiting needs a repository on Azure DevOps or GitHub")
                .hint("if it is one of these, say which with `gitHost`")
        })?;
        self.open.push(Open {
            place: target.place.clone(),
            shown,
            api: Arc::new(api),
        });
        let last = self.open.len() - 1;
        Ok(&self.open[last])
    }

    /// Puts environments to the branches that they go to.
    pub(super) async fn follow(&mut self, sought: &[Sought<'_>]) -> Result<Vec<Followed>, Error> {
        let mut followed: Vec<Followed> = Vec::new();
        let mut places: Vec<&str> = Vec::new();
        for one in sought {
            let Some(start) = one.start else {
                continue;
            };
            let target = one.target;
            let mut both = places.iter().zip(&mut followed);
            let same = |(place, own): &(&&str, &mut Followed)| {
                **place == target.place && own.branch == one.branch
            };
            if let Some((_, own)) = both.find(same) {
                own.members.push(one.member(start));
                continue;
            }
            let open = self.find(target).await?;
            places.push(&target.place);
            followed.push(Followed {
                api: open.api.clone(),
                place: open.shown.clone(),
                branch: one.branch.clone(),
                members: vec![one.member(start)],
            });
        }
        Ok(followed)
    }
}

/// What one look at a branch tells of the folders of all that are open there.
pub(super) struct Seen {
    pub(super) commits: Vec<ObjectId>,
    pub(super) folders: Vec<Surveyed>,
}

/// Looks at the branch of those that are open on it, whatever their number.
pub(super) async fn look(
    open: &[&mut Sought<'_>],
    target: &Target,
    branch: &str,
    sight: Sight,
    connector: &Connector,
) -> Result<Seen, Error> {
    let folders = open.iter().map(|one| one.environment.folder.clone());
    let sight = Sight {
        folders: folders.collect(),
        ..sight
    };
    let connection = connector.open(target, false).await?;
    let survey = connection.remote.survey(Some(branch), &sight).await?;
    Ok(Seen {
        commits: survey.commits.iter().map(|commit| commit.id).collect(),
        folders: survey.folders,
    })
}

impl Seen {
    /// The commits that hold a folder as the newest does, with its tree.
    pub(super) fn known(&self, found: &Surveyed) -> Vec<(ObjectId, ObjectId)> {
        let Some(tree) = found.tree else {
            return Vec::new();
        };
        let same = match found.changed {
            Some(at) => at + 1,
            None => self.commits.len(),
        };
        let same = self.commits.iter().take(same);
        same.map(|commit| (*commit, tree)).collect()
    }
}

/// Whether a folder is there at all.
pub(super) fn is_there(found: &Surveyed) -> bool {
    found.state.ledger.is_some() || !found.state.entries.is_empty()
}
