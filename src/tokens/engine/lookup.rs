//! The variable of a token, or that there is none.
//!
//! Owns the rules about empty values, what stands in for a missing variable,
//! how that is counted, and what is said.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::call::Step;
use super::super::error::{Error, Place};
use super::super::options::{Compatibility, FailOn, Level, Missing};
use super::super::outcome::{Message, missing_text};
use super::super::state::Run;
use super::Engine;

impl<'o> Engine<'o> {
    /// The value of a variable, by the rules about empty values, and whether it
    /// is secret.
    pub(super) fn lookup(
        &self,
        run: &mut Run<'_>,
        name: &str,
    ) -> Result<Option<(&'o str, bool)>, Error> {
        let index = self.variables.find(name, &mut run.key);
        let value = index.map(|i| {
            self.used[i].store(true, Ordering::Relaxed);
            let variable = self.variables.at(i);
            if variable.secret {
                self.variables.note_secret();
            }
            (&*variable.value, variable.secret)
        });
        let level = self.options.compatibility;
        if value.is_none()
            && name.is_empty()
            && level == Compatibility::V6
            && self.variables.asks_pipeline()
        {
            return Err(Error::NoName { place: run.place() });
        }
        let Some(legacy) = &self.options.legacy_empty else {
            return Ok(value);
        };
        Ok(match value {
            Some(("", _)) => None,
            Some((value, secret)) if !legacy.marker.is_empty() && *value == legacy.marker => {
                Some(("", secret))
            }
            value => value,
        })
    }

    /// What stands in for a missing variable; counts and says so.
    pub(super) fn missing(&self, run: &mut Run<'_>, name: &str, steps: &[Step]) -> Missing {
        let level = self.options.compatibility;
        run.counters.missing += 1;
        let own_default = steps
            .iter()
            .filter(|step| level.is_own() && step.name == "default")
            .find_map(|step| step.arguments.first());
        let action = match own_default {
            Some(value) => Missing::Default(value.clone()),
            None => self.options.missing.clone(),
        };
        if let Missing::Default(_) = action {
            run.counters.missing -= 1;
            run.counters.defaults += 1;
            run.counters.replaced += 1;
            return action;
        }
        if action == Missing::Nothing && !level.is_old() {
            run.counters.replaced += 1;
        }
        let text = if level.is_own() && name.is_empty() {
            "a token has no name, so there is no variable for it".to_owned()
        } else {
            missing_text(level, name)
        };
        self.note_first_missing(run, &text);
        run.say(self.options.missing_log, text);
        action
    }

    /// The first missing variable of a text, silently: a run that fails for it
    /// says where, however loud missing variables are.
    fn note_first_missing(&self, run: &mut Run<'_>, text: &str) {
        let wanted = self.options.fail_on.contains(&FailOn::Missing);
        if !wanted || run.counters.missing != 1 {
            return;
        }
        let Place { line, column, .. } = run.place();
        run.messages.push(Message {
            level: Level::Off,
            file: Some(Arc::clone(run.file)),
            line,
            column,
            text: text.to_owned(),
        });
    }
}
