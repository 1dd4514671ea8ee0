//! From the value of a program to the manifests of its resources.

use rsjsonnet_lang::program::{Value, ValueKind};

use crate::text::yaml;

/// How deep a value may nest. Readers of YAML have bounds of their own.
const DEPTH: usize = 200;

/// The manifests of one program, in bytes. A value can hold another one many
/// times, and manifests hold each for itself.
const LARGEST: usize = 256 << 20;

/// What a value costs besides its text, in bytes.
const VALUE: usize = 64;

/// The manifests of the resources in a value, in its order: the value itself,
/// the items of lists, the fields of objects. The error is what stands there
/// instead, and where.
pub(super) fn manifests(value: &Value<'_>) -> Result<String, String> {
    let mut collector = Collector {
        path: Vec::new(),
        found: Vec::new(),
        size: 0,
    };
    collector.collect(value)?;
    let texts: Vec<_> = collector.found.iter().map(yaml::emit).collect();
    Ok(texts.join("---\n"))
}

struct Collector {
    /// Where it is.
    path: Vec<String>,
    found: Vec<yaml::Value>,
    size: usize,
}

impl Collector {
    /// Goes one step down.
    fn below<T>(
        &mut self,
        step: String,
        go: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.path.push(step);
        let result = go(self)?;
        self.path.pop();
        Ok(result)
    }

    fn collect(&mut self, value: &Value<'_>) -> Result<(), String> {
        if self.path.len() > DEPTH {
            return Err(too_deep(&self.path));
        }
        self.charge(VALUE)?;
        let fields = match value.kind() {
            ValueKind::Null => return Ok(()),
            ValueKind::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.below(format!("[{at}]"), |it| it.collect(item))?;
                }
                return Ok(());
            }
            ValueKind::Object(fields) => fields,
            other => return Err(unfit(noun(&other), &self.path)),
        };
        let text = |name| {
            let mut values = fields.iter().filter(|(key, _)| key.value() == name);
            let (_, value) = values.next()?;
            value.to_string().filter(|text| !text.is_empty())
        };
        match (text("kind"), text("apiVersion")) {
            (Some(kind), Some(_)) => {
                let items = fields.iter().find(|(key, _)| key.value() == "items");
                if let Some((_, items)) =
                    items.filter(|(_, items)| kind == "List" && items.is_array())
                {
                    self.below(".items".to_owned(), |it| it.collect(items))
                } else {
                    let document = self.document(value)?;
                    self.found.push(document);
                    Ok(())
                }
            }
            (Some(_), None) => Err(unfit("an object with a kind and no apiVersion", &self.path)),
            (None, Some(_)) => Err(unfit(
                "an object with an apiVersion and no kind",
                &self.path,
            )),
            (None, None) => {
                for (name, value) in &fields {
                    self.below(step(name.value()), |it| it.collect(value))?;
                }
                Ok(())
            }
        }
    }

    /// A value as YAML. Whole numbers are written as such, as Jsonnet does.
    fn document(&mut self, value: &Value<'_>) -> Result<yaml::Value, String> {
        if self.path.len() > DEPTH {
            return Err(too_deep(&self.path));
        }
        self.charge(VALUE)?;
        Ok(match value.kind() {
            ValueKind::Null => yaml::Value::Null,
            ValueKind::Bool(value) => yaml::Value::Bool(value),
            ValueKind::Number(value) => number(value),
            ValueKind::String(text) => {
                self.charge(text.len())?;
                yaml::Value::Str(text)
            }
            ValueKind::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    list.push(self.below(format!("[{at}]"), |it| it.document(item))?);
                }
                yaml::Value::List(list)
            }
            ValueKind::Object(fields) => {
                let mut map = Vec::with_capacity(fields.len());
                for (name, value) in &fields {
                    let name = name.value();
                    self.charge(name.len())?;
                    let value = self.below(step(name), |it| it.document(value))?;
                    map.push((yaml::Value::Str(name.to_owned()), value));
                }
                yaml::Value::Map(map)
            }
            ValueKind::Function => return Err(format!("a function at `{}`", shown(&self.path))),
        })
    }

    fn charge(&mut self, bytes: usize) -> Result<(), String> {
        self.size += bytes;
        if self.size > LARGEST {
            return Err(format!("more than {} MiB of manifests", LARGEST >> 20));
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers in the range are cast"
)]
fn number(value: f64) -> yaml::Value {
    // 2^63, the first that does not fit.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if value.fract() == 0.0 && (-END..END).contains(&value) {
        yaml::Value::Int(value as i64)
    } else {
        yaml::Value::Float(value)
    }
}

fn unfit(what: &str, path: &[String]) -> String {
    format!(
        "{what} at `{}`, where a resource or a list of resources should be",
        shown(path)
    )
}

fn too_deep(path: &[String]) -> String {
    let start = shown(&path[..path.len().min(5)]);
    format!("a value below `{start}` that nests more than {DEPTH} levels deep")
}

fn shown(path: &[String]) -> String {
    format!("${}", path.concat())
}

fn step(name: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(is_word) {
        format!(".{name}")
    } else {
        format!("[{name:?}]")
    }
}

fn noun(kind: &ValueKind<'_>) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Bool(_) => "a boolean",
        ValueKind::Number(_) => "a number",
        ValueKind::String(_) => "a string",
        ValueKind::Array(_) => "a list",
        ValueKind::Object(_) => "an object",
        ValueKind::Function => "a function",
    }
}
