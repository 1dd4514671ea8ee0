//! Which names of entries are taken.

use std::collections::HashMap;

use super::Error;
use crate::model::RelPath;

/// The names that an archive has used so far.
pub(super) struct Names {
    limit: usize,
    entries: usize,
    /// By the name in lower case: the name itself, and whether it is a folder.
    seen: HashMap<String, (String, bool)>,
}

impl Names {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: 0,
            seen: HashMap::new(),
        }
    }

    /// Checks the next entry. `None` is the archive's own folder, `./`.
    pub(super) fn take(&mut self, raw: &[u8], folder: bool) -> Result<Option<RelPath>, Error> {
        self.entries += 1;
        if self.entries > self.limit {
            return Err(Error::TooMany(self.limit));
        }
        let refused = |reason| Error::Name {
            name: shown(raw),
            reason,
        };
        let name = std::str::from_utf8(raw).map_err(|_| refused("it is not UTF-8"))?;
        let mut inner = name;
        while let Some(rest) = inner.strip_prefix("./") {
            inner = rest;
        }
        if folder {
            inner = inner.strip_suffix('/').unwrap_or(inner);
            if inner.is_empty() || inner == "." {
                return Ok(None);
            }
        }
        let path = RelPath::parse(inner).map_err(|error| refused(error.reason))?;
        if let Some(reason) = path.segments().find_map(windows_fault) {
            return Err(refused(reason));
        }
        for above in path.ancestors() {
            self.note(above, name, true, true)?;
        }
        self.note(path.as_str(), name, folder, folder)?;
        Ok(Some(path))
    }

    /// Remembers a name. A folder may come again, spelt the same.
    fn note(&mut self, path: &str, name: &str, folder: bool, again: bool) -> Result<(), Error> {
        let new = (path.to_owned(), folder);
        match self.seen.get(&path.to_lowercase()) {
            Some(old) if *old == new && again => Ok(()),
            Some((other, _)) => Err(Error::Clash {
                name: name.to_owned(),
                other: other.clone(),
            }),
            None => {
                self.seen.insert(path.to_lowercase(), new);
                Ok(())
            }
        }
    }
}

/// Names that mean something else on Windows, refused everywhere.
fn windows_fault(segment: &str) -> Option<&'static str> {
    if segment.contains(':') {
        return Some("it contains a colon, which names a drive or a stream on Windows");
    }
    if segment.ends_with(['.', ' ']) {
        return Some("it ends in a dot or a space, which Windows drops");
    }
    let stem = segment.split('.').next().unwrap_or(segment);
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    let device = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str());
    if device || numbered("COM") || numbered("LPT") {
        return Some("it is the name of a device on Windows");
    }
    None
}

/// An entry's name for messages.
pub(super) fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).chars().take(300).collect()
}
