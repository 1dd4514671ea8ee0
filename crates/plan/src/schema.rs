//! What is known about fields before anything is compared: how the items of lists are
//! told apart, and which texts are quantities or durations.

pub(crate) mod crd;
pub(crate) mod duration;
pub(crate) mod lists;
pub(crate) mod quantity;
pub(crate) mod scalars;
pub(crate) mod words;

/// Whether Kubernetes itself defines the kinds of a group.
pub(crate) fn is_builtin(group: &str) -> bool {
    !group.contains('.')
        || (group.ends_with(".k8s.io") && !OUTSIDE.contains(&group) && !group.contains(".x-k8s"))
}

/// Groups under Kubernetes' domain whose kinds come as CRDs.
const OUTSIDE: &[&str] = &[
    "gateway.networking.k8s.io",
    "snapshot.storage.k8s.io",
    "metrics.k8s.io",
    "autoscaling.k8s.io",
    "policy.networking.k8s.io",
];
