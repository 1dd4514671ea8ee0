//! Running the program as a user does: arguments, variables, a working folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::git_repository;

/// A working folder with a private home and temporary folder.
pub struct Workspace {
    root: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Workspace {
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("it-").tempdir().unwrap();
        for folder in ["files", "temp", "home"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// The working folder.
    pub fn path(&self) -> PathBuf {
        self.root.path().join("files")
    }

    /// Where temporary files go; empty before and after a run.
    pub fn temp(&self) -> PathBuf {
        self.root.path().join("temp")
    }

    /// Writes a file below the working folder.
    pub fn write(&self, path: &str, content: &str) -> &Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub fn read(&self, path: &str) -> String {
        let path = self.path().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }

    /// A run at a terminal.
    pub fn program(&self, arguments: &[&str]) -> Program {
        let mut variables = BTreeMap::new();
        for (name, value) in [
            ("HOME", "home"),
            ("TMPDIR", "temp"),
            ("TEMP", "temp"),
            ("TMP", "temp"),
        ] {
            variables.insert(
                name.to_owned(),
                self.root.path().join(value).display().to_string(),
            );
        }
        for name in ["PATH", "SystemRoot", "LD_LIBRARY_PATH"] {
            variables.extend(
                std::env::var(name)
                    .ok()
                    .map(|value| (name.to_owned(), value)),
            );
        }
        Program {
            arguments: arguments
                .iter()
                .map(|&argument| argument.to_owned())
                .collect(),
            variables,
            folder: self.path(),
        }
    }

    /// A run as a task of a pipeline, with these inputs.
    pub fn task(&self, inputs: &[(&str, &str)]) -> Program {
        let mut program = self
            .program(&["task"])
            .variable("TF_BUILD", "True")
            .variable("AGENT_TEMPDIRECTORY", &self.temp().display().to_string())
            .variable("SYSTEM_HOSTTYPE", "build")
            .variable("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/")
            .variable("SYSTEM_TEAMPROJECT", "shop")
            .variable("SYSTEM_DEFINITIONID", "12")
            .variable("BUILD_BUILDID", "100")
            .variable("BUILD_SOURCEBRANCH", "refs/heads/main")
            .variable(
                "BUILD_SOURCEVERSION",
                "1111111111111111111111111111111111111111",
            )
            .variable(
                "BUILD_REPOSITORY_URI",
                "https://dev.azure.com/contoso/shop/_git/hld",
            );
        for (name, value) in inputs {
            program = program.variable(&format!("INPUT_{}", name.to_uppercase()), value);
        }
        program
    }

    /// Runs git in the working folder and gives back what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(), arguments)
    }
}

/// One run, ready to start.
pub struct Program {
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    folder: PathBuf,
}

impl Program {
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs it in a folder below the working folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &str) -> Self {
        self.folder = self.folder.join(folder);
        self
    }

    /// The command, for tests that need more than its end.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gitops-publisher"));
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self) -> Ended {
        let output = self.command().output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs and expects success.
    pub fn succeed(&self) -> Ended {
        let ended = self.run();
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        ended
    }

    /// Runs and expects an explained failure.
    pub fn fail(&self) -> Ended {
        let ended = self.run();
        assert!(matches!(ended.code, Some(1 | 2)), "{ended:#?}");
        ended
    }
}

/// Runs git in `folder` under a name of its own, shielded from the machine's settings.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@contoso.com"];
    let first_branch = ["-c", "init.defaultBranch=main"];
    git_repository::git(folder, &[&identity[..], &first_branch, arguments].concat())
}
