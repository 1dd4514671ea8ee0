//! What is written beside content: what it was made from, and who wrote it;
//! and how that stands to what was written before.
//!
//! Owns the only looks at the checkout while publishing. They are taken when
//! content differs and not before.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::git::source::{Source, Uses};
use crate::host;
use crate::install;
use crate::model::{FolderPlan, FolderState, PublicationStamp, ResourceChange, WriterStamp};
use crate::publish::order::{self, Facts, Order};
use crate::source::real;

use super::Rendered;

/// The stamp of an environment's content in its folder.
pub(super) fn stamp(
    context: &Context,
    environment: &Rendered,
    state: &FolderState,
) -> PublicationStamp {
    let ours = own(context, environment);
    let published = state.ledger.as_ref().map(|ledger| &ledger.publication);
    let newest = facts(environment, state, |facts| {
        order::newest_after(published, &ours, facts)
    });
    PublicationStamp {
        writer: WriterStamp {
            newest_commit: newest,
            ..ours.writer
        },
        source: ours.source,
    }
}

/// Notes in a plan that changes something how its source stands to the commit.
pub(super) fn complete(
    context: &Context,
    plan: &mut FolderPlan,
    environment: &Rendered,
    state: &FolderState,
) {
    let Some(ledger) = &mut plan.ledger else {
        return;
    };
    let ours = &mut ledger.publication.source;
    ours.dirty = !uncommitted(context, environment).is_empty();
    let Some(before) = &state.ledger else {
        return;
    };
    let theirs = &before.publication.source;
    let same_commit = ours.commit.is_some() && ours.commit == theirs.commit;
    plan.is_same_commit = same_commit
        && !ours.dirty
        && !theirs.dirty
        && before.generator == environment.generator
        && plan
            .resources
            .values()
            .any(|change| *change == ResourceChange::Changed);
}

/// The stamp in the folder's ledger, when this run is older than it.
pub(super) fn older(
    context: &Context,
    environment: &Rendered,
    state: &FolderState,
) -> Option<PublicationStamp> {
    let published = &state.ledger.as_ref()?.publication;
    let ours = own(context, environment);
    let order = facts(environment, state, |facts| {
        order::compare(published, &ours, facts)
    });
    (order == Order::Older).then(|| published.clone())
}

/// Whether what was published to a folder is part of this run's source: its
/// newest commit is an ancestor of ours. `None` when it cannot be told.
pub(super) fn has_seen(
    context: &Context,
    environment: &Rendered,
    published: &PublicationStamp,
) -> Option<bool> {
    let ours = own(context, environment);
    let ours = ours.source.commit.as_deref()?;
    let theirs = order::newest(published)?;
    let source = Source::discover(environment.settings.first_source()).ok()??;
    source.is_ancestor(theirs, ours)
}

/// Whether the settings file is as its commit has it.
pub(super) fn has_changed_settings(environment: &Rendered) -> bool {
    let file = environment.settings.made_from.settings.as_ref();
    file.is_some_and(|file| {
        let source = Source::discover(environment.settings.first_source());
        let source = source.ok().flatten();
        source.is_none_or(|source| !source.is_as_committed(file))
    })
}

fn own(context: &Context, environment: &Rendered) -> PublicationStamp {
    PublicationStamp {
        source: environment.settings.made_from.clone(),
        writer: context.publication.writer.clone(),
    }
}

/// Whether two addresses name one repository. The path of a checkout says
/// little: a clone elsewhere is known by having what was published.
pub(super) fn is_same_repository<'a>(
    environment: &'a Rendered,
    state: &'a FolderState,
) -> impl Fn(&str, &str) -> bool + 'a {
    let is_path = |text: &str| Path::new(text).is_absolute();
    let has_published = move || {
        let commit = state
            .ledger
            .as_ref()?
            .publication
            .source
            .commit
            .as_deref()?;
        let source = Source::discover(environment.settings.first_source()).ok()??;
        source.commit(commit)
    };
    move |one, other| {
        let local = is_path(one) || is_path(other);
        host::is_same_repository(one, other) || (local && has_published().is_some())
    }
}

fn facts<T>(environment: &Rendered, state: &FolderState, work: impl FnOnce(&Facts<'_>) -> T) -> T {
    // The checkout is opened only when commits have to be compared.
    let is_ancestor = |older: &str, newer: &str| {
        let source = Source::discover(environment.settings.first_source()).ok()??;
        source.is_ancestor(older, newer)
    };
    work(&Facts {
        is_same_repository: &is_same_repository(environment, state),
        is_ancestor: &is_ancestor,
    })
}

/// Paths of the source that are not as its commit has them.
pub(super) fn uncommitted<'r>(context: &Context, environment: &'r Rendered) -> &'r [String] {
    environment.uncommitted.get_or_init(|| {
        let made_from = &environment.settings.made_from;
        if made_from.commit.is_none() || context.of_commit {
            return Vec::new();
        }
        let source = Source::discover(environment.settings.first_source());
        let source = source.ok().flatten();
        source.map_or_else(Vec::new, |source| changed(&source, environment))
    })
}

fn changed(source: &Source, environment: &Rendered) -> Vec<String> {
    let settings = &environment.settings;
    let made_from = &settings.made_from;
    let (root, record) = (&settings.root, &environment.record);
    let mut paths = made_from.folders.clone();
    let mut files: Vec<_> = record.used.iter().map(|path| root.join(path)).collect();
    if let Some(file) = &made_from.settings {
        paths.push(file.clone());
        files.extend(source.folder().map(|top| top.join(file)));
    }
    // A copy of the source holds files where it has links.
    let targets: Vec<_> = files
        .iter()
        .filter(|path| path.is_symlink())
        .filter_map(|path| real(path).ok())
        .collect();
    files.extend(targets);
    let missed: Vec<_> = record.missed.iter().map(|path| root.join(path)).collect();
    let listed = record.listed.iter().map(|path| root.join(path)).collect();
    let locked = Locked::of(source, environment);
    let uses = Uses {
        files: &files,
        missed: &missed,
        listed: &listed,
        is_locked: &|path| locked.has(path),
    };
    let manifests = settings.target.as_ref();
    let manifests = manifests.map(|target| Path::new(&target.place));
    source.uncommitted(&paths, &uses, manifests)
}

/// What `install` brought, and a lock file of the commit describes.
struct Locked<'a> {
    source: &'a Source,
    definitions: Vec<PathBuf>,
    /// Looked at when somebody asks.
    folders: OnceCell<Vec<(PathBuf, bool)>>,
}

impl<'a> Locked<'a> {
    fn of(source: &'a Source, environment: &Rendered) -> Self {
        let local = environment.settings.sources.iter();
        let local = local.filter(|own| own.helm.chart.is_none());
        Self {
            source,
            definitions: local.filter_map(|own| real(&own.source).ok()).collect(),
            folders: OnceCell::new(),
        }
    }

    fn has(&self, path: &Path) -> bool {
        let folders = self.folders.get_or_init(|| {
            let top = self.source.folder();
            let is_committed = |definition: &&PathBuf| {
                let file = definition.join(install::LOCK_FILE);
                let below = top.as_ref().and_then(|top| file.strip_prefix(top).ok());
                let below = below.and_then(Path::to_str);
                below.is_some_and(|below| self.source.is_as_committed(below))
            };
            let definitions = self.definitions.iter().filter(is_committed);
            definitions
                .flat_map(|definition| install::locked_folders(definition))
                .collect()
        });
        // What is installed in an installed folder has an entry of its own.
        let holding = folders
            .iter()
            .filter(|(folder, _)| path.starts_with(folder));
        let inmost = holding.max_by_key(|(folder, _)| folder.as_os_str().len());
        inmost.is_some_and(|(_, is_locked)| *is_locked)
    }
}
