//! The images that settings and files of a build name, and their new tags.

use std::collections::HashMap;

use super::reference::{Reference, canonical, is_digest, is_tag, name_fault};
use super::{Error, files};

/// What one image becomes.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// The name as given.
    pub name: String,
    /// Another name for it.
    pub new_name: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// Its digest.
    pub digest: Option<String>,
}

impl Image {
    /// Reads an item of the setting, or a line of a file.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if let Some((name, value)) = text.split_once('=') {
            return Self::with_value(name.trim(), value.trim());
        }
        let Reference { name, tag, digest } = Reference::of(text);
        Self::checked(name, None, tag, digest)
    }

    /// An image and what stands on the right of `=`: a tag, a digest, both
    /// with `@` between them, or another reference. A single word is a tag.
    pub(super) fn with_value(name: &str, value: &str) -> Result<Self, &'static str> {
        if is_digest(value) {
            return Self::checked(name, None, None, Some(value));
        }
        let (left, digest) = match value.split_once('@') {
            Some((left, digest)) => (left, Some(digest)),
            None => (value, None),
        };
        let bare = left.strip_prefix(':').unwrap_or(left);
        if bare.is_empty() || !bare.contains(['/', ':']) {
            let tag = Some(bare).filter(|tag| !tag.is_empty() || digest.is_none());
            return Self::checked(name, None, tag, digest);
        }
        let Reference { name: new, tag, .. } = Reference::of(left);
        Self::checked(name, Some(new), tag, digest)
    }

    /// An image whose parts are checked.
    pub(super) fn checked(
        name: &str,
        new_name: Option<&str>,
        tag: Option<&str>,
        digest: Option<&str>,
    ) -> Result<Self, &'static str> {
        if Reference::of(name)
            != (Reference {
                name,
                tag: None,
                digest: None,
            })
        {
            return Err("there is a tag on the left of `=`");
        }
        if let Some(fault) = name_fault(name).or_else(|| new_name.and_then(name_fault)) {
            return Err(fault);
        }
        if new_name.is_none() && tag.is_none() && digest.is_none() {
            return Err("it has neither tag nor digest");
        }
        match (tag, digest) {
            (Some(""), _) => return Err("the tag is empty"),
            (Some(tag), _) if !is_tag(tag) => return Err("it has no valid tag"),
            (_, Some(digest)) if !is_digest(digest) => {
                return Err("a digest is `sha256:` and 64 hexadecimal digits");
            }
            _ => {}
        }
        Ok(Self {
            name: name.to_owned(),
            new_name: new_name.map(ToOwned::to_owned),
            tag: tag.map(ToOwned::to_owned),
            digest: digest.map(ToOwned::to_owned),
        })
    }

    /// What a reference becomes. A new tag takes an old digest away, and a new
    /// digest an old tag.
    pub(super) fn applied(&self, old: Reference<'_>) -> String {
        let (tag, digest) = match (self.tag.as_deref(), self.digest.as_deref()) {
            (None, None) => (old.tag, old.digest),
            new => new,
        };
        let mut text = self.new_name.as_deref().unwrap_or(old.name).to_owned();
        for (sign, part) in [(':', tag), ('@', digest)] {
            if let Some(part) = part {
                text.push(sign);
                text.push_str(part);
            }
        }
        text
    }

    /// Whether another item says the same about this image.
    fn agrees(&self, other: &Self) -> bool {
        let what = |image: &Self| {
            let name = image.new_name.as_deref().map(canonical);
            (name, image.tag.clone(), image.digest.clone())
        };
        what(self) == what(other)
    }

    fn value(&self) -> String {
        self.applied(Reference::of(&self.name))
    }
}

/// Which images get which tags. Made once; each environment has its own.
#[derive(Debug, Clone, Default)]
pub struct Images {
    list: Vec<Given>,
    by_name: HashMap<String, usize>,
}

/// An image, and where it was named.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub image: Image,
    /// The file, unless it is the setting.
    pub file: Option<String>,
    /// For messages.
    place: String,
}

impl Images {
    /// Reads the items of the setting `images`.
    pub fn parse(items: &[String]) -> Result<Self, Error> {
        let mut images = Self::default();
        for text in items {
            let image = Image::parse(text).map_err(|reason| Error::Setting {
                text: text.clone(),
                reason,
            })?;
            images.add(image, None, "`images`".to_owned())?;
        }
        Ok(images)
    }

    /// Adds what the build published in a file. What the setting says about an
    /// image wins.
    pub fn add_file(&mut self, file: &str, text: &str) -> Result<(), Error> {
        for (line, image) in files::read(file, text)? {
            let place = format!("`{file}`, line {line}");
            self.add(image, Some(file.to_owned()), place)?;
        }
        Ok(())
    }

    /// Whether no image is named.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn given(&self) -> &[Given] {
        &self.list
    }

    /// The image of this name, and its number.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Image)> {
        let at = *self.by_name.get(&canonical(name))?;
        Some((at, &self.list.get(at)?.image))
    }

    fn add(&mut self, image: Image, file: Option<String>, place: String) -> Result<(), Error> {
        let name = canonical(&image.name);
        if let Some(known) = self.by_name.get(&name).and_then(|&at| self.list.get(at)) {
            let settled = known.file.is_none() && file.is_some();
            if !settled && !known.image.agrees(&image) {
                return Err(Error::Conflict {
                    name: image.name.clone(),
                    first: (known.image.value(), known.place.clone()),
                    second: (image.value(), place),
                });
            }
            return Ok(());
        }
        self.by_name.insert(name, self.list.len());
        self.list.push(Given { image, file, place });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("web = 1.2", "web:1.2")]
    #[case("web =1.2", "web:1.2")]
    #[case(" web= 1.2 ", "web:1.2")]
    #[case("web\t=\t1.2", "web:1.2")]
    #[case("web = :1.2", "web:1.2")]
    #[case("web = contoso.azurecr.io/web:1.2", "contoso.azurecr.io/web:1.2")]
    #[case(" web:1.2 ", "web:1.2")]
    fn blanks_are_no_part_of_an_image(#[case] text: &str, #[case] value: &str) {
        assert_eq!(Image::parse(text).unwrap().value(), value);
    }
}
