//! Which files the edits can mean, and what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use super::Updates;
use super::said::{no_file, owned};
use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::model::{EntryMode, Folder, ObjectId, RelPath};
use crate::update::values;

/// So many files beside one that is named are read, too.
const MOST_BESIDE: usize = 50;

impl Updates<'_> {
    /// The files that the edits can mean. What the ledgers say we own is no such file.
    pub(super) async fn texts(&self, tip: &Tip) -> Result<BTreeMap<RelPath, String>, Error> {
        let Some(state) = tip.folders.first().filter(|_| tip.exists) else {
            let said = format!(
                "the branch {:?} does not exist, so no file can be changed in it",
                tip.branch
            );
            return Err(Error::message(Kind::Input, said).hint("check `branch`"));
        };
        let owner = |path: &RelPath| {
            let mut inner = state.inner.iter();
            let inner = inner.find(|folder| path.starts_with(folder));
            let inner = inner.map(|folder| Folder::from(folder.clone()));
            inner.or_else(|| state.ledger.is_some().then_some(Folder::ROOT))
        };
        let mut ids = BTreeMap::new();
        let mut named = BTreeSet::new();
        for edit in self.edits {
            if let Some(file) = edit.file() {
                let found = RelPath::parse(file).ok();
                let found = found.and_then(|path| Some((state.entries.get(&path)?, path)));
                let Some((entry, path)) = found else {
                    return Err(no_file(file, tip, state.entries.keys()));
                };
                if let Some(folder) = owner(&path) {
                    return Err(owned(&format!("{path} lies"), &folder));
                }
                if !matches!(entry.mode, EntryMode::File | EntryMode::Executable) {
                    let said = format!("{path} is a symbolic link or a submodule");
                    return Err(
                        Error::message(Kind::Input, said).hint("name the file that it leads to")
                    );
                }
                if !values::is_editable(file) {
                    let said = format!("{path} is not YAML, JSON or TOML, by its name");
                    return Err(Error::message(Kind::Input, said).hint(
                        "values can be set in files called *.yaml, *.yml, *.json, *.toml and Kustomization",
                    ));
                }
                // Its neighbors tell of chart repositories and of other tools.
                let beside = state.entries.iter().filter(|(other, entry)| {
                    folder_of(other) == folder_of(&path)
                        && values::is_editable(other.as_str())
                        && matches!(entry.mode, EntryMode::File | EntryMode::Executable)
                });
                ids.extend(
                    beside
                        .take(MOST_BESIDE)
                        .map(|(other, entry)| (other.clone(), entry.id)),
                );
                ids.insert(path.clone(), entry.id);
                named.insert(path);
                continue;
            }
            let plain = state.entries.iter().filter(|(path, entry)| {
                edit.wants(path.as_str())
                    && values::is_editable(path.as_str())
                    && matches!(entry.mode, EntryMode::File | EntryMode::Executable)
                    && owner(path).is_none()
            });
            ids.extend(plain.map(|(path, entry)| (path.clone(), entry.id)));
        }
        self.load(tip, &ids).await?;
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts = BTreeMap::new();
        for (path, id) in ids {
            let bytes = read.get(&id).cloned().unwrap_or_default();
            match String::from_utf8(bytes.into()) {
                Ok(text) => {
                    texts.insert(path, text);
                }
                Err(error) if self.may_mean(&path, error.as_bytes(), named.contains(&path)) => {
                    let said = format!("{path} is not UTF-8 text");
                    return Err(Error::message(Kind::Input, said).hint(
                        "save the file as UTF-8, or name the files that are meant without it",
                    ));
                }
                Err(_) => {}
            }
        }
        Ok(texts)
    }

    /// Whether an edit may mean a file that is no UTF-8 text.
    fn may_mean(&self, path: &RelPath, bytes: &[u8], is_named: bool) -> bool {
        // In UTF-16, every other byte of plain letters is zero.
        let text = String::from_utf8_lossy(bytes).replace('\0', "");
        let mut edits = self.edits.iter();
        is_named || edits.any(|edit| edit.may_be_in(path.as_str(), &text))
    }

    /// Reads what was not read before.
    async fn load(&self, tip: &Tip, ids: &BTreeMap<RelPath, ObjectId>) -> Result<(), Error> {
        let missing: BTreeSet<_> = {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            ids.values()
                .copied()
                .filter(|id| !read.contains_key(id))
                .collect()
        };
        let missing: Vec<_> = missing.into_iter().collect();
        let connection = &self.branch.connection;
        let contents = connection
            .remote
            .contents(tip, &missing, connection.api.as_ref())
            .await?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.extend(contents);
        Ok(())
    }
}

/// The folder that a file lies in.
fn folder_of(path: &RelPath) -> &str {
    path.ancestors().last().unwrap_or_default()
}
