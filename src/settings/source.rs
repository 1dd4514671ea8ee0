//! The settings of one source of an environment, validated.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::error::{Error, Kind as ErrorKind};
use crate::generate::{HelmOptions, JsonnetOptions, Kind, KustomizeOptions};
use crate::model::fold;

use super::definition::SourceArgs;
use super::helm::{self, ValuesItem};
use super::layer::Value;

/// One source, validated.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// What messages and file names call it.
    pub name: String,
    /// The folder with the templates.
    pub source: PathBuf,
    /// The settings file, where it is what names that folder.
    pub named_in: Option<PathBuf>,
    /// What turns it into manifests; the source itself tells when absent.
    pub generator: Option<Kind>,
    /// The configurations of a Fabrikate definition, most important first.
    pub fabrikate_environments: Vec<String>,
    /// What Jsonnet programs are given.
    pub jsonnet: JsonnetOptions,
    /// How a Helm chart is rendered, without what only the run knows.
    pub helm: HelmOptions,
    /// What of the source Kustomize builds, and for which Kubernetes.
    pub kustomize: KustomizeOptions,
    /// Nothing but the settings file names the chart.
    pub chart_named_by_file: bool,
    /// The user for the chart's registry.
    pub chart_user: Option<String>,
    /// The namespace of resources that name none.
    pub namespace: Option<String>,
    /// A Helm chart may render to nothing.
    pub allow_empty_charts: bool,
    /// A configuration that is nowhere is an error.
    pub require_configuration: bool,
}

/// What a source is called whose folder has no name of its own.
const UNNAMED: &str = "manifests";

/// What every layer says about the settings that add up, the weakest first.
pub(super) struct AddedUp {
    /// The values of a Helm chart, in the order in which they are merged.
    pub values: Vec<ValuesItem>,
    /// What `std.extVar` finds, by name.
    pub jsonnet_variables: Vec<(String, String)>,
    /// The arguments of Jsonnet programs, by name.
    pub jsonnet_arguments: Vec<(String, String)>,
}

/// Validates the settings of one source.
///
/// `configurations` are those of Fabrikate that the environment's name stands
/// for.
pub(super) fn source(
    name: Option<&str>,
    configurations: &[String],
    args: SourceArgs,
    added: AddedUp,
) -> Result<SourceSettings, Error> {
    let helm = helm::options(&args, added.values)?;
    let jsonnet = JsonnetOptions {
        paths: args.jsonnet_paths.iter().map(PathBuf::from).collect(),
        variables: added.jsonnet_variables,
        arguments: added.jsonnet_arguments,
        seconds: args.jsonnet_timeout,
        memory: args.jsonnet_memory,
    };
    let own = !args.fabrikate_environments.is_empty();
    let is_elsewhere = helm.chart.is_some();
    let generator = match args.generator {
        None if is_elsewhere => Some(Kind::Helm),
        // The overlay is below: the source itself need not look like one.
        None if args.kustomize_overlay.is_some() => Some(Kind::Kustomize),
        None | Some(Kind::Helm) => args.generator,
        _ if is_elsewhere => {
            let said = "`chart` names a Helm chart, but `generator` is not `helm`";
            return Err(Error::message(ErrorKind::Usage, said)
                .hint("set `generator` to `helm`, or leave `chart` out"));
        }
        other => other,
    };
    let derived = || match (&args.helm.release, &helm.chart) {
        (Some(release), _) => release.clone(),
        (None, Some(chart)) => folder_name(Path::new(chart.trim_end_matches(".tgz"))),
        (None, None) => folder_name(&args.source),
    };
    Ok(SourceSettings {
        name: name.map_or_else(derived, str::to_owned),
        source: args.source,
        named_in: None,
        generator,
        kustomize: KustomizeOptions {
            overlay: args.kustomize_overlay,
            allow: args.kustomize_allow,
            kube_version: args.helm.kube_version,
            api_versions: helm.api_versions.clone(),
        },
        chart_named_by_file: true,
        helm,
        chart_user: args.helm.chart_user,
        namespace: args.namespace,
        fabrikate_environments: if own {
            args.fabrikate_environments
        } else {
            configurations.to_vec()
        },
        jsonnet,
        allow_empty_charts: args.allow_empty_charts,
        require_configuration: args.require_configuration,
    })
}

/// The last part of a path that is a name, without what a single file ends in.
fn folder_name(source: &Path) -> String {
    let name = source.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or(UNNAMED);
    let stem = name.rsplit_once('.').filter(|(stem, extension)| {
        let known = ["yaml", "yml", "json", "jsonnet", "tgz"];
        let is_known = known
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension));
        !stem.is_empty() && is_known
    });
    stem.map_or(name, |(stem, _)| stem).to_owned()
}

/// Two sources of one name could not be told apart.
pub(super) fn refuse_same_names(sources: &[SourceSettings]) -> Result<(), Error> {
    for (at, one) in sources.iter().enumerate() {
        let same = |other: &&SourceSettings| fold(&other.name) == fold(&one.name);
        if sources[..at].iter().find(same).is_some() {
            let said = format!("two of its sources are called `{}`", one.name);
            return Err(Error::message(ErrorKind::Usage, said)
                .hint("give each item of `sources` a `name` of its own"));
        }
    }
    Ok(())
}

/// The `name=value` of all layers, the weakest first: of one name, the last.
pub(super) fn pairs<'v>(
    values: impl Iterator<Item = &'v Value>,
) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = IndexMap::new();
    for value in values {
        for (at, item) in value.texts().iter().enumerate() {
            let pair = item
                .split_once('=')
                .filter(|(name, _)| !name.trim().is_empty());
            let (name, text) = pair.ok_or_else(|| {
                let item = value.origin.item(at, item);
                let message = format!("{item} is not of the form `name=value`");
                Error::message(ErrorKind::Usage, message).hint("write each on a line of its own")
            })?;
            pairs.insert(name.trim().to_owned(), text.trim().to_owned());
        }
    }
    Ok(pairs.into_iter().collect())
}
