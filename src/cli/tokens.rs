//! `tokens`: replaces tokens in files, as the `replacetokens` program and the
//! Replace Tokens task did.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::model::Secret;
use crate::report::Reporter;
use crate::tokens::{self, INPUT_NAMES, Job, Layer, Level, Matching, Summary, TokensArgs};

use super::connect;

/// Runs the command that was typed at a terminal.
pub(super) fn typed(
    args: TokensArgs,
    environment: &Environment,
    reporter: &Reporter,
    json: bool,
) -> Result<(), Error> {
    let pipeline: Vec<_> = connect::variables(environment).into_iter().collect();
    for secret in agent::secrets(environment) {
        reporter.hide(&secret);
    }
    let job = args.into_job(Path::new("."), !pipeline.is_empty())?;
    let summary = tokens::run(&job, pipeline, &all(environment))?;
    for form in &summary.secret_forms {
        reporter.hide(&Secret::new(form));
    }
    tell(&job, &summary, reporter);
    if let Some(diff) = summary.diff.as_deref().filter(|_| !json) {
        reporter.print(diff)?;
    }
    if json {
        reporter.print_json(&format!("{}\n", result(&summary)))?;
    } else {
        reporter.print(&format!("{}\n", summary.counters_line()))?;
    }
    verdict(&summary, reporter)
}

/// Runs the command of a task, whose inputs may have the names of any version.
pub(super) fn task(environment: &Environment, reporter: &Reporter) -> Result<(), Error> {
    let mut inputs = BTreeMap::new();
    for (name, aliases) in INPUT_NAMES {
        for name in std::iter::once(name).chain(*aliases) {
            inputs.extend(agent::input(environment, name).map(|value| ((*name).to_owned(), value)));
        }
    }
    // The agent sends the default too; only another pattern was chosen.
    inputs.retain(|name, value| !(name == "tokenPattern" && value == "default"));
    let job = tokens::from_inputs(&inputs, Path::new("."))?;
    let mut secret: Vec<_> = connect::variables(environment).into_iter().collect();
    let allowed = agent::input(environment, "allowPullRequestSecrets").as_deref() == Some("true");
    if agent::is_pull_request(environment) && !allowed {
        secret = connect::without_secrets(secret, reporter);
        reporter.info(&format!(
            "{}, so secret variables are replaced by placeholders. To give them to the source, set `allowPullRequestSecrets` on the task",
            agent::this_is_one(environment)
        ));
    }
    let pipeline = [mapped(environment)].into_iter().chain(secret).collect();
    let summary = tokens::run(&job, pipeline, &all(environment))?;
    for form in &summary.secret_forms {
        reporter.hide(&Secret::new(form));
    }
    tell(&job, &summary, reporter);
    if let Some(diff) = &summary.diff {
        reporter.group("What would change", diff);
    }
    for (name, value) in &summary.outputs {
        reporter.output(name, &value.to_string());
    }
    let total = summary.counters.summary(job.options.compatibility);
    reporter.info(&format!("{total} in {} files", summary.counters.files));
    verdict(&summary, reporter)
}

/// Variables that a step maps with `env:`; the old tasks took them from the
/// environment as well. They are weaker than those of the pipeline.
fn mapped(environment: &Environment) -> Layer {
    let of_the_agent = |name: &str| {
        ["INPUT_", "SECRET_", "ENDPOINT_", "SECUREFILE_", "VSTS_"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let mut layer = Layer::new("environment", Matching::Pipeline);
    for (name, value) in environment.iter().filter(|(name, _)| !of_the_agent(name)) {
        layer.push(name.to_owned(), value.into(), false, 0);
    }
    layer
}

/// Every variable of the environment: `$NAME` may name any.
fn all(environment: &Environment) -> BTreeMap<String, String> {
    environment
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Shows what is as loud as was asked for.
fn tell(job: &Job, summary: &Summary, reporter: &Reporter) {
    let shown = |level: Level| job.log_level != Level::Off && level >= job.log_level;
    if shown(Level::Info) {
        for file in &summary.files {
            reporter.info(&format!("{}: {}", file.file, file.line));
        }
    }
    let messages = summary.messages.iter().chain(&summary.misread);
    for message in messages.filter(|message| shown(message.level)) {
        let place = message
            .place()
            .map(|place| format!("{place}: "))
            .unwrap_or_default();
        let text = format!("{place}{}", message.text);
        match message.level {
            Level::Debug => reporter.debug(&text),
            Level::Info => reporter.info(&text),
            Level::Warn => reporter.warning(&text),
            // Errors are the verdict; `Off` is never said.
            Level::Error | Level::Off => {}
        }
    }
    for explanation in summary.explanations.iter().flat_map(|(_, found)| found) {
        reporter.info(&explanation.to_string());
    }
}

/// The command's end: every error is shown, and one of them makes it fail.
fn verdict(summary: &Summary, reporter: &Reporter) -> Result<(), Error> {
    let error = |message: &tokens::Message| {
        let place = message
            .place()
            .map(|place| format!("{place}: "))
            .unwrap_or_default();
        Error::message(Kind::Input, format!("{place}{}", message.text))
    };
    let failed = |message: &&tokens::Message| message.level == Level::Error;
    let mut errors: Vec<_> = summary.messages.iter().filter(failed).map(error).collect();
    let Some(last) = errors.pop() else {
        return Ok(());
    };
    for error in &errors {
        reporter.error(error);
    }
    Err(last)
}

/// The result as one JSON object.
fn result(summary: &Summary) -> String {
    let files: Vec<_> = summary
        .files
        .iter()
        .map(|file| json!({ "file": file.file, "target": file.target, "encoding": file.encoding }))
        .collect();
    let written: Vec<_> = summary
        .written
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let explanations: BTreeMap<_, _> = summary.explanations.iter().cloned().collect();
    let result = json!({
        "command": "tokens",
        "counters": summary.counters,
        "files": files,
        "written": written,
        "diff": summary.diff,
        "explanations": explanations,
    });
    format!("{result:#}")
}
