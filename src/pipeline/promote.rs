//! What a promotion rests on: what was published for an environment, and the
//! proof that the same source renders to exactly that.

use std::collections::BTreeMap;

use crate::error::{Error, Kind};
use crate::git::Wanted;
use crate::model::{FolderState, Ledger, ObjectId, PublicationStamp, RelPath};
use crate::plan::ForeignFiles;
use crate::settings::EnvironmentSettings;

use super::{Connection, Rendered};

/// How many files a message names.
const SHOWN: usize = 5;

/// What was published for an environment, and what its folder holds.
#[derive(Debug)]
pub struct Published {
    environment: String,
    branch: String,
    tree: Option<ObjectId>,
    ledger: Ledger,
    files: BTreeMap<RelPath, ObjectId>,
    edited: Option<Error>,
}

/// Reads what was published for an environment.
pub async fn published(
    environment: &EnvironmentSettings,
    connection: &Connection,
) -> Result<Published, Error> {
    let branch = environment
        .target
        .as_ref()
        .and_then(|t| t.branch.as_deref());
    let wanted = Wanted {
        folder: environment.folder.clone(),
        files: None,
        publisher: None,
    };
    let here = |error: Error| error.context(format!("environment {}", environment.name));
    let read = connection.remote.read(branch, &[wanted]).await;
    let mut tip = read.map_err(|error| here(error.into()))?;
    // Where the branch does not exist, the tip is that of another one.
    let state = tip.folders.pop().filter(|_| tip.exists).unwrap_or_default();
    let place = format!(
        "the folder `{}` of {} (branch {})",
        environment.folder,
        connection.remote.display(),
        tip.branch
    );
    let tree = tip.folder_tree(&environment.folder);
    let published = of_folder(environment, state, &place).map_err(here)?;
    Ok(Published {
        branch: tip.branch,
        tree,
        ..published
    })
}

/// What was published, as the folder shows it.
fn of_folder(
    environment: &EnvironmentSettings,
    state: FolderState,
    place: &str,
) -> Result<Published, Error> {
    let Some(ledger) = state.ledger else {
        let said = format!("nothing was published to {place} yet, so there is nothing to promote");
        return Err(Error::message(Kind::Input, said)
            .hint(format!("publish `{}` first", environment.name))
            .hint(
                "when it is published by pull request, the pull request has to be merged first",
            ));
    };
    if ledger.environment != environment.name {
        let owner = &ledger.environment;
        let said = format!("{place} belongs to the environment `{owner}`");
        return Err(Error::message(Kind::Conflict, said)
            .hint("check `folder`: each environment has one of its own"));
    }
    let changed: Vec<_> = ledger
        .files
        .iter()
        .filter(|(path, file)| state.entries.get(path).map(|entry| entry.id) != Some(file.blob))
        .map(|(path, _)| path.as_str())
        .collect();
    let added: Vec<_> = state
        .entries
        .keys()
        .filter(|path| !ledger.files.contains_key(path))
        .map(RelPath::as_str)
        .collect();
    let keeps = environment.ownership.foreign_files == ForeignFiles::Keep;
    let found = [
        list("changed or removed", &changed),
        list("added", if keeps { &[] } else { &added[..] }),
    ];
    let found: Vec<_> = found.into_iter().flatten().collect();
    let edited = (!found.is_empty()).then(|| {
        let said = format!(
            "{place} is not as gitops-publisher left it, so the commit that was published does not describe it; somebody {}",
            found.join(", and ")
        );
        let error = Error::message(Kind::Conflict, said)
            .hint("make the change in the source, and name the commit that has it with `commit` (`--commit`); it is taken when it renders to exactly what is there");
        // Publishing again with `handEdits: overwrite` leaves added files alone.
        if changed.is_empty() {
            error
                .hint("to undo the change instead, delete the files that were added")
                .hint("set `foreignFiles` to `keep` when files of others belong there")
        } else {
            error.hint("to undo the change instead, publish the environment again with `handEdits: overwrite`")
        }
    });
    let entries = state.entries.iter();
    let files = entries.filter(|(path, _)| !keeps || ledger.files.contains_key(*path));
    Ok(Published {
        environment: environment.name.clone(),
        branch: String::new(),
        tree: None,
        files: files
            .map(|(path, entry)| (path.clone(), entry.id))
            .collect(),
        ledger,
        edited,
    })
}

impl Published {
    /// Refuses a folder that is not as the last publication left it: what runs
    /// in the cluster is then not what the published commit says.
    pub fn as_left(self) -> Result<Self, Error> {
        match self.edited {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// The branch that it was read from.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The tree of its folder there.
    pub fn tree(&self) -> Option<ObjectId> {
        self.tree
    }

    /// Which run published it, and of which source.
    pub fn stamp(&self) -> &PublicationStamp {
        &self.ledger.publication
    }

    /// Refuses when `rendered` is not exactly what the folder holds. `named` says
    /// that somebody chose the commit.
    pub fn prove(&self, rendered: &Rendered, commit: ObjectId, named: bool) -> Result<(), Error> {
        // What is made from secrets that this run does not have proves nothing.
        let is_known = |path: &RelPath| {
            let unknown = rendered.unknown.as_ref();
            unknown.is_none_or(|unknown| !unknown.has(path))
        };
        let ids: BTreeMap<_, _> = rendered
            .files
            .iter()
            .map(|(path, content)| (path, ObjectId::of_blob(content)))
            .collect();
        let files = &self.files;
        let differ: Vec<_> = ids
            .iter()
            .filter(|(path, _)| is_known(path))
            .filter(|(path, id)| files.get(**path).is_some_and(|there| there != *id))
            .map(|(path, _)| path.as_str())
            .collect();
        let new = ids.keys().filter(|path| is_known(path));
        let new = new.filter(|path| !files.contains_key(**path));
        let new: Vec<_> = new.map(|path| path.as_str()).collect();
        let gone = files.keys().filter(|path| !ids.contains_key(path));
        let gone: Vec<_> = gone.map(RelPath::as_str).collect();
        let found = [
            list("differs in", &differ),
            list("lacks", &gone),
            list("adds", &new),
        ];
        let found: Vec<_> = found.into_iter().flatten().collect();
        if found.is_empty() {
            return Ok(());
        }
        let said = format!(
            "environment {}: commit {} of the source does not render to what was published: it {}",
            self.environment,
            commit.short(),
            found.join(", ")
        );
        let mut error = Error::message(Kind::Conflict, said);
        if named {
            error = error.hint(format!(
                "publish `{}` from that commit first, or leave `commit` out",
                self.environment
            ));
        } else if self.stamp().source.dirty {
            error = error.hint(format!(
                "`{}` was published with changes that were in no commit: name the commit that has them now with `commit` (`--commit HEAD` for what is checked out)",
                self.environment
            ));
        }
        error = error.hint(
            "run the promotion with the variables and inputs of the publication; what changes from run to run, such as the tag of an image, belongs in a file of the source",
        );
        let (theirs, ours) = (&self.ledger.generator.version, &rendered.generator.version);
        if theirs != ours {
            error = error.hint(format!(
                "gitops-publisher {theirs} published it, and this is {ours}: publish the environment again first"
            ));
        }
        Err(error.hint("`plan` for that environment, on that commit, shows what differs"))
    }
}

/// `changed a.yaml, b.yaml and 3 more`; nothing for no file.
fn list(what: &str, paths: &[&str]) -> Option<String> {
    let shown = paths.get(..SHOWN.min(paths.len()))?.join(", ");
    let more = match paths.len() {
        0 => return None,
        number if number > SHOWN => format!(" and {} more", number - SHOWN),
        _ => String::new(),
    };
    Some(format!("{what} {shown}{more}"))
}
