//! The reporter's sinks in a pipeline run: logging commands on stdout for the task,
//! and for the command line in a step, what a terminal shows without any.

use std::io::Write as _;

use crate::report::{Event, Sink, TerminalSink};

use super::command::{encode_data, encode_property, neutralize, neutralize_json};

/// Writes events as the agent understands them.
#[derive(Debug, Default)]
pub struct AgentSink;

/// Writes events of a command line that runs in a step of a pipeline. The agent
/// reads what every step prints, so words of others must be no command there either.
#[derive(Debug, Default)]
pub struct StepSink(pub TerminalSink);

impl Sink for StepSink {
    fn write(&self, event: Event<'_>) {
        match event {
            Event::Info(text) => self.0.write(Event::Info(&neutralize(text))),
            Event::Debug(text) => self.0.write(Event::Debug(&neutralize(text))),
            Event::Warning(text) => self.0.write(Event::Warning(&neutralize(text))),
            Event::GroupStart(text) => self.0.write(Event::GroupStart(&neutralize(text))),
            Event::Error { message, hints } => {
                let hints: Vec<_> = hints.iter().map(|hint| neutralize(hint)).collect();
                self.0.write(Event::Error {
                    message: &neutralize(message),
                    hints: &hints,
                });
            }
            Event::Plan { title, lines } => self.0.write(Event::Plan {
                title: &neutralize(title),
                lines: &neutralize(lines),
            }),
            other => self.0.write(other),
        }
    }

    fn result(&self, text: String) -> String {
        neutralize(&text)
    }

    fn json(&self, text: String) -> String {
        neutralize_json(&text)
    }
}

/// The agent's live feed cuts lines at this many characters.
const MESSAGE_LIMIT: usize = 1000;

impl Sink for AgentSink {
    fn write(&self, event: Event<'_>) {
        let line = render(&event);
        // A closed stdout means that the agent is gone; there is nobody to tell.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// The line or lines for one event.
fn render(event: &Event<'_>) -> String {
    match event {
        Event::Info(text) => neutralize(text),
        Event::Debug(text) => lines(&neutralize(text), "##vso[task.debug]"),
        Event::Warning(text) => issue("warning", text),
        Event::Error { message, hints } => {
            let text = hints.iter().fold((*message).to_owned(), |text, hint| {
                format!("{text}\nHint: {hint}")
            });
            issue("error", &text)
        }
        Event::GroupStart(title) => format!("##[group]{}", neutralize(title)),
        Event::Plan { title, lines } => {
            let lines = lines.lines().fold(String::new(), |text, line| {
                text + "  " + &neutralize(line) + "\n"
            });
            format!("##[group]{}\n{lines}##[endgroup]", neutralize(title))
        }
        Event::GroupEnd => "##[endgroup]".to_owned(),
        Event::Progress { percent, text } => {
            format!(
                "##vso[task.setprogress value={percent};]{}",
                encode_data(text)
            )
        }
        Event::Mask(secret) => lines(secret, "##vso[task.setsecret]"),
        Event::Output { name, value } => format!(
            "##vso[task.setvariable variable={};isOutput=true]{}",
            encode_property(name),
            encode_data(value)
        ),
        Event::Summary(path) => format!(
            "##vso[task.addattachment type=Distributedtask.Core.Summary;name=GitOps]{}",
            encode_data(path)
        ),
        Event::Attachment { kind, name, path } => format!(
            "##vso[task.addattachment type={};name={}]{}",
            encode_property(kind),
            encode_property(name),
            encode_data(path)
        ),
        Event::Tests(path) => format!(
            "##vso[results.publish type=JUnit;runTitle=GitOps plan]{}",
            encode_data(path)
        ),
        Event::Failed(message) => {
            format!(
                "##vso[task.complete result=Failed;]{}",
                encode_data(&neutralize(&first_line(message)))
            )
        }
        Event::SucceededWithIssues(message) => format!(
            "##vso[task.complete result=SucceededWithIssues;]{}",
            encode_data(&neutralize(&first_line(message)))
        ),
    }
}

/// One command per line: the agent refuses secrets of several lines.
fn lines(text: &str, command: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(|line| format!("{command}{}", encode_data(line)))
        .collect();
    lines.join("\n")
}

/// An error or warning for the run's list of issues.
fn issue(kind: &str, text: &str) -> String {
    format!(
        "##vso[task.logissue type={kind}]{}",
        encode_data(&neutralize(text))
    )
}

/// The message for a place that shows one line. A line that announces what
/// follows takes the next one along.
fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let mut line = lines.next().unwrap_or_default().to_owned();
    if line.ends_with(':')
        && let Some(next) = lines.next()
    {
        line = format!("{line} {}", next.trim());
    }
    line.chars().take(MESSAGE_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_logging_commands() {
        let hints = ["set `allowEmpty`".to_owned()];
        let shown: Vec<_> = [
            Event::Info("plain ##vso[task.complete]x"),
            Event::Warning("50% of\n##vso[x]it"),
            Event::Error {
                message: "it; failed]",
                hints: &hints,
            },
            Event::Progress {
                percent: 40,
                text: "dev",
            },
            Event::Output {
                name: "dev.added",
                value: "3",
            },
            Event::Plan {
                title: "What changes:",
                lines: "1 changed\n+ ##vso[x]",
            },
            Event::Tests("/temp/tests.xml"),
            Event::Mask("two\nlines"),
            Event::Attachment {
                kind: "gitops.published",
                name: "a;b",
                path: "/tmp/50%.json",
            },
            Event::Failed("first\nsecond"),
            Event::Failed("the values do not fit:\n  `image`: a\n  `port`: b"),
        ]
        .iter()
        .map(render)
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        plain **vso[task.complete]x
        ##vso[task.logissue type=warning]50%AZP25 of%0A**vso[x]it
        ##vso[task.logissue type=error]it; failed]%0AHint: set `allowEmpty`
        ##vso[task.setprogress value=40;]dev
        ##vso[task.setvariable variable=dev.added;isOutput=true]3
        ##[group]What changes:
          1 changed
          + **vso[x]
        ##[endgroup]
        ##vso[results.publish type=JUnit;runTitle=GitOps plan]/temp/tests.xml
        ##vso[task.setsecret]two
        ##vso[task.setsecret]lines
        ##vso[task.addattachment type=gitops.published;name=a%3Bb]/tmp/50%AZP25.json
        ##vso[task.complete result=Failed;]first
        ##vso[task.complete result=Failed;]the values do not fit: `image`: a
        ");
    }
}
