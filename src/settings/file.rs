//! The settings file, `gitops.yaml`.
//!
//! Owns its shape: the keys are those of the definition, at the top and per
//! environment; five keys are its own: `variables` for tokens, `sources` for an
//! environment that is made of several, `updates` for `update`, and the blocks `flux` and `argocd`. The text is parsed once; everything
//! else walks the nodes. Paths are relative to the file.

mod read;
mod risk;
mod unknown;
mod updates;
mod value;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::error::{Error, Kind as ErrorKind};
use crate::text::{Kind, Node, yaml};
use crate::tokens;

use super::definition::{AllArgs, ArgoCdArgs, EnvironmentArgs, FluxArgs, SourceArgs, arguments};
use super::layer::Layer;
use super::risk::RiskLayer;
pub use read::{parse_bytes, read, read_as};
pub use risk::parse_risks;
pub(super) use risk::{ALLOWANCES, OF_ALLOWANCE, SEVERITIES};
use unknown::{explain_name, unknown};
pub use updates::UpdateItem;
pub(super) use updates::{OF_UPDATE, UPDATES};
pub(super) use value::json;
use value::setting;

/// What a settings file says.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    /// The file; absent when there is none.
    pub path: Option<PathBuf>,
    /// For every environment.
    pub top: Layer,
    /// For one environment, in the order of the file.
    pub environments: IndexMap<String, Layer>,
    /// The sources that every environment is made of, when there are several.
    pub sources: Option<Vec<SourceLayer>>,
    /// The sources of one environment, which stand for those above.
    pub environment_sources: IndexMap<String, Vec<SourceLayer>>,
    /// What is said about every cluster.
    pub(super) clusters: ClusterLayers,
    /// What is said about the cluster that an environment describes.
    pub(super) environment_clusters: IndexMap<String, ClusterLayers>,
    /// What it says about single rules, for every environment.
    pub(super) risk: RiskLayer,
    /// The same for one environment.
    pub(super) environment_risk: IndexMap<String, RiskLayer>,
    /// The variables for tokens of every environment.
    pub(super) variables: Option<tokens::Layer>,
    /// The variables of one environment.
    pub(super) environment_variables: IndexMap<String, tokens::Layer>,
    /// The values that `update` sets.
    pub(super) updates: Option<Vec<UpdateItem>>,
    /// Those that stand for them in one environment.
    pub(super) environment_updates: IndexMap<String, Vec<UpdateItem>>,
}

/// What the file says about one of several sources.
#[derive(Debug, Clone, Default)]
pub struct SourceLayer {
    /// What it is called, when the file names it.
    pub name: Option<String>,
    /// Its settings.
    pub layer: Layer,
}

/// What the file says in the blocks of the generators that write a cluster's
/// objects.
#[derive(Debug, Clone, Default)]
pub struct ClusterLayers {
    /// In the block `flux`.
    pub flux: Layer,
    /// In the block `argocd`.
    pub argocd: Layer,
}

/// The keys of these blocks, at the top and in an environment.
pub(super) const FLUX: &str = "flux";
/// See [`FLUX`].
pub(super) const ARGOCD: &str = "argocd";

/// The key of the variables for tokens, at the top and in an environment.
pub(super) const VARIABLES: &str = "variables";

/// The key of several sources, at the top and in an environment.
pub(super) const SOURCES: &str = "sources";

/// The key of the environments.
pub(super) const ENVIRONMENTS: &str = "environments";

/// The key of a source's name.
pub(super) const NAME: &str = "name";

/// What helps where a map of settings is something else.
const SETTINGS: &str =
    "write each setting with a colon, such as `branch: main`, on a line of its own";

/// What helps where the environments are not a map: what was probably meant.
fn list_of_names(node: &Node) -> String {
    let names = node.text().unwrap_or_default();
    let names: Vec<_> = names
        .split([',', ' '])
        .filter(|name| !name.is_empty())
        .collect();
    format!(
        "write `{ENVIRONMENTS}: [{}]`, or each name on a line of its own, followed by a colon",
        names.join(", ")
    )
}

impl FileSettings {
    /// The sources of one environment, when the file lists them.
    pub fn sources(&self, environment: &str) -> Option<&[SourceLayer]> {
        let own = self.environment_sources.get(environment);
        own.or(self.sources.as_ref()).map(Vec::as_slice)
    }

    /// The values that `update` sets in one environment, or by the top of the file alone.
    pub fn updates(&self, environment: Option<&str>) -> &[UpdateItem] {
        let own = environment.and_then(|name| self.environment_updates.get(name));
        own.or(self.updates.as_ref()).map_or(&[], Vec::as_slice)
    }

    /// The variables for every environment, and those of one.
    pub fn variables(&self, environment: &str) -> (tokens::Layer, tokens::Layer) {
        let none = || tokens::Layer::new("", tokens::Matching::Exact);
        let own = self.environment_variables.get(environment);
        (
            self.variables.clone().unwrap_or_else(none),
            own.cloned().unwrap_or_else(none),
        )
    }
}

/// Parses the text of a settings file that stands at `path`.
fn parse(path: &Path, text: &str) -> Result<FileSettings, Error> {
    let file = File { path };
    let documents = yaml::parse_strict(text).map_err(|error| {
        let message = format!("the settings file {}, {error}", path.display());
        let hint = error.hint.map(str::to_owned);
        Error::message(ErrorKind::Usage, message).hints(hint)
    })?;
    if let Some(second) = documents.get(1) {
        return Err(file
            .fault(second.line, "a second document begins here")
            .hint("a settings file is one document: take the line `---` out"));
    }
    let mut settings = match documents.first() {
        Some(document) => file.settings(&document.root)?,
        None => FileSettings::default(),
    };
    settings.path = Some(path.to_path_buf());
    Ok(settings)
}

/// The file that is walked, for messages.
#[derive(Clone, Copy)]
struct File<'p> {
    path: &'p Path,
}

impl File<'_> {
    fn fault(self, line: usize, message: &str) -> Error {
        let message = format!("{}, line {line}: {message}", self.path.display());
        Error::message(ErrorKind::Usage, message)
    }

    /// The keys of a map with their values; nothing is an empty map.
    fn pairs<'n>(
        self,
        node: &'n Node,
        key: &str,
        hint: &str,
    ) -> Result<IndexMap<&'n str, &'n Node>, Error> {
        if node.is_null() {
            return Ok(IndexMap::new());
        }
        let Kind::Mapping(pairs) = &node.kind else {
            let what = if key.is_empty() {
                "the settings file"
            } else {
                key
            };
            let message = format!("{what} must be a map, not {}", node.noun());
            return Err(self.fault(node.line, &message).hint(hint));
        };
        let pair = |(name, value): &'n (Node, Node)| {
            let text = name.text().ok_or_else(|| {
                let message = format!("a key must be one name, not {}", name.noun());
                self.fault(name.line, &message)
            })?;
            Ok((text, value))
        };
        // The last of equal keys wins over those that were merged in before it.
        pairs.iter().map(pair).collect()
    }

    fn settings(self, root: &Node) -> Result<FileSettings, Error> {
        let keys = arguments::<AllArgs>();
        let mut settings = FileSettings::default();
        let mut environments = None;
        for (key, node) in self.pairs(root, "", SETTINGS)? {
            match key {
                VARIABLES => settings.variables = self.variables(node, key)?,
                SOURCES => settings.sources = self.sources(node, key)?,
                UPDATES => settings.updates = self.updates(node, key)?,
                FLUX => settings.clusters.flux = self.block::<FluxArgs>(node, key)?,
                ARGOCD => settings.clusters.argocd = self.block::<ArgoCdArgs>(node, key)?,
                ENVIRONMENTS => environments = Some(node),
                _ if self.risk(key, key, node, &mut settings.risk)? => {}
                _ => {
                    let (id, value) = setting(self, keys, key, key, node)?;
                    settings.top.extend(value.map(|value| (id, value)));
                }
            }
        }
        if let Some(node) = environments {
            self.environments(node, &mut settings)?;
        }
        Ok(settings)
    }

    /// The environments: a map with their settings, or a list of their names.
    fn environments(self, node: &Node, settings: &mut FileSettings) -> Result<(), Error> {
        if let Kind::Sequence(items) = &node.kind {
            for item in items {
                let name = item.text().filter(|_| !item.is_null()).ok_or_else(|| {
                    let message = format!(
                        "an item of `{ENVIRONMENTS}` must be a name, not {}",
                        item.noun()
                    );
                    self.fault(item.line, &message).hint(
                        "to give environments settings, write a map: `dev:` on a line of its own, and its settings below",
                    )
                })?;
                let before = settings.environments.insert(name.to_owned(), Layer::new());
                if before.is_some() {
                    let message = format!("the environment `{name}` is listed twice");
                    return Err(self.fault(item.line, &message));
                }
            }
            return Ok(());
        }
        let hint = list_of_names(node);
        for (name, node) in self.pairs(node, &format!("`{ENVIRONMENTS}`"), &hint)? {
            let read = self.environment(name, node, settings);
            read.map_err(|error| explain_name(name, error))?;
        }
        Ok(())
    }

    fn environment(
        self,
        name: &str,
        node: &Node,
        settings: &mut FileSettings,
    ) -> Result<(), Error> {
        let keys = arguments::<EnvironmentArgs>();
        let prefix = format!("{ENVIRONMENTS}.{name}");
        let mut layer = Layer::new();
        let mut clusters = ClusterLayers::default();
        let mut risk = RiskLayer::default();
        for (key, node) in self.pairs(node, &format!("`{prefix}`"), SETTINGS)? {
            let full = format!("{prefix}.{key}");
            match key {
                VARIABLES => {
                    let variables = self.variables(node, &full)?;
                    let variables = variables.map(|variables| (name.to_owned(), variables));
                    settings.environment_variables.extend(variables);
                }
                SOURCES => {
                    let sources = self.sources(node, &full)?;
                    let sources = sources.map(|sources| (name.to_owned(), sources));
                    settings.environment_sources.extend(sources);
                }
                UPDATES => {
                    let updates = self.updates(node, &full)?;
                    let updates = updates.map(|updates| (name.to_owned(), updates));
                    settings.environment_updates.extend(updates);
                }
                FLUX => clusters.flux = self.block::<FluxArgs>(node, &full)?,
                ARGOCD => clusters.argocd = self.block::<ArgoCdArgs>(node, &full)?,
                _ if self.risk(key, &full, node, &mut risk)? => {}
                _ => {
                    let (id, value) = setting(self, keys, key, &full, node)?;
                    layer.extend(value.map(|value| (id, value)));
                }
            }
        }
        settings.environment_risk.insert(name.to_owned(), risk);
        settings.environments.insert(name.to_owned(), layer);
        settings
            .environment_clusters
            .insert(name.to_owned(), clusters);
        Ok(())
    }

    /// The settings of a generator that writes a cluster's objects.
    fn block<A: clap::Args + 'static>(self, node: &Node, prefix: &str) -> Result<Layer, Error> {
        let keys = arguments::<A>();
        let mut layer = Layer::new();
        for (key, node) in self.pairs(node, &format!("`{prefix}`"), SETTINGS)? {
            let full = format!("{prefix}.{key}");
            let (id, value) = setting(self, keys, key, &full, node)?;
            layer.extend(value.map(|value| (id, value)));
        }
        Ok(layer)
    }

    /// A part of the file that holds variables.
    fn variables(self, node: &Node, key: &str) -> Result<Option<tokens::Layer>, Error> {
        if node.is_null() {
            return Ok(None);
        }
        if !matches!(node.kind, Kind::Mapping(_)) {
            let message = format!("`{key}` must be a map, not {}", node.noun());
            return Err(self.fault(node.line, &message));
        }
        let shown = self.path.display().to_string();
        Ok(Some(tokens::layer_of_node(&shown, node)?))
    }

    /// A list of sources.
    fn sources(self, node: &Node, key: &str) -> Result<Option<Vec<SourceLayer>>, Error> {
        if node.is_null() {
            return Ok(None);
        }
        let Kind::Sequence(items) = &node.kind else {
            let message = format!("`{key}` must be a list, not {}", node.noun());
            return Err(self
                .fault(node.line, &message)
                .hint("for one source, use the setting `source`"));
        };
        if items.is_empty() {
            let message = format!("`{key}` is an empty list");
            return Err(self.fault(node.line, &message).hint(
                "list at least one source, or take the key out and use the setting `source`",
            ));
        }
        let items = items.iter().enumerate();
        let sources = items.map(|(at, item)| self.source(item, &format!("{key}[{at}]")));
        sources.collect::<Result<_, _>>().map(Some)
    }

    /// One item of a list of sources.
    fn source(self, node: &Node, prefix: &str) -> Result<SourceLayer, Error> {
        let keys = arguments::<SourceArgs>();
        let mut source = SourceLayer::default();
        let hint = "write `source: <folder>` for each item";
        for (key, node) in self.pairs(node, &format!("`{prefix}`"), hint)? {
            let full = format!("{prefix}.{key}");
            if key == NAME {
                let name = node.text().map(str::trim).filter(|name| !name.is_empty());
                let name = name.filter(|_| !node.is_null()).ok_or_else(|| {
                    self.fault(
                        node.line,
                        &format!("`{full}` must be a name, not {}", node.noun()),
                    )
                })?;
                source.name = Some(name.to_owned());
                continue;
            }
            let (id, value) = setting(self, keys, key, &full, node)?;
            source.layer.extend(value.map(|value| (id, value)));
        }
        Ok(source)
    }
}

#[cfg(test)]
pub(super) mod tests;
