//! What this run published before the wait began: the attachments of its build tell. A
//! branch does not tell of a pull request that was closed. Where they cannot be read, the
//! ledgers of the newest commits tell at least which of them this run wrote.

use crate::agent;
use crate::error::{Error, Kind};
use crate::host::{Builds, is_same_repository};
use crate::model::{Ledger, WriterStamp};
use crate::report::{Done, PUBLISHED, Recorded, Unread, done_last};
use crate::settings::{EnvironmentSettings, Target};
use crate::wait::Start;

use super::super::connect::Connector;

/// What the steps of this run published.
pub(super) struct OwnBuild {
    recorded: Vec<Recorded>,
    attachments: Attachments,
    writer: WriterStamp,
}

/// What became of reading the attachments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attachments {
    /// All that there are were read.
    Read,
    /// There may be some.
    Unread,
    /// The run is not part of a build.
    None,
}

impl OwnBuild {
    /// Reads what is attached to the build that this run belongs to.
    pub(super) async fn read(connector: &Connector) -> Self {
        let writer = agent::publication(&connector.environment).writer;
        let (recorded, attachments) = match attachments(connector).await {
            Ok(Some(found)) => (found, Attachments::Read),
            Ok(None) => (Vec::new(), Attachments::None),
            Err(error) => {
                connector.reporter.warning(&format!(
                    "what this build published cannot be read: {error}. The wait looks for it in the ledgers of the branch"
                ));
                (Vec::new(), Attachments::Unread)
            }
        };
        Self {
            recorded,
            attachments,
            writer,
        }
    }

    /// Whether the job is run again, so that an attempt before may have published.
    pub(super) fn is_run_again(connector: &Connector) -> bool {
        let writer = agent::publication(&connector.environment).writer;
        writer.attempt.is_some_and(|attempt| attempt > 1)
    }

    /// What to follow for an environment, and when it was published, in seconds since 1970;
    /// `None` where no attachment is about it.
    pub(super) fn start(
        &self,
        target: &Target,
        branch: &str,
        environment: &EnvironmentSettings,
    ) -> Option<(Start, i64)> {
        let is_here = |repository: &str| is_same_repository(repository, &target.place);
        let (time, done) = done_last(
            &self.recorded,
            &is_here,
            branch,
            &environment.name,
            &environment.folder,
        )?;
        let start = match done {
            Done::Commit(commit) => Start::Commit(commit),
            Done::Request(number, head) => Start::Request(number, head),
            Done::Declined => Start::Closed,
        };
        Some((start, time))
    }

    /// Whether only ledgers can tell what this run published.
    pub(super) fn asks_ledgers(&self) -> bool {
        self.attachments != Attachments::Read && self.writer.pipeline.is_some()
    }

    /// Whether this run wrote a ledger.
    pub(super) fn wrote(&self, ledger: &Ledger) -> bool {
        let theirs = &ledger.publication.writer;
        let is_known = theirs.pipeline.is_some() && theirs.run.is_some();
        is_known && theirs.pipeline == self.writer.pipeline && theirs.run == self.writer.run
    }

    /// Whether this run may have published what no ledger shows.
    pub(super) fn is_untold(&self) -> bool {
        self.attachments == Attachments::Unread
    }
}

/// The attachments of the run's build; `None` where it is not part of a build.
async fn attachments(connector: &Connector) -> Result<Option<Vec<Recorded>>, Error> {
    let Some(build) = agent::own_build(&connector.environment) else {
        return Ok(None);
    };
    let Some(options) = connector.own_collection(&build.collection) else {
        return Err(Error::message(
            Kind::Usage,
            "this step has no token of its job; put `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` under its `env`",
        ));
    };
    let builds = Builds::open(&build.collection, &build.project, options)?;
    let contents = builds.attachments(build.id, PUBLISHED).await?;
    let read: Result<_, Unread> = contents.iter().map(Recorded::parse).collect();
    read.map(Some)
        .map_err(|unread| Error::new(Kind::Remote, unread))
}
