//! What is attached to a run: the plan as a page of HTML, and as test results.

use gitops_plan::Plan;
use gitops_plan::view::{self, Heading};

use super::text::{changes, outcome};
use super::{EnvironmentReport, RunReport};

/// What the page is among the attachments of a run.
pub const PLAN: &str = "gitops.plan";

/// The name of an attachment is no longer than this.
const NAME: usize = 80;

/// The page of a run that compared something; `failure` is why the run failed. `clean`
/// takes secrets out of each text.
pub fn page(
    report: &RunReport,
    failure: Option<&str>,
    clean: &dyn Fn(&str) -> String,
) -> Option<String> {
    let mut environments = report.environments.iter();
    if !environments.any(|one| one.changes.is_some()) {
        return None;
    }
    let mut lines: Vec<_> = failure
        .map(|failure| format!("Failed: {failure}"))
        .into_iter()
        .collect();
    lines.extend(outcome(report).lines().map(str::to_owned));
    for environment in &report.environments {
        let (title, listed) = changes(environment);
        lines.push(title);
        lines.extend(listed.lines().map(|line| line.trim().to_owned()));
    }
    let title = format!("GitOps {}: {}", report.command, names(report));
    let heading = Heading {
        title: &title,
        lines: &lines,
    };
    Some(view::html(&plans(&report.environments), heading, clean))
}

/// The findings of a run as a file of test results (`JUnit`); nothing where nothing changes and nothing
/// stands in the way.
pub fn tests(
    report: &RunReport,
    failure: Option<&str>,
    clean: &dyn Fn(&str) -> String,
) -> Option<String> {
    let plans = plans(&report.environments);
    // A rollout that failed did not stop publishing.
    let failure = failure.filter(|_| report.command != "wait" && report.rollouts.is_empty());
    let changes = plans.iter().any(|(_, plan)| !plan.is_empty());
    (changes || failure.is_some()).then(|| view::junit(&plans, failure, clean))
}

/// What the page is called among the attachments of a run: the command and the
/// environments, in characters that a file may have.
pub fn page_name(report: &RunReport) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " .,-_".contains(c);
    let name = format!("{} {}", report.command, names(report));
    let name: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .take(NAME)
        .collect();
    name.trim_end_matches(['.', ' ', ',']).to_owned()
}

fn names(report: &RunReport) -> String {
    let names: Vec<_> = report
        .environments
        .iter()
        .map(|e| e.name.as_str())
        .collect();
    names.join(", ")
}

/// The plans with their environments, also those that change nothing.
fn plans(environments: &[EnvironmentReport]) -> Vec<(&str, &Plan)> {
    environments
        .iter()
        .filter_map(|one| Some((one.name.as_str(), one.plan.as_ref()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Changes;

    fn report(name: &str) -> RunReport {
        RunReport {
            command: "plan",
            environments: vec![EnvironmentReport {
                name: name.into(),
                generator: "helm".into(),
                folder: "prod".into(),
                files: 2,
                resources: 2,
                changes: Some(Changes::default()),
                plan: None,
                effect: None,
                is_older: false,
                is_stopped: false,
            }],
            ..RunReport::default()
        }
    }

    #[rstest::rstest]
    #[case("dev", "plan dev")]
    #[case("prod/weu", "plan prod_weu")]
    #[case("a];x=y\n##vso[b]", "plan a__x_y___vso_b_")]
    #[case("höchst.", "plan höchst")]
    fn the_name_of_an_attachment_can_be_that_of_a_file(#[case] name: &str, #[case] shown: &str) {
        assert_eq!(page_name(&report(name)), shown);
        assert!(page_name(&report(&"x".repeat(500))).chars().count() <= NAME);
    }

    #[test]
    fn what_was_not_compared_has_no_page_and_what_does_not_change_no_tests() {
        let clean = |text: &str| text.to_owned();
        let mut report = report("dev");
        let shown = page(&report, Some("the brakes hold"), &clean).unwrap();
        assert!(shown.contains("<h1>GitOps plan: dev</h1>"), "{shown}");
        assert!(shown.contains("Failed: the brakes hold"), "{shown}");
        assert_eq!(tests(&report, None, &clean), None);
        let stopped = tests(&report, Some("the brakes hold"), &clean).unwrap();
        assert!(stopped.contains("message=\"the brakes hold\""), "{stopped}");
        report.environments[0].changes = None;
        assert_eq!(page(&report, None, &clean), None);
    }
}
