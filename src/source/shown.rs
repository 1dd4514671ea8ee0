//! Paths for messages: as the user wrote them.
//!
//! Owns the one translation of paths in a private copy to those of the source.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use super::SourceTree;
use super::locate::without_dots;

impl SourceTree {
    /// A path for messages.
    pub fn show(&self, path: &Path) -> String {
        let (folder, shown) = match self.base.as_deref() {
            Some((folder, shown)) => (folder.as_path(), shown.as_path()),
            None => (self.root(), Path::new(".")),
        };
        let (folder, path) = (self.original(folder), self.original(path));
        match path.strip_prefix(&folder) {
            Ok(inner) if inner.as_os_str().is_empty() => shown.display().to_string(),
            // As it is called from where the run started; two charts look alike.
            Ok(inner) if shown.is_relative() && shown != Path::new(".") => {
                shown.join(inner).display().to_string()
            }
            Ok(inner) => inner.display().to_string(),
            Err(_) => self.beside(&folder, shown, &path).display().to_string(),
        }
    }

    /// The folder that confines everything, for messages.
    pub fn shown_root(&self) -> String {
        self.original(self.root()).display().to_string()
    }

    /// A path in a private copy as it is in the source.
    pub(super) fn original<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let copies = self.roots.iter();
        let mut found = copies.filter_map(|root| {
            let of = root.copy_of.as_ref()?;
            let below = path.strip_prefix(&root.path);
            match below.or_else(|_| path.strip_prefix(&root.named)) {
                Ok(below) if below.as_os_str().is_empty() => Some(of.clone()),
                Ok(below) => Some(of.join(below)),
                Err(_) => above(&root.path, of, &without_dots(path)),
            }
        });
        found.next().map_or(Cow::Borrowed(path), Cow::Owned)
    }

    /// What a program said, with paths in a private copy as they are in the source.
    pub fn in_text(&self, text: &str) -> String {
        let copies = self.roots.iter().filter_map(|root| {
            let of = root.copy_of.as_ref()?.display().to_string();
            Some((root.path.display().to_string(), of))
        });
        copies.fold(text.to_owned(), |text, (copy, of)| text.replace(&copy, &of))
    }

    /// A path beside `folder`, which is called `shown`; whole where it is in none of the
    /// folders that may be read.
    fn beside(&self, folder: &Path, shown: &Path, path: &Path) -> PathBuf {
        let clean = without_dots(path);
        let mut roots = self.roots();
        let is_inside = roots.any(|root| clean.starts_with(self.original(root)));
        if !is_inside || shown.is_absolute() {
            return path.to_path_buf();
        }
        let common = folder.components().zip(clean.components());
        let common = common.take_while(|(one, other)| one == other).count();
        let mut steps: Vec<_> = shown
            .components()
            .filter(|step| *step != Component::CurDir)
            .collect();
        for _ in folder.components().skip(common) {
            match steps.last() {
                Some(Component::Normal(_)) => {
                    steps.pop();
                }
                _ => steps.push(Component::ParentDir),
            }
        }
        steps.extend(clean.components().skip(common));
        if steps.is_empty() {
            return PathBuf::from(".");
        }
        steps.into_iter().collect()
    }
}

/// A path that leads out of a copy upwards, as it leads out of what is copied.
fn above(copy: &Path, of: &Path, path: &Path) -> Option<PathBuf> {
    let folders = copy.ancestors().zip(of.ancestors()).skip(1);
    // What is near the root of the machine may be meant as it stands.
    let mut folders = folders.filter(|(above, _)| above.components().count() > 2);
    folders.find_map(|(above, of)| Some(of.join(path.strip_prefix(above).ok()?)))
}
