//! Reading a source without leaving it.
//!
//! Every path is checked before it is opened: `..` and symbolic links may
//! lead anywhere inside the confining folder and nowhere else.

use std::fs::FileType;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::{Fault, Options};
pub(super) use crate::definition::join;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// How deep the folders of a chart may nest.
const DEPTH: usize = 64;

/// A source, and the folder that confines it. Both are real paths.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    /// The source itself.
    pub source: PathBuf,
    root: PathBuf,
    /// Another folder that links may lead to.
    linked: Option<PathBuf>,
    /// The source as the user wrote it, for messages.
    shown: PathBuf,
}

impl Reader {
    /// Looks the source up.
    pub(super) fn new(options: &Options) -> Result<Self, Fault> {
        let shown = options
            .original
            .clone()
            .unwrap_or_else(|| options.source.clone());
        let source = real(&options.source).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Fault::SourceMissing(shown.display().to_string()),
            _ => read_fault(shown.display().to_string(), error),
        })?;
        let root = match &options.confine {
            Some(root) => {
                real(root).map_err(|error| read_fault(root.display().to_string(), error))?
            }
            None => checkout_of(&source),
        };
        let reader = Self {
            source,
            root,
            linked: options.linked.as_deref().and_then(|path| real(path).ok()),
            shown,
        };
        reader.confined(&reader.source)?;
        Ok(reader)
    }

    /// A path for messages: as seen from the source, or whole when it is elsewhere.
    pub(super) fn show(&self, path: &Path) -> String {
        match path.strip_prefix(&self.source) {
            Ok(inner) if inner.as_os_str().is_empty() => self.shown.display().to_string(),
            Ok(inner) => inner.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    /// The fault of not being able to read `path`.
    pub(super) fn fault(&self, path: &Path, source: std::io::Error) -> Fault {
        read_fault(self.show(path), source)
    }

    /// Whether the real path `path` lies in the confining folder.
    fn confined(&self, path: &Path) -> Result<(), Fault> {
        if path.starts_with(&self.root) {
            return Ok(());
        }
        Err(Fault::Outside {
            path: self.show(path),
            root: self.root.display().to_string(),
        })
    }

    /// Checks a path that `join` made from `known`, a folder that has been
    /// checked before. A path that does not exist passes.
    pub(super) fn check(&self, path: &Path, known: &Path) -> Result<(), Fault> {
        self.confined(path)?;
        // Beside `known` nothing is known: a link in it may lead elsewhere.
        let safe = if path.starts_with(known) {
            known
        } else {
            &self.root
        };
        let mut prefix = safe.to_path_buf();
        for component in path.strip_prefix(safe).unwrap_or(path).components() {
            prefix.push(component);
            match prefix.symlink_metadata() {
                Ok(meta) if meta.is_symlink() => {
                    // Whatever comes after it is reached through its target.
                    return self.check_link(path);
                }
                Ok(_) => {}
                Err(error) if is_absent(&error) => return Ok(()),
                Err(error) => return Err(self.fault(&prefix, error)),
            }
        }
        Ok(())
    }

    /// Whether there is such a folder, directly in a folder that has been
    /// checked before. A link is checked where it leads.
    pub(super) fn is_folder(&self, path: &Path) -> Result<bool, Fault> {
        match path.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => {
                self.check_link(path)?;
                Ok(path.is_dir())
            }
            Ok(meta) => Ok(meta.is_dir()),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(self.fault(path, error)),
        }
    }

    /// The real path of a folder that settings name.
    pub(super) fn folder(&self, path: &Path) -> Result<PathBuf, Fault> {
        match real(path) {
            Ok(folder) if folder.is_dir() => self.confined(&folder).map(|()| folder),
            Ok(_) => Err(Fault::FolderMissing(path.display().to_string())),
            Err(error) if is_absent(&error) => {
                Err(Fault::FolderMissing(path.display().to_string()))
            }
            Err(error) => Err(self.fault(path, error)),
        }
    }

    /// The real path of a file that settings name; `None` when there is none.
    pub(super) fn file(&self, path: &Path) -> Result<Option<PathBuf>, Fault> {
        match real(path) {
            Ok(file) if file.is_dir() => Err(Fault::NotAFile(path.display().to_string())),
            Ok(file) => {
                let linked = self.linked.as_deref();
                if !linked.is_some_and(|folder| file.starts_with(folder)) {
                    self.confined(&file)?;
                }
                Ok(Some(file))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.fault(path, error)),
        }
    }

    /// Checks where a path with symbolic links in it really leads.
    fn check_link(&self, path: &Path) -> Result<(), Fault> {
        let linked = |target: &Path| {
            let other = self.linked.as_deref();
            other.is_some_and(|folder| target.starts_with(folder))
        };
        match real(path) {
            Ok(target) if target.starts_with(&self.root) || linked(&target) => Ok(()),
            Ok(_) => Err(Fault::Outside {
                path: self.show(path),
                root: self.root.display().to_string(),
            }),
            Err(error) => Err(self.fault(path, error)),
        }
    }

    /// The real path of what may stand anywhere in the confining folder;
    /// `None` when there is nothing.
    pub(super) fn resolve(&self, path: &Path) -> Result<Option<PathBuf>, Fault> {
        let allowed = |path: &Path| self.below_root(path).is_some();
        match real(path) {
            Ok(target) if allowed(&target) => Ok(Some(target)),
            Err(error) if is_absent(&error) && allowed(path) => Ok(None),
            Err(error) if !is_absent(&error) => Err(self.fault(path, error)),
            _ => Err(Fault::Outside {
                path: self.show(path),
                root: self.root.display().to_string(),
            }),
        }
    }

    /// The folder that nothing is read outside of.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folders that stand for it: itself, and the one that links may lead to.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.root.as_path()).chain(self.linked.as_deref())
    }

    /// Where a path stands below one of them.
    pub(super) fn below_root<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        self.roots().find_map(|root| path.strip_prefix(root).ok())
    }

    /// The text of a file in a checked folder; `None` when there is no such file.
    pub(super) fn text(&self, file: &Path) -> Result<Option<String>, Fault> {
        let Some(bytes) = self.bytes(file)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Fault::NotText(self.show(file)))
    }

    /// The content of a file in a checked folder; `None` when there is no such file.
    pub(super) fn bytes(&self, file: &Path) -> Result<Option<Vec<u8>>, Fault> {
        match file.symlink_metadata() {
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.fault(file, error)),
            Ok(meta) if meta.is_dir() => Ok(None),
            Ok(meta) => {
                let mut bytes = Vec::new();
                self.append(file, meta.file_type(), &mut bytes)?;
                Ok(Some(bytes))
            }
        }
    }

    /// Appends the content of a file of this type in a checked folder.
    pub(super) fn append(
        &self,
        path: &Path,
        file_type: FileType,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        if file_type.is_symlink() {
            self.check_link(path)?;
            if !path.is_file() {
                return Err(Fault::NotAFile(self.show(path)));
            }
        } else if !file_type.is_file() {
            return Err(Fault::NotAFile(self.show(path)));
        }
        let fault = |error| self.fault(path, error);
        let file = std::fs::File::open(path).map_err(fault)?;
        let size = file.metadata().map_err(fault)?.len();
        if size > LARGEST {
            return Err(Fault::TooLarge {
                file: self.show(path),
                size,
                limit: LARGEST,
            });
        }
        let size = usize::try_from(size).expect("the bound fits");
        let start = out.len();
        out.resize(start + size, 0);
        // A file that shrinks or grows while it is read counts as it was.
        let mut filled = start;
        while filled < out.len() {
            match (&file).read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(fault(error)),
            }
        }
        out.truncate(filled);
        Ok(())
    }

    /// The entries of a checked folder, in byte order of their names.
    pub(super) fn entries(&self, folder: &Path) -> Result<Vec<Entry>, Fault> {
        let fault = |error| self.fault(folder, error);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            entries.push(Entry {
                file_type: entry.file_type().map_err(fault)?,
                name: entry.file_name(),
            });
        }
        entries.sort_unstable_by(|a, b| a.name.as_encoded_bytes().cmp(b.name.as_encoded_bytes()));
        Ok(entries)
    }

    /// Checks that no symbolic link below a checked folder leads out.
    pub(super) fn check_below(&self, folder: &Path, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(Fault::TooDeep(DEPTH));
        }
        if !folder.is_dir() {
            return Ok(());
        }
        for entry in self.entries(folder)? {
            let path = folder.join(&entry.name);
            if entry.file_type.is_symlink() {
                self.check_link(&path)?;
            } else if entry.file_type.is_dir() {
                self.check_below(&path, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// One entry of a folder.
pub(super) struct Entry {
    pub name: std::ffi::OsString,
    pub file_type: FileType,
}

/// The real, absolute path, in the plain form that programs understand.
fn real(path: &Path) -> std::io::Result<PathBuf> {
    let path = path.canonicalize()?;
    // On Windows that is a verbatim path, which helm and sh do not take.
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) if !plain.starts_with("UNC\\") => Ok(PathBuf::from(plain)),
        _ => Ok(path),
    }
}

/// The nearest folder above a real path with a `.git`, or the path itself.
pub fn checkout_of(source: &Path) -> PathBuf {
    let above = source
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    // A file alone goes with its folder.
    let own = source.parent().filter(|_| !source.is_dir());
    above.or(own).unwrap_or(source).to_path_buf()
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn read_fault(file: String, source: std::io::Error) -> Fault {
    Fault::Read { file, source }
}
