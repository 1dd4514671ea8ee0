//! Versions of charts, and ranges of them, as helm reads them.

use semver::Version;

use super::Refusal;

const NUMBERS: &str = "a chart's version has three numbers without leading zeros, such as `1.4.2` or `1.4.2-ci.345`; for a build number alone, use `0.0.345`";

/// Refuses what is neither a version nor a range.
pub(super) fn refuse_odd(value: &str, place: &str) -> Result<(), Refusal> {
    if is_range(value) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{place}: the version {value:?} does not follow Semantic Versioning"
    ))
    .hint(NUMBERS))
}

/// Refuses what is not one version: a chart has no range as its own.
pub(super) fn refuse_inexact(value: &str, place: &str) -> Result<(), Refusal> {
    if Version::parse(value.strip_prefix('v').unwrap_or(value)).is_ok() {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{place}: {value:?} is not a version of a chart, which is no range"
    ))
    .hint(NUMBERS))
}

/// Alternatives of comparisons: `1.4.2`, `^1.2`, `>=1 <2`, `1.2 - 1.4 || 2.x`.
fn is_range(text: &str) -> bool {
    text.split("||").all(|alternative| {
        let words = alternative
            .split([',', ' '])
            .filter(|word| !word.is_empty());
        // An operator may stand apart from its version.
        let mut versions = words
            .filter(|word| *word != "-")
            .map(|word| word.trim_start_matches(['=', '!', '>', '<', '~', '^']))
            .filter(|word| !word.is_empty())
            .peekable();
        versions.peek().is_some() && versions.all(is_version)
    })
}

/// A version, which may have fewer numbers, or `x` for some.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let mut parts: Vec<_> = numbers.split('.').collect();
    if parts.len() > 3 {
        return false;
    }
    for part in &mut parts {
        if matches!(*part, "x" | "X" | "*") {
            *part = "0";
        }
    }
    parts.resize(3, "0");
    Version::parse(&format!("{}{rest}", parts.join("."))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("1.4.2", true)]
    #[case("v1.4.2-ci.345+meta", true)]
    #[case("1.2", true)]
    #[case(">= 1.2, < 2", true)]
    #[case("^1.2 || 3.x", true)]
    #[case("1.2 - 1.4", true)]
    #[case("*", true)]
    #[case("345.0.0", true)]
    #[case("latest", false)]
    #[case("1.2.3.4", false)]
    #[case("1.02.3", false)]
    #[case("20261129.1-", false)]
    #[case("", false)]
    #[case(">=", false)]
    fn charts_take_versions_and_ranges(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(refuse_odd(text, "x").is_ok(), fits);
    }
}
