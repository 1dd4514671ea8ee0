//! Static components: every file of a folder, bytes unchanged.

use super::walk::Visit;
use super::{Content, Error, Fault};
use crate::generate::reading::Reader;
use crate::source::Kind;
use crate::text::Format;

/// The files in byte order of their names, each behind a separator.
pub(super) fn generate(reader: &Reader, visit: &Visit) -> Result<Content, Error> {
    read(reader, visit).map_err(|fault| fault.of(&visit.label))
}

fn read(reader: &Reader, visit: &Visit) -> Result<Content, Fault> {
    let folder = visit.component.files(&visit.folder);
    let mut content = Content::default();
    let mut line = 1;
    if !reader.is_folder(&folder)? {
        return Err(Fault::StaticMissing(reader.show(&folder)));
    }
    let entries = reader.entries(&folder)?;
    for entry in entries {
        let file = folder.join(&entry.name);
        if entry.kind == Kind::Folder {
            return Err(Fault::Subfolder {
                folder: reader.show(&folder),
                name: entry.name.to_string_lossy().into_owned(),
            });
        }
        let real = reader.resolve(&file)?.unwrap_or_else(|| file.clone());
        if !reader.fits(&real, &[Format::Yaml, Format::Json]) {
            return Err(Fault::Unfit(reader.show(&file)));
        }
        let text = reader.content(&file)?;
        content.starts.push((line + 1, reader.show(&file)));
        line += memchr::memchr_iter(b'\n', &text).count() + 2;
        content.text.extend_from_slice(b"---\n");
        content.text.extend_from_slice(&text);
        content.text.push(b'\n');
    }
    Ok(content)
}
