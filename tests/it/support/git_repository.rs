//! Bare repositories made and examined with the real git program.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

/// A bare repository on disk.
#[derive(Debug, Clone)]
pub struct GitRepository {
    path: PathBuf,
}

/// One file of a commit: path, mode as in `git fast-import`, content.
pub type File<'a> = (&'a str, &'a str, &'a str);

/// A push that waits, see [`GitRepository::hold_next_push`].
pub struct HeldPush {
    arrived: PathBuf,
    go: PathBuf,
}

impl HeldPush {
    /// Does something once the push has arrived, and lets it go on.
    pub fn meanwhile(self, act: impl FnOnce()) {
        std::fs::read(&self.arrived).unwrap();
        act();
        std::fs::write(&self.go, "").unwrap();
    }
}

impl GitRepository {
    /// An empty bare repository whose HEAD is `main`.
    pub fn init(path: &Path) -> Self {
        let parent = path.parent().unwrap();
        std::fs::create_dir_all(parent).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        git(parent, &["init", "-q", "--bare", "-b", "main", name]);
        let repository = Self {
            path: path.to_path_buf(),
        };
        for (key, value) in [
            ("http.receivepack", "true"),
            ("receive.fsckObjects", "true"),
            ("receive.autogc", "false"),
            ("gc.auto", "0"),
        ] {
            repository.config(key, value);
        }
        repository
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets a configuration value.
    pub fn config(&self, key: &str, value: &str) {
        self.git(&["config", key, value]);
    }

    /// Runs git in it; panics when git fails.
    pub fn git(&self, args: &[&str]) -> String {
        git(&self.path, args)
    }

    /// Adds a commit to `branch` that writes `files` on top of what is there.
    pub fn commit(&self, branch: &str, message: &str, files: &[File<'_>]) -> String {
        let exists = self.tip(branch).is_some();
        let mut stream = String::new();
        let mut line = |text: String| {
            stream.push_str(&text);
            stream.push('\n');
        };
        line(format!("commit refs/heads/{branch}"));
        line("committer Test <test@contoso.com> 1700000000 +0000".to_owned());
        line(format!("data {}\n{message}", message.len()));
        if exists {
            line(format!("from refs/heads/{branch}^0"));
        }
        for (path, mode, content) in files {
            line(match *mode {
                "160000" => format!("M 160000 {content} {path}"),
                "delete" => format!("D {path}"),
                mode => format!("M {mode} inline {path}\ndata {}\n{content}", content.len()),
            });
        }
        git_with_input(
            &self.path,
            &["fast-import", "--quiet", "--date-format=raw"],
            stream.as_bytes(),
        );
        self.tip(branch).unwrap()
    }

    /// The id of a branch's tip.
    pub fn tip(&self, branch: &str) -> Option<String> {
        // What was not packed can be read without a process.
        if let Ok(loose) = std::fs::read_to_string(self.path.join("refs/heads").join(branch)) {
            return Some(loose.trim().to_owned());
        }
        let output = run(
            &self.path,
            &[
                "rev-parse",
                "-q",
                "--verify",
                &format!("refs/heads/{branch}"),
            ],
            b"",
        );
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// `git ls-tree -r` of a branch, one entry a line.
    pub fn entries(&self, branch: &str) -> Vec<String> {
        self.git(&["ls-tree", "-r", branch])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The paths of a branch.
    pub fn paths(&self, branch: &str) -> Vec<String> {
        self.git(&["ls-tree", "-r", "--name-only", branch])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The content of a file.
    pub fn content(&self, branch: &str, path: &str) -> String {
        self.git(&["show", &format!("{branch}:{path}")])
    }

    /// Merges as a host does: a merge commit with the tree of `source` is the
    /// new tip of `target`.
    pub fn merge(&self, source: &str, target: &str, message: &str) -> String {
        let tree = format!("{source}^{{tree}}");
        let commit = self.commit_tree(&tree, &[target, source], message);
        self.git(&["update-ref", &format!("refs/heads/{target}"), &commit]);
        commit
    }

    /// Merges as a host does that squashes: one commit on `target` with what
    /// merging `source` makes of it.
    pub fn squash(&self, source: &str, target: &str, message: &str) -> String {
        let tree = self.git(&["merge-tree", "--write-tree", target, source]);
        let commit = self.commit_tree(tree.trim(), &[target], message);
        self.git(&["update-ref", &format!("refs/heads/{target}"), &commit]);
        commit
    }

    /// Merges without a commit of its own.
    pub fn fast_forward(&self, source: &str, target: &str) -> String {
        let commit = self.tip(source).unwrap();
        self.git(&["update-ref", &format!("refs/heads/{target}"), &commit]);
        commit
    }

    /// Brings `target` into `branch` by a merge commit: "Update branch".
    pub fn update_branch(&self, branch: &str, target: &str) -> String {
        let tree = self.git(&["merge-tree", "--write-tree", branch, target]);
        let message = format!("Merge branch '{target}' into {branch}");
        let commit = self.commit_tree(tree.trim(), &[branch, target], &message);
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &commit]);
        commit
    }

    fn commit_tree(&self, tree: &str, parents: &[&str], message: &str) -> String {
        let mut args = vec![
            "-c",
            "user.name=merger",
            "-c",
            "user.email=merger@contoso.com",
            "commit-tree",
            tree,
            "-m",
            message,
        ];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        self.git(&args).trim().to_owned()
    }

    /// Whether merging `source` into `target` leaves conflicts.
    pub fn conflicts(&self, source: &str, target: &str) -> bool {
        let args = ["merge-tree", "--write-tree", target, source];
        run(&self.path, &args, b"").status.code() == Some(1)
    }

    /// Whether a commit is there.
    pub fn has(&self, commit: &str) -> bool {
        let object = format!("{commit}^{{commit}}");
        let args = ["cat-file", "-e", &object];
        run(&self.path, &args, b"").status.success()
    }

    /// The newest commit that two commits come from.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<String> {
        let output = run(&self.path, &["merge-base", one, other], b"");
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
    }

    /// The id of what stands at a path in a commit; an empty path is the root.
    pub fn object(&self, commit: &str, path: &str) -> Option<String> {
        self.named(&format!("{commit}:{path}"))
    }

    /// The id of what an expression names.
    pub fn named(&self, expression: &str) -> Option<String> {
        let args = ["rev-parse", "-q", "--verify", expression];
        let output = run(&self.path, &args, b"");
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
    }

    /// Whether `branch` has everything that `other` has.
    pub fn holds(&self, branch: &str, other: &str) -> bool {
        self.git(&["rev-list", "--count", &format!("{branch}..{other}")])
            .trim()
            == "0"
    }

    /// Deletes a branch, as a person does.
    pub fn delete(&self, branch: &str) {
        self.git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
    }

    /// Refuses pushes to `branch` in the words of a host.
    #[cfg(unix)]
    pub fn protect(&self, branch: &str, words: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let hook = self.path.join("hooks/pre-receive");
        let script = format!(
            "#!/bin/sh\nwhile read -r old new name; do\n  if [ \"$name\" = 'refs/heads/{branch}' ]; then\n    echo '{words}' >&2\n    exit 1\n  fi\ndone\n"
        );
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, script).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a git command after the next push has been received.
    pub fn after_next_push(&self, command: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let hook = self.path.join("hooks/post-receive");
        let script = format!("#!/bin/sh\nrm \"$0\"\ngit {command}\n");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, script).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Holds the next push up once it has arrived.
    pub fn hold_next_push(&self) -> HeldPush {
        use std::os::unix::fs::PermissionsExt as _;
        let [hook, arrived, go] =
            ["hooks/pre-receive", "arrived", "go"].map(|name| self.path.join(name));
        let made = std::process::Command::new("mkfifo")
            .args([&arrived, &go])
            .status();
        assert!(made.unwrap().success());
        let script = format!(
            "#!/bin/sh\nrm \"$0\"\necho > '{}'\ncat '{}'\n",
            arrived.display(),
            go.display()
        );
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, script).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
        HeldPush { arrived, go }
    }

    /// Takes pushes to every branch again.
    pub fn unprotect(&self) {
        std::fs::remove_file(self.path.join("hooks/pre-receive")).unwrap();
    }

    /// The subjects of the commits of a branch, newest first.
    pub fn subjects(&self, branch: &str) -> Vec<String> {
        self.git(&["log", "--format=%s", branch])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The bytes of a file by its id; `None` when there is no such file.
    pub fn blob(&self, id: &str) -> Option<Vec<u8>> {
        let output = run(&self.path, &["cat-file", "blob", id], b"");
        output.status.success().then_some(output.stdout)
    }

    /// Panics unless every object is there and sound. Submodule entries point
    /// to other repositories and are not followed.
    pub fn assert_sound(&self) {
        let output = run(&self.path, &["fsck", "--strict", "--full"], b"");
        assert!(
            output.status.success(),
            "git fsck: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Runs git in a folder; panics when git fails.
pub fn git(folder: &Path, args: &[&str]) -> String {
    git_with_input(folder, args, b"")
}

fn git_with_input(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let output = run(folder, args, input);
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    use std::io::Write as _;
    let mut child = command("git")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

/// A program that sees none of the user's git configuration.
#[expect(clippy::disallowed_methods, reason = "tests run the real git")]
pub fn command(program: &str) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    command
}
