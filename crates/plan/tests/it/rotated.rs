//! A secret that was rotated: the run knows the new one only, and the old one is still in
//! use. Neither is shown, wherever it stands and whatever speaks about it.

use gitops_plan::view::{View, markdown, text};
use gitops_plan::{Options, plan};

use crate::examples::*;
use crate::read::{documents, options, resources, yaml};

/// The secret before and after, as a text and as an unquoted scalar.
const SECRETS: &[(&str, &str)] = &[
    ("olds3cr3taaa", "news3cr3tbbb"),
    ("471147", "998877"),
    ("471147.5", "998877.25"),
    ("12", "998877"),
];

/// Manifests with `SECRET` where the secret is.
fn places() -> Vec<String> {
    let widget = |spec: &str| other("contoso.com/v1", "Widget", spec);
    let named = |name: &str| config("a: b").replace("name: cfg", &format!("name: {name}"));
    vec![
        widget("{x: SECRET}"),
        widget("{x: {y: [SECRET]}}"),
        widget("{x: 'a SECRET b'}"),
        widget("{x: [a, SECRET]}"),
        widget("{x: [SECRET, SECRET-2, b]}"),
        widget("{x: [{a: SECRET, b: c}, {a: d, b: SECRET}]}"),
        widget("{x: [{name: SECRET, v: 1}]}"),
        widget("{x: [{name: 'x-SECRET', v: {w: y}}, {name: z, v: 2}]}"),
        widget("{x: {'SECRET': 1}}"),
        widget("{x: {'SECRET': {a: b}, y: 2}}"),
        widget("{x: {'a.SECRET/b': 1}}"),
        config("a.properties: \"a=1\\nk=SECRET\\n\""),
        config("a.properties: \"a=1\\nSECRET=2\\n\""),
        config("a: '{\"k\": \"SECRET\"}'"),
        config("a: '{\"pin\": SECRET}'"),
        config("a: '{\"SECRET\": {\"x\": 1}}'"),
        config("a.yaml: \"k: [SECRET]\\nb: 1\\n\""),
        config("a.yaml: \"SECRET: 1\\n\""),
        config("a: \"x\\nk SECRET y\\nz\\n\""),
        config("'SECRET': x, b: y"),
        config("a: 'SECRET', b: y"),
        secret("stringData: {'SECRET': x}"),
        image("reg.contoso.com/SECRET/web:1.0.0"),
        image("SECRET.contoso.com/web:1.0.0"),
        image("reg.contoso.com/web:SECRET"),
        image("reg.contoso.com/web:1.SECRET.0"),
        container("env: [{name: SECRET, value: x}]"),
        container("env: [{name: A, value: 'SECRET'}]"),
        container("env: [{name: 'A_SECRET', value: 'SECRET'}, {name: B, value: c}]"),
        container("args: [--pin, 'SECRET']"),
        container("args: [--pin=SECRET]"),
        container("resources: {limits: {'contoso.com/SECRET': 1}}"),
        deployment(
            "",
            "volumes: [{name: v, hostPath: {path: '/x/SECRET'}}]",
            "",
        ),
        deployment("", "volumes: [{name: 'SECRET', emptyDir: {}}]", ""),
        container("").replace("name: web\n", "name: 'SECRET'\n"),
        container("").replace("app: web", "app: 'SECRET'"),
        other(
            "batch/v1",
            "CronJob",
            "{schedule: '1 2 3 SECRET', suspend: false}",
        ),
        other(
            "batch/v1",
            "CronJob",
            "{schedule: SECRET, timeZone: 'A/SECRET'}",
        ),
        ingress("{rules: [{host: 'SECRET.contoso.com'}], tls: [{hosts: ['SECRET.contoso.com']}]}"),
        ingress("{rules: [{host: a.contoso.com}, {host: 'SECRET.contoso.com'}]}"),
        named("x-SECRET"),
        named("'SECRET'"),
        named("x").replace("namespace: shop", "namespace: 'n-SECRET'"),
        format!(
            "{}---\n{}",
            named("x-SECRET"),
            ingress("{rules: [{host: a.b}]}").replace("name: web", "name: 'SECRET'")
        ),
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: 'n-SECRET'}}\n---\n{}",
            named("x")
        ),
        named("x").replace(
            "metadata: {",
            "metadata: {finalizers: ['a/SECRET'], labels: {a: 'SECRET'}, ",
        ),
        named("x").replace(
            "metadata: {",
            "metadata: {annotations: {'SECRET': x, b: y}, ",
        ),
        other(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "{minReplicas: SECRET, maxReplicas: SECRET}",
        ),
        claim("SECRETGi"),
        release("{releaseName: 'SECRET', chart: {spec: {chart: 'SECRET', version: '1.SECRET.0'}}}"),
        role("[{apiGroups: [''], resources: ['SECRET'], verbs: [get]}]"),
        CRD.replace("name: v2", "name: 'SECRET'"),
        service("{type: LoadBalancer, loadBalancerSourceRanges: ['SECRET']}"),
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: n, labels: {{pod-security.kubernetes.io/enforce: 'SECRET'}}}}\n"
        ),
    ]
}

#[test]
fn what_stands_in_the_place_of_a_secret_is_not_shown_either() {
    let mut seen = Vec::new();
    for (old, new) in SECRETS {
        let mask = |text: &str| text.contains(new).then(|| text.replace(new, "***"));
        let options = Options {
            mask: Some(&mask),
            yaml: Some(&yaml),
            ..options()
        };
        for place in places() {
            let (before, after) = (place.replace("SECRET", old), place.replace("SECRET", new));
            for (before, after) in [(&before, &after), (&after, &before)] {
                let (before, after) = (documents(before), documents(after));
                let plan = plan(&resources(&before), &resources(&after), &options);
                assert!(!plan.is_empty(), "{place}");
                let plans = [("", &plan)];
                let shown = [
                    serde_json::to_string(&plan).unwrap(),
                    text(&plans, View::default()),
                    markdown(&plans, View::default()),
                ]
                .join("\n");
                // A short number is looked for where values, names and messages are.
                let leaks = if old.len() > 2 {
                    shown.contains(old) || shown.contains(new)
                } else {
                    let quoted = [
                        format!("`{old}`"),
                        format!("\"{old}\""),
                        format!(": {old}\n"),
                        format!("from {old} to"),
                    ];
                    quoted.iter().any(|quoted| shown.contains(quoted))
                };
                if leaks {
                    seen.push(format!(
                        "{old} {new} in\n{place}\n{}",
                        text(&plans, View::default())
                    ));
                }
            }
        }
    }
    assert!(
        seen.is_empty(),
        "{} of them:\n{}",
        seen.len(),
        seen.join("\n")
    );
}

/// What has nothing to do with the secret is shown as ever.
#[test]
fn what_changes_beside_a_secret_is_shown() {
    let mask = |text: &str| text.contains("known").then(|| text.replace("known", "***"));
    let options = Options {
        mask: Some(&mask),
        ..options()
    };
    let of = |image: &str, value: &str, extra: &str| {
        container(&format!("env: [{{name: A, value: '{value}'}}{extra}]"))
            .replace("web:1.4.2", image)
    };
    let before = documents(&of("web:1.4.2", "was", ""));
    let after = documents(&of("web:1.5.0", "known", ", {name: B, value: known}"));
    let plan = plan(&resources(&before), &resources(&after), &options);
    let shown = text(&[("", &plan)], View::default());
    let expected = [
        "1 changed; 3 fields to read",
        "! info image-changed: Deployment shop/web: the image goes from `contoso.azurecr.io/web:1.4.2` to `contoso.azurecr.io/web:1.5.0`",
        "~ apps/v1 Deployment shop/web",
        "    ~ spec.template.spec.containers[name=web].env[name=A].value: changes (hidden)",
        "    + spec.template.spec.containers[name=web].env[name=B]: (hidden)",
        "    - spec.template.spec.containers[name=web].image: contoso.azurecr.io/web:1.4.2",
        "    + spec.template.spec.containers[name=web].image: contoso.azurecr.io/web:1.5.0",
        "",
    ];
    assert_eq!(shown, expected.join("\n"));
}
