//! Planning: which files become what, with nothing written yet.
//!
//! Owns the order of lines, the view in which the output of one line is input
//! of a later one, and the gathering of counters and messages.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::parallel;

use super::BLOCK;
use super::bytes::{Content, Replaced};
use super::engine::{Engine, FileName};
use super::entry::{Entry, clean};
use super::error::Error;
use super::options::{FailOn, Level};
use super::outcome::{Counters, Message};
use super::read;
use super::walk::{Finding, Found};

/// One file with its new content.
#[derive(Debug)]
pub struct Planned {
    /// The file that was read.
    pub input: PathBuf,
    /// The same as seen from the root.
    pub shown: String,
    /// Where the content goes.
    pub target: PathBuf,
    /// The content.
    pub content: Content,
    /// Whether the file had no token and goes to another place as it is.
    pub copies: bool,
    /// The encoding that it was read in.
    pub encoding: &'static str,
    /// What was counted.
    pub counters: Counters,
    /// The file of the plan whose output was read instead of what is on disk.
    made_of: Option<usize>,
}

impl Planned {
    /// Whether anything is to be written.
    pub fn writes(&self) -> bool {
        self.content.is_changed() || self.target != self.input
    }
}

/// Everything that a run would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files in the order of lines and names.
    pub files: Vec<Planned>,
    /// What was counted in all of them.
    pub counters: Counters,
    /// What is to be told.
    pub messages: Vec<Message>,
    /// Values that are not read as the text that they are, at the levels that
    /// put them in all the same.
    pub misread: Vec<Message>,
}

/// A plan that could not be finished.
#[derive(Debug)]
pub struct Unfinished {
    /// What there was before the error.
    pub plan: Plan,
    /// The error.
    pub error: Error,
}

/// Plans all lines of sources below `root`.
pub fn plan(
    engine: &Engine<'_>,
    finding: Finding,
    root: &Path,
    lines: &[String],
) -> Result<Plan, Box<Unfinished>> {
    let mut plan = Plan::default();
    match plan.lines(engine, finding, root, lines) {
        Ok(()) => Ok(plan),
        Err(error) => Err(Box::new(Unfinished { plan, error })),
    }
}

impl Plan {
    fn lines(
        &mut self,
        engine: &Engine<'_>,
        finding: Finding,
        root: &Path,
        lines: &[String],
    ) -> Result<(), Error> {
        let mut latest: HashMap<PathBuf, usize> = HashMap::new();
        for line in lines {
            let entry = Entry::parse(line, finding.level)?;
            let coming: Vec<PathBuf> = latest.keys().cloned().collect();
            let found = finding.files(&entry, root, &coming)?;
            let found = if finding.level.is_own() {
                self.without_leading_out(found, root)
            } else {
                found
            };
            if found.is_empty() && finding.level.is_own() {
                refuse_old_syntax(line, &entry)?;
            }
            if found.is_empty() && engine.options.fail_on.contains(&FailOn::NoFiles) {
                let text = format!("no file matches {line:?}");
                self.messages.push(Message::general(Level::Error, text));
            }
            let results = parallel::map(&found, BLOCK, |file| {
                self.one(engine, &entry, finding, file, &latest)
            });
            for result in results {
                let (file, messages, misread) = result?;
                self.counters += file.counters;
                self.messages.extend(messages);
                self.misread.extend(misread);
                if finding.level.is_own() {
                    self.nothing_is_lost(&file, &latest, root)?;
                }
                if file.writes() {
                    latest.insert(file.target.clone(), self.files.len());
                }
                self.files.push(file);
            }
        }
        Ok(())
    }

    /// Leaves out files of the root that are links to files elsewhere.
    fn without_leading_out(&mut self, found: Vec<Found>, root: &Path) -> Vec<Found> {
        let real = root.canonicalize().unwrap_or_else(|_| clean(root));
        let (inside, outside) = found.into_iter().partition(|file: &Found| {
            let shown = Path::new(&file.shown);
            // Who names another folder means it.
            let is_named = shown.is_absolute() || shown.starts_with("..");
            is_named || file.path.starts_with(&real) || file.path.starts_with(clean(root))
        });
        for Found { shown, .. } in outside {
            self.messages.push(Message::general(
                Level::Warn,
                format!(
                    "{shown} is left alone: it is a link to a file outside of {}",
                    root.display()
                ),
            ));
        }
        inside
    }

    /// Refuses a second source for an output, unless it was made of that output
    /// or is the same file again.
    fn nothing_is_lost(
        &self,
        file: &Planned,
        latest: &HashMap<PathBuf, usize>,
        root: &Path,
    ) -> Result<(), Error> {
        let Some(there) = latest.get(&file.target).filter(|_| file.writes()) else {
            return Ok(());
        };
        let first = &self.files[*there];
        let mut source = file.made_of;
        while let Some(i) = source.filter(|i| i != there) {
            source = self.files[i].made_of;
        }
        if source.is_some() || first.input == file.input {
            return Ok(());
        }
        let root = clean(root);
        let output = file.target.strip_prefix(&root).unwrap_or(&file.target);
        Err(Error::SameOutput {
            first: first.shown.clone(),
            second: file.shown.clone(),
            output: output.to_path_buf(),
        })
    }

    /// Reads and replaces one file.
    fn one(
        &self,
        engine: &Engine<'_>,
        entry: &Entry,
        finding: Finding,
        file: &Found,
        latest: &HashMap<PathBuf, usize>,
    ) -> Result<(Planned, Vec<Message>, Vec<Message>), Error> {
        let bytes = match latest.get(&file.path) {
            Some(i) => self.files[*i].content.to_bytes(),
            None => read::read(&file.path).map_err(Error::io("reading", &file.path))?,
        };
        // Found files are where they really are already.
        let target = match &entry.output {
            Some(_) => resolved(entry.target(&file.path, finding.level)),
            None => file.path.clone(),
        };
        let output = entry.output.is_some().then(|| target.to_string_lossy());
        let name = FileName {
            input: &file.shown,
            output: output.as_deref(),
        };
        let Replaced {
            content,
            counters,
            messages,
            misread,
            encoding,
        } = engine.replace(name, bytes)?;
        let planned = Planned {
            input: file.path.clone(),
            shown: file.shown.clone(),
            copies: counters.tokens == 0 && target != file.path,
            target,
            content,
            encoding,
            counters,
            made_of: latest.get(&file.path).copied(),
        };
        Ok((planned, messages, misread))
    }
}

/// A target that is a symbolic link is written through.
fn resolved(target: PathBuf) -> PathBuf {
    match fs::symlink_metadata(&target) {
        Ok(there) if there.is_symlink() => target.canonicalize().unwrap_or(target),
        _ => target,
    }
}

/// Versions 3 to 5 take commas between patterns and backslashes between folders.
/// A line that is written for them matches nothing, which looks like success.
fn refuse_old_syntax(line: &str, entry: &Entry) -> Result<(), Error> {
    let patterns = || entry.include.iter().chain(&entry.exclude);
    let reason = if patterns().any(|pattern| has_comma(pattern)) {
        "matches no file and holds a comma, which separates patterns in versions 3 to 5 alone"
    } else if patterns().any(|pattern| pattern.contains('\\')) {
        "matches no file and holds a backslash, which separates folders in versions 3 to 5 alone"
    } else {
        return Ok(());
    };
    Err(Error::OldSource {
        entry: line.to_owned(),
        reason,
    })
}

/// Whether there is a comma outside braces.
fn has_comma(pattern: &str) -> bool {
    let mut depth = 0_usize;
    pattern.chars().any(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}
