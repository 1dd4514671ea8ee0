//! Rules about workloads and images.

use super::*;

pub(crate) fn workloads() -> Vec<Example> {
    let probe = "readinessProbe: {tcpSocket: {port: 80}}";
    let limits = |cpu: &str| container(&format!("resources: {{limits: {{{cpu}}}}}"));
    let env = |env: &str| container(&format!("env: {env}"));
    let replicas = |count: u32| deployment(&format!("replicas: {count}"), "", "");
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 9}\n";
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
            "replicas-drop",
            (replicas(3), deployment("", "", "")),
            (
                replicas(3),
                format!("{}---\n{scaler}", deployment("", "", "")),
            ),
        ),
        (
            "replicas-drop",
            (replicas(3), deployment("replicas: 1.0", "", "")),
            (replicas(3), deployment("replicas: 3.0", "", "")),
        ),
        (
            "replicas-to-zero",
            (replicas(3), deployment("replicas: 0.0", "", "")),
            (replicas(3), deployment("replicas: 3.0", "", "")),
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
            "security-context-weakened",
            (
                deployment("", "securityContext: {runAsUser: 1000}", ""),
                deployment("", "securityContext: {runAsUser: 0}", ""),
            ),
            (
                deployment("", "securityContext: {runAsUser: 0}", ""),
                deployment("", "securityContext: {runAsUser: 1000}", ""),
            ),
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

pub(crate) fn images() -> Vec<Example> {
    let with = |old: &str, new: &str| (image(old), image(new));
    vec![
        (
            "image-changed",
            with("a.io/b:1.0", "a.io/b:1.1"),
            with("a.io/b:1.0", "a.io/b:1.0"),
        ),
        (
            "unresolved-placeholder",
            with("a.io/b:1.0", "'a.io/b:'"),
            with("'a.io/b:'", "'a.io/b:'"),
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
