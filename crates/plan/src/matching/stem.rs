//! Names of configuration without the hash that a generator appends.

use crate::resource::Resource;

/// The key by which generated configuration is paired: everything but the hash.
pub(super) fn key<'a>(one: &'a Resource<'a>) -> Option<(&'a str, Option<&'a str>, &'a str)> {
    let id = &one.id;
    let generated = is_generated(&id.kind) && id.group().is_empty();
    generated.then(|| (id.kind.as_str(), id.namespace.as_deref(), stem(&id.name)))
}

/// Whether generators append a hash to the names of this kind.
pub(crate) fn is_generated(kind: &str) -> bool {
    matches!(kind, "ConfigMap" | "Secret")
}

/// A name without its hash: ten characters of Kustomize's alphabet, which has no vowels,
/// or hexadecimal digits of which some are numbers and some are letters.
fn stem(name: &str) -> &str {
    let Some((stem, hash)) = name.rsplit_once('-') else {
        return name;
    };
    let kustomize = hash.len() == 10 && hash.bytes().all(|b| b"2456789bcdfghkmt".contains(&b));
    let hex = (6..=64).contains(&hash.len())
        && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && hash.bytes().any(|b| b.is_ascii_digit())
        && hash.bytes().any(|b| b.is_ascii_alphabetic());
    if kustomize || hex { stem } else { name }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[rstest::rstest]
    #[case("app-5tfm2mt9kd", "app")]
    #[case("app-config-1a2b3c", "app-config")]
    #[case("app-config", "app-config")]
    #[case("app-20240101", "app-20240101")]
    #[case("app-facade", "app-facade")]
    #[case("app", "app")]
    fn the_hash_goes(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(stem(name), expected);
    }
}
