//! Why a program could not be run.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Tool, archive};
use crate::error::Kind;
use crate::http::{self, NOT_PUBLIC, NotPublic};
use crate::model::RedactedUrl;

/// Why a program could not be run. That it ran and failed is not an error
/// here: see [`super::Output::status`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program would be sent to a private network.
    #[error(transparent)]
    NotPublic(#[from] NotPublic),
    /// Not on the search path.
    #[error("`{0}` was not found on PATH")]
    Missing(String),
    /// The configured program is not one.
    #[error("`{}` is not an executable file", .0.display())]
    NotExecutable(PathBuf),
    /// The program does not know its own file.
    #[error("the file of the running program is not known, and it is needed to start it again")]
    NoOwnProgram,
    /// The operating system refused to start it.
    #[error("`{program}` could not be started")]
    Start {
        /// The program's name.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system refused to confine it.
    #[error("`{program}` could not be confined, and does not run otherwise")]
    Confine {
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
    /// Not here, and nothing may be downloaded.
    #[error("`{tool}` is neither on PATH nor in the tool cache, and nothing may be downloaded")]
    Offline {
        /// The program.
        tool: Tool,
        /// The version that the tool cache may hold.
        version: String,
        /// Where it would be in the tool cache.
        home: PathBuf,
    },
    /// Something else than a version.
    #[error("{version:?} is not a version of `{tool}`")]
    NoVersion {
        /// The program.
        tool: Tool,
        /// What was asked for.
        version: String,
    },
    /// No release for this machine.
    #[error(
        "there is no release of `{tool}` for this machine ({} {})",
        std::env::consts::OS,
        std::env::consts::ARCH
    )]
    NoPlatform {
        /// The program.
        tool: Tool,
    },
    /// No checksum is known.
    #[error("the checksum of `{archive}` is not known, and nothing runs unchecked")]
    Unpinned {
        /// The archive's file name.
        archive: String,
        /// Where the project publishes the checksum.
        published: String,
    },
    /// A configured checksum is none.
    #[error("the checksum of `{0}` is not a SHA-256 in 64 hexadecimal digits")]
    NoChecksum(String),
    /// The archive could not be had.
    #[error("`{archive}` could not be downloaded")]
    Download {
        /// The archive's file name.
        archive: String,
        /// What went wrong.
        source: Box<http::Error>,
    },
    /// The archive is not the one that was expected.
    #[error("`{archive}` from {url} has the SHA-256 {found}, but {expected} is expected")]
    Checksum {
        /// The archive's file name.
        archive: String,
        /// Where it came from.
        url: Box<RedactedUrl>,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The archive could not be unpacked.
    #[error("`{archive}` could not be unpacked")]
    Archive {
        /// The archive's file name.
        archive: String,
        /// What is wrong with it.
        source: archive::Error,
    },
    /// The archive holds something else.
    #[error("there is no program `{tool}` in `{archive}`")]
    NoProgram {
        /// The program.
        tool: Tool,
        /// The archive's file name.
        archive: String,
    },
    /// The tool cache could not be written.
    #[error("the tool cache `{}` could not be written", folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It does not say what it is.
    #[error("`{program}` does not report its version: {said:?}")]
    Version {
        /// The program's name.
        program: String,
        /// The end of what it said.
        said: String,
    },
    /// The same failure as that of another environment.
    #[error(transparent)]
    Shared(Arc<Error>),
}

impl Error {
    /// Whether the program is simply not there.
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Missing(_) | Self::Offline { .. } | Self::NoPlatform { .. } => true,
            Self::Shared(error) => error.is_absence(),
            _ => false,
        }
    }

    /// What sort of failure this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Shared(error) => error.kind(),
            Self::NotPublic(_) => Kind::Policy,
            Self::Download { .. } => Kind::Remote,
            Self::Start { .. }
            | Self::Confine { .. }
            | Self::Read { .. }
            | Self::Temporary { .. }
            | Self::Cache { .. } => Kind::Internal,
            _ => Kind::Input,
        }
    }

    /// What the user can do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NotPublic(_) => vec![NOT_PUBLIC.to_owned()],
            Self::Missing(program) if program == "helm" => vec![
                "install Helm 3 or 4 (https://helm.sh/docs/intro/install), name the program in \
                 the setting `helm`, or set `tools` to `auto` to have it downloaded"
                    .to_owned(),
            ],
            Self::Missing(program) if program == "kustomize" => vec![
                "install Kustomize 5 (https://kubectl.docs.kubernetes.io/installation/kustomize), \
                 name the program in the setting `kustomize`, or set `tools` to `auto` to have it downloaded"
                    .to_owned(),
            ],
            Self::Missing(program) => {
                vec![format!("install `{program}` or add its folder to PATH")]
            }
            Self::Temporary { .. } => vec!["check that the disk is not full".to_owned()],
            Self::Shared(error) => error.hints(),
            Self::Offline {
                tool,
                version,
                home,
            } => vec![
                format!("install `{tool}` on this machine, or name the program in the setting `{tool}`"),
                format!(
                    "or warm the tool cache: unpack the release {version} into `{}` and make the empty file `{}.complete`",
                    home.display(),
                    home.display()
                ),
            ],
            Self::NoVersion { .. } => {
                vec!["write all three numbers, as in `3.21.4`".to_owned()]
            }
            Self::NoPlatform { tool } => vec![format!(
                "install `{tool}` on this machine, or name the program in the setting `{tool}`"
            )],
            Self::Unpinned { archive, published } => vec![format!(
                "add `{archive}=<sha256>` to the setting `toolChecksums`; the project publishes it at {published}"
            )],
            Self::Download { archive, .. } => {
                let mut hints = vec![
                    "check the network and the proxy; without internet access, name a mirror in the setting `toolMirror`, or install the program".to_owned(),
                ];
                if archive.starts_with("kustomize") {
                    hints.push("with `tools: path`, the kustomize in `kubectl` is used where there is no other".to_owned());
                }
                hints
            }
            Self::Checksum { .. } => vec![
                "a proxy or a sign-in page may have answered instead; if the mirror packs its own archives, give their checksums in the setting `toolChecksums`".to_owned(),
            ],
            Self::Cache { .. } => vec![
                "check that the agent's tools folder may be written and that the disk is not full".to_owned(),
            ],
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
