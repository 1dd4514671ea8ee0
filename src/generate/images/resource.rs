//! The images in one document.

use std::collections::{BTreeSet, HashSet};

use super::paths::{Found, value};
use super::reference::Reference;
use super::{ImagePath, Images};
use crate::generate::documents::field;
use crate::text::change::EditError;
use crate::text::scalar_edit::Edits;
use crate::text::yaml::{Dialect, Value};
use crate::text::{Kind, Node};

/// The lists of containers in a pod.
pub(super) const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Why an image of a document could not be set.
pub(super) enum Trouble {
    Edit(EditError),
    NoTag {
        resource: String,
        name: String,
        path: String,
    },
    DigestAlone {
        resource: String,
        name: String,
        path: String,
    },
}

impl From<EditError> for Trouble {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}

/// Line, column, old and new text of each change; through an anchor, one may be
/// met twice.
pub(super) type Changes = BTreeSet<(usize, usize, String, String)>;

/// Sets images, and notes what it did.
pub(super) struct Setter<'s> {
    pub images: &'s Images,
    pub paths: &'s [ImagePath],
    pub edits: &'s mut Edits,
    pub used: &'s mut HashSet<usize>,
    pub changes: &'s mut Changes,
}

impl Setter<'_> {
    /// Sets every image of a document.
    pub(super) fn document(&mut self, root: &mut Node) -> Result<(), Trouble> {
        self.pods(root);
        if self.paths.is_empty() {
            return Ok(());
        }
        self.declared(root)
    }

    /// Pods stand in many places: templates of workloads, jobs of cron jobs,
    /// custom resources. What has lists of containers is taken for one.
    fn pods(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Mapping(pairs) => {
                for name in CONTAINERS {
                    self.items(pairs, name, &["image"]);
                }
                self.items(pairs, "volumes", &["image", "reference"]);
                for (_, value) in pairs {
                    self.pods(value);
                }
            }
            Kind::Sequence(items) => items.iter_mut().for_each(|item| self.pods(item)),
            Kind::Scalar(..) => {}
        }
    }

    /// Sets the image that these keys lead to in each item of a list.
    fn items(&mut self, pairs: &mut [(Node, Node)], list: &str, keys: &[&str]) {
        let Some(Kind::Sequence(items)) = value(pairs, list).map(|node| &mut node.kind) else {
            return;
        };
        for item in items {
            let image = keys
                .iter()
                .try_fold(item, |node, key| match &mut node.kind {
                    Kind::Mapping(pairs) => value(pairs, key),
                    _ => None,
                });
            if let Some(image) = image {
                self.whole(image);
            }
        }
    }

    fn declared(&mut self, root: &mut Node) -> Result<(), Trouble> {
        if super::documents::list_items(root).is_some() {
            let Kind::Mapping(pairs) = &mut root.kind else {
                return Ok(());
            };
            if let Some(Kind::Sequence(items)) = value(pairs, "items").map(|node| &mut node.kind) {
                return items.iter_mut().try_for_each(|item| self.declared(item));
            }
        }
        let text = |key| field(root, key).and_then(Node::text).unwrap_or_default();
        let kind = text("kind").to_owned();
        let group = text("apiVersion")
            .split_once('/')
            .map_or("", |(group, _)| group);
        let group = group.to_owned();
        let name = field(root, "metadata").and_then(|metadata| field(metadata, "name")?.text());
        let resource = format!("{kind} {}", name.unwrap_or_default());
        for path in self.paths {
            if path.is_about(&kind, &group) {
                path.visit(root, &mut |found| match found {
                    Found::Whole(image) => {
                        self.whole(image);
                        Ok(())
                    }
                    Found::Split(name, tag) => self.split(path, &resource, name, tag),
                })?;
            }
        }
        Ok(())
    }

    /// A reference in one field.
    fn whole(&mut self, node: &mut Node) {
        let Some(text) = node.text().filter(|text| !text.is_empty()) else {
            return;
        };
        let old = Reference::of(text);
        if let Some((at, image)) = self.images.find(old.name) {
            self.used.insert(at);
            let new = image.applied(old);
            self.change(node, new);
        }
    }

    /// A name and a tag in fields of their own.
    fn split(
        &mut self,
        path: &ImagePath,
        resource: &str,
        name: &mut Node,
        tag: Option<&mut Node>,
    ) -> Result<(), Trouble> {
        let old = name.text().unwrap_or_default().to_owned();
        let Some((at, image)) = self.images.find(&old) else {
            return Ok(());
        };
        self.used.insert(at);
        let (resource, path) = (resource.to_owned(), path.tag_path());
        let new = match (&image.tag, &image.digest) {
            (None, None) => None,
            (None, Some(_)) => {
                let name = old;
                return Err(Trouble::DigestAlone {
                    resource,
                    name,
                    path,
                });
            }
            (Some(tag), None) => Some(tag.clone()),
            (Some(tag), Some(digest)) => Some(format!("{tag}@{digest}")),
        };
        match (new, tag) {
            (Some(new), Some(tag)) => self.change(tag, new),
            (Some(_), None) => {
                let name = old;
                return Err(Trouble::NoTag {
                    resource,
                    name,
                    path,
                });
            }
            (None, _) => {}
        }
        if let Some(new) = &image.new_name {
            let new = new.clone();
            self.change(name, new);
        }
        Ok(())
    }

    fn change(&mut self, node: &mut Node, new: String) {
        // A tag such as 1.10 without quotes is a number, and not that one.
        let is = Value::of(node, Dialect::Kubernetes);
        if is.is_ok_and(|is| is == Value::Str(new.clone())) {
            return;
        }
        let from = node.text().unwrap_or_default().to_owned();
        (self.changes).insert((node.line, node.column, from, new.clone()));
        self.edits.set(node, new);
    }
}
