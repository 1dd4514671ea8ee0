//! Every rule, with a change that it speaks about and a similar one that it does not.

use std::collections::BTreeMap;

use gitops_plan::risk::{RULES, Revert, Severity};
use gitops_plan::{Options, plan};

use crate::read::{documents, flags, options, planned, resources};

/// A pod template's workload; `extra` is indented by eight and goes into the container.
fn workload(kind: &str, spec: &str, pod: &str, container: &str) -> String {
    let api = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    format!(
        "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  {spec}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      {pod}\n      containers:\n      - name: web\n        image: contoso.azurecr.io/web:1.4.2\n        {container}\n"
    )
}

fn deployment(spec: &str, pod: &str, container: &str) -> String {
    workload("Deployment", spec, pod, container)
}

fn container(extra: &str) -> String {
    deployment("", "", extra)
}

fn image(image: &str) -> String {
    container("").replace("contoso.azurecr.io/web:1.4.2", image)
}

/// A resource of another kind with a `spec`.
fn other(api: &str, kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    )
}

fn config(data: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cfg, namespace: shop}}\ndata: {{{data}}}\n"
    )
}

fn secret(data: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key, namespace: shop}}\n{data}\n")
}

fn role(rules: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: {rules}\n"
    )
}

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: w.a.b}\nspec: {group: a.b, names: {kind: W}, versions: [{name: v1, served: true}, {name: v2, served: true}]}\n";
const PV: &str = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: p}\nspec: {persistentVolumeReclaimPolicy: Retain}\n";
const HOOK: &str = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: h}\nwebhooks: [{name: a.b.c, failurePolicy: Fail, rules: [{apiGroups: ['*']}]}]\n";
const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd, finalizers: [resources-finalizer.argocd.argoproj.io]}\nspec: {}\n";

fn claim(size: &str) -> String {
    other(
        "v1",
        "PersistentVolumeClaim",
        &format!("{{resources: {{requests: {{storage: {size}}}}}}}"),
    )
}

fn ingress(spec: &str) -> String {
    other("networking.k8s.io/v1", "Ingress", spec)
}

fn service(spec: &str) -> String {
    other("v1", "Service", spec)
}

fn release(spec: &str) -> String {
    other("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec)
}

fn many(count: usize) -> String {
    let one = |n| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\n");
    (0..count).map(one).collect::<Vec<_>>().join("---\n")
}

/// The rule, a change that it speaks about, and one that it does not.
type Example = (&'static str, (String, String), (String, String));

fn workloads() -> Vec<Example> {
    let probe = "readinessProbe: {tcpSocket: {port: 80}}";
    let limits = |cpu: &str| container(&format!("resources: {{limits: {{{cpu}}}}}"));
    let env = |env: &str| container(&format!("env: {env}"));
    let replicas = |count: u32| deployment(&format!("replicas: {count}"), "", "");
    let selector = |app: &str| {
        deployment(
            &format!("selector: {{matchLabels: {{app: {app}}}}}"),
            "",
            "",
        )
    };
    let checksum = |sum: &str| {
        container("").replace(
            "labels: {app: web}}",
            &format!("labels: {{app: web}}, annotations: {{checksum/config: {sum}}}}}"),
        )
    };
    let both = |data: &str, sum: &str| format!("{}---\n{}", config(data), checksum(sum));
    vec![
        (
            "probe-removed",
            (container(probe), container("")),
            (container(""), container(probe)),
        ),
        (
            "resource-limits-removed",
            (limits("cpu: 1, memory: 1Gi"), limits("cpu: 1")),
            (limits("cpu: 1"), limits("cpu: 2")),
        ),
        (
            "env-removed",
            (env("[{name: A, value: b}]"), env("[]")),
            (env("[{name: A, value: b}]"), env("[{name: A, value: c}]")),
        ),
        (
            "replicas-drop",
            (replicas(10), replicas(5)),
            (replicas(10), replicas(6)),
        ),
        (
            "replicas-to-zero",
            (replicas(1), replicas(0)),
            (replicas(0), replicas(1)),
        ),
        (
            "workload-selector-changed",
            (selector("a"), selector("b")),
            (replicas(1), replicas(2)),
        ),
        (
            "downtime-strategy",
            (
                container(""),
                deployment("strategy: {type: Recreate}", "", ""),
            ),
            (
                deployment("strategy: {type: Recreate}", "", ""),
                container(""),
            ),
        ),
        (
            "config-hash-roll",
            (
                both("a: b", "0123456789abcdef"),
                both("a: c", "fedcba9876543210"),
            ),
            (
                both("a: b", "0123456789abcdef"),
                both("a: c", "0123456789abcdef"),
            ),
        ),
        (
            "security-context-weakened",
            (container(""), deployment("", "hostNetwork: true", "")),
            (deployment("", "hostNetwork: true", ""), container("")),
        ),
        (
            "immutable-field",
            (
                workload("Job", "", "", ""),
                workload("Job", "", "restartPolicy: Never", ""),
            ),
            (
                workload("Job", "", "", ""),
                workload("Job", "parallelism: 2", "", ""),
            ),
        ),
        (
            "unresolved-placeholder",
            (
                env("[{name: A, value: b}]"),
                env("[{name: A, value: '#{b}#'}]"),
            ),
            (
                env("[{name: A, value: b}]"),
                env("[{name: A, value: '{{ b }}'}]"),
            ),
        ),
    ]
}

fn images() -> Vec<Example> {
    let with = |old: &str, new: &str| (image(old), image(new));
    vec![
        (
            "image-changed",
            with("a.io/b:1.0", "a.io/b:1.1"),
            with("a.io/b:1.0", "a.io/b:1.0"),
        ),
        (
            "image-downgrade",
            with("a.io/b:1.10.0", "a.io/b:1.9.0"),
            with("a.io/b:20240101", "a.io/b:1.9.0"),
        ),
        (
            "image-digest-lost",
            with("a.io/b:1.0@sha256:c", "a.io/b:1.0"),
            with("a.io/b:1.0", "a.io/b:1.1"),
        ),
        (
            "image-mutable-tag",
            with("a.io/b:1.0", "a.io/b"),
            with("a.io/b:1.0", "a.io/b:latest@sha256:c"),
        ),
        (
            "image-registry-changed",
            with("a.io/b:1.0", "c.io/b:1.0"),
            with("a.io/b:1.0", "a.io/c:1.0"),
        ),
    ]
}

fn deletions() -> Vec<Example> {
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

fn identities() -> Vec<Example> {
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

fn networks() -> Vec<Example> {
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

fn storage_and_apis() -> Vec<Example> {
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

fn rights_and_secrets() -> Vec<Example> {
    let pods = |verbs: &str| {
        role(&format!(
            "[{{apiGroups: ['*'], resources: [pods], verbs: [{verbs}]}}]"
        ))
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

fn examples() -> Vec<Example> {
    [
        workloads(),
        images(),
        deletions(),
        identities(),
        networks(),
        storage_and_apis(),
        rights_and_secrets(),
    ]
    .concat()
}

#[test]
fn every_rule_speaks_when_it_should_and_not_otherwise() {
    let mut wrong = Vec::new();
    let run = |(old, new): &(String, String)| {
        let (old, new) = (documents(old), documents(new));
        let options = Options {
            kube_minor: Some(34),
            ..options()
        };
        flags(&plan(&resources(&old), &resources(&new), &options))
    };
    let examples = examples();
    for (rule, risky, harmless) in &examples {
        let (found, quiet) = (run(risky), run(harmless));
        if !found.iter().any(|one| one == rule) {
            wrong.push(format!(
                "{rule}: {found:?} for\n{}\n=>\n{}",
                risky.0, risky.1
            ));
        }
        if quiet.iter().any(|one| one == rule) {
            wrong.push(format!(
                "{rule} speaks: {quiet:?} for\n{}\n=>\n{}",
                harmless.0, harmless.1
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for rule in RULES {
        assert!(
            examples.iter().any(|(id, ..)| *id == rule.id),
            "{} has no example",
            rule.id
        );
    }
}

#[test]
fn what_git_can_take_back_is_judged_by_the_way_back() {
    let worst = |old: &str, new: &str| {
        let plan = planned(old, new);
        plan.findings.iter().map(|one| one.revert).max()
    };
    let rest = config("a: b");
    let cases = [
        (image("a.io/b:1.0"), image("a.io/b:1.1"), Revert::Full),
        (
            format!("{}---\n{rest}", claim("1Gi")),
            rest.clone(),
            Revert::LosesData,
        ),
        (claim("1Gi"), claim("2Gi"), Revert::Impossible),
        (
            workload("Job", "", "", ""),
            workload("Job", "", "restartPolicy: Never", ""),
            Revert::Recreates,
        ),
        (
            rest.clone(),
            format!("{}---\n{rest}", secret("data: {a: Yg==}")),
            Revert::Impossible,
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(worst(&old, &new), Some(expected), "{old}\n=>\n{new}");
    }
}

#[test]
fn severities_are_set_and_findings_allowed_until_a_day() {
    let allow = |until: &str, resource: Option<&str>| gitops_plan::risk::Allowance {
        rule: "replicas-to-zero".into(),
        resource: resource.map(str::to_owned),
        reason: "closed for the winter".into(),
        until: until.into(),
    };
    let (old, new) = (
        documents(&container("")),
        documents(&deployment("replicas: 0", "", "")),
    );
    let severities = BTreeMap::from([("replicas-to-zero".to_owned(), Severity::Critical)]);
    let run = |allowances: &[_]| {
        let options = Options {
            severities: Some(&severities),
            allowances,
            today: "2026-11-28",
            ..options()
        };
        let plan = plan(&resources(&old), &resources(&new), &options);
        assert_eq!(plan.findings.len(), 1);
        let finding = plan.findings[0].clone();
        let counted = plan.summary.severities.get(&Severity::Critical).copied();
        (
            finding.allowed.is_some(),
            finding.expired,
            counted,
            plan.summary.allowed,
        )
    };
    let allowed = (true, None, None, 1);
    let refused = |expired: Option<&str>| (false, expired.map(str::to_owned), Some(1), 0);
    assert_eq!(run(&[]), refused(None));
    assert_eq!(run(&[allow("2026-11-28", None)]), allowed);
    assert_eq!(
        run(&[allow("2026-11-28", Some("Deployment shop/web"))]),
        allowed
    );
    assert_eq!(
        run(&[allow("2027-01-01", Some("Deployment shop/api"))]),
        refused(None)
    );
    assert_eq!(
        run(&[allow("2026-11-27", None)]),
        refused(Some("2026-11-27"))
    );
    assert_eq!(run(&[allow("never", None)]), refused(Some("never")));
    assert_eq!(
        run(&[allow("2026-11-01", None), allow("2026-12-01", None)]),
        allowed
    );
}
