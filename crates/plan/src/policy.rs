//! What happens to a change by its risks, and the one function that decides it.
//!
//! Pure: findings and a policy in, a verdict out. Who wrote the policy, and whether it may
//! be trusted, is the caller's business.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::brake::is_brake;
use crate::risk::{Finding, Severity};

/// What happens to a change by the highest severity that is found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RiskPolicy(BTreeMap<Severity, Consequence>);

/// What happens to a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequence {
    /// It is not published.
    pub fail: bool,
    /// It goes by pull request, whatever the settings say.
    pub pull_request: bool,
    /// Who has to review that.
    pub reviewers: Vec<String>,
    /// The host completes it as soon as its policies allow.
    pub complete: bool,
}

/// What was decided about a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What happens.
    pub consequence: Consequence,
    /// The severity that it was decided by: of a change without findings, the lowest.
    pub severity: Option<Severity>,
    /// The findings of that severity.
    pub because: Vec<Finding>,
}

/// The words of a policy.
const ACTIONS: [&str; 5] = ["report", "pullRequest", "reviewers", "complete", "fail"];

/// Decides what happens to a change.
///
/// A brake stops it, whatever the policy says. Otherwise the highest severity counts, of
/// the findings that are neither accepted nor about what was so before. A severity without
/// an entry is treated like the next lower one that has one. Without any, the change is
/// only reported.
pub fn decide(findings: &[Finding], policy: &RiskPolicy) -> Verdict {
    let brakes = findings.iter().filter(|finding| is_brake(&finding.rule));
    let because: Vec<_> = brakes.cloned().collect();
    if !because.is_empty() {
        let consequence = Consequence {
            fail: true,
            ..Consequence::default()
        };
        return Verdict {
            consequence,
            severity: Some(Severity::Critical),
            because,
        };
    }
    let counts = |finding: &&Finding| finding.allowed.is_none() && !finding.existing;
    let worst = findings.iter().filter(counts).map(|one| one.severity).max();
    let severity = worst.unwrap_or(Severity::Info);
    let entry = policy.0.range(..=severity).next_back();
    let because = findings.iter().filter(counts);
    let because = because.filter(|finding| finding.severity == severity);
    Verdict {
        consequence: entry.map(|(_, it)| it.clone()).unwrap_or_default(),
        severity: worst,
        because: because.cloned().collect(),
    }
}

impl RiskPolicy {
    /// Whether nothing is decided by it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it lets the host complete some changes, and so not the others.
    pub fn completes(&self) -> bool {
        self.0.values().any(|it| it.complete)
    }

    /// Whether it makes some changes go by pull request.
    pub fn proposes(&self) -> bool {
        self.0.values().any(|it| it.pull_request)
    }

    /// Reads a policy: a map from severities to one action, or to a list of them.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_json(json: &Json) -> Result<Self, String> {
        let Some(map) = json.as_object() else {
            return Err("it must be a map from severities to actions, such as `{high: pullRequest, critical: fail}`".to_owned());
        };
        let mut policy = BTreeMap::new();
        for (name, actions) in map {
            let severity: Severity =
                serde_json::from_value(Json::from(name.as_str())).map_err(|_| {
                    format!(
                        "`{name}` is not a severity; use `info`, `medium`, `high` or `critical`"
                    )
                })?;
            let wrong = |said: String| format!("for `{name}`, {said}");
            policy.insert(severity, Consequence::read(actions).map_err(wrong)?);
        }
        Ok(Self(policy))
    }
}

impl Consequence {
    fn read(json: &Json) -> Result<Self, String> {
        let mut out = Self::default();
        let mut words = Vec::new();
        match json {
            Json::Array(items) => {
                for item in items {
                    out.add(item, &mut words)?;
                }
            }
            other => out.add(other, &mut words)?,
        }
        let alone = ["fail", "report"];
        let alone = alone
            .iter()
            .find(|word| words.iter().any(|own| own == *word));
        if let Some(alone) = alone.filter(|_| words.len() > 1) {
            return Err(format!("`{alone}` cannot be combined with another action"));
        }
        if words.is_empty() {
            return Err("an action is missing; use `report` to take none".to_owned());
        }
        Ok(out)
    }

    fn add(&mut self, json: &Json, words: &mut Vec<String>) -> Result<(), String> {
        match json {
            Json::String(word) => match word.as_str() {
                "report" => {}
                "pullRequest" => self.pull_request = true,
                "complete" => self.complete = true,
                "fail" => self.fail = true,
                "reviewers" => {
                    return Err("`reviewers` needs names: `reviewers: [names]`".to_owned());
                }
                other => return Err(unknown(other)),
            },
            Json::Object(map) => {
                for (key, value) in map {
                    if key != "reviewers" {
                        return Err(unknown(key));
                    }
                    let items = match value {
                        Json::Array(items) => items.iter().collect(),
                        one => vec![one],
                    };
                    let names = items.into_iter().map(|item| match item {
                        Json::String(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
                        _ => Err("`reviewers` must be names".to_owned()),
                    });
                    let names = names.collect::<Result<Vec<_>, _>>()?;
                    if names.is_empty() {
                        return Err("`reviewers` needs names: `reviewers: [names]`".to_owned());
                    }
                    self.reviewers.extend(names);
                    // Nobody reviews a push.
                    self.pull_request = true;
                    words.push(key.clone());
                }
                return Ok(());
            }
            _ => return Err("the value is not an action".to_owned()),
        }
        words.extend(json.as_str().map(str::to_owned));
        Ok(())
    }
}

fn unknown(word: &str) -> String {
    let actions = ACTIONS.join("`, `");
    format!("`{word}` is not an action; use one or more of `{actions}`")
}
