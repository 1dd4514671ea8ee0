//! Tokens inside of values, and the bounds of that.

use std::borrow::Cow;

use super::super::error::Error;
use super::super::escape;
use super::super::options::{Compatibility, Escape};
use super::super::state::Run;
use super::secret_forms::Secrecy;
use super::{Engine, How, MOST_VALUE, MOST_WORK, Replacement};

/// Values nested deeper than this come from a mistake.
const MOST_DEPTH: usize = 100;
/// More tokens than this in the values of one token come from an attack.
const MOST_INNER_TOKENS: u64 = 1_000_000;

impl Engine<'_> {
    /// A value with the tokens inside it replaced, if that is on.
    pub(super) fn expanded<'v>(
        &'v self,
        run: &mut Run<'_>,
        name: &str,
        value: &'v str,
        escape: &Escape,
    ) -> Result<(Cow<'v, str>, Secrecy), Error> {
        if !self.options.recursive || self.scanner.tokens(value.as_bytes()).next().is_none() {
            return Ok((Cow::Borrowed(value), Secrecy::Public));
        }
        let key = if self.options.compatibility.is_old() {
            name.to_owned()
        } else {
            name.to_uppercase()
        };
        if let Some(first) = run.path.iter().position(|(seen, _)| *seen == key) {
            let mut chain: Vec<String> = run.path[first..]
                .iter()
                .map(|(_, name)| name.clone())
                .collect();
            chain.push(name.to_owned());
            return Err(Error::Cycle {
                place: run.place(),
                chain,
            });
        }
        if run.path.len() == MOST_DEPTH {
            return Err(run.too_much(format!("its values are nested more than {MOST_DEPTH} deep")));
        }
        run.path.push((key, name.to_owned()));
        let (text, secrecy) = self.inner(run, value, escape)?;
        run.path.pop();
        Ok((Cow::Owned(text), secrecy))
    }

    /// The text of a value with its tokens replaced.
    fn inner(
        &self,
        run: &mut Run<'_>,
        value: &str,
        escape: &Escape,
    ) -> Result<(String, Secrecy), Error> {
        let level = self.options.compatibility;
        let mut out = String::with_capacity(value.len());
        let mut copied = 0;
        let mut inside = Secrecy::Public;
        for token in self.scanner.tokens(value.as_bytes()) {
            run.inner_tokens += 1;
            let too_long = out.len() > MOST_VALUE || run.work > MOST_WORK;
            if run.inner_tokens > MOST_INNER_TOKENS || too_long {
                return Err(run.too_much("its values contain each other too often".to_owned()));
            }
            let whole = &value[token.whole.clone()];
            let made = self.token(run, &value[token.name], whole.as_bytes(), escape)?;
            out.push_str(&value[copied..token.whole.start]);
            copied = token.whole.end;
            let Replacement::Text {
                value: text,
                how,
                secrecy,
            } = made
            else {
                out.push_str(whole);
                continue;
            };
            if secrecy == Secrecy::Whole {
                self.secrets.add_inner(&text, escape, level);
            }
            if secrecy != Secrecy::Public {
                inside = Secrecy::Part;
            }
            // Version 6 escapes at every level, which nobody wants.
            if how == How::Raw || level != Compatibility::V6 {
                out.push_str(&text);
            } else {
                escape::push(&mut out, &text, escape, level);
            }
        }
        out.push_str(&value[copied..]);
        run.work += out.len();
        Ok((out, inside))
    }
}
