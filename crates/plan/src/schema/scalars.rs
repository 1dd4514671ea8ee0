//! Which single values mean the same although they are written differently. Only what
//! Kubernetes itself reads as equal: no defaults, no guesses about texts.

use super::{duration, quantity};
use crate::path::Path;
use crate::value::Value;

/// Maps from a resource's name to a quantity.
const AMOUNTS: &[&str] = &[
    "limits",
    "requests",
    "capacity",
    "allocatable",
    "hard",
    "default",
    "defaultRequest",
    "max",
    "min",
    "podFixed",
];

/// Fields of Kubernetes' own kinds that are quantities.
const SINGLE: &[&str] = &["sizeLimit", "averageValue", "divisor"];

/// Fields of Flux and cert-manager that are durations.
const DURATIONS: &[&str] = &[
    "interval",
    "timeout",
    "retryInterval",
    "duration",
    "renewBefore",
];

/// Below these keys nothing is read as a quantity or a duration.
const TEXTS: &[&str] = &["annotations", "labels", "openAPIV3Schema", "postBuild"];

/// Whether two single values at this path mean the same to the server.
pub(crate) fn equal(path: &Path, group: &str, old: &Value, new: &Value) -> bool {
    // What is inside of a text, a schema, a label or a substitution is a text there.
    if path.is_in_text() || TEXTS.iter().any(|key| path.has_key(key)) {
        return false;
    }
    if is_quantity(path, group) {
        let amount = |value: &Value| match value {
            Value::Str(text) => quantity::parse(text),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => quantity::parse(&value.scalar()),
            _ => None,
        };
        return amount(old).is_some() && amount(old) == amount(new);
    }
    if is_duration(path, group) {
        let length = |value: &Value| value.text().and_then(duration::parse);
        return length(old).is_some() && length(old) == length(new);
    }
    false
}

fn is_quantity(path: &Path, group: &str) -> bool {
    let (last, parent) = (path.last_key(0), path.last_key(1));
    if super::is_builtin(group) {
        return AMOUNTS.contains(&parent)
            || SINGLE.contains(&last)
            || (last == "value" && parent == "target");
    }
    // Values of a chart are texts until the chart is rendered.
    let embedded = matches!(parent, "limits" | "requests") && path.last_key(2) == "resources";
    embedded && !path.has_key("values")
}

fn is_duration(path: &Path, group: &str) -> bool {
    let known = group.ends_with(".toolkit.fluxcd.io") || group == "cert-manager.io";
    known && DURATIONS.contains(&path.last_key(0)) && !path.has_key("values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::quantity(&["resources", "limits", "cpu"], "", r#""1000m""#, "1", true)]
    #[case::quantity_in_quotes(&["resources", "limits", "cpu"], "apps", r#""1""#, "1", true)]
    #[case::a_label_that_looks_like_one(&["metadata", "labels", "size"], "", r#""1000m""#, r#""1""#, false)]
    #[case::a_port_in_quotes_is_a_name(&["spec", "ports", "targetPort"], "", r#""80""#, "80", false)]
    #[case::an_environment_variable(&["env", "value"], "apps", r#""80""#, "80", false)]
    #[case::interval_of_flux(&["spec", "interval"], "kustomize.toolkit.fluxcd.io", r#""10m""#, r#""600s""#, true)]
    #[case::interval_of_others(&["spec", "interval"], "monitoring.coreos.com", r#""10m""#, r#""600s""#, false)]
    #[case::a_substitution(&["spec", "postBuild", "substitute", "interval"], "kustomize.toolkit.fluxcd.io", r#""10m""#, r#""600s""#, false)]
    #[case::an_annotation(&["metadata", "annotations", "timeout"], "kustomize.toolkit.fluxcd.io", r#""10m""#, r#""600s""#, false)]
    #[case::a_default_in_a_schema(&["schema", "openAPIV3Schema", "default", "cpu"], "apiextensions.k8s.io", r#""1000m""#, r#""1""#, false)]
    #[case::a_value_of_a_chart(&["spec", "values", "resources", "limits", "cpu"], "helm.toolkit.fluxcd.io", r#""1000m""#, r#""1""#, false)]
    #[case::resources_of_an_operator(&["spec", "resources", "limits", "cpu"], "monitoring.coreos.com", r#""1000m""#, r#""1""#, true)]
    fn what_the_server_sees_as_equal(
        #[case] path: &[&str],
        #[case] group: &str,
        #[case] old: &str,
        #[case] new: &str,
        #[case] expected: bool,
    ) {
        let read = |text| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(
            equal(&Path::of(path), group, &read(old), &read(new)),
            expected
        );
    }
}
