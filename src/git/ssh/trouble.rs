//! What git and SSH say when they fail, and what it means.

use crate::git::error::Fault;
use crate::git::report::tidy;
use crate::host::{self, Refusal};

/// Why a server could not be spoken to over SSH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody vouches for the server's key, or it is another one than before.
    HostKey,
    /// The server takes none of the user's keys.
    Key,
    /// Client and server have no algorithm in common.
    Algorithms,
    /// The server's name is unknown.
    UnknownHost,
    /// Nobody answers there.
    Unreachable,
    /// There is no program that speaks SSH.
    NoProgram,
    /// The connection broke.
    Lost,
}

/// Words of SSH and of git about it. The first that is found counts: a lost
/// connection is often said after its reason.
const WORDS: [(&str, Trouble); 27] = [
    ("Host key verification failed", Trouble::HostKey),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", Trouble::HostKey),
    ("host key is known for", Trouble::HostKey),
    ("Permission denied (", Trouble::Key),
    ("Permission denied, please try again", Trouble::Key),
    ("Too many authentication failures", Trouble::Key),
    ("No supported authentication methods", Trouble::Key),
    ("Public key authentication failed", Trouble::Key),
    ("no mutual signature", Trouble::Algorithms),
    ("Unable to negotiate with", Trouble::Algorithms),
    ("no matching ", Trouble::Algorithms),
    ("Could not resolve hostname", Trouble::UnknownHost),
    ("Name or service not known", Trouble::UnknownHost),
    ("connect to host", Trouble::Unreachable),
    ("during banner exchange", Trouble::Unreachable),
    ("cannot run ssh", Trouble::NoProgram),
    ("ssh: not found", Trouble::NoProgram),
    ("ssh: command not found", Trouble::NoProgram),
    ("unable to fork", Trouble::NoProgram),
    ("not responding", Trouble::Lost),
    ("onnection reset", Trouble::Lost),
    ("onnection closed", Trouble::Lost),
    ("client_loop", Trouble::Lost),
    ("Read from remote host", Trouble::Lost),
    ("Broken pipe", Trouble::Lost),
    ("early EOF", Trouble::Lost),
    ("hung up", Trouble::Lost),
];

/// Words that servers use over SSH only, and git's own about a server.
const REFUSALS: [(&str, Refusal); 7] = [
    ("does not appear to be a git repository", Refusal::NotFound),
    ("could not be found or you don't have", Refusal::NotFound),
    ("Repository does not exist", Refusal::NotFound),
    ("marked as read only", Refusal::Permission),
    ("deploy key does not", Refusal::Permission),
    ("couldn't find remote ref", Refusal::Stale),
    ("remote ref does not exist", Refusal::Stale),
];

/// Words that say: ask for more at once, or without conditions.
const PLAINER: [&str; 6] = [
    "unadvertised object",
    "not our ref",
    "unknown option",
    "does not support shallow",
    "invalid filter-spec",
    "filter",
];

/// Lines that stand beside every failure and say nothing.
const NOISE: [&str; 6] = [
    "fatal: Could not read from remote repository.",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "Warning: Permanently added",
    "error: failed to push some refs to",
    "@@@@@@@@",
];

impl Trouble {
    /// The trouble that some text tells of.
    pub(super) fn read(said: &str) -> Option<Self> {
        let known = WORDS.iter().find(|(words, _)| said.contains(words));
        known.map(|(_, trouble)| *trouble)
    }

    /// Whether a connection was made at all.
    pub(super) fn is_before_sending(self) -> bool {
        self != Self::Lost
    }

    /// What it means, in a sentence after the repository's name.
    pub(in crate::git) fn meaning(self) -> &'static str {
        match self {
            Self::HostKey => "is on a server that is not known to be the right one",
            Self::Key => "takes none of the SSH keys at hand",
            Self::Algorithms => "and this machine's SSH have no algorithm in common",
            Self::UnknownHost => "is on a server that cannot be found",
            Self::Unreachable => "is on a server that does not answer",
            Self::NoProgram => "needs the program `ssh`, which is not installed",
            Self::Lost => "could not be read or written to the end",
        }
    }

    /// What helps.
    pub(in crate::git) fn advice(self) -> &'static [&'static str] {
        match self {
            Self::HostKey => &[
                "add the server's key to `known_hosts`: in a pipeline with the task InstallSSHKey@0 (`knownHostsEntry`), elsewhere with `ssh-keyscan`, after comparing it with the one that the host publishes",
            ],
            Self::Key => &[
                "install a key that may write to the repository: in a pipeline with the task InstallSSHKey@0 before this one, elsewhere with `ssh-add`; register its public part at the host",
                "or give an access token: addresses of Azure DevOps and GitHub are then used over https",
            ],
            Self::Algorithms => &[
                "use a newer kind of key (ed25519, or RSA on Azure DevOps), or allow the server's algorithm for it in `~/.ssh/config`",
            ],
            Self::UnknownHost | Self::Unreachable => &[
                "check the server's name and port, and that the network lets SSH through. HTTP proxies are not used for SSH: give an access token to use https",
            ],
            Self::NoProgram => &[
                "install OpenSSH, or name a program in `GIT_SSH_COMMAND`; or use the https address with a token",
            ],
            Self::Lost => &["run again; when it happens again, check the network and the server"],
        }
    }
}

/// What standard error says, without what it always says.
pub(super) fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let is_noise = |line: &&str| NOISE.iter().any(|noise| line.trim().starts_with(noise));
    let kept: Vec<&str> = text.lines().filter(|line| !is_noise(line)).collect();
    match tidy(&kept.join("\n")) {
        empty if empty.is_empty() => tidy(&text),
        said => said,
    }
}

/// The meaning of a server's words.
pub(super) fn refusal(said: &str) -> Option<Refusal> {
    let known = REFUSALS.iter().find(|(words, _)| said.contains(words));
    known
        .map(|(_, meaning)| *meaning)
        .or_else(|| host::refusal(said))
}

/// Why reading failed.
pub(super) fn explain(doing: &'static str, stderr: &[u8]) -> Fault {
    let said = said(stderr);
    match (Trouble::read(&said), refusal(&said)) {
        (Some(trouble), None) => Fault::Ssh { trouble, said },
        (Some(trouble), Some(_)) if trouble.is_before_sending() => Fault::Ssh { trouble, said },
        (_, Some(meaning)) => Fault::Refused { meaning, said },
        _ if PLAINER.iter().any(|words| said.contains(words)) => Fault::WantRefused(said),
        _ => Fault::Git { doing, said },
    }
}
