//! Versions of charts: which of those on offer is meant.
//!
//! The ranges are those of helm: `1.2.x`, `^1.2`, `~1.2.3`, `>=1 <2`,
//! `1.2 - 1.4`, alternatives with `||`. Versions before a release count only
//! where the range itself names one. Held against the library that helm uses,
//! <https://github.com/Masterminds/semver>, version 3.4.

use semver::{BuildMetadata, Prerelease, Version};

/// The newest of the versions on offer that is wanted, by its place among
/// them. An empty wish is the newest release; a version that is on offer just
/// as it is written is taken, whatever else it could mean. `Err` when the wish
/// is neither a version nor a range.
pub(super) fn choose(wanted: &str, offered: &[String]) -> Result<Option<usize>, ()> {
    if let Some(at) = offered.iter().position(|offer| offer == wanted) {
        return Ok(Some(at));
    }
    let range = Range::parse(wanted)?;
    let mut best: Option<(usize, Version)> = None;
    for (at, offer) in offered.iter().enumerate() {
        let Some((version, _)) = version(offer) else {
            continue;
        };
        let newer = best.as_ref().is_none_or(|(_, best)| version > *best);
        if newer && range.fits(&version) {
            best = Some((at, version));
        }
    }
    Ok(best.map(|(at, _)| at))
}

/// Whether a wish is one version, however short, and not a range: helm takes
/// `1.2` of a registry for the tag `1.2`.
pub(super) fn is_one(wanted: &str) -> bool {
    let open = |part: &str| matches!(part, "x" | "X" | "*");
    let numbers = wanted.split(['-', '+']).next().unwrap_or_default();
    !numbers.trim_start_matches('v').split('.').any(open)
        && version(wanted).is_some_and(|(_, given)| given > 0)
}

/// The newest of the tags of a registry that is wanted. Only what is a whole
/// version counts, with `_` for the `+` that a tag cannot have.
pub(super) fn choose_tag(wanted: &str, tags: &[String]) -> Result<Option<String>, ()> {
    let mut versions: Vec<String> = tags.iter().map(|tag| tag.replace('_', "+")).collect();
    versions.retain(|version| Version::parse(version).is_ok());
    let chosen = choose(wanted, &versions)?;
    Ok(chosen.map(|at| versions.swap_remove(at)))
}

/// Alternatives, each of them comparisons that must all hold.
struct Range(Vec<Vec<Comparison>>);

#[derive(Debug)]
struct Comparison {
    operator: Operator,
    version: Version,
    /// How many of the three numbers are given.
    given: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Same,
    Other,
    Above,
    From,
    Below,
    UpTo,
    Tilde,
    Caret,
}

const OPERATORS: [(&str, Operator); 13] = [
    ("!=", Operator::Other),
    (">=", Operator::From),
    ("=>", Operator::From),
    ("<=", Operator::UpTo),
    ("=<", Operator::UpTo),
    ("~>", Operator::Tilde),
    ("==", Operator::Same),
    ("=", Operator::Same),
    (">", Operator::Above),
    ("<", Operator::Below),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
    ("", Operator::Same),
];

impl Range {
    fn parse(text: &str) -> Result<Self, ()> {
        text.split("||")
            .map(all_of)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn fits(&self, version: &Version) -> bool {
        let mut alternatives = self.0.iter();
        // One that names a version before a release lets them in for all beside it.
        let released = version.pre.is_empty();
        let fitting = |all: &&Vec<Comparison>| {
            let asked = || all.iter().any(|one| !one.version.pre.is_empty());
            (released || asked()) && all.iter().all(|one| one.fits(version))
        };
        alternatives.any(|all| fitting(&all))
    }
}

/// Comparisons with commas or blanks between them; `a - b` is from one to the
/// other.
fn all_of(text: &str) -> Result<Vec<Comparison>, ()> {
    let spaced = text.replace(',', " ");
    let mut words: Vec<String> = Vec::new();
    for word in spaced.split_whitespace() {
        // An operator may stand apart from its version.
        let bare = |word: &String| {
            OPERATORS
                .iter()
                .any(|(sign, _)| !sign.is_empty() && word == sign)
        };
        match words.last_mut() {
            Some(last) if bare(last) => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
    }
    if words.is_empty() {
        words.push("*".to_owned());
    }
    let mut all = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words.get(at + 1).is_some_and(|word| word == "-") {
            let end = words.get(at + 2).ok_or(())?;
            all.push(Comparison::parse(&format!(">={}", words[at]))?);
            all.push(Comparison::parse(&format!("<={end}"))?);
            at += 3;
        } else {
            all.push(Comparison::parse(&words[at])?);
            at += 1;
        }
    }
    Ok(all)
}

impl Comparison {
    fn parse(text: &str) -> Result<Self, ()> {
        let (operator, rest) = OPERATORS
            .iter()
            .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)))
            .ok_or(())?;
        let (version, given) = version(rest).ok_or(())?;
        Ok(Self {
            operator,
            version,
            given,
        })
    }

    fn fits(&self, version: &Version) -> bool {
        let low = &self.version;
        // The first version that is beyond all that `1.2` can stand for.
        let beyond = match self.given {
            0 => None,
            1 => Some(first_of(low.major.saturating_add(1), 0, 0)),
            _ => Some(first_of(low.major, low.minor.saturating_add(1), 0)),
        };
        let below = |end: &Option<Version>| end.as_ref().is_none_or(|end| version < end);
        let exact = self.given == 3;
        match self.operator {
            Operator::Same if exact => version.cmp_precedence(low).is_eq(),
            Operator::Other if exact => version.cmp_precedence(low).is_ne(),
            Operator::Same | Operator::Tilde => version >= low && below(&beyond),
            Operator::Other => !(version >= low && below(&beyond)),
            Operator::From => version >= low,
            Operator::Below => version < low,
            Operator::Above if exact => version > low,
            Operator::Above => !below(&beyond),
            Operator::UpTo if exact => version <= low,
            Operator::UpTo => below(&beyond),
            Operator::Caret => version >= low && below(&self.next_breaking()),
        }
    }

    /// The first version that may break what this one promises.
    fn next_breaking(&self) -> Option<Version> {
        let low = &self.version;
        match (self.given, low.major, low.minor) {
            (0, ..) => None,
            (1, ..) | (_, 1.., _) => Some(first_of(low.major.saturating_add(1), 0, 0)),
            (2, ..) | (_, _, 1..) => Some(first_of(0, low.minor.saturating_add(1), 0)),
            _ => Some(first_of(0, 0, low.patch.saturating_add(1))),
        }
    }
}

/// The very first version of these numbers, before all that lead up to its release.
fn first_of(major: u64, minor: u64, patch: u64) -> Version {
    Version {
        pre: Prerelease::new("0").unwrap_or_default(),
        ..Version::new(major, minor, patch)
    }
}

/// A version as people write it: with a `v`, with less than three numbers, or
/// with `x` for one. Also how many numbers are given.
fn version(text: &str) -> Option<(Version, usize)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = text.split_once('+').unwrap_or((text, ""));
    let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
    let mut given = 0;
    let mut parsed = [0_u64; 3];
    let mut open = false;
    for (at, part) in numbers.split('.').enumerate() {
        let place = parsed.get_mut(at)?;
        if matches!(part, "x" | "X" | "*") {
            open = true;
        } else if open || part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        } else {
            *place = part.parse().ok()?;
            given += 1;
        }
    }
    let version = Version {
        major: parsed[0],
        minor: parsed[1],
        patch: parsed[2],
        pre: Prerelease::new(pre).ok()?,
        build: BuildMetadata::new(build).ok()?,
    };
    Some((version, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERED: [&str; 10] = [
        "0.2.9",
        "0.3.0",
        "1.0.0",
        "1.2.3",
        "1.2.10",
        "1.3.0",
        "2.0.0-rc.1",
        "2.0.0",
        "2.1.0-beta",
        "not a version",
    ];

    #[rstest::rstest]
    #[case("", "2.0.0")]
    #[case("*", "2.0.0")]
    #[case("1.2.3", "1.2.3")]
    #[case("v1.2.3", "1.2.3")]
    #[case("=1.2.3", "1.2.3")]
    #[case("1", "1.3.0")]
    #[case("1.2", "1.2.10")]
    #[case("1.2.x", "1.2.10")]
    #[case("^1.0.0", "1.3.0")]
    #[case("^0.2.0", "0.2.9")]
    #[case("~1.2.3", "1.2.10")]
    #[case(">=1 <2", "1.3.0")]
    #[case(">= 1.0.0, < 1.3.0", "1.2.10")]
    #[case("<=1.2", "1.2.10")]
    #[case(">1.2 <2", "1.3.0")]
    #[case("1.0 - 1.2.3", "1.2.3")]
    #[case("<0.3.0 || 1.0.0", "1.0.0")]
    #[case(">=1.0.0-0", "2.1.0-beta")]
    #[case("!=2.0.0", "1.3.0")]
    #[case("2.1.0-beta", "2.1.0-beta")]
    #[case("not a version", "not a version")]
    fn the_newest_that_is_meant_is_taken(#[case] wanted: &str, #[case] expected: &str) {
        let offered: Vec<String> = OFFERED.iter().map(|&offer| offer.to_owned()).collect();
        let chosen = choose(wanted, &offered).unwrap().unwrap();
        assert_eq!(offered[chosen], expected);
    }

    #[rstest::rstest]
    #[case("9.9.9", Ok(None))]
    #[case("^3", Ok(None))]
    #[case("latest", Err(()))]
    #[case("1.2.3.4", Err(()))]
    #[case("> ", Err(()))]
    #[case("1 -", Err(()))]
    fn what_is_not_there_and_what_is_no_version(
        #[case] wanted: &str,
        #[case] expected: Result<Option<usize>, ()>,
    ) {
        let offered: Vec<String> = OFFERED.iter().map(|&offer| offer.to_owned()).collect();
        assert_eq!(choose(wanted, &offered), expected);
    }

    /// What helm's library gives, as recorded: `ERR` for what it does not
    /// understand, `NONE` where nothing fits.
    const RECORDED: &[(&str, &str)] = &[
        ("", "3.0.0"),
        ("*", "3.0.0"),
        ("1.2.3", "1.2.3"),
        ("v1.2.3", "1.2.3+build"),
        ("=1.2.3", "1.2.3+build"),
        ("1", "1.3.0"),
        ("1.2", "1.2.10"),
        ("v1.2", "1.2.10"),
        ("1.2.x", "1.2.10"),
        ("1.x", "1.3.0"),
        ("1.x.x", "1.3.0"),
        ("1.X", "1.3.0"),
        ("1.*", "1.3.0"),
        ("x", "3.0.0"),
        ("^1.0.0", "1.3.0"),
        ("^1.2", "1.3.0"),
        ("^1", "1.3.0"),
        ("^0", "0.3.0"),
        ("^0.2", "0.2.9"),
        ("^0.2.0", "0.2.9"),
        ("^0.0.3", "0.0.3"),
        ("^0.0", "0.0.4"),
        ("~1", "1.3.0"),
        ("~1.2", "1.2.10"),
        ("~1.2.3", "1.2.10"),
        ("~0", "0.3.0"),
        ("~", "ERR"),
        (">1", "3.0.0"),
        (">1.2", "3.0.0"),
        (">=1.2", "3.0.0"),
        ("<1.2", "1.0.0"),
        ("<=1.2", "1.2.10"),
        ("<=1", "1.3.0"),
        ("<1", "0.3.0"),
        (">=1 <2", "1.3.0"),
        (">=1, <2", "1.3.0"),
        (">= 1.0.0, < 1.3.0", "1.2.10"),
        (">=1.0.0 <2.0.0 || >=3.0.0", "3.0.0"),
        (">1.2 <2", "1.3.0"),
        ("1.0.0 - 1.2", "1.2.10"),
        ("1 - 2", "2.0.0"),
        ("<0.3.0 || 1.0.0", "1.0.0"),
        (">=1.0.0-0", "3.0.0"),
        (">=1.0.0-0 <2.1.0", "2.1.0-beta"),
        (">=1.0.0-0 <2.0.0", "2.0.0-rc.1"),
        (">2.0.0-rc.1", "3.0.0"),
        ("~2.1.0-0", "2.1.0-beta"),
        ("^2.1.0-0", "2.1.0-beta"),
        ("^2.0.0-rc.1", "2.1.0-beta"),
        ("~2.0.0-rc.1", "2.0.0"),
        ("2.1.0-beta", "2.1.0-beta"),
        ("!=2.0.0", "3.0.0"),
        ("!=2", "3.0.0"),
        ("!=2.x", "3.0.0"),
        ("!=1.2.x", "3.0.0"),
        ("=>1.2", "3.0.0"),
        ("=<1.2", "1.2.10"),
        ("~>1.2.3", "1.2.10"),
        ("1.2.3 2.0.0", "NONE"),
        ("1.2.3.4", "ERR"),
        (">", "ERR"),
        ("1 -", "ERR"),
        (">=1.2.3-alpha", "3.0.0"),
        ("<2.0.0-rc.2", "2.0.0-rc.1"),
        (">=1.2.3+build", "3.0.0"),
        ("1.2.3+build", "1.2.3+build"),
        ("1.4.0", "NONE"),
        ("01.2.3", "1.2.3+build"),
        ("1.02.3", "1.2.3+build"),
        ("v", "ERR"),
        ("-1", "ERR"),
        (">= 1 , < 2", "1.3.0"),
        (">=1.0.0,<2.0.0-0", "1.4.0-alpha.1"),
        ("^1.2.x", "1.3.0"),
        ("~1.x", "1.3.0"),
        (">1.x", "3.0.0"),
        (">=1.x", "3.0.0"),
        ("<1.x", "0.3.0"),
        ("<=1.x", "1.3.0"),
        ("!=1.x", "3.0.0"),
        ("<x", "NONE"),
        ("=1.2", "1.2.10"),
        ("=1", "1.3.0"),
        ("*-0", "3.0.0"),
        (">=0.0.0-0", "3.0.0"),
        ("^1.0.0 !=1.3.0", "1.2.10"),
        ("1.2.3 - 1.3.x", "1.3.0"),
        ("^v1.2", "1.3.0"),
        ("~ 1.2.3", "1.2.10"),
        ("^ 1.2.3", "1.3.0"),
        ("^1.0.0-0", "1.4.0-alpha.1"),
        ("~1.2.0-0", "1.2.10"),
        ("^0.2.0-0", "0.2.9"),
        (">=1.0.0-0 <=1.3", "1.3.0"),
        (">1.2-0", "3.0.0"),
        (">=1.0.0-0 || <1", "3.0.0"),
    ];

    #[test]
    fn ranges_mean_what_they_mean_to_helm() {
        let offered = "0.0.3 0.0.4 0.2.9 0.3.0 1.0.0 1.2.3 1.2.3+build 1.2.10 1.3.0 1.4.0-alpha.1 2.0.0-rc.1 2.0.0 2.1.0-beta 3.0.0 latest";
        let offered: Vec<String> = offered.split(' ').map(str::to_owned).collect();
        for (wanted, expected) in RECORDED {
            let found = match choose(wanted, &offered) {
                Err(()) => "ERR",
                Ok(None) => "NONE",
                Ok(Some(at)) => &offered[at],
            };
            assert_eq!(found, *expected, "{wanted:?}");
        }
    }

    #[rstest::rstest]
    #[case("^1", Some("1.2.0+5"))]
    #[case("", Some("2.0.0"))]
    #[case(">=2.0.0-0", Some("3.0.0-rc.1"))]
    #[case("9.x", None)]
    fn of_tags_only_whole_versions_count(#[case] wanted: &str, #[case] expected: Option<&str>) {
        let tags = [
            "latest",
            "v9.0.0",
            "1.2",
            "1.2.0_5",
            "2.0.0",
            "3.0.0-rc.1",
            "sha256-0.sig",
        ];
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        assert_eq!(choose_tag(wanted, &tags), Ok(expected.map(str::to_owned)));
    }

    #[rstest::rstest]
    #[case("1.2.3", true)]
    #[case("v1.2", true)]
    #[case("1", true)]
    #[case("1.2.3-x.1+5", true)]
    #[case("1.x", false)]
    #[case("^1", false)]
    #[case("*", false)]
    #[case("", false)]
    fn a_version_is_one_and_a_range_is_none(#[case] wanted: &str, #[case] one: bool) {
        assert_eq!(is_one(wanted), one);
    }
}
