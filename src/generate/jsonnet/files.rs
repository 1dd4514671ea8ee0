//! Where programs and imports are read from.
//!
//! Paths are those of the source itself. When the source was copied to
//! replace its tokens, the copy's content is what is read for them.

use std::path::{Component, Path, PathBuf};

use super::super::reading::{Reader, join};
use super::super::{Fault, Options};
use crate::source::{self, Kind};
use crate::text::Format;

/// The library folders beside the programs, when none are named.
const LIBRARIES: [&str; 2] = ["vendor", "lib"];

/// The files of a source.
pub(super) struct Files {
    reader: Reader,
    /// The copy with the tokens replaced, read by a reader of its own.
    copy: Option<(Reader, PathBuf)>,
    /// The folder of the programs, a real path.
    base: PathBuf,
    libraries: Vec<PathBuf>,
    /// The source as the user wrote it.
    shown: String,
}

/// One program.
pub(super) struct Program {
    pub path: PathBuf,
    pub name: String,
}

impl Files {
    pub(super) fn new(options: &Options) -> Result<Self, Fault> {
        let original = options.original.as_ref().unwrap_or(&options.source);
        let reader = Reader::new(&Options {
            source: original.clone(),
            // The folder that confines a copy says nothing about the source.
            confine: match &options.original {
                Some(_) => options.linked.clone(),
                None => options.confine.clone(),
            },
            original: None,
            ..options.clone()
        })?;
        let mut copy = None;
        if options.original.is_some() {
            let folder = folder_of(&options.source);
            let reader = Reader::new(&Options {
                confine: Some(folder.clone()),
                source: folder,
                ..options.clone()
            })?;
            let folder = reader.source.clone();
            copy = Some((reader, folder));
        }
        let base = folder_of(&reader.source);
        let mut libraries = Vec::new();
        if options.jsonnet.paths.is_empty() {
            for name in LIBRARIES {
                let folder = base.join(name);
                if reader.is_folder(&folder)? {
                    libraries.push(folder);
                }
            }
        } else {
            for folder in &options.jsonnet.paths {
                libraries.push(reader.folder(folder)?);
            }
        }
        Ok(Self {
            reader,
            copy,
            base,
            libraries,
            shown: original.display().to_string(),
        })
    }

    /// Every `.jsonnet` file at the top of the source, in byte order of their
    /// names, or the source itself.
    pub(super) fn programs(&self) -> Result<Vec<Program>, Fault> {
        let none = || Fault::NoProgram(self.shown.clone());
        let source = &self.reader.source;
        if !self.reader.is_folder(source)? {
            let name = source.file_name().and_then(|name| name.to_str());
            let name = name.filter(|name| is_program(name)).ok_or_else(none)?;
            return Ok(vec![Program {
                path: source.clone(),
                name: name.to_owned(),
            }]);
        }
        let mut programs = Vec::new();
        for entry in self.reader.entries(source)? {
            let path = source.join(&entry.name);
            let Some(name) = entry.name.to_str() else {
                return Err(Fault::NotText(self.show(&path)));
            };
            if is_program(name) && entry.kind != Kind::Folder {
                programs.push(Program {
                    name: name.to_owned(),
                    path,
                });
            }
        }
        if programs.is_empty() {
            return Err(none());
        }
        Ok(programs)
    }

    /// The file that `import` names in the file `from`, and its content; `code` when it
    /// will be a program.
    pub(super) fn import(
        &self,
        from: &Path,
        import: &str,
        code: bool,
    ) -> Result<(PathBuf, Vec<u8>), String> {
        let mut parts = Path::new(import).components();
        let absolute = |part| matches!(part, Component::RootDir | Component::Prefix(_));
        if import.is_empty() || import.contains('\0') || parts.any(absolute) {
            return Err(format!(
                "`{import}` cannot be imported: it is not a relative path"
            ));
        }
        let own = from.parent().unwrap_or(&self.base);
        for folder in std::iter::once(own).chain(self.libraries.iter().map(PathBuf::as_path)) {
            let path = join(folder, import);
            let content = self.read(&path).map_err(|fault| self.explain(&fault))?;
            if let Some(content) = content {
                if code && !self.fits(&path) {
                    return Err(format!(
                        "`{import}` cannot be imported: its tokens were not replaced as in a program; give it a name that ends in `.libsonnet`, or use `importstr`"
                    ));
                }
                return Ok((path, content));
            }
        }
        let mut places = vec![self.show_folder(own)];
        for folder in &self.libraries {
            let shown = self.show_folder(folder);
            if !places.contains(&shown) {
                places.push(shown);
            }
        }
        Err(format!(
            "`{import}` cannot be imported: it is not in {}",
            places.join(", ")
        ))
    }

    /// Whether a file may be a program, with the tokens that were in it.
    fn fits(&self, path: &Path) -> bool {
        const PROGRAM: &[Format] = &[Format::Jsonnet, Format::Json];
        let inner = path.strip_prefix(&self.base).unwrap_or(path);
        self.reader.fits(path, PROGRAM)
            && self
                .copy
                .as_ref()
                .is_none_or(|(reader, folder)| reader.fits(&folder.join(inner), PROGRAM))
    }

    /// The content of a file; `None` when there is no such file.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Fault> {
        self.reader.check(path)?;
        if let Some((reader, folder)) = &self.copy
            && let Ok(below) = path.strip_prefix(&self.base)
            && let Some(content) = reader.bytes(&folder.join(below))?
        {
            return Ok(Some(content));
        }
        Ok(self.reader.bytes(path)?)
    }

    /// A path as seen from the folder of the programs, the same on every machine.
    pub(super) fn show(&self, path: &Path) -> String {
        let shared = self.base.components().zip(path.components());
        let shared = shared.take_while(|(one, other)| one == other).count();
        let up = self.base.components().skip(shared).map(|_| "..");
        let down = path.components().skip(shared);
        let down = down.map(|part| part.as_os_str().to_string_lossy());
        let parts: Vec<_> = up.map(Into::into).chain(down).collect();
        parts.join("/")
    }

    fn show_folder(&self, path: &Path) -> String {
        match self.show(path) {
            shown if shown.is_empty() => "the source".to_owned(),
            shown => format!("`{shown}`"),
        }
    }

    /// A fault with its cause, in one line.
    fn explain(&self, fault: &Fault) -> String {
        match fault {
            Fault::Source(source::Error::Read { source, .. }) => format!("{fault}: {source}"),
            Fault::Source(source::Error::Outside { path, root }) => {
                let path = self.show(Path::new(path));
                format!("`{path}` leads out of `{root}`, and nothing outside of it is imported")
            }
            _ => fault.to_string(),
        }
    }
}

/// The folder of a source that may be a file.
fn folder_of(source: &Path) -> PathBuf {
    match source.parent() {
        Some(folder) if !source.is_dir() => folder.to_path_buf(),
        _ => source.to_path_buf(),
    }
}

/// Whether a file of this name is a program. Hidden files are none.
pub(in crate::generate) fn is_program(name: &str) -> bool {
    let stem = name.strip_suffix(".jsonnet");
    stem.is_some_and(|stem| !stem.is_empty() && !stem.starts_with('.'))
}
