//! What to run, and what came of it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::confine::Reach;

/// One run of a program.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The program, as [`super::Tools::find`] gave it.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The folder it runs in; without one, the folder of this process.
    pub directory: Option<PathBuf>,
    /// How much standard output is accepted, in bytes.
    pub output_limit: usize,
    /// Variables that only this run sees. They win over all others.
    pub environment: Vec<(OsString, OsString)>,
    /// Acts in the user's name: see [`super::Tools::user_environment`].
    pub in_users_name: bool,
    /// What it may reach besides its private home.
    pub(super) reach: Reach,
}

impl Invocation {
    /// `program` without arguments, with room for 256 MiB of output.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            directory: None,
            output_limit: 256 << 20,
            environment: Vec::new(),
            in_users_name: false,
            reach: Reach::default(),
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable for this run.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Runs it in the user's name: with the user's home instead of a private
    /// one, for programs that need the user's keys.
    #[must_use]
    pub fn in_users_name(mut self) -> Self {
        self.in_users_name = true;
        self
    }

    /// Lets it read this file or folder.
    #[must_use]
    pub fn reads(mut self, path: impl Into<PathBuf>) -> Self {
        self.reach.read.push(path.into());
        self
    }

    /// Lets it write below this folder, and read there.
    #[must_use]
    pub fn writes(mut self, folder: impl Into<PathBuf>) -> Self {
        self.reach.write.push(folder.into());
        self
    }

    /// Lets it use the network.
    #[must_use]
    pub fn on_network(mut self) -> Self {
        self.reach.network = true;
        self
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn directory(mut self, folder: impl Into<PathBuf>) -> Self {
        self.directory = Some(folder.into());
        self
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub(super) ExitStatus);

impl Status {
    /// Whether it ended with exit code 0.
    pub fn success(self) -> bool {
        self.0.success()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.code() {
            Some(code) => write!(f, "exit code {code}"),
            None => write!(f, "{}", self.0),
        }
    }
}

/// What a program wrote. Text comes as the program wrote it: whoever shows it
/// to a build agent has to neutralise pipeline commands in it.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: Status,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// The end of its standard error, at most 256 KiB.
    pub stderr: Vec<u8>,
}

impl Output {
    /// The lines of standard error that are not empty.
    pub fn stderr_lines(&self) -> Vec<String> {
        lines(&self.stderr)
    }

    /// The last lines of everything it wrote, standard error last, at most
    /// `count`: what an error message quotes.
    pub fn tail(&self, count: usize) -> String {
        let mut all = lines(&self.stdout);
        all.extend(self.stderr_lines());
        let skipped = all.len().saturating_sub(count);
        all.split_off(skipped).join("\n")
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(|line| line.trim_end().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}
