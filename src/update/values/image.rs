//! References of images, and the parts of them that files hold.

use super::way::Step;
use super::{Refusal, Target, Way};
use crate::text::Node;

/// `name[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    pub(super) name: &'t str,
    pub(super) tag: Option<&'t str>,
    pub(super) digest: Option<&'t str>,
}

impl<'t> Reference<'t> {
    /// Reads a reference that names a tag or a digest.
    pub(super) fn parse(text: &'t str) -> Result<Self, Refusal> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let is_name = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"@\"'#".contains(&b))
        };
        let is_whole = is_name(name)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest)
            && (tag.is_some() || digest.is_some());
        if !is_whole {
            return Err(Refusal::new(format!(
                "{text:?} is not an image with a tag or a digest"
            ))
            .hint("write `NAME:TAG`, `NAME@DIGEST` or `NAME:TAG@DIGEST`, for example `contoso.azurecr.io/web:1.4.2`"));
        }
        Ok(Self { name, tag, digest })
    }
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(kind, hash)| {
        !kind.is_empty() && hash.len() >= 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// Refuses what a registry takes for no digest.
pub(super) fn refuse_no_digest(text: &str, place: &str) -> Result<(), Refusal> {
    if is_digest(text) {
        return Ok(());
    }
    Err(Refusal::new(format!("{place}: {text:?} is not a digest"))
        .hint("write `sha256:` and its 64 digits, as the registry shows them"))
}

/// Refuses what a registry takes for no tag.
pub(super) fn refuse_no_tag(text: &str, place: &str) -> Result<(), Refusal> {
    if is_tag(text) {
        return Ok(());
    }
    Err(Refusal::new(format!("{place}: {text:?} is not a tag"))
        .hint("a tag has letters, digits, `_`, `.` and `-`, and at most 128 of them; `helm push` writes the `+` of a version as `_`"))
}

/// The entry in the list `images` of a kustomization that is meant.
struct Entry<'n> {
    node: &'n Node,
    way: Way,
    /// What it was called by, for messages.
    wanted: &'n str,
    place: &'n str,
}

/// The fields of an entry that change, in the list at these keys. The value is
/// `[NAME=]IMAGE`, as `kustomize edit set image` takes it.
pub(super) fn entry(
    root: &Node,
    list: &[&str],
    value: &str,
    place: &str,
) -> Result<Vec<Target>, Refusal> {
    let (own, image) = match value.split_once('=') {
        Some((own, image)) => (Some(own.trim()), image.trim()),
        None => (None, value),
    };
    let image = Reference::parse(image)?;
    let entry = Entry::find(root, list, (own, image.name), place)?;
    let mut fields = Vec::new();
    if own.is_some() {
        if entry.has("newName") {
            fields.push(("newName", image.name));
        } else if own != Some(image.name) {
            return Err(entry.lacks("newName"));
        }
    }
    match (image.tag, image.digest) {
        (Some(_), None) if entry.has("digest") => {
            return Err(Refusal::new(format!(
                "{place}: the entry for `{}` in `images` pins a digest, which wins over the tag",
                entry.wanted
            ))
            .hint("give the digest, too: `image=NAME:TAG@DIGEST`"));
        }
        (Some(tag), _) if entry.has("newTag") => fields.push(("newTag", tag)),
        (Some(_), Some(_)) if entry.has("digest") => {}
        (Some(_), _) => return Err(entry.lacks("newTag")),
        (None, _) => {}
    }
    match image.digest {
        Some(digest) if entry.has("digest") => fields.push(("digest", digest)),
        Some(_) => return Err(entry.lacks("digest")),
        None => {}
    }
    let target = |(key, value): (&str, &str)| {
        let way = entry.way.clone().then(&[Step::Key(key.to_owned())]);
        Target::text(way, value)
    };
    Ok(fields.into_iter().map(target).collect())
}

impl<'n> Entry<'n> {
    /// By its `name` where that is given, else by the image that it stands for.
    fn find(
        root: &'n Node,
        list: &[&str],
        (own, image): (Option<&'n str>, &'n str),
        place: &'n str,
    ) -> Result<Self, Refusal> {
        let images = Way::keys(list);
        let items = images.find(root).ok().and_then(Node::items);
        let items = items.unwrap_or_default();
        let fits = |item: &Node| {
            let name = text(item, "name");
            let stands_for = text(item, "newName").or(name);
            own.map_or(stands_for == Some(image), |own| name == Some(own))
        };
        let wanted = own.unwrap_or(image);
        let mut found = (0..items.len()).filter(|&at| fits(&items[at]));
        let Some(at) = found.next() else {
            let names: Vec<_> = items.iter().filter_map(|item| text(item, "name")).collect();
            let has = if names.is_empty() {
                "it lists no images".to_owned()
            } else {
                format!("it lists: {}", names.join(", "))
            };
            return Err(Refusal::new(format!(
                "{place}: `images` has no entry for `{wanted}`"
            ))
            .missing()
            .hint(format!("{has}. Add the entry once, with `name` and `newTag`; `image=NAME=IMAGE` names an entry by its `name`")));
        };
        if found.next().is_some() {
            return Err(Refusal::new(format!(
                "{place}: `images` has several entries for `{wanted}`, and one is meant"
            ))
            .hint("name the entry by its `name`: `image=NAME=IMAGE`"));
        }
        let node = &items[at];
        let name = text(node, "name");
        let same = items.iter().filter(|item| text(item, "name") == name);
        let step = match (name, same.count()) {
            (Some(name), 1) => Step::Where("name".to_owned(), name.to_owned()),
            _ => Step::Item(at),
        };
        Ok(Self {
            node,
            way: images.then(&[step]),
            wanted,
            place,
        })
    }

    fn has(&self, key: &str) -> bool {
        text(self.node, key).is_some()
    }

    fn lacks(&self, key: &str) -> Refusal {
        Refusal::new(format!(
            "{}: the entry for `{}` in `images` has no `{key}`",
            self.place, self.wanted
        ))
        .hint(format!(
            "values are changed, never added: write `{key}` once by hand"
        ))
    }
}

fn text<'n>(item: &'n Node, key: &str) -> Option<&'n str> {
    Way::keys(&[key]).find(item).ok()?.text()
}
