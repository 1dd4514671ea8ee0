//! Tokens without a variable that reach the manifests in another form: encoded,
//! hashed, or taken for a number.
//!
//! They are found by their effect: where giving such a variable a value changes
//! what is rendered, the token is in it. Renders again, and only where a variable
//! is missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::context::Context;
use crate::error::Error;
use crate::model::{FileSet, Finding, RelPath};
use crate::settings::EnvironmentSettings;
use crate::settings::definition::Leftover;
use crate::tokens::{Layer, Matching};

use super::{render, replace};

/// A value that is text and number at once, and that nobody means.
const VALUE: &str = "918273";

/// Refuses what is made from tokens that were not replaced, though no manifest
/// shows them, where left-over tokens are errors. `noticed` is what the sources
/// said.
pub(super) async fn refuse(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    files: &FileSet,
    noticed: &[Finding],
) -> Result<(), Error> {
    let tokens = &settings.tokens;
    let missing: Vec<_> = noticed
        .iter()
        .filter_map(|finding| Some((replace::missing(finding)?, finding)))
        .collect();
    if !tokens.enabled || tokens.leftover != Leftover::Fail || missing.is_empty() {
        return Ok(());
    }
    let mut layer = Layer::new("missing variables", Matching::Exact);
    for (name, _) in &missing {
        layer = layer.with(*name, VALUE);
    }
    let with_values = Context {
        variables: context.variables.iter().cloned().chain([layer]).collect(),
        ..context.clone()
    };
    // Where this value cannot be rendered, nothing is known.
    let Ok(other) = render::again(&with_values, settings).await else {
        return Ok(());
    };
    let changed = different(files, &other);
    if changed.is_empty() {
        return Ok(());
    }
    // A source that does not render the same twice proves nothing.
    let same = render::again(context, settings).await?;
    let unstable = different(files, &same);
    let changed: Vec<_> = changed.difference(&unstable).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let places: Vec<_> = missing
        .iter()
        .map(|(name, finding)| match &finding.place {
            Some(place) => format!("{place} ({name})"),
            None => (*name).to_owned(),
        })
        .collect();
    let shown: Vec<_> = changed.iter().map(ToString::to_string).collect();
    let (places, shown) = (replace::listed(&places), replace::listed(&shown));
    let said = format!(
        "{places}: a token was not replaced, and is in {shown} in another form (encoded, for example)"
    );
    Err(replace::not_replaced(said))
}

/// The files that differ between two renders.
fn different(files: &FileSet, others: &FileSet) -> BTreeSet<RelPath> {
    let differs = |one: &FileSet, other: &FileSet| {
        one.iter()
            .filter(|(path, content)| other.get(path) != Some(content))
            .map(|(path, _)| path.clone())
            .collect::<BTreeSet<_>>()
    };
    &differs(files, others) | &differs(others, files)
}
