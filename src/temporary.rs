//! Temporary files and folders that are made beside their target, and what runs
//! that were killed left of them.
//!
//! Owns their names: they hold the process, so that the next run knows whose are
//! left over. Removes nothing else. Folders that hold secrets are [`private`].

pub mod private;

use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// How many random characters end a name.
const RANDOM: usize = 6;

/// A builder of names that begin with `start` and a process.
pub fn builder<R>(start: &str, make: impl FnOnce(&Builder<'_, '_>) -> R) -> R {
    let prefix = format!("{start}{}-", std::process::id());
    let mut builder = Builder::new();
    builder.prefix(&prefix).rand_bytes(RANDOM);
    make(&builder)
}

/// A new file in a folder with the mode that any program's files get.
pub fn for_others(start: &str, folder: &Path) -> std::io::Result<NamedTempFile> {
    builder(start, |builder| {
        let mut builder = builder.clone();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(folder)
    })
}

/// Removes from a folder what processes that have ended left there under a name
/// that begins with `start`. It may hold secrets, and nobody else removes it.
#[expect(
    clippy::disallowed_methods,
    reason = "files of an earlier run of this program"
)]
pub fn remove_left_over(folder: &Path, start: &str) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| process_of(name, start));
        if process.is_none_or(is_running) {
            continue;
        }
        // What cannot be removed does no harm to this run.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_folder {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
        if let Err(error) = removed {
            tracing::debug!("{} is left over: {error}", entry.path().display());
        }
    }
}

/// The process that made a name.
fn process_of(name: &str, start: &str) -> Option<u32> {
    let (process, random) = name.strip_prefix(start)?.split_once('-')?;
    let is_random =
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    process.parse().ok().filter(|_| is_random)
}

#[cfg(unix)]
fn is_running(process: u32) -> bool {
    let id = i32::try_from(process)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    // A process of somebody else cannot be signalled, and is there.
    id.is_none_or(|id| rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH))
}

/// There an open file cannot be removed anyway.
#[cfg(not(unix))]
fn is_running(process: u32) -> bool {
    process == std::process::id()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files to look at")]
    fn only_what_an_ended_process_left_is_removed() {
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let (ended, parent) = (ended.id(), std::os::unix::process::parent_id());
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let own = builder(".x-", |builder| builder.tempfile_in(folder.path())).unwrap();
        let kept = [
            format!(".x-{parent}-Ab12Cd"),
            format!(".y-{ended}-Ab12Cd"),
            format!(".x-{ended}-Ab12Cd.yaml"),
            ".x-Ab12Cd".to_owned(),
            ".x--Ab12Cd".to_owned(),
        ];
        let left = [format!(".x-{ended}-Ab12Cd"), format!(".x-{ended}-Ef34Gh")];
        for name in kept.iter().chain(&left[..1]) {
            std::fs::write(at(name), "").unwrap();
        }
        std::fs::create_dir_all(at(&left[1]).join("deep")).unwrap();
        remove_left_over(folder.path(), ".x-");
        assert!(own.path().exists());
        assert!(kept.iter().all(|name| at(name).exists()), "{kept:?}");
        assert!(left.iter().all(|name| !at(name).exists()), "{left:?}");
    }
}
