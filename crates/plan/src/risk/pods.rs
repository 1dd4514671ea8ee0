//! The pod that a workload makes, whatever its kind.

use crate::value::Value;

/// The places of a pod template: of jobs with a schedule, of workloads, and a pod is one itself.
const TEMPLATES: &[(&[&str], &str)] = &[
    (
        &["spec", "jobTemplate", "spec", "template"],
        "spec.jobTemplate.spec.template",
    ),
    (&["spec", "template"], "spec.template"),
];

/// The template, and how the path to it is written.
pub(crate) fn template(value: &Value) -> Option<(&Value, &'static str)> {
    if value.at(&["kind"]).text() == Some("Pod") {
        return Some((value, ""));
    }
    TEMPLATES.iter().find_map(|(keys, path)| {
        let template = value.at(keys);
        let is_pod = !template.at(&["spec", "containers"]).is_null();
        is_pod.then_some((template, *path))
    })
}

/// The pod's specification, and how the path to it is written.
pub(crate) fn spec(value: &Value) -> Option<(&Value, String)> {
    let (template, path) = template(value)?;
    let path = if path.is_empty() {
        "spec".to_owned()
    } else {
        format!("{path}.spec")
    };
    Some((template.at(&["spec"]), path))
}

/// A container of a pod.
pub(crate) struct Container<'a> {
    pub(crate) list: &'static str,
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
    pub(crate) path: String,
}

/// All containers of a resource.
pub(crate) fn containers(value: &Value) -> Vec<Container<'_>> {
    let Some((spec, path)) = spec(value) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for value in spec.at(&[list]).items() {
            let name = value.at(&["name"]).text().unwrap_or("");
            let item = vec![("name".to_owned(), name.to_owned())];
            let step = crate::path::Path(vec![crate::path::Step::Item(item)]).text();
            all.push(Container {
                list,
                name,
                value,
                path: format!("{path}.{list}{step}"),
            });
        }
    }
    all
}

/// The containers that both have, the old one first.
pub(crate) fn pairs<'a>(old: &'a Value, new: &'a Value) -> Vec<(Container<'a>, Container<'a>)> {
    let mut old: std::collections::HashMap<_, _> = containers(old)
        .into_iter()
        .map(|one| ((one.list == "initContainers", one.name), one))
        .collect();
    containers(new)
        .into_iter()
        .filter_map(|new| Some((old.remove(&(new.list == "initContainers", new.name))?, new)))
        .collect()
}
