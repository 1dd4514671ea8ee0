//! The transforms of a token, and how much the values of a file may come to.
//!
//! Owns the order in which transforms run. What each does is in `transform`.

use std::sync::atomic::Ordering;

use super::super::call::Step;
use super::super::error::Error;
use super::super::options::Level;
use super::super::outcome::unknown_transform_text;
use super::super::state::Run;
use super::super::transform::{self, Outcome};
use super::{Engine, MOST_COLUMN, MOST_VALUE, MOST_WORK};

/// More text than this in all values of one file, and of one run, is too much
/// to be kept in memory.
const MOST_OF_FILE: usize = 256 << 20;
const MOST_OF_RUN: usize = 1 << 30;
/// Nobody writes more transforms around one name.
const MOST_STEPS: usize = 100;

impl Engine<'_> {
    /// Refuses a file, or a run, whose values are too much to be kept.
    pub(super) fn bounded(
        &self,
        run: &mut Run<'_>,
        in_file: usize,
        more: usize,
    ) -> Result<(), Error> {
        let in_run = self.produced.fetch_add(more, Ordering::Relaxed) + more;
        for (size, most, whose) in [
            (in_file, MOST_OF_FILE, "file"),
            (in_run, MOST_OF_RUN, "run"),
        ] {
            if size > most {
                let most = most >> 20;
                return Err(run.too_much(format!(
                    "the values inserted so far into this {whose} exceed {most} MiB"
                )));
            }
        }
        Ok(())
    }

    /// A value with the transforms run over it, and whether it is not escaped.
    pub(super) fn transformed(
        &self,
        run: &mut Run<'_>,
        mut value: String,
        steps: &[Step],
    ) -> Result<(String, bool), Error> {
        let level = self.options.compatibility;
        let mut raw = false;
        if steps.len() > MOST_STEPS {
            return Err(run.too_much(format!("it has more than {MOST_STEPS} transforms")));
        }
        for step in steps {
            let auto = step.name == "indent" && level.is_own();
            let column = if auto {
                run.cursor.padding(run.at.start, MOST_COLUMN)
            } else {
                String::new()
            };
            let kept = transform::is_known(&step.name, level).then(|| std::mem::take(&mut value));
            let Some(given) = kept else {
                run.say(Level::Warn, unknown_transform_text(level, &step.name));
                continue;
            };
            let outcome = transform::run(step, given, level, &column);
            value = match outcome {
                Ok(Outcome::Value(value)) => value,
                Ok(Outcome::Raw(value)) => {
                    raw = true;
                    value
                }
                Err(reason) => {
                    return Err(Error::Transform {
                        place: run.place(),
                        token: run.token(),
                        reason,
                    });
                }
            };
            run.counters.transforms += 1;
            run.work += value.len();
            if value.len() > MOST_VALUE || run.work > MOST_WORK {
                let most = MOST_VALUE >> 20;
                return Err(run.too_much(format!("its value is longer than {most} MiB")));
            }
        }
        Ok((value, raw))
    }
}
