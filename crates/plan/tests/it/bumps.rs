//! Five real version bumps, where they are: `../shared/fixtures/corpus/pairs`. What is
//! expected was written by hand before the rules ran, with a reason for each flag.

use std::collections::BTreeMap;

use gitops_plan::Noise;
use gitops_plan::view::{View, text};

use crate::corpus::shared;
use crate::read::{fields, flags, planned};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    fields_at_most: usize,
    flags: BTreeMap<String, String>,
    collapsed: BTreeMap<Noise, usize>,
}

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
        let plan = planned(&read("before.yaml"), &read("after.yaml"));
        let all = fields(&plan);
        println!(
            "{name}: {} of {} fields to read, {} lines for a terminal",
            plan.summary.fields,
            all.len(),
            text(&[("", &plan)], View::default()).lines().count()
        );
        for field in all.iter().filter(|field| !field.starts_with('(')) {
            println!("    {field}");
        }
        assert_eq!(
            flags(&plan),
            expected.flags.into_keys().collect::<Vec<_>>(),
            "{name}"
        );
        assert_eq!(plan.summary.noise, expected.collapsed, "{name}");
        assert!(plan.summary.fields <= expected.fields_at_most, "{name}");
    }
}
