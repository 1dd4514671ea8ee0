//! The text as its author means it: every token a word.
//!
//! `#{name}#` begins a comment for a YAML parser. Owns the words that stand in
//! for tokens while the file is read, and the way back to the bytes of the text.

use std::ops::Range;

use super::{Given, How, actions};

/// A text whose tokens are words, and whose template actions are words or
/// comments.
pub(super) struct Template {
    pub(super) text: String,
    /// The words, by edit, in the order of the text.
    pub(super) holes: Vec<Hole>,
    /// The template actions.
    pub(super) actions: Vec<Range<usize>>,
    /// How the words begin; the text has this nowhere else.
    stem: String,
    /// What was put in: here, and what it stands for in the original.
    shifts: Vec<(Range<usize>, Range<usize>)>,
}

/// A word that stands for a token.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    pub(super) edit: usize,
    pub(super) at: Range<usize>,
}

impl Template {
    /// Puts words in the place of tokens. Values that go in as they are do so
    /// here already.
    pub(super) fn new(given: &Given<'_>) -> Self {
        let mut stem = "Zq".to_owned();
        while given.text.contains(&stem) || given.values.contains(&stem) {
            stem.push('q');
        }
        let mut template = Self {
            text: String::with_capacity(given.text.len()),
            holes: Vec::new(),
            actions: Vec::new(),
            stem,
            shifts: Vec::with_capacity(given.edits.len()),
        };
        let mut copied = 0;
        for (edit, token) in given.edits.iter().enumerate() {
            template.text.push_str(&given.text[copied..token.at.start]);
            copied = token.at.end;
            let start = template.text.len();
            if token.how == How::Raw {
                template.text.push_str(given.value(edit));
            } else {
                let word = template.word(edit);
                template.text.push_str(&word);
                let at = start..template.text.len();
                template.holes.push(Hole { edit, at });
            }
            let here = start..template.text.len();
            template.shifts.push((here, token.at.clone()));
        }
        template.text.push_str(&given.text[copied..]);
        template.actions = actions::mask(&mut template.text);
        template
    }

    fn word(&self, edit: usize) -> String {
        format!("{}{edit}z", self.stem)
    }

    /// Where a byte of this text is in the original.
    pub(super) fn original(&self, at: usize) -> usize {
        let before = self.shifts.partition_point(|(here, _)| here.end <= at);
        match before.checked_sub(1).map(|i| &self.shifts[i]) {
            Some((here, there)) => at - here.end + there.end,
            None => at,
        }
    }

    /// The words in a part of this text, as indexes into the holes.
    pub(super) fn holes_in(&self, part: &Range<usize>) -> Range<usize> {
        let first = self
            .holes
            .partition_point(|hole| hole.at.start < part.start);
        let last = self.holes.partition_point(|hole| hole.at.end <= part.end);
        first..last.max(first)
    }

    /// The edits in a part of this text, those that went in as they are too.
    pub(super) fn edits_in(&self, part: &Range<usize>) -> Range<usize> {
        let first = self
            .shifts
            .partition_point(|(here, _)| here.start < part.start);
        let last = self
            .shifts
            .partition_point(|(here, _)| here.end <= part.end);
        first..last.max(first)
    }

    /// Whether a template action is in a part of this text, or around it.
    pub(super) fn has_action(&self, part: &Range<usize>) -> bool {
        let first = self
            .actions
            .partition_point(|action| action.end <= part.start);
        let next = self.actions.get(first);
        next.is_some_and(|action| action.start < part.end)
    }

    /// A text with `value` in the place of each word.
    pub(super) fn filled<'v>(&self, text: &str, value: impl Fn(usize) -> &'v str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(self.stem.as_str()) {
            out.push_str(before);
            let word = after.split_once('z');
            let Some((edit, tail)) = word.and_then(|(n, tail)| Some((n.parse().ok()?, tail)))
            else {
                rest = after;
                continue;
            };
            out.push_str(value(edit));
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}
