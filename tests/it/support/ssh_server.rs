//! A server that git speaks to over SSH, without SSH: a program that stands in
//! for `ssh` runs what it is told to run on this machine, as git's own tests do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::git_repository::GitRepository;

/// The stand-in for `ssh`. Every call is written down; a file beside it says
/// what one service does instead of, or before, its work.
const STAND_IN: &str = r#"#!/bin/sh
root=$(dirname "$0")
for word; do test "$word" = -G && exit 0; done
while [ $# -gt 2 ]; do shift; done
service=${2%% *}
echo "$1 $2" >> "$root/calls"
cd "$root/repositories"
test -f "$root/oldest-protocol" && unset GIT_PROTOCOL
if [ -f "$root/$service" ]; then . "$root/$service"; fi
eval "git ${2#git-}"
"#;

/// A server with repositories.
pub struct SshServer {
    root: TempDir,
}

impl SshServer {
    pub fn start() -> Self {
        let root = tempfile::Builder::new().prefix("ssh-").tempdir().unwrap();
        std::fs::create_dir(root.path().join("repositories")).unwrap();
        let server = Self { root };
        server.script("ssh", STAND_IN);
        server
    }

    /// What `GIT_SSH_COMMAND` has to be.
    pub fn command(&self) -> String {
        self.root.path().join("ssh").display().to_string()
    }

    /// An empty repository that can be asked for filters and single objects.
    pub fn create(&self, name: &str) -> GitRepository {
        let path = self.root.path().join("repositories").join(name);
        let repository = GitRepository::init(&path);
        repository.config("uploadpack.allowFilter", "true");
        repository.config("uploadpack.allowAnySHA1InWant", "true");
        repository
    }

    /// What was asked of the server: the host and the command.
    pub fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.root.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn forget(&self) {
        let _ = std::fs::remove_file(self.root.path().join("calls"));
    }

    /// Runs shell commands each time a service (`git-upload-pack` or
    /// `git-receive-pack`) is asked for, before it starts.
    pub fn before(&self, service: &str, commands: &str) {
        std::fs::write(self.root.path().join(service), commands).unwrap();
    }

    /// The same, the first time only.
    pub fn once_before(&self, service: &str, commands: &str) {
        self.before(service, &format!("rm \"$root/$service\"\n{commands}\n"));
    }

    /// Speaks the oldest protocol only, which knows no single objects unless
    /// the repository allows them.
    pub fn speak_only_the_oldest_protocol(&self) {
        std::fs::write(self.root.path().join("oldest-protocol"), "").unwrap();
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.path().join(name);
        write_script(&path, text);
        path
    }
}

/// Adds a hook to a repository.
pub fn hook(repository: &GitRepository, name: &str, text: &str) {
    let path = repository.path().join("hooks").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_script(&path, &format!("#!/bin/sh\n{text}\n"));
}

fn write_script(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
