//! What was generated before, by a hash of everything that went in.
//!
//! Owns the folder of one cache: entries that are written whole or not at all,
//! found by key, checked by a hash when they are read, and removed when they
//! are the oldest and there are too many. Content may hold secrets, so only
//! this user can read it. A cache that cannot be read or written is as good as
//! none: nothing here is an error.

#![expect(clippy::disallowed_methods, reason = "the cache of this user")]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::model::{FileSet, Finding, RelPath};

/// The first line of an entry; changes with its form.
const MAGIC: &[u8] = b"gitops-publisher cache 1\n";

/// Larger entries are not kept.
const LARGEST: usize = 64 << 20;

/// How much the entries of a cache may hold together before the oldest go.
const TOTAL: u64 = 512 << 20;

/// Entries that nobody has asked for in this time go.
const AGE: Duration = Duration::from_hours(720);

/// A key: a hash of named parts.
#[derive(Clone)]
pub(super) struct Key(Sha256);

impl Key {
    /// A key for one sort of thing, made by this version of the program.
    pub(super) fn new(sort: &str) -> Self {
        let mut key = Self(Sha256::new());
        key.part("sort", sort.as_bytes());
        key.part("program", env!("CARGO_PKG_VERSION").as_bytes());
        key
    }

    /// Adds a part. Its name and length go in too, so that no two lists of
    /// parts give the same key.
    pub(super) fn part(&mut self, name: &str, content: &[u8]) {
        for bytes in [name.as_bytes(), content] {
            self.0.update((bytes.len() as u64).to_be_bytes());
            self.0.update(bytes);
        }
    }

    /// Adds a program.
    pub(super) fn program(&mut self, program: &Path) {
        self.part("program", identity(program).as_bytes());
    }

    pub(super) fn name(&self) -> String {
        hex(&self.0.clone().finalize())
    }
}

/// What tells one program from another: its path, size and time of change.
pub(super) fn identity(program: &Path) -> String {
    // A link leads to the program itself.
    let meta = program.metadata();
    let changed = meta.as_ref().ok().and_then(|meta| meta.modified().ok());
    let changed = changed.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!(
        "{} {} {}",
        program.display(),
        meta.map_or(0, |meta| meta.len()),
        changed.map_or(0, |time| time.as_nanos()),
    )
}

/// Where entries are kept between runs.
#[derive(Debug, Clone)]
pub struct RenderCache {
    /// The folder with the caches.
    pub folder: PathBuf,
    /// Entries are used, and nothing is written: what a run leaves behind is
    /// used by later ones, which trust their source more.
    pub is_read_only: bool,
}

impl RenderCache {
    /// Entries below this folder, read and written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            is_read_only: false,
        }
    }
}

/// Entries of one sort.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
    is_read_only: bool,
}

impl Cache {
    /// The cache of this name below `root`.
    pub(super) fn new(root: &RenderCache, name: &str) -> Self {
        Self {
            folder: root.folder.join(name),
            is_read_only: root.is_read_only,
        }
    }

    /// The content under this key, when there is one and it is whole.
    pub(super) fn get(&self, key: &Key) -> Option<Bytes> {
        let path = self.folder.join(key.name());
        let mut file = File::open(&path).ok()?;
        let mut all = Vec::new();
        let limit = (LARGEST + MAGIC.len() + 32) as u64;
        (&mut file).take(limit + 1).read_to_end(&mut all).ok()?;
        let head = MAGIC.len() + 32;
        let (expected, content) = (all.get(MAGIC.len()..head)?, all.get(head..)?);
        if !all.starts_with(MAGIC) || *Sha256::digest(content) != *expected {
            tracing::debug!(entry = %path.display(), "a damaged cache entry is passed over");
            return None;
        }
        if !self.is_read_only {
            // Wanted entries stay young; that fails where others own them.
            let _ = file.set_modified(SystemTime::now());
        }
        Some(Bytes::from(all).slice(head..))
    }

    /// Keeps this content under this key.
    pub(super) fn put(&self, key: &Key, content: &[u8]) {
        if self.is_read_only || content.len() > LARGEST {
            return;
        }
        if let Err(error) = self.write(key, content) {
            tracing::debug!(folder = %self.folder.display(), %error, "nothing was cached");
        }
    }

    fn write(&self, key: &Key, content: &[u8]) -> std::io::Result<()> {
        private_folder(&self.folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(&self.folder)?;
        file.write_all(MAGIC)?;
        file.write_all(&Sha256::digest(content))?;
        file.write_all(content)?;
        file.persist(self.folder.join(key.name()))
            .map_err(|error| error.error)?;
        self.evict(SystemTime::now(), TOTAL)
    }

    /// Removes what is old, and the oldest until no more than `total` bytes
    /// are left.
    fn evict(&self, now: SystemTime, total: u64) -> std::io::Result<()> {
        let mut entries = Vec::new();
        for entry in self.folder.read_dir()? {
            let entry = entry?;
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_file() {
                let time = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push((time, meta.len(), entry.path()));
            }
        }
        entries.sort();
        let mut size: u64 = entries.iter().map(|(_, size, _)| size).sum();
        for (time, length, path) in entries {
            let old = now.duration_since(time).is_ok_and(|age| age > AGE);
            if !old && size <= total {
                break;
            }
            remove(&path);
            size -= length;
        }
        Ok(())
    }

    /// The manifests under this key.
    pub(super) fn manifests(&self, key: &Key) -> Option<(FileSet, Vec<Finding>)> {
        unpacked(&self.get(key)?)
    }

    /// Keeps manifests under this key.
    pub(super) fn keep_manifests(&self, key: &Key, files: &FileSet, findings: &[Finding]) {
        let paths: Vec<_> = files
            .iter()
            .map(|(path, content)| (path, content.len()))
            .collect();
        let Ok(mut packed) = serde_json::to_vec(&(paths, findings)) else {
            return;
        };
        packed.push(b'\n');
        for (_, content) in files.iter() {
            packed.extend_from_slice(content);
        }
        self.put(key, &packed);
    }
}

/// One line of JSON with paths, lengths and findings; then the contents.
fn unpacked(packed: &Bytes) -> Option<(FileSet, Vec<Finding>)> {
    let end = memchr::memchr(b'\n', packed)?;
    let (paths, findings): (Vec<(RelPath, usize)>, Vec<Finding>) =
        serde_json::from_slice(&packed[..end]).ok()?;
    let mut at = end + 1;
    let mut files = FileSet::new();
    for (path, length) in paths {
        let next = at
            .checked_add(length)
            .filter(|next| *next <= packed.len())?;
        files.insert(path, packed.slice(at..next));
        at = next;
    }
    (at == packed.len()).then_some((files, findings))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the cache owns its entries, and an entry that is gone is as good"
)]
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// A folder that only this user can enter.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        let mut key = Key::new("test");
        key.part("text", text.as_bytes());
        key
    }

    fn manifests() -> (FileSet, Vec<Finding>) {
        let mut files = FileSet::new();
        files.insert(RelPath::parse("a/b.yaml").unwrap(), "a: 1\n");
        files.insert(RelPath::parse("c.yaml").unwrap(), "");
        (files, vec![Finding::warning("a", "odd")])
    }

    fn test_cache(folder: &Path) -> Cache {
        Cache::new(&RenderCache::new(folder), "test")
    }

    #[test]
    fn a_cache_for_reading_is_not_written_to() {
        let root = tempfile::tempdir().unwrap();
        let readers = Cache {
            is_read_only: true,
            ..test_cache(root.path())
        };
        readers.put(&key("a"), b"new");
        assert_eq!(root.path().read_dir().unwrap().count(), 0);
        test_cache(root.path()).put(&key("a"), b"old");
        let entry = readers.folder.join(key("a").name());
        let time = || entry.metadata().unwrap().modified().unwrap();
        let before = time();
        assert_eq!(readers.get(&key("a")).as_deref(), Some(&b"old"[..]));
        assert_eq!(time(), before);
    }

    #[test]
    fn manifests_come_back_as_they_were() {
        let root = tempfile::tempdir().unwrap();
        let cache = test_cache(root.path());
        let (files, findings) = manifests();
        assert_eq!(cache.manifests(&key("a")), None);
        cache.keep_manifests(&key("a"), &files, &findings);
        assert_eq!(cache.manifests(&key("a")), Some((files, findings)));
        assert_eq!(cache.manifests(&key("b")), None);
    }

    #[test]
    fn no_two_lists_of_parts_have_one_key() {
        let key = |parts: &[(&str, &str)]| {
            let mut key = Key::new("test");
            for (name, content) in parts {
                key.part(name, content.as_bytes());
            }
            key.name()
        };
        assert_ne!(key(&[("a", "bc")]), key(&[("ab", "c")]));
        assert_ne!(key(&[("a", "b"), ("c", "d")]), key(&[("a", "bcd")]));
        assert_eq!(key(&[("a", "b")]).len(), 64);
    }

    #[cfg(unix)]
    #[test]
    fn only_this_user_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let cache = test_cache(&root.path().join("deep"));
        cache.put(&key("a"), b"secret");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cache.folder), 0o700);
        assert_eq!(mode(&cache.folder.join(key("a").name())), 0o600);
    }

    #[rstest::rstest]
    #[case(&[])]
    #[case(b"x")]
    #[case(b"gitops-publisher cache 1\n0123456789abcdef0123456789abcdefcontent")]
    fn a_damaged_entry_is_none(#[case] damaged: &[u8]) {
        let root = tempfile::tempdir().unwrap();
        let cache = test_cache(root.path());
        cache.put(&key("a"), b"content");
        assert_eq!(cache.get(&key("a")).unwrap(), "content");
        let path = cache.folder.join(key("a").name());
        File::create(path).unwrap().write_all(damaged).unwrap();
        assert_eq!(cache.get(&key("a")), None);
    }

    #[test]
    fn the_oldest_entries_go_first_and_old_ones_always() {
        let root = tempfile::tempdir().unwrap();
        let cache = test_cache(root.path());
        let now = SystemTime::now();
        for (name, days) in [("old", 40), ("older", 3), ("young", 1)] {
            cache.put(&key(name), &[0; 1000]);
            let path = cache.folder.join(key(name).name());
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(now - Duration::from_secs(days * 24 * 3600))
                .unwrap();
        }
        let left = || {
            let names = ["old", "older", "young"].into_iter();
            let there = |name: &&str| cache.folder.join(key(name).name()).exists();
            names.filter(there).collect::<Vec<_>>()
        };
        cache.evict(now, 1 << 20).unwrap();
        assert_eq!(left(), ["older", "young"]);
        cache.evict(now, 1500).unwrap();
        assert_eq!(left(), ["young"]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        File::create(&file).unwrap();
        let cache = test_cache(&file);
        cache.put(&key("a"), b"content");
        assert_eq!(cache.get(&key("a")), None);
    }
}
