//! The files of a definition that commands edit: finding, reading, saving.

#![expect(
    clippy::disallowed_methods,
    reason = "a definition that the caller edits"
)]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind};
use crate::report::{Reporter, replace_file};
use crate::update::{File, Format};

/// A file as it was found.
pub(super) struct Opened {
    name: String,
    format: Format,
    /// What it holds; `None` when there is no such file yet.
    text: Option<String>,
}

impl Opened {
    /// `<base>.yaml`, or else `<base>.json`, or else a new `<base>.yaml`.
    pub(super) fn find(base: &str) -> Result<Self, Error> {
        for (ending, format) in [("yaml", Format::Yaml), ("json", Format::Json)] {
            let name = format!("{base}.{ending}");
            if let Some(text) = read(Path::new(&name))? {
                let text = Some(text);
                return Ok(Self { name, format, text });
            }
        }
        Ok(Self {
            name: format!("{base}.yaml"),
            format: Format::Yaml,
            text: None,
        })
    }

    /// A file that must be there; JSON when it is named so.
    pub(super) fn named(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let Some(text) = read(path)? else {
            let message = format!("there is no file {name}");
            return Err(Error::message(Kind::Usage, message));
        };
        let json = path.extension().is_some_and(|ending| ending == "json");
        Ok(Self {
            name,
            format: if json { Format::Json } else { Format::Yaml },
            text: Some(text),
        })
    }

    /// Whether it is there already.
    pub(super) fn exists(&self) -> bool {
        self.text.is_some()
    }

    /// It, for the functions that edit.
    pub(super) fn file(&self) -> File<'_> {
        File {
            name: &self.name,
            format: self.format,
            text: self.text.as_deref().unwrap_or_default(),
        }
    }

    /// Writes what became of it, when that is something else.
    pub(super) fn save(&self, edited: &str, reporter: &Reporter) -> Result<(), Error> {
        if self.text.as_deref() == Some(edited) {
            reporter.info(&format!("Nothing to change in {}", self.name));
            return Ok(());
        }
        let before = self.text.as_ref().map(String::as_bytes);
        replace_file(&PathBuf::from(&self.name), before, edited.as_bytes())?;
        let what = if self.exists() { "Changed" } else { "Created" };
        reporter.info(&format!("{what} {}", self.name));
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    let failed = |error: anyhow::Error| {
        Error::new(
            Kind::Input,
            error.context(format!("cannot read {}", path.display())),
        )
    };
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(failed(anyhow::anyhow!("it is not UTF-8 text"))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error.into())),
    }
}
