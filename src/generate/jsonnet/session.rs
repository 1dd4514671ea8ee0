//! One evaluation: sources, imports, and errors with their place.
//!
//! Owns the state between the evaluator's callbacks, in the evaluating process.
//! Prints nothing: errors and the lines of `std.trace` come back as values.

use std::collections::HashMap;

use rsjsonnet_lang::arena::Arena;
use rsjsonnet_lang::interner::InternedStr;
use rsjsonnet_lang::program::{
    Callbacks, EvalError, EvalErrorKind, EvalStackTraceItem, ImportError, LoadError, NativeError,
    Program as Evaluator, Thunk, Value,
};
use rsjsonnet_lang::span::{SpanContextId, SpanId};

use super::evaluator::Link;
use super::protocol::{Answer, Failure, File, Start};
use super::{message, natives, output, syntax};

/// How many frames of a trace are shown from each of its ends.
const FRAMES: usize = 10;

/// How many lines of `std.trace` are kept.
const TRACES: usize = 1000;

/// What is known while programs are evaluated.
pub(super) struct Session<'p, 'w> {
    pub link: Link<'w>,
    /// The loaded files, for places in messages.
    sources: HashMap<SpanContextId, Source>,
    /// Each file is loaded once.
    loaded: HashMap<usize, Thunk<'p>>,
    arguments: Vec<(InternedStr<'p>, Thunk<'p>)>,
    /// Why the last import failed: the evaluator does not carry it.
    failure: Option<String>,
    /// Place and text of each line of `std.trace`.
    traced: Vec<(String, String)>,
}

struct Source {
    file: File,
    text: Vec<u8>,
}

impl<'p, 'w> Session<'p, 'w> {
    /// An evaluator with these variables.
    pub(super) fn new(arena: &'p Arena, link: Link<'w>, start: Start) -> (Evaluator<'p>, Self) {
        let mut evaluator = Evaluator::new(arena);
        natives::register(&mut evaluator);
        let mut named = |pairs: Vec<(String, String)>| {
            // The last of equal names counts.
            let pairs: HashMap<_, _> = pairs.into_iter().collect();
            let thunk = |(name, text): (String, String)| {
                let thunk = evaluator.value_to_thunk(&Value::string(&text));
                (evaluator.intern_str(&name), thunk)
            };
            pairs.into_iter().map(thunk).collect::<Vec<_>>()
        };
        let variables = named(start.variables);
        let arguments = named(start.arguments);
        for (name, thunk) in &variables {
            evaluator.add_ext_var(*name, thunk);
        }
        let session = Self {
            link,
            sources: HashMap::new(),
            loaded: HashMap::new(),
            arguments,
            failure: None,
            traced: Vec::new(),
        };
        (evaluator, session)
    }

    /// The manifests that a program yields, or why there are none.
    pub(super) fn run(
        &mut self,
        evaluator: &mut Evaluator<'p>,
        file: File,
        text: Vec<u8>,
    ) -> (Answer, Vec<u8>) {
        match self.manifests(evaluator, file, text) {
            Ok(manifests) => {
                let traced = std::mem::take(&mut self.traced);
                (Answer::Done { traced }, manifests.into_bytes())
            }
            Err(answer) => (answer, Vec::new()),
        }
    }

    fn manifests(
        &mut self,
        evaluator: &mut Evaluator<'p>,
        file: File,
        text: Vec<u8>,
    ) -> Result<String, Answer> {
        let loaded = self.load(evaluator, file, text);
        let thunk = loaded.map_err(|message| {
            Answer::Failed(Failure {
                message,
                trace: Vec::new(),
                hint: None,
            })
        })?;
        let mut value = match evaluator.eval_value(&thunk, self) {
            Ok(value) => value,
            Err(error) => return Err(self.failed(evaluator, &error)),
        };
        if value.is_function() {
            let arguments = self.arguments.clone();
            value = match evaluator.eval_call(&thunk, &[], &arguments, self) {
                Ok(value) => value,
                Err(error) => return Err(self.failed(evaluator, &error)),
            };
        }
        let manifests = output::manifests(&value).map_err(Answer::Unfit)?;
        drop(value);
        evaluator.maybe_gc();
        Ok(manifests)
    }

    /// Loads the text of a file; the error is one line with the place.
    fn load(
        &mut self,
        evaluator: &mut Evaluator<'p>,
        file: File,
        mut text: Vec<u8>,
    ) -> Result<Thunk<'p>, String> {
        if text.starts_with(b"\xef\xbb\xbf") {
            text.drain(..3);
        }
        text.splice(..0, natives::PREFIX.bytes());
        let id = file.id;
        let spans = evaluator.span_manager_mut();
        let (context, _) = spans.insert_source_context(text.len());
        let loaded = evaluator.load_source(context, &text, true, &file.shown);
        let source = Source { file, text };
        let source = self.sources.entry(context).insert_entry(source);
        match loaded {
            Ok(thunk) => {
                self.loaded.insert(id, thunk.clone());
                Ok(thunk)
            }
            Err(error) => {
                let (span, message) = match &error {
                    LoadError::Lex(error) => syntax::of_lexer(error),
                    LoadError::Parse(error) => syntax::of_parser(error),
                    LoadError::Analyze(error) => syntax::of_analysis(error),
                };
                let source = source.get();
                let (_, start, _) = evaluator.span_manager().get_span(span);
                let (line, column) = position(&source.text, start);
                let shown = &source.file.shown;
                Err(format!(
                    "`{shown}` is malformed, line {line}, column {column}: {message}"
                ))
            }
        }
    }

    /// The content of an import, or why there is none.
    fn find(
        &mut self,
        evaluator: &Evaluator<'p>,
        from: SpanId,
        import: &str,
        code: bool,
    ) -> Result<(File, Vec<u8>), ImportError> {
        let (context, _, _) = evaluator.span_manager().get_span(from);
        let Some(source) = self.sources.get(&context) else {
            return Err(self.fail("the standard library imports nothing".to_owned()));
        };
        let found = self.link.import(source.file.id, import, code);
        found.map_err(|failure| self.fail(failure))
    }

    fn fail(&mut self, failure: String) -> ImportError {
        self.failure = Some(failure);
        ImportError
    }

    fn failed(&mut self, evaluator: &Evaluator<'p>, error: &EvalError) -> Answer {
        let (span, mut message) = message::of(&error.kind);
        let hint = message::hint(&error.kind);
        if let (
            EvalErrorKind::ImportFailed { .. } | EvalErrorKind::NativeCallFailed,
            Some(failure),
        ) = (&error.kind, self.failure.take())
        {
            message = failure;
        }
        let mut frames: Vec<String> = Vec::new();
        frames.extend(span.and_then(|span| self.place(evaluator, span)));
        for item in error.stack_trace.iter().rev() {
            let (span, what) = message::of_frame(item);
            let frame = match span.and_then(|span| self.place(evaluator, span)) {
                Some(place) if what.is_empty() => place,
                Some(place) => format!("{place}, in {what}"),
                None if what.is_empty() => continue,
                None => format!("in {what}"),
            };
            // An expression is often reported once more as what contains it.
            match frames.last() {
                Some(last) if *last == frame => {}
                _ => frames.push(message::bounded(frame)),
            }
        }
        Answer::Failed(Failure {
            message: message::bounded(message),
            trace: shortened(frames),
            hint: hint.map(str::to_owned),
        })
    }

    /// `file:line:column`; `None` inside the standard library.
    fn place(&self, evaluator: &Evaluator<'p>, span: SpanId) -> Option<String> {
        let (context, start, _) = evaluator.span_manager().get_span(span);
        let source = self.sources.get(&context)?;
        if start < natives::PREFIX.len() {
            return None;
        }
        let (line, column) = position(&source.text, start);
        Some(format!("{}:{line}:{column}", source.file.shown))
    }
}

impl<'p> Callbacks<'p> for Session<'p, '_> {
    fn import(
        &mut self,
        program: &mut Evaluator<'p>,
        from: SpanId,
        path: &str,
    ) -> Result<Thunk<'p>, ImportError> {
        let (file, content) = self.find(program, from, path, true)?;
        if let Some(thunk) = self.loaded.get(&file.id) {
            return Ok(thunk.clone());
        }
        let loaded = self.load(program, file, content);
        loaded.map_err(|failure| self.fail(failure))
    }

    fn import_str(
        &mut self,
        program: &mut Evaluator<'p>,
        from: SpanId,
        path: &str,
    ) -> Result<String, ImportError> {
        let (file, content) = self.find(program, from, path, false)?;
        String::from_utf8(content)
            .map_err(|_| self.fail(format!("`{}` is not UTF-8 text", file.shown)))
    }

    fn import_bin(
        &mut self,
        program: &mut Evaluator<'p>,
        from: SpanId,
        path: &str,
    ) -> Result<Vec<u8>, ImportError> {
        let (_, content) = self.find(program, from, path, false)?;
        Ok(content)
    }

    fn trace(&mut self, program: &mut Evaluator<'p>, message: &str, stack: &[EvalStackTraceItem]) {
        if self.traced.len() >= TRACES {
            return;
        }
        let spans = stack
            .iter()
            .rev()
            .filter_map(|item| message::of_frame(item).0);
        let place = spans.into_iter().find_map(|span| self.place(program, span));
        let place = place.unwrap_or_else(|| "std.trace".to_owned());
        self.traced
            .push((place, message::bounded(message.to_owned())));
    }

    fn native_call(
        &mut self,
        program: &mut Evaluator<'p>,
        name: InternedStr<'p>,
        arguments: &[Value<'p>],
    ) -> Result<Value<'p>, NativeError> {
        natives::call(program, name, arguments).map_err(|failure| {
            self.failure = Some(failure);
            NativeError
        })
    }
}

/// Line and column, in characters, from 1, without what stands in front of the
/// program.
fn position(text: &[u8], at: usize) -> (usize, usize) {
    let before = &text[natives::PREFIX.len()..at.clamp(natives::PREFIX.len(), text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (line, column)
}

/// The two ends of a long trace.
fn shortened(mut frames: Vec<String>) -> Vec<String> {
    if frames.len() > 2 * FRAMES + 1 {
        let left_out = frames.len() - 2 * FRAMES;
        let end = frames.split_off(frames.len() - FRAMES);
        frames.truncate(FRAMES);
        frames.push(format!("… {left_out} more …"));
        frames.extend(end);
    }
    frames
}
