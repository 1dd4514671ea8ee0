//! Threads at lines of files: what is written, changed and resolved to bring a pull
//! request to what should be said there. Decides; each host's client does it.
//!
//! A thread is ours by the marker that its first comment begins with. What people
//! resolved stays resolved for as long as it says the same, and what they reopened with
//! an answer stays open.

use std::collections::BTreeMap;

use super::pull_request::{marked, same_text};
use crate::model::ObjectId;

/// Stands in what we resolved ourselves: it is opened again when it is back.
const OVER: &str = "<!-- over -->";

/// Everything that should be said at lines of a pull request.
#[derive(Debug, Clone)]
pub struct Remarks {
    /// What the markers of all of them begin with, and of those from earlier runs.
    pub family: String,
    /// The newest commit of the pull request.
    pub commit: ObjectId,
    /// A file that every such pull request changes, for what has no place of its own
    /// where a host takes remarks on files only.
    pub file: String,
    /// What matters most first.
    pub all: Vec<Remark>,
    /// Threads at most; what is left out is counted in one more.
    pub most: usize,
    /// What that one says of so many.
    pub rest: fn(usize) -> String,
}

/// One thing to say, which somebody has to resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is found by, after the family: letters, digits, `-` and `/`.
    pub key: String,
    /// Where it stands; nowhere for what concerns more than one file.
    pub spot: Option<Spot>,
    /// Markdown. Another text opens a resolved thread again.
    pub text: String,
}

/// A line of a file of the pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file, from the repository's root.
    pub path: String,
    /// The line; 0 where it is not known.
    pub line: usize,
    /// It is a line of the file as it was before.
    pub before: bool,
}

/// What became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remarked {
    /// Threads that were written, changed or resolved.
    pub changed: usize,
    /// What has no thread of its own.
    pub left_out: usize,
}

/// A thread of ours that is there.
#[derive(Debug, Clone)]
pub(super) struct There {
    /// What the host calls it.
    pub(super) thread: String,
    /// What the host calls its first comment.
    pub(super) comment: String,
    /// Its first comment.
    pub(super) text: String,
    pub(super) open: bool,
    /// Somebody answered.
    pub(super) answered: bool,
}

/// One change.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Writes a thread.
    Start { body: String, spot: Option<Spot> },
    /// Gives it another text.
    Rewrite { there: There, body: String },
    /// Makes it one to resolve.
    Open(There),
    /// Resolves it.
    Resolve(There),
    /// Takes it away: it is there twice.
    Delete(There),
}

impl Remarks {
    /// The first line of a comment of this family, up to its key.
    pub(super) fn start(&self) -> String {
        let line = marked(&self.family);
        line.trim_end_matches(" -->").to_owned()
    }

    fn body(&self, remark: &Remark) -> String {
        let marker = marked(&format!("{}{}", self.family, remark.key));
        format!("{marker}\n{}", remark.text)
    }

    /// What has to be done, given our threads that are there, oldest first; and how
    /// many have no thread of their own.
    pub(super) fn steps(&self, there: Vec<There>) -> (Vec<Step>, usize) {
        let mut steps = Vec::new();
        let mut known: BTreeMap<String, There> = BTreeMap::new();
        for one in there {
            let marker = one.text.lines().next().unwrap_or_default().trim();
            match known.get(marker) {
                // They came of answers that were lost, or of runs at the same time.
                Some(_) if !one.answered => steps.push(Step::Delete(one)),
                Some(_) => {}
                None => drop(known.insert(marker.to_owned(), one)),
            }
        }
        let mut take = |body: &str| {
            let marker = body.lines().next().unwrap_or_default();
            known.remove(marker)
        };
        let mut fresh = Vec::new();
        let mut standing = 0;
        for remark in &self.all {
            let body = self.body(remark);
            match take(&body) {
                Some(there) => {
                    standing += 1;
                    steps.extend(update(there, body));
                }
                None => fresh.push((body, remark.spot.clone())),
            }
        }
        let left_out = fresh
            .len()
            .saturating_sub(self.most.saturating_sub(standing));
        fresh.truncate(fresh.len() - left_out);
        let start = |(body, spot)| Step::Start { body, spot };
        steps.extend(fresh.into_iter().map(start));
        if left_out > 0 {
            let rest = Remark {
                key: "rest".to_owned(),
                spot: None,
                text: (self.rest)(left_out),
            };
            let body = self.body(&rest);
            match take(&body) {
                Some(there) => steps.extend(update(there, body)),
                None => steps.push(Step::Start { body, spot: None }),
            }
        }
        steps.extend(known.into_values().flat_map(resolve));
        (steps, left_out)
    }
}

/// What brings a thread to what it should say.
fn update(there: There, body: String) -> Vec<Step> {
    if same_text(&there.text, &body) {
        return Vec::new();
    }
    let mut steps = Vec::new();
    // First, so that a run that dies in between is made up for by the next.
    if !there.open {
        steps.push(Step::Open(there.clone()));
    }
    steps.push(Step::Rewrite { there, body });
    steps
}

/// What resolves a thread whose matter is gone.
fn resolve(there: There) -> Vec<Step> {
    let said = there.text.contains(OVER);
    if !there.open || said && there.answered {
        return Vec::new();
    }
    let mut steps = Vec::new();
    if !said {
        let text = there.text.trim_end();
        let body = format!("{text}\n\nThis is no longer the case.\n{OVER}");
        let there = there.clone();
        steps.push(Step::Rewrite { there, body });
    }
    steps.push(Step::Resolve(there));
    steps
}

#[cfg(test)]
mod tests;
