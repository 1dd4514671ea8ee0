//! The definition on disk, as installing sees it.
//!
//! Owns the making of folders in it; what is read goes through
//! [`crate::source`].

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Fault;
use crate::definition::{COMPONENT_FILES, Component};
use crate::source::SourceTree;

/// The largest file of a definition that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// A definition, and the folder that confines it. Both are real paths.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// The folder with the root component file.
    pub source: PathBuf,
    tree: SourceTree,
}

impl Files {
    /// Looks the definition up; `confine` is a real path.
    pub(super) fn new(source: &Path, confine: &Path) -> Result<Self, Fault> {
        let missing = || Fault::SourceMissing(source.display().to_string());
        let tree = SourceTree::open(confine)?;
        let named = tree
            .clone()
            .seen_from(source.to_path_buf(), source.to_path_buf());
        if !named.is_folder(source)? {
            return Err(missing());
        }
        let real = named.resolve(source)?.ok_or_else(missing)?;
        Ok(Self {
            tree: tree.seen_from(real.clone(), source.to_path_buf()),
            source: real,
        })
    }

    /// A path for messages: relative to the definition.
    pub(super) fn show(&self, path: &Path) -> String {
        self.tree.show(path)
    }

    /// A path in the checkout as it stands in the lock file: from the
    /// definition, with `/` and where needed `..`.
    pub(super) fn key(&self, path: &Path) -> String {
        let mut up = 0;
        let mut base = self.source.as_path();
        while !path.starts_with(base) {
            let Some(above) = base.parent() else { break };
            base = above;
            up += 1;
        }
        let rest = path.strip_prefix(base).unwrap_or(path);
        let mut parts = vec!["..".to_owned(); up];
        parts.extend(rest.iter().map(|part| part.to_string_lossy().into_owned()));
        parts.join("/")
    }

    /// The real path of something in the checkout; `None` when it is not there.
    pub(super) fn real(&self, path: &Path) -> Result<Option<PathBuf>, Fault> {
        Ok(self.tree.resolve(path)?)
    }

    /// The real path of a folder that is made where it is missing.
    pub(super) fn make(&self, path: &Path) -> Result<PathBuf, Fault> {
        // Looked at from the top down: a link on the way may lead out.
        for above in path.ancestors().collect::<Vec<_>>().into_iter().rev() {
            if above.starts_with(self.tree.root()) && self.real(above)?.is_none() {
                std::fs::create_dir(above)
                    .or_else(|error| match error.kind() {
                        ErrorKind::AlreadyExists => Ok(()),
                        _ => Err(error),
                    })
                    .map_err(Fault::write(above))?;
            }
        }
        match self.real(path)? {
            Some(real) => Ok(real),
            None => Err(Fault::write(path)(ErrorKind::NotFound.into())),
        }
    }

    /// The text of a file; `None` when there is none.
    pub(super) fn text(&self, file: &Path) -> Result<Option<String>, Fault> {
        let Some(bytes) = self.tree.bytes_up_to(file, LARGEST)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Fault::NotText(self.show(file)))
    }

    /// The component file of a folder.
    pub(super) fn component(&self, folder: &Path) -> Result<Component, Fault> {
        for (name, json) in COMPONENT_FILES {
            let path = folder.join(name);
            if let Some(text) = self.text(&path)? {
                return Ok(Component::parse(&self.show(&path), json, &text)?);
            }
        }
        Err(Fault::ComponentMissing(self.show(folder)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_seen_from_the_definition() {
        let temp = tempfile::tempdir().unwrap();
        let root = crate::source::real(temp.path()).unwrap();
        std::fs::create_dir_all(root.join("hld/prod")).unwrap();
        let files = Files::new(&root.join("hld/prod"), &root).unwrap();
        let key = |path: &str| files.key(&root.join(path));
        assert_eq!(key("hld/prod/components/a"), "components/a");
        assert_eq!(key("hld/shared/components/a"), "../shared/components/a");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_made_through_a_link_that_leads_out() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("checkout/hld")).unwrap();
        std::os::unix::fs::symlink(&root, root.join("checkout/hld/components")).unwrap();
        let checkout = root.join("checkout");
        let files = Files::new(&checkout.join("hld"), &checkout).unwrap();
        let error = files.make(&files.source.join("components/a")).unwrap_err();
        assert!(error.to_string().contains("leads out of"), "{error}");
        assert!(!root.join("a").exists());
    }
}
