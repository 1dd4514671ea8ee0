//! The `manifests` generator: plain YAML and JSON, taken as it is.

use std::path::{Path, PathBuf};

use super::reading::Reader;
use super::{BLOCK, Error, Fault, Options, Origins};
use crate::model::{FileSet, RelPath};
use crate::parallel;

/// How deep folders may nest.
const DEPTH: usize = 64;

/// The extensions of manifests, in any case.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads every manifest of the source. Hidden files and folders are skipped.
pub(super) fn run(options: &Options) -> Result<(FileSet, Origins), Error> {
    let reader = Reader::new(options)?;
    let mut found = Vec::new();
    if reader.is_folder(&reader.source).map_err(Fault::from)? {
        collect(&reader, &reader.source, "", 0, &mut found)?;
        let excluded: Vec<_> = options
            .exclude
            .iter()
            .filter_map(|path| reader.resolve(path).ok().flatten())
            .collect();
        found.retain(|(file, _)| !excluded.iter().any(|path| file.starts_with(path)));
    } else {
        let name = reader.source.file_name().and_then(|name| name.to_str());
        match name.filter(|name| is_manifest(name)) {
            Some(name) => found.push((reader.source.clone(), name.to_owned())),
            None => return Err(Fault::SourceKind(options.source.display().to_string()).into()),
        }
    }
    let read = parallel::map(&found, BLOCK, |(file, path)| read(&reader, file, path));
    let (mut files, mut origins) = (FileSet::new(), Origins::default());
    for ((file, _), read) in found.iter().zip(read) {
        let (path, content) = read?;
        origins.add(path.clone(), vec![(1, reader.show(file))]);
        files.insert(path, content);
    }
    Ok((files, origins))
}

fn read(reader: &Reader, file: &Path, path: &str) -> Result<(RelPath, bytes::Bytes), Error> {
    let path = RelPath::parse(path).map_err(Fault::Name)?;
    Ok((path, reader.content(file)?.into()))
}

fn collect(
    reader: &Reader,
    folder: &Path,
    path: &str,
    depth: usize,
    found: &mut Vec<(PathBuf, String)>,
) -> Result<(), Error> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH).into());
    }
    for entry in reader.entries(folder)? {
        let file = folder.join(&entry.name);
        let Some(name) = entry.name.to_str() else {
            return Err(Fault::NotText(reader.show(&file)).into());
        };
        if name.starts_with('.') {
            continue;
        }
        let path = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}/{name}")
        };
        if reader.leads_to_folder(&entry, &file)? {
            collect(reader, &file, &path, depth + 1, found)?;
        } else if is_manifest(name) {
            found.push((file, path));
        }
    }
    Ok(())
}

fn is_manifest(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|text| text.to_str());
    let known = |extension: &str| {
        let mut known = EXTENSIONS.iter();
        known.any(|known| known.eq_ignore_ascii_case(extension))
    };
    extension.is_some_and(known)
}
