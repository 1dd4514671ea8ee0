//! A private, temporary repository that git fetches into and pushes from.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use git2::{Indexer, Odb, Repository, RepositoryInitOptions};
use tempfile::TempDir;

use crate::git::error::Fault;
use crate::git::intake::Objects;

const MAKING: &str = "making a temporary repository";
const ADDING: &str = "storing the commit";

/// Git's name for where the repository comes from.
pub(super) const ORIGIN: &str = "origin";

/// A bare repository in a temporary folder that vanishes with this value.
#[derive(Debug)]
pub(in crate::git) struct Copy {
    folder: TempDir,
}

impl Copy {
    /// Makes an empty one that knows `address`. The address stands in its
    /// settings, so that no command line holds it.
    pub(super) fn make(temp_root: &Path, address: &str) -> Result<Self, Fault> {
        let folder = tempfile::Builder::new()
            .prefix("gitops-git-")
            .tempdir_in(temp_root)
            .map_err(|error| Fault::Machine {
                doing: MAKING,
                reason: error.to_string(),
            })?;
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        let make = || {
            let repository = Repository::init_opts(folder.path(), &options)?;
            repository
                .config()?
                .set_str(&format!("remote.{ORIGIN}.url"), address)
        };
        make().map_err(Fault::machine(MAKING))?;
        Ok(Self { folder })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same, for work that goes on elsewhere while this value is kept.
    pub(in crate::git) fn place(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The objects that are in it by now.
    pub(in crate::git) fn objects(&self) -> Result<Objects<'_>, Fault> {
        objects(self.path())
    }

    /// Adds the objects of a pack.
    pub(super) fn add(&self, pack: &[u8]) -> Result<(), Fault> {
        let packs = self.path().join("objects").join("pack");
        let mut indexer =
            Indexer::new(None, &packs, 0o600, false).map_err(Fault::machine(ADDING))?;
        indexer.write_all(pack).map_err(|error| Fault::Machine {
            doing: ADDING,
            reason: error.to_string(),
        })?;
        indexer.commit().map_err(Fault::machine(ADDING))?;
        Ok(())
    }
}

/// The objects in the repository at `place`. Only they are opened: the git
/// program marks its repositories in ways that the library refuses.
pub(in crate::git) fn objects(place: &Path) -> Result<Objects<'static>, Fault> {
    const OPENING: &str = "opening temporary files";
    let folder = place.join("objects");
    let path = folder.to_str().ok_or(Fault::Machine {
        doing: OPENING,
        reason: "the temporary folder's name is not Unicode".to_owned(),
    })?;
    let odb = Odb::new().map_err(Fault::machine(OPENING))?;
    odb.add_disk_alternate(path)
        .map_err(Fault::machine(OPENING))?;
    Ok(Objects::new(odb))
}
