//! Where differences are written down. Owns what of a value may be shown and how much: a
//! secret is known by a keyed hash, a long value is cut.

use super::written::{cut_text, floor, take, written};
use crate::field::{Change, Field, Hidden, Secrecy, TextChange};
use crate::options::Options;
use crate::path::{Path, Step};
use crate::secrecy::{self, beside};
use crate::value::Value;
use crate::veil::Veil;

/// So many fields of one resource are written down.
const FIELDS: usize = 2_000;
/// So many values of a list or map are shown.
const ITEMS: usize = 400;

/// So many bytes of a text are looked at for confidential names; more than is shown.
const CLEANED: usize = 16 << 10;

/// A field that differs, with the steps to it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: Path,
    pub(crate) field: Field,
}

/// All that was found in one resource.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) found: Vec<Found>,
    /// There were more than are written down.
    pub(crate) is_cut: bool,
    /// What is not shown anywhere.
    pub(crate) veil: Veil,
}

pub(super) struct Sink<'s> {
    pub(super) path: Path,
    /// The steps of the path whose names are not shown.
    pub(super) covered: Vec<usize>,
    /// How many places around this one have a secret on one side.
    pub(super) veiled: usize,
    kind: &'s str,
    options: &'s Options<'s>,
    pub(super) out: Outcome,
}

impl<'s> Sink<'s> {
    pub(super) fn new(kind: &'s str, options: &'s Options<'s>) -> Self {
        Self {
            path: Path::default(),
            covered: Vec::new(),
            veiled: 0,
            kind,
            options,
            out: Outcome::default(),
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        self.out
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.is_cut
    }

    /// The path as it is shown.
    fn place(&self) -> String {
        self.path.text_without(&self.covered)
    }

    fn push(&mut self, mut field: Field) {
        // Whatever found the difference: beside a secret nothing is shown.
        if self.veiled > 0 {
            (field.old, field.new, field.text) = (None, None, None);
            field.hidden.get_or_insert(Hidden {
                why: Secrecy::Sensitive,
                old: None,
                new: None,
            });
        }
        if self.out.found.len() >= FIELDS {
            self.out.is_cut = true;
            return;
        }
        self.out.found.push(Found {
            path: self.path.clone(),
            field,
        });
    }

    /// Whether a new text is made from a secret that this run does not have.
    pub(super) fn is_unknown(&self, text: &str) -> bool {
        self.options.placeholder.is_some_and(|is| is(text))
    }

    pub(super) fn is_hidden_text(&self, text: &str) -> bool {
        if secrecy::is_key(text) {
            return true;
        }
        // The text itself is looked at for its form only.
        let text = Value::Str(text[..floor(text, CLEANED)].to_owned());
        self.secrecy(&text).is_some()
    }

    fn secrecy(&self, value: &Value) -> Option<Secrecy> {
        let annotations = self.options.sensitive_annotations;
        secrecy::of(&self.path, self.kind, value, annotations)
    }

    /// Writes a difference down without values.
    pub(super) fn mark(&mut self, change: Change) {
        let field = Field::bare(self.place(), change);
        self.push(field);
    }

    /// Items have another order, which matters or not.
    pub(super) fn order(&mut self, matters: bool) {
        let mut field = Field::bare(self.place(), Change::Order);
        field.noise = (!matters).then_some(crate::field::Noise::Order);
        self.push(field);
    }

    pub(super) fn text(&mut self, text: TextChange) {
        let mut field = Field::bare(self.place(), Change::Text);
        field.cut = text.left_out > 0;
        field.text = Some(text);
        self.push(field);
    }

    /// Writes a difference down with what may be shown of the values.
    pub(super) fn record(&mut self, change: Change, old: Option<&Value>, new: Option<&Value>) {
        let secrecy =
            |this: &Self, side: Option<&Value>| side.and_then(|value| this.secrecy(value));
        // Where one side is made of a secret, the other was, or will be: a value that was
        // replaced is still in use.
        let mut sides = old.into_iter().chain(new);
        let is_secret = sides.any(|one| self.options.holds_masked(one));
        if let Some(why) = secrecy(self, old).or_else(|| secrecy(self, new)) {
            if is_secret && self.veiled == 0 {
                self.veil(old, new);
            }
            let unknown = new
                .and_then(Value::text)
                .is_some_and(|text| self.is_unknown(text));
            return self.conceal_written(why, old, new, unknown);
        }
        if new.is_some_and(|new| self.holds_unknown(new)) {
            return self.mark(Change::Unknown);
        }
        if self.veiled > 0 {
            return self.conceal_written(Secrecy::Sensitive, old, new, false);
        }
        if is_secret {
            return self.conceal_values(old, new);
        }
        let mut field = Field::bare(self.place(), change);
        let mut show = |value: &Value| {
            let mut room = ITEMS;
            self.shown(&self.path, value, &mut room, &mut field.cut)
        };
        (field.old, field.new) = (old.map(&mut show), new.map(&mut show));
        if field.old == field.new && !field.cut {
            // They differ in nothing but what may not be shown.
            return self.conceal_written(Secrecy::Sensitive, old, new, false);
        }
        self.push(field);
    }

    /// Remembers what differs between two values of which one holds a secret.
    fn veil(&mut self, old: Option<&Value>, new: Option<&Value>) {
        if let Some((old, new)) = old.zip(new) {
            self.out.veil.pair(&[old], &[new], self.options);
        }
    }

    /// Hides both sides, here and wherever they occur.
    fn conceal_values(&mut self, old: Option<&Value>, new: Option<&Value>) {
        self.veil(old, new);
        self.conceal_written(Secrecy::Sensitive, old, new, false);
    }

    fn conceal_written(
        &mut self,
        why: Secrecy,
        old: Option<&Value>,
        new: Option<&Value>,
        unknown: bool,
    ) {
        let bytes = |side: Option<&Value>| side.map(|value| written(value).into_bytes());
        let (old, new) = (bytes(old), bytes(new));
        self.conceal(why, old.as_deref(), new.as_deref(), unknown);
    }

    /// Writes down that a value that may not be shown differs.
    pub(super) fn conceal(
        &mut self,
        why: Secrecy,
        old: Option<&[u8]>,
        new: Option<&[u8]>,
        unknown: bool,
    ) {
        let change = match (old, new) {
            _ if unknown => Change::Unknown,
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Replaced,
        };
        let hash = |bytes: &[u8]| secrecy::keyed_hash(self.options.key, bytes);
        let mut field = Field::bare(self.place(), change);
        field.hidden = Some(Hidden {
            why,
            old: old.map(hash),
            new: new.filter(|_| !unknown).map(hash),
        });
        self.push(field);
    }

    fn holds_unknown(&self, value: &Value) -> bool {
        match value {
            Value::Str(text) => self.is_unknown(text),
            Value::List(items) => items.iter().any(|item| self.holds_unknown(item)),
            Value::Map(pairs) => pairs.iter().any(|(_, value)| self.holds_unknown(value)),
            _ => false,
        }
    }

    /// What of the value at this path is shown.
    fn shown(&self, path: &Path, value: &Value, room: &mut usize, cut: &mut bool) -> Value {
        match value {
            Value::Str(text) => Value::Str(self.shown_text(path, text, room, cut)),
            Value::List(items) => {
                let mut out = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    if !take(room, cut) {
                        break;
                    }
                    let hides = at > 0 && beside::awaits(&items[at - 1]);
                    out.push(if hides {
                        Value::Str(secrecy::HIDDEN.to_owned())
                    } else {
                        self.shown(path, item, room, cut)
                    });
                }
                Value::List(out)
            }
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
                    let shown = if hides {
                        Value::Str(secrecy::HIDDEN.to_owned())
                    } else {
                        self.shown(&path, inner, room, cut)
                    };
                    let key = self.options.masked(key).unwrap_or_else(|| key.clone());
                    out.push((key, shown));
                }
                Value::Map(out)
            }
            other => other.clone(),
        }
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
