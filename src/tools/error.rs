//! Why a program could not be run.

use std::path::PathBuf;

use crate::error::Kind;

/// Why a program could not be run. That it ran and failed is not an error
/// here: see [`super::Output::status`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not on the search path.
    #[error("`{0}` was not found on PATH")]
    Missing(String),
    /// The configured program is not one.
    #[error("`{}` is not an executable file", .0.display())]
    NotExecutable(PathBuf),
    /// The operating system refused to start it.
    #[error("`{program}` could not be started")]
    Start {
        /// The program's name.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Talking to the running program failed.
    #[error("`{program}` could not be read from")]
    Read {
        /// The program's name.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It wrote more than anybody wants to hold in memory.
    #[error("`{program}` wrote more than {limit} bytes")]
    TooMuchOutput {
        /// The program's name.
        program: String,
        /// The bound, in bytes.
        limit: usize,
    },
    /// No room for temporary files.
    #[error("no temporary file could be made in `{}`", folder.display())]
    Temporary {
        /// The folder for temporary files.
        folder: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Error {
    /// What sort of failure this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Missing(_) | Self::NotExecutable(_) | Self::TooMuchOutput { .. } => Kind::Input,
            Self::Start { .. } | Self::Read { .. } | Self::Temporary { .. } => Kind::Internal,
        }
    }

    /// What the user can do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Missing(program) if program == "helm" => vec![
                "install Helm 3 or 4 (https://helm.sh/docs/intro/install; in a pipeline the \
                 HelmInstaller task does it) or name the program in the setting `helm`"
                    .to_owned(),
            ],
            Self::Missing(program) => {
                vec![format!("install `{program}` or add its folder to PATH")]
            }
            Self::Temporary { .. } => vec!["check that the disk is not full".to_owned()],
            _ => Vec::new(),
        }
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let (kind, hints) = (error.kind(), error.hints());
        Self::new(kind, error).hints(hints)
    }
}
