//! What is there, for people: first a row for each environment, then what needs a
//! look, then which image runs where.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{BranchStatus, EnvironmentStatus, StatusReport};
use crate::report::summary::{escape, plain};

/// Names of files or environments in one line.
const SHOWN: usize = 5;

/// So many images are listed; a ledger may name any number.
const IMAGES: usize = 100;

const TITLES: [&str; 7] = [
    "environment",
    "source",
    "age",
    "behind",
    "published",
    "rollout",
    "by hand",
];

type Row = [String; 7];

/// For a terminal or a log.
pub fn text(report: &StatusReport) -> String {
    let mut text = String::new();
    for (at, branch) in report.branches.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "{}", title(branch));
        if let Some(error) = &branch.error {
            let _ = writeln!(text, "cannot be read: {error}");
        }
        if !branch.environments.is_empty() {
            text.push('\n');
            let rows: Vec<Row> = std::iter::once(TITLES.map(str::to_owned))
                .chain(branch.environments.iter().map(row))
                .collect();
            aligned(&mut text, &rows);
        } else if branch.error.is_none() {
            text.push_str("nothing is published here\n");
        }
        let remarks = remarks(branch);
        if !remarks.is_empty() {
            text.push('\n');
            for (name, remark) in remarks {
                let _ = match name {
                    Some(name) => writeln!(text, "{name}: {remark}"),
                    None => writeln!(text, "note: {remark}"),
                };
            }
        }
        let images = images(branch);
        let more = images.len().saturating_sub(IMAGES);
        if !images.is_empty() {
            text.push('\n');
            let rows: Vec<[String; 2]> =
                std::iter::once(["image".to_owned(), "environments".to_owned()])
                    .chain(images)
                    .take(IMAGES + 1)
                    .collect();
            aligned(&mut text, &rows);
            if more > 0 {
                let _ = writeln!(text, "and {more} more");
            }
        }
    }
    text
}

/// For the page of a run, a chat, an issue.
pub fn markdown(report: &StatusReport) -> String {
    let mut text = String::from("## GitOps: status\n");
    for branch in &report.branches {
        let _ = writeln!(text, "\n### {}\n", plain(&title(branch)));
        if let Some(error) = &branch.error {
            let _ = writeln!(text, "**cannot be read**: {}", plain(error));
        }
        if !branch.environments.is_empty() {
            text.push_str(
                "| Environment | Source | Age | Behind | Published | Rollout | By hand |\n|---|---|---|---|---|---|---|\n",
            );
            for environment in &branch.environments {
                let cells = row(environment);
                let [name, source, age, behind, published, rollout, by_hand] =
                    cells.each_ref().map(|cell| escape(cell));
                let rollout = match rollout.strip_prefix("failed") {
                    Some(rest) => format!("**failed**{rest}"),
                    None => rollout,
                };
                let _ = writeln!(
                    text,
                    "| `{name}` | `{source}` | {age} | {behind} | {published} | {rollout} | {by_hand} |"
                );
            }
        } else if branch.error.is_none() {
            text.push_str("Nothing is published here.\n");
        }
        let remarks = remarks(branch);
        if !remarks.is_empty() {
            text.push('\n');
        }
        for (name, remark) in remarks {
            let _ = match name {
                Some(name) => writeln!(text, "- `{}`: {}", escape(name), plain(&remark)),
                None => writeln!(text, "- {}", plain(&remark)),
            };
        }
        let images = images(branch);
        if !images.is_empty() {
            text.push_str("\n| Image | Environments |\n|---|---|\n");
            let more = images.len().saturating_sub(IMAGES);
            for [image, names] in images.into_iter().take(IMAGES) {
                let _ = writeln!(text, "| `{}` | {} |", escape(&image), plain(&names));
            }
            if more > 0 {
                let _ = writeln!(text, "\nand {more} more");
            }
        }
    }
    text
}

/// The repository, the branch, its newest commit.
fn title(branch: &BranchStatus) -> String {
    let mut title = branch.manifest_repo_url.clone();
    if !branch.branch.is_empty() {
        let _ = write!(title, ", branch {}", branch.branch);
    }
    if let Some(commit) = &branch.commit {
        let _ = write!(title, ", commit {}", short(&commit.id));
        if let Some(age) = commit.age_seconds {
            let _ = write!(title, " ({} ago)", age_words(age));
        }
    }
    title
}

fn row(environment: &EnvironmentStatus) -> Row {
    let none = || "-".to_owned();
    let name = if environment.not_in_file {
        format!("{} (left)", environment.name)
    } else {
        environment.name.clone()
    };
    let rollout = environment.rollout.as_ref();
    let rollout = rollout.map_or_else(none, |now| {
        let outcome = match now.outcome {
            "rolledOut" => "rolled out",
            other => other,
        };
        // What is judged is what is there.
        if is_edited(environment) && outcome != "unknown" {
            format!("{outcome} (edited)")
        } else {
            outcome.to_owned()
        }
    });
    let Some(published) = &environment.published else {
        let source = match environment.problem {
            Some(_) => "unreadable",
            None => "nothing",
        };
        return [
            name,
            source.to_owned(),
            none(),
            none(),
            none(),
            none(),
            none(),
        ];
    };
    let source = &published.source;
    let commit = source.commit.as_ref();
    let age = |commit: Option<&super::CommitStatus>| Some(age_words(commit?.age_seconds?));
    let published_at = age(published.commit.as_ref()).map(|age| format!("{age} ago"));
    let behind = match (source.behind, source.not_on_branch) {
        (_, true) => {
            let branch = source.reference.as_ref().or(source.default_branch.as_ref());
            format!("not on {}", branch_of(branch.map(String::as_str)))
        }
        (Some(number), _) => number.to_string(),
        (None, _) => none(),
    };
    let marked = |id: String| {
        if source.uncommitted {
            format!("{id}+")
        } else {
            id
        }
    };
    [
        name,
        commit.map_or_else(none, |commit| marked(short(&commit.id))),
        age(commit).unwrap_or_else(none),
        behind,
        published_at.unwrap_or_else(none),
        rollout,
        match published.by_hand.count() {
            0 => "no".to_owned(),
            1 => "1 file".to_owned(),
            number => format!("{number} files"),
        },
    ]
}

/// Whether the folder is not as it was published.
fn is_edited(environment: &EnvironmentStatus) -> bool {
    let published = environment.published.as_ref();
    published.is_some_and(|published| published.by_hand.count() > 0)
}

fn branch_of(reference: Option<&str>) -> &str {
    let reference = reference.unwrap_or("its branch");
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}

/// What needs a look, by environment; of the branch as a whole last.
fn remarks(branch: &BranchStatus) -> Vec<(Option<&str>, String)> {
    let mut remarks = Vec::new();
    for environment in &branch.environments {
        let mut say = |text: String| remarks.push((Some(environment.name.as_str()), text));
        if let Some(problem) = &environment.problem {
            say(problem.clone());
        } else if environment.published.is_none() {
            say(format!(
                "nothing is published in the folder `{}`",
                environment.folder
            ));
        }
        if let Some(now) = &environment.rollout
            && now.outcome != "rolledOut"
            && !now.reasons.is_empty()
        {
            let last = now.last_rolled_out_commit.as_deref().map(short);
            let last = last.map_or_else(String::new, |last| {
                format!("; commit {last} was the last to be rolled out")
            });
            say(format!("{}: {}{last}", now.outcome, now.reasons.join("; ")));
        }
        if let Some(published) = &environment.published {
            let hand = &published.by_hand;
            let parts = [
                ("changed", &hand.changed),
                ("removed", &hand.removed),
                ("added", &hand.added),
            ];
            let parts: Vec<_> = parts
                .iter()
                .filter(|(_, files)| !files.is_empty())
                .map(|(what, files)| format!("{what} {}", list(files)))
                .collect();
            if !parts.is_empty() {
                let rollout = environment.rollout.as_ref();
                let judged = match rollout.map(|now| now.outcome) {
                    None | Some("unknown") => "",
                    _ => ". The rollout is that of the folder as it is now",
                };
                say(format!("by hand: {}{judged}", parts.join("; ")));
            }
            let source = &published.source;
            if source.reference.is_none() && source.commit.is_some() {
                say(match &source.default_branch {
                    Some(branch) => format!(
                        "it was published from a detached HEAD; `behind` counts on {}, the default branch of the source",
                        branch_of(Some(branch))
                    ),
                    None => "it was published from a detached HEAD, so how far it is behind is not known; `git remote set-head origin --auto` in a checkout of the source finds its default branch".to_owned(),
                });
            }
            if published.source.uncommitted {
                say("published with changes that are in no commit of the source".to_owned());
            }
        }
    }
    remarks.extend(branch.notes.iter().map(|note| (None, note.clone())));
    remarks
}

/// Which image is published where, and where that is not known.
fn images(branch: &BranchStatus) -> Vec<[String; 2]> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for environment in &branch.environments {
        let published = environment.published.as_ref();
        for image in published.iter().flat_map(|one| one.images.iter().flatten()) {
            found
                .entry(image)
                .or_default()
                .push(environment.name.clone());
        }
    }
    let all = found.into_iter();
    all.map(|(image, names)| [image.to_owned(), list(&names)])
        .collect()
}

fn list(names: &[String]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn short(id: &str) -> String {
    id.chars().take(10).collect()
}

/// `40 seconds`, `1 hour`, `3 days`: the largest unit that says something.
fn age_words(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let (number, unit) = match seconds {
        0..MINUTE => (seconds, "second"),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..172_800 => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{ending}")
}

/// Columns that stand below each other.
fn aligned<const N: usize>(text: &mut String, rows: &[[String; N]]) {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests;
