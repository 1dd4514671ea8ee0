//! Where a program is: as configured, on the search path, or brought along.

use std::path::{Path, PathBuf};

use super::{Error, Mode, Tool, Tools};

impl Tools {
    /// The absolute path of a program, which is brought along when that is
    /// allowed and needed. See [`Mode`] for where it comes from.
    pub async fn tool(&self, tool: Tool) -> Result<PathBuf, Error> {
        let found = self.find(tool.name());
        let Some(installer) = &self.installer else {
            return found;
        };
        if self.programs.contains_key(&tool) {
            return found;
        }
        match (installer.mode(), found) {
            (Mode::Path, found) => found,
            (Mode::Auto | Mode::Offline, Ok(program)) => Ok(program),
            (Mode::Auto | Mode::Offline | Mode::Pinned, _) => installer.get(tool).await,
        }
    }

    /// The absolute path of `program`: the configured one, or the first
    /// executable of that name on the search path. Relative entries of the
    /// search path are passed over, so that no checkout can supply a program.
    pub fn find(&self, program: &str) -> Result<PathBuf, Error> {
        let mut named = self.programs.iter();
        if let Some((_, path)) = named.find(|(tool, _)| tool.name() == program) {
            return if is_executable(path) {
                Ok(path.clone())
            } else {
                Err(Error::NotExecutable(path.clone()))
            };
        }
        std::env::split_paths(&self.search_path)
            .filter(|folder| folder.is_absolute())
            .flat_map(|folder| file_names(program).map(move |name| folder.join(name)))
            .find(|candidate| is_executable(candidate))
            .ok_or_else(|| Error::Missing(program.to_owned()))
    }
}

/// The file names that `program` may have.
fn file_names(program: &str) -> impl Iterator<Item = String> + use<> {
    let suffix = std::env::consts::EXE_SUFFIX;
    std::iter::once(format!("{program}{suffix}"))
}

#[cfg(unix)]
pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file()
}
