//! The table of rules: id, severity, what git can take back, and the line of
//! documentation. `docs/risks.md` is checked against it.

use super::Revert::{Full, Impossible, LosesData, Recreates};
use super::Severity::{Critical, High, Info, Medium};
use super::{Revert, Severity};

/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id, which never changes.
    pub id: &'static str,
    /// How much it matters, unless it is set otherwise.
    pub severity: Severity,
    /// What git can take back once the change was applied.
    pub forward: Revert,
    /// What git can take back when the rule fires on the way back.
    pub back: Revert,
    /// What it is about, in one line.
    pub about: &'static str,
}

macro_rules! rules {
    ($($id:literal $severity:ident $forward:ident $back:ident $about:literal)*) => {
        /// All rules, the most severe first.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id, severity: $severity, forward: $forward, back: $back, about: $about,
        }),*];
    };
}

rules! {
    "crd-deleted" Critical LosesData Full "A CRD is removed, and with it every resource of its kind in the cluster."
    "duplicate-resource" Critical Full Full "Two manifests describe the same resource; which one wins is chance."
    "empty-output" Critical LosesData Full "Nothing is left of an environment that had resources."
    "gitops-object-deleted" Critical LosesData Full "A Flux Kustomization that prunes, a HelmRelease, or an Argo CD Application with a finalizer is removed, and takes along what it applied."
    "helmrelease-reinstall" Critical Recreates Recreates "The release name, a namespace or the chart of a HelmRelease changes: Flux uninstalls the release and installs it again."
    "immutable-field" Critical Recreates Recreates "A field changes that the server refuses to change; the resource has to be deleted first."
    "mass-deletion" Critical Recreates Full "A large share of the resources is removed at once."
    "namespace-deleted" Critical LosesData Full "A Namespace is removed, with everything in it."
    "pv-reclaim-changed" Critical Full Full "A PersistentVolume is deleted with its claim from now on."
    "pvc-deleted" Critical LosesData Full "A PersistentVolumeClaim or PersistentVolume is removed, by default with its data."
    "secret-encryption-lost" Critical Impossible Full "A Secret that was encrypted is published in plain text."
    "secret-plaintext" Critical Impossible Full "A Secret is published in plain text; git keeps it forever, so it has to be replaced."
    "stateful-workload-deleted" Critical Recreates Full "A StatefulSet is removed; its volumes stay or go by its retention policy."
    "workload-selector-changed" Critical Recreates Recreates "The selector of a workload changes, which the server refuses; pods of the old one would be orphaned."
    "api-removed" High Full Full "The API version no longer exists in the target version of Kubernetes."
    "crd-version-removed" High Full Impossible "A version of a CRD is no longer served; resources that are stored in it or use it break."
    "image-digest-lost" High Full Full "An image was pinned by its digest and no longer is."
    "image-downgrade" High Full Full "An image goes to an older version."
    "image-mutable-tag" High Full Full "An image has a tag that others move, such as `latest`, and no digest."
    "image-registry-changed" High Full Full "An image comes from another registry."
    "ingress-host-removed" High Full Full "A host name is no longer routed."
    "ingress-tls-removed" High Full Full "A host name is no longer served with TLS."
    "kind-changed" High Recreates Recreates "A resource takes the place of another kind with its name: one is deleted, the other created."
    "namespace-moved" High Recreates Recreates "A resource moves to another namespace: it is deleted there and created here."
    "networkpolicy-deleted" High Full Full "A network policy is removed; what it blocked gets through."
    "pdb-blocks-eviction" High Full Full "A PodDisruptionBudget allows no eviction: nodes cannot be drained."
    "pvc-shrunk" High Full Impossible "A volume claim asks for less than before, which the server refuses."
    "rbac-broadened" High Full Full "A role or binding allows more than before."
    "reference-lost" High Full Full "Something is removed that a remaining resource still refers to."
    "replicas-drop" High Full Full "Replicas fall to half or less."
    "replicas-to-zero" High Full Full "A workload is scaled to nothing."
    "resource-renamed" High Recreates Recreates "A resource has another name: the old one is deleted, a new one created."
    "security-context-weakened" High Full Full "Pods get more power over their node, or lose a protection."
    "service-exposed" High Full Full "A Service can be reached from outside of the cluster, or from more places."
    "service-selector-changed" High Full Full "A Service sends its traffic to other pods."
    "unresolved-placeholder" High Full Full "A placeholder was not replaced."
    "webhook-fail-closed" High Full Full "A fail-closed webhook covers all namespaces: when it is down, nothing it covers can change."
    "chart-version-changed" Medium Full Full "The version of a chart changes; what it renders is not part of this plan."
    "downtime-strategy" Medium Full Full "Pods are stopped before new ones are there."
    "env-removed" Medium Full Full "An environment variable of a container is removed."
    "flux-substitution-hazard" Medium Full Full "A text has `${name}`, which Flux replaces where `postBuild` is used."
    "hpa-bounds-changed" Medium Full Full "The bounds of an autoscaler change."
    "one-way-change" Medium Impossible Full "The change goes through, the way back does not."
    "orphan-left-behind" Medium Full Full "A resource goes from git and stays in the cluster, because it says that it is not to be pruned."
    "probe-removed" Medium Full Full "A container is no longer checked by a probe."
    "resource-limits-removed" Medium Full Full "A container has no limit on a resource any longer."
    "schedule-changed" Medium Full Full "A CronJob or a Flux resource has another schedule, or is suspended or resumed."
    "config-hash-roll" Info Full Full "Pods restart because configuration that they use changes."
    "image-changed" Info Full Full "A container has another image."
    "secret-changed" Info Full Full "A value of a Secret changes; it is not shown."
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_rules_sorted() {
        for pair in RULES.windows(2) {
            let order = pair[1]
                .severity
                .cmp(&pair[0].severity)
                .then(pair[0].id.cmp(pair[1].id));
            assert!(order.is_lt(), "{} and {}", pair[0].id, pair[1].id);
        }
    }
}
