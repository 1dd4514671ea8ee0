//! `update`: sets values in files that people own, in the manifest repository or any other.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use clap::{ArgMatches, Args as _, Command};
use sha2::{Digest as _, Sha256};

use crate::agent::env::VERIFY_ONLY;
use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::pipeline;
use crate::report::{Outcome, Reporter, RunReport, updates_text};
use crate::settings::definition::{ENVIRONMENTS, UpdateArgs};
use crate::settings::{
    FileSettings, Origin, Settings, Target, Value, from_inputs, from_matches, head_of_update, parse,
};
use crate::update::values::{Edit, Refusal};

use super::invocation::{Doors, definition, require_repository, settings_of};
use super::run;
use super::show::{self, Look};
use super::token;

/// The name of the settings at the top of the file, where no environment is named.
const TOP: &str = "update";

/// Runs the command that was typed at a terminal; gives back the exit code.
pub(super) async fn typed(
    args: UpdateArgs,
    matches: &ArgMatches,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    look: Look,
) -> Result<u8, Error> {
    let given = from_matches(&definition(), matches);
    let doors = Doors { given, task: false };
    update(args, doors, environment, reporter, look).await
}

/// Runs the command as a task.
pub(super) async fn task(
    doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<u8, Error> {
    let definition = UpdateArgs::augment_args(Command::new(TOP));
    let args = parse(&[&from_inputs(&definition, environment)?])?;
    update(args, doors, environment, reporter, Look::task()).await
}

async fn update(
    args: UpdateArgs,
    doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    look: Look,
) -> Result<u8, Error> {
    let task = doors.task;
    let done = Box::pin(run(args, doors, environment, reporter)).await;
    let report = done.map_err(|error| token::advise(error, task))?;
    tell(&report, reporter);
    show::show(&report, None, environment, reporter, look)?;
    Ok(look.code(&report))
}

async fn run(
    args: UpdateArgs,
    mut doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<RunReport, Error> {
    refuse_approval(&doors)?;
    let is_top = choose_environment(&mut doors)?;
    let pull_request = agent::is_pull_request(environment);
    let mut listed = Vec::new();
    let look = |file: &mut FileSettings| {
        let name = doors.given.get(ENVIRONMENTS).filter(|_| !is_top);
        let name = name.and_then(|value| value.texts().first());
        listed = file.updates(name.map(String::as_str)).to_vec();
        if is_top {
            file.environments.clear();
        }
    };
    let (mut settings, file) =
        settings_of(&doors, environment, pull_request, &Path::to_path_buf, look)?;
    let held_back = pull_request && !settings.run.allow_pull_request_publish;
    if held_back {
        reporter.info(&format!(
            "{}, so `update` changes nothing and only shows what it would change. To update from pull request builds, set `allowPullRequestPublish` on the task",
            agent::this_is_one(environment)
        ));
    }
    if settings.run.wait.wait {
        reporter.info("note: `update` does not wait for the rollout: `wait` has no effect");
    }
    let plans = held_back || args.dry_run || environment.get(VERIFY_ONLY) == Some("1");
    require_repository(&mut settings, &doors, pull_request && !held_back)?;
    let exclude = file.into_iter().collect();
    let (context, connector) = run::equip(environment, reporter, &settings, &doors, exclude)?;
    let mut edits = given(&args)?;
    if edits.is_empty() {
        edits = pipeline::edits_of(&context, &settings.environments[0], &listed)?;
    }
    refuse_none(&edits)?;
    refuse_unresolved(&edits)?;
    name_head(&mut settings, &edits);
    let open = async |target: &Target| connector.open(target, false).await;
    Box::pin(pipeline::update(&context, &settings, &edits, open, plans)).await
}

/// The edits that were given with the run.
fn given(args: &UpdateArgs) -> Result<Vec<Edit>, Error> {
    let lines = args.set.iter().map(|line| line.trim());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let edits = lines.map(|line| Edit::parse(line).map_err(Refusal::usage));
    edits.collect()
}

fn refuse_none(edits: &[Edit]) -> Result<(), Error> {
    if !edits.is_empty() {
        return Ok(());
    }
    Err(Error::message(Kind::Usage, "no value to set is given")
        .hint("give at least one with `set` (`--set`), such as `HelmRelease shop/web version=1.4.2`, or list them under `updates` in `gitops.yaml`"))
}

/// What Azure Pipelines left as it is stands for a variable that the run does not have.
fn refuse_unresolved(edits: &[Edit]) -> Result<(), Error> {
    for edit in edits {
        let spelled = edit.spelled();
        if let Some(left) = agent::unresolved(&spelled) {
            return Err(Error::message(
                Kind::Usage,
                format!("`{edit}` is to be set to a value that contains `{left}`, which this run has no variable for"),
            )
            .hint("define the variable, or check its spelling and that its group is linked to the pipeline"));
        }
    }
    Ok(())
}

/// One environment says where to and how, or the top of the settings file; tells whether it
/// is the latter.
fn choose_environment(doors: &mut Doors) -> Result<bool, Error> {
    let Some(value) = doors.given.get(ENVIRONMENTS) else {
        let name = Value::list(
            vec![TOP.to_owned()],
            Origin::Flag("environments".to_owned()),
        );
        doors.given.insert(ENVIRONMENTS.to_owned(), name);
        return Ok(true);
    };
    match value.texts().len() {
        1 => Ok(false),
        number => Err(Error::message(
            Kind::Usage,
            format!("`update` works on one environment at a time, and {number} are named"),
        )
        .hint("name one, or none: then the settings at the top of `gitops.yaml` count")),
    }
}

/// Nothing is rendered, so that there is no plan to approve.
fn refuse_approval(doors: &Doors) -> Result<(), Error> {
    let mut given = ["plan_file", "plan_hash"]
        .iter()
        .filter_map(|id| doors.given.get(*id));
    match given.next() {
        None => Ok(()),
        Some(value) => Err(Error::message(
            Kind::Usage,
            format!("{} cannot be used with `update`", value.origin),
        )
        .hint("to have somebody approve the change, set `mode` to `pullRequest`")),
    }
}

/// The head branch of a pull request, where none is set: one for what is set, so that
/// pipelines that set other values do not write over each other.
fn name_head(settings: &mut Settings, edits: &[Edit]) {
    let mut hash = Sha256::new();
    for edit in edits {
        hash.update(edit.place());
        hash.update([0]);
    }
    let mut digits = String::new();
    for byte in hash.finalize() {
        let _ = write!(digits, "{byte:02x}");
    }
    let subject = edits.first().map(Edit::subject).unwrap_or_default();
    for own in &mut settings.environments {
        if own.pull_request.default_head {
            own.pull_request.head_branch = head_of_update(&subject, &digits);
        }
    }
}

/// Says which values are set.
fn tell(report: &RunReport, reporter: &Reporter) {
    if report.updates.is_empty() {
        return;
    }
    let outcome = report.publications.last().map(|last| last.outcome);
    let title = match outcome {
        Some(Outcome::WouldPublish) => "Values that would be set",
        Some(Outcome::Published) => "Values that were set",
        _ => "Values that are proposed",
    };
    let mut text = format!("{title}:");
    for line in updates_text(&report.updates).lines() {
        let _ = write!(text, "\n  {line}");
    }
    reporter.info(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("v=$(packageVersion)", Some("$(packageVersion)"))]
    #[case("v=${{ parameters.v }}", Some("${{ parameters.v }}"))]
    #[case("v=1.$[variables.v]", Some("$[variables.v]"))]
    #[case("v=costs $5 (net)", None)]
    #[case("v=${v}", None)]
    fn an_expression_that_nobody_evaluated_is_refused(
        #[case] field: &str,
        #[case] left: Option<&str>,
    ) {
        let edit = Edit::parse(&format!("a.yaml {field}")).unwrap();
        let refused = refuse_unresolved(&[edit]).map_err(|error| error.to_string());
        let said = left.map(|left| {
            format!("`a.yaml v` is to be set to a value that contains `{left}`, which this run has no variable for")
        });
        assert_eq!(refused.err(), said);
    }
}
