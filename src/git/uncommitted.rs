//! Whether what a render used is what its commit has.
//!
//! Owns the rule: every file that went into the render is the file of the commit that
//! is checked out. Git's index answers for the files that it follows, which are not read
//! again; those that it was told not to look at are compared, those that it does not know
//! are in no commit, and those of a submodule are held against the submodule's commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, Repository, Status, StatusOptions, Tree};

use super::blob_here::is_blob_here;
use super::intake::object_id;
use super::source::Source;

/// The bit that `git update-index --assume-unchanged` sets
/// (<https://git-scm.com/docs/index-format>).
const ASSUME_UNCHANGED: u16 = 0x8000;

/// What generators find by listing a folder, by how its name ends.
const LISTED: [&str; 4] = [".yaml", ".yml", ".json", ".tpl"];

/// What a render used; whole, real paths.
pub struct Uses<'a> {
    /// Files and links.
    pub files: &'a [PathBuf],
    /// What was asked for and not found.
    pub missed: &'a [PathBuf],
    /// Folders whose entries were listed.
    pub listed: &'a BTreeSet<PathBuf>,
    /// Whether a file that is in no commit was put there as a file of the commit demands.
    pub is_locked: &'a dyn Fn(&Path) -> bool,
}

impl Source {
    /// Paths that are not as the commit that is checked out has them, among
    /// `below` (from the top of the checkout) and what was used. Where `except` lies, a
    /// manifest repository on this machine, is not looked at.
    pub fn uncommitted(
        &self,
        below: &[String],
        uses: &Uses<'_>,
        except: Option<&Path>,
    ) -> Vec<String> {
        let Some(top) = self.folder() else {
            return Vec::new();
        };
        let except = except.and_then(|path| {
            let below = path.canonicalize().ok()?;
            let below = below.strip_prefix(&top).ok()?;
            Some(below.to_path_buf())
        });
        let is_except = |path: &Path| {
            let mut except = except.iter();
            except.any(|except| except.starts_with(path) || path.starts_with(except))
        };
        let mut found = self.within(below, uses);
        found.retain(|path| !is_except(Path::new(path)));
        found.extend(of_other_checkouts(&top, uses));
        found.into_iter().collect()
    }

    /// The paths of this checkout.
    fn within(&self, below: &[String], uses: &Uses<'_>) -> BTreeSet<String> {
        let Some(look) = Look::at(self) else {
            return BTreeSet::new();
        };
        let inside: Vec<_> = uses
            .files
            .iter()
            .filter_map(|path| path.strip_prefix(&look.top).ok())
            .collect();
        let is_below = |path: &Path| {
            let mut below = below.iter();
            below.any(|top| top == "." || path.starts_with(top))
        };
        let mut paths = below.to_vec();
        let beside = inside.iter().filter(|path| !is_below(path));
        paths.extend(beside.map(|path| slashed(path)));
        let reported = look.reported(&paths);
        let is_known = reported.is_some();
        let mut found = reported.unwrap_or_default();
        let mut modules = BTreeSet::new();
        for path in inside {
            if is_in(&found, path) {
                continue;
            }
            match look.standing(path, is_known) {
                Standing::Followed => {}
                Standing::Unlooked
                    if is_blob_here(&self.repository, &look.tree, &look.top, path) => {}
                Standing::Unlooked => {
                    found.insert(slashed(path));
                }
                Standing::Unknown => match look.module_of(path) {
                    Some(module) => {
                        modules.insert(module);
                    }
                    None if (uses.is_locked)(&look.top.join(path)) => {}
                    None => {
                        found.insert(slashed(path));
                    }
                },
            }
        }
        found.extend(look.missing(uses));
        found.extend(look.unnoticed(&is_below, uses));
        for module in &modules {
            found.extend(look.in_module(module, below, uses));
        }
        found
    }
}

/// How a file stands to the index.
enum Standing {
    /// Git compares it.
    Followed,
    /// In the commit, and git was told not to look at it, or cannot.
    Unlooked,
    /// In no commit of this repository.
    Unknown,
}

struct Look<'s> {
    source: &'s Source,
    top: PathBuf,
    tree: Tree<'s>,
    /// Absent where it has a form that only newer programs read.
    index: Option<Index>,
    is_sparse: bool,
}

impl<'s> Look<'s> {
    fn at(source: &'s Source) -> Option<Self> {
        let repository = &source.repository;
        let sparse = |config: Result<git2::Config, git2::Error>| {
            config.is_ok_and(|config| config.get_bool("core.sparseCheckout").unwrap_or(false))
        };
        // `git sparse-checkout` writes to the work tree's own file.
        let own = git2::Config::open(&repository.path().join("config.worktree"));
        Some(Self {
            top: source.folder()?,
            tree: repository.head().ok()?.peel_to_tree().ok()?,
            index: repository.index().ok(),
            is_sparse: sparse(repository.config()) || sparse(own),
            source,
        })
    }

    /// What git itself says of these paths; `None` where it cannot say.
    fn reported(&self, paths: &[String]) -> Option<BTreeSet<String>> {
        if paths.is_empty() {
            return Some(BTreeSet::new());
        }
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .include_ignored(false)
            .exclude_submodules(true)
            .disable_pathspec_match(true);
        if !paths.iter().any(|path| path == ".") {
            for path in paths {
                options.pathspec(path);
            }
        }
        let repository = &self.source.repository;
        let found = repository.statuses(Some(&mut options)).ok()?;
        let named = found.iter().filter_map(|entry| {
            let path = String::from_utf8_lossy(entry.path_bytes()).into_owned();
            // What filters of other programs make of a file only they can compare.
            let is_same = entry.status() == Status::WT_MODIFIED
                && is_blob_here(repository, &self.tree, &self.top, Path::new(&path));
            // Whether an absent file matters is decided elsewhere.
            let is_left_out = entry.status() == Status::WT_DELETED && self.may_be_absent(&path);
            (!is_same && !is_left_out).then_some(path)
        });
        Some(named.collect())
    }

    fn standing(&self, path: &Path, is_known: bool) -> Standing {
        if let Some(index) = self.index.as_ref().filter(|_| is_known) {
            return match index.get_path(path, 0) {
                Some(entry) if is_unlooked(&entry) => Standing::Unlooked,
                Some(_) => Standing::Followed,
                None => Standing::Unknown,
            };
        }
        match self.tree.get_path(path) {
            Ok(_) => Standing::Unlooked,
            Err(_) => Standing::Unknown,
        }
    }

    /// The submodule that a path is in.
    fn module_of(&self, path: &Path) -> Option<PathBuf> {
        let above = path.ancestors().skip(1);
        let mut above = above.filter(|above| !above.as_os_str().is_empty());
        let is_module = |above: &&Path| {
            let entry = self.tree.get_path(above);
            entry.is_ok_and(|entry| entry.kind() == Some(git2::ObjectType::Commit))
        };
        above.find(is_module).map(Path::to_path_buf)
    }

    /// What the commit has of what was asked for in vain.
    fn missing(&self, uses: &Uses<'_>) -> Vec<String> {
        let missed = uses.missed.iter();
        missed
            .filter_map(|path| path.strip_prefix(&self.top).ok())
            .filter(|path| self.tree.get_path(path).is_ok() && !self.is_there(path))
            .map(slashed)
            .collect()
    }

    /// Files that git was told not to look at, and that are not as committed. In a
    /// sparse checkout files may be absent, unless the render would have found them.
    fn unnoticed(&self, is_below: &dyn Fn(&Path) -> bool, uses: &Uses<'_>) -> Vec<String> {
        let entries = self.index.iter().flat_map(Index::iter);
        let unlooked = entries.filter(is_unlooked);
        let changed = unlooked.filter_map(|entry| {
            let name = String::from_utf8_lossy(&entry.path).into_owned();
            let path = Path::new(&name);
            if !is_below(path) {
                return None;
            }
            let is_changed = if self.is_there(path) {
                !is_blob_here(&self.source.repository, &self.tree, &self.top, path)
            } else if self.is_sparse && is_skipped(&entry) {
                let folder = self.top.join(path.parent()?);
                uses.listed.contains(&folder) && LISTED.iter().any(|end| name.ends_with(end))
            } else {
                true
            };
            is_changed.then_some(name)
        });
        changed.collect()
    }

    /// Whether a sparse checkout leaves the file out.
    fn may_be_absent(&self, path: &str) -> bool {
        let entry = || self.index.as_ref()?.get_path(Path::new(path), 0);
        self.is_sparse && entry().is_some_and(|entry| is_skipped(&entry))
    }

    fn is_there(&self, path: &Path) -> bool {
        self.top.join(path).symlink_metadata().is_ok()
    }

    /// Paths of a submodule, or itself when it is not the commit that ours names.
    fn in_module(&self, module: &Path, below: &[String], uses: &Uses<'_>) -> Vec<String> {
        let name = slashed(module);
        let named = self.tree.get_path(module).map(|entry| entry.id()).ok();
        let opened = Repository::open(self.top.join(module));
        let Ok(inner) = opened.map(|repository| Source { repository }) else {
            return vec![name];
        };
        if inner.head() != named.map(object_id) {
            return vec![name];
        }
        let mut inner_below = Vec::new();
        for path in below {
            if path == "." || module.starts_with(path) {
                inner_below.push(".".to_owned());
            } else if let Ok(rest) = Path::new(path).strip_prefix(module) {
                inner_below.push(slashed(rest));
            }
        }
        let found = inner.within(&inner_below, uses).into_iter();
        found.map(|path| format!("{name}/{path}")).collect()
    }
}

/// Files of other checkouts that are not as the commit there has them. What is in no
/// commit there is no more part of the source than what is in no checkout.
fn of_other_checkouts(top: &Path, uses: &Uses<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut known: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
    let outside = uses.files.iter().filter(|path| !path.starts_with(top));
    for file in outside {
        if let Some((_, files)) = known.iter_mut().find(|(top, _)| file.starts_with(top)) {
            files.push(file.clone());
            continue;
        }
        let folder = file.parent().unwrap_or(file);
        let other = Source::discover(folder).ok().flatten();
        if let Some(other) = other.and_then(|other| other.folder())
            && !top.starts_with(&other)
        {
            known.push((other, vec![file.clone()]));
        }
    }
    for (other, files) in known {
        let Some(source) = Source::discover(&other).ok().flatten() else {
            continue;
        };
        let uses = Uses {
            files: &files,
            missed: &[],
            listed: &BTreeSet::new(),
            is_locked: &|_| true,
        };
        let Some(look) = Look::at(&source) else {
            continue;
        };
        let changed = source.within(&[], &uses).into_iter();
        let committed = changed.filter(|path| look.tree.get_path(Path::new(path)).is_ok());
        found.extend(committed.map(|path| {
            let whole = other.join(&path);
            let beside = top
                .parent()
                .and_then(|above| whole.strip_prefix(above).ok());
            beside.map_or_else(
                || whole.display().to_string(),
                |beside| format!("../{}", slashed(beside)),
            )
        }));
    }
    found
}

/// Whether a path is among these, or in a folder that is.
fn is_in(found: &BTreeSet<String>, path: &Path) -> bool {
    let mut above = path.ancestors().skip(1);
    found.contains(&slashed(path)) || above.any(|above| found.contains(&(slashed(above) + "/")))
}

fn is_unlooked(entry: &IndexEntry) -> bool {
    entry.flags & ASSUME_UNCHANGED != 0 || is_skipped(entry)
}

fn is_skipped(entry: &IndexEntry) -> bool {
    let skipped = git2::IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
    entry.flags_extended & skipped != 0
}

/// A path as git writes it.
fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}
