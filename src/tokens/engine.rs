//! From one text to the list of its edits.
//!
//! Owns what happens to a token: lookup, missing variables, recursion,
//! transforms, escaping, in the order of each version. Works on UTF-8 bytes
//! in memory; encodings and files are the business of `bytes` and `files`.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

mod fitting;
mod lookup;
mod nested;
mod secret_forms;
mod steps;

use super::call::Call;
use super::cursor::Cursor;
use super::error::Error;
use super::escape;
use super::fit::Format;
use super::options::{Compatibility, Escape, Missing, Options};
use super::outcome::{Counters, Message};
use super::scan::Scanner;
use super::state::Run;
use super::transform;
use super::variables::Variables;

use secret_forms::{Secrecy, SecretForms};

/// A longer value comes from an attack.
pub(super) const MOST_VALUE: usize = 64 << 20;
/// More than this is written for the values of one file only by values that
/// contain each other.
const MOST_WORK: usize = 2 << 30;
/// Automatic indents wider than this make no sense.
const MOST_COLUMN: usize = 10_000;

/// One replacement: bytes of the source, and of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: Range<usize>,
    pub(super) value: Range<usize>,
    pub(super) how: How,
}

/// How a value wants to be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// So that it is read as the text that it is.
    Text,
    /// The same, but its lines are laid out already.
    Laid,
    /// As it is: a transform made it so.
    Raw,
    /// It is the token itself, as text where that is possible.
    Kept,
}

/// Everything that happens to one text.
#[derive(Debug, Default)]
pub(super) struct Edits {
    pub(super) list: Vec<Edit>,
    /// The new values, one after the other.
    pub(super) values: String,
    pub(super) counters: Counters,
    pub(super) messages: Vec<Message>,
    /// Values that are not read as the text that they are, at the levels that
    /// put them in all the same.
    pub(super) misread: Vec<Message>,
}

/// The file that a text belongs to.
#[derive(Debug, Clone, Copy)]
pub struct FileName<'n> {
    /// As it is shown, and by its extension escaped.
    pub input: &'n str,
    /// Where it goes, when that is another file.
    pub output: Option<&'n str>,
}

impl<'n> FileName<'n> {
    /// A file that is replaced in place.
    pub fn in_place(input: &'n str) -> Self {
        Self {
            input,
            output: None,
        }
    }
}

/// Options and variables, made ready for any number of texts.
#[derive(Debug)]
pub struct Engine<'o> {
    pub(super) options: &'o Options,
    variables: &'o Variables,
    scanner: Scanner<'o>,
    used: Vec<AtomicBool>,
    /// Bytes of values in all files so far.
    produced: AtomicUsize,
    secrets: SecretForms<'o>,
}

/// What a token becomes.
enum Replacement<'v> {
    Keep,
    Text {
        value: Cow<'v, str>,
        how: How,
        secrecy: Secrecy,
    },
}

impl<'o> Engine<'o> {
    /// Checks the options and gets ready.
    pub fn new(options: &'o Options, variables: &'o Variables) -> Result<Self, Error> {
        options.check()?;
        let mut used = Vec::new();
        used.resize_with(variables.len(), AtomicBool::default);
        Ok(Self {
            options,
            variables,
            scanner: Scanner::new(&options.delimiters, options.legacy_pattern),
            used,
            produced: AtomicUsize::new(0),
            secrets: SecretForms::new(variables),
        })
    }

    /// Given variables that no text has used so far: name and origin.
    pub fn unused(&self) -> Vec<(String, String)> {
        self.variables
            .unused(|i| self.used[i].load(Ordering::Relaxed))
            .into_iter()
            .map(|variable| (variable.name.clone(), variable.origin.to_string()))
            .collect()
    }

    /// The texts that secret variables became so far and that are not their
    /// values: transformed, escaped, indented. Sorted; the first 10,000, and no
    /// more than 64 MiB.
    pub fn secret_forms(&self) -> Vec<String> {
        self.secrets.all()
    }

    /// Whether there is any token in `text`.
    pub(super) fn first_token(&self, text: &[u8]) -> Option<Range<usize>> {
        self.scanner.tokens(text).next().map(|token| token.whole)
    }

    /// Whether values are written as the format of their file demands.
    pub(super) fn fits_values(&self) -> bool {
        self.options.escape == Escape::Auto && self.options.compatibility.is_own()
    }

    /// The edits of one text.
    pub(super) fn edits(&self, name: FileName<'_>, text: &[u8]) -> Result<Edits, Error> {
        let level = self.options.compatibility;
        let escape = escape::for_file(&self.options.escape, name.input, name.output, level);
        // Whoever names a way to escape has a reason to.
        let format = Some(name.output.unwrap_or(name.input))
            .filter(|_| self.options.escape == Escape::Auto)
            .and_then(Format::of);
        let fits = format.filter(|_| level.is_own());
        let file: Arc<str> = name.input.into();
        let mut run = Run {
            file: &file,
            cursor: Cursor::new(text),
            at: 0..0,
            source: text,
            counters: Counters::default(),
            messages: Vec::new(),
            path: Vec::new(),
            inner_tokens: 0,
            work: 0,
            key: String::new(),
        };
        let mut list = Vec::new();
        let mut values = String::new();
        let mut secret = Vec::new();
        for token in self.scanner.tokens(text) {
            run.at = token.whole.clone();
            run.inner_tokens = 0;
            let inner = String::from_utf8_lossy(&text[token.name]);
            let whole = &text[token.whole.clone()];
            let made = self.token(&mut run, &inner, whole, escape)?;
            let (value, how, secrecy) = match made {
                Replacement::Text {
                    value,
                    how,
                    secrecy,
                } => (value, how, secrecy),
                Replacement::Keep if self.options.kept_is_text && fits.is_some() => {
                    (String::from_utf8_lossy(whole), How::Kept, Secrecy::Public)
                }
                Replacement::Keep => continue,
            };
            let start = values.len();
            if fits.is_some() {
                values.push_str(&value);
            } else {
                let escape = if how == How::Raw {
                    &Escape::Off
                } else {
                    escape
                };
                let value = self.indented(&mut run, value, escape);
                escape::push(&mut values, &value, escape, level);
            }
            // Version 6 escapes once per level of nesting: no part is left as it was.
            if secrecy == Secrecy::Whole || (secrecy == Secrecy::Part && level == Compatibility::V6)
            {
                self.secrets.add(&values[start..]);
                secret.push(list.len());
            }
            self.bounded(&mut run, values.len(), values.len() - start)?;
            list.push(Edit {
                at: token.whole,
                value: start..values.len(),
                how,
            });
        }
        let mut edits = Edits {
            list,
            values,
            counters: run.counters,
            messages: run.messages,
            misread: Vec::new(),
        };
        if let Some(format) = format.filter(|_| !edits.list.is_empty()) {
            self.fit(format, name, text, &mut edits, &secret)?;
        }
        Ok(edits)
    }

    /// The further lines of a value moved to the token's column, if asked for.
    fn indented<'v>(
        &self,
        run: &mut Run<'_>,
        value: Cow<'v, str>,
        escape: &Escape,
    ) -> Cow<'v, str> {
        let breaks_stay = !matches!(escape, Escape::Json | Escape::Yaml);
        if self.options.auto_indent && breaks_stay && value.contains('\n') {
            let padding = run.cursor.padding(run.at.start, MOST_COLUMN);
            // Too long a value is refused right after this.
            if let Some(indented) = transform::indent_by(&value, &padding, false) {
                return Cow::Owned(indented);
            }
        }
        value
    }

    /// What one token becomes, before it is escaped.
    fn token<'v>(
        &'v self,
        run: &mut Run<'_>,
        inner: &str,
        whole: &[u8],
        escape: &Escape,
    ) -> Result<Replacement<'v>, Error> {
        let level = self.options.compatibility;
        run.counters.tokens += 1;
        let call = self.options.transforms.as_ref().and_then(|delimiters| {
            if level.is_own() {
                Call::parse(inner, delimiters)
            } else {
                Call::parse_old(inner, delimiters)
            }
        });
        let (name, steps) = match &call {
            Some(call) => (call.variable.as_str(), call.steps.as_slice()),
            None => (inner, &[][..]),
        };
        let found = self.lookup(run, name)?;
        let mut secrecy = Secrecy::Public;
        let (value, transformable) = match found {
            Some((value, secret)) => {
                run.counters.replaced += 1;
                let (value, inside) = self.expanded(run, name, value, escape)?;
                secrecy = if secret { Secrecy::Whole } else { inside };
                (value, true)
            }
            None => match self.missing(run, name, steps) {
                Missing::Keep if level.is_own() => return Ok(Replacement::Keep),
                Missing::Keep => (
                    Cow::Owned(String::from_utf8_lossy(whole).into_owned()),
                    !level.is_old(),
                ),
                Missing::Nothing => (Cow::Borrowed(""), !level.is_old()),
                Missing::Default(value) => (Cow::Owned(value), true),
            },
        };
        if steps.is_empty() || !transformable {
            return Ok(Replacement::Text {
                value,
                how: How::Text,
                secrecy,
            });
        }
        if secrecy == Secrecy::Part {
            secrecy = Secrecy::Whole;
        }
        let (value, raw) = self.transformed(run, value.into_owned(), steps)?;
        let is_laid = steps.iter().any(|step| step.name == "indent");
        let how = match (raw, is_laid) {
            (true, _) => How::Raw,
            (false, true) => How::Laid,
            (false, false) => How::Text,
        };
        Ok(Replacement::Text {
            value: Cow::Owned(value),
            how,
            secrecy,
        })
    }
}
