//! Which kinds of its own each minor version of Kubernetes serves.
//!
//! Owns the list that charts see, and what is said of a resource that the
//! version does not serve. Kinds that are served only where somebody switched
//! them on (alpha, and beta since 1.24) are in neither list.
//!
//! The minors are those of the `prerelease-lifecycle-gen` tags in `k8s.io/api`,
//! and of <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>
//! for what it no longer has.

use crate::model::{Finding, Resource};

/// API version, the minor that brought it, kinds.
#[rustfmt::skip]
const SERVED: &[(&str, u32, &str)] = &[
    ("admissionregistration.k8s.io/v1", 16, "MutatingWebhookConfiguration ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", 30, "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io/v1", 36, "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"),
    ("apiextensions.k8s.io/v1", 16, "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", 10, "APIService"),
    ("apps/v1", 9, "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    ("authentication.k8s.io/v1", 6, "TokenReview"),
    ("authentication.k8s.io/v1", 28, "SelfSubjectReview"),
    ("authorization.k8s.io/v1", 6, "SubjectAccessReview"),
    ("authorization.k8s.io/v1", 19, "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview"),
    ("autoscaling/v1", 2, "HorizontalPodAutoscaler"),
    ("autoscaling/v2", 23, "HorizontalPodAutoscaler"),
    ("batch/v1", 2, "Job"),
    ("batch/v1", 21, "CronJob"),
    ("certificates.k8s.io/v1", 19, "CertificateSigningRequest"),
    ("certificates.k8s.io/v1", 37, "ClusterTrustBundle PodCertificateRequest"),
    ("coordination.k8s.io/v1", 14, "Lease"),
    ("discovery.k8s.io/v1", 21, "EndpointSlice"),
    ("events.k8s.io/v1", 19, "Event"),
    ("flowcontrol.apiserver.k8s.io/v1", 29, "FlowSchema PriorityLevelConfiguration"),
    ("networking.k8s.io/v1", 7, "NetworkPolicy"),
    ("networking.k8s.io/v1", 19, "Ingress IngressClass"),
    ("networking.k8s.io/v1", 33, "IPAddress ServiceCIDR"),
    ("node.k8s.io/v1", 20, "RuntimeClass"),
    ("policy/v1", 21, "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", 8, "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("resource.k8s.io/v1", 34, "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"),
    ("resource.k8s.io/v1", 37, "DeviceTaintRule"),
    ("scheduling.k8s.io/v1", 14, "PriorityClass"),
    ("storage.k8s.io/v1", 6, "StorageClass"),
    ("storage.k8s.io/v1", 13, "VolumeAttachment"),
    ("storage.k8s.io/v1", 17, "CSINode"),
    ("storage.k8s.io/v1", 18, "CSIDriver"),
    ("storage.k8s.io/v1", 24, "CSIStorageCapacity"),
    ("storage.k8s.io/v1", 34, "VolumeAttributesClass"),
    ("storagemigration.k8s.io/v1", 37, "StorageVersionMigration"),
    ("v1", 0, "ComponentStatus Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount"),
    ("v1", 2, "ConfigMap"),
];

/// API version, the minor that brought it, the first without it, kinds, and
/// the API version that took its place, if one did.
#[rustfmt::skip]
const REMOVED: &[(&str, u32, u32, &str, &str)] = &[
    ("admissionregistration.k8s.io/v1beta1", 9, 22, "MutatingWebhookConfiguration ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", 7, 22, "CustomResourceDefinition", "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", 7, 22, "APIService", "apiregistration.k8s.io/v1"),
    ("apps/v1beta1", 5, 16, "ControllerRevision Deployment StatefulSet", "apps/v1"),
    ("apps/v1beta2", 8, 16, "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet", "apps/v1"),
    ("autoscaling/v2beta1", 8, 25, "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("autoscaling/v2beta2", 12, 26, "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("batch/v1beta1", 8, 25, "CronJob", "batch/v1"),
    ("certificates.k8s.io/v1beta1", 12, 22, "CertificateSigningRequest", "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", 12, 22, "Lease", "coordination.k8s.io/v1"),
    ("discovery.k8s.io/v1beta1", 16, 25, "EndpointSlice", "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", 8, 25, "Event", "events.k8s.io/v1"),
    ("extensions/v1beta1", 1, 16, "DaemonSet Deployment ReplicaSet", "apps/v1"),
    ("extensions/v1beta1", 3, 16, "NetworkPolicy", "networking.k8s.io/v1"),
    ("extensions/v1beta1", 10, 16, "PodSecurityPolicy", ""),
    ("extensions/v1beta1", 1, 22, "Ingress", "networking.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", 20, 26, "FlowSchema PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 23, 29, "FlowSchema PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 26, 32, "FlowSchema PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", 14, 22, "Ingress", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", 18, 22, "IngressClass", "networking.k8s.io/v1"),
    ("node.k8s.io/v1beta1", 13, 25, "RuntimeClass", "node.k8s.io/v1"),
    ("policy/v1beta1", 5, 25, "PodDisruptionBudget", "policy/v1"),
    ("policy/v1beta1", 10, 25, "PodSecurityPolicy", ""),
    ("rbac.authorization.k8s.io/v1beta1", 6, 22, "ClusterRole ClusterRoleBinding Role RoleBinding", "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", 11, 22, "PriorityClass", "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", 14, 22, "CSIDriver CSINode", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", 4, 22, "StorageClass", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", 10, 22, "VolumeAttachment", "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", 21, 27, "CSIStorageCapacity", "storage.k8s.io/v1"),
];

/// What helm is told that a version of Kubernetes serves, as one argument:
/// `v1/Pod,apps/v1/Deployment,…`. Nothing for a version that is not 1.x.
pub(super) fn argument(kube_version: &str) -> Option<String> {
    let minor = minor(kube_version)?;
    let served = SERVED
        .iter()
        .filter(|(_, since, _)| *since <= minor)
        .map(|(version, _, kinds)| (*version, *kinds));
    let not_yet_removed = REMOVED
        .iter()
        .filter(|(_, since, until, ..)| *since <= minor && minor < *until)
        .map(|(version, _, _, kinds, _)| (*version, *kinds));
    let mut all = Vec::new();
    for (version, kinds) in served.chain(not_yet_removed) {
        if !all.iter().any(|known| known == version) {
            all.push(version.to_owned());
        }
        all.extend(kinds.split(' ').map(|kind| format!("{version}/{kind}")));
    }
    Some(all.join(","))
}

/// A warning for each resource that this version of Kubernetes does not serve.
pub fn unserved(resources: &[Resource], kube_version: &str) -> Vec<Finding> {
    let Some(minor) = minor(kube_version) else {
        return Vec::new();
    };
    let found = resources.iter().filter_map(|resource| {
        let (version, kind) = (&resource.id.api_version, &resource.id.kind);
        let why = why_unserved(version, kind, minor)?;
        Some(Finding::warning(
            format!("{}, line {}", resource.file, resource.line),
            format!(
                "{}: Kubernetes 1.{minor} does not serve {version} {kind}{why}; set `kubeVersion` if the cluster has another version",
                resource.id
            ),
        ))
    });
    found.collect()
}

fn why_unserved(version: &str, kind: &str, minor: u32) -> Option<String> {
    let has = |kinds: &str| kinds.split(' ').any(|known| known == kind);
    let removed = REMOVED
        .iter()
        .find(|(known, _, _, kinds, _)| *known == version && has(kinds));
    if let Some((_, _, until, _, instead)) = removed {
        return (*until <= minor).then(|| match *instead {
            "" => format!(": it was removed in 1.{until}, and nothing took its place"),
            instead => format!(": it was removed in 1.{until}; use {instead}"),
        });
    }
    let served = SERVED
        .iter()
        .find(|(known, _, kinds)| *known == version && has(kinds));
    let (_, since, _) = served?;
    (*since > minor).then(|| format!(": it comes with 1.{since}"))
}

/// The minor version of `1.34.0`, `v1.31`, `1.30.2-eks`.
fn minor(kube_version: &str) -> Option<u32> {
    let bare = kube_version.strip_prefix('v').unwrap_or(kube_version);
    let rest = bare.strip_prefix("1.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RelPath, ResourceId};

    fn has(kube_version: &str, api: &str) -> bool {
        let all = argument(kube_version).unwrap();
        all.split(',').any(|known| known == api)
    }

    #[rstest::rstest]
    #[case("1.37.0", "policy/v1/PodDisruptionBudget", true)]
    #[case("1.37.0", "policy/v1beta1/PodDisruptionBudget", false)]
    #[case("1.24.3", "policy/v1beta1/PodDisruptionBudget", true)]
    #[case("v1.25", "policy/v1beta1", false)]
    #[case("1.20.0-eks", "policy/v1/PodDisruptionBudget", false)]
    #[case("1.20.0", "networking.k8s.io/v1beta1/Ingress", true)]
    #[case("1.22.0", "networking.k8s.io/v1beta1/Ingress", false)]
    #[case("1.25.0", "autoscaling/v2beta2/HorizontalPodAutoscaler", true)]
    #[case("1.26.0", "autoscaling/v2beta2/HorizontalPodAutoscaler", false)]
    #[case("1.31.0", "v1/ConfigMap", true)]
    #[case("1.31.0", "apps/v1", true)]
    #[case("1.31.0", "resource.k8s.io/v1/ResourceClaim", false)]
    #[case("1.34.0", "resource.k8s.io/v1/ResourceClaim", true)]
    #[case("1.37.0", "apiextensions.k8s.io/v1/CustomResourceDefinition", true)]
    #[case("1.37.0", "monitoring.coreos.com/v1", false)]
    fn a_version_serves_its_own_kinds(#[case] kube: &str, #[case] api: &str, #[case] served: bool) {
        assert_eq!(has(kube, api), served);
    }

    #[test]
    fn the_default_is_the_newest_version_that_the_lists_know() {
        let newest = SERVED.iter().map(|(_, since, _)| *since).max();
        assert_eq!(minor(crate::generate::KUBE_VERSION), newest);
    }

    fn said(kube_version: &str, id: &str) -> Vec<String> {
        let resource = Resource {
            id: ResourceId::parse(id).unwrap(),
            file: RelPath::parse("a.yaml").unwrap(),
            line: 3,
            digest: String::new(),
            images: Vec::new(),
        };
        let findings = unserved(&[resource], kube_version);
        findings.iter().map(ToString::to_string).collect()
    }

    #[rstest::rstest]
    #[case(
        "1.37.0",
        "policy/v1beta1 PodDisruptionBudget web",
        "Kubernetes 1.37 does not serve policy/v1beta1 PodDisruptionBudget: it was removed in 1.25; use policy/v1"
    )]
    #[case(
        "1.25.0",
        "policy/v1beta1 PodSecurityPolicy web",
        "Kubernetes 1.25 does not serve policy/v1beta1 PodSecurityPolicy: it was removed in 1.25, and nothing took its place"
    )]
    #[case(
        "1.22.1",
        "extensions/v1beta1 Ingress shop/web",
        "Kubernetes 1.22 does not serve extensions/v1beta1 Ingress: it was removed in 1.22; use networking.k8s.io/v1"
    )]
    #[case(
        "1.36.0",
        "autoscaling/v2beta1 HorizontalPodAutoscaler web",
        "Kubernetes 1.36 does not serve autoscaling/v2beta1 HorizontalPodAutoscaler: it was removed in 1.25; use autoscaling/v2"
    )]
    #[case(
        "1.32.0",
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema web",
        "Kubernetes 1.32 does not serve flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema: it was removed in 1.32; use flowcontrol.apiserver.k8s.io/v1"
    )]
    #[case(
        "1.20.0",
        "batch/v1 CronJob web",
        "Kubernetes 1.20 does not serve batch/v1 CronJob: it comes with 1.21"
    )]
    fn what_a_version_does_not_serve_is_told_with_the_remedy(
        #[case] kube: &str,
        #[case] id: &str,
        #[case] why: &str,
    ) {
        assert_eq!(
            said(kube, id),
            [format!(
                "a.yaml, line 3: {id}: {why}; set `kubeVersion` if the cluster has another version"
            )]
        );
    }

    #[rstest::rstest]
    #[case("1.37.0", "policy/v1 PodDisruptionBudget web")]
    #[case("1.24.0", "policy/v1beta1 PodDisruptionBudget web")]
    #[case("1.37.0", "contoso.com/v1beta1 Web web")]
    #[case("1.37.0", "v1 Binding web")]
    #[case("1.37.0", "resource.k8s.io/v1beta1 DeviceClass web")]
    #[case("2.0.0", "policy/v1beta1 PodDisruptionBudget web")]
    fn what_may_be_served_is_not_told(#[case] kube: &str, #[case] id: &str) {
        assert_eq!(said(kube, id), [""; 0]);
    }
}
