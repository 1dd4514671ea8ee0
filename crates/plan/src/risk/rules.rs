//! The rules one after another, on the way there and on the way back. Owns the judgement
//! of what git can take back.

use std::collections::HashMap;

use super::{
    Case, Finding, Revert, Severity, allowance, api, autoscaling, configuration, crd, deletion,
    gitops, identity, image, immutable, network, rbac, references, secret, security, storage,
    table, webhook, workload,
};
use crate::options::Options;

/// Rules that look at one pair.
const SINGLE: &[fn(&mut Case<'_, '_>)] = &[
    api::check,
    autoscaling::check,
    configuration::check,
    crd::check,
    deletion::check,
    gitops::check,
    identity::check,
    image::check,
    immutable::check,
    network::check,
    rbac::check,
    references::check,
    secret::check,
    security::check,
    storage::check,
    webhook::check,
    workload::check,
];

/// What the rules find in one pair.
fn single<'a, 'f>(mut case: Case<'a, 'f>) -> Case<'a, 'f> {
    for check in SINGLE {
        check(&mut case);
    }
    case
}

/// What is wrong with a resource that stays as it is.
pub(crate) fn standing(mut case: Case<'_, '_>) -> Vec<Finding> {
    api::check(&mut case);
    if secret::is_plain(case.now()) {
        secret::plain(&mut case, true);
    }
    case.out
}

/// The findings of one pair, with what git can take back judged by the way back.
pub(crate) fn run_back(there: Case<'_, '_>) -> Vec<Finding> {
    let back = Case {
        pair: there.pair.reversed(),
        before: there.after,
        after: there.before,
        found: there.found,
        is_cut: there.is_cut,
        options: there.options,
        veil: there.veil,
        is_back: true,
        out: Vec::new(),
    };
    let mut subject = single(there);
    let mut findings = std::mem::take(&mut subject.out);
    let mut costs: HashMap<String, (Revert, String)> = HashMap::new();
    for finding in single(back).out {
        let cost = table::rule(&finding.rule).map_or(Revert::Full, |rule| rule.back);
        let worst = costs
            .entry(finding.rule)
            .or_insert((Revert::Full, String::new()));
        if cost > worst.0 {
            *worst = (cost, finding.message);
        }
    }
    for finding in &mut findings {
        if let Some((cost, _)) = costs.get(&finding.rule) {
            finding.revert = finding.revert.max(*cost);
        }
    }
    // What the way there does not even mention may still have no way back.
    let mut blocked: Vec<_> = costs
        .iter()
        .filter(|(rule, (cost, _))| {
            *cost == Revert::Impossible && findings.iter().all(|finding| finding.rule != **rule)
        })
        .collect();
    blocked.sort();
    for (rule, (_, message)) in blocked {
        subject.report(
            "one-way-change",
            "",
            format!("git cannot take this back; on the way back: {message} ({rule})"),
        );
    }
    findings.append(&mut subject.out);
    findings
}

/// Severities of the caller, allowances and order.
pub(crate) fn run(findings: &mut [Finding], options: &Options<'_>) {
    if let Some(severities) = options.severities {
        for finding in findings.iter_mut() {
            if let Some(severity) = severities.get(&finding.rule) {
                finding.severity = *severity;
            }
        }
    }
    allowance::apply(findings, options.allowances, options.today);
    let order = |finding: &Finding| {
        let severity: Severity = finding.severity;
        (
            finding.allowed.is_some(),
            finding.existing,
            std::cmp::Reverse(severity),
        )
    };
    findings.sort_by(|a, b| {
        let names =
            |a: &Finding, b: &Finding| a.rule.cmp(&b.rule).then(a.resource.cmp(&b.resource));
        order(a).cmp(&order(b)).then_with(|| names(a, b))
    });
}
