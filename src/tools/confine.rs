//! What a child may reach: Landlock, where the kernel has it.
//!
//! Owns the list of what every program needs, and the restriction itself. A
//! child reads the system's libraries, the programs on the search path and
//! what its call names, writes its private home and what its call names, and
//! nothing else: no `/proc`, where the environments of other processes stand,
//! no home, no checkout. See <https://docs.kernel.org/userspace-api/landlock.html>.

use std::path::{Path, PathBuf};

/// What a call of a program needs besides its private home.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    pub(super) network: bool,
}

/// How much of the confinement the system can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// All of it.
    Whole,
    /// Files, but not the network.
    Files,
    /// None of it.
    Nothing,
}

impl Strength {
    /// What to tell about it, if anything.
    pub(super) fn told(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Files => Some(
                "this kernel keeps helm, kustomize and hooks from files that they do not need, but not from the network: that takes Linux 6.7",
            ),
            Self::Nothing => Some(
                "helm, kustomize and hooks are not confined on this system, and can read what this run can read: confinement takes Linux 5.13 with Landlock",
            ),
        }
    }
}

/// A restriction for one child.
#[derive(Debug, Clone)]
pub(super) struct Cage {
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    pub(super) network: bool,
}

/// What dynamic programs, resolvers and TLS read.
const SYSTEM: [&str; 28] = [
    "/bin",
    "/sbin",
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/gai.conf",
    "/etc/gitconfig",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
    "/etc/timezone",
];

/// Devices without a state.
#[cfg(target_os = "linux")]
const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

impl Cage {
    /// For this program with this private home.
    pub(super) fn new(reach: &Reach, program: &Path, search_path: &[PathBuf], home: &Path) -> Self {
        let mut read: Vec<_> = SYSTEM.iter().map(PathBuf::from).collect();
        // A folder above the private home holds those of others, too.
        let fine = |folder: &&PathBuf| folder.is_absolute() && !home.starts_with(folder);
        read.extend(search_path.iter().filter(fine).cloned());
        let resolved = program.canonicalize();
        for program in [Some(program), resolved.as_deref().ok()]
            .into_iter()
            .flatten()
        {
            read.push(program.to_owned());
        }
        read.extend(reach.read.iter().flat_map(|path| without_git(path)));
        let mut write = vec![home.to_owned()];
        write.extend(reach.write.iter().cloned());
        Self {
            read,
            write,
            network: reach.network,
        }
    }

    /// Restricts this thread for good, and what it starts from now on.
    #[cfg(target_os = "linux")]
    pub(super) fn close(&self) -> std::io::Result<Strength> {
        use landlock::{
            ABI, Access as _, AccessFs, AccessNet, LandlockStatus, PathBeneath, PathFd, Ruleset,
            RulesetAttr as _, RulesetCreatedAttr as _, Scope, path_beneath_rules,
        };
        // What the kernel does not know is left out.
        const NEWEST: ABI = ABI::V10;
        let close = || {
            let mut rules = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?;
            rules = rules.scope(Scope::from_all(NEWEST))?;
            if !self.network {
                rules = rules.handle_access(AccessNet::from_all(NEWEST))?;
            }
            let mut rules = rules
                .create()?
                .add_rules(path_beneath_rules(&self.read, AccessFs::from_read(NEWEST)))?
                .add_rules(path_beneath_rules(&self.write, AccessFs::from_all(NEWEST)))?;
            for device in DEVICES {
                let access = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
                if let Ok(file) = PathFd::new(device) {
                    rules = rules.add_rule(PathBeneath::new(file, access))?;
                }
            }
            rules.restrict_self()
        };
        let status =
            close().map_err(|error: landlock::RulesetError| std::io::Error::other(error))?;
        Ok(match status.landlock {
            LandlockStatus::Available { effective_abi, .. } if effective_abi >= ABI::V4 => {
                Strength::Whole
            }
            LandlockStatus::Available { .. } => Strength::Files,
            _ => Strength::Nothing,
        })
    }

    /// Other systems have no such thing.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    pub(super) fn close(&self) -> std::io::Result<Strength> {
        Ok(Strength::Nothing)
    }
}

/// A folder without git's own, which can hold the token of the checkout. A
/// rule cannot leave something out, so there is one for each entry.
fn without_git(folder: &Path) -> Vec<PathBuf> {
    if folder.join(".git").symlink_metadata().is_err() {
        return vec![folder.to_owned()];
    }
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let entries = entries.filter(|entry| entry.file_name() != ".git");
    entries.map(|entry| entry.path()).collect()
}
