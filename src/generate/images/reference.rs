//! Image references: their parts, and which names mean the same image.

/// Where images without a registry come from.
const HUB: &str = "docker.io";

/// The parts of a reference as written: `name[:tag][@digest]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    pub name: &'t str,
    pub tag: Option<&'t str>,
    pub digest: Option<&'t str>,
}

impl<'t> Reference<'t> {
    /// Takes a reference apart. The port of a registry is no tag.
    pub(super) fn of(text: &'t str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let last = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[last..].find(':') {
            Some(colon) => (&rest[..last + colon], Some(&rest[last + colon + 1..])),
            None => (rest, None),
        };
        Self { name, tag, digest }
    }
}

/// The name in full: `nginx`, `library/nginx` and `index.docker.io/nginx` are
/// all `docker.io/library/nginx`.
pub(super) fn canonical(name: &str) -> String {
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => (first.to_ascii_lowercase(), path),
        _ => (HUB.to_owned(), name),
    };
    match registry.as_str() {
        HUB | "index.docker.io" if path.contains('/') => format!("{HUB}/{path}"),
        HUB | "index.docker.io" => format!("{HUB}/library/{path}"),
        _ => format!("{registry}/{path}"),
    }
}

fn is_registry(first: &str) -> bool {
    first.contains(['.', ':'])
        || first == "localhost"
        || first.contains(|c: char| c.is_ascii_uppercase())
}

/// What keeps a text from being the name of an image.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    let path = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => path,
        _ => name,
    };
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let fits = |segment: &str| {
        segment.chars().all(inner)
            && segment.starts_with(|c: char| c.is_ascii_alphanumeric())
            && segment.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    let registry = &name[..name.len() - path.len()];
    if name.is_empty() {
        Some("there is no name of an image")
    } else if path.contains(|c: char| c.is_ascii_uppercase()) {
        Some("the name of an image is lower case")
    } else if !path.split('/').all(fits)
        || registry.contains(|c: char| !(c.is_ascii_alphanumeric() || ".:-/".contains(c)))
    {
        Some("it has no valid name of an image")
    } else {
        None
    }
}

/// Whether this can be a tag.
pub(super) fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// Whether this is a digest: `sha256:` and 64 hexadecimal digits.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = |digits: &str| {
        digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    match text.split_once(':') {
        Some(("sha256", digits)) => digits.len() == 64 && hex(digits),
        Some(("sha512", digits)) => digits.len() == 128 && hex(digits),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("nginx", "nginx", None, None)]
    #[case("nginx:1.2", "nginx", Some("1.2"), None)]
    #[case("localhost:5000/a/b", "localhost:5000/a/b", None, None)]
    #[case("localhost:5000/a/b:c", "localhost:5000/a/b", Some("c"), None)]
    #[case("a/b@sha256:00", "a/b", None, Some("sha256:00"))]
    #[case("r.io:1/a:t@sha256:00", "r.io:1/a", Some("t"), Some("sha256:00"))]
    fn a_reference_has_parts(
        #[case] text: &str,
        #[case] name: &str,
        #[case] tag: Option<&str>,
        #[case] digest: Option<&str>,
    ) {
        assert_eq!(Reference::of(text), Reference { name, tag, digest });
    }

    #[rstest::rstest]
    #[case("nginx", "docker.io/library/nginx")]
    #[case("library/nginx", "docker.io/library/nginx")]
    #[case("docker.io/nginx", "docker.io/library/nginx")]
    #[case("index.docker.io/library/nginx", "docker.io/library/nginx")]
    #[case("contoso/web", "docker.io/contoso/web")]
    #[case("contoso.azurecr.io/web", "contoso.azurecr.io/web")]
    #[case("Contoso.azurecr.io/web", "contoso.azurecr.io/web")]
    #[case("localhost/web", "localhost/web")]
    #[case("localhost:5000/web", "localhost:5000/web")]
    fn names_of_one_image_are_one(#[case] name: &str, #[case] full: &str) {
        assert_eq!(canonical(name), full);
    }

    #[rstest::rstest]
    #[case("contoso.azurecr.io:443/team/web-1_a.b", None)]
    #[case("", Some("there is no name of an image"))]
    #[case("contoso/Web", Some("the name of an image is lower case"))]
    #[case("a//b", Some("it has no valid name of an image"))]
    #[case("/a", Some("it has no valid name of an image"))]
    #[case("a b", Some("it has no valid name of an image"))]
    #[case("#{name}#", Some("it has no valid name of an image"))]
    fn a_name_is_checked(#[case] name: &str, #[case] fault: Option<&str>) {
        assert_eq!(name_fault(name), fault);
    }
}
