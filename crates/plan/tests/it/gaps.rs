//! Changes that have another form than those that a rule is first thought of for.

use crate::examples::*;
use crate::read::{flags, planned};

fn bound(role: &str, subject: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\nroleRef: {{kind: ClusterRole, name: {role}}}\nsubjects: [{{kind: Group, name: '{subject}'}}]\n"
    )
}

#[test]
fn rules_know_the_other_forms_of_what_they_are_about() {
    let rest = config("a: b");
    let with = |text: &str| format!("{rest}---\n{text}");
    let nothing = || rest.clone();
    let allows = |resources: &str, verbs: &str| {
        with(&role(&format!(
            "[{{apiGroups: [''], resources: [{resources}], verbs: [{verbs}]}}]"
        )))
    };
    let tls = |hosts: &str, entry: &str| {
        let rules = hosts.split(' ').map(|host| format!("{{host: '{host}'}}"));
        let rules = rules.collect::<Vec<_>>().join(", ");
        ingress(&format!("{{rules: [{rules}]{entry}}}"))
    };
    let budget = |field: &str, replicas: u32| {
        let budget = other(
            "policy/v1",
            "PodDisruptionBudget",
            &format!("{{{field}, selector: {{matchLabels: {{app: web}}}}}}"),
        );
        format!(
            "{}---\n{budget}",
            deployment(&format!("replicas: {replicas}"), "", "")
        )
    };
    let strategy = |number: &str| {
        deployment(
            &format!("replicas: 3\n  strategy: {{rollingUpdate: {{maxUnavailable: {number}}}}}"),
            "",
            "",
        )
    };
    let pod = |context: &str| deployment("", &format!("securityContext: {{{context}}}"), "");
    let decoy = |probe: &str| {
        deployment(
            "jobTemplate: {spec: {template: {spec: {containers: []}}}}",
            "",
            probe,
        )
    };
    let hook = |selector: &str| {
        HOOK.replace(
            "failurePolicy: Fail",
            &format!("failurePolicy: Fail, objectSelector: {selector}"),
        )
    };
    let cases = [
        (
            "rbac-broadened",
            nothing(),
            allows("'*'", "get, list"),
            true,
        ),
        (
            "rbac-broadened",
            nothing(),
            allows("secrets", "create"),
            true,
        ),
        (
            "rbac-broadened",
            nothing(),
            allows("'pods/*'", "create"),
            true,
        ),
        (
            "rbac-broadened",
            nothing(),
            allows("serviceaccounts/token", "create"),
            true,
        ),
        (
            "rbac-broadened",
            nothing(),
            allows("clusterrolebindings", "create"),
            true,
        ),
        (
            "rbac-broadened",
            nothing(),
            allows("pods", "get, list"),
            false,
        ),
        (
            "rbac-broadened",
            nothing(),
            with(&bound("view", "system:unauthenticated")),
            true,
        ),
        (
            "rbac-broadened",
            nothing(),
            with(&bound("view", "team")),
            false,
        ),
        (
            "rbac-broadened",
            bound("view", "team"),
            bound("view", "team")
                .replace("name: b}", "name: c}")
                .replace("name: view", "name: cluster-admin"),
            true,
        ),
        (
            "ingress-tls-removed",
            tls("a.x.io", ", tls: [{hosts: ['*.x.io']}]"),
            tls("a.x.io", ""),
            true,
        ),
        (
            "ingress-tls-removed",
            tls("a.x.io", ", tls: [{hosts: []}]"),
            tls("a.x.io", ""),
            true,
        ),
        (
            "ingress-tls-removed",
            tls("a.x.io", ", tls: [{hosts: [a.x.io]}]"),
            tls("a.x.io", ", tls: [{hosts: ['*.x.io']}]"),
            false,
        ),
        (
            "pdb-blocks-eviction",
            nothing(),
            with(&budget("minAvailable: '150%'", 3)),
            true,
        ),
        (
            "pdb-blocks-eviction",
            nothing(),
            with(&budget("minAvailable: '99%'", 3)),
            true,
        ),
        (
            "pdb-blocks-eviction",
            nothing(),
            with(&budget("minAvailable: '50%'", 3)),
            false,
        ),
        (
            "pdb-blocks-eviction",
            nothing(),
            with(&budget("maxUnavailable: '00%'", 3)),
            true,
        ),
        ("downtime-strategy", strategy("1"), strategy("3"), true),
        ("downtime-strategy", strategy("1"), strategy("2"), false),
        (
            "security-context-weakened",
            pod(""),
            pod("seccompProfile: {type: Unconfined}"),
            true,
        ),
        (
            "security-context-weakened",
            pod(""),
            pod("appArmorProfile: {type: Unconfined}"),
            true,
        ),
        (
            "security-context-weakened",
            pod(""),
            pod("windowsOptions: {hostProcess: true}"),
            true,
        ),
        (
            "security-context-weakened",
            pod(""),
            pod("sysctls: [{name: kernel.msgmax, value: '1'}]"),
            true,
        ),
        (
            "security-context-weakened",
            pod(""),
            pod("fsGroup: 1"),
            false,
        ),
        (
            "webhook-fail-closed",
            nothing(),
            with(&hook("{matchLabels: {}}")),
            true,
        ),
        (
            "webhook-fail-closed",
            nothing(),
            with(&hook("{matchLabels: {a: b}}")),
            false,
        ),
        (
            "image-mutable-tag",
            image("a.io/b:1.0"),
            image("a.io/b:LATEST"),
            true,
        ),
        (
            "image-mutable-tag",
            image("a.io/b:1.0"),
            image("a.io/b:latest-alpine"),
            true,
        ),
        (
            "image-downgrade",
            image("a.io/b:V1.10"),
            image("a.io/b:V1.9"),
            true,
        ),
        (
            "image-registry-changed",
            image("docker.io/a/b:1.0"),
            image("index.docker.io/a/b:1.0"),
            false,
        ),
        (
            "probe-removed",
            decoy("readinessProbe: {tcpSocket: {port: 80}}"),
            decoy(""),
            true,
        ),
    ];
    let mut wrong = Vec::new();
    for (rule, old, new, expected) in cases {
        let found = flags(&planned(&old, &new));
        if found.iter().any(|one| one == rule) != expected {
            wrong.push(format!(
                "{rule}, {expected} expected, in {found:?} for\n{old}\n=>\n{new}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
