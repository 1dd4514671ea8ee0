//! Where custom resources name images: `Kind[.group]:path[,path of the tag]`.

use super::Error;
use crate::text::{Kind, Node};

/// A declared place of images.
#[derive(Debug, Clone)]
pub struct ImagePath {
    kind: String,
    /// Without one, of any group.
    group: Option<String>,
    /// The way to the image, or to its name alone.
    image: Vec<Step>,
    /// The way to its tag, where that stands by itself.
    tag: Option<Vec<Step>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Items,
}

/// An image that a path leads to.
pub(super) enum Found<'n> {
    /// A whole reference.
    Whole(&'n mut Node),
    /// A name, and the tag beside it, if it is there.
    Split(&'n mut Node, Option<&'n mut Node>),
}

impl ImagePath {
    /// Reads an item of the setting `imagePaths`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fault = |reason| Error::Path {
            text: text.to_owned(),
            reason,
        };
        let (kind, paths) = text
            .trim()
            .split_once(':')
            .ok_or_else(|| fault("there is no `:` after the kind"))?;
        let (kind, group) = match kind.trim().split_once('.') {
            Some((kind, group)) => (kind, Some(group)),
            None => (kind.trim(), None),
        };
        if kind.is_empty() || group.is_some_and(str::is_empty) {
            return Err(fault("it does not begin with `Kind` or `Kind.group`"));
        }
        let mut ways = paths.split(',').map(steps);
        let image = ways
            .next()
            .flatten()
            .ok_or_else(|| fault("the path has an empty part"))?;
        let tag = match ways.next() {
            Some(tag) => Some(tag.ok_or_else(|| fault("the path of the tag has an empty part"))?),
            None => None,
        };
        if ways.next().is_some() {
            return Err(fault("it has more than two paths"));
        }
        if let Some(tag) = &tag {
            let items = |way: &[Step]| way.iter().rposition(|step| *step == Step::Items);
            let shared = items(&image).map_or(0, |at| at + 1);
            if items(tag) != items(&image) || tag.get(..shared) != image.get(..shared) {
                return Err(fault("both paths must lead through the same lists"));
            }
            if *tag == image {
                return Err(fault("both paths are the same"));
            }
        }
        Ok(Self {
            kind: kind.to_owned(),
            group: group.map(ToOwned::to_owned),
            image,
            tag,
        })
    }

    /// Whether it is about resources of this kind and group.
    pub(super) fn is_about(&self, kind: &str, group: &str) -> bool {
        self.kind == kind && self.group.as_deref().is_none_or(|own| own == group)
    }

    /// The path of the tag, as it is written.
    pub(super) fn tag_path(&self) -> String {
        let steps = self.tag.as_deref().unwrap_or_default();
        let mut text = String::new();
        for step in steps {
            match step {
                Step::Items => text.push_str("[]"),
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => {
                    text.push('.');
                    text.push_str(key);
                }
            }
        }
        text
    }

    /// Shows every image that the path leads to.
    pub(super) fn visit<E>(
        &self,
        root: &mut Node,
        show: &mut impl FnMut(Found<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        walk(root, &self.image, self.tag.as_deref(), show)
    }
}

/// `spec.images[].name` as steps.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.trim().split('.') {
        let key = part.trim_end_matches("[]");
        if key.is_empty() || key.contains(['[', ']', ' ']) {
            return None;
        }
        steps.push(Step::Key(key.to_owned()));
        steps.extend((0..(part.len() - key.len()) / 2).map(|_| Step::Items));
    }
    Some(steps)
}

fn walk<E>(
    node: &mut Node,
    image: &[Step],
    tag: Option<&[Step]>,
    show: &mut impl FnMut(Found<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let Some((step, rest)) = image.split_first() else {
        return match &node.kind {
            Kind::Scalar(..) => show(Found::Whole(node)),
            _ => Ok(()),
        };
    };
    // As long as both ways are one.
    let tag_rest = tag.map(|tag| match tag.split_first() {
        Some((first, rest)) if first == step => Some(rest),
        _ => None,
    });
    if let (Some(tag), Some(None)) = (tag, tag_rest) {
        return match pair(node, image, tag) {
            (Some(name), tag) => show(Found::Split(name, tag)),
            (None, _) => Ok(()),
        };
    }
    let tag_rest = tag_rest.flatten();
    match (step, &mut node.kind) {
        (Step::Key(key), Kind::Mapping(pairs)) => match value(pairs, key) {
            Some(value) => walk(value, rest, tag_rest, show),
            None => Ok(()),
        },
        (Step::Items, Kind::Sequence(items)) => items
            .iter_mut()
            .try_for_each(|item| walk(item, rest, tag_rest, show)),
        _ => Ok(()),
    }
}

/// Two scalars below a node, on ways that part at once and have keys only.
fn pair<'n>(
    node: &'n mut Node,
    image: &[Step],
    tag: &[Step],
) -> (Option<&'n mut Node>, Option<&'n mut Node>) {
    let (Some((Step::Key(one), image)), Some((Step::Key(other), tag))) =
        (image.split_first(), tag.split_first())
    else {
        return (None, None);
    };
    let Kind::Mapping(pairs) = &mut node.kind else {
        return (None, None);
    };
    let (mut first, mut second) = (None, None);
    for (key, value) in pairs.iter_mut() {
        // The last of equal keys counts.
        match key.text() {
            Some(key) if key == one => first = Some(value),
            Some(key) if key == other => second = Some(value),
            _ => {}
        }
    }
    let end = |node: Option<&'n mut Node>, way: &[Step]| {
        let found = way
            .iter()
            .try_fold(node?, |node, step| match (step, &mut node.kind) {
                (Step::Key(key), Kind::Mapping(pairs)) => value(pairs, key),
                _ => None,
            });
        found.filter(|node| matches!(node.kind, Kind::Scalar(..)))
    };
    (end(first, image), end(second, tag))
}

/// The value of a key, the last one where it occurs twice.
pub(super) fn value<'n>(pairs: &'n mut [(Node, Node)], name: &str) -> Option<&'n mut Node> {
    let found = pairs.iter_mut().rev();
    let mut values = found.filter(|(key, _)| key.text() == Some(name));
    values.next().map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("spec.image", "there is no `:` after the kind")]
    #[case(":spec.image", "it does not begin with `Kind` or `Kind.group`")]
    #[case("Web.:spec.image", "it does not begin with `Kind` or `Kind.group`")]
    #[case("Web:", "the path has an empty part")]
    #[case("Web:spec..image", "the path has an empty part")]
    #[case("Web:spec.images[0]", "the path has an empty part")]
    #[case("Web:a,", "the path of the tag has an empty part")]
    #[case("Web:a,b,c", "it has more than two paths")]
    #[case("Web:a[].b,a.c", "both paths must lead through the same lists")]
    #[case("Web:a[].b,d[].c", "both paths must lead through the same lists")]
    #[case("Web:a,a", "both paths are the same")]
    fn a_path_that_leads_nowhere_is_refused(#[case] text: &str, #[case] reason: &str) {
        assert_eq!(
            ImagePath::parse(text).unwrap_err().to_string(),
            format!("`imagePaths`: {text:?}: {reason}")
        );
    }

    #[test]
    fn a_path_is_about_a_kind_and_perhaps_a_group() {
        let any = ImagePath::parse("Web:spec.image").unwrap();
        assert!(any.is_about("Web", "contoso.com") && any.is_about("Web", ""));
        let one = ImagePath::parse(" Web.shop.contoso.com : spec.image ").unwrap();
        assert!(one.is_about("Web", "shop.contoso.com") && !one.is_about("Web", "contoso.com"));
    }
}
