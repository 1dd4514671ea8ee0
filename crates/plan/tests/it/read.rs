//! Manifests as the tests write them.

use gitops_plan::{Options, Plan, Resource, Value, plan};

/// The documents of a YAML text.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    all.into_iter().filter(|value| !value.is_null()).collect()
}

/// YAML inside of texts.
pub(crate) fn yaml(text: &str) -> Option<Value> {
    serde_saphyr::from_str(text).ok()
}

pub(crate) fn resources(values: &[Value]) -> Vec<Resource<'_>> {
    values
        .iter()
        .map(|value| Resource::new("all.yaml", 1, value))
        .collect()
}

pub(crate) fn options() -> Options<'static> {
    Options {
        yaml: Some(&yaml),
        ..Options::new(b"the key of the tests")
    }
}

/// The plan from one text to another.
pub(crate) fn planned(old: &str, new: &str) -> Plan {
    let (old, new) = (documents(old), documents(new));
    plan(&resources(&old), &resources(&new), &options())
}

/// The ids of the rules that found something, sorted, each once.
pub(crate) fn flags(plan: &Plan) -> Vec<String> {
    let mut flags: Vec<_> = plan.findings.iter().map(|one| one.rule.clone()).collect();
    flags.sort();
    flags.dedup();
    flags
}

/// Each field as `path change` with values; noise in parentheses.
pub(crate) fn fields(plan: &Plan) -> Vec<String> {
    let fields = plan.resources.iter().flat_map(|one| &one.fields);
    fields
        .map(|field| {
            let show = |value: &Option<Value>| {
                value
                    .as_ref()
                    .map_or("-".into(), |value| serde_json::to_string(value).unwrap())
            };
            let text = format!(
                "{} {:?} {} {}",
                field.path,
                field.change,
                show(&field.old),
                show(&field.new)
            );
            match field.noise {
                Some(noise) => format!("({noise:?}) {text}"),
                None => text,
            }
        })
        .collect()
}
