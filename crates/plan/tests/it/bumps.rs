//! Five real version bumps, where they are: `../shared/fixtures/corpus/pairs`. What is
//! expected was written by hand before the rules ran, with a reason for each flag.

use std::collections::{BTreeMap, BTreeSet};

use gitops_plan::view::{View, text};
use gitops_plan::{Noise, Plan, Value};

use crate::corpus::shared;
use crate::read::{documents, fields, planned};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    fields_at_most: usize,
    flags: Vec<Flag>,
    collapsed: BTreeMap<Noise, usize>,
}

#[derive(serde::Deserialize)]
struct Flag {
    rule: String,
    resource: String,
    reason: String,
}

/// The labels that may be collapsed, and nothing else.
const LABELS: [&str; 2] = ["helm.sh/chart", "app.kubernetes.io/version"];

#[test]
fn five_real_bumps_leave_little_to_read_and_raise_what_a_person_would() {
    let Some(folder) = shared("pairs") else {
        return;
    };
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(include_str!("../bumps/expected-flags.json")).unwrap();
    assert_eq!(expected.len(), 5);
    for (name, expected) in expected {
        let read = |file| std::fs::read_to_string(folder.join(&name).join(file)).unwrap();
        let (before, after) = (read("before.yaml"), read("after.yaml"));
        let clock = std::time::Instant::now();
        let plan = planned(&before, &after);
        let took = clock.elapsed();
        let all = fields(&plan);
        println!(
            "{name}: {} of {} fields to read, {} lines for a terminal, {took:?}",
            plan.summary.fields,
            all.len(),
            text(&[("", &plan)], View::default()).lines().count()
        );
        for field in all.iter().filter(|field| !field.starts_with('(')) {
            println!("    {field}");
        }
        let mut flags: Vec<_> = expected
            .flags
            .into_iter()
            .inspect(|flag| assert!(!flag.reason.is_empty()))
            .map(|flag| (flag.rule, flag.resource))
            .collect();
        flags.sort();
        assert_eq!(found(&plan), flags, "{name}");
        assert_eq!(plan.summary.noise, expected.collapsed, "{name}");
        assert!(plan.summary.fields <= expected.fields_at_most, "{name}");
        only_labels_are_collapsed(&name, &plan, &[&before, &after]);
    }
}

/// Rule and resource of each finding.
fn found(plan: &Plan) -> Vec<(String, String)> {
    let mut found: Vec<_> = plan
        .findings
        .iter()
        .map(|finding| {
            let resource = finding.resource.as_ref().unwrap();
            (finding.rule.clone(), resource.short())
        })
        .collect();
    found.sort();
    found
}

/// What is collapsed are two labels that nothing selects by; and a pod template in which
/// one changes, so that pods restart, has a change that is shown, too.
fn only_labels_are_collapsed(name: &str, plan: &Plan, texts: &[&String]) {
    let mut selecting = BTreeSet::new();
    for document in texts.iter().flat_map(|text| documents(text)) {
        keys_below_selectors(&document, false, &mut selecting);
    }
    for label in LABELS {
        assert!(
            !selecting.contains(label),
            "{name}: something selects by {label}"
        );
    }
    for resource in &plan.resources {
        let collapsed = resource.fields.iter().filter(|field| field.noise.is_some());
        for field in collapsed {
            let is_label = LABELS.iter().any(|label| {
                field.path == format!("metadata.labels[\"{label}\"]")
                    || field.path == format!("spec.template.metadata.labels[\"{label}\"]")
            });
            assert!(is_label, "{name}: {}", field.path);
            let is_template = field.path.starts_with("spec.template.");
            let mut shown = resource.to_read();
            let is_shown = shown.any(|other| other.path.starts_with("spec.template."));
            assert!(
                !is_template || is_shown,
                "{name}: {}",
                resource.resource.short()
            );
        }
    }
}

fn keys_below_selectors(value: &Value, inside: bool, keys: &mut BTreeSet<String>) {
    match value {
        Value::Map(pairs) => {
            for (key, inner) in pairs {
                if inside {
                    keys.insert(key.clone());
                }
                let selects = key.to_lowercase().contains("selector") || key == "matchLabels";
                keys_below_selectors(inner, inside || selects, keys);
            }
        }
        Value::List(items) => {
            for item in items {
                keys_below_selectors(item, inside, keys);
            }
        }
        _ => {}
    }
}
