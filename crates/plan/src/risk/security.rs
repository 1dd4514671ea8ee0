//! What pods may do to their node, and which protections they have.

use std::collections::BTreeSet;

use super::{Case, pods};
use crate::value::Value;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if case.new_kind() == "Namespace" {
        admission(case);
    }
    let Some((new, path)) = pods::spec(case.now()) else {
        return;
    };
    let old = pods::spec(case.was()).map(|(spec, _)| spec);
    let before = old.map(of_pod).unwrap_or_default();
    let gained: Vec<_> = of_pod(new).difference(&before).cloned().collect();
    if !gained.is_empty() {
        let message = format!("pods get {}", case.listed(Side::New, &gained));
        case.report("security-context-weakened", &path, message);
    }
    let all = pods::others(&case.pair);
    let all = all
        .iter()
        .map(|one| protections(one.value, old.unwrap_or(one.value)));
    // What every container was protected by, one that comes should be, too.
    let of_all = all.reduce(|a, b| &a & &b).unwrap_or_default();
    for (forerunner, container) in pods::successors(&case.pair) {
        let had = forerunner.as_ref().map(|one| powers(one.value));
        let mut changes: Vec<_> = powers(container.value)
            .difference(&had.unwrap_or_default())
            .map(|power| format!("gets {}", case.text(Side::New, power)))
            .collect();
        let now = protections(container.value, new);
        let (before, word) = match (&forerunner, old) {
            (Some(forerunner), Some(old)) => (protections(forerunner.value, old), "loses"),
            _ => (of_all.clone(), "comes without"),
        };
        let lost = before.difference(&now);
        changes.extend(lost.map(|protection| format!("{word} {protection}")));
        if !changes.is_empty() {
            let name = case.text(Side::New, container.name);
            let message = format!("container {name} {}", changes.join(", "));
            let field = format!("{}.securityContext", container.path);
            case.report("security-context-weakened", &field, message);
        }
    }
}

/// Powers of a pod as a whole.
fn of_pod(spec: &Value) -> BTreeSet<String> {
    let mut powers = BTreeSet::new();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec.at(&[field]).is_true() {
            powers.insert(field.to_owned());
        }
    }
    let context = spec.at(&["securityContext"]);
    powers.extend(of_context(context));
    for sysctl in context.at(&["sysctls"]).items() {
        powers.insert(format!("sysctl {}", sysctl.at(&["name"]).scalar()));
    }
    for volume in spec.at(&["volumes"]).items() {
        if let Some(path) = volume.at(&["hostPath", "path"]).text() {
            powers.insert(format!("hostPath {path}"));
        }
    }
    powers
}

/// Powers that a pod may have as well as a container.
fn of_context(context: &Value) -> BTreeSet<String> {
    let mut powers = BTreeSet::new();
    if context.at(&["runAsUser"]).int() == Some(0) {
        powers.insert("user 0".to_owned());
    }
    let profiles = [
        ("seccompProfile", "seccomp"),
        ("appArmorProfile", "AppArmor"),
    ];
    for (field, name) in profiles {
        if context.at(&[field, "type"]).text() == Some("Unconfined") {
            powers.insert(format!("no {name} profile"));
        }
    }
    if context.at(&["windowsOptions", "hostProcess"]).is_true() {
        powers.insert("hostProcess".to_owned());
    }
    powers
}

/// Powers of a container.
fn powers(container: &Value) -> BTreeSet<String> {
    let context = container.at(&["securityContext"]);
    let mut powers = BTreeSet::new();
    if context.at(&["privileged"]).is_true() {
        powers.insert("privileged".to_owned());
    }
    if context.at(&["allowPrivilegeEscalation"]).is_true() {
        powers.insert("allowPrivilegeEscalation".to_owned());
    }
    powers.extend(of_context(context));
    if context.at(&["procMount"]).text() == Some("Unmasked") {
        powers.insert("an unmasked /proc".to_owned());
    }
    for capability in context.at(&["capabilities", "add"]).items() {
        powers.insert(format!("capability {}", capability.scalar()));
    }
    for port in container.at(&["ports"]).items() {
        if let Some(number) = port.at(&["hostPort"]).int() {
            powers.insert(format!("host port {number}"));
        }
    }
    powers
}

/// Protections that are in force for a container, from it or from its pod.
fn protections(container: &Value, pod: &Value) -> BTreeSet<&'static str> {
    let context = container.at(&["securityContext"]);
    let of_pod = pod.at(&["securityContext"]);
    let effective = |field: &str| match context.at(&[field]) {
        Value::Null => of_pod.at(&[field]).clone(),
        value => value.clone(),
    };
    let mut protections = BTreeSet::new();
    let mut add = |holds: bool, name| {
        if holds {
            protections.insert(name);
        }
    };
    add(effective("runAsNonRoot").is_true(), "runAsNonRoot");
    let profile = effective("seccompProfile");
    let confined = matches!(
        profile.at(&["type"]).text(),
        Some("RuntimeDefault" | "Localhost")
    );
    add(confined, "its seccomp profile");
    add(
        context.at(&["readOnlyRootFilesystem"]).is_true(),
        "readOnlyRootFilesystem",
    );
    let escalation = context.at(&["allowPrivilegeEscalation"]);
    add(
        *escalation == Value::Bool(false),
        "allowPrivilegeEscalation: false",
    );
    let dropped = context.at(&["capabilities", "drop"]).items().iter();
    add(
        dropped.map(Value::scalar).any(|name| name == "ALL"),
        "drop: ALL",
    );
    let mounted = pod.at(&["automountServiceAccountToken"]);
    add(
        *mounted == Value::Bool(false),
        "automountServiceAccountToken: false",
    );
    protections
}

/// The level that a namespace enforces for its pods.
fn admission(case: &mut Case<'_, '_>) {
    const LABEL: &str = "pod-security.kubernetes.io/enforce";
    let level = |value: &Value| match value.at(&["metadata", "labels", LABEL]).text() {
        Some("restricted") => 2,
        Some("baseline") => 1,
        _ => 0,
    };
    if case.is_kept() && level(case.now()) < level(case.was()) {
        let message = format!(
            "the namespace enforces {} instead of {}",
            case.new_value(case.now().at(&["metadata", "labels", LABEL])),
            case.old_value(case.was().at(&["metadata", "labels", LABEL]))
        );
        let field = format!("metadata.labels[\"{LABEL}\"]");
        case.report("security-context-weakened", &field, message);
    }
}
