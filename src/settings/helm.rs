//! The settings of a Helm chart, validated.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::error::{Error, Kind};
use crate::generate::{HelmOptions, Policy};

use super::definition::SourceArgs;
use super::layer::{self, Data};

/// Validates how a chart is rendered.
pub(super) fn options(args: &SourceArgs, items: Vec<ValuesItem>) -> Result<HelmOptions, Error> {
    let helm = &args.helm;
    let (values, set) = values(items)?;
    let file = |text: &String| PathBuf::from(text).into();
    Ok(HelmOptions {
        release: helm.release.clone(),
        namespace: args.namespace.clone(),
        chart: helm.chart.clone(),
        version: helm.chart_version.clone(),
        digest: helm.chart_digest.clone(),
        token_host: helm.chart_token_host.clone(),
        unpinned: Policy::Warn,
        values_files: helm.values_files.iter().map(file).collect(),
        values,
        set,
        include_crds: helm.include_crds,
        hooks: helm.helm_hooks,
        tests: helm.helm_tests,
        kube_version: helm.kube_version.clone(),
        api_versions: helm.api_versions.clone(),
        ..HelmOptions::default()
    })
}

/// One thing that a layer says about the values of a chart.
#[derive(Debug, Clone)]
pub(super) enum ValuesItem {
    /// A map of the settings file.
    Map(Map<String, Value>),
    /// `path=value`, or a JSON object, and what messages call the item.
    Line(String, String),
}

impl ValuesItem {
    /// What a setting says.
    pub(super) fn of(value: &layer::Value) -> Vec<Self> {
        if let Data::Map(map) = &value.data {
            return vec![Self::Map(map.clone())];
        }
        let lines = value.texts().iter().enumerate();
        let item = |(at, line): (usize, &String)| {
            let shown = value.origin.item(at, line);
            Self::Line(line.clone(), shown)
        };
        lines.map(item).collect()
    }
}

type Values = (Map<String, Value>, Vec<(String, String)>);

/// Maps, merged in their order, and single values.
fn values(items: Vec<ValuesItem>) -> Result<Values, Error> {
    let (mut map, mut set) = (Map::new(), Vec::new());
    for item in items {
        let (line, shown) = match item {
            ValuesItem::Map(over) => {
                merge(&mut map, over);
                continue;
            }
            ValuesItem::Line(line, shown) => (line, shown),
        };
        if line.trim_start().starts_with('{') {
            merge(&mut map, object(&line, &shown)?);
            continue;
        }
        match line.split_once('=') {
            Some((path, value)) if !path.trim().is_empty() => {
                set.push((path.trim().to_owned(), value.trim().to_owned()));
            }
            _ => {
                let message = format!("{shown} is not of the form `path=value`");
                return Err(Error::message(Kind::Usage, message)
                    .hint("write each on a line of its own, such as `image.tag=1.2.3`"));
            }
        }
    }
    Ok((map, set))
}

fn object(line: &str, shown: &str) -> Result<Map<String, Value>, Error> {
    serde_json::from_str(line).map_err(|error| {
        let message = format!("{shown} looks like a JSON object but is not valid JSON: {error}");
        Error::message(Kind::Usage, message)
    })
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

    fn items(lines: &[&str]) -> Vec<ValuesItem> {
        let origin = layer::Origin::Input("values".to_owned());
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        ValuesItem::of(&layer::Value::list(lines, origin))
    }

    #[test]
    fn maps_are_merged_and_single_values_keep_their_order() {
        let (map, set) = values(items(&[
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
    #[case("image.tag=2", "image.tag", "2")]
    #[case("image.tag = 2", "image.tag", "2")]
    #[case("image.tag= 2", "image.tag", "2")]
    #[case("  image.tag =2 ", "image.tag", "2")]
    #[case("image.tag\t=\t2", "image.tag", "2")]
    #[case("args = --x = y, z", "args", "--x = y, z")]
    #[case("a b = c  d", "a b", "c  d")]
    #[case("image.tag =", "image.tag", "")]
    fn blanks_around_a_path_and_its_value_are_no_part_of_them(
        #[case] line: &str,
        #[case] path: &str,
        #[case] value: &str,
    ) {
        let (_, set) = values(items(&[line])).unwrap();
        assert_eq!(set, [(path.to_owned(), value.to_owned())]);
    }

    #[rstest::rstest]
    #[case(
        "secret",
        "item 1 of the input `values` is not of the form `path=value`"
    )]
    #[case("=x", "item 1 of the input `values` is not of the form `path=value`")]
    #[case(
        "{a",
        "item 1 of the input `values` looks like a JSON object but is not valid JSON: key must be a string at line 1 column 2"
    )]
    fn what_is_no_value_is_refused_without_being_shown(#[case] text: &str, #[case] said: &str) {
        assert_eq!(values(items(&[text])).unwrap_err().to_string(), said);
    }
}
