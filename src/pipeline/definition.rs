//! What an environment is made from, for people to read beside its manifests:
//! the files of its sources as the generator saw them.
//!
//! Secrets are hidden as everywhere else. Nothing that is no text is taken.

use std::path::{Path, PathBuf};

use crate::check::Brakes;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::ValuesFile;
use crate::model::{FileSet, Folder, GeneratorStamp, Ledger, RelPath};
use crate::settings::EnvironmentSettings;
use crate::source::{self, Record, SourceTree, checkout_of};

use super::Rendered;

/// Larger files are left out: nobody reads them, in bytes.
const LARGEST: u64 = 1 << 20;

/// What its generator is called in the ledger.
const GENERATOR: &str = "definition";

/// What follows the environment in the name of its definition.
const SUFFIX: &str = " definition";

/// More files than this are no definition.
const MOST: usize = 5_000;

/// How deep folders may nest.
const DEPTH: usize = 32;

/// What is read of one source.
pub(super) struct Origin {
    /// What the source is called: the folder that its files go to.
    pub(super) name: String,
    /// The source; none for a chart from elsewhere.
    pub(super) source: Option<PathBuf>,
    /// The copy in which its tokens are replaced, when there is one.
    pub(super) copy: Option<PathBuf>,
    /// What is no part of it, as seen from it.
    pub(super) exclude: Vec<PathBuf>,
    /// The values files of a chart.
    pub(super) values: Vec<ValuesFile>,
}

/// The files of a source, below a folder of its name.
pub(super) fn read(run: &Context, tree: &SourceTree, origin: &Origin) -> Result<FileSet, Error> {
    let mut found = Vec::new();
    if let Some(source) = &origin.source {
        if tree.is_folder(source)? {
            walk(tree, source, "", 0, &origin.exclude, &mut found)?;
        } else if let Some(name) = source.file_name().and_then(|name| name.to_str()) {
            found.push((name.to_owned(), source.clone()));
        }
    }
    let copy = match &origin.copy {
        Some(copy) => Some((SourceTree::open(&checkout_of(copy))?, copy)),
        None => None,
    };
    let mut files = FileSet::new();
    for (path, file) in found {
        // A copy may hold only what a generator reads.
        let copied = match &copy {
            Some((tree, copy)) if file == **origin.source.as_ref().unwrap_or(&file) => {
                tree.bytes(copy)?
            }
            Some((tree, copy)) => tree.bytes(&copy.join(&path))?,
            None => None,
        };
        let text = match copied {
            Some(text) => text,
            None => match tree.bytes_up_to(&file, LARGEST) {
                Err(source::Error::TooLarge { .. }) => continue,
                text => text?.unwrap_or_default(),
            },
        };
        add(run, &mut files, &origin.name, &path, text)?;
    }
    for (at, values) in origin.values.iter().enumerate() {
        let name = values.path.file_name().and_then(|name| name.to_str());
        let path = format!("values/{at}-{}", name.unwrap_or("values.yaml"));
        let text = values.content.clone().unwrap_or_default();
        add(run, &mut files, &origin.name, &path, text)?;
    }
    Ok(files)
}

/// Adds one file, unless it is no text.
fn add(
    context: &Context,
    files: &mut FileSet,
    source: &str,
    path: &str,
    bytes: Vec<u8>,
) -> Result<(), Error> {
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(());
    };
    let path = RelPath::parse(&format!("{source}/{path}"))
        .map_err(|error| Error::new(Kind::Input, error).context("the definition for reviewers"))?;
    let text = context.reporter.hidden(&text).replace("\r\n", "\n");
    files.insert(path, text.into_bytes());
    Ok(())
}

/// Every file that is not hidden. Links are not followed: what they lead to
/// has a place of its own, or none in the source.
fn walk(
    tree: &SourceTree,
    folder: &Path,
    below: &str,
    depth: usize,
    exclude: &[PathBuf],
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), Error> {
    for entry in tree.entries(folder)?.unwrap_or_default() {
        let path = folder.join(&entry.name);
        let name = entry.name.to_str().filter(|name| !name.starts_with('.'));
        let Some(name) = name else {
            continue;
        };
        let here = format!("{below}{name}");
        if exclude.iter().any(|path| path == Path::new(&here)) {
            continue;
        }
        if entry.kind == source::Kind::Folder && depth < DEPTH {
            walk(tree, &path, &format!("{here}/"), depth + 1, exclude, found)?;
        } else if entry.kind == source::Kind::File {
            found.push((here, path));
        }
        if found.len() > MOST {
            let said =
                format!("a source has more than {MOST} files, too many to be read by people");
            return Err(Error::message(Kind::Input, said)
                .hint("name a smaller folder as `source`, or leave `definitionFolder` out"));
        }
    }
    Ok(())
}

/// Whose definition it is that a ledger lists; `None` for manifests.
pub(super) fn environment_of(ledger: &Ledger) -> Option<&str> {
    of(&ledger.environment, &ledger.generator)
}

/// The environment whose definition goes by this name; `None` for manifests.
pub(super) fn of<'n>(name: &'n str, generator: &GeneratorStamp) -> Option<&'n str> {
    let is_definition = generator.name == GENERATOR;
    name.strip_suffix(SUFFIX).filter(|_| is_definition)
}

/// The definition of an environment as something that is published beside it:
/// into its own folder, without resources. The brakes are about files of others alone.
pub(super) fn beside(settings: &EnvironmentSettings, folder: &Folder, files: FileSet) -> Rendered {
    let mut settings = settings.clone();
    settings.name = format!("{}{SUFFIX}", settings.name);
    settings.folder = folder.clone();
    settings.definition_folder = None;
    settings.pull_request.commit_status = false;
    settings.brakes = Brakes {
        allow_empty: true,
        ..settings.brakes
    };
    Rendered {
        settings,
        generator: GeneratorStamp {
            name: GENERATOR.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        files,
        resources: Vec::new(),
        findings: Vec::new(),
        record: Record::default(),
        unknown: None,
        definition: None,
        uncommitted: std::sync::OnceLock::new(),
    }
}
