//! The files in which a build says which images it made.

use super::Error;
use super::given::Image;
use super::reference::{Reference, canonical};
use crate::generate::documents::field;
use crate::text::{Kind, Node, yaml};

/// The images in a file, each with its line.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<(usize, Image)>, Error> {
    let fault = |(line, reason): Bad| Error::File {
        file: file.to_owned(),
        line,
        reason,
    };
    let lower = file.to_ascii_lowercase();
    let structured = [".json", ".yaml", ".yml"]
        .iter()
        .any(|end| lower.ends_with(end))
        || text.trim_start().starts_with(['{', '[']);
    match yaml::parse(text) {
        Err(error) if structured => Err(fault((error.line, error.message))),
        Ok(documents)
            if documents
                .iter()
                .any(|document| document.root.text().is_none()) =>
        {
            let mut images = Vec::new();
            for document in documents {
                shape(&document.root, &mut images).map_err(fault)?;
            }
            Ok(images)
        }
        _ => lines(text).map_err(fault),
    }
}

/// Line and reason.
type Bad = (usize, String);

type Images = Vec<(usize, Image)>;

/// `name:tag`, `name@digest` or `name=…` on each line.
fn lines(text: &str) -> Result<Images, Bad> {
    let mut images = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line == "---" {
            continue;
        }
        let image = Image::parse(line).map_err(|reason| (at + 1, reason.to_owned()))?;
        images.push((at + 1, image));
    }
    Ok(images)
}

fn shape(root: &Node, images: &mut Images) -> Result<(), Bad> {
    match &root.kind {
        _ if root.is_null() => Ok(()),
        Kind::Sequence(items) => items.iter().try_for_each(|item| listed(item, images)),
        Kind::Mapping(pairs) => {
            if let Some(builds) = field(root, "builds") {
                return skaffold(builds, images);
            }
            if field(root, "containerimage.digest").is_some() {
                return buildx(root, images);
            }
            let built = |node: &Node| field(node, "containerimage.digest").is_some();
            if pairs.iter().any(|(_, value)| built(value)) {
                // Of several targets; what else stands there is about the build.
                return (pairs.iter().map(|(_, value)| value))
                    .filter(|value| built(value))
                    .try_for_each(|target| buildx(target, images));
            }
            match field(root, "images") {
                Some(inner) if inner.text().is_none() => shape(inner, images),
                _ => named(pairs, images),
            }
        }
        Kind::Scalar(..) => Err((root.line, "it is neither a map nor a list".to_owned())),
    }
}

/// A map of names to tags.
fn named(pairs: &[(Node, Node)], images: &mut Images) -> Result<(), Bad> {
    for (key, value) in pairs {
        let name = key.text().unwrap_or_default();
        let (Some(value), false) = (value.text(), value.is_null()) else {
            let found = value.noun();
            return Err((key.line, format!("the tag of `{name}` is {found}")));
        };
        push(key.line, Image::with_value(name, value), images)?;
    }
    Ok(())
}

/// An item of a list: a line, or a map as Kustomize has it.
fn listed(item: &Node, images: &mut Images) -> Result<(), Bad> {
    if let Some(text) = item.text() {
        return push(item.line, Image::parse(text), images);
    }
    let Some(pairs) = item.pairs() else {
        let found = item.noun();
        return Err((
            item.line,
            format!("an image is a text or a map, not {found}"),
        ));
    };
    let known = |key: &Node| matches!(key.text(), Some("name" | "newName" | "newTag" | "digest"));
    if let Some((key, _)) = pairs.iter().find(|(key, _)| !known(key)) {
        let key = (key.text().unwrap_or_default(), key.line);
        return Err((key.1, format!("an image has no `{}`", key.0)));
    }
    let text = |key| field(item, key).and_then(Node::text);
    let image = Image::checked(
        text("name").unwrap_or_default(),
        text("newName"),
        text("newTag"),
        text("digest"),
    );
    push(item.line, image, images)
}

/// What `docker buildx build --metadata-file` writes for one target.
fn buildx(target: &Node, images: &mut Images) -> Result<(), Bad> {
    let text = |key| field(target, key).and_then(Node::text);
    let Some(names) = text("image.name").filter(|names| !names.is_empty()) else {
        let reason =
            "the image has a `containerimage.digest`, but no `image.name`: build it with a tag";
        return Err((target.line, reason.to_owned()));
    };
    let mut seen = Vec::new();
    for reference in names.split(',').map(str::trim) {
        let Reference { name, tag, .. } = Reference::of(reference);
        // Of several tags, the first.
        if !seen.contains(&canonical(name)) {
            seen.push(canonical(name));
            let image = Image::checked(name, None, tag, text("containerimage.digest"));
            push(target.line, image, images)?;
        }
    }
    Ok(())
}

/// What `skaffold build --file-output` writes.
fn skaffold(builds: &Node, images: &mut Images) -> Result<(), Bad> {
    let Kind::Sequence(items) = &builds.kind else {
        return Err((builds.line, "`builds` is not a list".to_owned()));
    };
    for item in items {
        let text = |key| field(item, key).and_then(Node::text);
        let (Some(name), Some(built)) = (text("imageName"), text("tag")) else {
            return Err((item.line, "a build needs `imageName` and `tag`".to_owned()));
        };
        let Reference {
            name: new,
            tag,
            digest,
        } = Reference::of(built);
        let new = Some(new).filter(|new| canonical(new) != canonical(name));
        push(item.line, Image::checked(name, new, tag, digest), images)?;
    }
    Ok(())
}

fn push(line: usize, image: Result<Image, &str>, images: &mut Images) -> Result<(), Bad> {
    let image = image.map_err(|reason| (line, reason.to_owned()))?;
    images.push((line, image));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn in_file(name: &str, text: &str) -> String {
        let images = read(name, &text.replace("ONE", ONE));
        images.map_or_else(
            |error| error.to_string(),
            |images| {
                let show = |(line, image): (usize, Image)| {
                    let new = image.applied(Reference::of(&image.name));
                    format!("{line} {}={new}", image.name)
                };
                let all: Vec<_> = images.into_iter().map(show).collect();
                all.join(", ").replace(ONE, "ONE")
            },
        )
    }

    #[rstest::rstest]
    #[case(
        "built.txt",
        "# built\n\nweb:1.10\r\nr.io/api@ONE\ndb=2\n",
        "3 web=web:1.10, 4 r.io/api=r.io/api@ONE, 5 db=db:2"
    )]
    #[case("built.txt", "web:1.10", "1 web=web:1.10")]
    #[case("built.txt", "", "")]
    #[case(
        "tags.yaml",
        "web: 1.10\nr.io/api: ONE\ndb: r.io/db:2\n",
        "1 web=web:1.10, 2 r.io/api=r.io/api@ONE, 3 db=r.io/db:2"
    )]
    #[case(
        "tags.json",
        "{\"web\": \"1.10\",\n \"api\": 7}",
        "1 web=web:1.10, 2 api=api:7"
    )]
    #[case("tags", "{\"images\": {\"web\": \"1\"}}", "1 web=web:1")]
    #[case(
        "list.yaml",
        "- web:1\n- name: api\n  newName: r.io/api\n  newTag: 1.10\n- {name: db, digest: 'ONE'}\n",
        "1 web=web:1, 2 api=r.io/api:1.10, 5 db=db@ONE"
    )]
    #[case(
        "kustomization.yaml",
        "kind: Kustomization\nimages:\n- name: web\n  newTag: '2'\n",
        "3 web=web:2"
    )]
    #[case(
        "metadata.json",
        "{\"containerimage.digest\": \"ONE\", \"image.name\": \"r.io/web:1,r.io/web:latest,docker.io/contoso/web:1\"}",
        "1 r.io/web=r.io/web:1@ONE, 1 docker.io/contoso/web=docker.io/contoso/web:1@ONE"
    )]
    #[case(
        "bake.json",
        "{\"web\": {\"containerimage.digest\": \"ONE\", \"image.name\": \"r.io/web\"},\n\"buildx.build.warnings\": {}}",
        "1 r.io/web=r.io/web@ONE"
    )]
    #[case(
        "skaffold.json",
        "{\"builds\": [{\"imageName\": \"web\", \"tag\": \"r.io/web:1@ONE\"}, {\"imageName\": \"r.io/api\", \"tag\": \"r.io/api:2\"}]}",
        "1 web=r.io/web:1@ONE, 1 r.io/api=r.io/api:2"
    )]
    fn a_build_may_say_in_many_ways_what_it_made(
        #[case] name: &str,
        #[case] text: &str,
        #[case] read: &str,
    ) {
        assert_eq!(in_file(name, text), read);
    }

    #[rstest::rstest]
    #[case(
        "built.txt",
        "web:1\nnonsense\n",
        "`built.txt`, line 2: it has neither tag nor digest"
    )]
    #[case("a.json", "{\n\"web\": ]", "`a.json`, line 1: ")]
    #[case("a.yaml", "web:\n", "`a.yaml`, line 1: the tag of `web` is nothing")]
    #[case(
        "a.yaml",
        "x: 1\nweb: [1]\n",
        "`a.yaml`, line 2: the tag of `web` is a list"
    )]
    #[case(
        "a.yaml",
        "- {name: web, newtag: 1}",
        "`a.yaml`, line 1: an image has no `newtag`"
    )]
    #[case(
        "a.yaml",
        "- {name: web}",
        "`a.yaml`, line 1: it has neither tag nor digest"
    )]
    #[case(
        "a.yaml",
        "- [web]",
        "`a.yaml`, line 1: an image is a text or a map, not a list"
    )]
    #[case(
        "a.json",
        "{\"builds\": [{\"tag\": \"a\"}]}",
        "`a.json`, line 1: a build needs `imageName` and `tag`"
    )]
    #[case(
        "a.json",
        "{\"builds\": 1}",
        "`a.json`, line 1: `builds` is not a list"
    )]
    #[case(
        "a.json",
        "{\"containerimage.digest\": \"ONE\"}",
        "`a.json`, line 1: the image has a `containerimage.digest`, but no `image.name`: build it with a tag"
    )]
    #[case(
        "a.json",
        "{\"containerimage.digest\": \"x\", \"image.name\": \"a\"}",
        "`a.json`, line 1: a digest is `sha256:` and 64 hexadecimal digits"
    )]
    fn a_file_that_says_nothing_sensible_is_refused(
        #[case] name: &str,
        #[case] text: &str,
        #[case] message: &str,
    ) {
        let read = in_file(name, text);
        assert!(read.starts_with(message), "{read}");
    }
}
