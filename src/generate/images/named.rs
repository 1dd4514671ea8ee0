//! The images that a resource names, for whoever asks what runs there.

use std::collections::BTreeSet;

use super::resource::CONTAINERS;
use crate::text::yaml::Value;

/// The images of every container in a resource, as they are written; sorted. What
/// has lists of containers is taken for a pod, as when images are set.
pub(in crate::generate) fn named(resource: &Value) -> Vec<String> {
    let mut found = BTreeSet::new();
    look(resource, &mut found);
    found.into_iter().collect()
}

fn look(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Map(pairs) => {
            let images = |list: &str, image: fn(&Value) -> Option<&Value>| -> Vec<String> {
                let Some(Value::List(items)) = value.get(list) else {
                    return Vec::new();
                };
                let texts = items.iter().filter_map(image);
                let texts = texts.filter_map(Value::non_empty_text);
                texts.map(str::to_owned).collect()
            };
            for list in CONTAINERS {
                found.extend(images(list, |item| item.get("image")));
            }
            found.extend(images("volumes", |item| {
                item.get("image")?.get("reference")
            }));
            for (_, value) in pairs {
                look(value, found);
            }
        }
        Value::List(items) => {
            for item in items {
                look(item, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::generate::Policy;
    use crate::generate::resources;
    use crate::model::{FileSet, RelPath};

    #[rstest::rstest]
    #[case::workload(
        "spec: {template: {spec: {containers: [{image: b:2}, {image: a:1}], initContainers: [{image: c}, {name: none}]}}}",
        &["a:1", "b:2", "c"]
    )]
    #[case::custom("spec: {job: {pod: {ephemeralContainers: [{image: 'x@sha256:00'}]}}}", &["x@sha256:00"])]
    #[case::volume("spec: {volumes: [{image: {reference: data:1}}, {emptyDir: {}}]}", &["data:1"])]
    #[case::twice("spec: {containers: [{image: a}, {image: a}]}", &["a"])]
    #[case::no_pod("spec: {image: chart/values}", &[])]
    #[case::odd("spec: {containers: {image: a}, volumes: [x, {image: y}]}", &[])]
    fn images_of_containers_are_named(#[case] more: &str, #[case] images: &[&str]) {
        let text = format!("apiVersion: x/v1\nkind: X\nmetadata: {{name: a}}\n{more}\n");
        let mut files = FileSet::new();
        files.insert(RelPath::parse("a.yaml").unwrap(), text.into_bytes());
        let (found, _) = resources(&files, Policy::Refuse).unwrap();
        assert_eq!(found[0].images, images);
    }
}
