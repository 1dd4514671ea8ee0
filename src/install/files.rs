//! The definition on disk: reading it, and not leaving the checkout.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::Fault;
use crate::definition::{COMPONENT_FILES, Component};

/// The largest file of a definition that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// A definition, and the folder that confines it. Both are real paths.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// The folder with the root component file.
    pub source: PathBuf,
    pub confine: PathBuf,
    /// The definition as the user wrote it, for messages.
    shown: PathBuf,
}

impl Files {
    /// Looks the definition up; `confine` is a real path.
    pub(super) fn new(source: &Path, confine: &Path) -> Result<Self, Fault> {
        let shown = source.to_path_buf();
        let source = match source.canonicalize() {
            Ok(real) if real.is_dir() => real,
            _ => return Err(Fault::SourceMissing(shown.display().to_string())),
        };
        let confine = confine.to_path_buf();
        let files = Self {
            source,
            confine,
            shown,
        };
        files.confined(&files.source)?;
        Ok(files)
    }

    /// A path for messages: as seen from the definition.
    pub(super) fn show(&self, path: &Path) -> String {
        match path.strip_prefix(&self.source) {
            Ok(inner) if inner.as_os_str().is_empty() => self.shown.display().to_string(),
            Ok(inner) => inner.display().to_string(),
            Err(_) => path.display().to_string(),
        }
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

    /// Whether the real path `path` lies in the confining folder.
    fn confined(&self, path: &Path) -> Result<(), Fault> {
        if path.starts_with(&self.confine) {
            return Ok(());
        }
        Err(Fault::Outside {
            path: self.show(path),
            root: self.confine.display().to_string(),
        })
    }

    /// The real path of something in the checkout; `None` when it is not there.
    pub(super) fn real(&self, path: &Path) -> Result<Option<PathBuf>, Fault> {
        match path.canonicalize() {
            Ok(real) => self.confined(&real).map(|()| Some(real)),
            Err(error) if is_absent(&error) => {
                // What is not there may still be sought in the wrong place.
                self.confined(path).map(|()| None)
            }
            Err(source) => Err(self.unreadable(path, source)),
        }
    }

    /// The real path of a folder that is made where it is missing.
    pub(super) fn make(&self, path: &Path) -> Result<PathBuf, Fault> {
        // Looked at from the top down: a link on the way may lead out.
        for above in path.ancestors().collect::<Vec<_>>().into_iter().rev() {
            if above.starts_with(&self.confine) && self.real(above)?.is_none() {
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
        let Some(real) = self.real(file)? else {
            return Ok(None);
        };
        let unreadable = |source| self.unreadable(file, source);
        if !real.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(&real).map_err(unreadable)?;
        let length = opened.take(LARGEST + 1).read_to_end(&mut bytes);
        if length.map_err(unreadable)? as u64 > LARGEST {
            return Err(Fault::TooLarge {
                file: self.show(file),
                limit: LARGEST,
            });
        }
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

    fn unreadable(&self, path: &Path, source: std::io::Error) -> Fault {
        Fault::Read {
            file: self.show(path),
            source,
        }
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_seen_from_the_definition() {
        let files = Files {
            source: "/srv/hld/prod".into(),
            confine: "/srv".into(),
            shown: ".".into(),
        };
        let key = |path: &str| files.key(Path::new(path));
        assert_eq!(key("/srv/hld/prod/components/a"), "components/a");
        assert_eq!(
            key("/srv/hld/shared/components/a"),
            "../shared/components/a"
        );
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
