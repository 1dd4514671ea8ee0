//! One line of sources: `pattern[;pattern…] [=> output]`.
//!
//! Owns the grammar of these lines in every version, and the name of the output.
//! Touches no file.

use std::path::{Component, Path, PathBuf};

use super::error::Error;
use super::options::Compatibility;
use super::space::trim;

/// A line of sources, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Patterns of files to take.
    pub include: Vec<String>,
    /// Patterns of files to leave.
    pub exclude: Vec<String>,
    /// Where the result goes; in place without.
    pub output: Option<String>,
}

impl Entry {
    /// Reads one line.
    pub fn parse(line: &str, level: Compatibility) -> Result<Self, Error> {
        let mut parts = line.split("=>").map(trim);
        let patterns = parts.next().unwrap_or_default();
        let output = parts.next().filter(|output| !output.is_empty());
        let mut entry = Self {
            include: Vec::new(),
            exclude: Vec::new(),
            output: output.map(|output| slashes(output, level)),
        };
        for pattern in patterns.split(';').map(trim) {
            let skipped = pattern.is_empty() || (level.is_old() && pattern.starts_with('#'));
            if skipped && level != Compatibility::V6 {
                continue;
            }
            if skipped {
                return Err(Error::Source {
                    entry: line.to_owned(),
                    reason: "has an empty pattern",
                });
            }
            match pattern.strip_prefix('!') {
                // `!(a|b)` is a group, not an exclusion.
                Some(rest) if !rest.starts_with('(') => {
                    entry.exclude.push(slashes(trim(rest), level));
                }
                _ => entry.include.push(slashes(pattern, level)),
            }
        }
        Ok(entry)
    }

    /// Reads the sources input of the task: one line each, in versions 3 to 5
    /// separated by commas as well.
    pub fn lines(text: &str, level: Compatibility) -> Vec<String> {
        let comma = level.is_old();
        text.split(|c: char| c == '\n' || (comma && c == ','))
            .map(trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Where the result of `input` goes.
    pub fn target(&self, input: &Path, level: Compatibility) -> PathBuf {
        let Some(output) = &self.output else {
            return input.to_path_buf();
        };
        let name = input
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let output = match self.starred(&name) {
            Some(part) if level.is_old() => output.replace('*', &part),
            Some(part) => output.replacen('*', &part, 1),
            None => output.clone(),
        };
        let folder = input.parent().unwrap_or(Path::new(""));
        clean(&folder.join(output))
    }

    /// The part of a file's name that the `*` of the first pattern stands for.
    fn starred(&self, name: &str) -> Option<String> {
        let first = self.include.first()?;
        let pattern = first.rsplit('/').next().unwrap_or(first);
        let (before, after) = pattern.split_once('*')?;
        let skip = before.chars().count();
        let length = name
            .chars()
            .count()
            .checked_sub(skip + after.chars().count());
        Some(name.chars().skip(skip).take(length.unwrap_or(0)).collect())
    }
}

/// Backslashes as path separators: in versions 3 to 5 everywhere, later only
/// on Windows.
fn slashes(text: &str, level: Compatibility) -> String {
    if level.is_old() || cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.to_owned()
    }
}

/// A path without `.` and, where that is possible by the text alone, `..`.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_exclusions_and_output_are_told_apart() {
        let entry =
            Entry::parse(" a/*.x ; !b/** ;!(c) =>  out/*.y => z", Compatibility::Own).unwrap();
        assert_eq!(entry.include, ["a/*.x", "!(c)"]);
        assert_eq!(entry.exclude, ["b/**"]);
        assert_eq!(entry.output.as_deref(), Some("out/*.y"));
    }

    #[test]
    fn an_empty_pattern_is_refused_only_at_level_6() {
        assert!(Entry::parse("a;", Compatibility::V6).is_err());
        assert_eq!(
            Entry::parse("a;;", Compatibility::Own).unwrap().include,
            ["a"]
        );
        assert_eq!(
            Entry::parse("#a;b", Compatibility::V5).unwrap().include,
            ["b"]
        );
    }

    #[rstest::rstest]
    #[case("*.tpl.txt => out/*/*.txt", Compatibility::V6, "d/out/x/*.txt")]
    #[case("*.tpl.txt => out/*/*.txt", Compatibility::V5, "d/out/x/x.txt")]
    #[case("a;*.tpl.txt => ../b", Compatibility::V6, "b")]
    #[case("x* => y*", Compatibility::V6, "d/y.tpl.txt")]
    #[case("x.tpl.txt", Compatibility::V6, "d/x.tpl.txt")]
    fn the_star_of_the_input_is_carried_to_the_output(
        #[case] line: &str,
        #[case] level: Compatibility,
        #[case] target: &str,
    ) {
        let entry = Entry::parse(line, level).unwrap();
        assert_eq!(
            entry.target(Path::new("d/x.tpl.txt"), level),
            Path::new(target)
        );
    }
}
