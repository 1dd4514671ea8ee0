//! What happens to a change by its risks.

use gitops_plan::risk::{Allowed, Finding, Revert, Severity};
use gitops_plan::{BRAKES, Identity, Limits, Loss, RiskPolicy, brake, decide};
use rstest::rstest;
use serde_json::{Value, json};

fn finding(severity: Severity) -> Finding {
    Finding {
        rule: "image-changed".to_owned(),
        severity,
        message: "m".to_owned(),
        resource: None,
        file: String::new(),
        line: 0,
        field: None,
        existing: false,
        revert: Revert::Full,
        allowed: None,
        expired: None,
    }
}

/// What is decided, in short.
fn decided(policy: &Value, findings: &[Finding]) -> String {
    let policy = RiskPolicy::from_json(policy).unwrap();
    let verdict = decide(findings, &policy);
    let it = verdict.consequence;
    let mut words = Vec::new();
    words.extend(it.fail.then(|| "fail".to_owned()));
    words.extend(it.pull_request.then(|| "pullRequest".to_owned()));
    words.extend(it.complete.then(|| "complete".to_owned()));
    words.extend(it.reviewers);
    words.join(" ")
}

#[rstest]
#[case::nothing_is_set(json!({}), &[Severity::Critical], "")]
#[case::below(json!({"high": "pullRequest"}), &[Severity::Medium, Severity::Info], "")]
#[case::at(json!({"high": "pullRequest"}), &[Severity::High], "pullRequest")]
#[case::above(json!({"high": "pullRequest"}), &[Severity::Critical, Severity::Info], "pullRequest")]
#[case::the_highest_counts(json!({"high": "pullRequest", "critical": "fail"}), &[Severity::High, Severity::Critical], "fail")]
#[case::report_ends_what_is_lower(json!({"info": "complete", "high": "report"}), &[Severity::High], "")]
#[case::no_finding_counts_as_info(json!({"info": "complete"}), &[], "complete")]
#[case::no_finding_is_no_risk(json!({"medium": "fail"}), &[], "")]
#[case::reviewers_need_a_pull_request(json!({"high": {"reviewers": ["ada", " ops "]}}), &[Severity::High], "pullRequest ada ops")]
#[case::several(json!({"info": ["pullRequest", "complete"]}), &[Severity::Info], "pullRequest complete")]
#[case::several_with_reviewers(json!({"high": ["complete", {"reviewers": "ada"}]}), &[Severity::High], "pullRequest complete ada")]
fn the_entry_of_the_highest_severity_counts(
    #[case] policy: Value,
    #[case] found: &[Severity],
    #[case] expected: &str,
) {
    let findings: Vec<_> = found.iter().map(|it| finding(*it)).collect();
    assert_eq!(decided(&policy, &findings), expected);
}

#[test]
fn critical_findings_that_a_change_brings_need_an_answer_unless_they_are_accepted() {
    let critical = finding(Severity::Critical);
    let mut accepted = critical.clone();
    accepted.allowed = Some(Allowed {
        reason: "r".to_owned(),
        until: "2027-01-01".to_owned(),
    });
    let mut existing = critical.clone();
    existing.existing = true;
    let all = [critical, accepted, existing, finding(Severity::High)];
    let answers = all.map(|one| one.needs_answer());
    assert_eq!(answers, [true, false, false, false]);
}

#[test]
fn what_is_accepted_or_was_so_before_does_not_count() {
    let policy = json!({"critical": "fail"});
    let mut one = finding(Severity::Critical);
    assert_eq!(decided(&policy, &[one.clone()]), "fail");
    one.existing = true;
    assert_eq!(decided(&policy, &[one.clone()]), "");
    one.existing = false;
    one.allowed = Some(Allowed {
        reason: "r".to_owned(),
        until: "2027-01-01".to_owned(),
    });
    assert_eq!(decided(&policy, &[one.clone()]), "");
    let because = decide(
        &[one, finding(Severity::Critical), finding(Severity::High)],
        &RiskPolicy::from_json(&policy).unwrap(),
    );
    assert_eq!(because.because, [finding(Severity::Critical)]);
    assert_eq!(because.severity, Some(Severity::Critical));
}

#[rstest]
#[case(json!("fail"), "it must be a map from severities to actions, such as `{high: pullRequest, critical: fail}`")]
#[case(json!({"urgent": "fail"}), "`urgent` is not a severity; use `info`, `medium`, `high` or `critical`")]
#[case(json!({"high": "stop"}), "for `high`, `stop` is not an action; use one or more of `report`, `pullRequest`, `reviewers`, `complete`, `fail`")]
#[case(json!({"high": {"labels": []}}), "for `high`, `labels` is not an action; use one or more of `report`, `pullRequest`, `reviewers`, `complete`, `fail`")]
#[case(json!({"high": ["fail", "pullRequest"]}), "for `high`, `fail` cannot be combined with another action")]
#[case(json!({"high": ["report", "complete"]}), "for `high`, `report` cannot be combined with another action")]
#[case(json!({"high": []}), "for `high`, an action is missing; use `report` to take none")]
#[case(json!({"high": null}), "for `high`, the value is not an action")]
#[case(json!({"high": "reviewers"}), "for `high`, `reviewers` needs names: `reviewers: [names]`")]
#[case(json!({"high": {"reviewers": []}}), "for `high`, `reviewers` needs names: `reviewers: [names]`")]
#[case(json!({"high": {"reviewers": [1]}}), "for `high`, `reviewers` must be names")]
fn a_policy_that_cannot_be_meant_is_refused(#[case] policy: Value, #[case] said: &str) {
    assert_eq!(RiskPolicy::from_json(&policy).unwrap_err(), said);
}

#[rstest]
#[case(json!({}), false, false)]
#[case(json!({"critical": "fail", "high": "report"}), false, false)]
#[case(json!({"critical": "fail", "high": "pullRequest"}), false, true)]
#[case(json!({"high": {"reviewers": ["ada"]}}), false, true)]
#[case(json!({"info": ["pullRequest", "complete"], "high": "report"}), true, true)]
fn what_a_policy_does_to_pull_requests_is_known_before_any_change(
    #[case] policy: Value,
    #[case] completes: bool,
    #[case] proposes: bool,
) {
    let policy = RiskPolicy::from_json(&policy).unwrap();
    assert_eq!(
        (policy.completes(), policy.proposes()),
        (completes, proposes)
    );
}

/// The rule that a loss is stopped by.
fn braked(loss: &Loss<'_>, protected: &[String]) -> Option<String> {
    let limits = Limits {
        percent: 50,
        protected_kinds: protected,
    };
    brake(limits, loss).map(|finding| finding.rule)
}

#[test]
fn brakes_stop_whatever_the_policy_says() {
    let id = |kind: &str| Identity {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: None,
        name: "a".to_owned(),
    };
    let (claim, maps) = ([id("Namespace")], [id("ConfigMap"), id("Service")]);
    let nothing = Loss {
        folder: "dev",
        resources_before: 4,
        removed: &[],
        lost: &[],
        files_before: 4,
        foreign_removed: 0,
        files: &[],
    };
    let none: &[String] = &[];
    assert_eq!(braked(&nothing, none), None);
    let two = Loss {
        removed: &maps,
        lost: &maps,
        ..nothing
    };
    assert_eq!(braked(&two, none), None, "half may go");
    let of_three = Loss {
        resources_before: 3,
        ..two
    };
    let three = Loss {
        foreign_removed: 3,
        ..nothing
    };
    let protected = Loss {
        removed: &claim,
        ..nothing
    };
    let found = [
        braked(&protected, &["namespace".to_owned()]),
        braked(&three, none),
        braked(&of_three, none),
    ];
    let ids: Vec<_> = BRAKES.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(found.map(Option::unwrap), ids[..]);
    let limits = Limits {
        percent: 50,
        protected_kinds: none,
    };
    let mut finding = brake(limits, &of_three).unwrap();
    finding.allowed = Some(Allowed {
        reason: "r".to_owned(),
        until: "9999-12-31".to_owned(),
    });
    let policy = RiskPolicy::from_json(&json!({"critical": "report"})).unwrap();
    let verdict = decide(&[finding], &policy);
    assert!(verdict.consequence.fail, "no allowance lifts it");
    assert_eq!(verdict.severity, Some(Severity::Critical));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/risks.md");
    let page = std::fs::read_to_string(page).unwrap();
    for rule in BRAKES {
        let row = format!("| `{}` | {} |", rule.id, rule.about);
        assert!(page.contains(&row), "docs/risks.md lacks {row}");
    }
}
