//! The `tokens` command without its door: from a job to a summary.
//!
//! Owns the order of things: read variables, plan every file, decide whether
//! the run fails, and only then write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::TokensArgs;
use super::diff;
use super::engine::Engine;
use super::error::Error;
use super::files::{self, Plan, Unfinished};
use super::job::Job;
use super::load::{self, Reader};
use super::options::{FailOn, Level};
use super::outcome::{Counters, Message};
use super::variables::{Explanation, Layer, Matching, Variables};
use super::walk::Finding;
use super::write;

/// What one file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    /// The file as seen from the root.
    pub file: String,
    /// Where its content went.
    pub target: PathBuf,
    /// `replaced 2 tokens out of 3`.
    pub line: String,
    /// The encoding that it was read in.
    pub encoding: &'static str,
}

/// What a run came to.
#[derive(Debug)]
pub struct Summary {
    /// What was counted.
    pub counters: Counters,
    /// How many given variables there are.
    pub variables_loaded: usize,
    /// Each file, in order.
    pub files: Vec<FileSummary>,
    /// What is to be told, in order; errors make the run fail.
    pub messages: Vec<Message>,
    /// Values that the next reader does not take for the text that they are, at
    /// a compatibility level, which writes them all the same.
    pub misread: Vec<Message>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// The texts other than their values that secret variables became, to be
    /// masked in `diff`.
    pub secret_forms: Vec<String>,
    /// What a dry run would change.
    pub diff: Option<String>,
    /// Answers to `explain`, by name.
    pub explanations: Vec<(String, Vec<Explanation>)>,
    /// Output variables by the names of the level.
    pub outputs: Vec<(&'static str, u64)>,
    /// The quietest level that is to be shown.
    pub log_level: Level,
}

impl Summary {
    /// Why the run failed, if it did.
    pub fn failure(&self) -> Option<&Message> {
        self.messages
            .iter()
            .find(|message| message.level == Level::Error)
    }

    /// The counters as the old program prints them: one JSON object.
    pub fn counters_line(&self) -> String {
        let Counters {
            tokens,
            replaced,
            files,
            defaults,
            transforms,
            ..
        } = self.counters;
        format!(
            r#"{{"tokens":{tokens},"replaced":{replaced},"files":{files},"defaults":{defaults},"transforms":{transforms}}}"#
        )
    }
}

/// Runs the command with flags. `pipeline` are the layers of the agent's
/// variables, weakest first; `environment` is that of the process.
pub fn run_cli(
    args: TokensArgs,
    working_folder: &Path,
    pipeline: Vec<Layer>,
    environment: &BTreeMap<String, String>,
) -> Result<Summary, Error> {
    let job = args.into_job(working_folder, !pipeline.is_empty())?;
    run(&job, pipeline, environment)
}

/// Runs a job.
pub fn run(
    job: &Job,
    pipeline: Vec<Layer>,
    environment: &BTreeMap<String, String>,
) -> Result<Summary, Error> {
    let level = job.options.compatibility;
    let root =
        std::path::absolute(&job.root).map_err(Error::io("finding the folder", &job.root))?;
    std::fs::metadata(&root).map_err(Error::io("finding the folder", &root))?;
    let finding = Finding {
        level,
        case_insensitive: job.case_insensitive_paths,
        dot: job.include_dot_paths,
    };
    let reader = Reader {
        finding,
        root: &root,
        separator: &job.separator,
        environment,
    };
    let given = reader.layers(&job.variables)?;
    let variables_loaded = load::count(&given);
    let variables = in_order(job, pipeline, given, environment);
    let explanations = job
        .explain
        .iter()
        .map(|name| (name.clone(), variables.explain(name)))
        .collect();

    let engine = Engine::new(&job.options, &variables)?;
    let mut plan = match files::plan(&engine, finding, &root, &job.sources) {
        Ok(plan) => plan,
        Err(unfinished) => return Err(give_up(job, *unfinished)),
    };
    judge(job, &engine, &mut plan);
    let failed = plan.messages.iter().any(|m| m.level == Level::Error);
    // The old versions write their files and fail afterwards.
    let held_back = failed && level.is_own();
    if held_back {
        say_nothing_changed(&mut plan);
    }
    let writes = !job.dry_run && !held_back;
    let diff = job.dry_run.then(|| diff::unified(&plan.files));
    let written = if writes {
        write::write(&plan.files)?
    } else {
        Vec::new()
    };
    Ok(Summary {
        counters: plan.counters,
        variables_loaded,
        files: plan
            .files
            .iter()
            .map(|file| FileSummary {
                file: file.shown.clone(),
                target: file.target.clone(),
                line: file.counters.summary(level),
                encoding: file.encoding,
            })
            .collect(),
        messages: plan.messages,
        misread: plan.misread,
        written,
        secret_forms: engine.secret_forms(),
        diff,
        explanations,
        outputs: plan.counters.outputs(level),
        log_level: job.log_level,
    })
}

/// All layers: the environment, the pipeline's variables, the given ones.
fn in_order(
    job: &Job,
    pipeline: Vec<Layer>,
    given: Vec<Layer>,
    environment: &BTreeMap<String, String>,
) -> Variables {
    let mut variables = Variables::new(job.options.compatibility);
    if job.use_env {
        let mut layer = Layer::new("environment", Matching::Exact);
        for (name, value) in environment {
            layer.push(name.clone(), value.as_str().into(), false, 0);
        }
        variables.add(layer);
    }
    for layer in pipeline.into_iter().filter(|_| !job.given_only) {
        variables.add(layer);
    }
    for layer in given {
        variables.add(layer);
    }
    variables
}

/// An error in the middle: the old versions have written what came before.
fn give_up(job: &Job, unfinished: Unfinished) -> Error {
    let Unfinished { plan, error } = unfinished;
    if !job.options.compatibility.is_own()
        && !job.dry_run
        && let Err(second) = write::write(&plan.files)
    {
        tracing::debug!("writing the files before the error failed as well: {second}");
    }
    error
}

/// Adds the messages that are about the run as a whole.
fn judge(job: &Job, engine: &Engine<'_>, plan: &mut Plan) {
    let level = job.options.compatibility;
    let fails = |reason| job.options.fail_on.contains(&reason);
    if plan.files.is_empty() && !job.sources.is_empty() && job.if_no_files != Level::Off {
        let text = match level {
            level if level.is_old() => "found no files to process".to_owned(),
            level if level.is_own() => {
                format!("no file matches `{}`", job.sources.join("`, `"))
            }
            _ => "No files were found with provided sources.".to_owned(),
        };
        plan.messages.push(Message::general(job.if_no_files, text));
    }
    fail_on_missing(job, plan);
    let mut fail = |text: String| plan.messages.push(Message::general(Level::Error, text));
    if fails(FailOn::NoTokens) && plan.counters.tokens == 0 {
        let n = plan.files.len();
        fail(format!(
            "no token was found in {n} file{}",
            if n == 1 { "" } else { "s" }
        ));
    }
    if fails(FailOn::UnusedVariable) {
        for (name, origin) in engine.unused() {
            fail(format!(
                "the variable '{name}' from {origin} is used by no token"
            ));
        }
    }
}

/// The error about missing variables, at the place of the first one. The engine
/// leaves its name there, as a message that is never shown.
fn fail_on_missing(job: &Job, plan: &mut Plan) {
    let missing = plan.counters.missing;
    let mut first = None;
    plan.messages.retain(|message| {
        let shown = message.level != Level::Off;
        if !shown && first.is_none() {
            first = Some(message.clone());
        }
        shown
    });
    // As an error each has been told already.
    let Some(first) = first.filter(|_| job.options.missing_log != Level::Error) else {
        return;
    };
    let text = match missing {
        0 | 1 => first.text,
        2 => format!("{}, nor that of 1 more token", first.text),
        _ => format!("{}, nor those of {} more tokens", first.text, missing - 1),
    };
    plan.messages.push(Message {
        level: Level::Error,
        text,
        ..first
    });
}

/// Nothing is written: no counter says otherwise, and the last error says so.
fn say_nothing_changed(plan: &mut Plan) {
    let files = plan.files.iter_mut().map(|file| &mut file.counters);
    for counters in files.chain([&mut plan.counters]) {
        counters.nothing_written();
    }
    let is_error = |message: &&mut Message| message.level == Level::Error;
    if let Some(last) = plan.messages.iter_mut().rfind(is_error) {
        last.text.push_str("; no file was changed");
    }
}
