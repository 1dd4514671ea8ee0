//! What an environment is made from, for people to read beside its manifests:
//! the files of its sources as the generator saw them.
//!
//! Secrets are hidden as everywhere else. Nothing that is no text is taken.

use std::path::{Path, PathBuf};

use crate::check::Brakes;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::ValuesFile;
use crate::model::{FileSet, Folder, GeneratorStamp, RelPath};
use crate::settings::EnvironmentSettings;

use super::Rendered;

/// Larger files are left out: nobody reads them, in bytes.
const LARGEST: u64 = 1 << 20;

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
pub(super) fn read(run: &Context, origin: &Origin) -> Result<FileSet, Error> {
    let mut found = Vec::new();
    if let Some(source) = &origin.source {
        if source.is_dir() {
            walk(source, "", 0, &origin.exclude, &mut found)?;
            // A copy may hold only what a generator reads.
            for (path, file) in &mut found {
                let copied = origin.copy.as_ref().map(|copy| copy.join(&*path));
                if let Some(copied) = copied.filter(|copied| copied.is_file()) {
                    *file = copied;
                }
            }
        } else if let Some(name) = source.file_name().and_then(|name| name.to_str()) {
            let file = origin.copy.as_ref().unwrap_or(source);
            found.push((name.to_owned(), file.clone()));
        }
    }
    let mut files = FileSet::new();
    for (path, file) in found {
        let text = std::fs::read(&file).map_err(|error| unreadable(&file, error))?;
        add(run, &mut files, &origin.name, &path, text)?;
    }
    for (at, values) in origin.values.iter().enumerate() {
        let name = values.path.file_name().and_then(|name| name.to_str());
        let path = format!("values/{at}-{}", name.unwrap_or("values.yaml"));
        let text = match &values.content {
            Some(content) => content.clone(),
            None => std::fs::read(&values.path).map_err(|error| unreadable(&values.path, error))?,
        };
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
    files.insert(path, context.reporter.hidden(&text).into_bytes());
    Ok(())
}

/// Every file that is not hidden. Links are not followed: what they lead to
/// has a place of its own, or none in the source.
fn walk(
    folder: &Path,
    below: &str,
    depth: usize,
    exclude: &[PathBuf],
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let kind = entry.metadata().map_err(|error| unreadable(&path, error))?;
        let here = format!("{below}{name}");
        if exclude.iter().any(|path| path == Path::new(&here)) {
            continue;
        }
        if kind.is_dir() && depth < DEPTH {
            walk(&path, &format!("{here}/"), depth + 1, exclude, found)?;
        } else if kind.is_file() && kind.len() <= LARGEST {
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

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let said = format!("reading {} for `definitionFolder`", path.display());
    Error::new(Kind::Input, anyhow::Error::new(error).context(said))
}

/// The definition of an environment as something that is published beside it:
/// into its own folder, without resources and without brakes.
pub(super) fn beside(settings: &EnvironmentSettings, folder: &Folder, files: FileSet) -> Rendered {
    let mut settings = settings.clone();
    settings.name = format!("{} definition", settings.name);
    settings.folder = folder.clone();
    settings.definition_folder = None;
    settings.pull_request.commit_status = false;
    settings.brakes = Brakes {
        allow_empty: true,
        allow_removal: true,
        ..settings.brakes
    };
    Rendered {
        settings,
        generator: GeneratorStamp {
            name: "definition".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        files,
        resources: Vec::new(),
        findings: Vec::new(),
        definition: None,
        uncommitted: std::sync::OnceLock::new(),
    }
}
