//! What the server takes for the same: a field with its default value, or with nothing in it,
//! and one that is missing. Only of fields that may not change.

use crate::value::Value;

/// Fields and the values that the server writes where they are missing.
const DEFAULTS: &[(&str, &str)] = &[
    ("type", "Opaque"),
    ("podManagementPolicy", "OrderedReady"),
    ("volumeMode", "Filesystem"),
    ("volumeName", ""),
    ("completionMode", "NonIndexed"),
    ("preemptionPolicy", "PreemptLowerPriority"),
    ("apiGroup", "rbac.authorization.k8s.io"),
    ("restartPolicy", "Always"),
    ("dnsPolicy", "ClusterFirst"),
    ("schedulerName", "default-scheduler"),
    ("terminationGracePeriodSeconds", "30"),
    ("terminationMessagePath", "/dev/termination-log"),
    ("terminationMessagePolicy", "File"),
    ("protocol", "TCP"),
];
/// The same, of a `StorageClass`: elsewhere these fields have other defaults.
const OF_CLASSES: &[(&str, &str)] = &[
    ("reclaimPolicy", "Delete"),
    ("volumeBindingMode", "Immediate"),
];
/// Maps that mean nothing when they are empty.
const MAPS: &[&str] = &[
    "annotations",
    "labels",
    "limits",
    "matchLabels",
    "metadata",
    "nodeSelector",
    "parameters",
    "requests",
    "resources",
    "securityContext",
    "status",
];

/// The resource without what means nothing to the server.
pub(super) fn without(kind: &str, value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(|one| without(kind, one)).collect()),
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, inner)| {
                // Claims that a StatefulSet makes.
                let is_claims = key == "volumeClaimTemplates";
                let inner = if is_claims {
                    claims(inner)
                } else {
                    inner.clone()
                };
                (key.clone(), without(kind, &inner))
            });
            Value::Map(
                pairs
                    .filter(|(key, inner)| !is_nothing(kind, key, inner))
                    .collect(),
            )
        }
        single => single.clone(),
    }
}

fn is_nothing(kind: &str, key: &str, value: &Value) -> bool {
    let is_default = |all: &[(&str, &str)]| all.contains(&(key, value.scalar().as_str()));
    match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(pairs) => pairs.is_empty() && MAPS.contains(&key),
        _ => is_default(DEFAULTS) || kind == "StorageClass" && is_default(OF_CLASSES),
    }
}

/// Claims without their kind, which is always the same.
fn claims(list: &Value) -> Value {
    let bare = |claim: &Value| {
        let pairs = claim.pairs().iter();
        let pairs = pairs.filter(|(key, _)| key != "apiVersion" && key != "kind");
        Value::Map(pairs.cloned().collect())
    };
    Value::List(list.items().iter().map(bare).collect())
}
