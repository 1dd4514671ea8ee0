//! A source with its tokens replaced, in a private folder.
//!
//! Owns the use of this stage before a generator runs. The source itself is
//! never written to; a source without tokens is not copied at all. The private
//! folder stands for the whole checkout: the source is copied into it, at the
//! same place, and everything beside it is linked.

#![expect(
    clippy::disallowed_methods,
    reason = "files that the caller names, and the private copy"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::parallel;
use crate::source;
use crate::temporary::private::{self, Needs, PrivateFolder};

use linked::{link, link_around};
use list::{Item, list};

use super::BLOCK;
use super::bytes::Content;
use super::engine::{Engine, FileName};
use super::error::Error;
use super::outcome::{Counters, Message};

mod linked;
mod list;

/// Which files of a source a generator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every file, hidden ones too.
    Everything,
    /// `.yaml`, `.yml` and `.json`, hidden ones left out.
    Manifests,
}

/// A source, and what is around it.
#[derive(Debug, Clone, Copy)]
pub struct SourceTree<'a> {
    /// What reads it.
    pub reader: &'a source::SourceTree,
    /// The source: a folder or a file.
    pub source: &'a Path,
    /// The checkout that it lies in, or the source itself.
    pub checkout: &'a Path,
    /// Which files count.
    pub scope: Scope,
    /// Files and folders that are no part of it.
    pub exclude: &'a [PathBuf],
}

/// What became of a source.
#[derive(Debug)]
pub struct Prepared {
    /// The private folder, gone when this is dropped, and the source in it;
    /// absent when no file holds a token.
    copy: Option<(PrivateFolder, PathBuf)>,
    /// The files in it whose values were written as the format in their names demands.
    pub fitted: BTreeSet<PathBuf>,
    /// What was counted.
    pub counters: Counters,
    /// What is to be told.
    pub messages: Vec<Message>,
    /// What secret variables became: transformed or escaped, and not to be shown.
    pub secret_forms: Vec<String>,
}

impl Prepared {
    /// Where to generate from, when it is not the source itself.
    pub fn path(&self) -> Option<&Path> {
        self.copy.as_ref().map(|(_, path)| path.as_path())
    }

    /// The folder that stands for the checkout, when there is a copy.
    pub fn checkout(&self) -> Option<&Path> {
        self.copy.as_ref().map(|(folder, _)| folder.path())
    }
}

/// Replaces the tokens of the files of a source.
///
/// When one holds a token, all are copied to a private folder below
/// `temp_root`: a generator needs its files beside each other.
pub fn prepare(
    engine: &Engine<'_>,
    tree: SourceTree<'_>,
    temp_root: &Path,
) -> Result<Prepared, Error> {
    let mut prepared = Prepared {
        copy: None,
        fitted: BTreeSet::new(),
        counters: Counters::default(),
        messages: Vec::new(),
        secret_forms: Vec::new(),
    };
    let absent = || Error::io("reading", tree.source)(std::io::ErrorKind::NotFound.into());
    let source = tree.reader.resolve(tree.source)?.ok_or_else(absent)?;
    let items = list(&source, tree)?;
    let mut contents = Vec::with_capacity(items.len());
    let mut looks_around = false;
    for result in parallel::map(&items, BLOCK, |item| replace(engine, item, tree)) {
        let Some((content, counters, messages, leads_out)) = result? else {
            looks_around = true;
            contents.push(None);
            continue;
        };
        looks_around |= leads_out;
        prepared.counters += counters;
        prepared.messages.extend(messages);
        contents.push(content);
    }
    prepared.secret_forms = engine.secret_forms();
    if contents.iter().any(Option::is_some) {
        let jobs = items.iter().zip(&contents);
        let jobs: Vec<_> = jobs
            .map(|(item, content)| Job::new(item, content.as_ref()))
            .collect();
        // Plain manifests name no other files.
        let beside = looks_around && tree.scope == Scope::Everything;
        let checkout = Checkout {
            path: tree.checkout,
            beside,
        };
        let fits = |job: &&Job<'_>| job.content.is_some() && engine.fits_values();
        let fitted = jobs.iter().filter(fits);
        prepared.fitted = fitted.map(|job| (&job.item.path).into()).collect();
        prepared.copy = Some(copy(&source, checkout, &jobs, temp_root)?);
    }
    Ok(prepared)
}

/// Whether a file may be run.
#[cfg(unix)]
fn is_program(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.is_file() && meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_program(_: &fs::Metadata) -> bool {
    false
}

/// What replacing the tokens of one file came to, and whether the file may
/// name files beside the source.
type Outcome = (Option<Content>, Counters, Vec<Message>, bool);

/// Programs of Jsonnet find libraries anywhere above themselves, and hooks find the
/// checkout, as git does; everything else goes up with `..`.
fn leads_out(name: &str, bytes: &[u8]) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let has_hooks =
        file.starts_with("component.") && memchr::memmem::find(bytes, b"hooks").is_some();
    let is_program = [".jsonnet", ".libsonnet"]
        .iter()
        .any(|end| name.ends_with(end));
    is_program || has_hooks || memchr::memmem::find(bytes, b"..").is_some()
}

/// Reads one file and replaces its tokens.
fn replace(
    engine: &Engine<'_>,
    item: &Item,
    tree: SourceTree<'_>,
) -> Result<Option<Outcome>, Error> {
    if item.as_is {
        return Ok(None);
    }
    let name = if item.path.is_empty() {
        tree.source
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    } else {
        item.path.clone()
    };
    let bytes = match tree.reader.bytes(&item.real) {
        // It holds no token that anybody wrote; generators refuse it.
        Err(source::Error::TooLarge { .. }) => return Ok(None),
        bytes => bytes?.unwrap_or_default(),
    };
    let up = leads_out(&name, &bytes);
    let replaced = engine.replace(FileName::in_place(&name), bytes)?;
    let content = replaced.content.is_changed().then_some(replaced.content);
    // A value can lead out as well as the file itself.
    let up = up
        || content
            .as_ref()
            .is_some_and(|it| leads_out(&name, &it.to_bytes()));
    Ok(Some((content, replaced.counters, replaced.messages, up)))
}

/// What a private folder stands for.
#[derive(Clone, Copy)]
struct Checkout<'a> {
    path: &'a Path,
    /// Whether what lies beside the source may be looked at.
    beside: bool,
}

/// Makes the private folder; gives back it and the source in it.
fn copy(
    source: &Path,
    checkout: Checkout<'_>,
    jobs: &[Job<'_>],
    temp_root: &Path,
) -> Result<(PrivateFolder, PathBuf), Error> {
    let needs = Needs {
        bytes: jobs.iter().map(|job| job.length).sum(),
        programs: jobs.iter().any(|job| job.runs),
    };
    let folder =
        PrivateFolder::new(temp_root, needs).map_err(Error::io("making a folder in", temp_root))?;
    let beside = checkout.beside;
    let checkout = fs::canonicalize(checkout.path).unwrap_or_else(|_| source.to_path_buf());
    let inner = source.strip_prefix(&checkout).unwrap_or(Path::new(""));
    let name = source.file_name().unwrap_or_default();
    let copy = if inner.as_os_str().is_empty() && source.is_file() {
        folder.path().join(name)
    } else {
        folder.path().join(inner)
    };
    if beside {
        link_around(&checkout, folder.path(), inner)
            .map_err(Error::io("linking beside", source))?;
    }
    let target = |item: &Item| match item.path.as_str() {
        "" => copy.clone(),
        path => copy.join(path),
    };
    let targets = jobs.iter().map(|job| target(job.item));
    let above: BTreeSet<PathBuf> = targets
        .filter_map(|target| Some(target.parent()?.to_path_buf()))
        .collect();
    for folder in &above {
        fs::create_dir_all(folder).map_err(Error::io("copying to", folder))?;
    }
    let copies = parallel::map(jobs, BLOCK, |job| {
        place(job, &target(job.item)).map_err(Error::io("copying", &job.item.real))
    });
    copies.into_iter().collect::<Result<(), _>>()?;
    Ok((folder, copy))
}

/// One file that is copied.
struct Job<'a> {
    item: &'a Item,
    /// What its tokens became, when it has some.
    content: Option<&'a Content>,
    /// How many bytes it has, about.
    length: u64,
    /// Whether it is a program, which a hook may run.
    runs: bool,
}

impl<'a> Job<'a> {
    fn new(item: &'a Item, content: Option<&'a Content>) -> Self {
        let there = (!item.as_is)
            .then(|| fs::metadata(&item.real).ok())
            .flatten();
        let changed = content.map(Content::size_hint);
        let changed = changed.and_then(|size| u64::try_from(size).ok());
        Self {
            item,
            content,
            length: changed
                .or(there.as_ref().map(fs::Metadata::len))
                .unwrap_or_default(),
            runs: there.is_some_and(|there| is_program(&there)),
        }
    }
}

/// Puts one file where it belongs, for its owner alone. A program stays one, as
/// hooks may run scripts.
fn place(job: &Job<'_>, target: &Path) -> std::io::Result<()> {
    if job.item.as_is {
        return link(&job.item.real, target);
    }
    if let Some(content) = job.content {
        private::write(target, &content.to_bytes(), job.runs)
    } else {
        let mut out = private::new_file(target, job.runs)?;
        std::io::copy(&mut fs::File::open(&job.item.real)?, &mut out).map(|_| ())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
