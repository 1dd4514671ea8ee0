//! The result as Markdown, for the run's page.
//!
//! Names come from sources that we do not trust: they are escaped, and the
//! whole is bounded because the page shows no more than a megabyte.

use std::fmt::Write as _;

use crate::model::ResourceChange;

use super::text::totals;
use super::{EnvironmentReport, Outcome, RunReport};

/// At most this many resources are listed per environment.
const ROWS: usize = 200;

/// The Markdown summary of a run.
pub fn markdown(report: &RunReport) -> String {
    let mut text = String::new();
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
            Outcome::Unchanged => "Nothing changed in",
            Outcome::Older => "Not published, as something newer is in",
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
    text.push_str("| Environment | Folder | Resources | Changes |\n|---|---|---:|---|\n");
    for environment in &report.environments {
        let changes = environment
            .changes
            .as_ref()
            .map_or_else(|| "not compared".to_owned(), totals);
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {changes} |",
            escape(&environment.name),
            escape(&environment.folder),
            environment.resources
        );
    }
    for environment in &report.environments {
        resources(&mut text, environment);
    }
    if !report.warnings.is_empty() {
        text.push_str("\n### Warnings\n\n");
        for warning in report.warnings.iter().take(ROWS) {
            let _ = writeln!(text, "- {}", escape(&warning.to_string()));
        }
    }
    text
}

/// The table of changed resources of one environment.
fn resources(text: &mut String, environment: &EnvironmentReport) {
    let Some(changes) = environment
        .changes
        .as_ref()
        .filter(|changes| !changes.changes.is_empty())
    else {
        return;
    };
    let _ = write!(
        text,
        "\n### {}\n\n| | Resource |\n|---|---|\n",
        escape(&environment.name)
    );
    for (id, change) in changes.changes.iter().take(ROWS) {
        let word = change_word(*change);
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
    }
}

/// Text that can stand in a table cell or between back-ticks.
pub(super) fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            '`' => '\'',
            '|' => '¦',
            '<' => '‹',
            '>' => '›',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, ResourceId};
    use crate::report::{Changes, Publication};

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
            changed: true,
            publications: vec![Publication {
                manifest_repo_url: "https://dev.azure.com/contoso/shop/_git/manifests".into(),
                branch: "main".into(),
                commit_id: Some("0123456789".into()),
                outcome: Outcome::Published,
                retries: 0,
                pull_request: None,
            }],
            environments: vec![EnvironmentReport {
                name: "dev".into(),
                generator: "fabrikate".into(),
                folder: "dev".into(),
                files: 2,
                resources: 2,
                changes: Some(changes),
            }],
            warnings: vec![Finding::warning("web", "odd")],
        };
        insta::assert_snapshot!(markdown(&report), @r"
        **Published to** `https://dev.azure.com/contoso/shop/_git/manifests`, branch `main`, commit `0123456789`

        | Environment | Folder | Resources | Changes |
        |---|---|---:|---|
        | dev | `dev` | 2 | 1 added, 0 changed, 1 removed (2 files) |

        ### dev

        | | Resource |
        |---|---|
        | added | `apps/v1 Deployment shop/web` |
        | **removed** | `v1 Service shop/'‹/td›¦x` |

        ### Warnings

        - web: odd
        ");
    }
}
