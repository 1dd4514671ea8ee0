//! Every rule, with a change that it speaks about and a similar one that it does not.

use std::collections::BTreeMap;

use gitops_plan::risk::{RULES, Revert, Severity};
use gitops_plan::{Options, plan};

use crate::examples::*;
use crate::read::{documents, flags, options, planned, resources};

#[test]
fn every_rule_speaks_when_it_should_and_not_otherwise() {
    let mut wrong = Vec::new();
    let run = |(old, new): &(String, String)| {
        let (old, new) = (documents(old), documents(new));
        let options = Options {
            kube_minor: Some(34),
            ..options()
        };
        flags(&plan(&resources(&old), &resources(&new), &options))
    };
    let examples = examples();
    for (rule, risky, harmless) in &examples {
        let (found, quiet) = (run(risky), run(harmless));
        if !found.iter().any(|one| one == rule) {
            wrong.push(format!(
                "{rule}: {found:?} for\n{}\n=>\n{}",
                risky.0, risky.1
            ));
        }
        if quiet.iter().any(|one| one == rule) {
            wrong.push(format!(
                "{rule} speaks: {quiet:?} for\n{}\n=>\n{}",
                harmless.0, harmless.1
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for rule in RULES {
        assert!(
            examples.iter().any(|(id, ..)| *id == rule.id),
            "{} has no example",
            rule.id
        );
    }
}

#[test]
fn what_git_can_take_back_is_judged_by_the_way_back() {
    let worst = |old: &str, new: &str| {
        let plan = planned(old, new);
        plan.findings.iter().map(|one| one.revert).max()
    };
    let rest = config("a: b");
    let cases = [
        (image("a.io/b:1.0"), image("a.io/b:1.1"), Revert::Full),
        (
            format!("{}---\n{rest}", claim("1Gi")),
            rest.clone(),
            Revert::LosesData,
        ),
        (claim("1Gi"), claim("2Gi"), Revert::Impossible),
        (
            workload("Job", "", "", ""),
            workload("Job", "", "restartPolicy: Never", ""),
            Revert::Recreates,
        ),
        (
            rest.clone(),
            format!("{}---\n{rest}", secret("data: {a: Yg==}")),
            Revert::Impossible,
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(worst(&old, &new), Some(expected), "{old}\n=>\n{new}");
    }
}

#[test]
fn severities_are_set_and_findings_allowed_until_a_day() {
    let allow = |until: &str, resource: Option<&str>| gitops_plan::risk::Allowance {
        rule: "replicas-to-zero".into(),
        resource: resource.map(str::to_owned),
        reason: "closed for the winter".into(),
        until: until.into(),
    };
    let (old, new) = (
        documents(&container("")),
        documents(&deployment("replicas: 0", "", "")),
    );
    let severities = BTreeMap::from([("replicas-to-zero".to_owned(), Severity::Critical)]);
    let run = |allowances: &[_]| {
        let options = Options {
            severities: Some(&severities),
            allowances,
            today: "2026-11-28",
            ..options()
        };
        let plan = plan(&resources(&old), &resources(&new), &options);
        assert_eq!(plan.findings.len(), 1);
        let finding = plan.findings[0].clone();
        let counted = plan.summary.severities.get(&Severity::Critical).copied();
        (
            finding.allowed.is_some(),
            finding.expired,
            counted,
            plan.summary.allowed,
        )
    };
    let allowed = (true, None, None, 1);
    let refused = |expired: Option<&str>| (false, expired.map(str::to_owned), Some(1), 0);
    assert_eq!(run(&[]), refused(None));
    assert_eq!(run(&[allow("2026-11-28", None)]), allowed);
    assert_eq!(
        run(&[allow("2026-11-28", Some("Deployment shop/web"))]),
        allowed
    );
    assert_eq!(
        run(&[allow("2027-01-01", Some("Deployment shop/api"))]),
        refused(None)
    );
    assert_eq!(
        run(&[allow("2026-11-27", None)]),
        refused(Some("2026-11-27"))
    );
    assert_eq!(run(&[allow("never", None)]), refused(Some("never")));
    let of_another_rule = gitops_plan::risk::Allowance {
        rule: "image-changed".into(),
        ..allow("2027-01-01", None)
    };
    assert_eq!(run(&[of_another_rule]), refused(None));
    assert_eq!(
        run(&[allow("2026-11-01", None), allow("2026-12-01", None)]),
        allowed
    );
}
