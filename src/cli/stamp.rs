//! Which run this is, and of which commit of which source.

use std::path::{Component, Path, PathBuf};

use crate::agent::{self, Environment};
use crate::git::source::Source;
use crate::host::is_same_repository;
use crate::model::{PublicationStamp, SourceStamp};
use crate::settings::{EnvironmentSettings, Settings};

/// Which run this is. What the run as a whole was made from is what its first
/// environment was.
pub(super) fn publication(environment: &Environment, settings: &Settings) -> PublicationStamp {
    let mut stamp = agent::publication(environment);
    if let Some(first) = settings.environments.first() {
        stamp.source = first.made_from.clone();
        if stamp.writer.source_ref.is_none() {
            let checkout = checkout(first.first_source());
            stamp.writer.source_ref = checkout.and_then(|checkout| checkout.head_ref());
        }
    }
    stamp.writer.newest_commit = stamp.source.commit.clone();
    stamp
}

/// What an environment is made from. The checkout of its source has the last
/// word on the commit: it may be another repository than that of the pipeline,
/// and a step may have checked out another commit.
pub(super) fn source(
    environment: &Environment,
    settings: &EnvironmentSettings,
    file: Option<&Path>,
) -> SourceStamp {
    let named = agent::publication(environment).source;
    let Some(checkout) = checkout(settings.first_source()) else {
        return named;
    };
    let top = checkout.folder();
    let below = |path: &Path| top.as_deref().and_then(|top| relative(top, path));
    let local = settings
        .sources
        .iter()
        .filter(|own| own.helm.chart.is_none());
    let mut folders: Vec<_> = local.filter_map(|own| below(&own.source)).collect();
    folders.sort_unstable();
    folders.dedup();
    let stamp = SourceStamp {
        folders,
        settings: file.and_then(below),
        commit_time: named
            .commit
            .as_deref()
            .and_then(|commit| checkout.seconds(commit)),
        ..named
    };
    let Some(head) = checkout.head().map(|head| head.to_string()) else {
        return stamp;
    };
    let stamp = SourceStamp {
        // A repository without an address is known by its place.
        repository: stamp
            .repository
            .or_else(|| checkout.origin())
            .or_else(|| Some(top.as_ref()?.display().to_string())),
        ..stamp
    };
    if stamp.commit.as_ref() == Some(&head) {
        return stamp;
    }
    let commit_time = checkout.seconds(&head);
    let other = checkout.origin().filter(|origin| {
        let named = stamp.repository.as_deref();
        named.is_none_or(|named| !is_same_repository(named, origin))
    });
    match other {
        Some(origin) => SourceStamp {
            repository: Some(origin),
            repository_id: None,
            commit: Some(head),
            commit_time,
            ..stamp
        },
        None => SourceStamp {
            commit: Some(head),
            commit_time,
            ..stamp
        },
    }
}

/// The checkout that a path lies in, though the path itself may be gone.
fn checkout(path: &Path) -> Option<Source> {
    let absolute = std::path::absolute(path).ok()?;
    let folder = absolute.ancestors().find(|folder| folder.is_dir())?;
    Source::discover(folder).ok().flatten()
}

/// `path` relative to the top of a checkout, `.` for the top itself; `None`
/// when it is outside.
pub(super) fn relative(top: &Path, path: &Path) -> Option<String> {
    let absolute = std::path::absolute(path).ok()?;
    let real = absolute.canonicalize();
    let real = real.unwrap_or_else(|_| without_dots(&absolute));
    let below = real.strip_prefix(top).ok()?;
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Some(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

/// The path without `.` and `..`, as far as its text tells.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
