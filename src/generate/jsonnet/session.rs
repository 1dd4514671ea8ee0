//! One evaluation: sources, imports, and errors with their place.
//!
//! Owns the state between the evaluator's callbacks. Prints nothing: errors
//! and the lines of `std.trace` come back as values.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rsjsonnet_lang::arena::Arena;
use rsjsonnet_lang::interner::InternedStr;
use rsjsonnet_lang::program::{
    Callbacks, EvalError, EvalErrorKind, EvalStackTraceItem, ImportError, LoadError, NativeError,
    Program as Evaluator, Thunk, Value,
};
use rsjsonnet_lang::span::{SpanContextId, SpanId};

use super::super::{Fault, Options};
use super::files::{Files, Program};
use super::{message, output, syntax};
use crate::model::Finding;
use crate::source;
use crate::text::yaml;

/// How many frames of a trace are shown from each of its ends.
const FRAMES: usize = 10;

/// How many lines of `std.trace` are kept.
const TRACES: usize = 1000;

/// What is known while programs are evaluated.
pub(super) struct Session<'p> {
    files: Files,
    /// The loaded files, for places in messages.
    sources: HashMap<SpanContextId, Source>,
    /// Each file is loaded once.
    loaded: HashMap<PathBuf, Thunk<'p>>,
    arguments: Vec<(InternedStr<'p>, Thunk<'p>)>,
    /// Why the last import failed: the evaluator does not carry it.
    failure: Option<String>,
    /// The lines of `std.trace`.
    pub findings: Vec<Finding>,
}

struct Source {
    path: PathBuf,
    shown: String,
    text: Vec<u8>,
}

impl<'p> Session<'p> {
    /// An evaluator with the variables of these options.
    pub(super) fn new(arena: &'p Arena, files: Files, options: &Options) -> (Evaluator<'p>, Self) {
        let mut evaluator = Evaluator::new(arena);
        let mut named = |pairs: Vec<(&str, &str)>| {
            // The last of equal names counts.
            let pairs: HashMap<_, _> = pairs.into_iter().collect();
            let thunk = |(name, text): (&str, &str)| {
                let thunk = evaluator.value_to_thunk(&Value::string(text));
                (evaluator.intern_str(name), thunk)
            };
            pairs.into_iter().map(thunk).collect::<Vec<_>>()
        };
        let environment = std::iter::once(("environment", options.environment.as_str()));
        let variables = named(
            environment
                .chain(borrowed(&options.jsonnet.variables))
                .collect(),
        );
        let arguments = named(borrowed(&options.jsonnet.arguments).collect());
        for (name, thunk) in &variables {
            evaluator.add_ext_var(*name, thunk);
        }
        let session = Self {
            files,
            sources: HashMap::new(),
            loaded: HashMap::new(),
            arguments,
            failure: None,
            findings: Vec::new(),
        };
        (evaluator, session)
    }

    /// The resources that a program yields.
    pub(super) fn run(
        &mut self,
        evaluator: &mut Evaluator<'p>,
        program: &Program,
    ) -> Result<Vec<yaml::Value>, Fault> {
        let content = self.files.read(&program.path)?;
        let content = content.ok_or_else(|| source::Error::NotAFile(program.name.clone()))?;
        let loaded = self.load(evaluator, program.path.clone(), content);
        let thunk = loaded.map_err(|message| Fault::Jsonnet {
            program: program.name.clone(),
            message,
            trace: Vec::new(),
            hint: None,
        })?;
        let failed = |session: &mut Self, evaluator: &Evaluator<'p>, error: &EvalError| {
            session.fault(evaluator, &program.name, error)
        };
        let mut value = match evaluator.eval_value(&thunk, self) {
            Ok(value) => value,
            Err(error) => return Err(failed(self, evaluator, &error)),
        };
        if value.is_function() {
            let arguments = self.arguments.clone();
            value = match evaluator.eval_call(&thunk, &[], &arguments, self) {
                Ok(value) => value,
                Err(error) => return Err(failed(self, evaluator, &error)),
            };
        }
        let documents = output::resources(&value).map_err(|message| Fault::Program {
            program: program.name.clone(),
            message,
        })?;
        evaluator.maybe_gc();
        Ok(documents)
    }

    /// Loads the text of a file; the error is one line with the place.
    fn load(
        &mut self,
        evaluator: &mut Evaluator<'p>,
        path: PathBuf,
        mut text: Vec<u8>,
    ) -> Result<Thunk<'p>, String> {
        if text.starts_with(b"\xef\xbb\xbf") {
            text.drain(..3);
        }
        let shown = self.files.show(&path);
        let spans = evaluator.span_manager_mut();
        let (context, _) = spans.insert_source_context(text.len());
        let loaded = evaluator.load_source(context, &text, true, &shown);
        let source = Source {
            path: path.clone(),
            shown,
            text,
        };
        let source = self.sources.entry(context).insert_entry(source);
        match loaded {
            Ok(thunk) => {
                self.loaded.insert(path, thunk.clone());
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
                let shown = &source.shown;
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
    ) -> Result<(PathBuf, Vec<u8>), ImportError> {
        let (context, _, _) = evaluator.span_manager().get_span(from);
        let from = match self.sources.get(&context) {
            Some(source) => source.path.as_path(),
            None => Path::new(""),
        };
        let found = self.files.import(from, import);
        found.map_err(|failure| self.fail(failure))
    }

    fn fail(&mut self, failure: String) -> ImportError {
        self.failure = Some(failure);
        ImportError
    }

    fn fault(&mut self, evaluator: &Evaluator<'p>, program: &str, error: &EvalError) -> Fault {
        let (span, mut message) = message::of(&error.kind);
        if let (EvalErrorKind::ImportFailed { .. }, Some(failure)) =
            (&error.kind, self.failure.take())
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
                _ => frames.push(frame),
            }
        }
        Fault::Jsonnet {
            program: program.to_owned(),
            message,
            trace: shortened(frames),
            hint: message::hint(&error.kind),
        }
    }

    /// `file:line:column`; `None` inside the standard library.
    fn place(&self, evaluator: &Evaluator<'p>, span: SpanId) -> Option<String> {
        let (context, start, _) = evaluator.span_manager().get_span(span);
        let source = self.sources.get(&context)?;
        let (line, column) = position(&source.text, start);
        Some(format!("{}:{line}:{column}", source.shown))
    }
}

impl<'p> Callbacks<'p> for Session<'p> {
    fn import(
        &mut self,
        program: &mut Evaluator<'p>,
        from: SpanId,
        path: &str,
    ) -> Result<Thunk<'p>, ImportError> {
        let (path, content) = self.find(program, from, path)?;
        if let Some(thunk) = self.loaded.get(&path) {
            return Ok(thunk.clone());
        }
        let loaded = self.load(program, path, content);
        loaded.map_err(|failure| self.fail(failure))
    }

    fn import_str(
        &mut self,
        program: &mut Evaluator<'p>,
        from: SpanId,
        path: &str,
    ) -> Result<String, ImportError> {
        let (path, content) = self.find(program, from, path)?;
        String::from_utf8(content).map_err(|_| {
            let fault = Fault::NotText(self.files.show(&path));
            self.fail(fault.to_string())
        })
    }

    fn import_bin(
        &mut self,
        program: &mut Evaluator<'p>,
        from: SpanId,
        path: &str,
    ) -> Result<Vec<u8>, ImportError> {
        let (_, content) = self.find(program, from, path)?;
        Ok(content)
    }

    fn trace(&mut self, program: &mut Evaluator<'p>, message: &str, stack: &[EvalStackTraceItem]) {
        if self.findings.len() >= TRACES {
            return;
        }
        let spans = stack
            .iter()
            .rev()
            .filter_map(|item| message::of_frame(item).0);
        let place = spans.into_iter().find_map(|span| self.place(program, span));
        let place = place.unwrap_or_else(|| "std.trace".to_owned());
        self.findings.push(Finding::warning(place, message));
    }

    fn native_call(
        &mut self,
        _: &mut Evaluator<'p>,
        _: InternedStr<'p>,
        _: &[Value<'p>],
    ) -> Result<Value<'p>, NativeError> {
        // None is registered.
        Err(NativeError)
    }
}

fn borrowed(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
}

/// Line and column, in characters, from 1.
fn position(text: &[u8], at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
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
