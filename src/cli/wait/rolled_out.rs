//! `promote` with `requireRolledOut`: what the cluster has not rolled out is not
//! promoted.

use std::sync::Arc;

use gitops_rollout::{Outcome, Policy};

use crate::error::{Error, Kind};
use crate::host::Api;
use crate::host::watch::Question;
use crate::model::ObjectId;
use crate::pipeline::Published;
use crate::report::{Reporter, RolloutReport};
use crate::settings::EnvironmentSettings;
use crate::wait::{self, Followed, Member, RealClock, Start};

use super::super::connect::Connector;
use super::standing::on_branch;
use super::{list_authors, refuse_mute};

/// Refuses to promote an environment that is not rolled out as it was `published`.
/// What nobody can tell is refused too.
pub(in crate::cli) async fn require_rolled_out(
    from: &EnvironmentSettings,
    published: &Published,
    connector: &Connector,
    reporter: &Reporter,
) -> Result<(), Error> {
    let checked = check(from, published, connector, reporter).await;
    checked.map_err(|error| {
        error
            .context(format!(
                "environment {} is not promoted, because `requireRolledOut` is set",
                from.name
            ))
            .hint("to promote it all the same, take `requireRolledOut` out of the settings; at a terminal, `--require-rolled-out=false` does for one run")
    })
}

async fn check(
    from: &EnvironmentSettings,
    published: &Published,
    connector: &Connector,
    reporter: &Reporter,
) -> Result<(), Error> {
    let Some(target) = &from.target else {
        return Err(Error::message(Kind::Usage, "no manifest repository is set"));
    };
    let connection = connector.open(target, false).await?;
    let place = connection.remote.display();
    let Some(api) = connection.api else {
        let said = format!("{place} has no commit statuses");
        return Err(Error::message(Kind::Usage, said)
            .hint("commit statuses need a repository on Azure DevOps or GitHub; if it is one of these, say which with `gitHost`"));
    };
    let branch = published.branch();
    refuse_mute(from)?;
    if from.wait.authors.is_empty() {
        return Err(list_authors(&api, branch, &from.name).await?);
    }
    let start = on_branch(&api, from, branch).await?;
    let member = Member {
        environment: from.name.clone(),
        folder: from.folder.clone(),
        start,
        required: from.wait.required.clone(),
        authors: from.wait.authors.clone(),
        known: Vec::new(),
        ago: 0,
    };
    let followed = Followed {
        api: Arc::new(api),
        place,
        branch: branch.to_owned(),
        members: vec![member],
    };
    // It is looked at as it stands: waiting is what `wait` is for.
    let once = Policy {
        grace: 0,
        timeout: 0,
        settle: 0,
    };
    let ended = wait::follow(vec![followed], once, &RealClock::start(), reporter).await;
    let rollouts = ended.map_err(|stopped| stopped.error)?;
    let Some(rollout) = rollouts.first() else {
        return Err(Error::message(Kind::Internal, "nothing was looked at"));
    };
    if rollout.outcome != Outcome::RolledOut {
        return Err(refused(rollout));
    }
    if !rollout.failed_since.is_empty() {
        return Err(broken(rollout));
    }
    if !rollout.hidden.is_empty() {
        let said = format!(
            "whether it still works is not known: {}: {}",
            rollout.environment,
            rollout.hidden.join("; ")
        );
        return Err(Error::message(Kind::Policy, said).hint(
            "wait for the next report of the target; nobody else should write statuses in its name",
        ));
    }
    let api = connector.open(target, false).await?.api;
    let tree = tree(rollout, start, api.as_ref(), from, branch).await?;
    if tree.is_none() {
        let said = "the host does not tell what its folder holds in the commit that was rolled out";
        return Err(Error::message(Kind::Remote, said)
            .hint("check that the token may read the repository, and run the promotion again"));
    }
    if tree != published.tree() {
        let said = "its folder changed while it was looked at";
        return Err(Error::message(Kind::Conflict, said).hint("run the promotion again"));
    }
    Ok(())
}

/// The tree of the folder in the commit that is rolled out: the branch may have
/// moved since its ledger was read.
async fn tree(
    rollout: &RolloutReport,
    start: Start,
    api: Option<&Api>,
    from: &EnvironmentSettings,
    branch: &str,
) -> Result<Option<ObjectId>, Error> {
    if let Some(tree) = rollout.tree.as_deref() {
        return Ok(ObjectId::parse(tree));
    }
    let (Some(api), Start::Commit(commit)) = (api, start) else {
        return Ok(None);
    };
    let spot = (commit, from.folder.clone());
    let question = Question {
        branch: branch.to_owned(),
        folders: vec![from.folder.clone()],
        spots: vec![spot.clone()],
        ..Question::default()
    };
    let sighting = api.watch(&question).await.map_err(wait::because)?;
    let mut trees = sighting.trees.into_iter();
    Ok(trees.find_map(|(own, tree)| tree.filter(|_| own == spot)))
}

/// It was rolled out, and is not well now.
fn broken(rollout: &RolloutReport) -> Error {
    let said = format!(
        "it does not work any more: {}: failed: {}",
        rollout.environment,
        rollout.failed_since.join("; ")
    );
    Error::message(Kind::Policy, said).hint(CORRECT)
}

/// What helps after a failure in the cluster.
const CORRECT: &str = "look at the objects that failed in the cluster, such as with `flux events` or in Argo CD, and publish a correction";

fn refused(rollout: &RolloutReport) -> Error {
    let commit = rollout.commit.as_deref().unwrap_or_default();
    let short: String = commit.chars().take(10).collect();
    let said = format!("commit {short} is not rolled out: {}", rollout.line());
    let error = Error::message(Kind::Policy, said);
    match rollout.outcome {
        Outcome::Failed => error.hint(CORRECT),
        Outcome::Unknown => error.hint(
            "name with `waitFor` whose reports count, such as `kustomization/apps`",
        ),
        Outcome::TimedOut => error.hint(format!(
            "wait for it first, with `command: wait` (`gitops-publisher wait --environments {}`), and promote it then",
            rollout.environment
        )),
        _ => error.hint("run the promotion again"),
    }
}
