//! Rules about everything but workloads.

use super::*;

/// Configuration that gets another hash, and a workload that names one of the two after.
fn hashed(before: &str, after: &str, used: &str) -> (String, String) {
    let both = |hash: &str, used: &str| {
        let config = config("a: b").replace("name: cfg", &format!("name: cfg-{hash}"));
        let volumes = format!("volumes: [{{name: v, configMap: {{name: cfg-{used}}}}}]");
        format!("{config}---\n{}", deployment("", &volumes, ""))
    };
    (both(before, before), both(after, used))
}

pub(crate) fn deletions() -> Vec<Example> {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n".to_owned();
    let rest = config("a: b");
    let gone = |text: &str| (format!("{text}---\n{rest}"), rest.clone());
    let stays = |text: &str| (format!("{text}---\n{rest}"), text.to_owned());
    let stateful = workload("StatefulSet", "", "", "");
    let policy = other("networking.k8s.io/v1", "NetworkPolicy", "{podSelector: {}}");
    let flux = |prune: bool| {
        other(
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            &format!("{{prune: {prune}}}"),
        )
    };
    let kept = config("a: b").replace(
        "namespace: shop",
        "namespace: shop, annotations: {helm.sh/resource-policy: keep}",
    );
    let user = deployment("", "volumes: [{name: v, configMap: {name: cfg}}]", "");
    vec![
        ("namespace-deleted", gone(&namespace), stays(&namespace)),
        ("pvc-deleted", gone(&claim("1Gi")), stays(&claim("1Gi"))),
        (
            "stateful-workload-deleted",
            gone(&stateful),
            stays(&stateful),
        ),
        ("crd-deleted", gone(CRD), stays(CRD)),
        ("networkpolicy-deleted", gone(&policy), stays(&policy)),
        (
            "gitops-object-deleted",
            gone(&flux(true)),
            gone(&flux(false)),
        ),
        (
            "gitops-object-deleted",
            gone(APPLICATION),
            gone(&APPLICATION.replace("finalizers", "labels")),
        ),
        (
            "reference-lost",
            hashed("5tfm2mt9kd", "b7kgf7t6c2", "5tfm2mt9kd"),
            hashed("5tfm2mt9kd", "b7kgf7t6c2", "b7kgf7t6c2"),
        ),
        (
            "orphan-left-behind",
            (kept, many(1)),
            (config("a: b"), many(1)),
        ),
        (
            "reference-lost",
            (format!("{rest}---\n{user}"), user.clone()),
            (format!("{rest}---\n{}", container("")), container("")),
        ),
        ("mass-deletion", (many(20), many(10)), (many(20), many(16))),
        ("empty-output", (many(1), String::new()), (many(2), many(1))),
    ]
}

pub(crate) fn identities() -> Vec<Example> {
    let service = other("v1", "Service", "{a: 1, b: 2, c: 3, d: 4, e: 5}");
    let moved = service.replace("shop", "other");
    let renamed = service.replace("name: web", "name: api");
    let different = other("v1", "Service", "{x: 1}").replace("name: web", "name: api");
    let other_kind = workload("DaemonSet", "", "", "");
    vec![
        (
            "namespace-moved",
            (service.clone(), moved),
            (service.replace(", namespace: shop", ""), service.clone()),
        ),
        (
            "resource-renamed",
            (service.clone(), renamed),
            (service.clone(), different),
        ),
        (
            "kind-changed",
            (container(""), other_kind),
            (container(""), service.clone()),
        ),
        (
            "duplicate-resource",
            (service.clone(), format!("{service}---\n{service}")),
            (
                service.clone(),
                format!("{service}---\n{}", service.replace("shop", "other")),
            ),
        ),
    ]
}

pub(crate) fn networks() -> Vec<Example> {
    let hosts = |hosts: &str| ingress(&format!("{{rules: [{hosts}]}}"));
    let tls = |tls: &str| ingress(&format!("{{rules: [{{host: a.b}}], tls: [{tls}]}}"));
    let internal = other("v1", "Service", "{type: LoadBalancer}").replace(
        "namespace: shop",
        "namespace: shop, annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}",
    );
    vec![
        (
            "ingress-host-removed",
            (hosts("{host: a.b}, {host: c.d}"), hosts("{host: a.b}")),
            (
                hosts("{host: a.b}"),
                format!(
                    "{}---\n{}",
                    hosts(""),
                    hosts("{host: a.b}").replace("name: web", "name: api")
                ),
            ),
        ),
        (
            "ingress-tls-removed",
            (tls("{hosts: [a.b]}"), tls("")),
            (
                tls("{hosts: [a.b], secretName: x}"),
                tls("{hosts: [a.b], secretName: y}"),
            ),
        ),
        (
            "service-exposed",
            (service("{type: ClusterIP}"), service("{type: NodePort}")),
            (service("{type: LoadBalancer}"), internal.clone()),
        ),
        (
            "service-exposed",
            (internal, service("{type: LoadBalancer}")),
            (
                service("{type: LoadBalancer}"),
                service("{type: ClusterIP}"),
            ),
        ),
        (
            "service-selector-changed",
            (service("{selector: {a: b}}"), service("{selector: {a: c}}")),
            (
                service("{selector: {a: b}}"),
                service("{selector: {a: b}, ports: [{port: 1}]}"),
            ),
        ),
        (
            "webhook-fail-closed",
            (many(1), format!("{}---\n{HOOK}", many(1))),
            (
                many(1),
                format!("{}---\n{}", many(1), HOOK.replace("Fail,", "Ignore,")),
            ),
        ),
    ]
}

pub(crate) fn storage_and_apis() -> Vec<Example> {
    let budget = |field: &str| {
        other(
            "policy/v1",
            "PodDisruptionBudget",
            &format!("{{{field}, selector: {{matchLabels: {{app: web}}}}}}"),
        )
    };
    let with = |field: &str| {
        format!(
            "{}---\n{}",
            budget(field),
            deployment("replicas: 2", "", "")
        )
    };
    let ingresses = |api: &str| ingress("{}").replace("networking.k8s.io/v1", api);
    let hpa = |max: u32| {
        other(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            &format!("{{maxReplicas: {max}}}"),
        )
    };
    let cron = |spec: &str| other("batch/v1", "CronJob", spec);
    vec![
        (
            "pvc-shrunk",
            (claim("2Gi"), claim("1Gi")),
            (claim("1Gi"), claim("1024Mi")),
        ),
        (
            "one-way-change",
            (claim("1Gi"), claim("2Gi")),
            (claim("1Gi"), claim("1024Mi")),
        ),
        (
            "pv-reclaim-changed",
            (PV.into(), PV.replace("Retain", "Delete")),
            (PV.replace("Retain", "Delete"), PV.into()),
        ),
        (
            "crd-version-removed",
            (CRD.into(), CRD.replace("{name: v1, served: true}, ", "")),
            (CRD.replace("{name: v1, served: true}, ", ""), CRD.into()),
        ),
        (
            "pdb-blocks-eviction",
            (with("minAvailable: 1"), with("minAvailable: 2")),
            (with("minAvailable: 1"), with("maxUnavailable: 1")),
        ),
        ("hpa-bounds-changed", (hpa(3), hpa(2)), (hpa(3), hpa(3))),
        (
            "schedule-changed",
            (cron("{suspend: false}"), cron("{suspend: true}")),
            (cron("{}"), cron("{suspend: false}")),
        ),
        (
            "api-removed",
            (many(1), ingresses("networking.k8s.io/v1beta1")),
            (many(1), ingresses("networking.k8s.io/v1")),
        ),
        (
            "flux-substitution-hazard",
            (config("a: b"), config("a: '${b}'")),
            (config("a: b"), config("a: '$${b}'")),
        ),
    ]
}

pub(crate) fn rights_and_secrets() -> Vec<Example> {
    let pods = |verbs: &str| {
        role(&format!(
            "[{{apiGroups: ['*'], resources: [pods], verbs: [{verbs}]}}]"
        ))
    };
    let collecting = |labels: &str| {
        let rule =
            format!("aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {labels}}}]}}");
        format!("{}{rule}\n", pods("get"))
    };
    let plain = |value: &str| secret(&format!("data: {{a: {value}}}"));
    let sealed = secret("spec: {encryptedData: {a: x}}").replace(
        "v1\nkind: Secret",
        "bitnami.com/v1alpha1\nkind: SealedSecret",
    );
    let sops = secret("data: {a: 'ENC[x]'}\nsops: {mac: 'ENC[y]'}");
    let named = |spec: &str| release(spec);
    let chart = |version: &str| {
        release(&format!(
            "{{chart: {{spec: {{chart: c, version: {version}}}}}}}"
        ))
    };
    vec![
        (
            "rbac-broadened",
            (pods("get"), collecting("{rbac: wide}")),
            (collecting("{rbac: wide}"), pods("get")),
        ),
        (
            "rbac-broadened",
            (collecting("{rbac: narrow}"), collecting("{rbac: wide}")),
            (pods("get"), pods("get")),
        ),
        (
            "rbac-broadened",
            (pods("get"), pods("get, list")),
            (pods("get, list"), pods("list")),
        ),
        (
            "rbac-broadened",
            (
                many(1),
                role("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]"),
            ),
            (many(1), pods("get")),
        ),
        (
            "secret-plaintext",
            (many(1), plain("Yg==")),
            (many(1), sops.clone()),
        ),
        (
            "secret-changed",
            (plain("Yg=="), plain("Yw==")),
            (plain("Yg=="), secret("stringData: {a: b}")),
        ),
        (
            "secret-encryption-lost",
            (sealed.clone(), plain("Yg==")),
            (sealed.clone(), sealed),
        ),
        (
            "secret-encryption-lost",
            (sops.clone(), plain("Yg==")),
            (sops, plain("Yg==").replace("name: key", "name: another")),
        ),
        (
            "helmrelease-reinstall",
            (named("{targetNamespace: a}"), named("{targetNamespace: b}")),
            (
                named("{}"),
                named("{releaseName: web, targetNamespace: shop, storageNamespace: shop}"),
            ),
        ),
        (
            "chart-version-changed",
            (chart("1.0.0"), chart("2.0.0")),
            (chart("1.0.0"), chart("1.0.0")),
        ),
    ]
}
