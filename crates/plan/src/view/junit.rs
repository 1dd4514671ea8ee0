//! Test results for hosts that show them: each finding is a test.

use super::{Plans, describe, environments, safe::escape};
use crate::fold::{self, Folded};
use crate::risk::{Finding, Severity};

/// Hosts show titles up to this many characters.
const TITLE: usize = 250;

/// A message of a failure may be so long.
const MESSAGE: usize = 2_000;

/// So many tests at most, the most severe first: hosts store each of them.
const MOST: usize = 1_000;

/// The findings as a file of test results (`JUnit`). Findings that are high or critical fail, unless they are
/// accepted or were there before; then they are skipped, with the reason. `stopped` is why
/// nothing may be published. `clean` takes out what may not be shown.
pub fn junit(plans: Plans<'_>, stopped: Option<&str>, clean: &dyn Fn(&str) -> String) -> String {
    let findings = fold::findings(plans);
    let mut cases: Vec<Case> = stopped.into_iter().map(stop).collect();
    let shown = findings.iter().take(MOST);
    cases.extend(shown.map(|one| finding(plans, one)));
    if let Some(left) = findings.len().checked_sub(MOST).filter(|left| *left > 0) {
        cases.push(Case {
            rule: "left-out".to_owned(),
            name: format!("{left} more findings are not listed"),
            end: End::Skipped("the page of the run and the log list them".to_owned()),
        });
    }
    if cases.is_empty() {
        cases.push(Case {
            rule: "risks".to_owned(),
            name: "no risk was found".to_owned(),
            end: End::Passed(String::new()),
        });
    }
    write(&cases, clean)
}

struct Case {
    rule: String,
    name: String,
    end: End,
}

enum End {
    Passed(String),
    Skipped(String),
    Failed(&'static str, String),
}

fn stop(reason: &str) -> Case {
    Case {
        rule: "publishing".to_owned(),
        name: "nothing stops publishing".to_owned(),
        end: End::Failed("stopped", reason.to_owned()),
    }
}

fn finding(plans: Plans<'_>, one: &Folded<'_, Finding>) -> Case {
    let finding = one.change;
    let about = finding
        .resource
        .as_ref()
        .map(|id| format!(": {}", id.short()))
        .unwrap_or_default();
    let field = finding.field.as_ref().map(|field| format!(" {field}"));
    let places = environments(plans, one).map(|names| format!(" [{names}]"));
    let severity = describe::severity(finding.severity);
    let said = format!("{severity}: {}", describe::finding(finding));
    let is_severe = finding.severity >= Severity::High;
    let end = if finding.allowed.is_some() || finding.existing {
        End::Skipped(said)
    } else if is_severe {
        End::Failed(severity, said)
    } else {
        End::Passed(said)
    };
    Case {
        rule: finding.rule.clone(),
        name: format!(
            "{}{about}{}{}",
            finding.rule,
            field.unwrap_or_default(),
            places.unwrap_or_default()
        ),
        end,
    }
}

fn write(cases: &[Case], clean: &dyn Fn(&str) -> String) -> String {
    let text = |text: &str, limit: usize| escape(&cut(&clean(text), limit));
    let count = |wanted: fn(&End) -> bool| cases.iter().filter(|one| wanted(&one.end)).count();
    let failures = count(|end| matches!(end, End::Failed(..)));
    let skipped = count(|end| matches!(end, End::Skipped(_)));
    let totals = format!(
        "name=\"GitOps plan\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"",
        cases.len()
    );
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n<testsuite {totals}>\n"
    );
    for Case { rule, name, end } in cases {
        out.push_str(&format!(
            "<testcase classname=\"gitops.{}\" name=\"{}\" time=\"0\">",
            text(rule, TITLE),
            text(name, TITLE)
        ));
        match end {
            End::Passed(said) if said.is_empty() => {}
            End::Passed(said) => {
                out.push_str(&format!("<system-out>{}</system-out>", text(said, MESSAGE)));
            }
            End::Skipped(said) => {
                out.push_str(&format!("<skipped message=\"{}\"/>", text(said, MESSAGE)));
            }
            End::Failed(kind, said) => out.push_str(&format!(
                "<failure type=\"{kind}\" message=\"{}\"/>",
                text(said, MESSAGE)
            )),
        }
        out.push_str("</testcase>\n");
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

/// At most so many characters, with `…` for the rest.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let start: String = text.chars().take(limit - 1).collect();
    format!("{start}…")
}
