//! Private folders for files that hold secrets.
//!
//! Owns where they are (in memory where there is room), who can read them
//! (nobody else), and that none outlives its run: a folder is locked while its
//! run lives, and removed by the next run when nobody holds the lock.

#![expect(
    clippy::disallowed_methods,
    reason = "files that the caller names, and the private copy"
)]

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// How the folders are called; the rest is random.
const PREFIX: &str = "gitops-publisher-";

/// What the owner puts into it, beside the lock.
const FILES: &str = "files";

/// The file in each folder that its run holds a lock on.
const LOCK: &str = ".lock";

/// Where Linux has a file system in memory.
#[cfg(target_os = "linux")]
const MEMORY: &str = "/dev/shm";

/// This much of the file system in memory stays free for others.
#[cfg(target_os = "linux")]
const LEFT_FREE: u64 = 64 << 20;

/// The places that this run has cleaned up.
static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// How often a new folder is tried, when a run that cleans up is faster.
const TRIES: usize = 5;

/// What a folder has to hold.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// So many bytes.
    pub bytes: u64,
    /// Programs, which a file system may refuse to run.
    pub programs: bool,
}

/// A folder that nobody else can read, gone when this is dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    files: PathBuf,
    _folder: TempDir,
    /// Held as long as the folder is.
    _lock: File,
}

impl PrivateFolder {
    /// Makes one: in memory where that suits, else below `temp_root`.
    ///
    /// # Errors
    ///
    /// What the system says when it cannot be made.
    pub fn new(temp_root: &Path, needs: Needs) -> io::Result<Self> {
        for place in [memory(needs), Some(temp_root.to_path_buf())]
            .into_iter()
            .flatten()
        {
            match Self::in_place(&place) {
                Err(_) if place != temp_root => {}
                result => return result,
            }
        }
        Err(io::Error::other("there is no place for it"))
    }

    /// Makes one in this folder.
    ///
    /// # Errors
    ///
    /// What the system says when it cannot be made.
    pub fn in_place(place: &Path) -> io::Result<Self> {
        let mut last = io::Error::other("it was removed again and again");
        for _ in 0..TRIES {
            let mut builder = tempfile::Builder::new();
            builder.prefix(PREFIX);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                builder.permissions(fs::Permissions::from_mode(0o700));
            }
            let folder = builder.tempdir_in(place)?;
            let path = folder.path().join(LOCK);
            // A run that cleans up may be faster.
            let lock = match new_file(&path, false) {
                Ok(lock) => lock,
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            match lock.try_lock() {
                // A run that cleans up may have taken the folder for a dead one.
                Ok(()) if path.exists() => {
                    remove_left_over(place, folder.path());
                    let files = folder.path().join(FILES);
                    fs::create_dir(&files)?;
                    return Ok(Self {
                        files,
                        _folder: folder,
                        _lock: lock,
                    });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => last = error,
            }
        }
        Err(last)
    }

    /// The folder that its owner fills.
    pub fn path(&self) -> &Path {
        &self.files
    }
}

/// A new file that only its owner can read.
pub fn new_file(path: &Path, runs: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if runs { 0o700 } else { 0o600 });
    }
    #[cfg(not(unix))]
    let _ = runs;
    options.open(path)
}

/// Writes a whole new file at once.
pub fn write(path: &Path, content: &[u8], runs: bool) -> io::Result<()> {
    new_file(path, runs)?.write_all(content)
}

/// The file system in memory, when it is one and has room.
#[cfg(target_os = "linux")]
fn memory(needs: Needs) -> Option<PathBuf> {
    /// `TMPFS_MAGIC` of linux/magic.h.
    const TMPFS: rustix::fs::FsWord = 0x0102_1994;
    let kind = rustix::fs::statfs(MEMORY).ok()?.f_type;
    let state = rustix::fs::statvfs(MEMORY).ok()?;
    let free = state.f_bavail.saturating_mul(state.f_frsize);
    let refuses_programs = state.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC);
    let suits = kind == TMPFS
        && free >= needs.bytes.saturating_mul(2).saturating_add(LEFT_FREE)
        && !(needs.programs && refuses_programs);
    suits.then(|| PathBuf::from(MEMORY))
}

/// Other systems have none that is always there.
#[cfg(not(target_os = "linux"))]
fn memory(_: Needs) -> Option<PathBuf> {
    None
}

/// Removes folders of runs that were killed. What cannot be removed stays for
/// the next run.
fn remove_left_over(place: &Path, own: &Path) {
    // Once is enough for a run, and two at once would be in each other's way.
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    if !swept.insert(place.to_path_buf()) {
        return;
    }
    for entry in entries.flatten() {
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        let path = entry.path();
        if !is_ours || path == own {
            continue;
        }
        if let Some(_lock) = left_over(&path, own) {
            tracing::debug!(folder = %path.display(), "removing what a killed run left");
            #[expect(clippy::disallowed_methods, reason = "nobody owns it any more")]
            let removed = fs::remove_dir_all(&path);
            if let Err(error) = removed {
                tracing::debug!("it could not be removed: {error}");
            }
        }
    }
}

/// The lock of a folder that is one of ours, and whose run does not live any
/// more. A run that is just starting takes another folder while it is held.
fn left_over(folder: &Path, own: &Path) -> Option<File> {
    // Not through a link, and nothing of another user.
    let same_owner = |path: &Path| {
        let (Ok(there), Ok(here)) = (fs::symlink_metadata(path), fs::symlink_metadata(own)) else {
            return false;
        };
        there.is_dir() && owner(&there) == owner(&here)
    };
    let lock = folder.join(LOCK);
    let is_file = || fs::symlink_metadata(&lock).is_ok_and(|lock| lock.is_file());
    if !same_owner(folder) {
        return None;
    }
    if !is_file() {
        // A run that was killed while it tidied up leaves an empty one.
        let _ = fs::remove_dir(folder);
        return None;
    }
    let lock = File::open(lock).ok()?;
    lock.try_lock().ok().map(|()| lock)
}

#[cfg(unix)]
fn owner(there: &fs::Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    there.uid()
}

#[cfg(not(unix))]
fn owner(_: &fs::Metadata) -> u32 {
    0
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_can_read_a_folder_and_it_is_gone_with_its_owner() {
        let temp = tempfile::tempdir().unwrap();
        let needs = Needs {
            bytes: u64::MAX,
            programs: false,
        };
        let folder = PrivateFolder::new(temp.path(), needs).unwrap();
        assert!(
            folder.path().starts_with(temp.path()),
            "no memory has that much room"
        );
        write(&folder.path().join("a"), b"secret", false).unwrap();
        write(&folder.path().join("b"), b"program", true).unwrap();
        assert_eq!(mode(folder.path().parent().unwrap()), 0o700);
        assert_eq!(mode(&folder.path().join("a")), 0o600);
        assert_eq!(mode(&folder.path().join("b")), 0o700);
        let path = folder.path().parent().unwrap().to_path_buf();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_killed_runs_left_is_removed_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = temp.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let dead = make("gitops-publisher-dead");
        write(&dead.join(LOCK), b"", false).unwrap();
        write(&dead.join("values.yaml"), b"secret", false).unwrap();
        let empty = make("gitops-publisher-empty");
        let (unlocked, other) = (make("gitops-publisher-none"), make("other"));
        write(&unlocked.join("kept"), b"", false).unwrap();
        write(&other.join(LOCK), b"", false).unwrap();
        symlink(&other, temp.path().join("gitops-publisher-link")).unwrap();
        let linked = make("gitops-publisher-linked");
        symlink(other.join(LOCK), linked.join(LOCK)).unwrap();
        symlink(&other, dead.join("link")).unwrap();
        let live = PrivateFolder::in_place(temp.path()).unwrap();
        assert!(!dead.exists() && !empty.exists());
        for kept in [&unlocked, &other, &linked] {
            assert!(kept.exists(), "{}", kept.display());
        }
        assert!(other.join(LOCK).exists(), "links are not followed");
        let next = PrivateFolder::in_place(temp.path()).unwrap();
        assert!(live.path().exists(), "its run lives");
        drop((live, next));
    }

    #[test]
    fn many_runs_at_once_do_not_take_each_others_folders() {
        let temp = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let folder = PrivateFolder::in_place(temp.path()).unwrap();
                        let file = folder.path().join("a");
                        write(&file, b"x", false).unwrap();
                        assert_eq!(fs::read(&file).unwrap(), b"x");
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
    }
}
