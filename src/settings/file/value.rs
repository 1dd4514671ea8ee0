//! One key of the settings file: which setting it is, and its texts.

use std::path::{Path, PathBuf};

use clap::{Command, ValueHint};
use serde_saphyr::Spanned;

use crate::error::{Error, Kind};
use crate::settings::doors::texts;
use crate::settings::layer::{Origin, Value, camel_case};

/// Settings that make no sense in the file itself.
const NOT_IN_FILE: [&str; 2] = ["config", "environments"];

/// One key of the file as the id of its argument and, unless it is null, its texts.
pub(super) fn setting(
    path: &Path,
    definition: &Command,
    key: &str,
    full_key: &str,
    value: &Spanned<serde_json::Value>,
) -> Result<(String, Option<Value>), Error> {
    let line = value.referenced.line();
    let here = format!("{}, line {line}", path.display());
    let known = |argument: &&clap::Arg| {
        let id = argument.get_id().as_str();
        !NOT_IN_FILE.contains(&id) && camel_case(id) == key
    };
    let Some(argument) = definition.get_arguments().find(known) else {
        let names: Vec<_> = definition
            .get_arguments()
            .map(|argument| camel_case(argument.get_id().as_str()))
            .filter(|name| !NOT_IN_FILE.contains(&name.as_str()))
            .collect();
        return Err(Error::message(
            Kind::Usage,
            format!("{here}: `{full_key}` is no setting here"),
        )
        .hint(nearest(key, &names)));
    };
    let texts = scalar_texts(argument, &value.value).map_err(|wanted| {
        Error::message(
            Kind::Usage,
            format!("{here}: `{full_key}` must be {wanted}"),
        )
    })?;
    let origin = Origin::File {
        path: path.to_path_buf(),
        line,
        key: full_key.to_owned(),
    };
    let texts = texts.map(|texts| {
        texts
            .into_iter()
            .map(|text| from_file(path, argument, text))
            .collect()
    });
    Ok((
        argument.get_id().to_string(),
        texts.map(|texts| Value { texts, origin }),
    ))
}

/// The texts of a YAML value, or what it should have been.
fn scalar_texts(
    argument: &clap::Arg,
    value: &serde_json::Value,
) -> Result<Option<Vec<String>>, &'static str> {
    use serde_json::Value as Yaml;
    Ok(match value {
        Yaml::Null => None,
        Yaml::String(text) => Some(texts(argument, text)),
        Yaml::Bool(value) => Some(vec![value.to_string()]),
        Yaml::Number(number) if number.is_f64() => {
            return Err("a whole number, or a text in quotes");
        }
        Yaml::Number(number) => Some(vec![number.to_string()]),
        Yaml::Array(items) if argument.get_value_delimiter().is_some() => {
            let item = |item: &Yaml| item.as_str().map(str::to_owned).ok_or("a list of texts");
            Some(items.iter().map(item).collect::<Result<_, _>>()?)
        }
        Yaml::Array(_) => return Err("one value, not a list"),
        Yaml::Object(_) if argument.get_id() == "values" => Some(vec![value.to_string()]),
        Yaml::Object(_) => return Err("a value, not a map"),
    })
}

/// Paths in the file are seen from the file's folder.
fn from_file(path: &Path, argument: &clap::Arg, text: String) -> String {
    let is_path = matches!(
        argument.get_value_hint(),
        ValueHint::DirPath | ValueHint::FilePath
    );
    let is_local_repository = argument.get_id() == "manifest_repo" && text.starts_with('.');
    if !is_path && !is_local_repository {
        return text;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let (not, pattern) = text
        .strip_prefix('!')
        .map_or(("", text.as_str()), |rest| ("!", rest));
    let joined: PathBuf = folder.join(pattern).components().collect();
    // Without `./`, a repository of two words would be one on GitHub.
    let here = if is_local_repository && joined.is_relative() {
        "./"
    } else {
        ""
    };
    format!("{not}{here}{}", joined.to_string_lossy())
}

/// A hint that names the most similar known key, or all of them.
fn nearest(key: &str, names: &[String]) -> String {
    let likeness = |name: &String| strsim::jaro_winkler(&name.to_lowercase(), &key.to_lowercase());
    let nearest = names
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|name| likeness(name) > 0.8) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known are: {}", names.join(", ")),
    }
}
