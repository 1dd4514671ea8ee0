//! Resources that several manifests describe: each copy is compared and judged.

use gitops_plan::{Plan, Resource, plan};

use crate::examples::*;
use crate::read::{documents, options};

/// The plan from files to files.
fn between(old: &[(&str, String)], new: &[(&str, String)]) -> Plan {
    let read = |files: &[(&str, String)]| -> Vec<_> {
        let files = files.iter();
        files
            .flat_map(|(file, text)| {
                let values = documents(text).into_iter();
                values
                    .map(|value| ((*file).to_owned(), value))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let (old, new) = (read(old), read(new));
    let resources = |all: &'_ [(String, gitops_plan::Value)]| -> Vec<Resource<'static>> {
        let all: &'static [(String, gitops_plan::Value)] = all.to_vec().leak();
        let all = all.iter();
        all.map(|(file, value)| Resource::new(file, 1, value))
            .collect()
    };
    plan(&resources(&old), &resources(&new), &options())
}

fn found(plan: &Plan) -> Vec<String> {
    let found = plan.findings.iter().map(|one| {
        let existing = if one.existing { " (existing)" } else { "" };
        format!("{} {}{existing}", one.file, one.rule)
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found
}

fn changed(plan: &Plan) -> Vec<String> {
    let lines = plan.resources.iter().flat_map(|one| {
        let fields = one.fields.iter();
        fields.map(|field| format!("{} {}", one.file, field.path))
    });
    lines.collect()
}

#[test]
fn a_change_to_any_copy_is_shown_and_judged() {
    let (two, three) = (
        deployment("replicas: 2", "", ""),
        deployment("replicas: 3", "", ""),
    );
    let evil = deployment("replicas: 0", "", "")
        .replace("contoso.azurecr.io/web:1.4.2", "evil.io/x:latest");
    let risks = [
        "c.yaml duplicate-resource",
        "c.yaml image-changed",
        "c.yaml image-mutable-tag",
        "c.yaml image-registry-changed",
        "c.yaml replicas-to-zero",
    ];
    let fields = [
        "c.yaml spec.replicas",
        "c.yaml spec.template.spec.containers[name=web].image",
    ];
    let before = [("b.yaml", two.clone()), ("c.yaml", three.clone())];
    let after = [("b.yaml", two.clone()), ("c.yaml", evil.clone())];
    // The old side has the files that change first.
    let reversed = [before[1].clone(), before[0].clone()];
    for before in [before.clone(), reversed] {
        let plan = between(&before, &after);
        assert_eq!(found(&plan), risks);
        assert_eq!(changed(&plan), fields);
    }
    // A copy that comes.
    let plan = between(&before[1..], &[before[1].clone(), ("d.yaml", evil)]);
    assert_eq!(
        found(&plan),
        risks.map(|risk| risk.replace("c.yaml", "d.yaml"))
    );
    assert_eq!(
        changed(&plan),
        fields.map(|one| one.replace("c.yaml", "d.yaml"))
    );
    // What stays as it is was so before.
    let plan = between(&before, &before);
    assert_eq!(found(&plan), ["c.yaml duplicate-resource (existing)"]);
    assert!(plan.is_empty());
}

#[test]
fn another_order_of_copies_is_a_change() {
    let (two, three) = (
        deployment("replicas: 2", "", ""),
        deployment("replicas: 3", "", ""),
    );
    let one = |file, text: &String| (file, text.clone());
    let before = [one("b.yaml", &two), one("c.yaml", &three)];
    let cases = [
        // The contents of two files are swapped.
        (vec![one("b.yaml", &three), one("c.yaml", &two)], 2),
        // The last one becomes the first.
        (vec![one("a.yaml", &three), one("b.yaml", &two)], 1),
        // The last one goes.
        (vec![one("b.yaml", &two)], 1),
    ];
    for (after, fields) in cases {
        let plan = between(&before, &after);
        assert_eq!(changed(&plan).len(), fields, "{:?}", changed(&plan));
        assert!(found(&plan).iter().all(|one| !one.contains("existing")));
    }
    // The first one goes: what the cluster has in the end stays.
    let plan = between(&before, &before[1..]);
    assert_eq!(changed(&plan), ["c.yaml spec.replicas"]);
}

#[test]
fn a_copy_of_a_secret_in_plain_text_is_found() {
    let sealed = |value: &str| {
        secret(&format!(
            "stringData: {{a: 'ENC[{value}]'}}\nsops: {{mac: x}}"
        ))
    };
    let before = [("b.yaml", sealed("one")), ("c.yaml", sealed("two"))];
    let after = [
        ("b.yaml", sealed("one")),
        ("c.yaml", secret("stringData: {a: b}")),
    ];
    let found = found(&between(&before, &after));
    for rule in [
        "secret-plaintext",
        "secret-encryption-lost",
        "duplicate-resource",
    ] {
        assert!(found.contains(&format!("c.yaml {rule}")), "{found:?}");
    }
}
