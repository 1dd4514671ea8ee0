//! The settings of a Helm chart, validated.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::error::{Error, Kind};
use crate::generate::{HelmOptions, Policy};

use super::definition::SourceArgs;

/// What stands for the environment's name in the name of a values file.
const ENVIRONMENT: &str = "{environment}";

/// Validates how a chart is rendered.
pub(super) fn options(environment: &str, args: &SourceArgs) -> Result<HelmOptions, Error> {
    let helm = &args.helm;
    let (values, set) = values(&helm.values)?;
    let file = |text: &String| PathBuf::from(text.replace(ENVIRONMENT, environment)).into();
    let texts = |list: &[String]| -> Vec<String> {
        let items = list.iter().filter(|item| !item.is_empty());
        items.cloned().collect()
    };
    Ok(HelmOptions {
        release: helm.release.clone(),
        namespace: args.namespace.clone(),
        chart: helm.chart.clone(),
        version: helm.chart_version.clone(),
        digest: helm.chart_digest.clone(),
        unpinned: Policy::Warn,
        values_files: texts(&helm.values_files).iter().map(file).collect(),
        values,
        set,
        include_crds: helm.include_crds,
        hooks: helm.helm_hooks.into(),
        tests: helm.helm_tests.into(),
        kube_version: helm.kube_version.clone(),
        api_versions: texts(&helm.api_versions),
        ..HelmOptions::default()
    })
}

type Values = (Map<String, Value>, Vec<(String, String)>);

/// Maps, merged in their order, and single values.
fn values(items: &[String]) -> Result<Values, Error> {
    let (mut map, mut set) = (Map::new(), Vec::new());
    for item in items.iter().filter(|item| !item.trim().is_empty()) {
        if item.trim_start().starts_with('{') {
            let parsed: Map<String, Value> = serde_json::from_str(item).map_err(|error| {
                let said = format!("`values` begins like a JSON map, and is none: {error}");
                Error::message(Kind::Usage, said)
            })?;
            merge(&mut map, parsed);
            continue;
        }
        match item.split_once('=') {
            Some((path, value)) if !path.trim().is_empty() => {
                set.push((path.trim().to_owned(), value.to_owned()));
            }
            // The text may be a secret.
            _ => {
                return Err(
                    Error::message(Kind::Usage, "an item of `values` is no `path=value`")
                        .hint("write each on a line of its own, such as `image.tag=1.2.3`"),
                );
            }
        }
    }
    Ok((map, set))
}

/// Maps are merged key by key; everything else is replaced.
fn merge(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => merge(below, above),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn maps_are_merged_and_single_values_keep_their_order() {
        let (map, set) = values(&items(&[
            r#"{"image": {"tag": "1", "name": "web"}, "hosts": ["a"]}"#,
            "replicas=2",
            r#"{"image": {"tag": "2"}, "hosts": ["b"]}"#,
            "args=--x=y, z",
        ]))
        .unwrap();
        assert_eq!(
            Value::Object(map).to_string(),
            r#"{"image":{"tag":"2","name":"web"},"hosts":["b"]}"#
        );
        let pair = |path: &str, value: &str| (path.to_owned(), value.to_owned());
        assert_eq!(set, [pair("replicas", "2"), pair("args", "--x=y, z")]);
    }

    #[rstest::rstest]
    #[case("secret", "an item of `values` is no `path=value`")]
    #[case("=x", "an item of `values` is no `path=value`")]
    #[case(
        "{a",
        "`values` begins like a JSON map, and is none: key must be a string at line 1 column 2"
    )]
    fn what_is_no_value_is_refused_without_being_shown(#[case] text: &str, #[case] said: &str) {
        assert_eq!(values(&items(&[text])).unwrap_err().to_string(), said);
    }
}
