//! Finding tokens: one pass over the bytes, linear whatever they are.
//!
//! Owns the token grammar. Works on bytes, because a file may hold bytes that
//! are no text around perfectly good tokens. Knows nothing about variables.

use std::ops::Range;

use memchr::memmem;

use super::options::Delimiters;
use super::space::{may_be_space, space_run};

/// One token: where it stands and where its name does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// From the prefix to the end of the suffix.
    pub whole: Range<usize>,
    /// The text between, without the white space around it.
    pub name: Range<usize>,
}

/// Finds tokens between two delimiters.
#[derive(Debug, Clone)]
pub struct Scanner<'d> {
    prefix: memmem::Finder<'d>,
    suffix: &'d [u8],
    legacy: bool,
}

impl<'d> Scanner<'d> {
    /// A scanner; `legacy` keeps white space in names and does not let a
    /// second prefix start over (the `useLegacyPattern` of versions 3 to 5).
    pub fn new(delimiters: &'d Delimiters, legacy: bool) -> Self {
        Self {
            prefix: memmem::Finder::new(delimiters.prefix.as_bytes()),
            suffix: delimiters.suffix.as_bytes(),
            legacy,
        }
    }

    /// The tokens of `text`, from left to right, none inside another.
    pub fn tokens<'t>(&self, text: &'t [u8]) -> Tokens<'_, 'd, 't> {
        Tokens {
            scanner: self,
            text,
            at: 0,
        }
    }

    /// The first token at or after `from`.
    fn next(&self, text: &[u8], mut from: usize) -> Option<Token> {
        loop {
            let start = from + self.prefix.find(text.get(from..)?)?;
            let inner = start + self.prefix.needle().len();
            let walked = if self.legacy {
                self.walk_legacy(text, inner)
            } else {
                // A walk ends where the next prefix begins, at the latest, so
                // going on right behind this start stays linear.
                self.walk(text, inner).ok_or(start + 1)
            };
            match walked {
                Ok((name, end)) => {
                    return Some(Token {
                        whole: start..end,
                        name,
                    });
                }
                Err(next) => from = next,
            }
        }
    }

    /// From the end of a prefix: the name, and the end of the suffix.
    fn walk(&self, text: &[u8], inner: usize) -> Option<(Range<usize>, usize)> {
        let name = inner + space_run(&text[inner..]).length;
        let mut at = name;
        loop {
            let rest = &text[at..];
            let first = *rest.first()?;
            if rest.starts_with(self.suffix) {
                return Some((name..at, at + self.suffix.len()));
            }
            if rest.starts_with(self.prefix.needle()) {
                return None;
            }
            let run = if may_be_space(first) {
                space_run(rest)
            } else {
                at += 1;
                continue;
            };
            let end = at + run.length;
            if run.length > 0 && text[end..].starts_with(self.suffix) {
                return Some((name..at, end + self.suffix.len()));
            }
            if run.has_break {
                return None;
            }
            at = end.max(at + 1);
        }
    }

    /// The old grammar: everything up to the first suffix on the same line.
    /// Without one, no prefix before the end of the line begins a token.
    fn walk_legacy(&self, text: &[u8], inner: usize) -> Result<(Range<usize>, usize), usize> {
        let mut at = inner;
        while let Some(first) = text.get(at) {
            let rest = &text[at..];
            if rest.starts_with(self.suffix) {
                return Ok((inner..at, at + self.suffix.len()));
            }
            if may_be_space(*first) && space_run(&rest[..rest.len().min(3)]).breaks_at_once {
                break;
            }
            at += 1;
        }
        Err(at)
    }
}

/// Iterator over the tokens of one text.
#[derive(Debug)]
pub struct Tokens<'s, 'd, 't> {
    scanner: &'s Scanner<'d>,
    text: &'t [u8],
    at: usize,
}

impl Iterator for Tokens<'_, '_, '_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let token = self.scanner.next(self.text, self.at)?;
        self.at = token.whole.end;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn names(prefix: &str, suffix: &str, legacy: bool, text: &str) -> Vec<String> {
        let delimiters = Delimiters {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        };
        Scanner::new(&delimiters, legacy)
            .tokens(text.as_bytes())
            .map(|token| text[token.name].to_owned())
            .collect()
    }

    #[rstest::rstest]
    #[case("#{a}##{b}#", &["a", "b"])]
    #[case("#{ a b }# #{}# #{\t\u{feff}x\r\n}#", &["a b", "", "x"])]
    #[case("#{x #{a}# #{b", &["a"])]
    #[case("#{a\nb}# #{a\u{2028}b}#", &[])]
    #[case("#{a\u{85}b}# #{\u{200b}}#", &["a\u{85}b", "\u{200b}"])]
    #[case("##{a}##", &["a"])]
    fn the_default_pattern_follows_the_grammar(#[case] text: &str, #[case] found: &[&str]) {
        assert_eq!(names("#{", "}#", false, text), found);
    }

    #[test]
    fn prefix_and_suffix_may_be_the_same() {
        assert_eq!(names("__", "__", false, "__A____B__ ____"), ["A", "B", ""]);
        assert_eq!(names("%", "%", false, "%a%%b%"), ["a", "b"]);
    }

    #[test]
    fn the_old_pattern_keeps_white_space_and_inner_prefixes() {
        assert_eq!(
            names("#{", "}#", true, "#{ a }# #{x #{b}# #{c\n}# #{d}#"),
            [" a ", "x #{b", "d"]
        );
    }

    #[rstest::rstest]
    #[case::blanks_after_a_prefix(format!("#{{{}", " ".repeat(1_000_000)))]
    #[case::many_prefixes_and_blanks("#{ ".repeat(400_000))]
    #[case::line_breaks_after_a_prefix("#{\n\n\n\n".repeat(200_000))]
    #[case::an_unclosed_prefix(format!("#{{{}", "x".repeat(10_000_000)))]
    #[case::nested_prefixes("#{".repeat(100_000))]
    #[case::nested_prefixes_in_one_name(format!("{}{}", "#{x ".repeat(100_000), "}#".repeat(100_000)))]
    #[case::blanks_inside_a_name(format!("#{{a{}b}}#", " ".repeat(1_000_000)))]
    #[case::hashes("#".repeat(2_000_000))]
    fn hostile_texts_take_linear_time(#[case] text: String) {
        for legacy in [false, true] {
            let started = Instant::now();
            names("#{", "}#", legacy, &text);
            assert!(started.elapsed() < Duration::from_secs(3));
        }
    }

    /// The grammar as it is written down, one step at a time.
    fn by_definition(prefix: &str, suffix: &str, text: &str) -> Vec<String> {
        let space = super::super::space::is_space;
        let line = |c: char| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
        let mut found = Vec::new();
        let mut at = 0;
        'search: while let Some(offset) = text[at..].find(prefix) {
            let start = at + offset;
            let rest = text[start + prefix.len()..].trim_start_matches(space);
            for (i, c) in rest.char_indices().chain([(rest.len(), '\n')]) {
                if let Some(after) = rest[i..].trim_start_matches(space).strip_prefix(suffix) {
                    found.push(rest[..i].to_owned());
                    at = text.len() - after.len();
                    continue 'search;
                }
                if line(c) || rest[i..].starts_with(prefix) {
                    break;
                }
            }
            at = start + text[start..].chars().next().map_or(1, char::len_utf8);
        }
        found
    }

    proptest! {
        #[test]
        fn the_scanner_agrees_with_the_definition(text in "[#{} a\n\u{a0}\u{2028}_é]{0,30}") {
            for (prefix, suffix) in [("#{", "}#"), ("#", "#"), ("{", "}"), ("__", "__"), ("#{", "}"), ("é", "_")] {
                prop_assert_eq!(names(prefix, suffix, false, &text), by_definition(prefix, suffix, &text));
            }
        }
    }
}
