//! The reporter's sink at a terminal: lines on stderr, what changes in color where there is
//! any.
//!
//! stdout is for data, so that a script can take it.

use std::io::Write as _;

use anstream::{AutoStream, ColorChoice};
use gitops_plan::risk::Severity;
use gitops_plan::view::{Mark, mark};

use super::{Event, Sink};

/// Writes events for a person at a terminal.
#[derive(Debug, Default)]
pub struct TerminalSink {
    /// Show details too.
    verbose: bool,
    /// The terminal shows colors, and nobody asked for none.
    color: bool,
}

impl Sink for TerminalSink {
    fn write(&self, event: Event<'_>) {
        let Some(text) = self.render(&event) else {
            return;
        };
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

impl TerminalSink {
    /// Writes in color where stderr is a terminal that has some and `NO_COLOR` is not set.
    pub fn new(verbose: bool) -> Self {
        Self {
            verbose,
            color: AutoStream::choice(&std::io::stderr()) != ColorChoice::Never,
        }
    }

    /// The text for one event, if a person wants to see it.
    fn render(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Info(text) | Event::GroupStart(text) => (*text).to_owned(),
            Event::Plan { title, lines } => {
                let mut text = (*title).to_owned();
                for line in lines.lines() {
                    text.push_str("\n  ");
                    text.push_str(&self.paint(line));
                }
                text
            }
            Event::Debug(text) => return self.verbose.then(|| format!("debug: {text}")),
            Event::Warning(text) => format!("warning: {text}"),
            Event::Error { message, hints } => hints
                .iter()
                .fold(format!("error: {message}"), |text, hint| {
                    format!("{text}\n  help: {hint}")
                }),
            Event::GroupEnd
            | Event::Progress { .. }
            | Event::Mask(_)
            | Event::Output { .. }
            | Event::Summary(_)
            | Event::Attachment { .. }
            | Event::Tests(_)
            | Event::Failed(_)
            | Event::SucceededWithIssues(_) => return None,
        })
    }

    /// A line of what changes in the color of what it is about.
    fn paint(&self, line: &str) -> String {
        let color = match mark(line) {
            Mark::Plain => None,
            Mark::Added => Some("32"),
            Mark::Removed | Mark::Risk(Severity::High) => Some("31"),
            Mark::Changed | Mark::Risk(Severity::Medium) => Some("33"),
            Mark::Risk(Severity::Critical) => Some("1;31"),
            Mark::Risk(Severity::Info) => Some("36"),
        };
        match color.filter(|_| self.color) {
            Some(color) => format!("\u{1b}[{color}m{line}\u{1b}[0m"),
            None => line.to_owned(),
        }
    }
}
