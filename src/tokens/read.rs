//! Reading one file, a large one with two threads.
//!
//! Owns nothing but speed: most of the time of a large read goes into memory
//! that is touched for the first time, which two threads do in half of it.

#![expect(
    clippy::disallowed_methods,
    reason = "files that the caller names, and the private copy"
)]

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Smaller files are not worth a thread.
const LARGE: u64 = 8 << 20;

/// The whole file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < LARGE {
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    match usize::try_from(length)
        .ok()
        .and_then(|length| halves(&file, length))
    {
        Some(bytes) => Ok(bytes),
        // The file changed meanwhile, or is too large to say.
        None => fs::read(path),
    }
}

/// Both halves at once; `None` when the file is not as long as it was.
#[cfg(unix)]
fn halves(file: &File, length: usize) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    let mut bytes = vec![0; length];
    let middle = length / 2;
    let (first, second) = bytes.split_at_mut(middle);
    let offset = u64::try_from(middle).ok()?;
    let whole = std::thread::scope(|scope| {
        let other = scope.spawn(|| file.read_exact_at(second, offset));
        let here = file.read_exact_at(first, 0);
        matches!((here, other.join()), (Ok(()), Ok(Ok(()))))
    });
    whole.then_some(bytes)
}

/// Reading at a place is not the same on other systems.
#[cfg(not(unix))]
fn halves(_: &File, _: usize) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_large_file_is_read_as_it_is() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let content: Vec<u8> = (0..=250).cycle().take(9_000_001).collect();
        file.write_all(&content).unwrap();
        assert!(read(file.path()).unwrap() == content);
    }
}
