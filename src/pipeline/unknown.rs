//! What is made from secrets that this run does not have.
//!
//! On a build of a pull request placeholders stand for secret variables. An
//! environment that uses one is rendered twice, with placeholders of other form:
//! what differs between the two is made from a secret, in whatever way (encoded,
//! hashed, in a name), and nothing is said about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::{Policy, resources};
use crate::model::{
    FileChange, FileSet, FolderPlan, RelPath, Resource, ResourceChange, ResourceId,
};
use crate::settings::EnvironmentSettings;
use crate::tokens::Placeholder;

use super::render::{self, Rendered};

/// The parts of an environment that are made from secrets.
#[derive(Debug, Clone, Default)]
pub struct Unknown {
    files: BTreeSet<RelPath>,
    resources: BTreeSet<ResourceId>,
    /// Kinds of resources whose very names are made from secrets.
    kinds: BTreeSet<String>,
    /// Whether names of files are.
    names: bool,
}

/// Renders an environment again, where placeholders stand for secrets that it
/// uses, and compares.
pub(super) async fn find(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    files: &FileSet,
    resources: &[Resource],
) -> Result<Option<Unknown>, Error> {
    if !context.placeholders || !context.secret_used.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let mut other = render_with(context, settings, Placeholder::Parts).await;
    if other.is_err() {
        // A name or a host cannot have such parts.
        other = render_with(context, settings, Placeholder::Word).await;
    }
    let (other, others) = other?;
    Ok(Some(compare(files, resources, &other, &others)))
}

/// The files and resources of an environment with other placeholders.
async fn render_with(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    which: Placeholder,
) -> Result<(FileSet, Vec<Resource>), Error> {
    let layers = context.variables.iter().cloned();
    let second = layers.map(|layer| {
        let (layer, placeholders) = layer.with_placeholders(which);
        for placeholder in placeholders {
            context
                .reporter
                .hide(&crate::model::Secret::new(&placeholder));
        }
        layer
    });
    let second = Context {
        variables: second.collect(),
        ..context.clone()
    };
    let other = render::again(&second, settings).await?;
    let (others, _) = resources::resources(&other, Policy::Warn)?;
    Ok((other, others))
}

/// Says that a render failed with placeholders in it, when it may be their fault.
pub(super) fn explain(context: &Context, error: Error) -> Error {
    if !context.placeholders || !context.secret_used.load(Ordering::Relaxed) {
        return error;
    }
    error.hint(
        "this environment uses secret variables, which are placeholders in a pull request build; where the source needs the real values, to parse one or to check its form, set `allowPullRequestSecrets` on the task",
    )
}

/// What differs between two renders.
fn compare(
    files: &FileSet,
    resources: &[Resource],
    other: &FileSet,
    others: &[Resource],
) -> Unknown {
    let mut unknown = Unknown::default();
    for (path, bytes) in files.iter() {
        match other.get(path) {
            Some(same) if same == bytes => continue,
            Some(_) => {}
            None => unknown.names = true,
        }
        unknown.files.insert(path.clone());
    }
    let others: BTreeMap<_, _> = others.iter().map(|it| (&it.id, &it.digest)).collect();
    for resource in resources {
        match others.get(&resource.id) {
            Some(digest) if **digest == resource.digest => continue,
            Some(_) => {}
            None => {
                unknown.kinds.insert(resource.id.kind.clone());
            }
        }
        unknown.resources.insert(resource.id.clone());
    }
    unknown
}

impl Unknown {
    /// Whether a file is made from a secret.
    pub(super) fn has(&self, path: &RelPath) -> bool {
        self.files.contains(path)
    }

    /// Marks what nobody can tell in a plan. What is new is new, whatever the
    /// secret is, unless its name is made from it.
    pub(super) fn mark(&self, plan: &mut FolderPlan) {
        for (path, change) in &mut plan.files {
            let unknown = match change {
                FileChange::Changed => self.files.contains(path),
                FileChange::Added => self.names && self.files.contains(path),
                FileChange::Removed => self.names,
                FileChange::Unknown => true,
            };
            if unknown {
                *change = FileChange::Unknown;
            }
        }
        for (id, change) in &mut plan.resources {
            let by_name = self.kinds.contains(&id.kind);
            let unknown = match change {
                ResourceChange::Changed => self.resources.contains(id),
                ResourceChange::Added => by_name && self.resources.contains(id),
                ResourceChange::Removed => by_name,
                ResourceChange::Unknown => true,
            };
            if unknown {
                *change = ResourceChange::Unknown;
            }
        }
    }
}

/// Refuses to publish placeholders.
pub(super) fn refuse(rendered: &[Rendered]) -> Result<(), Error> {
    let Some(made) = rendered.iter().find(|made| made.unknown.is_some()) else {
        return Ok(());
    };
    let said = format!(
        "environment `{}` is not published: it uses secret variables, which a pull request build does not get",
        made.settings.name
    );
    Err(Error::message(Kind::Policy, said).hint(
        "to give secret variables to the source of pull requests, set `allowPullRequestSecrets` on the task",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> FileSet {
        let file = |(path, text): &(&str, &str)| {
            (
                RelPath::parse(path).unwrap(),
                text.as_bytes().to_vec().into(),
            )
        };
        all.iter().map(file).collect()
    }

    #[test]
    fn what_differs_between_two_placeholders_is_unknown() {
        let first = files(&[("a.yaml", "x: 1"), ("b.yaml", "x: p1"), ("s-p1.yaml", "")]);
        let second = files(&[("a.yaml", "x: 1"), ("b.yaml", "x: p2"), ("s-p2.yaml", "")]);
        let unknown = compare(&first, &[], &second, &[]);
        let path = |text| RelPath::parse(text).unwrap();
        let mut plan = FolderPlan::default();
        for (name, change) in [
            ("a.yaml", FileChange::Changed),
            ("b.yaml", FileChange::Changed),
            ("s-p1.yaml", FileChange::Added),
            ("s-real.yaml", FileChange::Removed),
        ] {
            plan.files.insert(path(name), change);
        }
        unknown.mark(&mut plan);
        let changes: Vec<_> = plan.files.values().copied().collect();
        let expected = [
            FileChange::Changed,
            FileChange::Unknown,
            FileChange::Unknown,
            FileChange::Unknown,
        ];
        assert_eq!(changes, expected);
        assert!(plan.is_certain());
    }
}
