//! Which kinds belong to a namespace, and which to the whole cluster.

use std::collections::HashMap;

use super::group_and_kind;
use crate::generate::documents::{field, list_items};
use crate::text::Node;

/// Where resources of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Namespace,
    Cluster,
    Unknown,
}

/// What is known: the tables below, and what definitions among the files say.
#[derive(Default)]
pub(super) struct Scopes {
    defined: HashMap<(String, String), Scope>,
}

impl Scopes {
    /// Remembers the scope that a custom resource definition gives its kind.
    pub(super) fn learn(&mut self, root: &Node) {
        if let Some(items) = list_items(root) {
            for item in items {
                self.learn(item);
            }
        }
        if group_and_kind(root) != Some(("apiextensions.k8s.io", "CustomResourceDefinition")) {
            return;
        }
        let defined = || {
            let spec = field(root, "spec")?;
            let group = field(spec, "group")?.text()?;
            let kind = field(field(spec, "names")?, "kind")?.text()?;
            let scope = match field(spec, "scope")?.text()? {
                "Cluster" => Scope::Cluster,
                "Namespaced" => Scope::Namespace,
                _ => return None,
            };
            Some(((group.to_owned(), kind.to_owned()), scope))
        };
        self.defined.extend(defined());
    }

    /// The scope of a kind.
    pub(super) fn of(&self, group: &str, kind: &str) -> Scope {
        if let Some(scope) = self.defined.get(&(group.to_owned(), kind.to_owned())) {
            return *scope;
        }
        let in_cluster = CLUSTER
            .iter()
            .any(|(known, kinds)| *known == group && (kinds.is_empty() || kinds.contains(&kind)));
        if in_cluster {
            Scope::Cluster
        } else if GROUPS.contains(&group) || group.ends_with(".toolkit.fluxcd.io") {
            Scope::Namespace
        } else {
            Scope::Unknown
        }
    }
}

/// The kinds of a group that belong to the cluster; none means all of them.
const CLUSTER: &[(&str, &[&str])] = &[
    (
        "",
        &["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
    ),
    ("admissionregistration.k8s.io", &[]),
    ("apiextensions.k8s.io", &[]),
    ("apiregistration.k8s.io", &[]),
    ("authentication.k8s.io", &[]),
    (
        "authorization.k8s.io",
        &[
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
    ),
    (
        "certificates.k8s.io",
        &["CertificateSigningRequest", "ClusterTrustBundle"],
    ),
    ("extensions", &["PodSecurityPolicy"]),
    ("flowcontrol.apiserver.k8s.io", &[]),
    ("internal.apiserver.k8s.io", &[]),
    (
        "networking.k8s.io",
        &["IPAddress", "IngressClass", "ServiceCIDR"],
    ),
    ("node.k8s.io", &[]),
    ("policy", &["PodSecurityPolicy"]),
    (
        "rbac.authorization.k8s.io",
        &["ClusterRole", "ClusterRoleBinding"],
    ),
    (
        "resource.k8s.io",
        &["DeviceClass", "DeviceTaintRule", "ResourceSlice"],
    ),
    ("scheduling.k8s.io", &["PriorityClass"]),
    (
        "storage.k8s.io",
        &[
            "CSIDriver",
            "CSINode",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ],
    ),
    ("storagemigration.k8s.io", &[]),
    // Widespread operators.
    (
        "argoproj.io",
        &["ClusterAnalysisTemplate", "ClusterWorkflowTemplate"],
    ),
    ("cert-manager.io", &["ClusterIssuer"]),
    (
        "cilium.io",
        &[
            "CiliumClusterwideNetworkPolicy",
            "CiliumLoadBalancerIPPool",
            "CiliumNode",
        ],
    ),
    ("constraints.gatekeeper.sh", &[]),
    (
        "crd.projectcalico.org",
        &[
            "FelixConfiguration",
            "GlobalNetworkPolicy",
            "GlobalNetworkSet",
            "IPPool",
        ],
    ),
    ("eventing.keda.sh", &["ClusterCloudEventSource"]),
    (
        "external-secrets.io",
        &[
            "ClusterExternalSecret",
            "ClusterPushSecret",
            "ClusterSecretStore",
        ],
    ),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("generators.external-secrets.io", &["ClusterGenerator"]),
    ("karpenter.azure.com", &[]),
    ("karpenter.k8s.aws", &[]),
    ("karpenter.sh", &[]),
    ("keda.sh", &["ClusterTriggerAuthentication"]),
    (
        "kyverno.io",
        &[
            "ClusterCleanupPolicy",
            "ClusterPolicy",
            "GlobalContextEntry",
        ],
    ),
    ("mutations.gatekeeper.sh", &[]),
    ("operator.tigera.io", &[]),
    ("policy.networking.k8s.io", &[]),
    (
        "projectcalico.org",
        &[
            "FelixConfiguration",
            "GlobalNetworkPolicy",
            "GlobalNetworkSet",
            "IPPool",
        ],
    ),
    (
        "snapshot.storage.k8s.io",
        &["VolumeSnapshotClass", "VolumeSnapshotContent"],
    ),
    ("templates.gatekeeper.sh", &[]),
    ("trust.cert-manager.io", &["Bundle"]),
];

/// The groups whose other kinds all belong to a namespace.
const GROUPS: &[&str] = &[
    "",
    "apps",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    // Widespread operators.
    "acme.cert-manager.io",
    "argoproj.io",
    "autoscaling.k8s.io",
    "bitnami.com",
    "cert-manager.io",
    "external-secrets.io",
    "gateway.networking.k8s.io",
    "keda.sh",
    "kyverno.io",
    "monitoring.coreos.com",
    "networking.istio.io",
    "secrets-store.csi.x-k8s.io",
    "security.istio.io",
    "snapshot.storage.k8s.io",
    "traefik.io",
];
