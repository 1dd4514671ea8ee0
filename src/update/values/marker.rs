//! The markers of Flux's image automation: comments that say which policy decides about the
//! value in front of them, such as `# {"$imagepolicy": "flux-system:web:tag"}`.

use std::collections::{BTreeMap, BTreeSet};

use super::image::Reference;
use super::{Refusal, edit::Object};
use crate::text::{Kind, Node, yaml};

/// What marks a comment as one.
const KEY: &str = "$imagepolicy";

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// `namespace:name` of the policy.
    pub(super) policy: String,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Image,
    Name,
    Tag,
    Digest,
}

/// The markers of a text by their lines.
pub(super) fn markers(text: &str) -> BTreeMap<usize, Marker> {
    if !text.contains(KEY) {
        return BTreeMap::new();
    }
    let comments = yaml::comment_lines(text).into_iter();
    comments
        .filter_map(|(line, comment)| Some((line, Marker::parse(&comment)?)))
        .collect()
}

impl Marker {
    fn parse(comment: &str) -> Option<Self> {
        let text = comment.trim().trim_start_matches('#').trim();
        let marker: serde_json::Value = serde_json::from_str(text).ok()?;
        let said = marker.get(KEY)?.as_str()?;
        let mut parts = said.split(':');
        let (namespace, name) = (parts.next()?, parts.next()?);
        let part = match parts.next() {
            None => Part::Image,
            Some("name") => Part::Name,
            Some("tag") => Part::Tag,
            Some("digest") => Part::Digest,
            Some(_) => return None,
        };
        Some(Self {
            policy: format!("{namespace}:{name}"),
            part,
        })
    }

    /// Whether it names this policy.
    pub(super) fn is_of(&self, policy: &Object) -> bool {
        let namespace = policy.namespace.as_deref().unwrap_or_default();
        self.policy == format!("{namespace}:{}", policy.name)
    }

    /// What the value comes to be.
    pub(super) fn value(&self, image: &str, place: &str) -> Result<String, Refusal> {
        let Reference { name, tag, digest } = Reference::parse(image)?;
        let need = |part: Option<&str>, what: &str| {
            part.map(str::to_owned).ok_or_else(|| {
                Refusal::new(format!(
                    "{place}: the marker asks for the {what} of the image, and {image:?} has none"
                ))
                .hint("give both: `image=NAME:TAG@DIGEST`")
            })
        };
        match self.part {
            Part::Image => Ok(image.to_owned()),
            Part::Name => Ok(name.to_owned()),
            Part::Tag => need(tag, "tag"),
            Part::Digest => need(digest, "digest"),
        }
    }
}

/// Refuses markers behind several values: nobody knows which one is meant.
pub(super) fn refuse_several<'n>(
    roots: impl Iterator<Item = &'n Node>,
    line: usize,
    place: &str,
) -> Result<(), Refusal> {
    let mut columns = BTreeSet::new();
    for root in roots {
        columns_in_line(root, line, &mut columns);
    }
    if columns.len() < 2 {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{place}: several values stand in front of the marker, and one is meant"
    ))
    .hint("write the value in a line of its own, with the marker behind it"))
}

/// Where single values begin in a line. A shared one has its first place wherever it is read.
fn columns_in_line(node: &Node, line: usize, columns: &mut BTreeSet<usize>) {
    match &node.kind {
        Kind::Scalar(..) if node.line == line => {
            columns.insert(node.column);
        }
        Kind::Scalar(..) => {}
        Kind::Sequence(items) => {
            for item in items {
                columns_in_line(item, line, columns);
            }
        }
        Kind::Mapping(pairs) => {
            for (_, value) in pairs {
                columns_in_line(value, line, columns);
            }
        }
    }
}

/// The last single value that begins in a line: what a comment after it is about.
pub(super) fn value_in_line(node: &mut Node, line: usize) -> Option<&mut Node> {
    if matches!(node.kind, Kind::Scalar(..)) {
        return (node.line == line).then_some(node);
    }
    match &mut node.kind {
        Kind::Scalar(..) => None,
        Kind::Sequence(items) => {
            let mut items = items.iter_mut().rev();
            items.find_map(|item| value_in_line(item, line))
        }
        Kind::Mapping(pairs) => {
            let mut values = pairs.iter_mut().rev();
            values.find_map(|(_, value)| value_in_line(value, line))
        }
    }
}
