//! The settings file, `gitops.yaml`.
//!
//! Its keys are those of the definition; paths in it are seen from the file.

use std::path::{Path, PathBuf};

use clap::{Args as _, Command, ValueHint};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::error::{Error, Kind};
use crate::tokens;

use super::definition::{EnvironmentArgs, RunArgs};
use super::doors::texts;
use super::layer::{Layer, Origin, Value, camel_case};

/// What a settings file says.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    /// For every environment.
    pub top: Layer,
    /// For one environment, in the order of the file.
    pub environments: IndexMap<String, Layer>,
    /// Every scalar of the file under its whole key, when it has variables.
    pub(super) variables: Option<tokens::Layer>,
}

/// The key of the variables for tokens, at the top and in an environment.
const VARIABLES: &str = "variables";

impl FileSettings {
    /// The variables for every environment, and those of one.
    pub fn variables(&self, environment: &str) -> (tokens::Layer, tokens::Layer) {
        let below = |prefix: &str| match &self.variables {
            Some(all) => all.below(prefix),
            None => tokens::Layer::new("", tokens::Matching::Exact),
        };
        (
            below("variables."),
            below(&format!("environments.{environment}.variables.")),
        )
    }
}

/// Settings that make no sense in the file itself.
const NOT_IN_FILE: [&str; 2] = ["config", "environments"];

type Section = IndexMap<String, Spanned<serde_json::Value>>;

/// The part of the file that is read section by section.
#[derive(Deserialize)]
struct Sections {
    #[serde(default)]
    environments: Option<IndexMap<String, Option<Section>>>,
}

/// Reads a settings file.
pub fn read(path: &Path) -> Result<FileSettings, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| {
        let said = format!("cannot read the settings file {}", path.display());
        Error::new(Kind::Usage, anyhow::Error::new(source).context(said))
            .hint("name the file with `config`, relative to the working directory")
    })?;
    parse(path, &text)
}

/// Parses the text of a settings file that stands at `path`.
fn parse(path: &Path, text: &str) -> Result<FileSettings, Error> {
    let malformed = |error: serde_saphyr::Error| {
        let place = error.location().map_or_else(String::new, |at| {
            format!(", line {}, column {}", at.line(), at.column())
        });
        let said = in_our_words(&error.without_snippet().to_string());
        Error::message(
            Kind::Usage,
            format!("the settings file {}{place}: {said}", path.display()),
        )
    };
    let all: Section = if text.trim().is_empty() {
        Section::new()
    } else {
        serde_saphyr::from_str(text).map_err(malformed)?
    };
    let sections: Sections = if all.is_empty() {
        Sections { environments: None }
    } else {
        serde_saphyr::from_str(text).map_err(malformed)?
    };
    let environment_keys = EnvironmentArgs::augment_args(Command::new(""));
    let all_keys = RunArgs::augment_args(environment_keys.clone());
    let mut settings = FileSettings::default();
    let mut has_variables = all.contains_key(VARIABLES);
    let no_setting = ["environments", VARIABLES];
    for (key, value) in all
        .iter()
        .filter(|(key, _)| !no_setting.contains(&key.as_str()))
    {
        let (id, value) = setting(path, &all_keys, key, key, value)?;
        settings.top.extend(value.map(|value| (id, value)));
    }
    for (name, section) in sections.environments.unwrap_or_default() {
        let mut layer = Layer::new();
        let section = section.unwrap_or_default();
        has_variables |= section.contains_key(VARIABLES);
        for (key, value) in section.into_iter().filter(|(key, _)| key != VARIABLES) {
            let full = format!("environments.{name}.{key}");
            let (id, value) = setting(path, &environment_keys, &key, &full, &value)?;
            layer.extend(value.map(|value| (id, value)));
        }
        settings.environments.insert(name, layer);
    }
    if has_variables {
        let shown = path.display().to_string();
        let level = tokens::Compatibility::Own;
        settings.variables = Some(tokens::layer_of_file(&shown, text.as_bytes(), level, ".")?);
    }
    Ok(settings)
}

/// One key of the file as the id of its argument and, unless it is null, its texts.
fn setting(
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

/// The parser's complaint without its advice to programmers.
fn in_our_words(said: &str) -> String {
    let said = said.split(" at line").next().unwrap_or_default();
    let said = said.split(", set ").next().unwrap_or_default();
    let said = said.split("; use ").next().unwrap_or_default();
    match said {
        "expected mapping start" => {
            "a map is expected here, each name with a colon, such as `dev:` on a line of its own"
                .to_owned()
        }
        said => said.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> FileSettings {
        parse(Path::new("conf/gitops.yaml"), text).unwrap()
    }

    fn said(text: &str) -> String {
        let error = parse(Path::new("gitops.yaml"), text).unwrap_err();
        let hints: Vec<_> = error
            .all_hints()
            .iter()
            .map(|hint| format!(" | {hint}"))
            .collect();
        format!("{error}{}", hints.concat())
    }

    #[test]
    fn settings_stand_at_the_top_or_in_an_environment() {
        let file = parsed(
            "generator: fabrikate\nenvironments:\n  dev:\n  prod: { branch: live, allowEmpty: true }\n",
        );
        assert_eq!(file.top["generator"].texts, ["fabrikate"]);
        assert_eq!(
            file.environments.keys().collect::<Vec<_>>(),
            ["dev", "prod"]
        );
        assert_eq!(file.environments["prod"]["allow_empty"].texts, ["true"]);
    }

    #[test]
    fn paths_are_seen_from_the_file() {
        let file = parsed(
            "source: hld\nmanifestRepo: ../manifests.git\nbranch: hld\nhelm: /usr/bin/helm\n",
        );
        assert_eq!(file.top["source"].texts, ["conf/hld"]);
        assert_eq!(file.top["manifest_repo"].texts, ["./conf/../manifests.git"]);
        assert_eq!(file.top["branch"].texts, ["hld"]);
        assert_eq!(file.top["helm"].texts, ["/usr/bin/helm"]);
    }

    #[rstest::rstest]
    #[case("generator: [", "the settings file gitops.yaml, line 1")]
    #[case("a: b", "gitops.yaml, line 1: `a` is no setting here")]
    #[case(
        "\nmanifestrepo: x",
        "gitops.yaml, line 2: `manifestrepo` is no setting here | did you mean `manifestRepo`?"
    )]
    #[case(
        "environments:\n  dev:\n    commitMessage: x",
        "gitops.yaml, line 3: `environments.dev.commitMessage` is no setting here"
    )]
    #[case(
        "branch: 1.10",
        "gitops.yaml, line 1: `branch` must be a whole number, or a text in quotes"
    )]
    #[case(
        "branch: [a]",
        "gitops.yaml, line 1: `branch` must be one value, not a list"
    )]
    #[case(
        "branch: {a: b}",
        "gitops.yaml, line 1: `branch` must be a value, not a map"
    )]
    #[case("just text", "the settings file gitops.yaml")]
    #[case(
        "branch: a\nbranch: b",
        "the settings file gitops.yaml, line 2, column 1: duplicate mapping key: branch"
    )]
    #[case(
        "environments: [dev]",
        "the settings file gitops.yaml, line 1, column 15: a map is expected here, each name with a colon"
    )]
    fn what_is_wrong_is_named_with_its_line(#[case] text: &str, #[case] start: &str) {
        let said = said(text);
        assert!(said.starts_with(start), "{said}");
    }

    #[test]
    fn variables_keep_the_digits_they_were_written_with() {
        let file = parsed(
            "variables: {tag: 1.10, app: {name: web}}\nenvironments:\n  dev: {variables: {tag: 2.0}}\n",
        );
        let (top, section) = file.variables("dev");
        assert_eq!(top.names().collect::<Vec<_>>(), ["tag", "app.name"]);
        let variables = tokens::Variables::of_environment(top, section, [], []);
        assert_eq!(&*variables.get("tag").unwrap().value, "2.0");
        assert_eq!(variables.explain("tag")[1].value, "1.10");
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert!(parsed("").top.is_empty());
        assert!(parsed("# only a comment\n").top.is_empty());
    }
}
