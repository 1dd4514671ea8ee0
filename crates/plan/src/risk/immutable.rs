//! Fields that the server refuses to change. Owns the list of them.

use super::{Case, Revert, Severity};
use crate::path::Path;
use crate::value::Value;

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
    let (severity, way) = recreated_by(case.now());
    let message = format!(
        "the server refuses to change `{first}`{more} of a {kind}; {way}",
        first = first.replace('`', "'")
    );
    case.report_as(severity, "immutable-field", first, message);
    if let (true, Some(finding)) = (kind.starts_with("Persistent"), case.last()) {
        finding.revert = Revert::LosesData;
    }
}

fn changed(case: &Case<'_, '_>) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(fixed) = fixed(case.group(), case.kind(), case.was()) {
        let may_change = |path: &Path| {
            // The one field of a pod's containers that may change.
            case.kind() == "Pod" && path.last_key(0) == "image" && path.last_item().is_some()
        };
        let found = case
            .found
            .iter()
            .filter(|one| fixed.holds(&one.path) && !may_change(&one.path));
        fields.extend(found.map(|one| one.field.path.clone()));
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

/// Whether something deletes the resource first, so that the change goes through.
fn recreated_by(new: &Value) -> (Severity, &'static str) {
    let annotations = new.at(&["metadata", "annotations"]);
    let text = |key: &str| annotations.at(&[key]).scalar();
    let has = |key: &str, word: &str| text(key).split(',').any(|part| part.trim() == word);
    if has("kustomize.toolkit.fluxcd.io/force", "enabled") {
        return (
            Severity::Medium,
            "Flux deletes and creates it, as its annotation says",
        );
    }
    if has("argocd.argoproj.io/sync-options", "Replace=true")
        && has("argocd.argoproj.io/sync-options", "Force=true")
    {
        return (
            Severity::Medium,
            "Argo CD deletes and creates it, as its annotation says",
        );
    }
    if has(
        "argocd.argoproj.io/hook-delete-policy",
        "BeforeHookCreation",
    ) || has("helm.sh/hook-delete-policy", "before-hook-creation")
    {
        return (
            Severity::High,
            "Argo CD deletes the hook first; Flux has to be told to (`kustomize.toolkit.fluxcd.io/force: enabled`)",
        );
    }
    (
        Severity::Critical,
        "delete the resource first, or give it another name",
    )
}
