//! What is said of values that are set: in the message of the commit, in the report, and
//! where a file is none to edit.

use std::collections::BTreeSet;

use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::model::{Folder, RelPath};
use crate::report::Updated;
use crate::text::nearest;
use crate::update::values;

/// How many lines the message of a commit lists.
const LISTED: usize = 50;

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
