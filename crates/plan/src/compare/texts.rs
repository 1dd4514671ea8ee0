//! Two texts that differ: compared as what they hold, else by line, else as a whole.

use super::Comparison;
use super::contents::{self, Contents};
use super::lines;
use crate::field::Change;
use crate::path::Step;
use crate::secrecy::beside;
use crate::value::Value;

impl Comparison<'_> {
    pub(super) fn texts(&mut self, old: &str, new: &str) {
        let as_values = || (Value::Str(old.to_owned()), Value::Str(new.to_owned()));
        if self.sink.is_hidden_text(old) || self.sink.is_hidden_text(new) {
            let (old, new) = as_values();
            return self.sink.record(Change::Replaced, Some(&old), Some(&new));
        }
        if self.sink.is_unknown(new) {
            return self.sink.mark(Change::Unknown);
        }
        match contents::both(&self.sink.path, old, new, self.options) {
            Some(Contents::Documents(format, a, b)) if a == b => {
                let matters = format != "properties" && !contents::same_words(old, new);
                self.sink.formatting(matters);
            }
            Some(Contents::Documents(format, a, b)) => self.documents(format, &a, &b),
            // Not all that is in the text is described.
            Some(Contents::Certificates(a, b)) if a == b => {
                let compact = |text: &str| text.split_whitespace().collect::<String>();
                if compact(old) == compact(new) {
                    self.sink.formatting(false);
                } else {
                    self.lines(old, new);
                }
            }
            Some(Contents::Certificates(a, b)) => {
                self.sink.record(Change::Replaced, Some(&a), Some(&b));
            }
            None if beside::has_manifest(old) || beside::has_manifest(new) => {
                let (old, new) = as_values();
                self.sink.veiled += 1;
                self.sink.record(Change::Replaced, Some(&old), Some(&new));
                self.sink.veiled -= 1;
            }
            None if old.contains('\n') || new.contains('\n') => self.lines(old, new),
            None => {
                let (old, new) = as_values();
                self.scalars(&old, &new);
            }
        }
    }

    /// Documents within a text follow no schema: what they mean is not known.
    fn documents(&mut self, format: &'static str, old: &Value, new: &Value) {
        let builtin = std::mem::replace(&mut self.builtin, false);
        self.inside(Step::Inside(format), |this| this.values(old, new, None));
        self.builtin = builtin;
    }

    fn lines(&mut self, old: &str, new: &str) {
        // A secret may have several lines, and may have been another one before.
        let is_secret = |text: &str| self.options.masked(text).is_some();
        if self.sink.veiled > 0 || is_secret(old) || is_secret(new) {
            let (old, new) = (Value::Str(old.to_owned()), Value::Str(new.to_owned()));
            return self.sink.record(Change::Replaced, Some(&old), Some(&new));
        }
        match lines::compare(old, new) {
            Some(text) => self.sink.text(text),
            None => self.sink.formatting(false),
        }
    }
}
