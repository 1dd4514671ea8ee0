//! What the user reads: messages, the summary, the machine-readable result.
//!
//! Nobody else prints. Owns the [`Reporter`], through which every message
//! passes so that secrets and pipeline commands never get out, and the
//! [`RunReport`] with its views. May use `model` only.

mod bounded;
mod output;
mod page;
mod proposal;
mod published;
mod rollout;
mod run_report;
mod status;
mod summary;
mod terminal;
mod text;
mod updates;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::error::Error;
use crate::model::{Finding, Redactor, Secret, Severity};

pub use output::{
    OutputError, replace_file, write_attachment, write_folder, write_result, write_stdout,
    write_summary, write_view,
};
pub use page::{PLAN, page, page_name, tests as test_results};
pub use proposal::{changes_anything, comment, proposal_description, proposal_title};
pub use published::{Aim, Done, PUBLISHED, Recorded, Unread, done_last, published};
pub use rollout::{RolloutReport, RolloutTarget, duration, table as rollout_table};
pub use run_report::{
    Changes, EnvironmentReport, NO_HASH, Outcome, Publication, PullRequestDone, PullRequestReport,
    RunReport, Updated,
};
pub use status::{
    BranchStatus, ByHand, CommitStatus, EnvironmentStatus, PublishedStatus, RolloutNow,
    SourceStatus, StatusReport, status_markdown, status_text,
};
pub use summary::markdown;
pub use terminal::TerminalSink;
pub use text::{changes, outcome, plan, plan_hash, totals as change_totals};
pub use updates::{proposal_of_updates, updates_text};

/// One thing to tell.
#[derive(Debug)]
pub enum Event<'a> {
    /// Something that happened.
    Info(&'a str),
    /// A detail for whoever looks for a fault.
    Debug(&'a str),
    /// Something worth a look.
    Warning(&'a str),
    /// Why the command failed, and what to do.
    Error {
        /// One sentence.
        message: &'a str,
        /// What the user can do.
        hints: &'a [String],
    },
    /// Lines from here on belong together.
    GroupStart(&'a str),
    /// The group ends.
    GroupEnd,
    /// What changes, under a title; [`gitops_plan::view::mark`] says what a line is.
    Plan {
        /// What the lines are.
        title: &'a str,
        /// Lines of the view for terminals.
        lines: &'a str,
    },
    /// How far the run is.
    Progress {
        /// 0 to 100.
        percent: u8,
        /// What is being done.
        text: &'a str,
    },
    /// A text that must never be shown.
    Mask(&'a str),
    /// A value for later steps.
    Output {
        /// The variable's name.
        name: &'a str,
        /// Its value.
        value: &'a str,
    },
    /// A Markdown file for the run's page.
    Summary(&'a str),
    /// A file that is kept with the run, for programs.
    Attachment {
        /// What it is.
        kind: &'a str,
        /// Which of these, within the run.
        name: &'a str,
        /// The file.
        path: &'a str,
    },
    /// A file of test results (`JUnit`) with the findings of the plan.
    Tests(&'a str),
    /// The run failed with an explained error.
    Failed(&'a str),
    /// The run did its work, and something in it needs a look.
    SucceededWithIssues(&'a str),
}

/// Where events go: an agent, a terminal, or a test.
pub trait Sink: Send + Sync {
    /// Shows one event. Text is already free of secrets and control characters.
    fn write(&self, event: Event<'_>);

    /// A result for stdout, as it may be printed where this goes.
    fn result(&self, text: String) -> String {
        text
    }

    /// The same of a result in JSON.
    fn json(&self, text: String) -> String {
        text
    }
}

/// Adds a secret, also as Markdown and HTML show it: that is masked as a whole, when its
/// parts are written already.
fn add(redactor: &mut Redactor, secret: &Secret) {
    let mut forms = Redactor::default();
    forms.add(secret);
    for form in forms.forms() {
        redactor.add_form(form);
        for shown in summary::in_markdown(form) {
            redactor.add_form(&shown);
        }
        redactor.add_form(&gitops_plan::view::escape(form));
    }
}

/// The way out for every message.
pub struct Reporter {
    sink: Box<dyn Sink>,
    redactor: RwLock<Redactor>,
    /// The warnings that were told.
    warned: Mutex<HashSet<String>>,
}

impl Reporter {
    /// A reporter that writes to `sink`.
    pub fn new(sink: impl Sink + 'static) -> Self {
        Self {
            sink: Box::new(sink),
            redactor: RwLock::default(),
            warned: Mutex::default(),
        }
    }

    /// Makes a secret unprintable, here and in what the agent prints.
    pub fn mask(&self, secret: &Secret) {
        if !secret.is_empty() {
            self.mask_with(|redactor| add(redactor, secret));
        }
    }

    /// Makes a secret unprintable here; the agent gave it to us and masks it itself.
    pub fn hide(&self, secret: &Secret) {
        let mut redactor = self
            .redactor
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        add(&mut redactor, secret);
    }

    /// Makes everything unprintable that `add` adds.
    ///
    /// The agent masks a secret in the forms it knows; other forms, such as
    /// the value of a header, are named to it as well.
    pub fn mask_with(&self, add: impl FnOnce(&mut Redactor)) {
        let mut redactor = self
            .redactor
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let before: HashSet<String> = redactor.forms().map(str::to_owned).collect();
        add(&mut redactor);
        for form in redactor.forms().filter(|form| !before.contains(*form)) {
            self.sink.write(Event::Mask(form));
        }
    }

    /// `text` without secrets, and otherwise as it is.
    pub fn hidden(&self, text: &str) -> String {
        let redactor = self.redactor.read().unwrap_or_else(PoisonError::into_inner);
        redactor.redact(text).to_string()
    }

    /// `text` as it may be shown: without secrets, without control characters, and with
    /// nothing in it that turns the direction of what follows.
    pub fn clean(&self, text: &str) -> String {
        let redactor = self.redactor.read().unwrap_or_else(PoisonError::into_inner);
        redactor
            .redact(text)
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .map(|c| if turns(c) { '\u{fffd}' } else { c })
            .collect()
    }

    /// Prints a result on stdout, as it may be shown.
    pub fn print(&self, text: &str) -> Result<(), OutputError> {
        write_stdout(self.sink.result(self.clean(text)).as_bytes())
    }

    /// Prints a result in JSON on stdout.
    pub fn print_json(&self, text: &str) -> Result<(), OutputError> {
        write_stdout(self.sink.json(self.clean(text)).as_bytes())
    }

    /// Tells what happened.
    pub fn info(&self, text: &str) {
        self.sink.write(Event::Info(&self.clean(text)));
    }

    /// Tells a detail.
    pub fn debug(&self, text: &str) {
        self.sink.write(Event::Debug(&self.clean(text)));
    }

    /// Tells something worth a look, and the same only once.
    pub fn warning(&self, text: &str) {
        let text = self.clean(text);
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(text.clone()) {
            self.sink.write(Event::Warning(&text));
        }
    }

    /// Tells what was noticed: a warning only where somebody has to act.
    pub fn finding(&self, finding: &Finding) {
        let text = finding.to_string();
        match finding.severity {
            Severity::Info => self.info(&format!("note: {text}")),
            Severity::Warning | Severity::Error => self.warning(&text),
        }
    }

    /// Tells why the command failed, and what to do.
    pub fn error(&self, error: &Error) {
        let hints: Vec<_> = error
            .all_hints()
            .iter()
            .map(|hint| self.clean(hint))
            .collect();
        self.sink.write(Event::Error {
            message: &self.clean(&error.to_string()),
            hints: &hints,
        });
    }

    /// Shows lines under a title that can be folded.
    pub fn group(&self, title: &str, lines: &str) {
        self.sink.write(Event::GroupStart(&self.clean(title)));
        self.info(lines.trim_end());
        self.sink.write(Event::GroupEnd);
    }

    /// Shows what changes, under a title that can be folded.
    pub fn plan(&self, title: &str, lines: &str) {
        self.sink.write(Event::Plan {
            title: &self.clean(title),
            lines: self.clean(lines).trim_end(),
        });
    }

    /// Tells how far the run is.
    pub fn progress(&self, percent: u8, text: &str) {
        self.sink.write(Event::Progress {
            percent: percent.min(100),
            text: &self.clean(text),
        });
    }

    /// Hands a value to later steps.
    pub fn output(&self, name: &str, value: &str) {
        // Ids, counts and names: a secret `true` must not turn them into `***`.
        self.sink.write(Event::Output { name, value });
    }

    /// Shows a Markdown file on the run's page.
    pub fn summary(&self, path: &str) {
        self.sink.write(Event::Summary(path));
    }

    /// Keeps a file with the run, for programs.
    pub fn attachment(&self, kind: &str, name: &str, path: &str) {
        self.sink.write(Event::Attachment { kind, name, path });
    }

    /// Hands test results to the run.
    pub fn tests(&self, path: &str) {
        self.sink.write(Event::Tests(path));
    }

    /// Ends the run as failed.
    pub fn failed(&self, message: &str) {
        self.sink.write(Event::Failed(&self.clean(message)));
    }

    /// Ends the run as done with warnings.
    pub fn succeeded_with_issues(&self, message: &str) {
        self.sink
            .write(Event::SucceededWithIssues(&self.clean(message)));
    }
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reporter")
    }
}

/// Whether a character has what follows written in the other direction.
pub(crate) fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<String>>>);

    impl Sink for Kept {
        fn write(&self, event: Event<'_>) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[test]
    fn nothing_turns_the_direction_of_a_line() {
        let reporter = Reporter::new(Kept::default());
        let cleaned = reporter.clean("a\u{202e}b\u{2066}c\u{7}d\tש\u{200f}e");
        assert_eq!(cleaned, "a\u{fffd}b\u{fffd}cd\tש\u{200f}e");
        assert_eq!(summary::plain("a\u{202e}b\u{200b}c"), "a\u{fffd}b\u{fffd}c");
    }

    #[rstest::rstest]
    #[case("hunter2_hunter*3")]
    #[case("hunter<2>hunter")]
    #[case("hunter2\thunter3")]
    #[case("pipe|[link](x)~\\")]
    #[case("back`tick`ed")]
    fn a_secret_is_masked_in_markdown_whatever_it_is_made_of(#[case] secret: &str) {
        let reporter = Reporter::new(Kept::default());
        reporter.mask(&Secret::new(secret));
        let report = RunReport {
            warnings: vec![Finding::warning(secret, format!("is {secret}"))],
            ..RunReport::default()
        };
        let text = reporter.clean(&markdown(&report, Some(secret)));
        assert!(text.contains("***"), "{text}");
        let part = &secret[..5];
        assert!(!text.contains(part), "{text}");
    }

    #[test]
    fn the_same_warning_is_told_once() {
        let kept = Kept::default();
        let reporter = Reporter::new(kept.clone());
        for text in ["old", "old", "older"] {
            reporter.warning(text);
        }
        reporter.info("old");
        assert_eq!(
            *kept.0.lock().unwrap(),
            ["Warning(\"old\")", "Warning(\"older\")", "Info(\"old\")"]
        );
    }

    #[test]
    fn only_what_somebody_has_to_act_on_is_a_warning() {
        let kept = Kept::default();
        let reporter = Reporter::new(kept.clone());
        reporter.finding(&Finding::warning("web", "odd"));
        reporter.finding(&Finding::info("web", "known"));
        assert_eq!(
            *kept.0.lock().unwrap(),
            ["Warning(\"web: odd\")", "Info(\"note: web: known\")"]
        );
    }
}
