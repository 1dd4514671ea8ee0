//! The settings file, `gitops.yaml`.
//!
//! Its keys are those of the definition; paths in it are seen from the file.
//! Two keys are its own: `variables` for tokens, and `sources` for an
//! environment that is made of several.

mod value;

use std::path::Path;

use clap::{Args as _, Command};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::error::{Error, Kind};
use crate::tokens;

use super::definition::{EnvironmentArgs, RunArgs, SourceArgs};
use super::layer::Layer;
use value::setting;

/// What a settings file says.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    /// For every environment.
    pub top: Layer,
    /// For one environment, in the order of the file.
    pub environments: IndexMap<String, Layer>,
    /// The sources that every environment is made of, when there are several.
    pub sources: Option<Vec<SourceLayer>>,
    /// The sources of one environment, which stand for those above.
    pub environment_sources: IndexMap<String, Vec<SourceLayer>>,
    /// Every scalar of the file under its whole key, when it has variables.
    pub(super) variables: Option<tokens::Layer>,
}

/// What the file says about one of several sources.
#[derive(Debug, Clone, Default)]
pub struct SourceLayer {
    /// What it is called, when the file names it.
    pub name: Option<String>,
    /// Its settings.
    pub layer: Layer,
}

/// The key of the variables for tokens, at the top and in an environment.
const VARIABLES: &str = "variables";

/// The key of several sources, at the top and in an environment.
pub(super) const SOURCES: &str = "sources";

/// The key of a source's name.
pub(super) const NAME: &str = "name";

impl FileSettings {
    /// The sources of one environment, when the file lists them.
    pub fn sources(&self, environment: &str) -> Option<&[SourceLayer]> {
        let own = self.environment_sources.get(environment);
        own.or(self.sources.as_ref()).map(Vec::as_slice)
    }

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

type Section = IndexMap<String, Spanned<serde_json::Value>>;

/// The part of the file that is read section by section.
#[derive(Deserialize)]
struct Sections {
    #[serde(default)]
    environments: Option<IndexMap<String, Option<Section>>>,
}

/// The part of the file that lists sources.
#[derive(Default, Deserialize)]
struct SourceSections {
    #[serde(default)]
    sources: Option<Vec<Section>>,
    #[serde(default)]
    environments: Option<IndexMap<String, Option<EnvironmentSources>>>,
}

#[derive(Deserialize)]
struct EnvironmentSources {
    #[serde(default)]
    sources: Option<Vec<Section>>,
}

/// Reads a settings file.
pub fn read(path: &Path) -> Result<FileSettings, Error> {
    read_as(path, path)
}

/// Reads a settings file that lies at `place`, as if it stood at `path`.
pub fn read_as(path: &Path, place: &Path) -> Result<FileSettings, Error> {
    let text = std::fs::read_to_string(place).map_err(|source| {
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
        of_text(text).map_err(malformed)?
    };
    let sections: Sections = if all.is_empty() {
        Sections { environments: None }
    } else {
        of_text(text).map_err(malformed)?
    };
    let environment_keys = EnvironmentArgs::augment_args(Command::new(""));
    let all_keys = RunArgs::augment_args(environment_keys.clone());
    let mut settings = FileSettings::default();
    let mut has_variables = all.contains_key(VARIABLES);
    let mut has_sources = all.contains_key(SOURCES);
    let is_setting = |key: &str| ![VARIABLES, SOURCES].contains(&key);
    for (key, value) in all
        .iter()
        .filter(|(key, _)| is_setting(key) && *key != "environments")
    {
        let (id, value) = setting(path, &all_keys, key, key, value)?;
        settings.top.extend(value.map(|value| (id, value)));
    }
    for (name, section) in sections.environments.unwrap_or_default() {
        let mut layer = Layer::new();
        let section = section.unwrap_or_default();
        has_variables |= section.contains_key(VARIABLES);
        has_sources |= section.contains_key(SOURCES);
        for (key, value) in section.into_iter().filter(|(key, _)| is_setting(key)) {
            let full = format!("environments.{name}.{key}");
            let (id, value) = setting(path, &environment_keys, &key, &full, &value)?;
            layer.extend(value.map(|value| (id, value)));
        }
        settings.environments.insert(name, layer);
    }
    if has_sources {
        let sources: SourceSections = of_text(text).map_err(malformed)?;
        add_sources(path, sources, &mut settings)?;
    }
    if has_variables {
        let shown = path.display().to_string();
        let level = tokens::Compatibility::Own;
        settings.variables = Some(tokens::layer_of_file(&shown, text.as_bytes(), level, ".")?);
    }
    Ok(settings)
}

/// YAML as helm reads it, because values of charts may stand here: a leading
/// zero means octal.
fn of_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    serde_saphyr::from_str_with_options(text, options)
}

/// Adds what the file says about sources, at the top and per environment.
fn add_sources(
    path: &Path,
    sections: SourceSections,
    settings: &mut FileSettings,
) -> Result<(), Error> {
    let read = |sections: Vec<Section>, prefix: &str| {
        if sections.is_empty() {
            let said = format!("{}: `{prefix}` is an empty list", path.display());
            return Err(Error::message(Kind::Usage, said)
                .hint("list at least one source, or take the key out for the setting `source`"));
        }
        let items = sections.into_iter().enumerate();
        items
            .map(|(at, section)| source(path, section, &format!("{prefix}[{at}]")))
            .collect::<Result<Vec<_>, _>>()
    };
    if let Some(sections) = sections.sources {
        settings.sources = Some(read(sections, SOURCES)?);
    }
    for (name, environment) in sections.environments.unwrap_or_default() {
        if let Some(sections) = environment.and_then(|own| own.sources) {
            let sources = read(sections, &format!("environments.{name}.{SOURCES}"))?;
            settings.environment_sources.insert(name, sources);
        }
    }
    Ok(())
}

/// One item of a list of sources.
fn source(path: &Path, mut section: Section, prefix: &str) -> Result<SourceLayer, Error> {
    let name = section.shift_remove(NAME);
    let name = name.map(|name| match name.value {
        serde_json::Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(Error::message(
            Kind::Usage,
            format!(
                "{}, line {}: `{prefix}.{NAME}` must be a text",
                path.display(),
                name.referenced.line()
            ),
        )),
    });
    let keys = SourceArgs::augment_args(Command::new(""));
    let mut layer = Layer::new();
    for (key, value) in section {
        let (id, value) = setting(path, &keys, &key, &format!("{prefix}.{key}"), &value)?;
        layer.extend(value.map(|value| (id, value)));
    }
    Ok(SourceLayer {
        name: name.transpose()?,
        layer,
    })
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

#[cfg(test)]
mod tests;
