//! A source with its tokens replaced, in a private folder.
//!
//! Owns the use of this stage before a generator runs. The source itself is
//! never written to; a source without tokens is not copied at all.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::parallel;

use super::BLOCK;
use super::bytes::Content;
use super::engine::{Engine, FileName};
use super::entry::Entry;
use super::error::Error;
use super::options::Compatibility;
use super::outcome::{Counters, Message};
use super::walk::{Finding, Found};

/// The largest file that is looked at, in bytes.
const LARGEST: u64 = 64 << 20;

/// What became of a source.
#[derive(Debug)]
pub struct Prepared {
    /// The copy, gone when this is dropped; absent when no file holds a token.
    copy: Option<(TempDir, PathBuf)>,
    /// What was counted.
    pub counters: Counters,
    /// What is to be told.
    pub messages: Vec<Message>,
}

impl Prepared {
    /// Where to generate from, when it is not the source itself.
    pub fn path(&self) -> Option<&Path> {
        self.copy.as_ref().map(|(_, path)| path.as_path())
    }
}

/// One file of the source.
struct File {
    found: Found,
    /// The new content, when it differs.
    content: Option<Content>,
}

/// Which files of a source a generator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every file, hidden ones too.
    Everything,
    /// `.yaml`, `.yml` and `.json`, hidden ones left out.
    Manifests,
}

/// Replaces the tokens of the files below `source` that are in `scope`.
///
/// When one holds a token, all are copied to a private folder below
/// `temp_root`: a generator needs its files beside each other. Links that
/// leave the source are an error.
pub fn prepare(
    engine: &Engine<'_>,
    source: &Path,
    scope: Scope,
    temp_root: &Path,
) -> Result<Prepared, Error> {
    let mut prepared = Prepared {
        copy: None,
        counters: Counters::default(),
        messages: Vec::new(),
    };
    let mut files = Vec::new();
    for result in parallel::map(&list(source, scope)?, BLOCK, |found| replace(engine, found)) {
        let (file, counters, messages) = result?;
        prepared.counters += counters;
        prepared.messages.extend(messages);
        files.push(file);
    }
    if files.iter().any(|file| file.content.is_some()) {
        let copy = copy(&files, temp_root)?;
        let path = if source.is_file() {
            copy.path().join(source.file_name().unwrap_or_default())
        } else {
            copy.path().to_path_buf()
        };
        prepared.copy = Some((copy, path));
    }
    Ok(prepared)
}

/// The files of the source in scope, `.git` left out. What is no ordinary file,
/// or too large for any generator, is left to the generator to complain about.
fn list(source: &Path, scope: Scope) -> Result<Vec<Found>, Error> {
    if source.is_file() {
        let name = source.file_name().unwrap_or_default();
        return Ok(vec![Found {
            path: source.to_path_buf(),
            shown: name.to_string_lossy().into_owned(),
        }]);
    }
    let finding = Finding {
        level: Compatibility::Own,
        case_insensitive: false,
        dot: scope == Scope::Everything,
    };
    let root = fs::canonicalize(source).map_err(Error::io("reading", source))?;
    let pattern = match scope {
        Scope::Everything => "**/*",
        Scope::Manifests => "**/*.{yaml,yml,json}",
    };
    let entry = Entry::parse(pattern, Compatibility::Own)?;
    let mut files = finding.files(&entry, &root, &[])?;
    files.retain(|file| {
        let meta = fs::metadata(&file.path);
        meta.is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST)
    });
    if let Some(outside) = files.iter().find(|file| !file.path.starts_with(&root)) {
        return Err(Error::Source {
            entry: outside.shown.clone(),
            reason: "is a link that leaves the source",
        });
    }
    Ok(files)
}

/// Reads one file and replaces its tokens.
fn replace(engine: &Engine<'_>, found: &Found) -> Result<(File, Counters, Vec<Message>), Error> {
    let bytes = fs::read(&found.path).map_err(Error::io("reading", &found.path))?;
    let replaced = engine.replace(FileName::in_place(&found.shown), bytes)?;
    let content = replaced.content.is_changed().then_some(replaced.content);
    let found = Found {
        path: found.path.clone(),
        shown: found.shown.clone(),
    };
    Ok((
        File { found, content },
        replaced.counters,
        replaced.messages,
    ))
}

/// Copies all files; permissions stay as they are, as hooks may run scripts.
fn copy(files: &[File], temp_root: &Path) -> Result<TempDir, Error> {
    let folder = tempfile::Builder::new()
        .prefix("gitops-source-")
        .tempdir_in(temp_root)
        .map_err(Error::io("making a folder in", temp_root))?;
    let copies = parallel::map(files, BLOCK, |file| {
        let target = folder.path().join(&file.found.shown);
        let write = || {
            if let Some(above) = target.parent() {
                fs::create_dir_all(above)?;
            }
            fs::copy(&file.found.path, &target)?;
            match &file.content {
                Some(content) => content.write_to(&mut fs::File::create(&target)?),
                None => Ok(()),
            }
        };
        write().map_err(Error::io("copying", &file.found.path))
    });
    copies.into_iter().collect::<Result<(), _>>()?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::super::{Layer, Matching, Options, Variables};
    use super::*;

    fn prepared(source: &Path, temp: &Path) -> Result<Prepared, Error> {
        let options = Options::new(Compatibility::Own);
        let mut variables = Variables::new(Compatibility::Own);
        variables.add(Layer::new("test", Matching::Exact).with("tag", "1.2"));
        prepare(
            &Engine::new(&options, &variables).unwrap(),
            source,
            Scope::Everything,
            temp,
        )
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the test makes its own source")]
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_source_without_tokens_is_not_copied() {
        let temp = tempfile::tempdir().unwrap();
        let source = temp.path().join("source");
        write(&source.join("a.yaml"), "kind: X\n");
        assert_eq!(prepared(&source, temp.path()).unwrap().path(), None);
    }

    #[test]
    fn a_source_with_tokens_is_copied_whole_and_stays_as_it_is() {
        let temp = tempfile::tempdir().unwrap();
        let source = temp.path().join("source");
        write(&source.join("sub/a.yaml"), "image: web:#{tag}#\n");
        write(&source.join("b.yaml"), "kind: X\n");
        let done = prepared(&source, temp.path()).unwrap();
        let copy = done.path().unwrap().to_path_buf();
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!(read(&copy.join("sub/a.yaml")), "image: web:1.2\n");
        assert_eq!(read(&copy.join("b.yaml")), "kind: X\n");
        assert_eq!(read(&source.join("sub/a.yaml")), "image: web:#{tag}#\n");
        drop(done);
        assert!(!copy.exists());
    }

    #[test]
    fn among_manifests_nothing_else_is_looked_at() {
        let temp = tempfile::tempdir().unwrap();
        let source = temp.path().join("source");
        for name in ["readme.md", ".hidden/a.yaml"] {
            write(&source.join(name), "#{tag}#");
        }
        write(&source.join("a/b.yml"), "x");
        let found = list(&source, Scope::Manifests).unwrap();
        assert_eq!(
            found
                .iter()
                .map(|file| file.shown.as_str())
                .collect::<Vec<_>>(),
            ["a/b.yml"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leaves_the_source_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let source = temp.path().join("source");
        write(&source.join("a.yaml"), "#{tag}#");
        write(&temp.path().join("secret"), "x");
        std::os::unix::fs::symlink(temp.path().join("secret"), source.join("link")).unwrap();
        let error = prepared(&source, temp.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("\"link\" is a link that leaves the source"),
            "{error}"
        );
    }
}
