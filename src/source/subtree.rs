//! A folder with everything below it: listed, and as one id.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Answer, Error, Kind, SourceTree};
use crate::parallel;

/// How many files a thread takes at a time.
const BLOCK: usize = 8;

/// One file below a folder.
#[derive(Debug, Clone)]
pub struct Below {
    /// Its place below the folder, `/` between names.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
}

impl SourceTree {
    /// Every file below a folder, links followed, in a fixed order. Git's own
    /// folder is passed over. A link that leads out is an error, and so is a
    /// link back to a folder that it lies in.
    pub fn below(&self, folder: &Path) -> Result<Vec<Below>, Error> {
        let mut files = Vec::new();
        let real = self.resolve(folder)?;
        let mut above: Vec<_> = real.into_iter().collect();
        self.add_below(folder, "", &mut above, &mut files)?;
        Ok(files)
    }

    /// `above` are the real paths of the folders that the walk is in.
    fn add_below(
        &self,
        folder: &Path,
        prefix: &str,
        above: &mut Vec<PathBuf>,
        files: &mut Vec<Below>,
    ) -> Result<(), Error> {
        let limit = self.budget.limits.depth;
        if above.len() > limit {
            return Err(Error::TooDeep {
                path: self.show(folder),
                limit,
            });
        }
        for entry in self.entries(folder)?.unwrap_or_default() {
            if entry.name == ".git" {
                continue;
            }
            let path = folder.join(&entry.name);
            let name = format!("{prefix}{}", entry.name.to_string_lossy());
            let (kind, real) = match entry.kind {
                Kind::Link => match self.kind(&path)? {
                    Some(kind) => (kind, self.resolve(&path)?),
                    // A link to nowhere is as good as nothing.
                    None => continue,
                },
                kind => (kind, above.last().map(|folder| folder.join(&entry.name))),
            };
            match real {
                Some(real) if kind == Kind::Folder => {
                    if above.contains(&real) {
                        return Err(Error::Loop(self.show(&path)));
                    }
                    above.push(real);
                    self.add_below(&path, &format!("{name}/"), above, files)?;
                    above.pop();
                }
                _ => files.push(Below { name, path }),
            }
        }
        Ok(())
    }

    /// One id for all names and contents below a folder, which is then given
    /// to another program as a whole; absent when a file is too large to be
    /// read.
    pub fn subtree(&self, folder: &Path) -> Result<Option<[u8; 32]>, Error> {
        let files = self.below(folder)?;
        let read = parallel::map(&files, BLOCK, |file| match self.bytes(&file.path) {
            Ok(content) => Ok(content.map(Sha256::digest)),
            Err(Error::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        });
        let mut whole = Sha256::new();
        let mut complete = true;
        for (file, digest) in files.iter().zip(read) {
            whole.update((file.name.len() as u64).to_be_bytes());
            whole.update(file.name.as_bytes());
            match digest? {
                Some(digest) => whole.update(digest),
                None => complete = false,
            }
        }
        if !complete {
            return Ok(None);
        }
        let id: [u8; 32] = whole.finalize().into();
        if let Some(spot) = self.locate(folder)? {
            self.note(spot.root, &spot.below, || Answer::Subtree(id));
        }
        Ok(Some(id))
    }
}
