//! What a command was called with: its settings, from every place that gives
//! some, and the manifest repository that it means.
//!
//! Owns which settings file is read, and the local repository of a person at a
//! terminal. May not render, compare or publish.

use std::path::{Path, PathBuf};

use clap::{Args as _, Command};

use crate::agent::Environment;
use crate::error::{Error, Kind};
use crate::settings::definition::CONFIG;
use crate::settings::{
    self, FileSettings, Layer, Settings, Target, from_old_variables, read_file_as,
};

use super::RunCommand;
use super::{confined, connect, risk, stamp};

/// What was given with the run: on the command line, or in the inputs of the task.
pub(super) struct Doors {
    pub(super) given: Layer,
    /// It runs as a task.
    pub(super) task: bool,
}

/// The settings file that is used when none is named.
pub(super) const DEFAULT_FILE: &str = "gitops.yaml";

/// What others call theirs.
pub(super) const MISNAMED_FILE: &str = "gitops.yml";

/// The manifest repository at a terminal, when none is named.
pub(super) const LOCAL_REPOSITORY: &str = "./.gitops/manifests.git";

/// The settings of a run, as clap arguments.
pub(super) fn definition() -> Command {
    RunCommand::augment_args(Command::new("run"))
}

/// A local repository that was named must be there; only our own is made.
pub(super) fn may_create(doors: &Doors, target: &Target) -> bool {
    !doors.task && target.repository == LOCAL_REPOSITORY
}

/// Puts the layers of settings together; gives back the settings file too, when one was read.
/// `to` leads from where a file of the source stands to where it is read.
pub(super) fn settings(
    doors: &Doors,
    environment: &Environment,
    untrusted: bool,
    to: &dyn Fn(&Path) -> PathBuf,
) -> Result<(Settings, Option<PathBuf>), Error> {
    settings_of(doors, environment, untrusted, to, |_| {})
}

/// The same with a settings file that is looked at, or changed, before it counts.
pub(super) fn settings_of(
    doors: &Doors,
    environment: &Environment,
    untrusted: bool,
    to: &dyn Fn(&Path) -> PathBuf,
    look: impl FnOnce(&mut FileSettings),
) -> Result<(Settings, Option<PathBuf>), Error> {
    let definition = definition();
    let old = from_old_variables(&definition, environment);
    let named = doors
        .given
        .get(CONFIG)
        .and_then(|value| value.texts().first());
    let path = match named {
        Some(path) => Some(PathBuf::from(path)),
        None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| to(path).is_file()),
    };
    let roots = confined::roots(named.map(Path::new));
    let mut file = match &path {
        Some(path) => read_file_as(&confined::reader(&roots, path, to)?, path, &to(path))?,
        None => FileSettings::default(),
    };
    look(&mut file);
    let mut dropped = Vec::new();
    if untrusted {
        // Who proposes a file does not decide what happens to its risks.
        file.forget_risks();
    } else if let Some(path) = &path {
        dropped = risk::keep_reviewed(&mut file, &to(path));
    }
    let home = connect::home(environment);
    let mut settings = settings::resolve_at(&doors.given, &file, &old, untrusted, &home)
        .map_err(|error| misnamed(error, path.is_none()))?;
    settings.unused.extend(dropped);
    settings.listed = settings::listed(&doors.given, &file, &old, untrusted, &home, &settings)?;
    settings::refuse_heads(&settings)?;
    for settings in &mut settings.environments {
        // Where it is in its repository is known before it is seen elsewhere.
        settings.made_from = stamp::source(environment, settings, path.as_deref());
    }
    settings.environments = settings
        .environments
        .into_iter()
        .map(|environment| environment.moved(to))
        .map(|mut environment| {
            environment.root.clone_from(&roots.0);
            environment.reachable.extend(roots.1.clone());
            environment
        })
        .collect();
    Ok((settings, path.map(|path| to(&path))))
}

/// The same error, with a file that was probably meant to be read.
fn misnamed(error: Error, no_file: bool) -> Error {
    if !no_file || !Path::new(MISNAMED_FILE).is_file() {
        return error;
    }
    error.instead(format!(
        "found {MISNAMED_FILE}, which is not read: rename it to {DEFAULT_FILE}, or name it with `config`"
    ))
}

/// Publishing needs a manifest repository. A person at a terminal gets a local
/// one to start with; a pipeline must name it, on a build of a pull request
/// on the task itself.
pub(super) fn require_repository(
    settings: &mut Settings,
    doors: &Doors,
    pull_request: bool,
) -> Result<(), Error> {
    for environment in &mut settings.environments {
        let name = &environment.name;
        match &environment.target {
            Some(target) if pull_request && target.named_by_file => {
                let said = format!(
                    "environment `{name}` is not published: on a build of a pull request anybody may have written the settings file, and nothing else names the manifest repository"
                );
                return Err(Error::message(Kind::Policy, said)
                    .hint("use the command `plan` on pull requests")
                    .hint("to publish from them all the same, set the input `manifestRepo` on the task"));
            }
            Some(_) => {}
            None if doors.task => {
                let said = format!("no manifest repository is set for environment `{name}`");
                return Err(Error::message(Kind::Usage, said)
                    .hint("set the input `manifestRepo`, or `manifestRepo` in `gitops.yaml`"));
            }
            None => environment.target = Some(Target::local(LOCAL_REPOSITORY)),
        }
    }
    Ok(())
}

/// At a terminal, what would change in the repository that `publish` made there.
pub(super) fn compare_with_local(settings: &mut Settings) {
    if !Path::new(LOCAL_REPOSITORY).is_dir() {
        return;
    }
    for environment in &mut settings.environments {
        let local = || Target::local(LOCAL_REPOSITORY);
        environment.target.get_or_insert_with(local);
    }
}
