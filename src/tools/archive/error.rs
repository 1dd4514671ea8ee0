//! Why an archive is not taken.

use std::path::PathBuf;

/// Why an archive is not taken. Entries are named as the archive has them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that leads out, or that is no good on some system.
    #[error("the entry {name:?} is refused: {reason}")]
    Name {
        /// The entry.
        name: String,
        /// What is wrong with its name.
        reason: &'static str,
    },
    /// A link, a device, or anything else that is neither file nor folder.
    #[error("the entry {name:?} is {what}; only files and folders are unpacked")]
    Special {
        /// The entry.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// Two entries for one file, on a file system that ignores case at least.
    #[error("the entries {name:?} and {other:?} are the same file")]
    Clash {
        /// The later entry.
        name: String,
        /// The earlier one.
        other: String,
    },
    /// More entries than allowed.
    #[error("it has more than {0} entries")]
    TooMany(usize),
    /// A file larger than allowed.
    #[error("the entry {name:?} is larger than {limit} bytes")]
    FileTooLarge {
        /// The entry.
        name: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// More content than allowed.
    #[error("its content is larger than {0} bytes")]
    TooLarge(u64),
    /// Cut off, or not an archive of this kind at all.
    #[error("it is damaged{place}: {reason}")]
    Damaged {
        /// ``at `entry` ``, or nothing.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Packed in a way that is not read here.
    #[error("it cannot be read: {0}")]
    Unsupported(String),
    /// The disk said no.
    #[error("`{}` could not be written", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Error {
    /// An archive that cannot be read on, at this entry.
    pub(super) fn damaged(name: Option<&str>, source: &std::io::Error) -> Self {
        Self::Damaged {
            place: name.map(|name| format!(" at `{name}`")).unwrap_or_default(),
            reason: source.to_string(),
        }
    }
}
