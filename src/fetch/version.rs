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
mod tests;
