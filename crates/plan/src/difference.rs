//! In what a publication is not what was approved, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::effect::{Effect, FolderEffect};
use crate::hash::Part;

/// How many files, tools or folders one sentence names.
const SHOWN: usize = 5;

/// One thing in which a publication is not what was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The environment, or several; empty where it is about none.
    pub environment: String,
    /// What differs.
    pub part: Part,
    /// In words, without the environment.
    pub said: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.environment.as_str() {
            "" => f.write_str(&self.said),
            names if names.contains(", ") => write!(f, "environments {names}: {}", self.said),
            name => write!(f, "environment {name}: {}", self.said),
        }
    }
}

/// In what `now` is not what was approved. Both may be in any order.
pub fn differences(approved: &[Effect], now: &[Effect]) -> Vec<Difference> {
    let named = |effects: &[Effect], name: &str| {
        let mut effects = effects.iter();
        effects.find(|effect| effect.environment == name).cloned()
    };
    let mut out = Vec::new();
    let mut say = |environment: &str, part, said: String| {
        out.push(Difference {
            environment: environment.to_owned(),
            part,
            said,
        });
    };
    for effect in approved {
        let name = &effect.environment;
        let Some(now) = named(now, name) else {
            let said = "it is in the plan, and this run leaves it out".to_owned();
            say(name, Part::Place, said);
            continue;
        };
        for (part, said) in of_environment(effect, &now) {
            say(name, part, said);
        }
    }
    for effect in now {
        if named(approved, &effect.environment).is_none() {
            let said = "it is not in the plan".to_owned();
            say(&effect.environment, Part::Place, said);
        }
    }
    out
}

fn of_environment(approved: &Effect, now: &Effect) -> Vec<(Part, String)> {
    let mut out = Vec::new();
    let place = |effect: &Effect| format!("{} (branch {})", effect.repository, effect.branch);
    if place(approved) != place(now) {
        let said = format!(
            "it goes to {}; in the plan, it goes to {}",
            place(now),
            place(approved)
        );
        out.push((Part::Place, said));
    }
    if approved.adopts != now.adopts {
        let said = if now.adopts {
            "this run removes files of others from its folder (`foreignFiles: adopt`); the plan keeps them"
        } else {
            "this run keeps files of others in its folder; the plan removes them (`foreignFiles: adopt`)"
        };
        out.push((Part::Place, said.to_owned()));
    }
    let folders = |effect: &Effect| {
        let names = effect.folders.iter().map(|one| one.folder.clone());
        names.collect::<Vec<_>>()
    };
    if folders(approved) == folders(now) {
        for (approved, now) in approved.folders.iter().zip(&now.folders) {
            out.extend(of_folder(approved, now));
        }
    } else {
        let said = format!(
            "it owns {}; in the plan, it owns {}",
            quoted(&folders(now)),
            quoted(&folders(approved))
        );
        out.push((Part::Place, said));
    }
    let commit = |effect: &Effect| {
        let commit = effect.source.commit.clone();
        commit.map_or_else(
            || "no commit".to_owned(),
            |commit| format!("commit {commit}"),
        )
    };
    if approved.source.commit != now.source.commit {
        let said = format!(
            "the source is at {}; the plan was made at {}",
            commit(now),
            commit(approved)
        );
        out.push((Part::Source, said));
    }
    if approved.tools != now.tools {
        let said = tools(&approved.tools, &now.tools);
        out.push((Part::Tools, said));
    }
    out
}

fn of_folder(approved: &FolderEffect, now: &FolderEffect) -> Vec<(Part, String)> {
    let mut out = Vec::new();
    let tree = |folder: &FolderEffect| match &folder.base_tree {
        Some(tree) => format!("tree {}", tree.get(..7).unwrap_or(tree)),
        None => "no such folder".to_owned(),
    };
    if approved.base_tree != now.base_tree {
        let said = format!(
            "the folder `{}` of the manifest repository was changed after the plan was made (in the plan: {}; now: {})",
            now.folder,
            tree(approved),
            tree(now)
        );
        out.push((Part::Base, said));
    }
    let same = (&approved.output_tree, &approved.content) == (&now.output_tree, &now.content);
    if !same {
        let said = format!(
            "it renders to something else than in the plan: {}",
            files(&approved.files, &now.files)
        );
        out.push((Part::Output, said));
    }
    out
}

/// Which files differ.
fn files(approved: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> String {
    let changed = now.iter().filter(|(path, sum)| {
        let before = approved.get(*path);
        before.is_some_and(|before| before != *sum)
    });
    let changed: Vec<_> = changed.map(|(path, _)| path.clone()).collect();
    let without = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let names = one.keys().filter(|path| !other.contains_key(*path));
        names.cloned().collect::<Vec<_>>()
    };
    let parts = [
        ("differ", changed),
        ("come in addition", without(now, approved)),
        ("are missing", without(approved, now)),
    ];
    let parts = parts.iter().filter(|(_, paths)| !paths.is_empty());
    let parts: Vec<_> = parts
        .map(|(what, paths)| match (paths.len(), *what) {
            (1, "differ") => format!("{} differs", quoted(paths)),
            (1, "come in addition") => format!("{} comes in addition", quoted(paths)),
            (1, _) => format!("{} is missing", quoted(paths)),
            _ => format!("{} {what}", quoted(paths)),
        })
        .collect();
    if parts.is_empty() {
        return "its files are not the same".to_owned();
    }
    parts.join(", ")
}

fn tools(approved: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> String {
    let names: BTreeSet<_> = approved.keys().chain(now.keys()).collect();
    let parts = names
        .into_iter()
        .filter_map(|name| match (approved.get(name), now.get(name)) {
            (before, after) if before == after => None,
            (Some(before), Some(after)) => Some(format!(
                "{name} is {after}; the plan was made with {before}"
            )),
            (None, Some(after)) => Some(format!("{name} is {after}; the plan did not use it")),
            (before, _) => {
                let before = before.map_or("", String::as_str);
                Some(format!(
                    "{name} is not used; the plan was made with {before}"
                ))
            }
        });
    parts.collect::<Vec<_>>().join("; ")
}

/// `` `a`, `b` and 3 more ``
fn quoted(names: &[String]) -> String {
    let shown: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
