//! The reporter's sink at a terminal: plain lines on stderr.
//!
//! stdout is for data, so that a script can take it.

use std::io::Write as _;

use super::{Event, Sink};

/// Writes events for a person at a terminal.
#[derive(Debug, Default)]
pub struct TerminalSink {
    /// Show details too.
    pub verbose: bool,
}

impl Sink for TerminalSink {
    fn write(&self, event: Event<'_>) {
        let Some(text) = self.render(&event) else {
            return;
        };
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

impl TerminalSink {
    /// The text for one event, if a person wants to see it.
    fn render(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Info(text) | Event::GroupStart(text) => (*text).to_owned(),
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
            | Event::Failed(_)
            | Event::SucceededWithIssues(_) => return None,
        })
    }
}
