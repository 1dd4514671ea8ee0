//! The values that were set, for people: in the log, on the page of the run, in a pull
//! request.

use std::fmt::Write as _;

use crate::model::PublicationStamp;

use super::Updated;
use super::bounded::{Bounded, units};
use super::proposal::provenance;
use super::summary::escape;

/// At most this many values are listed.
const ROWS: usize = 200;

/// Room for the line that counts what was left out.
const REST: usize = 40;

/// One line for each value.
pub fn updates_text(updates: &[Updated]) -> String {
    let mut text = String::new();
    for one in updates.iter().take(ROWS) {
        let object = one.object.as_deref();
        let object = object.map_or(String::new(), |object| format!("{object} "));
        let _ = writeln!(
            text,
            "{}:{} {object}{}: {} -> {}",
            one.file, one.line, one.field, one.before, one.after
        );
    }
    if updates.len() > ROWS {
        let _ = writeln!(text, "… and {} more", updates.len() - ROWS);
    }
    text
}

/// A table in Markdown; nothing where no value is set.
pub(super) fn table(updates: &[Updated]) -> String {
    if updates.is_empty() {
        return String::new();
    }
    let mut text = HEAD.to_owned();
    for one in updates.iter().take(ROWS) {
        text.push_str(&row(one));
    }
    if updates.len() > ROWS {
        let _ = write!(text, "\n… and {} more\n", updates.len() - ROWS);
    }
    text.push('\n');
    text
}

const HEAD: &str = "| File | Field | Before | Now |\n|---|---|---|---|\n";

fn row(one: &Updated) -> String {
    let object = one.object.as_deref();
    let object = object.map_or(String::new(), |object| format!("`{}` ", escape(object)));
    format!(
        "| `{}:{}` | {object}`{}` | `{}` | `{}` |\n",
        escape(&one.file),
        one.line,
        escape(&one.field),
        escape(&one.before),
        escape(&one.after)
    )
}

/// The description of a pull request that sets values, at most `limit` UTF-16 units.
pub fn proposal_of_updates(
    text: Option<&str>,
    updates: &[Updated],
    stamp: &PublicationStamp,
    limit: usize,
) -> String {
    let footer = provenance(stamp);
    let kept = units(&footer) + REST;
    let mut body = Bounded::new(limit);
    if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
        body.push_cut(text, kept + limit / 2);
        body.push_keeping("\n\n", kept);
    }
    body.push_keeping(HEAD, kept);
    let mut left = updates.len();
    for one in updates {
        if !body.push_keeping(&row(one), kept) {
            break;
        }
        left -= 1;
    }
    if left > 0 {
        body.push(&format!("\n… and {left} more\n"));
    }
    body.push(&footer);
    body.into_text()
}
