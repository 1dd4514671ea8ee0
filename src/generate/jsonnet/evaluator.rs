//! The process that evaluates programs for a run: a copy of this program.
//!
//! Programs are written by others, and an evaluation can take all the time and
//! memory there is; memory that is not there ends a process. So it is another
//! process than the run's. It opens no file and no connection: what it imports,
//! the run reads and sends.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use rsjsonnet_lang::arena::Arena;

use super::protocol::{self, Answer, File, LENGTHS, Limits, Request, Start};
use super::session::Session;

/// The stack of the evaluating thread, in bytes. The parser recurses with the
/// nesting of the text; what is not used is not taken from memory.
const STACK: usize = 512 << 20;

/// Address space besides what an evaluation takes: the stack, the program, and
/// what the allocator reserves without using it.
#[cfg(unix)]
const OVERHEAD: u64 = 1 << 30;

/// How often the memory in use is looked at.
const WATCH: Duration = Duration::from_millis(20);

/// The last words of a process that has used up its memory.
pub(super) const MEMORY_SPENT: &str = "the memory of the evaluation is used up";

/// Evaluates what the other end of the pipes asks for, until it closes them.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send) -> io::Result<()> {
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || receive(input, &sender));
    let link = Link {
        requests,
        output: Box::new(output),
    };
    let Some((Request::Start(start), _)) = link.next() else {
        return Err(io::Error::other("the first message is another one"));
    };
    let limits = start.limits;
    limit(limits);
    std::thread::spawn(move || watch(limits));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("jsonnet".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || evaluate(link, start))?;
        let ended = thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the evaluator panicked")))
    })
}

/// Passes requests on. When the run is gone, there is nobody to evaluate for.
#[expect(
    clippy::exit,
    reason = "an evaluation cannot be interrupted from outside"
)]
fn receive(mut input: impl Read, sender: &mpsc::Sender<(Request, Vec<u8>)>) {
    let mut next = || {
        let mut lengths = [0; LENGTHS];
        input.read_exact(&mut lengths)?;
        let (header, body) = protocol::lengths(lengths)?;
        let mut bytes = vec![0; header + body];
        input.read_exact(&mut bytes)?;
        let body = bytes.split_off(header);
        protocol::decode(&bytes).map(|request: Request| (request, body))
    };
    while let Ok(message) = next() {
        if sender.send(message).is_err() {
            return;
        }
    }
    std::process::exit(0);
}

/// The way to the run.
pub(super) struct Link<'w> {
    requests: Receiver<(Request, Vec<u8>)>,
    output: Box<dyn Write + Send + 'w>,
}

impl Link<'_> {
    fn next(&self) -> Option<(Request, Vec<u8>)> {
        self.requests.recv().ok()
    }

    fn answer(&mut self, answer: &Answer, body: &[u8]) -> io::Result<()> {
        self.output.write_all(&protocol::encode(answer, body)?)?;
        self.output.flush()
    }

    /// What the file `from` imports, or why there is nothing.
    pub(super) fn import(
        &mut self,
        from: usize,
        path: &str,
        code: bool,
    ) -> Result<(File, Vec<u8>), String> {
        let path = path.to_owned();
        let asked = self.answer(&Answer::Import { from, path, code }, b"");
        match asked.ok().and_then(|()| self.next()) {
            Some((Request::Found(file), content)) => Ok((file, content)),
            Some((Request::NotFound(message), _)) => Err(message),
            _ => Err("the run does not answer".to_owned()),
        }
    }
}

fn evaluate(link: Link<'_>, start: Start) -> io::Result<()> {
    let arena = Arena::new();
    let (mut evaluator, mut session) = Session::new(&arena, link, start);
    while let Some((request, content)) = session.link.next() {
        let Request::Evaluate { file } = request else {
            return Err(io::Error::other("a message comes out of turn"));
        };
        let (answer, body) = session.run(&mut evaluator, file, content);
        session.link.answer(&answer, &body)?;
    }
    Ok(())
}

/// Ends this process when it has used up its memory. The evaluator cannot be
/// asked to stop, and the operating system's own limit is not known everywhere.
#[expect(
    clippy::exit,
    reason = "an evaluation cannot be interrupted from outside"
)]
fn watch(limits: Limits) {
    loop {
        std::thread::sleep(WATCH);
        let usage = memory_stats::memory_stats();
        if usage.is_some_and(|usage| usage.physical_mem as u64 > limits.memory << 20) {
            // Nobody listens when this fails.
            let _ = writeln!(io::stderr(), "{MEMORY_SPENT}");
            std::process::exit(1);
        }
    }
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    /// Seconds.
    Time(u64),
    /// MiB.
    Memory(u64),
}

impl Spent {
    pub(super) fn message(self) -> String {
        match self {
            Self::Time(1) => "the evaluation did not end within a second".to_owned(),
            Self::Time(seconds) => format!("the evaluation did not end within {seconds} seconds"),
            Self::Memory(mib) => format!("the evaluation needs more than {mib} MiB of memory"),
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Time(_) => {
                "look for a recursion or a loop that does not end; if the program needs that long, raise `jsonnetTimeout`"
            }
            Self::Memory(_) => {
                "look for a string, an array or a recursion that only grows; if the program needs that much, raise `jsonnetMemory`"
            }
        }
    }
}

/// Has the system end this process when it takes more than the checks above
/// notice in time. Where a limit is not known, the run's own clock remains.
#[cfg(unix)]
fn limit(limits: Limits) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let exactly = |value| Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    let memory = (limits.memory << 20).saturating_add(OVERHEAD);
    // macOS does not know the first one. No memory of a program belongs on a disk.
    let _ = setrlimit(Resource::As, exactly(memory));
    let _ = setrlimit(Resource::Core, exactly(0));
}

#[cfg(not(unix))]
fn limit(_: Limits) {}
