//! What of a value is shown: without what its name, its place or its form says is
//! confidential, and not longer than fits.

use super::sink::{CLEANED, Sink};
use super::written::{cut_text, floor, take};
use crate::path::{Path, Step};
use crate::secrecy::{self, beside};
use crate::value::Value;

impl Sink<'_> {
    /// What of the value at this path is shown.
    pub(super) fn shown(
        &self,
        path: &Path,
        value: &Value,
        room: &mut usize,
        cut: &mut bool,
    ) -> Value {
        match value {
            Value::Str(text) => Value::Str(self.shown_text(path, text, room, cut)),
            Value::List(items) => self.shown_list(path, &[], items, room, cut),
            Value::Map(pairs) => {
                let mut base = path.clone();
                if let Some(name) = value.at(&["name"]).text() {
                    base.0
                        .push(Step::Item(vec![("name".to_owned(), name.to_owned())]));
                }
                let mut out = Vec::new();
                for (key, inner) in pairs {
                    if !take(room, cut) {
                        break;
                    }
                    let path = base.key(key);
                    let hides = beside::hides(pairs, key) || self.is_confidential(&path, inner);
                    let shown = match inner {
                        _ if hides => Value::Str(secrecy::HIDDEN.to_owned()),
                        Value::List(items) if key == "args" => {
                            self.shown_list(&path, &beside::front(pairs), items, room, cut)
                        }
                        inner => self.shown(&path, inner, room, cut),
                    };
                    let key = self.options.masked(key).unwrap_or_else(|| key.clone());
                    out.push((key, shown));
                }
                Value::Map(out)
            }
            other => other.clone(),
        }
    }

    /// What of a list is shown; `front` is the command that its words are arguments of.
    pub(super) fn shown_list(
        &self,
        path: &Path,
        front: &[String],
        items: &[Value],
        room: &mut usize,
        cut: &mut bool,
    ) -> Value {
        let exposed = beside::exposed(front, items);
        let mut out = Vec::new();
        for (item, exposed) in items.iter().zip(exposed) {
            if !take(room, cut) {
                break;
            }
            out.push(if exposed {
                Value::Str(secrecy::HIDDEN.to_owned())
            } else {
                self.shown(path, item, room, cut)
            });
        }
        Value::List(out)
    }

    fn is_confidential(&self, path: &Path, value: &Value) -> bool {
        let annotations = self.options.sensitive_annotations;
        secrecy::of(path, self.kind, value, annotations).is_some()
    }

    fn shown_text(&self, path: &Path, text: &str, room: &mut usize, cut: &mut bool) -> String {
        // A document that holds something confidential is shown as what it means.
        if let Some(value) = super::contents::one(path, text, self.options) {
            let shown = self.shown(path, &value, room, cut);
            if shown != value {
                let text = serde_json::to_string(&shown).unwrap_or_default();
                return cut_text(&text, cut);
            }
        }
        if beside::has_manifest(text) {
            return secrecy::HIDDEN.to_owned();
        }
        // Masked before it is cut: half a secret would not be recognized.
        let masked = self.options.masked(text);
        let text = masked.as_deref().unwrap_or(text);
        let start = floor(text, CLEANED);
        *cut |= start < text.len();
        match secrecy::cleaned(&text[..start]) {
            // What follows may go on with what was hidden.
            Some(cleaned) => cut_text(&cleaned, cut),
            None => cut_text(text, cut),
        }
    }
}
