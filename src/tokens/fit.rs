//! Values in YAML and JSON files: the text that is put in is the text that is
//! read, whoever reads it.
//!
//! Owns where a token stands in such a file, and how its value is written there:
//! quoted, escaped, indented, or refused. A value never adds a document, a key
//! or an item. Works on text in memory; knows nothing of variables or encodings.

mod actions;
mod json;
mod jsonnet;
mod lines;
mod memo;
mod nested;
mod read;
mod rule;
mod template;
mod write;
mod yaml;

use std::fmt;
use std::ops::Range;

use super::engine::{Edit, How};
pub(super) use crate::text::Format;

/// A text with the values for its tokens.
#[derive(Clone, Copy)]
pub(super) struct Given<'t> {
    /// The file as it is shown.
    pub(super) name: &'t str,
    pub(super) text: &'t str,
    pub(super) edits: &'t [Edit],
    pub(super) values: &'t str,
    /// Further lines go to the token's column, not to the block's.
    pub(super) auto_indent: bool,
}

impl<'t> Given<'t> {
    fn value(&self, edit: usize) -> &'t str {
        &self.values[self.edits[edit].value.clone()]
    }

    fn how(&self, edit: usize) -> How {
        self.edits[edit].how
    }
}

/// A part of the text that is written anew, with all its tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The bytes that it replaces.
    pub(super) at: Range<usize>,
    pub(super) text: String,
    /// The edits that it stands for.
    pub(super) edits: Range<usize>,
    /// What became of each value.
    pub(super) forms: Vec<String>,
}

impl Piece {
    /// One value in the place of its token.
    fn of_token(given: &Given<'_>, edit: usize, form: String) -> Self {
        Self {
            at: given.edits[edit].at.clone(),
            text: form.clone(),
            edits: edit..edit + 1,
            forms: vec![form],
        }
    }
}

/// Why a value cannot be put where its token stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) edit: usize,
    pub(super) reason: Reason,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It would become more than one text, or another one.
    Structure,
    /// The token stands in an anchor, an alias or a tag.
    Name,
    /// The token stands inside a template action.
    Action,
    /// The value holds the beginning of a template action.
    Braces,
    /// The scalar has a tag that the value does not suit.
    Tag(String),
    /// A template action in the same text keeps it from being quoted.
    Mixed,
    /// It would become something else in YAML that is a text of the file.
    Nested,
    /// The token stands in the code of a Jsonnet program.
    Code,
    /// Every line of the file is a setting, and the value has several.
    Lines,
    /// The file is not YAML, so nobody can say how the value would be read.
    Unread {
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Structure => {
                f.write_str("its value would be read as something else than the text it is")
            }
            Self::Name => f.write_str(
                "it is part of an anchor, alias or tag, and its value has characters that cannot be there",
            ),
            Self::Action => f.write_str(
                "it is inside a template action (`{{ … }}`), where its value could be read as code",
            ),
            Self::Braces => {
                f.write_str("its value contains `{{`, which the template engine would run as code")
            }
            Self::Tag(tag) => write!(f, "its value is not a `{tag}`, as the tag in front of it says"),
            Self::Mixed => f.write_str(
                "its value needs quotes, but the same text contains a template action (`{{ … }}`)",
            ),
            Self::Nested => f.write_str(
                "it is in a patch or another text that is YAML itself, where its value would be read as something else than the text it is",
            ),
            Self::Code => f.write_str(
                "it is in the code of a Jsonnet program, where its value could be run",
            ),
            Self::Lines => f.write_str(
                "its value has a line break, and each line of this file is a setting of its own",
            ),
            Self::Unread { line, reason } => write!(
                f,
                "its value needs quotes, but the file is not valid YAML (line {line}: {reason})"
            ),
        }
    }
}

impl Reason {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Structure | Self::Mixed => {
                "put the text that contains the token into double quotes; with transforms enabled, `raw(name)` inserts a value unchanged"
            }
            Self::Nested => {
                "put the patch into a file of its own, where values are written as YAML needs it; or check the value"
            }
            Self::Name => "use only letters, digits, `-` and `_` in that value",
            Self::Action | Self::Braces => {
                "pass the value through a values file and read it with `.Values`"
            }
            Self::Code => {
                "put the token into quotes, or pass the value with `jsonnetVariables` and read it with `std.extVar`"
            }
            Self::Lines => "give it a value of one line, or put it into a file of its own",
            Self::Tag(_) => "correct the value, or remove the tag",
            Self::Unread { .. } => {
                "put the token into double quotes, or correct the file; with transforms enabled, `raw(name)` inserts a value unchanged"
            }
        }
    }
}

/// How the values are written so that each is read as it is. The pieces are in
/// the order of the text and hold every edit.
pub(super) fn fit(format: Format, given: Given<'_>) -> Result<Vec<Piece>, Misfit> {
    match format {
        Format::Json => Ok(json::fit(given)),
        Format::Yaml => yaml::fit(given),
        Format::Jsonnet => jsonnet::fit(given),
        Format::Template => each(given, &in_template(given)),
        Format::Lines => each(given, &|edit| {
            let is_one_line = !given.value(edit).contains(['\n', '\r']);
            is_one_line.then_some(()).ok_or(Reason::Lines)
        }),
    }
}

/// Every value as it is, where nothing speaks against it.
fn each(
    given: Given<'_>,
    check: &dyn Fn(usize) -> Result<(), Reason>,
) -> Result<Vec<Piece>, Misfit> {
    let piece = |edit| {
        if !matches!(given.how(edit), How::Raw | How::Kept) {
            check(edit).map_err(|reason| Misfit { edit, reason })?;
        }
        let form = given.value(edit).to_owned();
        Ok(Piece::of_token(&given, edit, form))
    };
    (0..given.edits.len()).map(piece).collect()
}

/// What a template may have put into it: nothing that its engine would run.
fn in_template(given: Given<'_>) -> impl Fn(usize) -> Result<(), Reason> {
    let actions = actions::find(given.text);
    move |edit| {
        let at = given.edits[edit].at.start;
        let is_inside = actions.iter().any(|action| action.contains(&at));
        match given.value(edit) {
            value if is_inside && !write::is_word(value) => Err(Reason::Action),
            value if value.contains("{{") => Err(Reason::Braces),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
