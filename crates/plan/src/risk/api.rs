//! APIs that the target version of Kubernetes no longer has.
//! <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>

use super::Case;

/// API version, kinds (empty for every kind), and the first minor version that no longer serves it.
const REMOVED: &[(&str, &[&str], u32)] = &[
    ("extensions/v1beta1", &["Ingress"], 22),
    ("extensions/v1beta1", &[], 16),
    ("apps/v1beta1", &[], 16),
    ("apps/v1beta2", &[], 16),
    (
        "admissionregistration.k8s.io/v1beta1",
        &[
            "ValidatingWebhookConfiguration",
            "MutatingWebhookConfiguration",
        ],
        22,
    ),
    ("apiextensions.k8s.io/v1beta1", &[], 22),
    ("apiregistration.k8s.io/v1beta1", &[], 22),
    ("authentication.k8s.io/v1beta1", &["TokenReview"], 22),
    (
        "certificates.k8s.io/v1beta1",
        &["CertificateSigningRequest"],
        22,
    ),
    ("coordination.k8s.io/v1beta1", &["Lease"], 22),
    (
        "networking.k8s.io/v1beta1",
        &["Ingress", "IngressClass"],
        22,
    ),
    ("rbac.authorization.k8s.io/v1beta1", &[], 22),
    ("scheduling.k8s.io/v1beta1", &[], 22),
    (
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        22,
    ),
    ("batch/v1beta1", &["CronJob"], 25),
    ("discovery.k8s.io/v1beta1", &[], 25),
    ("events.k8s.io/v1beta1", &[], 25),
    ("autoscaling/v2beta1", &[], 25),
    ("policy/v1beta1", &[], 25),
    ("node.k8s.io/v1beta1", &[], 25),
    ("autoscaling/v2beta2", &[], 26),
    ("flowcontrol.apiserver.k8s.io/v1beta1", &[], 26),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 27),
    ("flowcontrol.apiserver.k8s.io/v1beta2", &[], 29),
    ("flowcontrol.apiserver.k8s.io/v1beta3", &[], 32),
];

pub(super) fn check(case: &mut Case<'_, '_>) {
    let (Some(new), Some(minor)) = (case.pair.new, case.options.kube_minor) else {
        return;
    };
    let version = new.id.api_version.as_str();
    let removed = REMOVED.iter().find(|(api, kinds, _)| {
        *api == version && (kinds.is_empty() || kinds.contains(&new.id.kind.as_str()))
    });
    let Some((_, _, since)) = removed.filter(|(_, _, since)| minor >= *since) else {
        return;
    };
    let was = case
        .pair
        .old
        .is_some_and(|old| old.id.api_version == version);
    let message = format!(
        "{version} {} is gone since Kubernetes 1.{since}; this goes to 1.{minor}",
        new.id.kind
    );
    case.report("api-removed", "apiVersion", message);
    if let Some(finding) = case.last() {
        finding.existing = was;
    }
}
