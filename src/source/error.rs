//! Why a file of the source is not read.

/// Why a file of the source is not read. Nothing here comes from outside of
/// the source: not even whether something is there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path or symbolic link leads out.
    #[error("`{path}` leads out of `{root}`")]
    Outside {
        /// The path.
        path: String,
        /// The folder that nothing is read outside of.
        root: String,
    },
    /// Git's own folder, which may hold the token of the checkout.
    #[error("`{0}` leads into the folder of git, which is not part of the source")]
    Git(String),
    /// The operating system says no.
    #[error("`{file}` could not be read")]
    Read {
        /// The file or folder.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Not text.
    #[error("`{0}` is not UTF-8 text")]
    NotText(String),
    /// Larger than can be sensible.
    #[error("`{file}` has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size in bytes.
        size: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// A device, a pipe, a socket.
    #[error("`{0}` is not an ordinary file")]
    NotAFile(String),
    /// Folders in folders in folders.
    #[error("`{path}` is nested more than {limit} levels deep")]
    TooDeep {
        /// The folder.
        path: String,
        /// The bound.
        limit: usize,
    },
    /// A folder in itself.
    #[error("`{0}` is a link back to a folder that it lies in")]
    Loop(String),
    /// A bound on everything that is read together.
    #[error("reading the source was stopped: {0}")]
    TooMuch(String),
}

impl Error {
    /// What to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Outside { .. } => {
                Some("nothing outside the checkout is read: copy the files into it")
            }
            Self::TooMuch(_) => Some("name a smaller folder as `source`"),
            _ => None,
        }
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self::new(crate::error::Kind::Input, error).hints(hint)
    }
}
