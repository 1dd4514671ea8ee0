//! What can go wrong with the manifest repository, in words.

use crate::error::{Error as CommandError, Kind};
use crate::host::{self, HostKind, Refusal};
use crate::http;
use crate::model::ledger::{LEDGER_FILE, LedgerError};
use crate::model::{Folder, ObjectId};

/// A failed read or push: where, and what.
#[derive(Debug)]
pub struct Error {
    pub(super) repository: String,
    pub(super) kind: HostKind,
    pub(super) branch: Option<String>,
    pub(super) fault: Box<Fault>,
}

/// What went wrong, without the place.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server said no, and we know what it means.
    #[error("{said}")]
    Refused {
        /// What it means.
        meaning: Refusal,
        /// What the server said, or the status it answered with.
        said: String,
    },
    /// The server wants to know who we are, and nothing was sent that says so.
    #[error("no credentials were sent: {0}")]
    NoCredentials(String),
    /// The server refused the branch for a reason we do not know.
    #[error("the server refused the push: {0}")]
    Rejected(String),
    /// There is a server, but no git repository.
    #[error("there is no git repository: {0}")]
    NotARepository(String),
    /// The request did not get through, or failed in the server.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The server could not be spoken to over SSH.
    #[error("{said}")]
    Ssh {
        /// Why.
        trouble: super::Trouble,
        /// What git and SSH said.
        said: String,
    },
    /// The git program failed for a reason we do not know.
    #[error("git failed while {doing}: {said}")]
    Git {
        /// What it was doing.
        doing: &'static str,
        /// What it said.
        said: String,
    },
    /// The git program could not be run.
    #[error(transparent)]
    Program(#[from] crate::tools::Error),
    /// The push was sent, and the answer was lost.
    #[error("the connection was lost after commit {} was sent, so it is not known whether it landed: {reason}", pushed.commit)]
    OutcomeUnknown {
        /// The commit that may have landed.
        pushed: super::Pushed,
        /// How the answer was lost.
        reason: String,
    },
    /// The push was sent, and the answer does not mention the branch.
    #[error("the server took the push without a word about the branch{}", if *looked { ", which has not moved" } else { "" })]
    Silent {
        /// The commit that may have landed.
        pushed: super::Pushed,
        /// It was looked for, and is not there.
        looked: bool,
    },
    /// The server did not answer as git servers do.
    #[error("the server's answer could not be understood while {doing}: {reason}")]
    Protocol {
        /// What was being read.
        doing: &'static str,
        /// What was wrong with it.
        reason: String,
    },
    /// The server had no time for the push.
    #[error("it was too busy to take the push: {said}")]
    Busy {
        /// The answer.
        said: String,
        /// How long it asks to wait.
        after: Option<std::time::Duration>,
    },
    /// The server does not hand out an object that was asked for by its id.
    #[error("the server does not hand out single objects: {0}")]
    WantRefused(String),
    /// More than any honest repository holds.
    #[error("{what} is larger than {limit}, which is more than this program takes")]
    TooBig {
        /// What is too big.
        what: &'static str,
        /// The limit, with its unit.
        limit: String,
    },
    /// Not SHA-1.
    #[error("it uses the object format {0}; only sha1 is supported")]
    ObjectFormat(String),
    /// This run may not write.
    #[error("this is a pull request build, so nothing is written")]
    ReadOnly,
    /// The repository has branches, but none of them is the default.
    #[error("it has no default branch")]
    NoDefaultBranch,
    /// There is no commit yet.
    #[error("it has no commits")]
    Empty,
    /// It has no such branch.
    #[error("it has no branch {0:?}")]
    NoBranch(String),
    /// Neither a tag nor a branch nor a commit has this name.
    #[error("it has no tag, branch or commit {0:?}")]
    NoVersion(String),
    /// It does not have this commit, or not any more.
    #[error("it does not have the commit {0}, or does not hand it out")]
    NoCommit(ObjectId),
    /// No git branch can have this name.
    #[error("{0:?} is not a valid branch name")]
    InvalidBranch(String),
    /// Something that is not ours stands where a file or folder is to be written.
    #[error("{path:?} is {what}, which is in the way")]
    InTheWay {
        /// Path from the repository's root.
        path: String,
        /// What it is, with its article.
        what: &'static str,
    },
    /// A ledger that cannot be read.
    #[error("the ledger {} cannot be read: {source}", ledger_path(folder))]
    Ledger {
        /// The owned folder.
        folder: Folder,
        /// Why.
        source: LedgerError,
    },
    /// A local path where there is nothing.
    #[error("there is no repository")]
    Missing,
    /// A local repository with a working tree that has the branch checked out.
    #[error("the branch is checked out there, and pushing would not change its files")]
    CheckedOut,
    /// This machine failed: disk, memory, a local repository.
    #[error("{doing} failed: {reason}")]
    Machine {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        reason: String,
    },
}

fn ledger_path(folder: &Folder) -> String {
    folder.path().map_or_else(
        || LEDGER_FILE.to_owned(),
        |path| format!("{path}/{LEDGER_FILE}"),
    )
}

impl Fault {
    /// A fault of this machine.
    pub(super) fn machine(doing: &'static str) -> impl Fn(git2::Error) -> Self {
        move |error| Self::Machine {
            doing,
            reason: error.message().to_owned(),
        }
    }

    /// An answer that could not be understood.
    pub(super) fn protocol(doing: &'static str, reason: impl Into<String>) -> Self {
        Self::Protocol {
            doing,
            reason: reason.into(),
        }
    }
}

impl Error {
    /// What went wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// What the server's refusal means, when it was one.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.fault() {
            Fault::Refused { meaning, .. } => Some(*meaning),
            Fault::NoCredentials(_) => Some(Refusal::Authentication),
            _ => None,
        }
    }

    /// The commit of a push whose answer was lost.
    pub fn unknown_outcome(&self) -> Option<super::Pushed> {
        match self.fault() {
            Fault::OutcomeUnknown { pushed, .. } | Fault::Silent { pushed, .. } => Some(*pushed),
            _ => None,
        }
    }

    /// How long the server asks to wait before the next try.
    pub fn asked_pause(&self) -> Option<std::time::Duration> {
        match self.fault() {
            Fault::Busy { after, .. } => *after,
            _ => None,
        }
    }

    /// Whether reading again and trying again can help: the branch moved, or
    /// the answer to something harmless or something unknown was lost.
    pub fn is_passing(&self) -> bool {
        match self.fault() {
            Fault::Refused { meaning, .. } => *meaning == Refusal::Stale,
            Fault::OutcomeUnknown { .. } | Fault::Busy { .. } => true,
            Fault::Silent { looked, .. } => !looked,
            Fault::Ssh { trouble, .. } => *trouble == super::Trouble::Lost,
            // Everything earlier has been tried again already, request by request.
            Fault::Http(http::Error::Connection { progress, .. }) => {
                *progress == http::Progress::Answering
            }
            _ => false,
        }
    }

    /// Whether the server said nothing of the branch: it is looked at once, and
    /// nothing is sent again.
    pub fn is_silent(&self) -> bool {
        matches!(self.fault(), Fault::Silent { .. })
    }

    /// The same, after the branch was looked at.
    #[must_use]
    pub fn looked_at(mut self) -> Self {
        if let Fault::Silent { looked, .. } = &mut *self.fault {
            *looked = true;
        }
        self
    }

    /// What the server's words mean for the branch and the place.
    fn sentence(&self) -> String {
        let place = match &self.branch {
            Some(branch) => format!("branch {branch:?} of {}", self.repository),
            None => self.repository.clone(),
        };
        match self.fault() {
            Fault::Refused { meaning, said } => match meaning {
                Refusal::Stale => format!("{place} moved while it was being published to: {said}"),
                Refusal::Authentication => format!("{place} refused the credentials: {said}"),
                Refusal::Permission => format!("{place} does not permit this: {said}"),
                Refusal::NotFound => format!("{place} was not found: {said}"),
                Refusal::Protected => format!("{place} is protected against pushes: {said}"),
                Refusal::Author => {
                    format!("{place} does not take commits of this author: {said}")
                }
                Refusal::Unsigned => format!("{place} takes signed commits only: {said}"),
                Refusal::Secrets => {
                    format!("{place} refused the push because of a secret in it: {said}")
                }
                Refusal::Name => {
                    format!("{place} refused the push because of the name of a file: {said}")
                }
                Refusal::Hook => {
                    format!("a rule or hook of the server refused the push to {place}: {said}")
                }
                Refusal::TooLarge => {
                    format!("{place} refused the push because of its size: {said}")
                }
                Refusal::Throttled => format!("{place} asks for fewer requests: {said}"),
            },
            Fault::NoCredentials(said) => {
                format!("{place} asks for credentials, and this run has none for it: {said}")
            }
            Fault::Ssh { trouble, said } => format!("{place} {}: {said}", trouble.meaning()),
            Fault::Http(error) => format!("{place} could not be reached: {error}"),
            fault => format!("{place}: {fault}"),
        }
    }

    /// What kind of host it is about.
    pub fn host(&self) -> HostKind {
        self.kind
    }

    fn advice(&self) -> Vec<String> {
        let text = match self.fault() {
            Fault::Refused { meaning, .. } => return host::advice(self.kind, *meaning),
            Fault::Ssh { trouble, .. } => {
                return trouble.advice().iter().map(|&it| it.to_owned()).collect();
            }
            Fault::Program(error) => {
                let mut hints = error.hints();
                hints.push("or use the https address of the repository with an access token: that needs no program".to_owned());
                return hints;
            }
            Fault::Git { .. } => {
                "try the same address with `git ls-remote` on this machine, as the same user"
            }
            // Where a token is given is known to those who took it.
            Fault::NoCredentials(_) => return Vec::new(),
            Fault::Rejected(_) => {
                "look at the server's words and its hooks or policies for this branch"
            }
            Fault::NotARepository(_) => {
                "check the address: it must be the one that `git clone` takes"
            }
            Fault::Http(error) => return error.hints(),
            Fault::Busy { .. } => "wait a few minutes and run again",
            Fault::OutcomeUnknown { .. } => {
                "run again: what was published already is recognized and not published twice"
            }
            Fault::Silent { .. } => {
                "look at the server's log for this push: it took the request and did not say what became of it"
            }
            Fault::Protocol { .. } | Fault::WantRefused(_) => {
                "check that the address is a git repository and that no proxy changes the answers; otherwise please report this"
            }
            Fault::TooBig { .. } => {
                "check that the address is the manifest repository; keep large files out of it"
            }
            Fault::ObjectFormat(_) => "use a repository with the object format sha1",
            Fault::Empty | Fault::NoBranch(_) | Fault::NoVersion(_) | Fault::NoCommit(_) => {
                "check the name of the branch, the tag or the commit"
            }
            Fault::NoDefaultBranch => "name the branch to publish to",
            Fault::InvalidBranch(_) => "write the branch as in `git branch`, such as `main`",
            Fault::InTheWay { .. } => {
                "move it away in the manifest repository, or publish to another folder"
            }
            Fault::Ledger {
                source: LedgerError::Version(_),
                ..
            } => "use the version of this program that published last, or a newer one",
            Fault::Ledger { .. } => {
                "restore the file from the repository's history: it says which files may be removed"
            }
            Fault::ReadOnly => {
                "to publish from pull request builds, set `allowPullRequestPublish` on the task"
            }
            Fault::Missing => {
                "check the path; `publish` without `manifestRepo` makes `.gitops/manifests.git` at a terminal, `git init --bare` makes one anywhere"
            }
            Fault::CheckedOut => {
                "use a bare repository (`git init --bare`), or publish to another branch"
            }
            Fault::Machine { .. } => "check free space and permissions",
        };
        vec![text.to_owned()]
    }

    fn command_kind(&self) -> Kind {
        match self.fault() {
            Fault::Refused {
                meaning: Refusal::Stale,
                ..
            }
            | Fault::InTheWay { .. }
            | Fault::CheckedOut => Kind::Conflict,
            Fault::ReadOnly => Kind::Policy,
            Fault::Refused { meaning, .. } if meaning.is_policy() => Kind::Policy,
            Fault::InvalidBranch(_)
            | Fault::NoDefaultBranch
            | Fault::Empty
            | Fault::NoBranch(_)
            | Fault::NoVersion(_)
            | Fault::NoCommit(_)
            | Fault::Missing
            | Fault::Ledger { .. } => Kind::Input,
            Fault::Machine { .. } => Kind::Internal,
            Fault::Program(error) => error.kind(),
            _ => Kind::Remote,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for Error {}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let hints = error.advice();
        Self::new(error.command_kind(), error).hints(hints)
    }
}
