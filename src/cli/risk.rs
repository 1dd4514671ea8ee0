//! Who says what happens to risks: on a build of a pull request the target branch, never the
//! proposed file; otherwise the settings file, but for what the change itself brings along.

use std::path::{Path, PathBuf};

use crate::agent::{self, Environment, SourcePullRequest};
use crate::error::{Error, Kind};
use crate::git::source::{Before, Source};
use crate::git::{Remote, Wanted};
use crate::model::{Folder, RelPath};
use crate::settings::{self, FileSettings, Settings, Target};
use crate::text::yaml::{self, Dialect, Value};

use super::connect::Connector;
use super::invocation::Doors;
use super::stamp::relative;

/// The keys of the settings file that are about risks.
const KEYS: [&str; 3] = ["riskPolicy", "riskSeverities", "riskAllowances"];

/// On a build of a pull request: lets the settings file of the target branch say what
/// happens to risks. A shallow checkout does not have it, so that the host is asked. Where
/// it cannot be read, only the task's inputs count.
pub(super) async fn of_target_branch(
    settings: &mut Settings,
    doors: &Doors,
    environment: &Environment,
    connector: &Connector,
) -> Result<(), Error> {
    let first = settings.environments.first();
    let path = first.and_then(|first| first.made_from.settings.clone());
    let source = agent::pull_request(environment);
    let branch = agent::target_branch(environment);
    let (Some(path), Some(source), Some(branch)) = (path, source, branch) else {
        return Ok(());
    };
    let environments = settings.environments.iter();
    let targets: Vec<_> = environments.filter_map(|one| one.target.clone()).collect();
    let read = read(connector, &source, &targets, &branch, &path).await;
    let file = match read {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(()),
        Err(error) => {
            connector.reporter.warning(&format!(
                "what happens to risks is not known from {path} of branch {branch:?}, so only the inputs of the task count: {error}"
            ));
            return Ok(());
        }
    };
    settings.take_risks(&doors.given, &file)
}

/// The settings file of a branch of the source repository; `None` when it has none.
async fn read(
    connector: &Connector,
    source: &SourcePullRequest,
    targets: &[Target],
    branch: &str,
    path: &str,
) -> Result<Option<FileSettings>, Error> {
    let odd = |error: crate::model::PathError| Error::new(Kind::Input, error);
    let whole = RelPath::parse(path).map_err(odd)?;
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) => (Folder::parse(folder).map_err(odd)?, name),
        None => (Folder::ROOT, path),
    };
    let targets: Vec<_> = targets.iter().collect();
    let remote = connector.source_remote(source, &targets)?;
    let bytes = content(&remote, branch, folder, &RelPath::parse(name).map_err(odd)?).await?;
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let shown = PathBuf::from(format!("{whole} of branch {branch}"));
    settings::parse_bytes(&shown, &bytes).map(Some)
}

async fn content(
    remote: &Remote,
    branch: &str,
    folder: Folder,
    name: &RelPath,
) -> Result<Option<Vec<u8>>, Error> {
    let wanted = Wanted {
        folder,
        files: None,
        publisher: None,
    };
    let tip = remote.read(Some(branch), &[wanted]).await?;
    let state = tip.folders.first().filter(|_| tip.exists);
    let Some(entry) = state.and_then(|state| state.entries.get(name)) else {
        return Ok(None);
    };
    let found = remote.contents(&tip, &[entry.id], None).await?;
    Ok(found.get(&entry.id).map(|bytes| bytes.to_vec()))
}

/// Takes out of a settings file what accepts risks and is new with the change that is
/// checked out: who needs it cannot bring it along. Gives back what that is, in words.
pub(super) fn keep_reviewed(file: &mut FileSettings, path: &Path) -> Vec<String> {
    if !file.accepts_risks() {
        return Vec::new();
    }
    let folder = std::path::absolute(path).ok();
    let folder = folder.as_deref().and_then(Path::parent);
    let source = folder.and_then(|folder| Source::discover(folder).ok().flatten());
    let Some(source) = source else {
        let dropped = file.keep_risks_of(&FileSettings::default()).into_iter();
        return dropped.map(|what| format!("{what} {NO_GIT}")).collect();
    };
    let top = source.folder();
    let Some(below) = top.as_deref().and_then(|top| relative(top, path)) else {
        return Vec::new();
    };
    let (before, why) = match source.before(&below) {
        Before::Alone(before) if is_same_but_for_risks(&before, path) => return Vec::new(),
        Before::Alone(before) => (parsed(path, &before), NEW),
        Before::File(before) => {
            let before = before.map(|bytes| parsed(path, &bytes)).unwrap_or_default();
            (before, NEW)
        }
        Before::Unknown => (FileSettings::default(), SHALLOW),
    };
    let dropped = file.keep_risks_of(&before).into_iter();
    dropped.map(|what| format!("{what} {why}")).collect()
}

const NEW: &str = "does not count yet, because it is new in the commit that is checked out, or in no commit at all: commit it on its own, or publish from a later commit";
const SHALLOW: &str = "does not count, because the checkout does not have the commit before, which would tell whether it is new: set `fetchDepth: 2` on the `checkout` step";

const NO_GIT: &str = "does not count, because the source is not in a git repository, which would tell whether it is new: put it into gitops-risks.yaml of the manifest repository";

/// What cannot be read accepts nothing.
fn parsed(path: &Path, bytes: &[u8]) -> FileSettings {
    settings::parse_bytes(path, bytes).unwrap_or_default()
}

/// Whether the file says the same as before, but for what it says about risks.
fn is_same_but_for_risks(before: &[u8], path: &Path) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the settings file's own place")]
    let now = std::fs::read(path).unwrap_or_default();
    let rest = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let document = yaml::parse_first(&text).ok()??;
        let value = Value::of(&document.root, Dialect::Kubernetes).ok()?;
        Some(without_risks(value, 0))
    };
    rest(before).is_some_and(|before| rest(&now) == Some(before))
}

/// The settings without what they say about risks: at the top, and in each environment.
fn without_risks(value: Value, depth: usize) -> Value {
    let Value::Map(pairs) = value else {
        return value;
    };
    let is_about_risks =
        |key: &Value| depth != 1 && matches!(key, Value::Str(key) if KEYS.contains(&key.as_str()));
    let pairs = pairs.into_iter().filter(|(key, _)| !is_about_risks(key));
    let pairs = pairs.map(|(key, value)| {
        let environments = depth == 0 && matches!(&key, Value::Str(key) if key == "environments");
        let value = match depth {
            0 if environments => without_risks(value, 1),
            1 => without_risks(value, 2),
            _ => value,
        };
        (key, value)
    });
    Value::Map(pairs.collect())
}
