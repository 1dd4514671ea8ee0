//! What cannot be the reference of an image.
//!
//! The API server takes any text that is not empty, and the kubelet then calls
//! it `InvalidImageName`. This knows what templates and careless joins leave
//! behind; it is no full grammar, as placeholders of other tools (`${TAG}`,
//! `$(TAG)`) are welcome.

use super::left_over;

/// Why a text is no image, for a sentence that begins with the field.
pub(super) fn fault(image: &str) -> Option<String> {
    if image.is_empty() {
        return Some("is empty".to_owned());
    }
    if let Some(left) = left_over(image) {
        return Some(format!("contains `{left}`: a template left it there"));
    }
    if image.contains(char::is_whitespace) {
        return Some(format!("contains white space: {image:?}"));
    }
    let plain = without_placeholders(image);
    let (name, digest) = match plain.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (plain.as_str(), None),
    };
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    };
    let reason = if repository.is_empty() {
        "has no name"
    } else if tag.is_some_and(str::is_empty) {
        "has an empty tag"
    } else if repository.contains("://") {
        "is an address; an image has no `https://` in front"
    } else if repository.split('/').any(str::is_empty) {
        "has an empty part in its name"
    } else if path(repository).contains(|c: char| c.is_ascii_uppercase()) {
        "has upper-case letters in its name"
    } else if plain.contains('=') {
        "has a `=`, which no image has"
    } else if digest.is_some_and(|digest| !is_digest(digest)) {
        "has a digest that is not `sha256:` and 64 hexadecimal digits"
    } else {
        return None;
    };
    Some(format!("{reason}: `{image}`"))
}

/// What stands behind the registry, or nothing where a placeholder of another tool does.
fn path(repository: &str) -> &str {
    let is_registry = |first: &str| {
        first == "localhost" || first.contains(|c: char| ".:".contains(c) || c.is_ascii_uppercase())
    };
    match repository.split_once('/') {
        _ if repository.contains(['$', '#']) => "",
        Some((first, path)) if is_registry(first) => path,
        _ => repository,
    }
}

/// A letter in place of each `${…}` and `$(…)`.
fn without_placeholders(image: &str) -> String {
    let mut text = String::with_capacity(image.len());
    let mut rest = image;
    while let Some(at) = rest.find("${").or_else(|| rest.find("$(")) {
        let close = if rest[at..].starts_with("${") {
            '}'
        } else {
            ')'
        };
        let Some(end) = rest[at..].find(close) else {
            break;
        };
        text.push_str(&rest[..at]);
        text.push('$');
        rest = &rest[at + end + 1..];
    }
    text.push_str(rest);
    text
}

/// `sha256:` and its digits, those of another algorithm, or a placeholder.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else {
        return digest.contains(['$', '#']);
    };
    let enough = match algorithm {
        "sha256" => digits.len() == 64,
        _ => !algorithm.is_empty() && digits.len() >= 32,
    };
    digits.contains(['$', '#']) || (enough && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}
