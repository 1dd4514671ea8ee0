//! The run's side of an evaluation: what the evaluating process asks for is read
//! here and nowhere else, within the confining folder.
//!
//! Owns what is said when that process ends before its time.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Fault, Options, off_thread};
use super::evaluator::{MEMORY_SPENT, Spent};
use super::files::{Files, Program};
use super::protocol::{self, Answer, File, LENGTHS, Limits, Request, Start};
use crate::model::{FileSet, Finding, RelPath};
use crate::source;
use crate::tools::{Ending, Tools, Worker};

/// The argument that makes this program evaluate for another one.
pub const WORKER: &str = "evaluate-jsonnet";

/// Evaluates programs in a process of their own.
pub(super) async fn evaluate(
    tools: &Tools,
    files: Files,
    programs: Vec<Program>,
    options: &Options,
) -> Result<(FileSet, Vec<Finding>), Fault> {
    let limits = Limits {
        seconds: options.jsonnet.seconds,
        memory: options.jsonnet.memory,
    };
    let mut conversation = Conversation {
        worker: tools.worker(WORKER).await.map_err(Fault::Tool)?,
        files: Arc::new(files),
        paths: Vec::new(),
        ids: HashMap::new(),
    };
    let mut at = programs.first().map(|program| program.name.clone());
    let all = conversation.all(&programs, start(options, limits), &mut at);
    let time = Duration::from_secs(limits.seconds);
    let spent = match tokio::time::timeout(time, all).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(Ended::Fault(fault))) => return Err(fault),
        Ok(Err(Ended::Pipe)) => None,
        // Dropping the conversation kills the process.
        Err(_) => Some(Spent::Time(limits.seconds)),
    };
    let program = at.unwrap_or_default();
    match spent {
        Some(spent) => Err(over(program, spent)),
        None => Err(explained(program, &conversation.worker.end().await, limits)),
    }
}

fn start(options: &Options, limits: Limits) -> Start {
    let environment = ("environment".to_owned(), options.environment.clone());
    let named = options.jsonnet.variables.iter().cloned();
    Start {
        variables: std::iter::once(environment).chain(named).collect(),
        arguments: options.jsonnet.arguments.clone(),
        limits,
    }
}

/// Why a conversation came to its end.
enum Ended {
    Fault(Fault),
    /// The process does not read or write any more: it knows why.
    Pipe,
}

impl From<io::Error> for Ended {
    fn from(_: io::Error) -> Self {
        Self::Pipe
    }
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

struct Conversation {
    worker: Worker,
    files: Arc<Files>,
    /// The path of each number.
    paths: Vec<PathBuf>,
    ids: HashMap<PathBuf, usize>,
}

impl Conversation {
    async fn all(
        &mut self,
        programs: &[Program],
        start: Start,
        at: &mut Option<String>,
    ) -> Result<(FileSet, Vec<Finding>), Ended> {
        self.send(&Request::Start(start), b"").await?;
        let (mut generated, mut findings) = (FileSet::new(), Vec::new());
        for program in programs {
            *at = Some(program.name.clone());
            let (manifests, traced) = self.one(program).await?;
            let traced = traced.into_iter();
            findings.extend(traced.map(|(place, text)| Finding::warning(place, text)));
            if manifests.is_empty() {
                continue;
            }
            let name = program.name.trim_end_matches(".jsonnet");
            let path = RelPath::parse(&format!("{name}.yaml")).map_err(Fault::Name)?;
            generated.insert(path, manifests);
        }
        Ok((generated, findings))
    }

    /// The manifests of one program, and what it traced.
    async fn one(&mut self, program: &Program) -> Result<(Vec<u8>, Vec<(String, String)>), Ended> {
        let (files, path) = (Arc::clone(&self.files), program.path.clone());
        let content = off_thread(move || files.read(&path)).await?;
        let content = content.ok_or_else(|| not_a_file(&program.name))?;
        let request = Request::Evaluate {
            file: self.numbered(program.path.clone()),
        };
        self.send(&request, &content).await?;
        loop {
            match self.receive().await? {
                (Answer::Import { from, path, code }, _) => self.import(from, path, code).await?,
                (Answer::Done { traced }, manifests) => return Ok((manifests, traced)),
                (Answer::Failed(failure), _) => {
                    return Err(Ended::Fault(Fault::Jsonnet {
                        program: program.name.clone(),
                        message: failure.message,
                        trace: failure.trace,
                        hint: failure.hint,
                    }));
                }
                (Answer::Unfit(message), _) => {
                    let program = program.name.clone();
                    return Err(Ended::Fault(Fault::Program { program, message }));
                }
            }
        }
    }

    async fn import(&mut self, from: usize, import: String, code: bool) -> Result<(), Ended> {
        let from = self.paths.get(from).cloned().unwrap_or_default();
        let files = Arc::clone(&self.files);
        match off_thread(move || files.import(&from, &import, code)).await {
            Ok((path, content)) => {
                let file = self.numbered(path);
                self.send(&Request::Found(file), &content).await
            }
            Err(message) => self.send(&Request::NotFound(message), b"").await,
        }
    }

    /// The number that stands for a path.
    fn numbered(&mut self, path: PathBuf) -> File {
        let shown = self.files.show(&path);
        let next = self.paths.len();
        let id = *self.ids.entry(path.clone()).or_insert(next);
        if id == next {
            self.paths.push(path);
        }
        File { id, shown }
    }

    async fn send(&mut self, request: &Request, body: &[u8]) -> Result<(), Ended> {
        let bytes = protocol::encode(request, body)?;
        Ok(self.worker.send(&bytes).await?)
    }

    async fn receive(&mut self) -> Result<(Answer, Vec<u8>), Ended> {
        let mut lengths = [0; LENGTHS];
        self.worker.receive(&mut lengths).await?;
        let (header, body) = protocol::lengths(lengths)?;
        let mut bytes = vec![0; header];
        self.worker.receive(&mut bytes).await?;
        let answer = protocol::decode(&bytes)?;
        let mut bytes = vec![0; body];
        self.worker.receive(&mut bytes).await?;
        Ok((answer, bytes))
    }
}

fn not_a_file(program: &str) -> Fault {
    source::Error::NotAFile(program.to_owned()).into()
}

fn over(program: String, spent: Spent) -> Fault {
    Fault::Jsonnet {
        program,
        message: spent.message(),
        trace: Vec::new(),
        hint: Some(spent.hint().to_owned()),
    }
}

/// What the end of the process means. The runtime says on standard error why it
/// ends a process.
fn explained(program: String, ending: &Ending, limits: Limits) -> Fault {
    let said = |words: &str| ending.stderr.contains(words);
    if said(MEMORY_SPENT)
        || said("memory allocation of")
        || said("capacity overflow")
        || ending.was_killed()
    {
        return over(program, Spent::Memory(limits.memory));
    }
    let message = if said("overflowed its stack") {
        "its expressions or values nest too deep".to_owned()
    } else {
        format!("the evaluation ended early ({})", ending.reason())
    };
    Fault::Jsonnet {
        program,
        message,
        trace: Vec::new(),
        hint: None,
    }
}
