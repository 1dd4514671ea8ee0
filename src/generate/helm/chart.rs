//! What a chart says about itself: its name, its version, what it depends on,
//! and the lock that says which versions these are.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::error::HelmFault;
use crate::generate::Fault;
use crate::generate::cache::hex;
use crate::generate::reading::Reader;
use crate::text::yaml::{self, Dialect, Value};
use crate::text::{Kind, Node, folded};

/// A chart's own description.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    pub name: String,
    pub version: String,
    /// Of the first form, with dependencies in a file of their own.
    pub first_form: bool,
    /// The file that names the dependencies, and its lock.
    pub files: (&'static str, &'static str),
    pub dependencies: Vec<Dependency>,
    pub lock: Option<Lock>,
}

/// Another chart that a chart needs.
#[derive(Debug, Clone)]
pub(super) struct Dependency {
    pub name: String,
    pub version: String,
    pub repository: String,
    /// All of its fields.
    raw: Value,
}

/// The versions that were chosen.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    pub dependencies: Vec<Dependency>,
    digest: String,
}

impl Chart {
    /// Reads the description in a checked folder.
    pub(super) fn read(reader: &Reader, folder: &Path) -> Result<Self, Fault> {
        let file = folder.join("Chart.yaml");
        let Some(text) = reader.text(&file)? else {
            return Err(HelmFault::NoChart(reader.show(folder)).into());
        };
        let own = document(&text, &reader.show(&file))?;
        let required = |key| {
            let text = own.get(key).and_then(Value::non_empty_text);
            text.map(ToOwned::to_owned).ok_or_else(|| Fault::Shape {
                file: reader.show(&file),
                place: String::new(),
                message: format!("it has no {key}, or one that is not text"),
            })
        };
        let (name, version) = (required("name")?, required("version")?);
        let older = folder.join("requirements.yaml");
        let (files, listed) = match reader.text(&older)? {
            Some(text) => (
                ("requirements.yaml", "requirements.lock"),
                document(&text, &reader.show(&older))?,
            ),
            None => (("Chart.yaml", "Chart.lock"), own.clone()),
        };
        let dependencies = dependencies(&listed, &reader.show(&folder.join(files.0)))?;
        let lock = if dependencies.is_empty() {
            None
        } else {
            lock(reader, &folder.join(files.1))?
        };
        Ok(Self {
            name,
            version,
            first_form: own.get("apiVersion").and_then(Value::non_empty_text) == Some("v1"),
            files,
            dependencies,
            lock,
        })
    }

    /// The lock, when it was written for these dependencies.
    pub(super) fn fitting_lock(&self) -> Result<Option<&Lock>, HelmFault> {
        let Some(lock) = &self.lock else {
            return Ok(None);
        };
        let found = &lock.digest;
        let older = || self.first_form && *found == first_digest(&self.dependencies);
        if *found == digest(&self.dependencies, &lock.dependencies) || older() {
            return Ok(Some(lock));
        }
        Err(HelmFault::StaleLock {
            lock: self.files.1,
            file: self.files.0,
        })
    }
}

/// Name and version in the text of a `Chart.yaml`.
pub(super) fn name_and_version(text: &str, shown: &str) -> Result<(String, String), Fault> {
    let chart = document(text, shown)?;
    let field = |key| {
        let text = chart.get(key).and_then(Value::non_empty_text);
        text.unwrap_or_default().to_owned()
    };
    Ok((field("name"), field("version")))
}

fn lock(reader: &Reader, file: &Path) -> Result<Option<Lock>, Fault> {
    let Some(text) = reader.text(file)? else {
        return Ok(None);
    };
    let shown = reader.show(file);
    let root = document(&text, &shown)?;
    let digest = root.get("digest").and_then(Value::non_empty_text);
    Ok(Some(Lock {
        dependencies: dependencies(&root, &shown)?,
        digest: digest.unwrap_or_default().to_owned(),
    }))
}

fn document(text: &str, file: &str) -> Result<Value, Fault> {
    let documents = yaml::parse(text).map_err(|source| Fault::Syntax {
        file: file.to_owned(),
        source,
    })?;
    let Some(document) = documents.first() else {
        return Ok(Value::Null);
    };
    spelled(&document.root, file)?;
    Value::of(&document.root, Dialect::Kubernetes).map_err(|error| Fault::Shape {
        file: file.to_owned(),
        place: format!(", line {}, column {}", error.line, error.column),
        message: "a map key is not a single value".to_owned(),
    })
}

/// Refuses a file whose description or dependencies helm would read otherwise than we do.
pub(super) fn check(text: &str, shown: &str) -> Result<(), Fault> {
    dependencies(&document(text, shown)?, shown).map(drop)
}

/// Refuses another spelling of a field that means something: helm reads it all the same.
fn spelled(root: &Node, file: &str) -> Result<(), Fault> {
    let items = |(name, value): &(Node, Node)| match &value.kind {
        Kind::Sequence(items) if name.text() == Some("dependencies") => items.clone(),
        _ => Vec::new(),
    };
    let own = root.pairs().unwrap_or_default();
    let listed = own.iter().flat_map(items).collect::<Vec<_>>();
    let below = listed.iter().filter_map(Node::pairs).flatten();
    for (fields, (key, _)) in
        (own.iter().map(|pair| (OWN, pair))).chain(below.map(|pair| (OF_A_DEPENDENCY, pair)))
    {
        let name = key.text().unwrap_or_default();
        let other = |known: &&&str| **known != name && folded(known) == folded(name);
        if let Some(known) = fields.iter().find(other) {
            return Err(Fault::Shape {
                file: file.to_owned(),
                place: format!(", line {}, column {}", key.line, key.column),
                message: format!("helm reads `{name}` as `{known}`: write it so"),
            });
        }
    }
    Ok(())
}

/// The fields of `Chart.yaml`, of `requirements.yaml` and of their locks that decide
/// something (<https://helm.sh/docs/topics/charts/#the-chartyaml-file>).
const OWN: &[&str] = &[
    "apiVersion",
    "appVersion",
    "dependencies",
    "deprecated",
    "digest",
    "kubeVersion",
    "name",
    "type",
    "version",
];

const OF_A_DEPENDENCY: &[&str] = &[
    "alias",
    "condition",
    "enabled",
    "import-values",
    "name",
    "repository",
    "tags",
    "version",
];

fn dependencies(root: &Value, file: &str) -> Result<Vec<Dependency>, Fault> {
    let shape = |message: &str| Fault::Shape {
        file: file.to_owned(),
        place: String::new(),
        message: message.to_owned(),
    };
    let items = match root.get("dependencies") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::List(items)) => items,
        Some(_) => return Err(shape("its dependencies are not a list")),
    };
    let read = |item: &Value| {
        let text = |key| match item.get(key) {
            Some(Value::Str(text)) => Ok(text.clone()),
            None | Some(Value::Null) => Ok(String::new()),
            Some(_) => Err(shape(&format!("the {key} of a dependency is not text"))),
        };
        let name = text("name")?;
        if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(shape(
                "a dependency has no name, or one that is not a file name",
            ));
        }
        Ok(Dependency {
            name,
            version: text("version")?,
            repository: text("repository")?,
            raw: item.clone(),
        })
    };
    items.iter().map(read).collect()
}

/// The digest that helm writes into a lock: of both lists, as Go's JSON.
fn digest(wanted: &[Dependency], locked: &[Dependency]) -> String {
    // A name of a repository stands for the address that the lock has.
    let resolved = wanted.iter().zip(locked).map(|(wanted, locked)| {
        let named = ["@", "alias:"]
            .iter()
            .any(|prefix| wanted.repository.starts_with(prefix));
        list_item(
            wanted,
            if named {
                &locked.repository
            } else {
                &wanted.repository
            },
        )
    });
    let rest = wanted.iter().skip(locked.len());
    let rest = rest.map(|dependency| list_item(dependency, &dependency.repository));
    let wanted: Vec<_> = resolved.chain(rest).collect();
    let locked = locked.iter().map(|it| list_item(it, &it.repository));
    let locked: Vec<_> = locked.collect();
    hashed(&format!("[[{}],[{}]]", wanted.join(","), locked.join(",")))
}

/// The digest that Helm 2 wrote.
fn first_digest(wanted: &[Dependency]) -> String {
    let wanted = wanted.iter().map(|it| list_item(it, &it.repository));
    let wanted: Vec<_> = wanted.collect();
    hashed(&format!("{{\"dependencies\":[{}]}}", wanted.join(",")))
}

fn hashed(json: &str) -> String {
    format!("sha256:{}", hex(&Sha256::digest(json)))
}

/// A dependency as Go writes it: fields in the order of helm's structure,
/// without those that are empty.
fn list_item(dependency: &Dependency, repository: &str) -> String {
    let mut fields = vec![("name", string(&dependency.name))];
    if !dependency.version.is_empty() {
        fields.push(("version", string(&dependency.version)));
    }
    fields.push(("repository", string(repository)));
    for key in ["condition", "tags", "enabled", "import-values", "alias"] {
        match dependency.raw.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::Str(text)) if text.is_empty() => {}
            Some(Value::List(items)) if items.is_empty() => {}
            Some(value) => fields.push((key, json(value))),
        }
    }
    let fields: Vec<_> = fields
        .iter()
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A value as Go's JSON: keys sorted.
fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Str(text) | Value::Disputed(text) => string(text),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(pairs) => {
            let mut fields: Vec<_> = pairs
                .iter()
                .map(|(key, value)| format!("{}:{}", json(key), json(value)))
                .collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
    }
}

/// A string as Go writes it: what HTML could take for markup is escaped.
fn string(text: &str) -> String {
    let mut json = serde_json::Value::from(text).to_string();
    for (letter, escape) in [
        ("&", "\\u0026"),
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ] {
        json = json.replace(letter, escape);
    }
    json
}
