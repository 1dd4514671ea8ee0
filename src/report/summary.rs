//! The result as Markdown, for the run's page.
//!
//! Names come from sources that we do not trust: they are escaped, and the
//! whole is bounded because the page shows no more than a megabyte.

use std::fmt::Write as _;

use gitops_plan::view::{self, View};

use crate::model::{Finding, ResourceChange};

use super::text::{plans, totals};
use super::{EnvironmentReport, Outcome, RunReport, rollout, updates};

/// At most so many UTF-16 units of what changes are shown.
const LONGEST: usize = 100_000;

/// At most this many resources are listed per environment.
const ROWS: usize = 200;

/// The Markdown summary of a run.
///
/// `failure` is why the run failed: what it would have changed is shown below.
pub fn markdown(report: &RunReport, failure: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(failure) = failure {
        let _ = write!(text, "**Failed**: {}\n\n", plain(failure));
    }
    for publication in &report.publications {
        let place = format!(
            "`{}`, branch `{}`",
            escape(&publication.manifest_repo_url),
            escape(&publication.branch)
        );
        let said = match publication.outcome {
            Outcome::Published => "Published to",
            Outcome::Proposed => "Proposed by pull request for",
            Outcome::Waiting => "Proposed already by pull request for",
            Outcome::Declined => "Not proposed, as the pull request was closed, for",
            Outcome::WouldPublish => "Publishing would change",
            Outcome::Unknown => "It is not known whether publishing would change",
            Outcome::Unchanged => "Nothing changed in",
            Outcome::Older => "Not published, as something newer is in",
            Outcome::Stopped => "Refused, nothing changes in",
        };
        let _ = write!(text, "**{said}** {place}");
        if let Some(commit) = &publication.commit_id {
            let _ = write!(text, ", commit `{commit}`");
        }
        if let Some(pull_request) = &publication.pull_request {
            let (id, url) = (pull_request.id, &pull_request.url);
            let _ = write!(text, ": [pull request {id}]({})", escape(url));
        }
        text.push_str("\n\n");
    }
    if report.environments.is_empty() {
        text.push_str(&updates::table(&report.updates));
        rollout::markdown(&mut text, &report.rollouts);
        findings(&mut text, "Warnings", &report.warnings);
        return text;
    }
    text.push_str("| Environment | Folder | Resources | Changes |\n|---|---|---:|---|\n");
    for environment in &report.environments {
        let changes = match &environment.changes {
            Some(changes) if environment.is_stopped => {
                format!("{}; refused", totals(changes))
            }
            Some(changes) => totals(changes),
            None if environment.is_stopped => "refused".to_owned(),
            None if environment.is_older => "not published, as something newer is there".to_owned(),
            None => "not compared".to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {changes} |",
            escape(&environment.name),
            escape(&environment.folder),
            environment.resources
        );
    }
    rollout::markdown(&mut text, &report.rollouts);
    for environment in &report.environments {
        resources(&mut text, environment);
    }
    let plans = plans(&report.environments);
    if !plans.is_empty() {
        let view = View {
            limit: LONGEST,
            ..View::default()
        };
        let _ = write!(
            text,
            "\n### What changes\n\n{}",
            view::markdown(&plans, view)
        );
    }
    findings(&mut text, "Warnings", &report.warnings);
    findings(&mut text, "Notes", &report.notes);
    text
}

/// A list of findings under a heading, when there are any.
fn findings(text: &mut String, title: &str, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    let _ = write!(text, "\n### {title}\n\n");
    for finding in findings.iter().take(ROWS) {
        let _ = writeln!(text, "- {}", plain(&finding.to_string()));
    }
}

/// The table of changed resources of one environment.
fn resources(text: &mut String, environment: &EnvironmentReport) {
    let Some(changes) = environment
        .changes
        .as_ref()
        .filter(|changes| !changes.changes.is_empty() && environment.plan.is_none())
    else {
        return;
    };
    let _ = write!(
        text,
        "\n### `{}`\n\n| | Resource |\n|---|---|\n",
        escape(&environment.name)
    );
    for (id, change) in changes.by_weight().into_iter().take(ROWS) {
        let word = change_word(change);
        let _ = writeln!(text, "| {word} | `{}` |", escape(&id.to_string()));
    }
    if changes.changes.len() > ROWS {
        let _ = writeln!(text, "\n… and {} more.", changes.changes.len() - ROWS);
    }
}

/// A change in one word of Markdown.
pub(super) fn change_word(change: ResourceChange) -> &'static str {
    match change {
        ResourceChange::Added => "added",
        ResourceChange::Changed => "changed",
        ResourceChange::Removed => "**removed**",
        ResourceChange::Unknown => "unknown",
    }
}

/// Text outside of back-ticks, in which nothing is markup.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut before = ' ';
    for c in escape(text).chars() {
        // Nobody is called by what a cluster or a manifest says.
        if before == '@' && c.is_ascii_alphanumeric() && is_mention(&plain) {
            plain.push('\u{200b}');
        }
        before = c;
        if matches!(c, '\\' | '*' | '_' | '[' | ']' | '~') {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

/// Whether the `@` at the end of a text begins a mention: not that of an address or a digest.
fn is_mention(text: &str) -> bool {
    let before = text
        .strip_suffix('@')
        .and_then(|text| text.chars().next_back());
    before.is_none_or(|c| !c.is_alphanumeric())
}

/// How a text is written in Markdown, between back-ticks and outside of them.
pub(super) fn in_markdown(text: &str) -> [String; 2] {
    [escape(text), plain(text)]
}

/// Text that can stand in a table cell, between back-ticks: there nothing else
/// is markup, a link or a mention.
pub(super) fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            '`' => '\'',
            '|' => '¦',
            '<' => '‹',
            '>' => '›',
            c if super::turns(c) || c == '\u{200b}' => '\u{fffd}',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceId;
    use crate::report::{Changes, Publication};

    #[test]
    fn nobody_is_called_by_what_others_wrote() {
        for (text, shown) in [
            ("@team, look", "@\u{200b}team, look"),
            ("see (@contoso/ops)", "see (@\u{200b}contoso/ops)"),
            ("contoso/web@sha256:1f", "contoso/web@sha256:1f"),
            ("ada@contoso.com @ 10", "ada@contoso.com @ 10"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn the_summary_shows_each_environment_and_what_changes() {
        let id = |text| ResourceId::parse(text).unwrap();
        let changes = Changes {
            added: 1,
            removed: 1,
            changed_files: 2,
            changes: [
                (id("apps/v1 Deployment shop/web"), ResourceChange::Added),
                (id("v1 Service shop/`</td>|x"), ResourceChange::Removed),
            ]
            .into(),
            ..Changes::default()
        };
        let report = RunReport {
            command: "publish",
            source_commit: None,
            updates: Vec::new(),
            removals: Vec::new(),
            plan_hash: None,
            no_plan_hash: Vec::new(),
            approved: None,
            changed: true,
            publications: vec![Publication {
                manifest_repo_url: "https://dev.azure.com/contoso/shop/_git/manifests".into(),
                branch: "main".into(),
                commit_id: Some("0123456789".into()),
                outcome: Outcome::Published,
                retries: 0,
                pull_request: None,
                environments: Vec::new(),
            }],
            environments: vec![EnvironmentReport {
                name: "dev".into(),
                generator: "fabrikate".into(),
                folder: "dev".into(),
                files: 2,
                resources: 2,
                changes: Some(changes),
                plan: None,
                effect: None,
                is_older: false,
                is_stopped: false,
            }],
            warnings: vec![Finding::warning("web", "odd [x](y) *z*")],
            notes: vec![Finding::info("web", "`kubeVersion` is not set")],
            rollouts: Vec::new(),
        };
        insta::assert_snapshot!(markdown(&report, None), @r"
        **Published to** `https://dev.azure.com/contoso/shop/_git/manifests`, branch `main`, commit `0123456789`

        | Environment | Folder | Resources | Changes |
        |---|---|---:|---|
        | `dev` | `dev` | 2 | 1 added, 0 changed, 1 removed (2 files) |

        ### `dev`

        | | Resource |
        |---|---|
        | **removed** | `v1 Service shop/'‹/td›¦x` |
        | added | `apps/v1 Deployment shop/web` |

        ### Warnings

        - web: odd \[x\](y) \*z\*

        ### Notes

        - web: 'kubeVersion' is not set
        ");
    }

    #[test]
    fn why_it_failed_is_only_text() {
        let said = "apps: ![x](https://contoso.com/p.png) *a* <b>";
        let shown = markdown(&RunReport::default(), Some(said));
        insta::assert_snapshot!(shown, @r"**Failed**: apps: !\[x\](https://contoso.com/p.png) \*a\* ‹b›");
    }

    #[rstest::rstest]
    #[case("[a](https://contoso.com)")]
    #[case("![](x)")]
    #[case("@contoso/team")]
    #[case("*a* _b_")]
    #[case("a `b` c")]
    #[case("<img src=x>")]
    #[case("a|b")]
    fn the_name_of_an_environment_is_only_text(#[case] name: &str) {
        let environment = EnvironmentReport {
            name: name.into(),
            generator: "helm".into(),
            folder: "dev".into(),
            files: 1,
            resources: 1,
            changes: None,
            plan: None,
            effect: None,
            is_older: false,
            is_stopped: false,
        };
        let report = RunReport {
            environments: vec![environment],
            ..RunReport::default()
        };
        let shown = markdown(&report, None);
        let row = shown.lines().last().unwrap();
        let cell = row.split('|').nth(1).unwrap().trim();
        let inside = cell
            .strip_prefix('`')
            .and_then(|text| text.strip_suffix('`'));
        assert!(
            inside.is_some_and(|text| !text.contains(['`', '<', '|'])),
            "{row}"
        );
        assert_eq!(row.split('|').count(), 6, "{row}");
    }
}
