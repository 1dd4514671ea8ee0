//! Functions of the standard library that the evaluator has and go-jsonnet has
//! otherwise, in front of every program.
//!
//! Owns the line of Jsonnet that replaces them, and the native functions behind it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsjsonnet_lang::interner::InternedStr;
use rsjsonnet_lang::program::{Program, Value, ValueKind};

use super::manifest::{self, Format};
use super::parse_yaml;

/// What stands in front of a program, on its first line. The names of native
/// functions are ones that no program uses.
pub(super) const PREFIX: &str = concat!(
    "local std__=std;local native__(name)=std__.native('gitops-publisher '+name);",
    "local std=std__+{",
    "parseYaml::native__('parseYaml'),",
    "toString(a)::if std__.isString(a) then a else native__('toString')(a),",
    "manifestJsonEx(value,indent,newline='\\n',key_val_sep=': ')::",
    "native__('manifestJsonEx')(value,indent,newline,key_val_sep),",
    "manifestJson(value)::native__('manifestJsonEx')(value,'    ','\\n',': '),",
    "manifestJsonMinified(value)::native__('manifestJsonEx')(value,'','',':'),",
    "base64(input)::if std__.isString(input) then native__('base64')(input) else std__.base64(input),",
    "base64Decode::native__('base64Decode'),",
    "round(x)::local w=if x<0 then std__.ceil(x) else std__.floor(x);",
    "if std__.abs(x-w)<0.5 then w else w+std__.sign(x),",
    "log10(x)::std__.log(x)/std__.log(10),",
    "id(x)::x,",
    "};"
);

/// What the names of native functions begin with.
pub(super) const OWN: &str = "gitops-publisher ";

/// The native functions and their parameters.
const FUNCTIONS: [(&str, &[&str]); 5] = [
    ("parseYaml", &["str"]),
    ("toString", &["a"]),
    (
        "manifestJsonEx",
        &["value", "indent", "newline", "key_val_sep"],
    ),
    ("base64", &["input"]),
    ("base64Decode", &["str"]),
];

/// Registers the native functions.
pub(super) fn register(program: &mut Program<'_>) {
    for (name, parameters) in FUNCTIONS {
        let name = program.intern_str(&format!("{OWN}{name}"));
        let parameters: Vec<_> = parameters
            .iter()
            .map(|name| program.intern_str(name))
            .collect();
        program.register_native_func(name, &parameters);
    }
}

/// Calls one of them.
pub(super) fn call<'p>(
    program: &mut Program<'p>,
    name: InternedStr<'p>,
    arguments: &[Value<'p>],
) -> Result<Value<'p>, String> {
    let name = name.value().trim_start_matches(OWN);
    let text = |at: usize| match arguments.get(at).map(Value::kind) {
        Some(ValueKind::String(text)) => Ok(text),
        _ => Err(format!(
            "argument {} of `std.{name}` is not a string",
            at + 1
        )),
    };
    match (name, arguments) {
        ("parseYaml", _) => parse_yaml::parse(program, &text(0)?),
        ("toString", [value]) => {
            manifest::write(value, &Format::text()).map(|text| Value::string(&text))
        }
        ("manifestJsonEx", [value, ..]) => {
            let format = Format::json(text(1)?, text(2)?, text(3)?);
            manifest::write(value, &format).map(|text| Value::string(&text))
        }
        ("base64", _) => Ok(Value::string(&STANDARD.encode(text(0)?))),
        ("base64Decode", _) => {
            let bytes = STANDARD.decode(text(0)?);
            let bytes = bytes.map_err(|error| format!("the text is not base64: {error}"))?;
            Ok(Value::string(&replaced(&bytes)))
        }
        _ => Err("there are no native functions".to_owned()),
    }
}

/// UTF-8 as Go decodes it: each byte that is no part of a character becomes one
/// replacement character.
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
