//! What the user can do about a failed installation.

use super::Fault;
use crate::host::{self, Refusal};
use crate::{fetch, git};

impl Fault {
    /// The server asks who we are, or hides what we may not see.
    fn is_private(&self) -> bool {
        let meaning = match self {
            Self::Git(error) if matches!(error.fault(), git::Fault::NoCredentials(_)) => {
                Some(Refusal::Authentication)
            }
            Self::Git(error) => error.refusal(),
            Self::Fetch(fetch::Error::Page(_)) => Some(Refusal::Authentication),
            Self::Fetch(error) => error
                .status()
                .and_then(|status| host::of_status(status, "", false, false)),
            _ => None,
        };
        matches!(
            meaning,
            Some(Refusal::Authentication | Refusal::Permission | Refusal::NotFound)
        )
    }

    /// What the user can do about it.
    pub(super) fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Tool(error) => return error.hints(),
            fault if fault.is_private() => {
                "check the address; for something private, access.yaml beside the component file names the variable with the token: `<source>: <VARIABLE>`"
            }
            Self::Source(error) => {
                return error.hint().iter().map(|&hint| hint.to_owned()).collect();
            }
            Self::ComponentMissing(_) => {
                "check the entry's `source` and `path`; a URL as `source` needs `method: git`"
            }
            Self::Cycle(_) => {
                "an entry needs a `source` or a `path` that leads to another component"
            }
            Self::Clash { .. } => "give one of the two another name",
            Self::SshRefused(_) | Self::PathRefused(_) => {
                "install on builds of the main branch and keep what is installed in the pipeline's cache, or add `--allow-access` if the authors of pull requests are trusted"
            }
            Self::Full(_) => {
                "check what the definition names: everything together is beyond the limit"
            }
            Self::ForeignPath(_) => {
                "only the components of this checkout may name paths on this machine"
            }
            Self::HookRefused(_) => {
                "a pull request build executes nothing from the source; add `--allow-hooks` if its authors are trusted"
            }
            Self::AccessRefused { .. } => {
                "install on builds of the main branch and keep what is installed in the pipeline's cache, or add `--allow-access` if the authors of pull requests are trusted with the token"
            }
            Self::TokenMissing { variable, .. } => {
                return vec![format!(
                    "set the variable `{variable}`; a secret variable of a pipeline reaches a step only through its `env`: `{variable}: $({variable})`"
                )];
            }
            Self::Git(error) => match error.fault() {
                git::Fault::NoBranch(name) if name == "master" => {
                    "`fab add` writes `branch: master`; many repositories call it `main`"
                }
                git::Fault::NoBranch(_)
                | git::Fault::NoVersion(_)
                | git::Fault::NoCommit(_)
                | git::Fault::Empty => "check `branch` and `version` of the entry",
                git::Fault::Machine { .. } => "check free space and permissions",
                git::Fault::Http(error) => return error.hints(),
                _ => "check the address and the network, then run again",
            },
            Self::Fetch(error) => return of_fetch(error),
            Self::Dependency { .. } => {
                "run `helm dependency update` on the chart and commit its `charts` folder"
            }
            Self::Moved { .. } => {
                "find out why it changed; `--update=<name>` takes what the source gives now and renews the lock file"
            }
            Self::Lock { .. } => {
                "restore it from the repository's history, or delete it and install again"
            }
            Self::UnknownName(_) => "use the name of an entry, or its path in the lock file",
            Self::Write { .. } => "check free space and permissions",
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

/// What the user can do about something that could not be fetched.
fn of_fetch(error: &fetch::Error) -> Vec<String> {
    let hint = match error {
        fetch::Error::Http(error) => return error.hints(),
        fetch::Error::NoChart { .. } => "check `path`: for the method helm it is the chart's name",
        fetch::Error::NoVersion { .. } | fetch::Error::Version(_) => {
            "check `version`; without one the newest stable version is taken"
        }
        fetch::Error::Digest { .. } => {
            "run again; if it stays so, the repository or something on the way to it is broken"
        }
        fetch::Error::Elsewhere { .. } => {
            "let the repository serve its archives itself, or name a mirror that does"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}
