//! The files with variables of an environment, found by patterns that a file
//! of the source may have named.
//!
//! Owns the walk that the patterns ask for. It sees what the source's reader
//! shows, and nothing else.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::source::{self, Kind, SourceTree};
use crate::text::glob::{Glob, GlobError, GlobOptions};

use super::entry::Entry;
use super::error::Error;
use super::options::Compatibility;

/// One file with variables.
#[derive(Debug)]
pub struct VariableFile {
    /// Where it really is.
    pub path: PathBuf,
    /// How messages call it: as the pattern names it.
    pub shown: String,
}

/// How patterns match: names with a dot at the front as well.
const GLOBS: GlobOptions = GlobOptions {
    case_insensitive: false,
    dot: true,
    braces: false,
};

/// What makes a part of a pattern more than a name.
fn is_magic(segment: &str) -> bool {
    segment.contains(['*', '?', '[', '(', '\\'])
}

/// The files that the patterns mean, seen from `root`, each once and in their
/// order. A file that is named in full has to be there.
pub fn variable_files(
    tree: &SourceTree,
    root: &Path,
    patterns: &[String],
) -> Result<Vec<VariableFile>, Error> {
    let mut all = Vec::new();
    for line in patterns {
        let entry = Entry::parse(line, Compatibility::Own)?;
        let mut walk = Walk {
            tree,
            root,
            exclude: globs(&entry.exclude)?,
            seen: HashSet::new(),
            found: Vec::new(),
        };
        for pattern in &entry.include {
            let before = walk.found.len();
            for text in Glob::alternatives(pattern)? {
                walk.pattern(&text)?;
            }
            let named = !is_magic(pattern) && !pattern.contains('{');
            if named && walk.found.len() == before && !walk.is_known(pattern)? {
                return Err(Error::NoVariableFile {
                    pattern: pattern.clone(),
                    root: root.to_path_buf(),
                });
            }
        }
        all.extend(walk.found);
    }
    Ok(all)
}

fn globs(patterns: &[String]) -> Result<Vec<Glob>, GlobError> {
    let mut globs = Vec::new();
    for pattern in patterns {
        for text in Glob::alternatives(pattern)? {
            globs.push(Glob::parse(&text, GLOBS)?);
        }
    }
    Ok(globs)
}

struct Walk<'w> {
    tree: &'w SourceTree,
    root: &'w Path,
    exclude: Vec<Glob>,
    seen: HashSet<PathBuf>,
    found: Vec<VariableFile>,
}

impl Walk<'_> {
    fn pattern(&mut self, pattern: &str) -> Result<(), Error> {
        let glob = Glob::parse(pattern, GLOBS)?;
        let segments: Vec<&str> = pattern.split('/').collect();
        let fixed = segments.iter().position(|segment| is_magic(segment));
        let Some(fixed) = fixed else {
            let path = self.root.join(pattern);
            return if self.tree.is_file(&path)? {
                self.take(&path, pattern.strip_prefix("./").unwrap_or(pattern))
            } else {
                Ok(())
            };
        };
        let mut base = segments[..fixed].join("/");
        if fixed > 0 {
            base.push('/');
        }
        let base = base.strip_prefix("./").unwrap_or(&base);
        let start = self.root.join(base);
        let mut above: Vec<_> = self.tree.resolve(&start)?.into_iter().collect();
        self.folder(&glob, &start, base, &mut above)
    }

    /// `above` are the real paths of the folders that the walk is in.
    fn folder(
        &mut self,
        glob: &Glob,
        folder: &Path,
        shown: &str,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), Error> {
        if above.len() > DEPTH {
            let path = self.tree.show(folder);
            return Err(source::Error::TooDeep { path, limit: DEPTH }.into());
        }
        for entry in self.tree.entries(folder)?.unwrap_or_default() {
            let Some(name) = entry.name.to_str().filter(|name| *name != ".git") else {
                continue;
            };
            let (path, here) = (folder.join(name), format!("{shown}{name}"));
            let plain = here.trim_start_matches('/');
            let matches = glob.matches(plain);
            let kind = match entry.kind {
                Kind::Link => match self.tree.kind(&path) {
                    // Whether it is meant is all that is known of what lies outside.
                    Err(source::Error::Outside { .. } | source::Error::Git(_)) if !matches => {
                        continue;
                    }
                    kind => kind?,
                },
                kind => Some(kind),
            };
            match kind {
                Some(Kind::Folder) if self.may_hold(glob, plain) => {
                    let Some(real) = self.tree.resolve(&path)? else {
                        continue;
                    };
                    if !above.contains(&real) {
                        above.push(real);
                        self.folder(glob, &path, &format!("{here}/"), above)?;
                        above.pop();
                    }
                }
                Some(Kind::File) if matches => self.take(&path, &here)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn may_hold(&self, glob: &Glob, folder: &str) -> bool {
        glob.could_match_below(folder) && !self.exclude.iter().any(|glob| glob.covers(folder))
    }

    fn is_known(&self, pattern: &str) -> Result<bool, Error> {
        let real = self.tree.resolve(&self.root.join(pattern))?;
        Ok(real.is_some_and(|real| self.seen.contains(&real))
            || self
                .exclude
                .iter()
                .any(|glob| glob.matches(pattern.trim_start_matches("./"))))
    }

    fn take(&mut self, path: &Path, shown: &str) -> Result<(), Error> {
        let plain = shown.trim_start_matches('/');
        if self.exclude.iter().any(|glob| glob.matches(plain)) {
            return Ok(());
        }
        let Some(real) = self.tree.resolve(path)? else {
            return Ok(());
        };
        if self.seen.insert(real.clone()) {
            self.found.push(VariableFile {
                path: real,
                shown: shown.to_owned(),
            });
        }
        Ok(())
    }
}

/// How deep folders may nest.
const DEPTH: usize = 64;
