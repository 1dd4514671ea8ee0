//! Why what a definition names could not be installed.

use std::fmt;
use std::path::PathBuf;

use crate::error::Kind;
use crate::model::PathError;
use crate::tools::{self, archive};
use crate::{definition, fetch, git, source};

/// A failure of the install stage, with the component that it is about.
#[derive(Debug)]
pub struct Error {
    /// The component's names from the root, or nothing.
    pub component: Option<String>,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong. Files are shown as seen from the definition.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such folder.
    #[error("there is no folder `{0}`")]
    SourceMissing(String),
    /// A file or folder could not be read.
    #[error("`{file}` could not be read")]
    Read {
        /// The file or folder.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("`{}` could not be written", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Larger than it can sensibly be.
    #[error("`{file}` is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        file: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// Not text.
    #[error("`{0}` is not UTF-8 text")]
    NotText(String),
    /// A file of the source is not read.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// A component or access file that is not as it should be.
    #[error(transparent)]
    Definition(#[from] definition::Fault),
    /// No component file.
    #[error("there is neither a component.yaml nor a component.json in `{0}`")]
    ComponentMissing(String),
    /// A name that cannot be a folder.
    #[error("its name or that of its chart cannot be that of a folder: {0}")]
    Name(#[from] PathError),
    /// A name with a separator.
    #[error("its name {0:?} cannot be that of a folder: it contains a `/`")]
    NameHasSlash(String),
    /// A component that contains itself.
    #[error(
        "it loads `{0}`, which is one of the components that it is in: the definition never ends"
    )]
    Cycle(String),
    /// Nested deeper than anybody can follow.
    #[error("it is nested more than {0} levels deep")]
    TooDeep(usize),
    /// More than is sensible.
    #[error("the definition names more than {0} things to install")]
    TooMany(usize),
    /// Two entries, one folder.
    #[error("it is installed in `{folder}`, where `{other}` puts something else")]
    Clash {
        /// The folder.
        folder: String,
        /// The other component.
        other: String,
    },
    /// Method git without a source.
    #[error("it comes by git, but has no `source`")]
    NoSource,
    /// An address that cannot be used.
    #[error("its source {0}")]
    Address(String),
    /// An address of the SSH kind, on a build of a pull request.
    #[error(
        "its source {0:?} needs the SSH keys of this machine, which a build of a pull request does not use"
    )]
    SshRefused(String),
    /// A repository of this machine, on a build of a pull request.
    #[error(
        "its source {0:?} is outside the checkout, and a build of a pull request reads nothing there"
    )]
    PathRefused(String),
    /// More than is ever installed.
    #[error(transparent)]
    Full(#[from] git::Full),
    /// A component from elsewhere that wants something of this machine.
    #[error(
        "its source {0:?} is a path, and it is listed by a component that comes from elsewhere"
    )]
    ForeignPath(String),
    /// A static file that is not called so.
    #[error("its source {0} does not end in .yaml or .yml")]
    NotYaml(String),
    /// The source wants to run something, and may not.
    #[error("it has a {0} hook, and hooks may not run here")]
    HookRefused(&'static str),
    /// A hook failed.
    #[error("its {hook} hook `{line}` failed with {status}{}", quoted(.tail))]
    HookFailed {
        /// `before-install` or `after-install`.
        hook: &'static str,
        /// The shell line.
        line: String,
        /// How it ended.
        status: tools::Status,
        /// The end of what it wrote.
        tail: String,
    },
    /// access.yaml names a token, and may not be trusted.
    #[error(
        "the token in the variable `{variable}` is not sent to {address}: on a build of a pull request anybody may have written access.yaml"
    )]
    AccessRefused {
        /// Where it would go.
        address: String,
        /// The variable that holds it.
        variable: String,
    },
    /// access.yaml names a variable that is not there.
    #[error("access.yaml names the variable `{variable}` for {address}, and it is not set")]
    TokenMissing {
        /// Where the token would go.
        address: String,
        /// The variable.
        variable: String,
    },
    /// A token that no header can carry.
    #[error("the token in the variable `{variable}` cannot be used: {reason}")]
    Token {
        /// The variable.
        variable: String,
        /// Why.
        reason: String,
    },
    /// A repository could not be read.
    #[error(transparent)]
    Git(#[from] Box<git::Error>),
    /// A file or chart could not be fetched.
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    /// An archive that is not taken.
    #[error("the chart {address} cannot be unpacked: {source}")]
    Archive {
        /// Where it is from.
        address: String,
        /// Why.
        source: archive::Error,
    },
    /// An archive with something else in it.
    #[error("{address} holds no chart `{chart}`")]
    NotAChart {
        /// Where it is from.
        address: String,
        /// The chart's name.
        chart: String,
    },
    /// A dependency of a chart that cannot be brought.
    #[error("the dependency `{name}` of its chart {reason}")]
    Dependency {
        /// Its name.
        name: String,
        /// What is the matter with it.
        reason: String,
    },
    /// The source no longer gives what was locked.
    #[error("{origin} no longer gives what was locked: {what}")]
    Moved {
        /// The source.
        origin: String,
        /// What differs.
        what: String,
    },
    /// The lock file cannot be read.
    #[error("the lock file `{file}` cannot be read: {reason}")]
    Lock {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A name to update that nothing has.
    #[error("nothing that is installed is called `{0}`")]
    UnknownName(String),
    /// A program could not be run.
    #[error(transparent)]
    Tool(#[from] tools::Error),
}

/// Quoted output on lines of its own, when there is any.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(":\n{text}")
    }
}

impl Fault {
    /// This fault in this component.
    pub(super) fn of(self, component: &str) -> Error {
        Error {
            component: Some(component.to_owned()),
            fault: self,
        }
    }

    /// What could not be written.
    pub(super) fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Tool(error) => error.kind(),
            Self::HookRefused(_) | Self::AccessRefused { .. } => Kind::Policy,
            Self::Write { .. } => Kind::Internal,
            Self::UnknownName(_) | Self::SourceMissing(_) => Kind::Usage,
            Self::Moved { .. } => Kind::Conflict,
            Self::Git(error) if error.refusal().is_none() => match error.fault() {
                git::Fault::Machine { .. } => Kind::Internal,
                git::Fault::Http(_) => Kind::Remote,
                _ => Kind::Input,
            },
            Self::Git(_) => Kind::Remote,
            Self::Fetch(error) => error.kind(),
            _ => Kind::Input,
        }
    }
}

impl From<git::Error> for Fault {
    fn from(error: git::Error) -> Self {
        Self::Git(Box::new(error))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self {
            component: None,
            fault,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.component {
            Some(component) => write!(f, "component `{component}`: {}", self.fault),
            None => write!(f, "{}", self.fault),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.fault.source()
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let (kind, hints) = (error.fault.kind(), error.fault.hints());
        Self::new(kind, error).hints(hints)
    }
}
