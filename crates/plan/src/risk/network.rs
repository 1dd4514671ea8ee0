//! Services and routes: who is reached, from where, and how.

use std::collections::BTreeSet;

use super::{Case, address};
use crate::value::Value;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if case.new_kind() == "Service" && case.group().is_empty() {
        service(case);
    }
    removed_hosts(case);
    removed_tls(case);
}

/// The host names that a resource routes.
pub(crate) fn hosts(value: &Value) -> Vec<&str> {
    let spec = value.at(&["spec"]);
    match value.at(&["kind"]).text() {
        Some("Ingress") => {
            let rules = spec.at(&["rules"]).items().iter();
            rules.filter_map(|rule| rule.at(&["host"]).text()).collect()
        }
        Some("HTTPRoute" | "GRPCRoute" | "TLSRoute") => texts(spec.at(&["hostnames"])),
        Some("VirtualService") => texts(spec.at(&["hosts"])),
        _ => Vec::new(),
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.items().iter().filter_map(Value::text).collect()
}

fn removed_hosts(case: &mut Case<'_, '_>) {
    let here = hosts(case.now());
    let gone: Vec<_> = (hosts(case.was()).into_iter())
        .filter(|host| !here.contains(host) && !case.after.hosts.contains(host))
        .collect();
    if !gone.is_empty() {
        let message = format!(
            "nothing routes {} any longer",
            case.listed(Side::Old, &gone)
        );
        if case.is_gone() {
            case.report_gone("ingress-host-removed", "spec.rules", message);
        } else {
            case.report("ingress-host-removed", "spec.rules", message);
        }
    }
}

/// Hosts that an Ingress serves with TLS; all of them where an entry names none.
fn secured(value: &Value) -> BTreeSet<&str> {
    let entries = value.at(&["spec", "tls"]).items();
    entries
        .iter()
        .flat_map(|entry| match texts(entry.at(&["hosts"])) {
            none if none.is_empty() => hosts(value),
            list => list,
        })
        .collect()
}

/// Whether a host is one of these, or falls under one with a star.
fn is_among(all: &BTreeSet<&str>, host: &str) -> bool {
    let parent = host.split_once('.').map_or("", |(_, parent)| parent);
    all.contains(host) || all.contains(format!("*.{parent}").as_str())
}

fn removed_tls(case: &mut Case<'_, '_>) {
    if case.kind() != "Ingress" || !case.is_kept() {
        return;
    }
    let (was, now) = (secured(case.was()), secured(case.now()));
    let before = hosts(case.was());
    let gone: BTreeSet<_> = (hosts(case.now()).into_iter())
        .filter(|host| before.contains(host) && is_among(&was, host) && !is_among(&now, host))
        .collect();
    let gone: Vec<_> = gone.into_iter().collect();
    if !gone.is_empty() {
        let message = format!(
            "{} is no longer served with TLS",
            case.listed(Side::Old, &gone)
        );
        case.report("ingress-tls-removed", "spec.tls", message);
    }
}

fn service(case: &mut Case<'_, '_>) {
    let (old, new) = (case.was(), case.now());
    if case.is_kept() {
        let selector = |value: &'_ Value| value.at(&["spec", "selector"]).clone();
        let (before, after) = (selector(old), selector(new));
        if before != after && !before.is_null() && !after.is_null() {
            let message = "the Service sends its traffic to other pods; check that some match";
            case.report(
                "service-selector-changed",
                "spec.selector",
                message.to_owned(),
            );
        }
    }
    for (field, message) in exposures(old, new) {
        case.report("service-exposed", field, message);
    }
}

/// Annotations, by their whole names, and values that keep a load balancer inside of a
/// virtual network.
const INTERNAL: &[(&str, &[&str])] = &[
    (
        "service.beta.kubernetes.io/azure-load-balancer-internal",
        &["true"],
    ),
    (
        "service.beta.kubernetes.io/aws-load-balancer-internal",
        &["true", "0.0.0.0/0"],
    ),
    (
        "service.beta.kubernetes.io/aws-load-balancer-scheme",
        &["internal"],
    ),
    ("networking.gke.io/load-balancer-type", &["Internal"]),
    ("cloud.google.com/load-balancer-type", &["Internal"]),
    (
        "service.beta.kubernetes.io/openstack-internal-load-balancer",
        &["true"],
    ),
    (
        "service.beta.kubernetes.io/oci-load-balancer-internal",
        &["true"],
    ),
];

/// How far a Service can be reached.
fn reach(service: &Value) -> (u8, bool) {
    let annotations = service.at(&["metadata", "annotations"]);
    let is_internal = INTERNAL.iter().any(|(key, values)| {
        let value = annotations.at(&[key]).scalar();
        values.contains(&value.as_str())
    });
    match service.at(&["spec", "type"]).text() {
        Some("LoadBalancer") if is_internal => (2, true),
        Some("LoadBalancer") => (3, false),
        Some("NodePort") => (1, false),
        _ => (0, false),
    }
}

/// Where a load balancer says who may connect.
const RANGES: &[&str] = &[
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
];

/// The address ranges that may connect; nothing when all may.
fn ranges(service: &Value) -> Option<Vec<String>> {
    let of_spec = service.at(&["spec", "loadBalancerSourceRanges"]).items();
    let mut all: Vec<_> = of_spec.iter().map(Value::scalar).collect();
    for key in RANGES {
        let text = service.at(&["metadata", "annotations", key]).scalar();
        let parts = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        all.extend(parts.map(str::to_owned));
    }
    (!all.is_empty()).then_some(all)
}

fn exposures(old: &Value, new: &Value) -> Vec<(&'static str, String)> {
    const PLACE: &str = "spec.loadBalancerSourceRanges";
    let mut found = Vec::new();
    let (before, after) = (reach(old), reach(new));
    let kind = new.at(&["spec", "type"]).scalar();
    if after.0 > before.0 {
        let what = match after {
            (3, _) if before.1 => "the load balancer is no longer internal".to_owned(),
            (2, _) => format!("it becomes a {kind}, reachable from the virtual network"),
            _ => format!("it becomes a {kind}, reachable from outside of the cluster"),
        };
        found.push(("spec.type", what));
    }
    match (ranges(old), ranges(new)) {
        (Some(_), None) if after.0 > 1 => {
            let message = "every address may connect, not only some ranges".to_owned();
            found.push((PLACE, message));
        }
        (Some(old), Some(new)) if after.0 > 1 => {
            let is_new = |range: &&String| !old.iter().any(|old| address::covers(old, range));
            if new.iter().any(|range| is_new(&range)) {
                let message = "addresses may connect that could not before".to_owned();
                found.push((PLACE, message));
            }
        }
        _ => {}
    }
    let addresses = |value: &Value| -> Vec<String> {
        let items = value.at(&["spec", "externalIPs"]).items();
        items.iter().map(Value::scalar).collect()
    };
    let before = addresses(old);
    if addresses(new).iter().any(|one| !before.contains(one)) {
        found.push((
            "spec.externalIPs",
            "it takes traffic to more external addresses".to_owned(),
        ));
    }
    found
}
