//! Where differences are written down. Owns what of a value may be shown and how much: a
//! secret is known by a keyed hash, a long value is cut.

use super::written::{floor, take, written};
use crate::field::{Change, Field, Hidden, Secrecy, TextChange};
use crate::noise;
use crate::options::Options;
use crate::path::Path;
use crate::secrecy;
use crate::value::Value;
use crate::veil::Veil;

/// So many fields of one resource are written down for the rules; of those that may be
/// noise as many again, so that noise hides nothing else.
const FIELDS: usize = 20_000;
/// So many of them are shown.
const SHOWN: usize = 2_000;
/// So many values of a list or map are shown.
const ITEMS: usize = 400;

/// So many bytes of a text are looked at for confidential names; more than is shown.
pub(super) const CLEANED: usize = 16 << 10;

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

impl Outcome {
    /// Leaves what is shown: so many fields to read, and so many of noise.
    pub(crate) fn shorten(&mut self) {
        let mut rooms = [SHOWN, SHOWN];
        let is_cut = &mut self.is_cut;
        self.found.retain(|found| {
            let room = &mut rooms[usize::from(found.field.noise.is_some())];
            take(room, is_cut)
        });
    }
}

pub(super) struct Sink<'s> {
    pub(super) path: Path,
    /// The steps of the path whose names are not shown.
    pub(super) covered: Vec<usize>,
    /// The words of the command that the arguments here belong to, on both sides.
    pub(super) front: [Vec<String>; 2],
    /// How many places around this one have a secret on one side.
    pub(super) veiled: usize,
    pub(super) kind: &'s str,
    pub(super) options: &'s Options<'s>,
    pub(super) out: Outcome,
    /// How many fields are written down, and how many of those that may be noise.
    counts: [usize; 2],
}

impl<'s> Sink<'s> {
    pub(super) fn new(kind: &'s str, options: &'s Options<'s>) -> Self {
        Self {
            path: Path::default(),
            covered: Vec::new(),
            front: [Vec::new(), Vec::new()],
            veiled: 0,
            kind,
            options,
            out: Outcome::default(),
            counts: [0, 0],
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        self.out
    }

    pub(super) fn is_full(&self) -> bool {
        self.counts.iter().all(|count| *count > FIELDS)
    }

    /// Counts a field, and says whether there is no room for it.
    fn is_over(&mut self, change: Change) -> bool {
        let sort = usize::from(noise::may_be(&self.path, change));
        let over = self.counts[sort] >= FIELDS;
        self.counts[sort] += 1;
        self.out.is_cut |= over;
        over
    }

    /// The path as it is shown.
    fn place(&self) -> String {
        let mut covered = secrecy::names::steps(&self.path);
        covered.extend(&self.covered);
        self.path.text_without(&covered)
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
        if self.is_over(field.change) {
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

    /// The same is written differently, which matters to some readers or not.
    pub(super) fn formatting(&mut self, matters: bool) {
        let mut field = Field::bare(self.place(), Change::Formatting);
        field.noise = (!matters).then_some(crate::field::Noise::Formatting);
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
        let mut show = |side: usize, value: &Value| {
            let mut room = ITEMS;
            let (room, cut) = (&mut room, &mut field.cut);
            match value {
                Value::List(items) => {
                    self.shown_list(&self.path, &self.front[side], items, room, cut)
                }
                value => self.shown(&self.path, value, room, cut),
            }
        };
        let shown = (old.map(|old| show(0, old)), new.map(|new| show(1, new)));
        (field.old, field.new) = shown;
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
}
