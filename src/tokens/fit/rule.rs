//! Which text stays without quotes: the table of docs/tokens.md.
//!
//! Owns who reads what: Kubernetes, the values of a chart, fields that are text
//! for certain. May not look at files.

use crate::text::yaml::{Value, needs_quotes, plain_value};

/// Who reads a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Kubernetes: whole numbers are exact.
    Kubernetes,
    /// The values of a chart, where every number is a float that Go prints with
    /// an exponent from a million on.
    Values,
    /// A field that takes text and nothing else.
    Text,
}

/// Whether a plain scalar of this text is read as this text, or as a number or
/// boolean that is written in exactly this way.
pub(super) fn stays_plain(text: &str, reader: Reader) -> bool {
    match plain_value(text) {
        Value::Str(_) => !needs_quotes(text),
        _ if reader == Reader::Text => false,
        // A pipeline writes its booleans as `True` and `False`. As text they
        // would both be true for a chart.
        Value::Bool(_) => is_boolean(text),
        Value::Int(number) => {
            number.to_string() == text && (reader != Reader::Values || number.abs() < 1_000_000)
        }
        Value::Float(number) => is_same_float(number, text, reader),
        _ => false,
    }
}

/// The booleans of YAML 1.2; 1.1 has more, which are words.
fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// Whether a float is printed as it was written. From the exponents on, Go's
/// `%v` and its JSON use the other notation.
fn is_same_float(number: f64, text: &str, reader: Reader) -> bool {
    let size = number.abs();
    let printed_plainly = match reader {
        Reader::Values => (1e-4..1e6).contains(&size),
        _ => (1e-6..1e21).contains(&size),
    };
    printed_plainly && number.to_string() == text
}

/// Fields of Kubernetes objects that are text wherever they are.
const TEXT_FIELDS: &[&str] = &[
    "apiVersion",
    "generateName",
    "hostname",
    "image",
    "kind",
    "name",
    "namespace",
    "nodeName",
    "secretName",
    "serviceAccountName",
    "storageClassName",
];

/// Maps of text to text.
const TEXT_MAPS: &[&str] = &[
    "annotations",
    "commonAnnotations",
    "commonLabels",
    "labels",
    "matchLabels",
    "nodeSelector",
    "podAnnotations",
    "podLabels",
    "stringData",
];

/// Maps that a chart reads as its values.
const VALUES_MAPS: &[&str] = &["values", "valuesInline", "valuesObject"];

/// What a document is.
#[derive(Debug, Default, Clone)]
pub(super) struct Document {
    pub(super) kind: Option<String>,
    pub(super) has_version: bool,
}

/// The reader of a value, by its file, its document and the keys above it.
/// Items of lists are empty keys.
pub(super) fn reader(file: &str, document: &Document, path: &[String]) -> Reader {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let last = path.last().map_or("", String::as_str);
    let above = |keys: &[&str]| path.iter().any(|key| keys.contains(&key.as_str()));
    if above(VALUES_MAPS) {
        return Reader::Values;
    }
    if matches!(
        name,
        "Kustomization" | "kustomization.yaml" | "kustomization.yml"
    ) {
        return match last {
            // Booleans and numbers; everything else there is text.
            "count"
            | "force"
            | "includeCRDs"
            | "includeSelectors"
            | "includeTemplates"
            | "disableNameSuffixHash"
            | "immutable"
            | "skipTests"
            | "skipHooks"
            | "debug" => Reader::Kubernetes,
            _ => Reader::Text,
        };
    }
    if matches!(name, "Chart.yaml" | "Chart.yml") {
        return match last {
            "deprecated" => Reader::Kubernetes,
            _ => Reader::Text,
        };
    }
    let Some(kind) = document.kind.as_deref().filter(|_| document.has_version) else {
        return Reader::Values;
    };
    let is_text = TEXT_FIELDS.contains(&last)
        || above(TEXT_MAPS)
        || (path.first().is_some_and(|first| first == "data")
            && matches!(kind, "ConfigMap" | "Secret"))
        || matches!(path, [.., parent, item, field] if parent == "env" && item.is_empty() && field == "value")
        || matches!(path, [.., parent, item] if (parent == "args" || parent == "command") && item.is_empty());
    if is_text {
        Reader::Text
    } else {
        Reader::Kubernetes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Reader::{Kubernetes, Text, Values};

    #[rstest::rstest]
    #[case("web", [true, true, true])]
    #[case("3", [true, true, false])]
    #[case("-12", [true, true, false])]
    #[case("999999", [true, true, false])]
    #[case("1000000", [true, false, false])]
    #[case("87940363", [true, false, false])]
    #[case("9223372036854775808", [false, false, false])]
    #[case("0.5", [true, true, false])]
    #[case("1234567.5", [true, false, false])]
    #[case("0.00005", [true, false, false])]
    #[case("true", [true, true, false])]
    #[case("False", [true, true, false])]
    #[case("1.10", [false, false, false])]
    #[case("1.0", [false, false, false])]
    #[case("706798e8", [false, false, false])]
    #[case("1e3", [false, false, false])]
    #[case("0123", [false, false, false])]
    #[case("08", [false, false, false])]
    #[case("0x1F", [false, false, false])]
    #[case("+1", [false, false, false])]
    #[case("-0", [false, false, false])]
    #[case("1_000", [false, false, false])]
    #[case("yes", [false, false, false])]
    #[case("null", [false, false, false])]
    #[case("~", [false, false, false])]
    #[case("", [false, false, false])]
    #[case(".inf", [false, false, false])]
    #[case("2026-11-28", [false, false, false])]
    #[case("12:30:45", [false, false, false])]
    #[case("1.2.3", [true, true, true])]
    fn text_that_reads_as_another_is_quoted(#[case] text: &str, #[case] plain: [bool; 3]) {
        let got = [Kubernetes, Values, Text].map(|reader| stays_plain(text, reader));
        assert_eq!(got, plain);
    }

    #[rstest::rstest]
    #[case("d.yaml", "Deployment", "spec replicas", Kubernetes)]
    #[case("d.yaml", "Deployment", "metadata labels version", Text)]
    #[case("d.yaml", "Deployment", "metadata name", Text)]
    #[case("d.yaml", "Deployment", "spec containers - env - value", Text)]
    #[case("d.yaml", "Deployment", "spec containers - args -", Text)]
    #[case(
        "d.yaml",
        "Deployment",
        "spec containers - ports - containerPort",
        Kubernetes
    )]
    #[case("c.yaml", "ConfigMap", "data port", Text)]
    #[case("c.yaml", "Widget", "data port", Kubernetes)]
    #[case("r.yaml", "HelmRelease", "spec values image tag", Values)]
    #[case("values.yaml", "", "image tag", Values)]
    #[case("k/kustomization.yaml", "", "images - newTag", Text)]
    #[case("k/kustomization.yaml", "", "replicas - count", Kubernetes)]
    #[case("k/kustomization.yaml", "", "helmCharts - valuesInline tag", Values)]
    #[case("Chart.yaml", "", "appVersion", Text)]
    fn the_reader_follows_from_file_document_and_keys(
        #[case] file: &str,
        #[case] kind: &str,
        #[case] path: &str,
        #[case] expected: Reader,
    ) {
        let document = Document {
            kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()),
            has_version: true,
        };
        let path: Vec<_> = path.split(' ').map(|key| key.replace('-', "")).collect();
        assert_eq!(reader(file, &document, &path), expected);
    }
}
