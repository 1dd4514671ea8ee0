//! `plan`: what publishing would change, also told on the pull request that
//! a pipeline builds.

use gitops_plan::Approval;

use crate::agent::{self, Environment};
use crate::context::Context;
use crate::error::Error;
use crate::host::Api;
use crate::pipeline::{self, Stopped};
use crate::report::RunReport;
use crate::settings::{Settings, Target};

use super::connect::Connector;

/// Renders, checks, and compares; then tells it.
pub(super) async fn run(
    context: &Context,
    settings: &Settings,
    (connector, approval): (&Connector, Option<&Approval>),
    environment: &Environment,
) -> Result<RunReport, Box<Stopped>> {
    let place = place(context, settings, connector, environment)?;
    let open = async |target: &Target| connector.open(target, false).await;
    let work = async {
        let rendered = pipeline::render(context, settings).await?;
        pipeline::verify(context, settings, &rendered, open, approval).await
    };
    let result = work.await;
    let Some((api, number)) = place else {
        return result;
    };
    match result {
        Ok(mut report) => {
            let compared = report.environments.iter().any(|e| e.changes.is_some());
            if compared {
                pipeline::comment_on(context, &api, number, &mut report).await;
            }
            Ok(report)
        }
        Err(stopped) => {
            pipeline::comment_failed(context, &api, number, settings, &stopped.error).await;
            Err(stopped)
        }
    }
}

/// The pull request of the source to tell it on, when this is a build of one.
fn place(
    context: &Context,
    settings: &Settings,
    connector: &Connector,
    environment: &Environment,
) -> Result<Option<(Api, u64)>, Error> {
    let wanted = context.pull_request && settings.run.comment;
    let Some(source) = agent::pull_request(environment).filter(|_| wanted) else {
        return Ok(None);
    };
    let targets: Vec<_> = settings
        .environments
        .iter()
        .filter_map(|e| e.target.as_ref())
        .collect();
    if targets.is_empty() {
        // Nothing to compare with, so nothing to tell.
        return Ok(None);
    }
    let api = connector.source_api(&source, &targets)?;
    if api.is_none() {
        context.reporter.warning(
            "there is no comment on the pull request: no token for its repository. Set `comment` to false, or give a token that is for the source repository too",
        );
    }
    Ok(api.map(|api| (api, source.number)))
}
