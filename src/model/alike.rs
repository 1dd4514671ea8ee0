//! Names that some file systems take for one.
//!
//! Owns that comparison: whatever asks whether two names can stand beside each other
//! for everybody asks here.

use std::collections::{HashMap, HashSet};

use icu_normalizer::ComposingNormalizerBorrowed;

use super::RelPath;

/// A name or path in a form that is equal for all that Windows or macOS may take for
/// one: without case, composed ([NFC](https://unicode.org/reports/tr15/)), and without
/// what is not seen.
///
/// The file systems differ in details and versions, so this is the widest of them:
/// full case folding, in which `ß`, `ẞ` and `ss` are one, as are `ς`, `σ` and `Σ`.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let composing = ComposingNormalizerBorrowed::new_nfc();
    let folded: String = composing
        .normalize(name)
        .chars()
        .filter(|c| !is_unseen(*c))
        .flat_map(char::to_lowercase)
        .flat_map(fold_lower)
        .collect();
    composing.normalize(&folded).into_owned()
}

/// What HFS+ leaves out when it compares names, as git does for it.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Letters without case differences that several capital ones have in common: by way
/// of these, `ς` and `ß` get the form that `σ` and `ss` have.
fn fold_lower(c: char) -> impl Iterator<Item = char> {
    // No file system takes a dotless i for the one with a dot.
    let dotless = (c == 'ı').then_some(c);
    let others = (c != 'ı').then(|| c.to_uppercase().flat_map(char::to_lowercase));
    dotless.into_iter().chain(others.into_iter().flatten())
}

/// The names of files, and of the folders above them.
#[derive(Debug, Default)]
pub struct Names<'p> {
    folded: HashMap<String, &'p str>,
    exact: HashSet<&'p str>,
}

impl<'p> Names<'p> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty()
    }

    /// Takes names for known that are no reason to refuse others.
    pub fn know(&mut self, paths: impl IntoIterator<Item = &'p RelPath>) {
        self.exact
            .extend(paths.into_iter().flat_map(RelPath::parts));
    }

    /// The first part of `path` that is not there and looks like one that is, and that
    /// one: folders from the top, then the file.
    pub fn twin<'q>(&self, path: &'q RelPath) -> Option<(&'q str, &'p str)> {
        let mut parts = path.parts().filter(|part| !self.exact.contains(part));
        parts.find_map(|part| Some((part, *self.folded.get(&fold(part))?)))
    }
}

impl<'p> FromIterator<&'p RelPath> for Names<'p> {
    fn from_iter<I: IntoIterator<Item = &'p RelPath>>(paths: I) -> Self {
        let mut names = Self::default();
        for part in paths.into_iter().flat_map(RelPath::parts) {
            if names.exact.insert(part) {
                names.folded.entry(fold(part)).or_insert(part);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::letters(&["Apps/X", "apps/x", "APPS/X"])]
    #[case::final_sigma(&["ΟΔΟΣ", "οδος", "οδοσ", "Οδοσ"])]
    #[case::sharp_s(&["straße", "STRASSE", "STRAẞE", "strasse", "\u{17f}traße"])]
    #[case::composed(&["\u{fc}ber", "u\u{308}ber", "\u{dc}BER", "U\u{308}BER"])]
    #[case::kelvin(&["k", "K", "\u{212a}"])]
    #[case::angstrom(&["\u{e5}", "\u{c5}", "\u{212b}", "a\u{30a}", "A\u{30a}"])]
    #[case::micro(&["\u{b5}", "\u{3bc}", "\u{39c}"])]
    #[case::dotted(&["\u{130}", "i\u{307}"])]
    #[case::digraph(&["\u{1c4}", "\u{1c5}", "\u{1c6}"])]
    #[case::ligature(&["\u{fb01}x", "fix", "FIX"])]
    #[case::cherokee(&["\u{13a0}", "\u{ab70}"])]
    #[case::order_of_marks(&["a\u{323}\u{307}", "a\u{307}\u{323}", "A\u{323}\u{307}"])]
    #[case::unseen(&["apps", "ap\u{200d}ps", "\u{feff}apps"])]
    fn names_that_some_file_system_takes_for_one_fold_to_one(#[case] names: &[&str]) {
        for name in names {
            assert_eq!(fold(name), fold(names[0]), "{name:?}");
            assert_eq!(fold(&fold(name)), fold(name), "{name:?}");
        }
    }

    #[rstest::rstest]
    #[case("a", "b")]
    #[case("a/b", "ab")]
    #[case("isi", "ısı")]
    #[case("resume", "résumé")]
    #[case("a-b", "a_b")]
    #[case("о", "o")]
    fn other_names_stay_apart(#[case] one: &str, #[case] other: &str) {
        assert_ne!(fold(one), fold(other));
    }

    #[test]
    fn a_name_that_is_there_already_has_no_twin() {
        let path = |text: &str| RelPath::parse(text).unwrap();
        let there = [path("Apps/x"), path("apps/y"), path("b")];
        let names: Names<'_> = there.iter().collect();
        assert_eq!(names.twin(&path("Apps/z")), None);
        assert_eq!(names.twin(&path("apps/z")), None);
        assert_eq!(names.twin(&path("APPS/z")), Some(("APPS", "Apps")));
        assert_eq!(names.twin(&path("apps/Y/z")), Some(("apps/Y", "apps/y")));
        assert_eq!(names.twin(&path("B/z")), Some(("B", "b")));
        assert_eq!(names.twin(&path("c")), None);
    }
}
