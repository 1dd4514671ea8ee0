//! What a run and the process that evaluates for it say to each other, on two
//! pipes.
//!
//! A message is two lengths, a header in JSON, and bytes: the content of a file,
//! or the manifests of a program. Owns its form; knows neither end.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The bytes of the two lengths.
pub(super) const LENGTHS: usize = 16;

/// The longest header. A header holds a message and a shortened trace.
const HEADER: usize = 64 << 20;

/// The longest body: the largest file that is read is smaller, and so are the
/// manifests of a program.
const BODY: usize = 512 << 20;

/// A file, by a number that stands for its path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct File {
    pub id: usize,
    /// Its path for messages and `std.thisFile`.
    pub shown: String,
}

/// What the run says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Once, first of all.
    Start(Start),
    /// The body is the program's text.
    Evaluate { file: File },
    /// An import was found; the body is its content.
    Found(File),
    /// An import was not found, and why.
    NotFound(String),
}

/// What holds for every program.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    pub variables: Vec<(String, String)>,
    pub arguments: Vec<(String, String)>,
    pub limits: Limits,
}

/// How much an evaluation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Limits {
    /// Seconds for all programs of a source.
    pub seconds: u64,
    /// Memory in MiB.
    pub memory: u64,
}

/// What the evaluating process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The file `from` imports `path`.
    Import {
        from: usize,
        path: String,
        /// As a program, not as text or bytes.
        code: bool,
    },
    /// A program was evaluated; the body is its manifests, or empty. Place and
    /// text of what it traced.
    Done { traced: Vec<(String, String)> },
    /// A program failed.
    Failed(Failure),
    /// A program yields something else than resources.
    Unfit(String),
}

/// Why a program failed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub message: String,
    /// Where, innermost first.
    pub trace: Vec<String>,
    pub hint: Option<String>,
}

/// A message in its form.
pub(super) fn encode(header: &impl Serialize, body: &[u8]) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let mut bytes = Vec::with_capacity(LENGTHS + header.len() + body.len());
    for length in [header.len(), body.len()] {
        bytes.extend(
            u64::try_from(length)
                .map_err(io::Error::other)?
                .to_be_bytes(),
        );
    }
    bytes.extend(header);
    bytes.extend(body);
    Ok(bytes)
}

/// The lengths of header and body.
pub(super) fn lengths(bytes: [u8; LENGTHS]) -> io::Result<(usize, usize)> {
    let (header, body) = bytes.split_at(LENGTHS / 2);
    let length = |bytes: &[u8]| {
        let length = bytes
            .iter()
            .fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
        usize::try_from(length).map_err(io::Error::other)
    };
    let (header, body) = (length(header)?, length(body)?);
    if header > HEADER || body > BODY {
        return Err(io::Error::other("a message is too long"));
    }
    Ok((header, body))
}

/// A header as what it means.
pub(super) fn decode<T: DeserializeOwned>(header: &[u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(header)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let bytes = encode(&Request::NotFound("a\n".to_owned()), b"\0body").unwrap();
        let (header, body) = lengths(bytes[..LENGTHS].try_into().unwrap()).unwrap();
        let (start, rest) = bytes[LENGTHS..].split_at(header);
        assert!(matches!(decode(start).unwrap(), Request::NotFound(text) if text == "a\n"));
        assert_eq!((rest, body), (b"\0body".as_slice(), 5));
    }

    #[test]
    fn a_length_that_nobody_means_is_refused() {
        assert!(lengths([0xff; LENGTHS]).is_err());
        assert!(lengths(*b"\0\0\0\0\0\0\0\x01\0\0\0\0\xff\0\0\0").is_err());
    }
}
