//! Ways to bring a risk about without its usual form: each is found all the same.

use gitops_plan::risk::{Allowance, Revert, Severity};
use gitops_plan::view::{View, text};
use gitops_plan::{Options, Plan, plan};

use crate::examples::*;
use crate::read::{documents, flags, options, planned, resources};

fn finding<'p>(plan: &'p Plan, rule: &str) -> Option<&'p gitops_plan::risk::Finding> {
    plan.findings.iter().find(|one| one.rule == rule)
}

/// Annotations whose times change: noise.
fn noise(count: usize, day: &str) -> String {
    let all = (0..count).map(|at| format!("built-{at}: '2026-01-{day}T00:00:00Z'"));
    all.collect::<Vec<_>>().join(", ")
}

#[test]
fn noise_does_not_use_up_the_room_for_what_matters() {
    let set = |day: &str, rest: &str| {
        workload("StatefulSet", rest, "", "").replace(
            "namespace: shop}",
            &format!("namespace: shop, annotations: {{{}}}}}", noise(2_100, day)),
        )
    };
    let plan = planned(&set("01", "serviceName: a"), &set("02", "serviceName: b"));
    let one = finding(&plan, "immutable-field").unwrap();
    assert_eq!(one.severity, Severity::Critical);
    assert_eq!(plan.summary.noise_only, 0);
    let shown = text(&[("", &plan)], View::default());
    assert!(shown.contains("+ spec.serviceName: b"), "{shown}");
    // Nor is what differs beyond the room called noise only.
    let plan = planned(&set("01", ""), &set("02", ""));
    assert!(plan.resources[0].fields_cut && plan.summary.noise_only == 0);
}

#[test]
fn rules_see_what_is_beyond_the_room() {
    let labels = |mark: &str| {
        let all = (0..41_000).map(|at| format!("l{at}: '{mark}'"));
        all.collect::<Vec<_>>().join(", ")
    };
    let fill = |text: &str, mark: &str| {
        text.replace(
            "namespace: shop}",
            &format!(
                "namespace: shop, finalizers: [{}], labels: {{{}}}}}",
                "a, ".repeat(21_000),
                labels(mark)
            ),
        )
    };
    let added = |text: &str| {
        let all = (0..21_000).map(|at| format!("n{at}: x"));
        let all = all.collect::<Vec<_>>().join(", ");
        text.replace("labels: {l0", &format!("labels: {{{all}, l0"))
    };
    let claim = |modes: &str| {
        other(
            "v1",
            "PersistentVolumeClaim",
            &format!("{{accessModes: [{modes}]}}"),
        )
    };
    let set = |name: &str| workload("StatefulSet", &format!("serviceName: {name}"), "", "");
    let key = |value: &str| secret(&format!("stringData: {{a: {value}}}"));
    let cases = [
        (
            claim("ReadWriteOnce"),
            claim("ReadWriteMany"),
            "immutable-field",
        ),
        (set("a"), set("b"), "immutable-field"),
        (key("a"), key("b"), "secret-changed"),
    ];
    for (old, new, rule) in cases {
        let plan = planned(&fill(&old, "a"), &added(&fill(&new, "b")));
        assert!(plan.resources[0].fields_cut);
        assert!(finding(&plan, rule).is_some(), "{rule}: {:?}", flags(&plan));
        // What may change is not taken for it.
        let plan = planned(&fill(&old, "a"), &added(&fill(&old, "b")));
        assert!(finding(&plan, rule).is_none(), "{rule}");
    }
}

#[test]
fn what_is_recreated_without_its_data_is_critical() {
    let marks = [
        "kustomize.toolkit.fluxcd.io/force: enabled",
        "kustomize.toolkit.fluxcd.io/force: Enabled",
        "argocd.argoproj.io/sync-options: 'Replace=true,Force=true'",
        "argocd.argoproj.io/hook-delete-policy: BeforeHookCreation",
    ];
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: d, namespace: shop}\nspec: {accessModes: [A]}\n";
    let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: d}\nspec: {hostPath: {path: A}}\n";
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: d}\nspec: {scope: A}\n";
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: d}\nspec: {serviceName: A, persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}\n";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: d}\nspec: {completionMode: A}\n";
    for mark in marks {
        let mark =
            |text: &str| text.replace("name: d", &format!("name: d, annotations: {{{mark}}}"));
        for text in [claim, volume, crd, set] {
            let plan = planned(
                &mark(text),
                &mark(text).replace("A]", "B]").replace(": A", ": B"),
            );
            let one = finding(&plan, "immutable-field").unwrap();
            assert_eq!(
                (one.severity, one.revert),
                (Severity::Critical, Revert::LosesData),
                "{text}"
            );
            assert!(one.message.contains("delete"), "{}", one.message);
        }
        let plan = planned(&mark(job), &mark(job).replace(": A", ": B"));
        let one = finding(&plan, "immutable-field").unwrap();
        assert!(one.severity < Severity::Critical);
    }
    let small = |size: &str, mark: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: d, annotations: {{{mark}}}}}\nspec: {{resources: {{requests: {{storage: {size}}}}}}}\n"
        )
    };
    let shrunk = |mark: &str| {
        let plan = planned(&small("2Gi", mark), &small("1Gi", mark));
        finding(&plan, "pvc-shrunk").unwrap().severity
    };
    assert_eq!(shrunk(""), Severity::High);
    assert_eq!(shrunk(marks[0]), Severity::Critical);
}

#[test]
fn a_container_under_another_name_is_compared_with_its_predecessor() {
    let safe = "securityContext: {runAsNonRoot: true, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}, resources: {limits: {cpu: 1}}, readinessProbe: {tcpSocket: {port: 80}}, env: [{name: A, value: b}]";
    let pinned = format!("a.io/nginx@sha256:{}", "a".repeat(64));
    let of = |list: &str, name: &str, image: &str, rest: &str| {
        let comma = if rest.is_empty() { "" } else { ", " };
        format!("{list}: [{{name: {name}, image: '{image}'{comma}{rest}}}]")
    };
    let workload = |kind: &str, name: &str, lists: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop, labels: {{a: b, c: d, e: f, g: h, i: j, k: l, m: n, o: p}}}}\nspec: {{paused: false, revisionHistoryLimit: 3, template: {{metadata: {{labels: {{app: web, tier: x}}}}, spec: {{serviceAccountName: web, {lists}}}}}}}\n"
        )
    };
    let before = workload("Deployment", "web", &of("containers", "web", &pinned, safe));
    let all: &[&str] = &[
        "image-changed",
        "image-digest-lost",
        "image-mutable-tag",
        "image-registry-changed",
        "security-context-weakened",
    ];
    let cases = [
        (
            "a renamed container",
            workload(
                "Deployment",
                "web",
                &of("containers", "web2", "evil.io/nginx:latest", ""),
            ),
        ),
        (
            "a renamed workload",
            workload(
                "Deployment",
                "web2",
                &of("containers", "web", "evil.io/nginx:latest", ""),
            ),
        ),
        (
            "another kind",
            workload(
                "DaemonSet",
                "web",
                &of("containers", "web", "evil.io/nginx:latest", ""),
            ),
        ),
        (
            "both renamed",
            workload(
                "Deployment",
                "web2",
                &of("containers", "web2", "evil.io/nginx:latest", ""),
            ),
        ),
        (
            "moved to another list",
            workload(
                "Deployment",
                "web",
                &format!(
                    "{}, containers: []",
                    of("initContainers", "web", "evil.io/nginx:latest", "")
                ),
            ),
        ),
    ];
    for (what, after) in cases {
        let found = flags(&planned(&before, &after));
        for rule in all {
            assert!(
                found.iter().any(|one| one == rule),
                "{what}: no {rule} in {found:?}"
            );
        }
    }
    let after = workload("Deployment", "web", &of("containers", "web2", &pinned, ""));
    let found = flags(&planned(&before, &after));
    for rule in ["probe-removed", "resource-limits-removed", "env-removed"] {
        assert!(
            found.iter().any(|one| one == rule),
            "no {rule} in {found:?}"
        );
    }
    // Only the name: nothing to say.
    let after = workload(
        "Deployment",
        "web",
        &of("containers", "web2", &pinned, safe),
    );
    assert_eq!(flags(&planned(&before, &after)), [""; 0]);
    for kind in ["Deployment", "DaemonSet"] {
        let name = if kind == "Deployment" { "web2" } else { "web" };
        let after = workload(
            kind,
            name,
            &of(
                "containers",
                "web",
                &pinned,
                &safe.replace("{runAsNonRoot", "{privileged: true, runAsNonRoot"),
            ),
        );
        let plan = planned(&before, &after);
        let one = finding(&plan, "security-context-weakened").unwrap();
        assert!(one.message.contains("privileged"), "{}", one.message);
    }
}

#[test]
fn a_container_that_comes_to_a_workload_is_judged_like_one_of_a_new_workload() {
    let pinned = format!("a.io/web@sha256:{}", "a".repeat(64));
    let with = |more: &str| {
        container(&format!("securityContext: {{runAsNonRoot: true}}\n{more}"))
            .replace("contoso.azurecr.io/web:1.4.2", &pinned)
    };
    let added = |text: &str| format!("      - {{name: x, {text}}}");
    let init = |text: &str| format!("      initContainers: [{{name: x, {text}}}]");
    for place in [&added as &dyn Fn(&str) -> String, &init] {
        let found = |text: &str| {
            let plan = planned(&with(""), &with(&place(text)));
            let all = plan
                .findings
                .iter()
                .map(|one| format!("{} {}", one.rule, one.message));
            all.collect::<Vec<_>>().join("\n")
        };
        let evil = found("image: 'evil.io/x:latest', securityContext: {privileged: true}");
        for part in [
            "image-mutable-tag `evil.io/x:latest`",
            "image-registry-changed the image comes from `evil.io`",
            "image-digest-lost `evil.io/x:latest` is not pinned",
            "security-context-weakened container `x` gets `privileged`, comes without runAsNonRoot",
        ] {
            assert!(evil.contains(part), "{part} in\n{evil}");
        }
        let good = found(&format!(
            "image: '{pinned}', securityContext: {{runAsNonRoot: true}}"
        ));
        assert_eq!(good, "");
    }
}

#[test]
fn what_is_not_written_is_what_the_server_takes_for_it() {
    let volume = |policy: &str| PV.replace("persistentVolumeReclaimPolicy: Retain", policy);
    let balancer = |rest: &str| service(&format!("{{type: LoadBalancer{rest}}}"));
    let ranges = |list: &str| balancer(&format!(", loadBalancerSourceRanges: [{list}]"));
    let ips = |list: &str| balancer(&format!(", externalIPs: [{list}]"));
    let noted = |annotation: &str| {
        balancer("").replace(
            "namespace: shop}",
            &format!("namespace: shop, annotations: {{{annotation}}}}}"),
        )
    };
    let azure = "service.beta.kubernetes.io/azure-load-balancer-internal: 'true'";
    let allowed = |list: &str| {
        noted(&format!(
            "service.beta.kubernetes.io/load-balancer-source-ranges: '{list}'"
        ))
    };
    let delete = "persistentVolumeReclaimPolicy: Delete";
    let cases = [
        (volume(""), volume(delete), "pv-reclaim-changed", true),
        (
            volume("persistentVolumeReclaimPolicy: null"),
            volume(delete),
            "pv-reclaim-changed",
            true,
        ),
        (
            volume("persistentVolumeReclaimPolicy: Retain"),
            volume("persistentVolumeReclaimPolicy: Recycle"),
            "pv-reclaim-changed",
            true,
        ),
        (
            volume("persistentVolumeReclaimPolicy: Retain"),
            volume(""),
            "pv-reclaim-changed",
            false,
        ),
        (
            volume("persistentVolumeReclaimPolicy: Recycle"),
            volume(delete),
            "pv-reclaim-changed",
            false,
        ),
        (
            ranges("10.0.0.0/8"),
            ranges("0.0.0.0/0"),
            "service-exposed",
            true,
        ),
        (
            ranges("10.0.0.0/8"),
            ranges("10.0.0.0/8, 1.2.3.4/32"),
            "service-exposed",
            true,
        ),
        (
            ranges("10.0.0.0/8"),
            ranges("10.1.0.0/16"),
            "service-exposed",
            false,
        ),
        (ranges("10.0.0.0/8"), balancer(""), "service-exposed", true),
        (balancer(""), ranges("10.0.0.0/8"), "service-exposed", false),
        (
            allowed("10.0.0.0/8"),
            allowed("10.0.0.0/8, 11.0.0.0/8"),
            "service-exposed",
            true,
        ),
        (ips("1.2.3.4"), ips("4.3.2.1"), "service-exposed", true),
        (
            ips("1.2.3.4, 4.3.2.1"),
            ips("4.3.2.1"),
            "service-exposed",
            false,
        ),
        (
            noted(azure),
            noted("x.io/load-balancer-internal: 'true'"),
            "service-exposed",
            true,
        ),
        (
            noted(azure),
            noted("x.io/azure-load-balancer-internal: 'true'"),
            "service-exposed",
            true,
        ),
        (
            noted(azure),
            noted(&format!("{azure}, a: b")),
            "service-exposed",
            false,
        ),
    ];
    for (old, new, rule, expected) in cases {
        let found = flags(&planned(&old, &new));
        let speaks = found.iter().any(|one| one == rule);
        assert_eq!(
            speaks, expected,
            "{rule} in {found:?} for\n{old}\n=>\n{new}"
        );
    }
}

#[test]
fn a_deletion_is_accepted_under_the_name_of_what_goes() {
    let set = |kind: &str, name: &str| {
        workload(kind, "", "", "")
            .replace("name: web, namespace", &format!("name: {name}, namespace"))
    };
    let claim = |namespace: &str| claim("1Gi").replace("shop", namespace);
    let config = |name: &str| {
        format!(
            "{}---\n{}",
            config("a: b, c: d, e: f, g: h").replace("name: cfg", &format!("name: {name}")),
            container("envFrom: [{configMapRef: {name: cfg}}]")
        )
    };
    let cases = [
        (
            set("StatefulSet", "db"),
            set("StatefulSet", "db2"),
            "stateful-workload-deleted",
            "StatefulSet shop/db",
            "StatefulSet shop/db2",
        ),
        (
            claim("shop"),
            claim("other"),
            "pvc-deleted",
            "PersistentVolumeClaim shop/web",
            "PersistentVolumeClaim other/web",
        ),
        (
            set("StatefulSet", "db"),
            set("Deployment", "db"),
            "stateful-workload-deleted",
            "StatefulSet shop/db",
            "Deployment shop/db",
        ),
        (
            config("cfg"),
            config("cfg-two"),
            "reference-lost",
            "ConfigMap shop/cfg",
            "ConfigMap shop/cfg-two",
        ),
    ];
    for (old, new, rule, gone, comes) in cases {
        let (old, new) = (documents(&old), documents(&new));
        let accepted = |resource: &str| {
            let allowances = [Allowance {
                rule: rule.to_owned(),
                resource: Some(resource.to_owned()),
                reason: "known".to_owned(),
                until: "2027-01-01".to_owned(),
            }];
            let options = Options {
                allowances: &allowances,
                today: "2026-11-28",
                ..options()
            };
            let plan = plan(&resources(&old), &resources(&new), &options);
            let one = finding(&plan, rule).unwrap().clone();
            assert_eq!(one.resource.unwrap().short(), gone);
            // The change shows the risk of what goes.
            let change = plan
                .resources
                .iter()
                .find(|one| one.from.is_some())
                .unwrap();
            assert!(one.allowed.is_some() || change.risk >= Some(one.severity));
            one.allowed.is_some()
        };
        assert!(accepted(gone) && !accepted(comes), "{gone}");
    }
}

#[test]
fn a_namespace_that_is_written_or_taken_away_may_be_a_move() {
    let bare = |text: &str| text.replace(", namespace: shop", "");
    let claims = (bare(&claim("1Gi")), claim("1Gi"));
    for (old, new) in [(&claims.0, &claims.1), (&claims.1, &claims.0)] {
        let plan = planned(old, new);
        assert_eq!(flags(&plan), ["namespace-moved", "pvc-deleted"]);
        let moved = finding(&plan, "namespace-moved").unwrap();
        assert_eq!(moved.severity, Severity::Medium);
        assert!(
            moved.message.ends_with("unless these are the same"),
            "{}",
            moved.message
        );
        assert_eq!(
            finding(&plan, "pvc-deleted").unwrap().severity,
            Severity::Critical
        );
    }
    // What comes back as it was is no risk.
    let plan = planned(&bare(&container("")), &container(""));
    assert_eq!(flags(&plan), [""; 0]);
}

#[test]
fn what_the_server_takes_for_the_same_is_not_refused() {
    let set = |spec: &str| workload("StatefulSet", spec, "", "");
    let claims = |head: &str, spec: &str| {
        set(&format!(
            "volumeClaimTemplates: [{{{head}metadata: {{name: d}}, spec: {{{spec}}}}}]"
        ))
    };
    let class = |rest: &str| {
        format!(
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: s}}\nprovisioner: a\n{rest}\n"
        )
    };
    let binding = |rest: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: s}}\nroleRef: {{kind: Role, name: a{rest}}}\n"
        )
    };
    let selector = |rest: &str| {
        deployment(
            &format!("selector: {{matchLabels: {{app: web}}{rest}}}"),
            "",
            "",
        )
    };
    let claim = |rest: &str| {
        other(
            "v1",
            "PersistentVolumeClaim",
            &format!("{{accessModes: [A]{rest}}}"),
        )
    };
    let job = |pod: &str, container: &str| workload("Job", "", pod, container);
    let same = [
        (
            secret("stringData: {a: b}"),
            secret("type: Opaque\nstringData: {a: b}"),
        ),
        (set(""), set("podManagementPolicy: OrderedReady")),
        (set(""), set("volumeClaimTemplates: []")),
        (
            claims("", "volumeName: ''"),
            claims("", "volumeMode: Filesystem"),
        ),
        (
            claims("", "a: b"),
            claims("apiVersion: v1, kind: PersistentVolumeClaim, ", "a: b"),
        ),
        (
            class(""),
            class("reclaimPolicy: Delete\nvolumeBindingMode: Immediate"),
        ),
        (
            binding(""),
            binding(", apiGroup: rbac.authorization.k8s.io"),
        ),
        (selector(""), selector(", matchExpressions: []")),
        (claim(""), claim(", volumeName: ''")),
        (claim(""), claim(", volumeMode: Filesystem")),
        (job("", ""), job("tolerations: []", "resources: {}")),
    ];
    for (a, b) in &same {
        for (old, new) in [(a, b), (b, a)] {
            let found = flags(&planned(old, new));
            let refused = found
                .iter()
                .find(|one| *one == "immutable-field" || *one == "workload-selector-changed");
            assert_eq!(refused, None, "{old}\n=>\n{new}");
        }
    }
    let other = [
        (
            secret("stringData: {a: b}"),
            secret("type: kubernetes.io/tls\nstringData: {a: b}"),
        ),
        (set(""), set("podManagementPolicy: Parallel")),
        (claim(""), claim(", volumeMode: Block")),
        (claim(""), claim(", storageClassName: ''")),
        (class(""), class("reclaimPolicy: Retain")),
    ];
    for (old, new) in &other {
        let found = flags(&planned(old, new));
        assert!(
            found.iter().any(|one| one == "immutable-field"),
            "{old}\n=>\n{new}"
        );
    }
}

#[test]
fn an_empty_list_is_no_field() {
    let before = container("");
    let after = deployment("", "volumes: []\n      tolerations: []", "env: []");
    assert!(planned(&before, &after).is_empty() && planned(&after, &before).is_empty());
    // In a resource of another API it may mean something.
    let widget = |spec: &str| other("contoso.com/v1", "Widget", spec);
    assert!(!planned(&widget("{a: 1}"), &widget("{a: 1, b: []}")).is_empty());
}

#[test]
fn a_secret_in_plain_text_is_found_whatever_it_calls_itself() {
    let argo = |data: &str| {
        secret(&format!("stringData: {{{data}}}")).replace(
            "metadata: {",
            "metadata: {labels: {argocd.argoproj.io/secret-type: repository}, ",
        )
    };
    let sops = "\nsops: {mac: x}";
    let noted = |note: &str| {
        secret("type: Opaque").replace(
            "metadata: {",
            &format!("metadata: {{annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{note}'}}, "),
        )
    };
    let cases = [
        (
            argo("type: git, url: 'https://contoso.com/charts/shop', name: shop, project: default"),
            false,
        ),
        (
            argo("type: hunter2, url: 'https://contoso.com/charts'"),
            true,
        ),
        (
            argo("type: git, url: 'https://hooks.contoso.com/services/T0B0/Xk29s8fQmA71'"),
            true,
        ),
        (
            argo("type: git, url: 'https://contoso.com/charts?sig=a'"),
            true,
        ),
        (
            argo("type: git, name: Xk29s8fQmA71, url: 'https://contoso.com'"),
            true,
        ),
        (
            argo("type: git, enableOCI: hunter2, url: 'https://contoso.com'"),
            true,
        ),
        (
            secret(&format!(
                "stringData: {{a: 'ENC[AES256_GCM,data:x]'}}{sops}"
            )),
            false,
        ),
        (secret("stringData: {a: 'ENC[AES256_GCM,data:x]'}"), true),
        (
            secret(&format!("stringData: {{a: 'ENC[hunter2'}}{sops}")),
            true,
        ),
        (noted(r#"{"data":{"a":"Yg=="}}"#), true),
        (noted(r#"{"metadata":{"name":"key"}}"#), false),
    ];
    for (manifest, expected) in cases {
        let found = flags(&planned(
            &config("a: b"),
            &format!("{}---\n{manifest}", config("a: b")),
        ));
        let is_found = found.iter().any(|one| one == "secret-plaintext");
        assert_eq!(is_found, expected, "{manifest}");
    }
}

#[test]
fn many_budgets_over_workloads_without_pods_are_soon_judged() {
    let one = |at: usize| {
        let budget = other(
            "policy/v1",
            "PodDisruptionBudget",
            "{minAvailable: 1, selector: {matchLabels: {app: web}}}",
        );
        let both = format!("{}---\n{budget}", deployment("replicas: 0", "", ""));
        both.replace("name: web, namespace", &format!("name: w{at}, namespace"))
    };
    let chunk = |at: usize| (at..at + 400).map(one).collect::<Vec<_>>().join("---\n");
    let all = (0..8).map(|at| documents(&chunk(at * 400)));
    let (old, all) = (
        documents(&config("a: b")),
        all.flatten().collect::<Vec<_>>(),
    );
    let begin = std::time::Instant::now();
    let plan = plan(&resources(&old), &resources(&all), &options());
    assert_eq!(plan.resources.len(), 6_401);
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}
