//! Reads a branch for its status: its trees, then its ledgers, and meanwhile its statuses.

use crate::error::Error;
use crate::git::{Sight, Survey};
use crate::host::watch::{Question, SeenCommit};
use crate::settings::EnvironmentSettings;
use crate::wait::because;

use super::super::Connection;

/// Of more folders than this the ledgers are not read to find environments that have
/// left the settings file: many sources share such a repository.
const MOST_OTHERS: usize = 50;

/// Whose status is asked for, on one branch.
#[derive(Debug, Clone, Copy)]
pub enum Members<'a> {
    /// Of those that are listed.
    Listed {
        /// The environments.
        all: &'a [&'a EnvironmentSettings],
        /// The settings file has no others on this branch, so that what was published
        /// by way of it before can be told.
        whole: bool,
    },
    /// Of every ledger; this says where the repository is and whom to believe.
    Every(&'a EnvironmentSettings),
}

impl Members<'_> {
    fn believes_anybody(&self) -> bool {
        match self {
            Self::Listed { all, .. } => all.iter().any(|one| !one.wait.authors.is_empty()),
            Self::Every(one) => !one.wait.authors.is_empty(),
        }
    }
}

/// What was read of a branch.
pub struct BranchRead {
    pub(super) survey: Survey,
    /// `None` where statuses were not asked for.
    pub(super) seen: Option<Vec<SeenCommit>>,
    pub(super) notes: Vec<String>,
}

/// Reads a branch: its trees, then its ledgers, and meanwhile its statuses.
pub async fn read_status(
    connection: &Connection,
    branch: Option<&str>,
    members: Members<'_>,
) -> Result<BranchRead, Error> {
    let sight = match members {
        Members::Listed { all, whole } => Sight {
            folders: all.iter().map(|one| one.folder.clone()).collect(),
            others: if whole { MOST_OTHERS } else { 0 },
            ..Sight::default()
        },
        Members::Every(_) => Sight::EVERY,
    };
    let mut notes = Vec::new();
    let api = connection.api.as_ref();
    let asked = members.believes_anybody();
    if api.is_none() {
        notes.push("this host has no commit statuses, so how rollouts are is not known".to_owned());
    } else if !asked {
        notes.push("`statusAuthors` is not set, so how rollouts are is not known; `wait` without it lists who has written statuses".to_owned());
    }
    let api = api.filter(|_| asked);
    let survey = async { connection.remote.survey(branch, &sight).await };
    let statuses = async |branch: &str| {
        let question = Question {
            branch: branch.to_owned(),
            ..Question::default()
        };
        if let Some(api) = api {
            Some(api.watch(&question).await)
        } else {
            None
        }
    };
    let (survey, statuses) = if let Some(name) = branch {
        tokio::join!(survey, statuses(name))
    } else {
        // Its name comes with the list of branches.
        let survey = survey.await?;
        let name = survey.branch.clone();
        (Ok(survey), statuses(&name).await)
    };
    let survey = survey?;
    if survey.passed_over > 0 {
        notes.push(format!(
            "there are {} folders of others; they were not searched for environments that have left the settings file",
            survey.passed_over
        ));
    }
    let seen = match statuses {
        Some(Ok(sighting)) => {
            notes.extend(sighting.unread);
            Some(sighting.commits.unwrap_or_default())
        }
        // What is there is known all the same.
        Some(Err(error)) => {
            notes.push(format!("how rollouts are is not known: {}", because(error)));
            None
        }
        None => None,
    };
    Ok(BranchRead {
        survey,
        seen,
        notes,
    })
}
