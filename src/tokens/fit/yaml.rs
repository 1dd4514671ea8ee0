//! Values in YAML: the file is read with words in the place of tokens, and read
//! again with the values in it.
//!
//! Owns the choice of a form for each scalar, and the proof that nothing else
//! changed.

use std::collections::HashMap;

use granit_parser::ScalarStyle;

use super::super::escape::yaml_text;
use super::read::{self, Reading, Shape, Slot};
use super::rule::{reader, stays_plain};
use super::template::Template;
use super::{Given, How, Misfit, Piece, Reason, lines, memo, write};

/// The pieces of a YAML text.
pub(super) fn fit(given: Given<'_>) -> Result<Vec<Piece>, Misfit> {
    let edits = 0..given.edits.len();
    let is_text = |edit| given.how(edit) == How::Text && write::is_always_text(given.value(edit));
    if edits.clone().all(is_text) {
        let piece = |edit| Piece::of_token(&given, edit, given.value(edit).to_owned());
        return Ok(edits.map(piece).collect());
    }
    let template = Template::new(&given);
    refuse_code(&given, &template)?;
    let reading = match memo::read(&template) {
        Ok(reading) => reading,
        Err(unread) => return lines::fit(given, &template, &unread),
    };
    let mut fitting = Fitting {
        given,
        template: &template,
        reading: &reading,
        quoted: vec![false; reading.slots.len()],
    };
    let pieces = fitting.pieces()?;
    super::nested::check(&given, &template, &reading)?;
    if fitting.is_inert() {
        return Ok(pieces);
    }
    if let Ok(()) = fitting.check(&pieces) {
        Ok(pieces)
    } else {
        // In double quotes every text is itself.
        fitting.quote_what_can_be();
        let pieces = fitting.pieces()?;
        fitting.check(&pieces).map(|()| pieces)
    }
}

/// A value must not become code of a template.
fn refuse_code(given: &Given<'_>, template: &Template) -> Result<(), Misfit> {
    let in_templates = given
        .name
        .split(['/', '\\'])
        .any(|step| step == "templates");
    if template.actions.is_empty() && !in_templates {
        return Ok(());
    }
    for (edit, token) in given.edits.iter().enumerate() {
        if !matches!(token.how, How::Raw | How::Kept) && given.value(edit).contains("{{") {
            let reason = Reason::Braces;
            return Err(Misfit { edit, reason });
        }
    }
    for hole in &template.holes {
        let kept = given.how(hole.edit) == How::Kept;
        if !kept && template.has_action(&hole.at) && !write::is_word(given.value(hole.edit)) {
            let reason = Reason::Action;
            return Err(Misfit {
                edit: hole.edit,
                reason,
            });
        }
    }
    Ok(())
}

struct Fitting<'t> {
    given: Given<'t>,
    template: &'t Template,
    reading: &'t Reading,
    /// Which scalars are written in double quotes as a whole.
    quoted: Vec<bool>,
}

impl Fitting<'_> {
    fn pieces(&self) -> Result<Vec<Piece>, Misfit> {
        let mut pieces = Vec::with_capacity(self.given.edits.len());
        for (at, slot) in self.reading.slots.iter().enumerate() {
            self.before(slot.at.start, &mut pieces)?;
            self.slot(slot, self.quoted[at], &mut pieces)?;
        }
        self.before(self.template.text.len(), &mut pieces)?;
        Ok(pieces)
    }

    /// The tokens up to a place that are in no scalar.
    fn before(&self, end: usize, pieces: &mut Vec<Piece>) -> Result<(), Misfit> {
        let done = pieces.last().map_or(0, |piece| piece.edits.end);
        let until = self.template.edits_in(&(0..end)).end;
        for edit in done..until {
            let value = self.given.value(edit);
            let form = if matches!(self.given.how(edit), How::Raw | How::Kept) {
                value.to_owned()
            } else {
                self.outside(edit, value)?
            };
            pieces.push(Piece::of_token(&self.given, edit, form));
        }
        Ok(())
    }

    /// A token in a comment, an action, or the name of something.
    fn outside(&self, edit: usize, value: &str) -> Result<String, Misfit> {
        let holes = &self.template.holes;
        let found = holes.binary_search_by_key(&edit, |hole| hole.edit);
        let start = found.map_or(0, |at| holes[at].at.start);
        let line = &self.template.text[..start];
        let line = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
        let comment = |(at, _): (usize, &str)| {
            line[..at].is_empty() || line[..at].ends_with(|c: char| c.is_whitespace())
        };
        if line.match_indices('#').any(comment) {
            return Ok(write::in_comment(value));
        }
        if self.template.has_action(&(start..start + 1)) || write::is_name(value) {
            return Ok(value.to_owned());
        }
        let reason = Reason::Name;
        Err(Misfit { edit, reason })
    }

    /// What a scalar is to be read as.
    fn expected(&self, slot: &Slot) -> String {
        self.template
            .filled(&slot.value, |edit| self.given.value(edit))
    }

    fn slot(&self, slot: &Slot, quoted: bool, pieces: &mut Vec<Piece>) -> Result<(), Misfit> {
        if quoted {
            pieces.push(self.whole(slot)?);
            return Ok(());
        }
        let values = |fits: fn(&str) -> bool| {
            let holes = &self.template.holes[self.template.holes_in(&slot.at)];
            holes.iter().all(|hole| fits(self.given.value(hole.edit)))
        };
        match slot.style {
            ScalarStyle::Plain => self.plain(slot, pieces),
            ScalarStyle::SingleQuoted if values(write::fits_single) => {
                self.each(slot, pieces, |_, value| write::single(value));
                Ok(())
            }
            ScalarStyle::DoubleQuoted => {
                self.each(slot, pieces, |_, value| yaml_text(value));
                Ok(())
            }
            ScalarStyle::Literal | ScalarStyle::Folded
                if values(write::fits_block) && write::begins_block(&self.expected(slot)) =>
            {
                let indent = write::block_indent(&self.template.text, &slot.at);
                self.each(slot, pieces, |edit, value| match self.given.how(edit) {
                    How::Laid => value.to_owned(),
                    _ if self.given.auto_indent => write::block(value, &self.column(edit)),
                    _ => write::block(value, &indent),
                });
                Ok(())
            }
            _ => {
                pieces.push(self.whole(slot)?);
                Ok(())
            }
        }
    }

    /// White space as wide as what is before a token on its line.
    fn column(&self, edit: usize) -> String {
        let before = &self.given.text[..self.given.edits[edit].at.start];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        " ".repeat(line.chars().count())
    }

    fn plain(&self, slot: &Slot, pieces: &mut Vec<Piece>) -> Result<(), Misfit> {
        let text = self.expected(slot);
        let first = self.template.holes_in(&slot.at).start;
        let edit = self.template.holes[first].edit;
        if let Some(tag) = slot.tag.as_deref().filter(|tag| *tag != "str") {
            if !has_tag(&text, tag) {
                let reason = Reason::Tag(format!("!!{tag}"));
                return Err(Misfit { edit, reason });
            }
            self.each(slot, pieces, |_, value| value.to_owned());
            return Ok(());
        }
        if self.template.has_action(&slot.at) {
            let mut holes = self.template.holes[self.template.holes_in(&slot.at)].iter();
            let fits = |edit| {
                self.given.how(edit) == How::Kept
                    || write::fits_inside_plain(self.given.value(edit), slot.in_flow)
            };
            if !holes.all(|hole| fits(hole.edit)) {
                let reason = Reason::Mixed;
                return Err(Misfit { edit, reason });
            }
            self.each(slot, pieces, |_, value| value.to_owned());
            return Ok(());
        }
        let document = &self.reading.documents[slot.document];
        let is_text = slot.tag.is_some();
        let reads_back = is_text || {
            let mut reader = reader(self.given.name, document, &slot.path);
            if slot.is_key {
                reader = super::rule::Reader::Kubernetes;
            }
            stays_plain(&text, reader)
        };
        if reads_back && write::fits_plain(&text, slot.in_flow) {
            self.each(slot, pieces, |_, value| value.to_owned());
        } else {
            pieces.push(self.whole(slot)?);
        }
        Ok(())
    }

    /// Each value of a scalar in the place of its token.
    fn each(&self, slot: &Slot, pieces: &mut Vec<Piece>, form: impl Fn(usize, &str) -> String) {
        for edit in self.template.edits_in(&slot.at) {
            let value = self.given.value(edit);
            let form = match self.given.how(edit) {
                How::Raw => value.to_owned(),
                _ => form(edit, value),
            };
            pieces.push(Piece::of_token(&self.given, edit, form));
        }
    }

    /// A scalar in double quotes as a whole.
    fn whole(&self, slot: &Slot) -> Result<Piece, Misfit> {
        let edits = self.template.edits_in(&slot.at);
        if self.template.has_action(&slot.at) {
            let reason = Reason::Mixed;
            return Err(Misfit {
                edit: edits.start,
                reason,
            });
        }
        let mut text = write::double(&self.expected(slot));
        let mut at = slot.at.clone();
        if matches!(slot.style, ScalarStyle::Literal | ScalarStyle::Folded) {
            let Some((range, ends)) = write::block_range(&self.template.text, &at) else {
                let reason = Reason::Structure;
                return Err(Misfit {
                    edit: edits.start,
                    reason,
                });
            };
            at = range;
            if ends {
                text.push('\n');
            }
        }
        let forms = edits.clone().map(|edit| yaml_text(self.given.value(edit)));
        Ok(Piece {
            at: self.template.original(at.start)..self.template.original(at.end),
            text,
            forms: forms.collect(),
            edits,
        })
    }

    /// Whether every value is a word that means nothing to a parser wherever it
    /// is: a plain scalar has been looked at already.
    fn is_inert(&self) -> bool {
        let inert = |edit: usize| {
            let value = self.given.value(edit);
            let starts_well = value.starts_with(|c: char| c.is_ascii_alphanumeric());
            self.given.how(edit) == How::Text && starts_well && write::is_word(value)
        };
        (0..self.given.edits.len()).all(inert)
    }

    fn quote_what_can_be(&mut self) {
        for (at, slot) in self.reading.slots.iter().enumerate() {
            let tagged = slot.tag.as_deref().is_some_and(|tag| tag != "str");
            let edits = self.template.edits_in(&slot.at);
            let laid = edits
                .into_iter()
                .any(|edit| self.given.how(edit) == How::Laid);
            let harmless = slot.style == ScalarStyle::Plain && {
                let holes = &self.template.holes[self.template.holes_in(&slot.at)];
                let mut holes = holes.iter();
                holes.all(|hole| write::is_word(self.given.value(hole.edit)))
            };
            self.quoted[at] = !tagged && !laid && !harmless && !self.template.has_action(&slot.at);
        }
    }

    /// Reads the new text and compares it with what was meant.
    fn check(&self, pieces: &[Piece]) -> Result<(), Misfit> {
        let mut text = String::with_capacity(self.given.text.len() + self.given.values.len());
        let mut at = 0;
        for piece in pieces {
            text.push_str(&self.given.text[at..piece.at.start]);
            text.push_str(&piece.text);
            at = piece.at.end;
        }
        text.push_str(&self.given.text[at..]);
        if !self.template.actions.is_empty() {
            super::actions::mask(&mut text);
        }
        let first = Misfit {
            edit: 0,
            reason: Reason::Structure,
        };
        let Ok(now) = read::read(&text, None) else {
            return Err(first);
        };
        let slots: HashMap<usize, &Slot> = self
            .reading
            .slots
            .iter()
            .map(|slot| (slot.event, slot))
            .collect();
        let mut last = 0;
        for (event, meant) in self.reading.shapes.iter().enumerate() {
            let slot = slots.get(&event);
            if let Some(slot) = slot {
                last = self.template.edits_in(&slot.at).start;
            }
            let fits = match (now.shapes.get(event), slot) {
                (Some(shape), None) => shape == meant,
                (Some(Shape::Scalar(hash)), Some(slot)) => {
                    let edits = self.template.edits_in(&slot.at);
                    let laid = edits
                        .into_iter()
                        .any(|edit| self.given.how(edit) == How::Laid);
                    laid || Shape::Scalar(*hash) == read::shape_of(&self.expected(slot))
                }
                _ => false,
            };
            if !fits {
                return Err(Misfit {
                    edit: last,
                    reason: Reason::Structure,
                });
            }
        }
        if now.shapes.len() == self.reading.shapes.len() {
            Ok(())
        } else {
            Err(first)
        }
    }
}

/// Whether a text has the type that a tag of YAML's own demands.
fn has_tag(text: &str, tag: &str) -> bool {
    use crate::text::yaml::{Value, plain_value};
    match tag {
        "int" => text
            .parse::<i64>()
            .is_ok_and(|number| number.to_string() == text),
        "float" => matches!(plain_value(text), Value::Int(_) | Value::Float(_)),
        "bool" => matches!(plain_value(text), Value::Bool(_)),
        "null" => matches!(plain_value(text), Value::Null),
        _ => write::fits_plain(text, true),
    }
}
