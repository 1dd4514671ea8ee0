//! tar in gzip.

use std::io::{ErrorKind, Read};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::names::{Names, shown};
use super::{Content, Error, Item, Limits, Visit};

/// Room for headers and padding, beside the content, per entry.
const HEADERS: u64 = 4 << 10;

pub(super) fn walk(
    archive: impl Read,
    limits: &Limits,
    names: &mut Names,
    visit: Visit<'_>,
) -> Result<(), Error> {
    // Names and attributes are in the stream too: it is bounded as a whole.
    let headers = HEADERS.saturating_mul(limits.entries as u64 + 16);
    let mut stream = Bounded {
        inner: MultiGzDecoder::new(archive),
        left: limits.total.saturating_add(headers),
        over: false,
    };
    let result = entries(&mut stream, limits, names, visit);
    if stream.over {
        return Err(Error::TooLarge(limits.total));
    }
    result?;
    // What follows the last entry is padding; reading it checks the gzip sum.
    let rest = std::io::copy(&mut stream, &mut std::io::sink());
    match rest {
        Err(_) if stream.over => Err(Error::TooLarge(limits.total)),
        Err(source) => Err(Error::damaged(None, &source)),
        Ok(_) => Ok(()),
    }
}

fn entries(
    stream: &mut impl Read,
    limits: &Limits,
    names: &mut Names,
    visit: Visit<'_>,
) -> Result<(), Error> {
    let damaged = |source: std::io::Error| Error::damaged(None, &source);
    let mut left = limits.total;
    let mut archive = tar::Archive::new(stream);
    let mut any = false;
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        any = true;
        let raw = entry.path_bytes().into_owned();
        let folder = match entry.header().entry_type() {
            // The commit that `git archive` was made from, and the like.
            EntryType::XGlobalHeader => continue,
            EntryType::Regular => false,
            EntryType::Directory => true,
            other => {
                return Err(Error::Special {
                    name: shown(&raw),
                    what: what(other),
                });
            }
        };
        let Some(path) = names.take(&raw, folder)? else {
            continue;
        };
        let mode = entry.header().mode().map_err(damaged)?;
        let size = if folder { 0 } else { entry.size() };
        let item = Item {
            path,
            folder,
            executable: mode & 0o111 != 0,
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
    if any {
        Ok(())
    } else {
        Err(Error::Damaged {
            place: String::new(),
            reason: "there is nothing in it".to_owned(),
        })
    }
}

fn what(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "of an unknown type",
    }
}

/// A stream that ends with an error after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    over: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(left) = self.left.checked_sub(count as u64) {
            self.left = left;
            return Ok(count);
        }
        self.over = true;
        Err(std::io::Error::new(ErrorKind::InvalidData, "too large"))
    }
}
