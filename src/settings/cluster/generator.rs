//! Refuses the generators `flux` and `argocd` where nothing describes a cluster, and other
//! generators where something does.

use crate::error::{Error, Kind};
use crate::generate::Kind as Generator;
use crate::settings::EnvironmentSettings;
use crate::settings::layer::Value;

use super::Described;

/// A generator that is given with the run would make something else out of an environment
/// that describes a cluster.
pub(in crate::settings) fn check_given(
    given: Option<&Value>,
    described: &Described,
    settings: &EnvironmentSettings,
) -> Result<(), Error> {
    let kind = described.generator();
    let mut chosen = settings.sources.iter().filter_map(|it| it.generator);
    let Some(given) = given.filter(|_| chosen.any(|it| it != kind)) else {
        return Ok(());
    };
    let message = format!(
        "{} cannot be used for an environment that describes a cluster with `generator: {}`",
        given.origin,
        kind.name()
    );
    Err(Error::message(Kind::Usage, message).hint(
        "set `generator` in the settings file for the environments that need it, or select only those with `environments`",
    ))
}

/// A generator of clusters in an environment that describes none.
pub(in crate::settings) fn undescribed(kind: Generator, has_sources: bool) -> Error {
    let kind = kind.name();
    if has_sources {
        let message = format!("`generator: {kind}` cannot be combined with other sources");
        return Error::message(Kind::Usage, message).hint(format!(
            "take it out of `sources`, and describe the cluster by an environment of its own, with `generator: {kind}` and a block `{kind}`"
        ));
    }
    let message = format!(
        "nothing in the settings file describes the cluster that the generator `{kind}` would write for"
    );
    Error::message(Kind::Usage, message).hint(format!(
        "set `generator: {kind}` in the settings file, for the environment that describes the cluster, with a block `{kind}` beside it"
    ))
}
