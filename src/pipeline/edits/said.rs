//! What is said of values that are set: in the message of the commit, in the report, and
//! where a file is none to edit.

use std::collections::BTreeSet;

use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::model::{Folder, RelPath};
use crate::report::{Reporter, Updated, turns};
use crate::text::nearest;
use crate::update::values;

/// How many lines the message of a commit lists.
const LISTED: usize = 50;

/// How many characters of a value are shown.
const LONGEST: usize = 200;

/// What is shown of a value of a Secret, or of one with the name of a secret.
const HIDDEN: &str = "(hidden)";

/// A value that was set, as everybody may see it: in the log, the message of the commit and
/// the pull request.
pub(super) fn shown(reporter: &Reporter, set: values::Set) -> values::Set {
    let kind = set
        .object
        .as_deref()
        .and_then(|object| object.split(' ').next());
    let name = set.field.rsplit(['.', ']']).find(|part| !part.is_empty());
    let is_secret = kind == Some("Secret") || name.is_some_and(gitops_plan::is_confidential_name);
    let value = |text: String| {
        if is_secret {
            HIDDEN.to_owned()
        } else {
            line(&reporter.hidden(&text))
        }
    };
    values::Set {
        before: value(set.before),
        after: value(set.after),
        object: set.object.map(|object| line(&reporter.hidden(&object))),
        field: line(&reporter.hidden(&set.field)),
        ..set
    }
}

/// A text on one line, without what steers a terminal or turns the direction, and cut where
/// it is long.
fn line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .take(LONGEST)
        .map(|c| {
            if c.is_control() || turns(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// What a commit says: one value in its subject, several below it.
pub(super) fn message(set: &[values::Set]) -> String {
    let files: BTreeSet<_> = set.iter().map(|one| &one.file).collect();
    let subject = match set {
        [one] => {
            let of = one.object.as_deref().unwrap_or(one.file.as_str());
            format!("Set {} of {of} to {}", one.field, one.after)
        }
        _ => format!(
            "Set {} values in {} file{}",
            set.len(),
            files.len(),
            if files.len() == 1 { "" } else { "s" }
        ),
    };
    let mut lines: Vec<_> = set
        .iter()
        .take(LISTED)
        .map(|one| {
            let object = one.object.as_deref();
            let object = object.map_or(String::new(), |object| format!(", {object}"));
            format!(
                "- {}{object}: {} {} -> {}",
                one.file, one.field, one.before, one.after
            )
        })
        .collect();
    if set.len() > LISTED {
        lines.push(format!("- and {} more", set.len() - LISTED));
    }
    format!("{subject}\n\n{}", lines.join("\n"))
}

/// A value as the report has it.
pub(super) fn updated(set: values::Set) -> Updated {
    Updated {
        file: set.file.to_string(),
        line: set.line,
        object: set.object,
        field: set.field,
        before: set.before,
        after: set.after,
    }
}

/// A path that the branch does not have.
pub(super) fn no_file<'p>(
    file: &str,
    tip: &Tip,
    paths: impl Iterator<Item = &'p RelPath>,
) -> Error {
    let said = format!("the branch {:?} has no file {file:?}", tip.branch);
    let paths: Vec<_> = paths.map(RelPath::as_str).collect();
    let meant = nearest(file, paths.iter().copied());
    let hint = meant.map_or_else(
        || "paths begin at the root of the repository, without `/`".to_owned(),
        |meant| format!("did you mean {meant:?}?"),
    );
    Error::message(Kind::Input, said).hint(hint)
}

/// What the next run of `publish` would write over.
pub(super) fn owned(what: &str, folder: &Folder) -> Error {
    let said = format!(
        "{what} in a folder that `publish` writes (`{folder}`): the change would be written over by the next run"
    );
    Error::message(Kind::Policy, said).hint("change the source that it is rendered from")
}
