//! What can go wrong at a host's interface, in words, and what helps.

use std::time::Duration;

use crate::error::{Error as CommandError, Kind};
use crate::{http, identity};

use super::{HostKind, Refusal, azure, github};

/// A failed operation at a host's interface: what was done, where, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("{doing} in {repository} failed: {fault}")]
pub struct ApiError {
    pub(super) doing: String,
    pub(super) repository: String,
    pub(super) kind: HostKind,
    pub(super) fault: Box<Fault>,
}

/// Why, without the place.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server said no, and we know what it means.
    #[error("{said}")]
    Refused {
        /// What it means.
        meaning: Refusal,
        /// What the server said, or the status it answered with.
        said: String,
        /// What the answer itself tells to do: the scope or permission that is missing.
        help: Vec<String>,
        /// How long the server asks to wait.
        after: Option<Duration>,
    },
    /// The server understood the request and finds something wrong with it.
    #[error("{said}")]
    Invalid {
        /// HTTP status code.
        status: u16,
        /// What the server said.
        said: String,
    },
    /// The pull request cannot be merged as things are.
    #[error("{said}")]
    NotMergeable {
        /// What the server said.
        said: String,
    },
    /// The branch holds nothing that the target branch does not have.
    #[error("{said}")]
    NoCommits {
        /// What the server said.
        said: String,
    },
    /// The request was sent, the answer was lost, and looking did not tell.
    #[error("the answer was lost, so it is not known whether it was done: {reason}")]
    Unknown {
        /// How the answer was lost.
        reason: String,
    },
    /// The request did not get through.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The answer is not what the host's interface promises.
    #[error("the server's answer could not be understood: {reason}")]
    Answer {
        /// What is wrong with it.
        reason: String,
    },
    /// The address is not one of this host.
    #[error("the address does not name a repository of this kind of host: {reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no token of Entra.
    #[error(transparent)]
    Identity(#[from] identity::Error),
    /// This run may not write.
    #[error("this is a pull request build, so nothing is written")]
    ReadOnly,
    /// The private key of a GitHub App cannot be used.
    #[error("the private key of the GitHub App cannot be used: {reason}")]
    Key {
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Fault {
    /// An answer that could not be understood.
    pub(super) fn answer(reason: impl Into<String>) -> Self {
        Self::Answer {
            reason: reason.into(),
        }
    }

    /// A refusal without anything that helps beyond the usual.
    pub(super) fn refused(meaning: Refusal, said: impl Into<String>) -> Self {
        Self::Refused {
            meaning,
            said: said.into(),
            help: Vec::new(),
            after: None,
        }
    }

    /// What the server's refusal means, when it was one.
    pub(super) fn meaning(&self) -> Option<Refusal> {
        match self {
            Self::Refused { meaning, .. } => Some(*meaning),
            _ => None,
        }
    }

    /// The server looked at the request and did not do it.
    pub(super) fn is_definite(&self) -> bool {
        matches!(self, Self::Invalid { .. } | Self::NotMergeable { .. })
            || self.meaning().is_some_and(|meaning| {
                !matches!(meaning, Refusal::Throttled | Refusal::Authentication)
            })
    }
}

impl ApiError {
    /// Why it failed.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The sort of host.
    pub fn host(&self) -> HostKind {
        self.kind
    }

    /// What the server's refusal means, when it was one.
    pub fn refusal(&self) -> Option<Refusal> {
        self.fault.meaning()
    }

    fn advice(&self) -> Vec<String> {
        let text = match self.fault() {
            Fault::Refused { meaning, help, .. } => {
                let usual = match self.kind {
                    HostKind::Azure => azure::pull_request_advice(*meaning),
                    HostKind::GitHub | HostKind::Git => github::pull_request_advice(*meaning),
                };
                let mut all = help.clone();
                if all.is_empty() {
                    all.extend(usual.iter().map(|&text| text.to_owned()));
                }
                if all.is_empty() {
                    all = super::advice(self.kind, *meaning);
                }
                return all;
            }
            Fault::Invalid { .. } => {
                "look at the server's words; the branch that was pushed is kept, and the next run goes on from there"
            }
            Fault::NotMergeable { .. } => match self.kind {
                HostKind::Azure => {
                    "look at the pull request's policies and conflicts; it stays open"
                }
                _ => {
                    "look at the pull request's checks and conflicts; it stays open. For merging later, switch on \"Allow auto-merge\" in the repository's settings"
                }
            },
            Fault::NoCommits { .. } => {
                "there is nothing to merge: the target branch has everything already"
            }
            Fault::Unknown { .. } => "run again: what was done is found and not done twice",
            Fault::Http(error) => return error.hints(),
            Fault::Identity(error) => return error.hints(),
            Fault::Answer { .. } => {
                "check that the address is the repository's, and that no proxy changes the answers; otherwise please report this"
            }
            Fault::Address { .. } => {
                "use the address that the browser shows for the repository: `…/_git/repository` (Azure DevOps) or `https://server/owner/repository` (GitHub)"
            }
            Fault::ReadOnly => {
                "to publish from pull request builds, set `allowPullRequestPublish` on the task"
            }
            Fault::Key { .. } => {
                "give the whole PEM file that GitHub made for the app, from `-----BEGIN` to `-----END`"
            }
        };
        vec![text.to_owned()]
    }

    fn command_kind(&self) -> Kind {
        match self.fault() {
            Fault::Address { .. } | Fault::Key { .. } => Kind::Input,
            Fault::Identity(error) => error.kind(),
            Fault::ReadOnly | Fault::NotMergeable { .. } => Kind::Policy,
            Fault::Refused { meaning, .. } if meaning.is_policy() => Kind::Policy,
            _ => Kind::Remote,
        }
    }
}

impl From<ApiError> for CommandError {
    fn from(error: ApiError) -> Self {
        let hints = error.advice();
        Self::new(error.command_kind(), error).hints(hints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: HostKind, fault: Fault) -> String {
        let error = CommandError::from(ApiError {
            doing: "opening a pull request".into(),
            repository: "contoso/manifests".into(),
            kind,
            fault: Box::new(fault),
        });
        format!(
            "{:?}: {error}\n{}",
            error.kind(),
            error.all_hints().join("\n")
        )
    }

    #[test]
    fn a_refusal_tells_what_is_missing_and_otherwise_the_usual() {
        let fault = Fault::Refused {
            meaning: Refusal::Permission,
            said: "answered 403".into(),
            help: vec!["give the app pull_requests=write".into()],
            after: None,
        };
        insta::assert_snapshot!(shown(HostKind::GitHub, fault), @r"
        Remote: opening a pull request in contoso/manifests failed: answered 403
        give the app pull_requests=write
        ");
        let fault = Fault::refused(Refusal::Permission, "answered 403");
        insta::assert_snapshot!(shown(HostKind::Azure, fault), @r#"
        Remote: opening a pull request in contoso/manifests failed: answered 403
        give the identity behind the token, in a pipeline "<Project> Build Service (<organization>)", the permission "Contribute to pull requests" on this repository; a personal access token needs the scope Code (Read & write)
        "#);
    }

    #[test]
    fn a_lost_answer_is_told_as_what_it_is() {
        let fault = Fault::Unknown {
            reason: "connection reset".into(),
        };
        insta::assert_snapshot!(shown(HostKind::GitHub, fault), @r"
        Remote: opening a pull request in contoso/manifests failed: the answer was lost, so it is not known whether it was done: connection reset
        run again: what was done is found and not done twice
        ");
    }

    #[test]
    fn what_policy_forbids_is_a_matter_of_policy() {
        let fault = Fault::NotMergeable {
            said: "conflicts".into(),
        };
        assert!(shown(HostKind::Azure, fault).starts_with("Policy: "));
    }

    #[rstest::rstest]
    #[case(HostKind::Azure)]
    #[case(HostKind::GitHub)]
    fn every_refusal_comes_with_something_to_do(#[case] kind: HostKind) {
        for meaning in Refusal::ALL {
            let shown = shown(kind, Fault::refused(meaning, "no"));
            assert!(shown.lines().nth(1).is_some_and(|hint| hint.len() > 10));
        }
    }
}
