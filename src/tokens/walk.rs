//! The files below a folder that a line of sources means.
//!
//! Owns walking: sorted, without `.git`, without following a symbolic link
//! into a folder that is being walked already. Reads folders, no files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::text::glob::{Glob, GlobOptions};

use super::entry::{Entry, clean};
use super::error::Error;
use super::options::Compatibility;

/// How files are found.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    /// Whose rules.
    pub level: Compatibility,
    /// Letters match without regard to case.
    pub case_insensitive: bool,
    /// Wildcards match names that begin with a dot.
    pub dot: bool,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it really is, symbolic links followed.
    pub path: PathBuf,
    /// As seen from the root, `/` between segments.
    pub shown: String,
}

impl Finding {
    fn globs(self, dot: bool) -> GlobOptions {
        GlobOptions {
            // The old engine minded case everywhere but on Windows, saw names
            // with a dot, and knew no braces.
            case_insensitive: if self.level.is_old() {
                cfg!(windows)
            } else {
                self.case_insensitive
            },
            dot: dot || self.dot || self.level.is_old(),
            braces: false,
        }
    }

    fn alternatives(self, pattern: &str) -> Result<Vec<String>, Error> {
        if self.level.is_old() {
            Ok(vec![pattern.to_owned()])
        } else {
            Ok(Glob::alternatives(pattern)?)
        }
    }

    /// The files of one line, each once, in order of pattern and name.
    /// `also` are files that will exist: they are matched as well.
    pub fn files(self, entry: &Entry, root: &Path, also: &[PathBuf]) -> Result<Vec<Found>, Error> {
        let mut exclude = Vec::new();
        for pattern in &entry.exclude {
            for text in self.alternatives(pattern)? {
                exclude.push(Glob::parse(&text, self.globs(true))?);
            }
        }
        let mut walk = Walk {
            finding: self,
            root,
            exclude,
            seen: HashSet::new(),
            found: Vec::new(),
        };
        for pattern in &entry.include {
            for text in self.alternatives(pattern)? {
                walk.pattern(&text, also)?;
            }
        }
        Ok(walk.found)
    }

    /// Whether a path below the root is meant by a line.
    pub fn matches(self, entry: &Entry, path: &str) -> Result<bool, Error> {
        let any = |patterns: &[String], dot: bool| -> Result<bool, Error> {
            for pattern in patterns {
                for text in self.alternatives(pattern)? {
                    if Glob::parse(&text, self.globs(dot))?.matches(path) {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        };
        Ok(any(&entry.include, false)? && !any(&entry.exclude, true)?)
    }
}

/// One walk for all patterns of a line.
struct Walk<'r> {
    finding: Finding,
    root: &'r Path,
    exclude: Vec<Glob>,
    seen: HashSet<PathBuf>,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn pattern(&mut self, pattern: &str, also: &[PathBuf]) -> Result<(), Error> {
        let glob = Glob::parse(pattern, self.finding.globs(false))?;
        let segments: Vec<&str> = pattern.split('/').collect();
        let magic = |segment: &&str| segment.contains(['*', '?', '[', '(', '\\']);
        let fixed = segments
            .iter()
            .position(magic)
            .unwrap_or(segments.len() - 1);
        let mut base = segments[..fixed].join("/");
        if fixed > 0 {
            base.push('/');
        }
        let base = base.strip_prefix("./").unwrap_or(&base).to_owned();
        let whole = pattern.strip_prefix("./").unwrap_or(pattern);
        let exact = self.root.join(whole);
        if fixed == segments.len() - 1 && !magic(&segments[fixed]) && exact.is_file() {
            self.take(&exact, whole, exact.is_symlink());
        } else {
            self.folder(&glob, &base)?;
        }
        for path in also {
            if let Ok(inside) = path.strip_prefix(clean(self.root)) {
                let shown = inside.to_string_lossy().replace('\\', "/");
                if glob.matches(&shown) {
                    self.take(path, &shown, false);
                }
            }
        }
        Ok(())
    }

    /// Everything below one folder, without recursion.
    fn folder(&mut self, glob: &Glob, base: &str) -> Result<(), Error> {
        // Each open folder knows the real folders that it lies in.
        let start = self.root.join(base);
        let Ok(real) = start.canonicalize() else {
            return Ok(());
        };
        let mut linked = HashSet::new();
        let mut open = vec![(start, base.to_owned(), real, false)];
        while let Some((folder, shown, real, through_link)) = open.pop() {
            let mut entries = match fs::read_dir(&folder) {
                Ok(entries) => entries
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(Error::io("listing the folder", &folder))?,
                // A folder that is not there has no files.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => continue,
                Err(error) => return Err(Error::io("listing the folder", &folder)(error)),
            };
            entries.sort_by_key(fs::DirEntry::file_name);
            let mut below = Vec::new();
            for entry in entries {
                let name = entry.file_name();
                if self.finding.level.is_own() && name == ".git" {
                    continue;
                }
                let path = entry.path();
                let here = format!("{shown}{}", name.to_string_lossy());
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                let link = kind.is_symlink();
                let (is_dir, is_file) = if link {
                    // A link to nowhere is neither.
                    fs::metadata(&path).map_or((false, false), |m| (m.is_dir(), m.is_file()))
                } else {
                    (kind.is_dir(), kind.is_file())
                };
                if is_dir && self.may_hold(glob, &here) {
                    let target = if link {
                        let Ok(target) = path.canonicalize() else {
                            continue;
                        };
                        // Into itself, or a second time: the files are known.
                        if real.starts_with(&target) || !linked.insert(target.clone()) {
                            continue;
                        }
                        target
                    } else {
                        real.join(&name)
                    };
                    below.push((path, format!("{here}/"), target, link || through_link));
                } else if is_file && glob.matches(here.trim_start_matches('/')) {
                    self.take(&path, &here, link || through_link);
                }
            }
            below.reverse();
            open.extend(below);
        }
        Ok(())
    }

    fn may_hold(&self, glob: &Glob, folder: &str) -> bool {
        let folder = folder.trim_start_matches('/');
        glob.could_match_below(folder) && !self.exclude.iter().any(|glob| glob.covers(folder))
    }

    fn take(&mut self, path: &Path, shown: &str, resolve: bool) {
        let plain = shown.trim_start_matches('/');
        if self.exclude.iter().any(|glob| glob.matches(plain)) {
            return;
        }
        // A linked file is written where it really is; the link stays.
        let real = if resolve {
            path.canonicalize().ok()
        } else {
            None
        };
        let path = real.unwrap_or_else(|| clean(path));
        if self.seen.insert(path.clone()) {
            self.found.push(Found {
                path,
                shown: shown.to_owned(),
            });
        }
    }
}
