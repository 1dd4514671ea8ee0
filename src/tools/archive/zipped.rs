//! zip.

use std::io::{Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::names::{Names, shown};
use super::{Content, Error, Item, Limits, Visit};

/// The part of a Unix mode that says what a file is.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

pub(super) fn walk(
    archive: impl Read + Seek,
    limits: &Limits,
    names: &mut Names,
    visit: Visit<'_>,
) -> Result<(), Error> {
    let mut archive = ZipArchive::new(archive).map_err(|error| fault(error, None))?;
    if archive.has_duplicate_names() {
        return Err(Error::Damaged {
            place: String::new(),
            reason: "two entries have the same name".to_owned(),
        });
    }
    if archive.len() > limits.entries {
        return Err(Error::TooMany(limits.entries));
    }
    let mut left = limits.total;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| fault(error, None))?;
        let raw = entry.name_raw().to_vec();
        let mode = entry.unix_mode();
        let folder = raw.ends_with(b"/");
        let kind = mode.map_or(0, |mode| mode & TYPE);
        let ordinary = kind == 0 || kind == if folder { FOLDER } else { REGULAR };
        if entry.is_symlink() || !ordinary {
            return Err(Error::Special {
                name: shown(&raw),
                what: if entry.is_symlink() {
                    "a symbolic link"
                } else {
                    "of an unknown type"
                },
            });
        }
        let Some(path) = names.take(&raw, folder)? else {
            continue;
        };
        let size = if folder { 0 } else { entry.size() };
        let item = Item {
            path,
            folder,
            executable: mode.is_some_and(|mode| mode & 0o111 != 0),
        };
        let name = item.path.as_str().to_owned();
        let mut content = Content {
            reader: &mut entry,
            name: &name,
            size,
            left: &mut left,
            limits,
        };
        visit(&item, &mut content)?;
    }
    Ok(())
}

fn fault(error: ZipError, name: Option<&str>) -> Error {
    match error {
        ZipError::Io(source) => Error::damaged(name, &source),
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Error::Unsupported(error.to_string())
        }
        other => Error::Damaged {
            place: String::new(),
            reason: other.to_string(),
        },
    }
}
