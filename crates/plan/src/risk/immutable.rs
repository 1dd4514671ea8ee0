//! Fields that the server refuses to change. Owns the list of them.

use super::{Case, Revert, Severity, defaults};
use crate::path::Path;
use crate::value::{self, Value};

/// What may not change in a kind.
enum Fixed {
    /// These fields and what is in them.
    Only(&'static [&'static [&'static str]]),
    /// Everything in `spec` but these fields.
    SpecBut(&'static [&'static [&'static str]]),
}

fn fixed(group: &str, kind: &str, old: &Value) -> Option<Fixed> {
    Some(match (group, kind) {
        ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => {
            Fixed::Only(&[&["spec", "selector"]])
        }
        ("apps", "StatefulSet") => Fixed::SpecBut(&[
            &["replicas"],
            &["template"],
            &["updateStrategy"],
            &["persistentVolumeClaimRetentionPolicy"],
            &["minReadySeconds"],
            &["ordinals"],
            &["revisionHistoryLimit"],
        ]),
        ("batch", "Job") => Fixed::Only(&[
            &["spec", "template"],
            &["spec", "selector"],
            &["spec", "completionMode"],
            &["spec", "podFailurePolicy"],
            &["spec", "successPolicy"],
            &["spec", "backoffLimitPerIndex"],
            &["spec", "managedBy"],
        ]),
        ("", "PersistentVolumeClaim") => {
            Fixed::SpecBut(&[&["resources", "requests"], &["volumeAttributesClassName"]])
        }
        ("", "PersistentVolume") => Fixed::SpecBut(&[
            &["accessModes"],
            &["capacity"],
            &["claimRef"],
            &["mountOptions"],
            &["nodeAffinity"],
            &["persistentVolumeReclaimPolicy"],
            &["storageClassName"],
            &["volumeAttributesClassName"],
        ]),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            Fixed::Only(&[&["roleRef"]])
        }
        ("storage.k8s.io", "StorageClass") => Fixed::Only(&[
            &["provisioner"],
            &["parameters"],
            &["reclaimPolicy"],
            &["volumeBindingMode"],
        ]),
        ("networking.k8s.io", "IngressClass") => Fixed::Only(&[&["spec", "controller"]]),
        ("scheduling.k8s.io", "PriorityClass") => Fixed::Only(&[&["value"], &["preemptionPolicy"]]),
        ("node.k8s.io", "RuntimeClass") => Fixed::Only(&[&["handler"]]),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Fixed::Only(&[
            &["spec", "scope"],
            &["spec", "group"],
            &["spec", "names", "kind"],
            &["spec", "names", "plural"],
        ]),
        ("", "ConfigMap" | "Secret") if old.at(&["immutable"]).is_true() => {
            Fixed::Only(&[&["data"], &["binaryData"], &["stringData"], &["immutable"]])
        }
        ("", "Secret") => Fixed::Only(&[&["type"]]),
        ("", "Pod") => Fixed::SpecBut(&[&["activeDeadlineSeconds"], &["tolerations"]]),
        _ => return None,
    })
}

impl Fixed {
    /// The fixed fields that differ, for a resource in which too many do to name each.
    fn differing(&self, old: &Value, new: &Value) -> Vec<String> {
        match self {
            Self::Only(fields) => {
                let differ = fields.iter().filter(|keys| old.at(keys) != new.at(keys));
                differ.map(|keys| keys.join(".")).collect()
            }
            Self::SpecBut(fields) => {
                let (old, new) = (old.at(&["spec"]), new.at(&["spec"]));
                let all = value::joined(old.pairs(), new.pairs());
                let fixed = |key: &str, side: Option<&Value>| match side {
                    Some(Value::Map(pairs)) => {
                        let may = |inner: &str| fields.iter().any(|field| *field == [key, inner]);
                        let pairs = pairs.iter().filter(|(inner, _)| !may(inner));
                        Value::Map(pairs.cloned().collect())
                    }
                    other => other.cloned().unwrap_or_default(),
                };
                let differ = all.into_iter().filter(|(key, old, new)| {
                    let may = fields.iter().any(|field| *field == [*key]);
                    !may && fixed(key, *old) != fixed(key, *new)
                });
                differ.map(|(key, ..)| format!("spec.{key}")).collect()
            }
        }
    }

    fn holds(&self, path: &Path) -> bool {
        match self {
            Self::Only(fields) => fields.iter().any(|field| path.starts_with(field)),
            Self::SpecBut(fields) => {
                let spec = Path(path.0.get(1..).unwrap_or_default().to_vec());
                path.starts_with(&["spec"]) && !fields.iter().any(|field| spec.starts_with(field))
            }
        }
    }
}

pub(super) fn check(case: &mut Case<'_, '_>) {
    if !case.is_kept()
        || case.pair.old.map(|one| &one.id.name) != case.pair.new.map(|one| &one.id.name)
    {
        return;
    }
    let fields = changed(case);
    let Some(first) = fields.first() else { return };
    let kind = case.kind();
    let more = match fields.len() - 1 {
        0 => String::new(),
        1 => " and 1 more field".to_owned(),
        more => format!(" and {more} more fields"),
    };
    let (severity, way) = way(case);
    let message = format!(
        "the server refuses to change `{first}`{more} of a {kind}; {way}",
        first = first.replace('`', "'")
    );
    case.report_as(severity, "immutable-field", first, message);
    let loses = kind.starts_with("Persistent") || loses_data(case);
    if let (true, Some(finding)) = (loses, case.last()) {
        finding.revert = Revert::LosesData;
    }
}

fn changed(case: &Case<'_, '_>) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(fixed) = fixed(case.group(), case.kind(), case.was()) {
        let same = |value: &Value| defaults::without(case.kind(), value);
        let differing = || fixed.differing(&same(case.was()), &same(case.now()));
        let may_change = |path: &Path| {
            // The one field of a pod's containers that may change.
            case.kind() == "Pod" && path.last_key(0) == "image" && path.last_item().is_some()
        };
        let found = case
            .found
            .iter()
            .filter(|one| fixed.holds(&one.path) && !may_change(&one.path));
        fields.extend(found.map(|one| one.field.path.clone()));
        if fields.is_empty() && case.is_cut {
            fields = differing();
        } else if !fields.is_empty() && differing().is_empty() {
            fields.clear();
        }
        // What matters most comes first.
        let noise = |path: &String| path.contains("metadata.");
        fields.sort_by_key(noise);
    }
    if case.kind() == "Service" && case.group().is_empty() {
        let ip = |value: &Value| value.at(&["spec", "clusterIP"]).scalar();
        let (old, new) = (ip(case.was()), ip(case.now()));
        if !old.is_empty() && !new.is_empty() && old != new {
            fields.push("spec.clusterIP".to_owned());
        }
    }
    fields
}

/// Whether something deletes the resource first, so that the change goes through, and who.
enum Recreated {
    /// It says so, and it is done.
    By(&'static str),
    /// It is a hook of Argo CD.
    Hook,
    No,
}

fn recreated(new: &Value) -> Recreated {
    let annotations = new.at(&["metadata", "annotations"]);
    let text = |key: &str| annotations.at(&[key]).scalar();
    let has = |key: &str, word: &str| text(key).split(',').any(|part| part.trim() == word);
    let of_argo = |word: &str| has("argocd.argoproj.io/sync-options", word);
    let deletes_hook = has(
        "argocd.argoproj.io/hook-delete-policy",
        "BeforeHookCreation",
    ) || has("helm.sh/hook-delete-policy", "before-hook-creation");
    if text("kustomize.toolkit.fluxcd.io/force").eq_ignore_ascii_case("enabled") {
        Recreated::By("Flux")
    } else if of_argo("Replace=true") && of_argo("Force=true") {
        Recreated::By("Argo CD")
    } else if deletes_hook {
        Recreated::Hook
    } else {
        Recreated::No
    }
}

/// What goes with a resource of this kind and does not come back with it.
fn taken_along(kind: &str, was: &Value) -> Option<&'static str> {
    let retention = [
        "spec",
        "persistentVolumeClaimRetentionPolicy",
        "whenDeleted",
    ];
    match kind {
        "PersistentVolumeClaim" | "PersistentVolume" => Some("its data are lost"),
        "CustomResourceDefinition" => Some("every resource of its kind is deleted with it"),
        "StatefulSet" if was.at(&retention).text() == Some("Delete") => {
            Some("its volumes are deleted with it")
        }
        _ => None,
    }
}

/// Whether a change that the server refuses deletes what does not come back.
pub(super) fn loses_data(case: &Case<'_, '_>) -> bool {
    let deletes = !matches!(recreated(case.now()), Recreated::No);
    deletes && taken_along(case.kind(), case.was()).is_some()
}

/// How the change gets to the cluster.
fn way(case: &Case<'_, '_>) -> (Severity, String) {
    let lost = taken_along(case.kind(), case.was());
    match (recreated(case.now()), lost) {
        (Recreated::By(who), None) => (
            Severity::Medium,
            format!("{who} deletes and creates it, as its annotation says"),
        ),
        (Recreated::By(who), Some(lost)) => (
            Severity::Critical,
            format!("{who} deletes and creates it, as its annotation says, and {lost}"),
        ),
        (Recreated::Hook, None) => (
            Severity::High,
            "Argo CD deletes the hook first; Flux has to be told to (`kustomize.toolkit.fluxcd.io/force: enabled`)".to_owned(),
        ),
        (Recreated::Hook, Some(lost)) => (
            Severity::Critical,
            format!("Argo CD deletes the hook first, and {lost}"),
        ),
        (Recreated::No, _) => (
            Severity::Critical,
            "delete the resource first, or give it another name".to_owned(),
        ),
    }
}
