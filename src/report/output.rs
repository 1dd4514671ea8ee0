//! The only place that writes results to disk or stdout.

#![expect(
    clippy::disallowed_methods,
    reason = "results that were written before"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{self, Kind};
use crate::model::FileSet;
use crate::{parallel, temporary};

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The disk or the permissions said no.
    #[error("cannot write {}", path.display())]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody else wrote the file in the meantime.
    #[error("{} was changed by somebody else while it was being edited", path.display())]
    Overtaken {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds something that was not rendered.
    #[error("the output folder {} holds something already", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
}

impl From<OutputError> for error::Error {
    fn from(error: OutputError) -> Self {
        let (kind, hint) = match &error {
            OutputError::Write { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    (Kind::Internal, "free some space on that disk")
                }
                _ => (
                    Kind::Internal,
                    "check that the folder exists and may be written to",
                ),
            },
            OutputError::Overtaken { .. } => (Kind::Conflict, "run the command again"),
            OutputError::NotEmpty { .. } => (
                Kind::Usage,
                "name a new or an empty folder with `output`, or set `replace`",
            ),
        };
        Self::new(kind, error).hint(hint)
    }
}

/// How many files a thread writes at a time.
const BLOCK: usize = 16;

/// How names of temporary files and folders begin.
const START: &str = ".gitops-";

/// Writes `files` below `folder`, through a neighbour folder that is renamed
/// when it is whole: a reader sees the old state or the new, never half.
///
/// `replace` says whether what stands there may go; without it, a folder that
/// holds anything is an error.
pub fn write_folder(folder: &Path, files: &FileSet, replace: bool) -> Result<(), OutputError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| OutputError::Write { path, source }
    };
    // Anything but an empty folder is something that somebody may miss.
    let occupied = folder.symlink_metadata().is_ok_and(|found| {
        let empty = || {
            folder
                .read_dir()
                .is_ok_and(|mut entries| entries.next().is_none())
        };
        !(found.is_dir() && empty())
    });
    if occupied && !replace {
        return Err(OutputError::NotEmpty {
            path: folder.to_path_buf(),
        });
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(failed(parent))?;
    temporary::remove_left_over(parent, START);
    let fresh = temporary::builder(START, |builder| builder.tempdir_in(parent));
    let fresh = fresh.map_err(failed(parent))?;
    let root = fresh.path().join("output");
    std::fs::create_dir(&root).map_err(failed(&root))?;
    let files: Vec<_> = files.iter().collect();
    let written = parallel::map(&files, BLOCK, |(path, content)| {
        let target = path.on_disk(&root);
        let above = target.parent().unwrap_or(&root);
        std::fs::create_dir_all(above).map_err(failed(above))?;
        write(&target, content).map_err(failed(&path.on_disk(folder)))
    });
    written.into_iter().collect::<Result<(), _>>()?;
    let old = fresh.path().join("old");
    match std::fs::rename(folder, &old) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(folder)(error)),
    }
    std::fs::rename(&root, folder).map_err(failed(folder))
}

/// Writes a file that a user keeps: whole, through a neighbour that is renamed,
/// and only when it still holds what was read (`None`: no file).
///
/// A symbolic link stays and its target is replaced; permissions stay too.
pub fn replace_file(path: &Path, before: Option<&[u8]>, after: &[u8]) -> Result<(), OutputError> {
    let failed = |source| OutputError::Write {
        path: path.to_path_buf(),
        source,
    };
    let target = match before {
        Some(_) => path.canonicalize().map_err(failed)?,
        None => path.to_path_buf(),
    };
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(failed)?;
    let mut fresh = temporary::for_others(START, parent).map_err(failed)?;
    fresh.write_all(after).map_err(failed)?;
    fresh.as_file().sync_all().map_err(failed)?;
    let overtaken = || OutputError::Overtaken {
        path: path.to_path_buf(),
    };
    let Some(before) = before else {
        // Fails when the file has appeared.
        return match fresh.persist_noclobber(&target) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(overtaken())
            }
            Err(error) => Err(failed(error.error)),
        };
    };
    let permissions = target.metadata().map_err(failed)?.permissions();
    fresh
        .as_file()
        .set_permissions(permissions)
        .map_err(failed)?;
    if std::fs::read(&target).map_err(failed)? != before {
        return Err(overtaken());
    }
    fresh
        .persist(&target)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file that the user names, whole: through a neighbour that is renamed. That
/// would replace a device or a socket of this name, so nothing but a file is.
pub fn write_result(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    let failed = |source| OutputError::Write {
        path: path.to_path_buf(),
        source,
    };
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let said = std::io::Error::other("there is something of this name that is not a file");
        return Err(failed(said));
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(failed)?;
    let mut fresh = temporary::for_others(START, parent).map_err(failed)?;
    fresh.write_all(content).map_err(failed)?;
    fresh.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes the Markdown summary; gives back where it stands.
pub fn write_summary(folder: &Path, text: &str) -> Result<PathBuf, OutputError> {
    write_view(folder, "summary.md", text)
}

/// Writes a view of the result, `gitops-<name>`; gives back where it stands.
pub fn write_view(folder: &Path, name: &str, text: &str) -> Result<PathBuf, OutputError> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "txt"));
    let name = format!("gitops-{stem}-{}.{ending}", std::process::id());
    write_for_agent(folder, &name, text)
}

/// Writes a file of JSON that is kept with the run; gives back where it stands.
pub fn write_attachment(folder: &Path, name: &str, text: &str) -> Result<PathBuf, OutputError> {
    write_for_agent(folder, &format!("{name}.json"), text)
}

/// The agent takes it from there after this program has ended.
fn write_for_agent(folder: &Path, name: &str, text: &str) -> Result<PathBuf, OutputError> {
    let path = folder.join(name);
    write(&path, text.as_bytes()).map_err(|source| OutputError::Write {
        path: path.clone(),
        source,
    })?;
    Ok(path)
}

/// Writes data to stdout. A reader that went away is not an error.
pub fn write_stdout(data: &[u8]) -> Result<(), OutputError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(data).and_then(|()| stdout.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => Err(OutputError::Write {
            path: PathBuf::from("stdout"),
            source,
        }),
        _ => Ok(()),
    }
}

/// Writes one file.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that writes results"
)]
fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    std::fs::write(path, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RelPath;

    fn files(names: &[&str]) -> FileSet {
        names
            .iter()
            .map(|name| {
                (
                    RelPath::parse(name).unwrap(),
                    bytes::Bytes::from_static(b"x"),
                )
            })
            .collect()
    }

    #[test]
    fn a_file_is_replaced_only_when_nobody_else_wrote_it() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("new/file.yaml");
        replace_file(&file, None, b"one").unwrap();
        let error = replace_file(&file, None, b"two").unwrap_err();
        assert!(error.to_string().ends_with("while it was being edited"));
        let error = replace_file(&file, Some(b"other"), b"two").unwrap_err();
        assert!(error.to_string().ends_with("while it was being edited"));
        assert_eq!(std::fs::read(&file).unwrap(), b"one");
        replace_file(&file, Some(b"one"), b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(file.parent().unwrap().read_dir().unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_keeps_its_permissions_and_the_link_to_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let (file, link) = (temp.path().join("file"), temp.path().join("link"));
        write(&file, b"one").unwrap();
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&file, mode).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace_file(&link, Some(b"one"), b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn a_folder_is_replaced_as_a_whole_and_only_when_that_is_meant() {
        let temp = tempfile::tempdir().unwrap();
        let out = temp.path().join("a/out");
        write_folder(&out, &files(&["old/file.yaml"]), false).unwrap();
        let error = write_folder(&out, &files(&["new.yaml"]), false).unwrap_err();
        assert!(
            error.to_string().ends_with("holds something already"),
            "{error}"
        );
        write_folder(&out, &files(&["new.yaml"]), true).unwrap();
        let names: Vec<_> = out
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["new.yaml"]);
        let file = temp.path().join("file");
        write(&file, b"precious").unwrap();
        assert!(write_folder(&file, &files(&["new.yaml"]), false).is_err());
        assert_eq!(
            out.parent().unwrap().read_dir().unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }
}
