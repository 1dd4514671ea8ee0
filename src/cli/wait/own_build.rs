//! What this build published before the wait began: its attachments tell. A branch
//! does not tell of a pull request that was closed, nor that it was reverted.

use crate::agent;
use crate::error::{Error, Kind};
use crate::host::{Builds, is_same_repository};
use crate::report::{Done, PUBLISHED, Recorded, Unread, done_last};
use crate::settings::{EnvironmentSettings, Target};
use crate::wait::Start;

use super::super::connect::Connector;

/// What the steps of this build published.
pub(super) struct OwnBuild(Vec<Recorded>);

impl OwnBuild {
    /// Reads what is attached to the build that this run belongs to. Without it, a
    /// wait follows what stands on the branch.
    pub(super) async fn read(connector: &Connector) -> Self {
        match attachments(connector).await {
            Ok(found) => Self(found),
            Err(error) => {
                connector.reporter.warning(&format!(
                    "what this build published cannot be read: {error}. The wait follows what is on the branch now, and does not notice that a pull request was closed or a commit was reverted before"
                ));
                Self(Vec::new())
            }
        }
    }

    /// What to follow for an environment; `None` where this build did nothing to it.
    pub(super) fn start(
        &self,
        target: &Target,
        branch: &str,
        environment: &EnvironmentSettings,
    ) -> Option<Start> {
        let is_here = |repository: &str| is_same_repository(repository, &target.place);
        let done = done_last(
            &self.0,
            &is_here,
            branch,
            &environment.name,
            &environment.folder,
        )?;
        Some(match done {
            Done::Commit(commit) => Start::Commit(commit),
            Done::Request(number) => Start::Request(number),
            Done::Declined => Start::Closed,
        })
    }
}

async fn attachments(connector: &Connector) -> Result<Vec<Recorded>, Error> {
    let Some(build) = agent::own_build(&connector.environment) else {
        return Ok(Vec::new());
    };
    let Some(options) = connector.own_collection(&build.collection) else {
        return Ok(Vec::new());
    };
    let builds = Builds::open(&build.collection, &build.project, options)?;
    let contents = builds.attachments(build.id, PUBLISHED).await?;
    let read: Result<_, Unread> = contents.iter().map(Recorded::parse).collect();
    read.map_err(|unread| Error::new(Kind::Remote, unread))
}
