//! What helm makes of a values file without a word: of equal keys the last one
//! counts, and documents behind the first are nothing to Helm 3 and more values
//! to Helm 4.

use std::path::Path;

use super::error::HelmFault;
use super::invoke::{Request, Values};
use super::places::Places;
use crate::generate::Fault;
use crate::model::Finding;
use crate::source::SourceTree;
use crate::text::yaml;

/// What is said of a second document.
const SECOND: &str = "a values file with several documents: Helm 3 ignores this one, Helm 4 puts it on top of the first; give it a file of its own";

/// Refuses what helm's reader takes for the end of a line and nobody else does.
pub(super) fn refuse(file: &Values) -> Result<(), HelmFault> {
    let text = std::str::from_utf8(&file.content).unwrap_or_default();
    yaml::refuse_disputed(text).map_err(|source| HelmFault::Values {
        file: file.shown.clone(),
        source,
    })
}

/// Warnings about documents behind the first, and about keys that a map has
/// twice. What is not YAML is helm's to refuse.
pub(super) fn check(file: &Values) -> Vec<Finding> {
    let documents = std::str::from_utf8(&file.content).map(yaml::parse);
    let Ok(Ok(documents)) = documents else {
        return Vec::new();
    };
    let warning = |line: usize, message: String| {
        Finding::warning(format!("{}, line {line}", file.shown), message)
    };
    let mut found = Vec::new();
    let mut documents = documents.into_iter();
    // Helm 3 reads the first one even if there is nothing in it.
    if let Some(first) = documents.next() {
        found.extend(first.repeated.into_iter().map(|repeated| {
            warning(
                repeated.line,
                format!(
                    "the key `{}` is in the same map as another one in line {}: helm takes the last one",
                    repeated.key, repeated.first
                ),
            )
        }));
    }
    if let Some(second) = documents.find(|document| !document.root.is_null()) {
        found.push(warning(second.line, SECOND.to_owned()));
    }
    found
}

/// What helm says of a values file that is not YAML, about the file that is meant.
pub(super) fn explain(fault: Fault, request: &Request, chart: &Path, places: &Places) -> Fault {
    let is_about_yaml = |fault: &HelmFault| match fault {
        HelmFault::Failed { output, .. } => output.contains("yaml: ") || output.contains("YAML"),
        _ => false,
    };
    if !matches!(&fault, Fault::Chart(chart) if is_about_yaml(chart)) {
        return fault;
    }
    let own = of_charts(chart, places);
    let malformed = |file: &Values| {
        let text = std::str::from_utf8(&file.content).ok()?;
        let source = yaml::parse(text).err()?;
        let file = file.shown.clone();
        Some(HelmFault::Values { file, source }.into())
    };
    let found = request.values_files.iter().chain(&own).find_map(malformed);
    found.unwrap_or(fault)
}

/// The values files of a chart and of the charts in it.
fn of_charts(chart: &Path, places: &Places) -> Vec<Values> {
    let Ok(tree) = SourceTree::open(chart) else {
        return Vec::new();
    };
    let files = tree.below(chart).unwrap_or_default().into_iter();
    let of_charts = files.filter(|file| {
        let above = file.name.strip_suffix("values.yaml");
        above.is_some_and(|above| above.is_empty() || above.starts_with("charts/"))
    });
    of_charts
        .filter_map(|file| {
            Some(Values {
                shown: places.file(&file.name),
                content: tree.bytes(&file.path).ok().flatten()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(content: &str) -> Vec<String> {
        let file = Values {
            shown: "v.yaml".to_owned(),
            content: content.as_bytes().to_vec(),
        };
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[rstest::rstest]
    #[case("admin: false # see \u{2028}admin: true\n", 1, 20, 0x2028)]
    #[case("admin: false # see \u{2029}admin: true\n", 1, 20, 0x2029)]
    #[case("a: b\nadmin: false #\u{85}admin: true\n", 2, 15, 0x85)]
    #[case("a: b\u{2028}c: d\n", 1, 5, 0x2028)]
    #[case("a: [\n #\u{85}]\n", 2, 3, 0x85)]
    #[case("\u{2029}a: b\n", 1, 1, 0x2029)]
    fn what_ends_a_line_for_helm_alone_is_refused(
        #[case] content: &str,
        #[case] line: usize,
        #[case] column: usize,
        #[case] code: u32,
    ) {
        let file = Values {
            shown: "v.yaml".to_owned(),
            content: content.as_bytes().to_vec(),
        };
        let expected = format!(
            "the values file `v.yaml` is malformed, line {line}, column {column}: the character U+{code:04X} ends the line for some readers and not for others; in a text, write it as \"\\u{code:04X}\""
        );
        assert_eq!(refuse(&file).unwrap_err().to_string(), expected);
        let escaped = content.replace(|c| u32::from(c) == code, " ");
        let file = Values {
            content: escaped.into_bytes(),
            ..file
        };
        assert!(refuse(&file).is_ok());
    }

    #[rstest::rstest]
    #[case(
        "a: 1\n---\nb: 2\n",
        "v.yaml, line 3: a values file with several documents: Helm 3 ignores this one, Helm 4 puts it on top of the first; give it a file of its own"
    )]
    #[case(
        "---\n---\nb: 2\n",
        "v.yaml, line 3: a values file with several documents: Helm 3 ignores this one, Helm 4 puts it on top of the first; give it a file of its own"
    )]
    #[case(
        "a: 1\n---\n# none\n---\nb: 2\n",
        "v.yaml, line 5: a values file with several documents: Helm 3 ignores this one, Helm 4 puts it on top of the first; give it a file of its own"
    )]
    #[case(
        "a: 1\n...\nb: 2\n",
        "v.yaml, line 3: a values file with several documents: Helm 3 ignores this one, Helm 4 puts it on top of the first; give it a file of its own"
    )]
    #[case(
        "a: 1\nb: 2\na: 3\n",
        "v.yaml, line 3: the key `a` is in the same map as another one in line 1: helm takes the last one"
    )]
    #[case(
        "image: {tag: 1, \"tag\": 2}\n",
        "v.yaml, line 1: the key `tag` is in the same map as another one in line 1: helm takes the last one"
    )]
    #[case(
        "{\"a\": 1,\n\"a\": 2}\n",
        "v.yaml, line 2: the key `a` is in the same map as another one in line 1: helm takes the last one"
    )]
    fn what_helm_passes_over_is_told(#[case] content: &str, #[case] message: &str) {
        assert_eq!(said(content), [message]);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("---\na: 1\n")]
    #[case("a: 1\n---\n")]
    #[case("x: &x {a: 1}\nb: {<<: *x, a: 2}\n")]
    #[case("a: [\n")]
    fn nothing_is_said_of_other_files(#[case] content: &str) {
        assert_eq!(said(content), [""; 0]);
    }
}
