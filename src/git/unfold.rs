//! Writing the files of a commit to disk.
//!
//! Whoever made the repository is not trusted: names become [`RelPath`]s,
//! nothing is written through a symbolic link or over another file, links may
//! not lead out of the folder, and everything is bounded. What cannot be
//! written safely is left out and told.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use git2::ObjectType;

use super::error::Fault;
use super::intake::Objects;
use super::tree::{self, Entry};
use crate::model::{EntryMode, ObjectId, RelPath};

const WRITING: &str = "writing the files";
/// Folders below each other, at most.
const DEEPEST: usize = 100;
/// Bytes of one file, at most.
const LARGEST: u64 = 256 << 20;
/// How a file begins whose content is kept elsewhere by git-lfs.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// How much may still be written, by everything that shares it.
#[derive(Debug)]
pub struct Room {
    entries: AtomicU64,
    bytes: AtomicU64,
    most_entries: u64,
    most_bytes: u64,
}

impl Room {
    /// Room for so many files and folders, and for so many bytes.
    pub fn new(entries: u64, bytes: u64) -> Self {
        Self {
            entries: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            most_entries: entries,
            most_bytes: bytes,
        }
    }

    /// Takes room for files and folders.
    pub fn take_entries(&self, count: u64) -> Result<(), Full> {
        let before = self.entries.fetch_add(count, Ordering::Relaxed);
        if before.saturating_add(count) <= self.most_entries {
            return Ok(());
        }
        Err(Full {
            what: "the number of files and folders",
            limit: self.most_entries.to_string(),
        })
    }

    /// Takes room for bytes.
    pub fn take_bytes(&self, count: u64) -> Result<(), Full> {
        const MIB: u64 = 1 << 20;
        let before = self.bytes.fetch_add(count, Ordering::Relaxed);
        if before.saturating_add(count) <= self.most_bytes {
            return Ok(());
        }
        Err(Full {
            what: "the size of the files",
            limit: format!("{} MiB", self.most_bytes / MIB),
        })
    }
}

impl Default for Room {
    /// More than a definition ever needs, less than fills a disk.
    fn default() -> Self {
        Self::new(500_000, 4 << 30)
    }
}

/// There is no room left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is beyond the limit of {limit}")]
pub struct Full {
    /// What there is too much of.
    pub what: &'static str,
    /// The limit.
    pub limit: String,
}

impl From<Full> for Fault {
    fn from(full: Full) -> Self {
        Self::TooBig {
            what: full.what,
            limit: full.limit,
        }
    }
}

/// What was written.
#[derive(Debug, Default)]
pub struct Unfolded {
    /// Files and links.
    pub files: u64,
    /// What was not written, or not as its author meant it.
    pub left_out: Vec<LeftOut>,
}

/// An entry that was not written as it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path, as far as it can be shown.
    pub path: String,
    /// Why.
    pub reason: &'static str,
}

/// A tree on its way to disk.
struct Writing<'a> {
    objects: &'a Objects<'a>,
    root: &'a Path,
    room: &'a Room,
    /// Links come last, so that nothing is written through one.
    links: Vec<(RelPath, ObjectId)>,
    done: Unfolded,
}

/// Writes the files of a tree into `folder`, which must be there and empty.
pub(super) fn write(
    objects: &Objects<'_>,
    tree: ObjectId,
    folder: &Path,
    room: &Room,
) -> Result<Unfolded, Fault> {
    // Before the first is written: a small repository can hold one tree in many
    // places, in each of which there are many more.
    room.take_entries(count(objects, tree, 0, &mut HashMap::new())?)?;
    let mut writing = Writing {
        objects,
        root: folder,
        room,
        links: Vec::new(),
        done: Unfolded::default(),
    };
    writing.tree(tree, None, 0)?;
    for (path, id) in std::mem::take(&mut writing.links) {
        writing.link(&path, id)?;
    }
    Ok(writing.done)
}

/// The entries of a tree and of all trees below it. Each tree is read once.
fn count(
    objects: &Objects<'_>,
    id: ObjectId,
    depth: usize,
    known: &mut HashMap<ObjectId, u64>,
) -> Result<u64, Fault> {
    if let Some(&count) = known.get(&id) {
        return Ok(count);
    }
    if depth > DEEPEST {
        return Err(too_deep());
    }
    let bytes = objects.need(&id, ObjectType::Tree)?;
    let mut total: u64 = 0;
    for entry in tree::parse(&bytes)? {
        let below = match entry.kind() {
            None => count(objects, entry.id, depth + 1, known)?,
            Some(_) => 0,
        };
        total = total.saturating_add(below).saturating_add(1);
    }
    known.insert(id, total);
    Ok(total)
}

impl Writing<'_> {
    fn tree(&mut self, id: ObjectId, above: Option<&RelPath>, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(too_deep());
        }
        let bytes = self.objects.need(&id, ObjectType::Tree)?;
        for entry in tree::parse(&bytes)? {
            let Some(name) = safe_name(&entry) else {
                let name = String::from_utf8_lossy(&entry.name);
                let path =
                    above.map_or_else(|| name.to_string(), |above| format!("{above}/{name}"));
                self.leave_out(path, "its name is not safe on every system");
                continue;
            };
            let path = above.map_or_else(|| name.clone(), |above| above.join(&name));
            self.entry(&entry, path, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, path: RelPath, depth: usize) -> Result<(), Fault> {
        match entry.kind() {
            None => {
                // Fails where something of that name is there already, be it
                // in other letters on a disk that does not tell them apart.
                std::fs::create_dir(path.on_disk(self.root)).map_err(|error| io(&path, &error))?;
                self.tree(entry.id, Some(&path), depth + 1)
            }
            Some(EntryMode::Submodule) => {
                self.leave_out(path.to_string(), "it is a submodule");
                Ok(())
            }
            Some(EntryMode::Symlink) => {
                self.links.push((path, entry.id));
                Ok(())
            }
            Some(mode) => self.file(&path, entry.id, mode == EntryMode::Executable),
        }
    }

    fn file(&mut self, path: &RelPath, id: ObjectId, executable: bool) -> Result<(), Fault> {
        let content = self.content(id)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(if executable { 0o777 } else { 0o666 });
        }
        #[cfg(not(unix))]
        let _ = executable;
        let written = options
            .open(path.on_disk(self.root))
            .and_then(|mut file| file.write_all(&content));
        written.map_err(|error| io(path, &error))?;
        if content.starts_with(LFS) {
            self.leave_out(path.to_string(), "its content is kept by git-lfs");
        }
        self.done.files += 1;
        Ok(())
    }

    fn link(&mut self, path: &RelPath, id: ObjectId) -> Result<(), Fault> {
        let content = self.content(id)?;
        let target = std::str::from_utf8(&content).ok();
        let Some(target) = target.filter(|target| stays_inside(path, target)) else {
            self.leave_out(
                path.to_string(),
                "it is a symbolic link that may lead out of the repository",
            );
            return Ok(());
        };
        #[cfg(unix)]
        {
            let made = std::os::unix::fs::symlink(target, path.on_disk(self.root));
            made.map_err(|error| io(path, &error))?;
            self.done.files += 1;
        }
        #[cfg(not(unix))]
        {
            let _ = target;
            self.leave_out(path.to_string(), "it is a symbolic link");
        }
        Ok(())
    }

    fn content(&mut self, id: ObjectId) -> Result<bytes::Bytes, Fault> {
        let content = self.objects.read_up_to(&id, ObjectType::Blob, LARGEST)?;
        let missing = || {
            Fault::protocol(
                "reading the objects",
                format!("the server did not send object {id}"),
            )
        };
        let content = content.ok_or_else(missing)?;
        self.room.take_bytes(content.len() as u64)?;
        Ok(content)
    }

    fn leave_out(&mut self, path: String, reason: &'static str) {
        self.done.left_out.push(LeftOut { path, reason });
    }
}

/// The name of an entry, when it is one that can leave no folder.
fn safe_name(entry: &Entry) -> Option<RelPath> {
    let name = std::str::from_utf8(&entry.name).ok()?;
    let path = RelPath::parse(name).ok()?;
    (path.segments().count() == 1).then_some(path)
}

/// Whether a link leads to a place in the folder, whatever else is in it.
///
/// Upwards it may go only at its start, where everything above it is an
/// ordinary folder. What follows goes down, possibly through other links, each
/// of which stays inside as well.
fn stays_inside(link: &RelPath, target: &str) -> bool {
    let mut above = link.ancestors().count();
    let mut rest = target.strip_suffix('/').unwrap_or(target);
    if rest.is_empty() {
        return false;
    }
    loop {
        let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
        match first {
            "" => return rest.is_empty(),
            "." => {}
            ".." if above > 0 => above -= 1,
            _ => return RelPath::parse(rest).is_ok(),
        }
        rest = after;
    }
}

fn io(path: &RelPath, error: &std::io::Error) -> Fault {
    Fault::Machine {
        doing: WRITING,
        reason: format!("{path}: {error}"),
    }
}

fn too_deep() -> Fault {
    Fault::TooBig {
        what: "the nesting of folders",
        limit: format!("{DEEPEST} levels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("a", "b", true)]
    #[case("a/b", "../c", true)]
    #[case("a/b", "..", true)]
    #[case("a/b", "c/d", true)]
    #[case("a", ".", true)]
    #[case("a", "..", false)]
    #[case("a/b", "../../c", false)]
    #[case("a", "/etc/passwd", false)]
    #[case("a", "b/../c", false)]
    #[case("a", "./b/", true)]
    #[case("a", "./../b", false)]
    #[case("a", "/", false)]
    #[case("a/b", "..//etc", false)]
    #[case("a", "", false)]
    #[case("a", "b/.git/config", false)]
    #[case("a", "b\\..\\c", false)]
    fn links_stay_in_the_folder(#[case] link: &str, #[case] target: &str, #[case] fine: bool) {
        assert_eq!(stays_inside(&RelPath::parse(link).unwrap(), target), fine);
    }
}
