//! Static components: every file of a folder, bytes unchanged.

use std::io::ErrorKind;

use super::walk::Visit;
use super::{Content, Error, Fault};
use crate::generate::reading::Reader;

/// The files in byte order of their names, each behind a separator.
pub(super) fn generate(reader: &Reader, visit: &Visit) -> Result<Content, Error> {
    let content = read(reader, visit).map_err(|fault| fault.of(&visit.label))?;
    Ok((content, Vec::new()))
}

fn read(reader: &Reader, visit: &Visit) -> Result<Vec<u8>, Fault> {
    let folder = visit.component.files(&visit.folder);
    reader.check(&folder, &visit.folder)?;
    let mut content = Vec::new();
    let entries = reader.entries(&folder).map_err(|fault| match fault {
        Fault::Read { file, source } if source.kind() == ErrorKind::NotFound => {
            Fault::StaticMissing(file)
        }
        other => other,
    })?;
    for entry in entries {
        let file = folder.join(&entry.name);
        if entry.file_type.is_dir() {
            return Err(Fault::Subfolder {
                folder: reader.show(&folder),
                name: entry.name.to_string_lossy().into_owned(),
            });
        }
        content.extend_from_slice(b"---\n");
        reader.append(&file, entry.file_type, &mut content)?;
        content.push(b'\n');
    }
    Ok(content)
}
