//! What only one side has. Owns the judgement whether it takes the place of something that
//! only the other side has and that is a secret: then neither is shown. A secret in the
//! name of a field, of an item or of a set's element is replaced by another name, not by
//! another value.

use super::Comparison;
use crate::path::Step;
use crate::schema::words;
use crate::value::Value;
use crate::veil::Side;

/// What of the one-sided entries of a map or list is not shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Apart {
    names: bool,
    values: bool,
}

/// Name and value of an entry that only one side has.
pub(super) type Entry<'e> = (String, &'e Value);

impl Comparison<'_> {
    /// Looks at all that only one side of a map or list has.
    pub(super) fn apart(&mut self, old: &[Entry<'_>], new: &[Entry<'_>]) -> Apart {
        let options = self.options;
        // What has no counterpart takes no place.
        let alone = old.is_empty() || new.is_empty();
        if options.mask.is_none() || self.sink.veiled > 0 || alone {
            return Apart::default();
        }
        let mut all = old.iter().chain(new);
        let names = all.any(|(name, _)| options.masked(name).is_some());
        let mut all = old.iter().chain(new);
        let values = names || all.any(|(_, value)| options.holds_masked(value));
        if names {
            let is_on = |side: &[Entry<'_>], name: &str| side.iter().any(|(one, _)| one == name);
            let veiled = old.iter().filter(|(name, _)| !is_on(new, name));
            let veiled = veiled.chain(new.iter().filter(|(name, _)| !is_on(old, name)));
            let names = veiled.map(|(name, _)| name.as_str());
            self.sink.out.veil.names(names, options);
        }
        if values {
            let old: Vec<_> = old.iter().map(|(_, value)| *value).collect();
            let new: Vec<_> = new.iter().map(|(_, value)| *value).collect();
            self.sink.out.veil.pair(&old, &new, options);
        }
        Apart { names, values }
    }

    /// Works inside of an entry that only one side has.
    pub(super) fn inside_apart(
        &mut self,
        step: Step,
        side: Side,
        apart: Apart,
        work: impl FnOnce(&mut Self),
    ) {
        let published = side == Side::Old && self.options.hide_old && !self.is_word(&step);
        let covered = self.sink.covered.len();
        if apart.names || published {
            let at = self.sink.path.0.len();
            self.sink.covered.push(at);
        }
        self.sink.veiled += usize::from(apart.values);
        self.inside(step, work);
        self.sink.veiled -= usize::from(apart.values);
        self.sink.covered.truncate(covered);
    }

    /// Whether a step is a field that the API has, so that its name says nothing.
    fn is_word(&self, step: &Step) -> bool {
        let path = &self.sink.path;
        match step {
            Step::Index(_) | Step::Inside(_) => true,
            Step::Key(key) => {
                self.builtin && !path.is_in_text() && words::is_field(path.last_key(0), key)
            }
            Step::Item(_) | Step::Element(_) => false,
        }
    }
}
