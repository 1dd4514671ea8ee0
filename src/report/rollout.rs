//! How rollouts ended: the value, and its views for a terminal, the page of the
//! run, and programs.

use std::fmt::Write as _;

use gitops_rollout::Outcome;
use serde::{Serialize, Serializer};

use super::summary::{escape, plain};
use crate::model::ObjectId;

/// How the rollout of one environment ended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutReport {
    /// The environment.
    pub environment: String,
    /// How it ended.
    #[serde(serialize_with = "word")]
    pub outcome: Outcome,
    /// The commit on the branch that was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The tree of the environment's folder in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// The same commit, once it is rolled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_out_commit: Option<String>,
    /// The newest commit of the branch that is known to have been rolled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rolled_out_commit: Option<String>,
    /// How long it took, in seconds: of what was rolled out, since it was published, as far
    /// as that is known; otherwise since the wait began.
    pub seconds: u64,
    /// Each target that was waited for.
    pub targets: Vec<RolloutTarget>,
    /// Why it ended so.
    pub reasons: Vec<String>,
    /// What failed on later commits after it was rolled out: a wait has ended by
    /// then, and whoever asks how it is now wants to know.
    #[serde(skip)]
    pub failed_since: Vec<String>,
    /// What others hide that may have failed since.
    #[serde(skip)]
    pub hidden: Vec<String>,
    /// What to do about it.
    #[serde(skip)]
    pub hint: Option<&'static str>,
}

/// One target that was waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutTarget {
    /// What people call it.
    pub target: String,
    /// `succeeded`, `passedOver`, `failed`, `pending` or `silent`.
    pub state: &'static str,
    /// The commit that it reported on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Its words.
    pub words: String,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn word<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.word())
}

impl RolloutReport {
    /// An environment whose wait could not go on.
    pub fn unknown(environment: &str, commit: Option<ObjectId>, seconds: u64) -> Self {
        Self {
            environment: environment.to_owned(),
            outcome: Outcome::Unknown,
            commit: commit.map(|commit| commit.to_string()),
            tree: None,
            rolled_out_commit: None,
            last_rolled_out_commit: None,
            seconds,
            targets: Vec::new(),
            reasons: Vec::new(),
            failed_since: Vec::new(),
            hidden: Vec::new(),
            hint: None,
        }
    }

    /// Its end in one line.
    pub fn line(&self) -> String {
        let outcome = match (self.outcome, self.seconds) {
            // It was looked at once, and not waited for.
            (Outcome::TimedOut, 0) => "not rolled out yet",
            (outcome, _) => said(outcome),
        };
        let mut text = format!("{}: {outcome}", self.environment);
        if self.seconds > 0 {
            text.push_str(&format!(" after {}", duration(self.seconds)));
        }
        if !self.reasons.is_empty() {
            text.push_str(&format!(": {}", self.reasons.join("; ")));
        }
        text
    }

    /// The variables for later steps, without the environment's name.
    pub(super) fn outputs(&self) -> [(&'static str, String); 3] {
        let text = |commit: &Option<String>| commit.clone().unwrap_or_default();
        [
            ("outcome", self.outcome.word().to_owned()),
            ("rolledOutCommit", text(&self.rolled_out_commit)),
            ("lastRolledOutCommit", text(&self.last_rolled_out_commit)),
        ]
    }
}

/// An outcome for people.
fn said(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::RolledOut => "rolled out",
        Outcome::Unchanged => "nothing to roll out",
        Outcome::Superseded => "superseded",
        Outcome::Failed => "failed",
        Outcome::Reverted => "reverted",
        Outcome::Abandoned => "abandoned",
        Outcome::NotMerged => "not merged",
        Outcome::TimedOut => "timed out",
        Outcome::Unknown => "unknown",
    }
}

/// `40 seconds`, `2 minutes`, `1 minute 5 seconds`.
pub fn duration(seconds: u64) -> String {
    let count = |number: u64, word: &str| {
        let ending = if number == 1 { "" } else { "s" };
        format!("{number} {word}{ending}")
    };
    match (seconds / 60, seconds % 60) {
        (0, seconds) => count(seconds, "second"),
        (minutes, 0) => count(minutes, "minute"),
        (minutes, seconds) => {
            format!("{} {}", count(minutes, "minute"), count(seconds, "second"))
        }
    }
}

/// A table for a terminal, when there is more than one line would say.
pub fn table(rollouts: &[RolloutReport]) -> String {
    let mut rows = vec![["environment", "outcome", "after", "commit"].map(str::to_owned)];
    for one in rollouts {
        let commit = one.commit.as_deref().unwrap_or("-");
        rows.push([
            one.environment.clone(),
            said(one.outcome).to_owned(),
            duration(one.seconds),
            commit.chars().take(10).collect(),
        ]);
    }
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The section of the page of a run.
pub(super) fn markdown(text: &mut String, rollouts: &[RolloutReport]) {
    if rollouts.is_empty() {
        return;
    }
    text.push_str(
        "\n### Rollout\n\n| Environment | Outcome | After | Commit |\n|---|---|---|---|\n",
    );
    for one in rollouts {
        let outcome = if one.outcome.passes() {
            said(one.outcome).to_owned()
        } else {
            format!("**{}**", said(one.outcome))
        };
        let commit = one.commit.as_deref().unwrap_or("-");
        let commit: String = commit.chars().take(10).collect();
        let _ = writeln!(
            text,
            "| `{}` | {outcome} | {} | `{}` |",
            escape(&one.environment),
            duration(one.seconds),
            escape(&commit)
        );
    }
    text.push('\n');
    for one in rollouts {
        for reason in &one.reasons {
            let _ = writeln!(text, "- `{}`: {}", escape(&one.environment), plain(reason));
        }
        let links = one.targets.iter().filter(|target| target.state == "failed");
        for target in links {
            if let Some(link) = target.link.as_deref().filter(|link| is_web(link)) {
                let name = plain(&target.target);
                let _ = writeln!(text, "- `{}`: [{name}]({link})", escape(&one.environment));
            }
        }
    }
}

/// Whether a link of somebody else can stand in Markdown.
fn is_web(link: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !"()<>[]\\`\"|".contains(c);
    (link.starts_with("https://") || link.starts_with("http://")) && link.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> RolloutReport {
        RolloutReport {
            outcome: Outcome::Failed,
            commit: Some("5f2c0a9e1d7b4c38".into()),
            targets: vec![RolloutTarget {
                target: "kustomization/[apps](x)".into(),
                state: "failed",
                commit: None,
                words: "health check failed".into(),
                link: Some("https://flux.contoso.com/a?b=1".into()),
            }],
            reasons: vec!["kustomization/apps: *health* check failed <b>".into()],
            ..RolloutReport::unknown("prod", None, 75)
        }
    }

    #[test]
    fn the_page_shows_each_environment_and_why() {
        let done = RolloutReport {
            outcome: Outcome::RolledOut,
            ..RolloutReport::unknown("dev`|", None, 40)
        };
        let mut text = String::new();
        markdown(&mut text, &[done, failed()]);
        insta::assert_snapshot!(text, @r"

        ### Rollout

        | Environment | Outcome | After | Commit |
        |---|---|---|---|
        | `dev'¦` | rolled out | 40 seconds | `-` |
        | `prod` | **failed** | 1 minute 15 seconds | `5f2c0a9e1d` |

        - `prod`: kustomization/apps: \*health\* check failed ‹b›
        - `prod`: [kustomization/\[apps\](x)](https://flux.contoso.com/a?b=1)
        ");
    }

    #[test]
    fn a_terminal_shows_a_table() {
        let one = RolloutReport::unknown("production", None, 3600);
        insta::assert_snapshot!(table(&[failed(), one]), @r"
        environment  outcome  after                commit
        prod         failed   1 minute 15 seconds  5f2c0a9e1d
        production   unknown  60 minutes           -
        ");
    }

    #[rstest::rstest]
    #[case("https://contoso.com/a#b", true)]
    #[case("javascript:alert(1)", false)]
    #[case("https://contoso.com/)[x](y", false)]
    #[case("https://contoso.com/ a", false)]
    fn a_link_of_others_cannot_leave_its_place(#[case] link: &str, #[case] shown: bool) {
        let mut one = failed();
        one.targets[0].link = Some(link.to_owned());
        let mut text = String::new();
        markdown(&mut text, &[one]);
        assert_eq!(text.contains("]("), shown || text.contains("apps](x)"));
        assert_eq!(text.contains(&format!("]({link})")), shown);
    }

    #[test]
    fn programs_get_words_and_commits() {
        let json = serde_json::to_value(failed()).unwrap();
        assert_eq!(json["outcome"], "failed");
        assert_eq!(json["targets"][0]["state"], "failed");
        assert_eq!(failed().outputs()[1], ("rolledOutCommit", String::new()));
    }
}
