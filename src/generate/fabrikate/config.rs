//! Configuration files: `config/<environment>.yaml`, or else `.json`.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Fault, ignored, merge};
use crate::definition::Source;
use crate::generate::reading::{Reader, join};
use crate::model::Finding;
use crate::text::Node;
use crate::text::yaml::{Dialect, Value};

/// How deep configuration may nest for subcomponents.
const DEPTH: usize = 64;

/// Configuration of a component and of those below it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Config {
    pub namespace: String,
    pub inject_namespace: bool,
    pub disabled: bool,
    /// Values for the chart.
    pub values: BTreeMap<String, Value>,
    pub entries: BTreeMap<String, Config>,
    /// Where it stands, in the first file that has it; none for a file as a whole.
    pub place: Option<String>,
}

/// The configuration of one folder, all environments merged.
pub(super) struct Loaded {
    pub config: Config,
    /// Which of the environments have a file here.
    pub found: Vec<bool>,
    /// What is in the files and is ignored.
    pub findings: Vec<Finding>,
}

/// Merges below `above` what the component folder `folder` configures:
/// each environment in its order, and `common` at last.
pub(super) fn load(
    reader: &Reader,
    folder: &Path,
    environments: &[String],
    above: Config,
) -> Result<Loaded, Fault> {
    let mut config = above;
    let mut found = vec![false; environments.len()];
    let mut findings = Vec::new();
    let configs = folder.join("config");
    if !reader.is_folder(&configs)? {
        return Ok(Loaded {
            config,
            found,
            findings,
        });
    }
    let names = environments.iter().map(String::as_str).chain(["common"]);
    let names: Vec<_> = names.collect();
    ignored::files(reader, &configs, &names, &mut findings)?;
    for (at, environment) in names.into_iter().enumerate() {
        let layer = load_file(reader, &configs, environment, &mut findings)?;
        let Some(layer) = layer else {
            continue;
        };
        if let Some(found) = found.get_mut(at) {
            *found = true;
        }
        let (file, layer) = layer;
        merge::configs(&mut config, layer, &file)?;
    }
    Ok(Loaded {
        config,
        found,
        findings,
    })
}

fn load_file(
    reader: &Reader,
    configs: &Path,
    environment: &str,
    findings: &mut Vec<Finding>,
) -> Result<Option<(String, Config)>, Fault> {
    for (extension, json) in [("yaml", false), ("json", true)] {
        let path = join(configs, &format!("{environment}.{extension}"));
        // A plain name cannot lead out; a link is checked when it is read.
        if environment.contains(['/', '\\']) {
            reader.check(&path)?;
        }
        let Some(text) = reader.text(&path)? else {
            continue;
        };
        let file = reader.show(&path);
        let source = Source { file: &file, json };
        let parsed = source.parse(&text)?;
        ignored::documents(source, &text, findings);
        let config = match parsed {
            Some(root) => read(source, &root, 0, findings)?,
            None => Config::default(),
        };
        return Ok(Some((file, config)));
    }
    Ok(None)
}

fn read(
    source: Source<'_>,
    node: &Node,
    depth: usize,
    findings: &mut Vec<Finding>,
) -> Result<Config, Fault> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH));
    }
    ignored::keys(source, node, findings);
    let mut config = Config {
        namespace: source.text(node, "namespace")?,
        inject_namespace: source.flag(node, "injectNamespace")?,
        disabled: source.flag(node, "disabled")?,
        ..Config::default()
    };
    for (key, value) in source.map(node, "config")? {
        let value = Value::of(value, Dialect::Config);
        let value = value
            .map_err(|_| source.wrong(key, "a map key below this one is not a single value"))?;
        config.values.insert(name(source, key)?, value);
    }
    for (key, value) in source.map(node, "subcomponents")? {
        let mut below = match value.pairs() {
            Some(_) => read(source, value, depth + 1, findings)?,
            None if value.is_null() => Config::default(),
            None => {
                let message = format!(
                    "a subcomponent's configuration is {}, not a map",
                    value.noun()
                );
                return Err(source.wrong(value, &message).into());
            }
        };
        below.place = Some(ignored::place(source.file, key));
        config.entries.insert(name(source, key)?, below);
    }
    Ok(config)
}

fn name(source: Source<'_>, key: &Node) -> Result<String, Fault> {
    let name = key.text().map(ToOwned::to_owned);
    name.ok_or_else(|| source.wrong(key, "a map key is not a single value").into())
}
