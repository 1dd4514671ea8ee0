//! The proof that a source renders the same twice: what differs, by resource
//! and field.
//!
//! Pure: from two file sets to their differences. Rendering twice is the
//! caller's business.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::documents;
use crate::error::{self, Kind};
use crate::model::{FileSet, RelPath, ResourceId};
use crate::text::yaml::Value;

/// More differences than this are not collected.
const COLLECTED: usize = 1000;

/// More differences than this are not shown.
const SHOWN: usize = 10;

/// How much of a value is shown, in characters.
const WIDTH: usize = 60;

/// How much of it stands before what differs.
const BEFORE: usize = 16;

/// One thing that two renders of a source do not have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file; that of the first render where a resource moved.
    pub file: RelPath,
    /// The resource, unless it is about the file as a whole.
    pub resource: Option<ResourceId>,
    /// What differs.
    pub what: What,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A field has two values; none stands for a field that is not there.
    Field {
        /// `spec.template.metadata.annotations["checksum/config"]`
        path: String,
        /// The values, unless they are secret.
        values: Option<(String, String)>,
    },
    /// It is in one of the two only.
    Only(Render),
    /// Comments, spacing, or the order or place of documents; or it is no
    /// manifest.
    Text,
}

/// Which of the two renders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Render {
    /// The first.
    First,
    /// The second.
    Second,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(id) => write!(f, "{id}: ")?,
            None => write!(f, "`{}`: ", self.file)?,
        }
        match &self.what {
            What::Field {
                path,
                values: Some((first, second)),
            } => {
                write!(f, "{path} is {first}, then {second}")?;
            }
            What::Field { path, values: None } => {
                write!(
                    f,
                    "{path} has two values, which are not shown as this is a Secret"
                )?;
            }
            What::Only(Render::First) => f.write_str("it is there the first time only")?,
            What::Only(Render::Second) => f.write_str("it is there the second time only")?,
            What::Text => f.write_str("its text differs, though no field of a resource does")?,
        }
        match &self.resource {
            Some(_) => write!(f, " (`{}`)", self.file),
            None => Ok(()),
        }
    }
}

/// A source that renders differently each time.
#[derive(Debug, thiserror::Error)]
#[error("the source was rendered twice, and the results differ:{}", listed(.0))]
pub struct NotDeterministic(pub Vec<Difference>);

fn listed(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences.iter().take(SHOWN) {
        text.push_str(&format!("\n  {difference}"));
    }
    match differences.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text}\n  and {more} more"),
    }
}

impl From<NotDeterministic> for error::Error {
    fn from(error: NotDeterministic) -> Self {
        Self::new(Kind::Input, error)
            .hint("in charts, look for `rand…`, `gen…` (certificates, keys), `uuidv4`, `htpasswd`, `now` and `lookup` in the templates of these fields")
            .hint("set such a value in the values of the chart, or have an operator create it in the cluster; otherwise every run publishes a new one")
    }
}

/// Refuses a source whose two renders differ.
pub fn prove(first: &FileSet, second: &FileSet) -> Result<(), NotDeterministic> {
    let differences = differences(first, second);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(NotDeterministic(differences))
    }
}

/// What two renders do not have in common, by resource and field.
pub fn differences(first: &FileSet, second: &FileSet) -> Vec<Difference> {
    let paths: BTreeSet<_> = first
        .iter()
        .chain(second.iter())
        .map(|(path, _)| path)
        .collect();
    let differ = paths
        .into_iter()
        .filter(|path| first.get(path) != second.get(path));
    let differ: Vec<_> = differ.collect();
    let (old, new) = (documents_of(first, &differ), documents_of(second, &differ));
    let mut found = Vec::new();
    for key in old
        .keys()
        .chain(new.keys().filter(|key| !old.contains_key(*key)))
    {
        if found.len() >= COLLECTED {
            break;
        }
        let (file, resource, what) = match (old.get(key), new.get(key)) {
            (Some(one), Some(other)) => {
                let secret = one.is_secret() || other.is_secret();
                let mut fields = Fields {
                    secret,
                    found: Vec::new(),
                };
                fields.compare("", Some(&one.value), Some(&other.value));
                (one.file, &one.resource, fields.found)
            }
            (Some(one), None) => (one.file, &one.resource, vec![What::Only(Render::First)]),
            (None, Some(one)) => (one.file, &one.resource, vec![What::Only(Render::Second)]),
            (None, None) => continue,
        };
        found.extend(what.into_iter().map(|what| Difference {
            file: file.clone(),
            resource: resource.clone(),
            what,
        }));
    }
    let explained: BTreeSet<_> = found.iter().map(|found| found.file.clone()).collect();
    for file in differ {
        if !explained.contains(file) && found.len() < COLLECTED {
            let what = match (first.get(file), second.get(file)) {
                (Some(_), None) => What::Only(Render::First),
                (None, Some(_)) => What::Only(Render::Second),
                _ => What::Text,
            };
            found.push(Difference {
                file: file.clone(),
                resource: None,
                what,
            });
        }
    }
    found
}

/// A document of one render.
struct Made<'f> {
    file: &'f RelPath,
    resource: Option<ResourceId>,
    value: Value,
}

/// What tells documents apart: the object, or file and place in it; and the how
/// manieth it is, as objects can occur twice.
type Key = (String, usize);

impl Made<'_> {
    fn is_secret(&self) -> bool {
        // Also one that lacks a name.
        self.value.get("kind").and_then(Value::non_empty_text) == Some("Secret")
    }
}

/// The documents of these files. A file that cannot be read has none.
fn documents_of<'f>(set: &FileSet, files: &[&'f RelPath]) -> BTreeMap<Key, Made<'f>> {
    let mut made = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for &file in files.iter().filter(|file| documents::is_manifest(file)) {
        let read = set
            .get(file)
            .and_then(|content| documents::read(file, content).ok());
        for document in read.unwrap_or_default().all {
            let resource = document.identity().ok();
            let name = match &resource {
                Some(id) => format!("{:?}", id.key()),
                None => format!("~{file}"),
            };
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            let value = document.value;
            made.insert(
                (name, *count),
                Made {
                    file,
                    resource,
                    value,
                },
            );
        }
    }
    made
}

/// The fields of one resource that differ.
struct Fields {
    secret: bool,
    found: Vec<What>,
}

impl Fields {
    fn compare(&mut self, path: &str, first: Option<&Value>, second: Option<&Value>) {
        if self.found.len() >= COLLECTED {
            return;
        }
        match (first, second) {
            (Some(one @ Value::Map(pairs)), Some(other @ Value::Map(more))) => {
                // To Kubernetes, every key is text.
                let keys = |pairs: &[(Value, Value)]| -> BTreeSet<String> {
                    let keys = pairs.iter().filter_map(|(key, _)| match key {
                        Value::Str(key) => Some(key.clone()),
                        _ => None,
                    });
                    keys.collect()
                };
                for key in keys(pairs).union(&keys(more)) {
                    self.compare(&below(path, key), one.get(key), other.get(key));
                }
            }
            (Some(Value::List(one)), Some(Value::List(other))) if one.len() == other.len() => {
                for (at, (a, b)) in one.iter().zip(other).enumerate() {
                    self.compare(&format!("{path}[{at}]"), Some(a), Some(b));
                }
            }
            (one, other) if one == other => {}
            (one, other) => {
                let values = (!self.secret).then(|| shown(one, other));
                let path = if path.is_empty() { "everything" } else { path }.to_owned();
                self.found.push(What::Field { path, values });
            }
        }
    }
}

fn below(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(plain) {
        let dot = if path.is_empty() { "" } else { "." };
        format!("{path}{dot}{key}")
    } else {
        format!("{path}[{key:?}]")
    }
}

/// Two values as a person can compare them: from where they differ.
fn shown(first: Option<&Value>, second: Option<&Value>) -> (String, String) {
    let (first, second) = (plain(first), plain(second));
    let pairs = first.chars().zip(second.chars());
    let same = pairs.take_while(|(a, b)| a == b).count();
    let cut = |text: &str| {
        let skipped = if text.chars().count() > WIDTH {
            same.saturating_sub(BEFORE)
        } else {
            0
        };
        let mut rest = text.chars().skip(skipped);
        let window: String = rest.by_ref().take(WIDTH).collect();
        let (before, after) = (skipped > 0, rest.next().is_some());
        let sign = |there| if there { "…" } else { "" };
        format!("{}{window}{}", sign(before), sign(after))
    };
    (cut(&first), cut(&second))
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None => "not there".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Int(value)) => value.to_string(),
        Some(Value::Uint(value)) => value.to_string(),
        Some(Value::Float(value)) => value.to_string(),
        Some(Value::Str(text) | Value::Disputed(text)) => format!("{text:?}"),
        Some(Value::List(items)) => format!("a list of {}", items.len()),
        Some(Value::Map(pairs)) => format!("a map of {}", pairs.len()),
    }
}

#[cfg(test)]
mod tests;
