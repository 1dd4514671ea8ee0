//! What Fabrikate passes over without a word: keys that it does not know, names
//! of subcomponents that are not there, and files whose names are nearly right.
//!
//! Each becomes a warning, not an error: Fabrikate accepts it, and what it renders
//! is the same.

use std::path::Path;

use super::config::Config;
use super::{Fault, Reader};
use crate::definition::{Component, Source};
use crate::model::Finding;
use crate::text::{Node, nearest, yaml};

/// The keys of a configuration file, and of the configuration of a subcomponent.
const CONFIG_KEYS: [&str; 5] = [
    "config",
    "disabled",
    "injectNamespace",
    "namespace",
    "subcomponents",
];

/// How a component is fetched.
const METHODS: [&str; 4] = ["git", "helm", "http", "local"];

/// The types of components.
const TYPES: [&str; 3] = ["component", "helm", "static"];

/// Warns about misspelt keys and types in a component file, in those of its entries as well.
pub(super) fn fields(file: &str, component: &Component, findings: &mut Vec<Finding>) {
    for misspelt in &component.misspelt {
        let advice = match misspelt.known {
            Some(known) => format!("did you mean `{known}`?"),
            None => "configuration belongs in `config/common.yaml`".to_owned(),
        };
        findings.push(Finding::warning(
            at(file, misspelt.line),
            format!("the unknown key `{}` is ignored; {advice}", misspelt.key),
        ));
    }
    if let Some((name, line)) = &component.unknown_type {
        let advice = match nearest(name, TYPES) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("the types are {}", listed(TYPES.into_iter())),
        };
        findings.push(Finding::warning(
            at(file, *line),
            format!("`{name}` is not a type of component, so it generates nothing; {advice}"),
        ));
    }
    let method = component.method.as_str();
    let known = METHODS.contains(&method) || method.eq_ignore_ascii_case("http");
    if !method.is_empty() && !known {
        let advice = match nearest(method, METHODS) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("the methods are {}", listed(METHODS.into_iter())),
        };
        findings.push(Finding::warning(
            file,
            format!(
                "`{method}`, the method of `{}`, is not one, so nothing is fetched for it; {advice}",
                component.name
            ),
        ));
    }
    for entry in &component.entries {
        fields(file, entry, findings);
    }
}

/// Warns about what of a YAML file does not count: documents behind the first, and keys
/// that their map has twice.
pub(super) fn documents(source: Source<'_>, text: &str, findings: &mut Vec<Finding>) {
    if source.json {
        return;
    }
    let mut documents = yaml::parse(text).unwrap_or_default().into_iter();
    for key in documents
        .next()
        .into_iter()
        .flat_map(|first| first.repeated)
    {
        findings.push(Finding::warning(
            at(source.file, key.line),
            format!(
                "the key `{}` is in the same map as another one in line {}; the last one counts",
                key.key, key.first
            ),
        ));
    }
    if let Some(second) = documents.find(|document| !document.root.is_null()) {
        findings.push(Finding::warning(
            at(source.file, second.line),
            "this document is ignored, because Fabrikate reads the first one only",
        ));
    }
}

/// Warns about the keys of a map in a configuration file that are not known.
pub(super) fn keys(source: Source<'_>, node: &Node, findings: &mut Vec<Finding>) {
    for (key, _) in node.pairs().unwrap_or_default() {
        let Some(name) = key.text() else { continue };
        if CONFIG_KEYS.iter().any(|known| source.is_key(name, known)) {
            continue;
        }
        let advice = match nearest(name, CONFIG_KEYS) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "values of the chart belong below `config`".to_owned(),
        };
        findings.push(Finding::warning(
            place(source.file, key),
            format!("the unknown key `{name}` is ignored; {advice}"),
        ));
    }
}

/// Warns about configuration for subcomponents that the component does not list.
pub(super) fn subcomponents(component: &Component, config: &Config, findings: &mut Vec<Finding>) {
    let names = || component.entries.iter().map(|entry| entry.name.as_str());
    for (name, entry) in &config.entries {
        let Some(place) = &entry.place else { continue };
        if names().any(|known| known == name) {
            continue;
        }
        let advice = match nearest(name, names()) {
            Some(known) => format!("did you mean `{known}`?"),
            None if component.entries.is_empty() => "it lists none".to_owned(),
            None => format!("it lists {}", listed(names())),
        };
        findings.push(Finding::warning(
            place,
            format!(
                "the configuration of `{name}` is ignored: the component has no such subcomponent; {advice}"
            ),
        ));
    }
}

/// Warns about files in a configuration folder that are not read, because their
/// names differ in case or extension from those that are.
pub(super) fn files(
    reader: &Reader,
    configs: &Path,
    environments: &[&str],
    findings: &mut Vec<Finding>,
) -> Result<(), Fault> {
    let entries = reader.names(configs)?;
    for entry in &entries {
        let Some(name) = entry.name.to_str() else {
            continue;
        };
        let Some((stem, extension)) = name.rsplit_once('.') else {
            continue;
        };
        let right = match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => "yaml",
            "json" => "json",
            _ => continue,
        };
        let mut known = environments.iter();
        let Some(environment) = known.find(|known| known.eq_ignore_ascii_case(stem)) else {
            continue;
        };
        let right = format!("{environment}.{right}");
        let first = format!("{environment}.yaml");
        if name == right && right != first && entries.iter().any(|other| *other.name == *first) {
            findings.push(Finding::warning(
                reader.show(&configs.join(name)),
                format!("the file is ignored, because Fabrikate reads `{first}` first; remove one of them"),
            ));
        }
        // An environment of exactly this name may be another one.
        if name != right && !(extension == "yaml" && environments.contains(&stem)) {
            findings.push(Finding::warning(
                reader.show(&configs.join(name)),
                format!("the file is ignored, because Fabrikate reads `{right}`; rename it"),
            ));
        }
    }
    Ok(())
}

/// Where a key stands.
pub(super) fn place(file: &str, key: &Node) -> String {
    at(file, key.line)
}

fn at(file: &str, line: usize) -> String {
    match line {
        0 => file.to_owned(),
        line => format!("{file}, line {line}"),
    }
}

/// Some names, as a list in a sentence.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
