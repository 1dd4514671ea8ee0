//! `std.parseYaml`, as go-jsonnet has it.
//!
//! It cuts the text at the lines that begin with `---` and reads the first document
//! of each piece by the rules of Kubernetes' tools: YAML 1.1, so `0755` is 493 and
//! `no` is false.

use rsjsonnet_lang::program::{Program, Value};

use crate::text::yaml::{self, Dialect};
use crate::text::{Form, Kind, Node};

/// The value of a text, or why it has none.
pub(super) fn parse<'p>(program: &mut Program<'p>, text: &str) -> Result<Value<'p>, String> {
    let (pieces, is_stream) = pieces(text);
    let mut documents = Vec::with_capacity(pieces.len());
    for piece in pieces {
        documents.push(
            document(program, &piece).map_err(|error| format!("failed to parse YAML: {error}"))?,
        );
    }
    if is_stream {
        return Ok(program.make_array(&documents));
    }
    Ok(documents.pop().unwrap_or_else(Value::null))
}

/// The documents of a stream, and whether a `---` makes it one.
fn pieces(text: &str) -> (Vec<String>, bool) {
    let (mut pieces, mut piece, mut is_stream) = (Vec::new(), String::new(), false);
    for line in text.lines() {
        let rest = line.strip_prefix("---");
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) {
            if is_stream || !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
            }
            is_stream = true;
        }
        piece.push_str(line);
        piece.push('\n');
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    (pieces, is_stream)
}

fn document<'p>(program: &mut Program<'p>, text: &str) -> Result<Value<'p>, String> {
    let first = yaml::parse_first(text).map_err(|error| error.to_string())?;
    match first {
        Some(document) => value(program, &document.root),
        None => Ok(Value::null()),
    }
}

fn value<'p>(program: &mut Program<'p>, node: &Node) -> Result<Value<'p>, String> {
    match &node.kind {
        Kind::Scalar(text, form) => single(text, *form),
        Kind::Sequence(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| value(program, item)).collect();
            Ok(program.make_array(&items?))
        }
        Kind::Mapping(pairs) => {
            // The last of equal keys counts.
            let mut fields = indexmap::IndexMap::with_capacity(pairs.len());
            for (key, item) in pairs {
                let item = value(program, item)?;
                fields.insert(name(key)?, item);
            }
            let fields: Vec<_> = fields
                .into_iter()
                .map(|(name, value)| (program.intern_str(&name), value))
                .collect();
            Ok(program.make_object(&fields))
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the numbers of Jsonnet have 53 bits"
)]
fn single<'p>(text: &str, form: Form) -> Result<Value<'p>, String> {
    Ok(match yaml::Value::single(text, form, Dialect::Kubernetes) {
        yaml::Value::Bool(value) => Value::bool(value),
        yaml::Value::Int(value) => Value::number(value as f64),
        yaml::Value::Uint(value) => Value::number(value as f64),
        yaml::Value::Float(value) if value.is_finite() => Value::number(value),
        yaml::Value::Float(_) => return Err(format!("{text} is not a number in JSON")),
        yaml::Value::Str(text) | yaml::Value::Disputed(text) => Value::string(&text),
        yaml::Value::Null | yaml::Value::List(_) | yaml::Value::Map(_) => Value::null(),
    })
}

/// A key as the name of a field.
fn name(key: &Node) -> Result<String, String> {
    let Kind::Scalar(text, form) = &key.kind else {
        return Err(format!("line {}: a key is not a single value", key.line));
    };
    Ok(
        match yaml::Value::single(text, *form, Dialect::Kubernetes) {
            yaml::Value::Null => return Err(format!("line {}: a key is null", key.line)),
            yaml::Value::Bool(value) => value.to_string(),
            yaml::Value::Int(value) => value.to_string(),
            yaml::Value::Uint(_) => {
                return Err(format!("line {}: a key is too large a number", key.line));
            }
            yaml::Value::Float(value) => float_name(value),
            _ => text.clone(),
        },
    )
}

/// A number as Go's `FormatFloat(value, 'g', -1, 32)`, cleaned as the YAML to
/// JSON conversion cleans it.
fn float_name(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "so does the original")]
    let single = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{single:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..21).contains(&exponent) => format!("{mantissa}e{exponent:+03}"),
        _ => single.to_string(),
    }
}
