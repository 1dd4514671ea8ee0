//! A copy of this program that works for it, in a process of its own.
//!
//! For work on what others wrote that could take all the memory or never end:
//! that ends the copy, and not the run. It sees no variable but what the
//! operating system needs, and talks on its standard input and output only.

use std::io;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::child::{self, Group};
use super::{Error, Invocation, Status, Tools};

/// A running copy. It is killed when this is dropped.
pub struct Worker {
    group: Group,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    errors: JoinHandle<io::Result<Vec<u8>>>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Tools {
    /// Starts a copy of this program with one argument. At most as many programs
    /// run at once as the machine has cores, copies included.
    pub async fn worker(&self, argument: &str) -> Result<Worker, Error> {
        // An error would mean that somebody closed the semaphore; nobody does.
        let slot = self.slots.clone().acquire_owned().await.ok();
        let program = self.own_program.clone().ok_or(Error::NoOwnProgram)?;
        let invocation = Invocation::new(program).arg(argument);
        // Windows finds its libraries by it.
        let needed = |name: &std::ffi::OsStr| name.eq_ignore_ascii_case("SystemRoot");
        let environment = self.environment.iter().filter(|(name, _)| needed(name));
        let environment: Vec<_> = environment.cloned().collect();
        let mut group = child::spawn(&invocation, &environment, Stdio::piped())?;
        let input = group.0.stdin().take().expect("stdin is piped");
        let output = group.0.stdout().take().expect("stdout is piped");
        let errors = group.0.stderr().take().expect("stderr is piped");
        Ok(Worker {
            group,
            input: Some(input),
            output: BufReader::new(output),
            errors: tokio::spawn(child::tail(errors)),
            _slot: slot,
        })
    }
}

impl Worker {
    /// Writes to its standard input.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(bytes).await,
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Fills a buffer from its standard output.
    pub async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.output.read_exact(buffer).await.map(|_| ())
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ending {
        self.input = None;
        let status = self.group.0.wait().await.ok().map(Status);
        let stderr = match (&mut self.errors).await {
            Ok(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        };
        Ending { status, stderr }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.errors.abort();
    }
}

/// How a copy ended.
#[derive(Debug)]
pub struct Ending {
    /// Its status, where the system knows it.
    pub status: Option<Status>,
    /// The end of its standard error.
    pub stderr: String,
}

impl Ending {
    /// Whether the system killed it, as it does when memory runs out.
    pub fn was_killed(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt as _;
            const SIGKILL: i32 = 9;
            self.status
                .is_some_and(|status| status.0.signal() == Some(SIGKILL))
        }
        #[cfg(not(unix))]
        false
    }

    /// Its last words, or else its status.
    pub fn reason(&self) -> String {
        // A panic ends with advice for developers.
        let is_told = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
        let last = self.stderr.lines().rfind(is_told);
        match (last, self.status) {
            (Some(line), _) => line.trim().to_owned(),
            (None, Some(status)) => status.to_string(),
            (None, None) => "for no known reason".to_owned(),
        }
    }
}
