//! Sets single values in files that people own: only the bytes of the value change.
//!
//! Owns which value an edit means, and what has to be refused or said about it. Texts go in
//! and come out; where they are kept is the caller's business.

mod edit;
mod image;
mod kinds;
mod marker;
mod near;
mod refusal;
mod remarks;
mod sops;
mod spelling;
#[cfg(test)]
mod tests;
mod version;
mod way;

use std::collections::BTreeMap;

use crate::model::{Finding, RelPath};
use crate::text::change::EditError;
use crate::text::scalar_edit::Syntax;
use crate::text::yaml::{self, Document};
use crate::text::{Format, Kind, Node, SyntaxError, scalar_edit, toml};

pub use edit::Edit;
use edit::Object;
use kinds::Of;
use near::Near;
pub use refusal::Refusal;
use spelling::{Spelled, spelling, stuck};
pub use way::Way;

/// What edits come to.
#[derive(Debug, Default)]
pub struct Changes {
    /// The new text of each file that changes.
    pub files: BTreeMap<RelPath, String>,
    /// Each value that changes.
    pub set: Vec<Set>,
    /// How many values are already as they should be.
    pub unchanged: usize,
    /// What is worth a look.
    pub warnings: Vec<Finding>,
}

/// A value that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The file.
    pub file: RelPath,
    /// The line, from 1.
    pub line: usize,
    /// The object that it belongs to, where it is one of Kubernetes.
    pub object: Option<String>,
    /// The way to it.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it comes to be.
    pub after: String,
}

/// One value of a document to set.
#[derive(Debug, Clone)]
struct Target {
    way: Way,
    value: String,
    /// It is a text, whatever it looks like; otherwise a number stays a number.
    is_text: bool,
    /// Its key says that it is a text, as `tag` does: only a whole number stays one.
    is_named_text: bool,
}

impl Target {
    fn text(way: Way, value: &str) -> Self {
        Self {
            way,
            value: value.to_owned(),
            is_text: true,
            is_named_text: false,
        }
    }

    /// A value that stays what it is, as far as its key does not say that it is a text:
    /// `tag: 1.9` is a version that lacks its quotes.
    fn as_before(way: Way, value: &str) -> Self {
        let plain = way.plain().to_lowercase();
        let names = ["tag", "version", "digest", "revision", "commit", "sha"];
        Self {
            is_text: false,
            is_named_text: names.iter().any(|name| plain.ends_with(name)),
            ..Self::text(way, value)
        }
    }
}

/// A document that an edit is about, with what is set in it.
struct Site {
    file: RelPath,
    document: usize,
    object: Option<String>,
    targets: Vec<Target>,
}

/// Whether the values of a file can be set, by its name.
pub fn is_editable(path: &str) -> bool {
    is_toml(path) || matches!(Format::of(path), Some(Format::Yaml | Format::Json))
}

/// Carries edits out, one after the other. `texts` are the files that they can mean.
///
/// # Errors
/// When an edit finds nothing, or more than it means, or a value cannot change by itself:
/// then nothing is changed.
pub fn apply(edits: &[Edit], texts: &BTreeMap<RelPath, String>) -> Result<Changes, Refusal> {
    let mut work = Work {
        texts: texts.clone(),
        changes: Changes::default(),
    };
    for edit in edits {
        work.one(edit)?;
    }
    let Work {
        texts: now,
        mut changes,
    } = work;
    changes.files = now
        .into_iter()
        .filter(|(path, text)| texts.get(path) != Some(text))
        .collect();
    changes.warnings.dedup();
    Ok(changes)
}

struct Work {
    texts: BTreeMap<RelPath, String>,
    changes: Changes,
}

impl Work {
    fn one(&mut self, edit: &Edit) -> Result<(), Refusal> {
        if edit.policy().is_some() {
            return self.marked(edit);
        }
        for site in self.sites(edit)? {
            let text = self.texts[&site.file].clone();
            let new = self.set(&site, &text)?;
            if let Some(new) = new {
                self.texts.insert(site.file, new);
            }
        }
        Ok(())
    }

    /// The documents that an edit is about: one, or with a pattern of files one in each.
    fn sites(&self, edit: &Edit) -> Result<Vec<Site>, Refusal> {
        let mut sites: Vec<Site> = Vec::new();
        let mut near = Near::default();
        for (path, text) in self
            .texts
            .iter()
            .filter(|(path, _)| edit.wants(path.as_str()))
        {
            let object = edit.object.as_ref();
            let may_have =
                object.is_none_or(|it| text.contains(&it.kind) && text.contains(&it.name));
            if !may_have {
                continue;
            }
            let documents = match documents(path.as_str(), text) {
                Ok(documents) => documents,
                Err(_) if !edit.may_be_in(path.as_str(), text) => continue,
                Err(error) => return Err(malformed(edit, path, &error)),
            };
            for (document, Document { root, line, .. }) in documents.iter().enumerate() {
                if object.is_some_and(|object| !near.is(object, root, path)) {
                    continue;
                }
                let of = Of::document(root, path.as_str());
                let place = match object {
                    Some(object) => format!("{path}, {object}"),
                    None => path.to_string(),
                };
                let found = kinds::targets(of, root, (&edit.way, &edit.value), &place)
                    .and_then(|targets| reachable(root, targets, &place))
                    .and_then(|targets| sops::refuse(root, targets, &place));
                match found {
                    Ok(targets) => {
                        near.lines.push(format!("{path}, line {line}"));
                        sites.push(Site {
                            file: path.clone(),
                            document,
                            object: object.map(ToString::to_string),
                            targets,
                        });
                    }
                    Err(refusal) if refusal.missing && object.is_none() => {
                        near.refused = near.refused.or(Some(refusal));
                    }
                    Err(refusal) => return Err(refusal),
                }
            }
        }
        let twice = |at: usize| sites[..at].iter().any(|site| site.file == sites[at].file);
        if sites.is_empty() {
            return Err(near.nothing(edit));
        }
        if (sites.len() > 1 && !edit.is_wide()) || (1..sites.len()).any(twice) {
            return Err(near.several(edit));
        }
        Ok(sites)
    }

    /// Sets the values of one document; `None` where they are as they should be.
    fn set(&mut self, site: &Site, text: &str) -> Result<Option<String>, Refusal> {
        let (mut document, mut set, mut unchanged) = (0, Vec::new(), 0);
        let path = &site.file;
        let syntax = syntax(path.as_str());
        let mut refused = None;
        let edited = scalar_edit::apply(text, syntax, |root, edits| {
            edits.keep_blocks();
            let is_here = document == site.document;
            document += 1;
            for target in site.targets.iter().filter(|_| is_here) {
                let Some(node) = target.way.find_mut(root) else {
                    continue;
                };
                let before = node.text().unwrap_or_default().to_owned();
                let line = node.line;
                let spelled = spelling(node, target, syntax, &format!("{path}, line {line}"));
                let spelled = spelled.unwrap_or_else(|refusal| {
                    refused.get_or_insert(refusal);
                    None
                });
                let Some(Spelled { text, bare }) = spelled else {
                    unchanged += 1;
                    continue;
                };
                if bare {
                    edits.set_bare(node, text.clone());
                } else {
                    edits.set(node, text.clone());
                }
                set.push(Set {
                    file: path.clone(),
                    line,
                    object: site.object.clone(),
                    field: target.way.to_string(),
                    before,
                    after: text,
                });
            }
            Ok::<_, EditError>(())
        });
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        let edited = edited.map_err(|error| stuck(path, text, &set, &error))?;
        self.changes.unchanged += unchanged;
        if edited.is_some() {
            remarks::of(site, text, &set, &self.texts, &mut self.changes.warnings);
        }
        self.changes.set.extend(set);
        Ok(edited)
    }

    /// Sets every value that a marker of Flux gives to a policy.
    fn marked(&mut self, edit: &Edit) -> Result<(), Refusal> {
        let Some(policy) = edit.policy() else {
            return Ok(());
        };
        if policy.namespace.is_none() {
            return Err(Refusal::new(format!(
                "`{edit}`: markers name a policy with its namespace"
            ))
            .hint(format!("write `ImagePolicy flux-system/{}`", policy.name)));
        }
        let mut found = false;
        let files: Vec<_> = self.texts.keys().cloned().collect();
        for path in files.iter().filter(|path| edit.wants(path.as_str())) {
            found |= self.marked_in(edit, policy, path)?;
        }
        if found {
            remarks::automation(policy, &self.texts, &mut self.changes.warnings);
            return Ok(());
        }
        let namespace = policy.namespace.as_deref().unwrap_or_default();
        Err(
            Refusal::new(format!("`{edit}`: no file has a marker of this policy")).hint(format!(
                "write it behind the value: `# {{\"$imagepolicy\": \"{namespace}:{}\"}}`",
                policy.name
            )),
        )
    }

    /// Sets the values of one file; false where it has no marker of the policy.
    fn marked_in(&mut self, edit: &Edit, policy: &Object, path: &RelPath) -> Result<bool, Refusal> {
        let text = self.texts[path].clone();
        let mut markers = marker::markers(&text);
        markers.retain(|_, marker| marker.is_of(policy));
        if markers.is_empty() {
            return Ok(false);
        }
        let documents = match documents(path.as_str(), &text) {
            Ok(documents) => documents,
            Err(_) if !edit.may_be_in(path.as_str(), &text) => return Ok(false),
            Err(error) => return Err(malformed(edit, path, &error)),
        };
        for line in markers.keys() {
            let roots = documents.iter().map(|document| &document.root);
            marker::refuse_several(roots, *line, &format!("{path}, line {line}"))?;
        }
        let mut refused = None;
        let (mut set, mut unchanged, mut left) = (Vec::new(), 0, markers.clone());
        let edited = scalar_edit::apply(&text, syntax(path.as_str()), |root, edits| {
            edits.keep_blocks();
            let encrypted = sops::encrypts(root);
            for (line, marker) in &markers {
                let Some(node) = marker::value_in_line(root, *line) else {
                    continue;
                };
                left.remove(line);
                let place = format!("{path}, line {line}");
                let before = node.text().unwrap_or_default().to_owned();
                let after = match marker.value(&edit.value, &place) {
                    _ if encrypted => Err(sops::refusal("image", &place)),
                    after => after,
                };
                let after = match after {
                    Ok(after) => after,
                    Err(refusal) => {
                        refused.get_or_insert(refusal);
                        continue;
                    }
                };
                if before == after {
                    unchanged += 1;
                    continue;
                }
                edits.set(node, after.clone());
                set.push(Set {
                    file: path.clone(),
                    line: *line,
                    object: Some(policy.to_string()),
                    field: "image".to_owned(),
                    before,
                    after,
                });
            }
            Ok::<_, EditError>(())
        });
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        let edited = edited.map_err(|error| stuck(path, &text, &set, &error))?;
        if let Some((line, _)) = left.first_key_value() {
            return Err(Refusal::new(format!(
                "{path}, line {line}: no value that can be set stands in front of the marker"
            ))
            .hint("a marker stands behind its value, in the same line"));
        }
        self.changes.unchanged += unchanged;
        self.changes.set.extend(set);
        if let Some(edited) = edited {
            self.texts.insert(path.clone(), edited);
        }
        Ok(true)
    }
}

/// A file that may hold what is meant, and cannot be read.
fn malformed(edit: &Edit, path: &RelPath, error: &SyntaxError) -> Refusal {
    Refusal::new(format!("`{edit}`: {path}, {error}"))
        .hint("correct the file, or name the files that are meant without it")
}

/// Each target that leads to a single value.
fn reachable(root: &Node, targets: Vec<Target>, place: &str) -> Result<Vec<Target>, Refusal> {
    for target in &targets {
        let Target { way, .. } = target;
        let node = way.find(root).map_err(|missing| {
            let refusal = missing.refuse(place);
            if missing.several {
                refusal
            } else {
                refusal.missing()
            }
        })?;
        if !matches!(node.kind, Kind::Scalar(..)) {
            return Err(Refusal::new(format!(
                "{place}: `{way}` is {}, not a single value",
                node.noun()
            ))
            .hint("name one value in it"));
        }
        if node.is_null() {
            return Err(Refusal::new(format!("{place}: `{way}` has no value yet"))
                .hint("values are changed, never added: write one once by hand"));
        }
    }
    Ok(targets)
}

/// The documents of a file.
fn documents(path: &str, text: &str) -> Result<Vec<Document>, SyntaxError> {
    if syntax(path) != Syntax::Toml {
        return yaml::parse(text);
    }
    let document = |root| Document {
        line: 1,
        root,
        repeated: Vec::new(),
    };
    Ok(vec![document(toml::parse(text)?)])
}

fn is_toml(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case("toml"))
}

fn syntax(path: &str) -> Syntax {
    match Format::of(path) {
        _ if is_toml(path) => Syntax::Toml,
        Some(Format::Json) => Syntax::Json,
        _ => Syntax::Yaml,
    }
}
