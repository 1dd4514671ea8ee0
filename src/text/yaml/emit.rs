//! Writing YAML in the form of Go's YAML library v2 of 2018, byte for byte:
//! block style, two blanks, lists flush with their key, keys sorted, text
//! folded at the first blank past column 80.
//!
//! One difference is deliberate: a string that any reader could take for a
//! number or another type is quoted.
//!
//! A second form is for manifests that people read and compare: nothing is
//! folded, what Kubernetes calls the head comes first, and text with several
//! lines stays a block wherever today's readers take one.

use std::cmp::Ordering;

use super::{Value, scalar};

mod scalars;

/// The column after which text is folded.
const WIDTH: usize = 80;

/// The longest key, in bytes, that needs no `?` in front.
const SIMPLE_KEY: usize = 128;

/// What a manifest begins with.
const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Writes one document, without a separator, ending in a line feed.
pub fn emit(value: &Value) -> String {
    write(value, Form::Old)
}

/// Writes one manifest, without a separator, ending in a line feed: the same
/// object to Kubernetes, keys sorted by bytes, `apiVersion`, `kind` and
/// `metadata` first.
pub fn emit_manifest(value: &Value) -> String {
    write(value, Form::Manifest)
}

fn write(value: &Value, form: Form) -> String {
    let mut writer = Writer {
        form,
        ..Writer::default()
    };
    writer.value(value, Place::Root);
    writer.indent = 0;
    writer.line_start();
    writer.out
}

/// Which of the two forms is written.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Form {
    #[default]
    Old,
    Manifest,
}

/// What the next node is to its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    Value,
}

/// The text so far, and where the pen stands.
#[derive(Default)]
struct Writer {
    form: Form,
    out: String,
    /// Column, in characters.
    column: usize,
    /// Indentation of the current block.
    indent: usize,
    /// The last thing written was a blank, or nothing yet.
    whitespace: bool,
    /// Only indentation has been written on this line.
    indention: bool,
}

impl Writer {
    fn value(&mut self, value: &Value, place: Place) {
        match value {
            Value::List(items) if items.is_empty() => self.indicator("[]", true, false, false),
            Value::Map(pairs) if pairs.is_empty() => self.indicator("{}", true, false, false),
            Value::List(items) => self.list(items, place),
            Value::Map(pairs) => self.map(pairs, place),
            single => self.single(single, place),
        }
    }

    fn list(&mut self, items: &[Value], place: Place) {
        // Flush with its key, unless the key stands on a line of its own.
        let flush = place == Place::Value && !self.indention;
        let outer = self.indent;
        self.indent += match place {
            Place::Root => 0,
            _ if flush => 0,
            _ => 2,
        };
        for item in items {
            self.line_start();
            self.indicator("-", true, false, true);
            self.value(item, Place::Item);
        }
        self.indent = outer;
    }

    fn map(&mut self, pairs: &[(Value, Value)], place: Place) {
        let outer = self.indent;
        self.indent += if place == Place::Root { 0 } else { 2 };
        let pairs = match self.form {
            Form::Old => sorted(pairs),
            Form::Manifest => by_bytes(pairs, place == Place::Root),
        };
        for (key, value) in pairs {
            self.line_start();
            if is_simple_key(key) {
                self.single(key, Place::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.single(key, Place::Value);
                self.line_start();
                self.indicator(":", true, false, true);
            }
            self.value(value, Place::Value);
        }
        self.indent = outer;
    }

    fn single(&mut self, value: &Value, place: Place) {
        let outer = self.indent;
        self.indent += if place == Place::Root { 0 } else { 2 };
        let folds = place != Place::Key;
        match value {
            Value::Null => self.plain("null", folds),
            Value::Bool(value) => self.plain(if *value { "true" } else { "false" }, folds),
            Value::Int(value) => self.plain(&value.to_string(), folds),
            Value::Uint(value) => self.plain(&value.to_string(), folds),
            Value::Float(value) => self.plain(&float(*value), folds),
            Value::Disputed(text) => self.plain(text, folds),
            Value::Str(text) => self.string(text, folds),
            Value::List(_) | Value::Map(_) => {}
        }
        self.indent = outer;
    }

    /// Starts a line at the current indentation, unless the pen stands there.
    fn line_start(&mut self) {
        let there = self.indention
            && (self.column < self.indent || (self.column == self.indent && self.whitespace));
        let at_the_very_start = self.out.is_empty();
        if !there && !at_the_very_start {
            self.line_feed();
        }
        while self.column < self.indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, apart: bool, whitespace: bool, indention: bool) {
        if apart && !self.whitespace && !self.out.is_empty() {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    /// Whether text is continued on the next line at the next blank.
    fn is_full(&self) -> bool {
        self.form == Form::Old && self.column > WIDTH
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_feed(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }
}

fn is_simple_key(key: &Value) -> bool {
    match key {
        Value::Str(text) => text.len() <= SIMPLE_KEY && !text.contains(scalars::is_break),
        _ => true,
    }
}

/// Shortest form, with an exponent from 1e6 up and below 1e-4. The exponent
/// has a sign and two digits at least, so that every reader sees a number.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Pairs in the library's order of keys. That order has cycles (`10` < `1a` <
/// `9` < `10`), which a library sort may answer with a panic: so the pairs are
/// put into a plain order first, and then inserted one by one.
fn sorted(pairs: &[(Value, Value)]) -> Vec<&(Value, Value)> {
    let mut plain: Vec<_> = pairs.iter().collect();
    plain.sort_by(|(a, _), (b, _)| plain_order(a, b));
    let mut sorted: Vec<&(Value, Value)> = Vec::with_capacity(plain.len());
    for pair in plain {
        let at = sorted.partition_point(|(key, _)| key_order(key, &pair.0) != Ordering::Greater);
        sorted.insert(at, pair);
    }
    sorted
}

/// Pairs in byte order of their keys; at the root, the head comes first.
fn by_bytes(pairs: &[(Value, Value)], root: bool) -> Vec<&(Value, Value)> {
    let head = |key: &Value| {
        let at = HEAD.iter().position(|name| text(key) == Some(name));
        at.filter(|_| root).unwrap_or(HEAD.len())
    };
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| head(a).cmp(&head(b)).then_with(|| plain_order(a, b)));
    sorted
}

/// Any total order.
fn plain_order(a: &Value, b: &Value) -> Ordering {
    let number = |value| rank(value).unwrap_or(0.0);
    kind(a)
        .cmp(&kind(b))
        .then_with(|| text(a).cmp(&text(b)))
        .then_with(|| number(a).total_cmp(&number(b)))
}

/// Booleans and numbers by value, then strings: digit runs by value, other
/// characters before letters, letters by code point.
fn key_order(a: &Value, b: &Value) -> Ordering {
    match (rank(a), rank(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| kind(a).cmp(&kind(b))),
        _ => match (text(a), text(b)) {
            (Some(a), Some(b)) => natural(a, b),
            _ => kind(a).cmp(&kind(b)),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "only the order matters")]
fn rank(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(value) => Some(*value as f64),
        Value::Uint(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) | Value::Disputed(text) => Some(text),
        _ => None,
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) => 2,
        Value::Uint(_) => 3,
        Value::Float(_) => 4,
        _ => 5,
    }
}

fn natural(a: &str, b: &str) -> Ordering {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => return a[at].cmp(&b[at]),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero after other digits is part of a number, not in front of one.
    let inside = (a[at] == '0' || b[at] == '0')
        && a[..at]
            .iter()
            .rev()
            .take_while(|c| c.is_ascii_digit())
            .any(|&c| c != '0');
    let run = |chars: &[char]| {
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit());
        digits.fold((i64::from(inside), at), |(number, end), digit| {
            let digit = i64::from(digit.to_digit(10).unwrap_or(0));
            (number.wrapping_mul(10).wrapping_add(digit), end + 1)
        })
    };
    run(&a).cmp(&run(&b)).then_with(|| a[at].cmp(&b[at]))
}

#[cfg(test)]
mod tests;
