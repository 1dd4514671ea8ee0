//! What a run came to, told at every door: the terminal or the log, the variables for later
//! steps, the page of the run, stdout.

use clap::Args;
use gitops_plan::view::Detail;

use crate::agent::Environment;
use crate::agent::env::SYSTEM_JOBATTEMPT;
use crate::error::{Error, Kind};
use crate::report::{self, Outcome, Reporter, RunReport};
use crate::settings::Settings;

/// How a plan is shown at a terminal.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct LookArgs {
    /// Show one line per resource: what happens to it, how many fields differ, how risky it is.
    #[arg(long, conflicts_with = "full")]
    stat: bool,

    /// Show every field that differs, also those that nobody has to read: labels of chart versions, checksums, timestamps.
    #[arg(long)]
    full: bool,

    /// Exit with 3 when something would change, or may change; 0 then means that nothing would.
    #[arg(long)]
    detailed_exitcode: bool,
}

/// How a result is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// As one JSON object on stdout, too.
    pub(super) json: bool,
    /// As a task, whose log is bounded.
    pub(super) task: bool,
    pub(super) detail: Detail,
    pub(super) detailed_exitcode: bool,
    pub(super) tells: Tells,
}

/// What is reported at the end of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Tells {
    #[default]
    All,
    /// What was published was told before the wait.
    Rollouts,
}

/// The exit code for changes, where it was asked for.
const CHANGES: u8 = 3;

impl Look {
    /// At a terminal.
    pub(super) fn typed(json: bool, args: LookArgs) -> Self {
        let detail = match args {
            LookArgs { stat: true, .. } => Detail::Stat,
            LookArgs { full: true, .. } => Detail::Full,
            _ => Detail::Fields,
        };
        Self {
            json,
            task: false,
            detail,
            detailed_exitcode: args.detailed_exitcode,
            tells: Tells::All,
        }
    }

    /// In the log of a task.
    pub(super) fn task() -> Self {
        Self {
            task: true,
            ..Self::default()
        }
    }

    /// An exit code cannot tell whether something changes where nothing is compared.
    pub(super) fn check(self, settings: &Settings) -> Result<(), Error> {
        let mut environments = settings.environments.iter();
        if !self.detailed_exitcode || environments.any(|one| one.target.is_some()) {
            return Ok(());
        }
        Err(Error::message(
            Kind::Usage,
            "`--detailed-exitcode` says whether something changes, but there is no manifest repository to compare with",
        )
        .hint("name it with `--manifest-repo`, or set `manifestRepo` in `gitops.yaml`"))
    }

    /// The exit code of a run that did not fail.
    pub(super) fn code(self, report: &RunReport) -> u8 {
        let may_change = |outcome: Outcome| outcome.is_change() || outcome == Outcome::Unknown;
        let mut publications = report.publications.iter();
        if self.detailed_exitcode && publications.any(|one| may_change(one.outcome)) {
            CHANGES
        } else {
            0
        }
    }
}

/// Tells what the run came to, at every door.
pub(super) fn show(
    report: &RunReport,
    failure: Option<&Error>,
    environment: &Environment,
    reporter: &Reporter,
    look: Look,
) -> Result<(), Error> {
    if look.tells == Tells::All {
        let _ = published(report, look, reporter);
    }
    // A person at a terminal who asked for no plan need not know why it has no hash.
    let told = report.plan_hash.is_some() || environment.is_pipeline();
    if let Some(hash) = report::plan_hash(report).filter(|_| told) {
        reporter.info(&hash);
    }
    for (name, value) in report.outputs() {
        reporter.output(&name, &value);
    }
    summarize(report, failure, environment, reporter);
    if look.json {
        reporter.print_json(&format!("{:#}\n", serde_json::json!(report)))?;
    }
    if !report.warnings.is_empty() {
        let number = report.warnings.len();
        let ending = if number == 1 { "" } else { "s" };
        reporter.succeeded_with_issues(&format!("Done with {number} warning{ending}"));
    }
    Ok(())
}

/// Tells what changes and what was published; how the rest is shown.
pub(super) fn published(report: &RunReport, look: Look, reporter: &Reporter) -> Look {
    changes(report, look, reporter);
    let outcome = report::outcome(report);
    if !outcome.is_empty() {
        reporter.info(&outcome);
    }
    Look {
        tells: Tells::Rollouts,
        ..look
    }
}

/// Lists what changes in the environments that were compared, or could not be.
pub(super) fn changes(report: &RunReport, look: Look, reporter: &Reporter) {
    for environment in &report.environments {
        let (title, lines) = report::changes(environment);
        if lines.is_empty() {
            reporter.info(&title);
        } else {
            reporter.group(&title, &lines);
        }
    }
    let limit = if look.task { LOG } else { usize::MAX };
    if let Some(plan) = report::plan(&report.environments, look.detail, limit) {
        reporter.plan("What changes:", &plan);
    }
}

/// So many UTF-16 units of fields are in the log of a task: the page of the run has more.
const LOG: usize = 100_000;

/// Puts the summary, the plan and its findings onto the page of the run, also when the
/// run failed.
pub(super) fn summarize(
    report: &RunReport,
    failure: Option<&Error>,
    environment: &Environment,
    reporter: &Reporter,
) {
    if !environment.is_pipeline() {
        return;
    }
    let folder = environment.temp_root();
    let failure = failure.map(ToString::to_string);
    let failure = failure.as_deref();
    let write = |what: &str, name: &str, text: &str, tell: &dyn Fn(&str)| {
        match report::write_view(&folder, name, text) {
            Ok(path) => tell(&path.to_string_lossy()),
            // The work is done; only its picture is missing.
            Err(error) => reporter.warning(&format!("there is no {what}: {}", Error::from(error))),
        }
    };
    let text = reporter.clean(&report::markdown(report, failure));
    write("summary", "summary.md", &text, &|path| {
        reporter.summary(path);
    });
    let clean = |text: &str| reporter.clean(text);
    if let Some(page) = report::page(report, failure, &clean) {
        let mut name = report::page_name(report);
        // Each attempt of a job has a page of its own.
        let attempt = environment.get(SYSTEM_JOBATTEMPT);
        if let Some(attempt) = attempt.filter(|attempt| *attempt != "1") {
            name.push_str(&format!(" (attempt {attempt})"));
        }
        write("page of the plan", "plan.html", &page, &|path| {
            reporter.attachment(report::PLAN, &name, path);
        });
    }
    if let Some(tests) = report::test_results(report, failure, &clean) {
        write("file of test results", "tests.xml", &tests, &|path| {
            reporter.tests(path);
        });
    }
}
