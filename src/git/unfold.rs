//! Writing the files of a commit to disk.
//!
//! Whoever made the repository is not trusted: names become [`RelPath`]s,
//! nothing is written through a symbolic link or over another file, links may
//! not lead out of the folder, and everything is bounded. What cannot be
//! written safely is left out and told.

use std::io::Write as _;
use std::path::Path;

use git2::ObjectType;

use super::error::Fault;
use super::intake::Objects;
use super::tree::{self, Entry};
use crate::model::{EntryMode, ObjectId, RelPath};

const WRITING: &str = "writing the files";
/// Files and folders, at most.
const MOST_ENTRIES: u64 = 500_000;
/// Folders below each other, at most.
const DEEPEST: usize = 100;
/// Bytes in all, at most.
const MOST_BYTES: u64 = 4 << 30;
/// Bytes of one file, at most.
const LARGEST: u64 = 256 << 20;
/// How a file begins whose content is kept elsewhere by git-lfs.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

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
    entries: u64,
    bytes: u64,
    /// Links come last, so that nothing is written through one.
    links: Vec<(RelPath, ObjectId)>,
    done: Unfolded,
}

/// Writes the files of a tree into `folder`, which must be there and empty.
pub(super) fn write(
    objects: &Objects<'_>,
    tree: ObjectId,
    folder: &Path,
) -> Result<Unfolded, Fault> {
    let mut writing = Writing {
        objects,
        root: folder,
        entries: 0,
        bytes: 0,
        links: Vec::new(),
        done: Unfolded::default(),
    };
    writing.tree(tree, None, 0)?;
    for (path, id) in std::mem::take(&mut writing.links) {
        writing.link(&path, id)?;
    }
    Ok(writing.done)
}

impl Writing<'_> {
    fn tree(&mut self, id: ObjectId, above: Option<&RelPath>, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(too_big(
                "the nesting of folders",
                &format!("{DEEPEST} levels"),
            ));
        }
        let bytes = self.objects.need(&id, ObjectType::Tree)?;
        for entry in tree::parse(&bytes)? {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                let limit = format!("{MOST_ENTRIES} entries");
                return Err(too_big("the number of files", &limit));
            }
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
        self.bytes += content.len() as u64;
        if self.bytes > MOST_BYTES {
            return Err(too_big(
                "the repository",
                &format!("{} GiB", MOST_BYTES >> 30),
            ));
        }
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

fn too_big(what: &'static str, limit: &str) -> Fault {
    Fault::TooBig {
        what,
        limit: limit.to_owned(),
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
