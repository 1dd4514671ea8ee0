//! For every rule a change that it speaks about, and a similar one that it does not.

mod others;
mod workloads;

/// A pod template's workload; `extra` is indented by eight and goes into the container.
pub(crate) fn workload(kind: &str, spec: &str, pod: &str, container: &str) -> String {
    let api = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    format!(
        "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  {spec}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      {pod}\n      containers:\n      - name: web\n        image: contoso.azurecr.io/web:1.4.2\n        {container}\n"
    )
}

pub(crate) fn deployment(spec: &str, pod: &str, container: &str) -> String {
    workload("Deployment", spec, pod, container)
}

pub(crate) fn container(extra: &str) -> String {
    deployment("", "", extra)
}

pub(crate) fn image(image: &str) -> String {
    container("").replace("contoso.azurecr.io/web:1.4.2", image)
}

/// A resource of another kind with a `spec`.
pub(crate) fn other(api: &str, kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    )
}

pub(crate) fn config(data: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cfg, namespace: shop}}\ndata: {{{data}}}\n"
    )
}

pub(crate) fn secret(data: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: key, namespace: shop}}\n{data}\n")
}

pub(crate) fn role(rules: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: {rules}\n"
    )
}

pub(crate) const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: w.a.b}\nspec: {group: a.b, names: {kind: W}, versions: [{name: v1, served: true}, {name: v2, served: true}]}\n";
pub(crate) const PV: &str = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: p}\nspec: {persistentVolumeReclaimPolicy: Retain}\n";
pub(crate) const HOOK: &str = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: h}\nwebhooks: [{name: a.b.c, failurePolicy: Fail, rules: [{apiGroups: ['*']}]}]\n";
pub(crate) const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd, finalizers: [resources-finalizer.argocd.argoproj.io]}\nspec: {}\n";

pub(crate) fn claim(size: &str) -> String {
    other(
        "v1",
        "PersistentVolumeClaim",
        &format!("{{resources: {{requests: {{storage: {size}}}}}}}"),
    )
}

pub(crate) fn ingress(spec: &str) -> String {
    other("networking.k8s.io/v1", "Ingress", spec)
}

pub(crate) fn service(spec: &str) -> String {
    other("v1", "Service", spec)
}

pub(crate) fn release(spec: &str) -> String {
    other("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec)
}

pub(crate) fn many(count: usize) -> String {
    let one = |n| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\n");
    (0..count).map(one).collect::<Vec<_>>().join("---\n")
}

/// The rule, a change that it speaks about, and one that it does not.
pub(crate) type Example = (&'static str, (String, String), (String, String));

/// All examples.
pub(crate) fn examples() -> Vec<Example> {
    [
        workloads::workloads(),
        workloads::images(),
        others::deletions(),
        others::identities(),
        others::networks(),
        others::storage_and_apis(),
        others::rights_and_secrets(),
    ]
    .concat()
}
