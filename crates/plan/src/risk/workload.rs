//! Workloads: selectors, replicas, probes, limits, variables, and how pods are replaced.

use std::collections::BTreeSet;

use super::{Case, autoscaling, defaults, pods};
use crate::value::Value;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if case.pair.old.is_none() || case.pair.new.is_none() {
        return;
    }
    if pods::template(case.now()).is_some() {
        if case.is_kept() {
            selector(case);
        }
        // Under another name or kind it is still the same workload.
        replicas(case);
        strategy(case);
    }
    for (old, new) in pods::pairs(&case.pair) {
        probes(case, &old, &new);
        limits(case, &old, &new);
        variables(case, &old, &new);
    }
}

fn selector(case: &mut Case<'_, '_>) {
    let is_fixed = matches!(
        case.kind(),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job"
    );
    let selector = |value: &Value| defaults::without("", value.at(&["spec", "selector"]));
    let (old, new) = (selector(case.was()), selector(case.now()));
    if is_fixed && old != new {
        let message = "the selector changes: the server refuses it, and pods that the old one found would be left without an owner";
        case.report(
            "workload-selector-changed",
            "spec.selector",
            message.to_owned(),
        );
    }
}

fn replicas(case: &mut Case<'_, '_>) {
    let has_replicas = |kind: &str| {
        matches!(
            kind,
            "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Rollout"
        )
    };
    if !has_replicas(case.old_kind()) || !has_replicas(case.new_kind()) {
        return;
    }
    let count = |value: &Value| match value.at(&["spec", "replicas"]) {
        Value::Null => Some(1),
        number => number.int(),
    };
    let Some((old, new)) = count(case.was()).zip(count(case.now())) else {
        return;
    };
    let is_set = !case.now().at(&["spec", "replicas"]).is_null();
    let is_scaled = || {
        let workload = case.pair.new;
        workload.is_some_and(|one| autoscaling::is_target(case.after, one))
    };
    if old > 0 && new == 0 {
        case.report(
            "replicas-to-zero",
            "spec.replicas",
            format!("it is scaled from {} to 0", case.number(Side::Old, old)),
        );
    } else if new > 0 && old >= 2 && new <= old / 2 && (is_set || !is_scaled()) {
        let (old, new) = (case.number(Side::Old, old), case.number(Side::New, new));
        let message = if is_set {
            format!("replicas fall from {old} to {new}")
        } else {
            format!(
                "replicas fall from {old} to {new}, the server's default: nothing sets them any longer"
            )
        };
        case.report("replicas-drop", "spec.replicas", message);
    }
}

fn strategy(case: &mut Case<'_, '_>) {
    if case.new_kind() != "Deployment" {
        return;
    }
    let stops = |value: &Value| {
        let strategy = value.at(&["spec", "strategy"]);
        let unavailable = strategy.at(&["rollingUpdate", "maxUnavailable"]);
        let replicas = value.at(&["spec", "replicas"]).int().unwrap_or(1);
        let stops_all = unavailable
            .int()
            .is_some_and(|number| number > 0 && number >= replicas);
        let of_all = pods::percent(unavailable).is_some_and(|percent| percent >= 100);
        strategy.at(&["type"]).text() == Some("Recreate") || stops_all && replicas > 1 || of_all
    };
    if stops(case.now()) && !stops(case.was()) {
        let message = "all pods are stopped before new ones are there, at every update";
        case.report("downtime-strategy", "spec.strategy", message.to_owned());
    }
}

fn probes(case: &mut Case<'_, '_>, old: &pods::Container<'_>, new: &pods::Container<'_>) {
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        if !old.value.at(&[probe]).is_null() && new.value.at(&[probe]).is_null() {
            let message = format!(
                "container {} has no {probe} any longer",
                case.text(Side::New, new.name)
            );
            case.report("probe-removed", &format!("{}.{probe}", new.path), message);
        }
    }
}

fn limits(case: &mut Case<'_, '_>, old: &pods::Container<'_>, new: &pods::Container<'_>) {
    let limits = |one: &pods::Container<'_>| -> BTreeSet<String> {
        let pairs = one.value.at(&["resources", "limits"]).pairs().iter();
        pairs.map(|(key, _)| key.clone()).collect()
    };
    let gone: Vec<_> = limits(old).difference(&limits(new)).cloned().collect();
    if !gone.is_empty() {
        let message = format!(
            "container {} has no limit on {} any longer",
            case.text(Side::New, new.name),
            case.listed(Side::Old, &gone)
        );
        let field = format!("{}.resources.limits", new.path);
        case.report("resource-limits-removed", &field, message);
    }
}

fn variables(case: &mut Case<'_, '_>, old: &pods::Container<'_>, new: &pods::Container<'_>) {
    let names = |one: &pods::Container<'_>| -> BTreeSet<String> {
        let env = one.value.at(&["env"]).items().iter();
        env.map(|one| one.at(&["name"]).scalar()).collect()
    };
    let gone: Vec<_> = names(old).difference(&names(new)).cloned().collect();
    // A source of variables may hold the same ones.
    let sources = |one: &pods::Container<'_>| one.value.at(&["envFrom"]).items().len();
    if !gone.is_empty() && sources(new) <= sources(old) {
        let message = format!(
            "container {} loses {}",
            case.text(Side::New, new.name),
            case.listed(Side::Old, &gone)
        );
        case.report("env-removed", &format!("{}.env", new.path), message);
    }
}
