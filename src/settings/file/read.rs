//! Reads the settings file as text, in the encodings that editors write.

use std::path::Path;

use crate::error::{Error, Kind};
use crate::source::SourceTree;
use crate::text::encoding::Codec;

use super::{FileSettings, parse};

/// Reads a settings file.
pub fn read(path: &Path) -> Result<FileSettings, Error> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let tree = SourceTree::open(folder.unwrap_or(Path::new(".")))?;
    read_as(&tree, path, path)
}

/// Reads a settings file that lies at `place`, as if it stood at `path`.
pub fn read_as(tree: &SourceTree, path: &Path, place: &Path) -> Result<FileSettings, Error> {
    let message = format!("cannot read the settings file {}", path.display());
    match tree.bytes(place) {
        Ok(Some(bytes)) => parse(path, &decode(path, &bytes)?),
        Ok(None) => Err(
            Error::message(Kind::Usage, format!("{message}: there is no such file"))
                .hint("name the file with `config`, relative to the working directory"),
        ),
        Err(error) => Err(Error::from(error).context(message)),
    }
}

/// Reads the bytes of a settings file that is called `path`.
pub fn parse_bytes(path: &Path, bytes: &[u8]) -> Result<FileSettings, Error> {
    parse(path, &decode(path, bytes)?)
}

/// The text of the file: what its byte order mark says, else UTF-8.
pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<String, Error> {
    let codec = Codec::by_bom(bytes).unwrap_or(Codec::Utf8);
    let body = bytes.strip_prefix(codec.bom()).unwrap_or(bytes);
    let unreadable =
        |message: String| Error::message(Kind::Usage, message).hint("save the file as UTF-8");
    let text = codec.decode(body).map_err(|malformed| {
        let before = &body[..malformed.offset.min(body.len())];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        unreadable(format!(
            "the settings file {}, line {line}: this is not {} text",
            path.display(),
            codec.name()
        ))
    })?;
    // UTF-16 without a mark is valid UTF-8 as long as it is English.
    if text.contains('\0') {
        return Err(unreadable(format!(
            "the settings file {} holds null characters, as UTF-16 without a byte order mark does",
            path.display()
        )));
    }
    Ok(text)
}
