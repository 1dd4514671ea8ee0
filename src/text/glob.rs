//! Glob patterns over relative paths: `*`, `**`, `?`, `[…]`, `{a,b}`, `{1..3}`
//! and the extended groups `@( ) ?( ) *( ) +( ) !( )`.
//!
//! Owns parsing and matching; walking folders is the caller's business. A match
//! costs at most pattern length times path length times path length, whatever
//! the pattern.

use super::glob_pattern::{Node, Segment, segments};

/// How patterns are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobOptions {
    /// Letters match without regard to case.
    pub case_insensitive: bool,
    /// `*`, `?` and `**` also match names that begin with a dot.
    pub dot: bool,
    /// `{a,b}` is an alternative.
    pub braces: bool,
}

/// A pattern that can be matched.
#[derive(Debug, Clone)]
pub struct Glob {
    /// One list of segments for each brace alternative.
    alternatives: Vec<Vec<Segment>>,
    options: GlobOptions,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern {pattern:?} {reason}")]
pub struct GlobError {
    /// The pattern as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// More alternatives than this come from a mistake or an attack.
const MOST_ALTERNATIVES: usize = 10_000;

impl Glob {
    /// Reads a pattern.
    pub fn parse(pattern: &str, options: GlobOptions) -> Result<Self, GlobError> {
        let fail = |reason| GlobError {
            pattern: pattern.to_owned(),
            reason,
        };
        if pattern.is_empty() {
            return Err(fail("is empty"));
        }
        let texts = if options.braces {
            super::glob_braces::expand(pattern, MOST_ALTERNATIVES)
                .ok_or_else(|| fail("has too many alternatives"))?
        } else {
            vec![pattern.to_owned()]
        };
        let alternatives = texts
            .iter()
            .map(|text| segments(text).ok_or_else(|| fail("is nested too deeply")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            alternatives,
            options,
        })
    }

    /// The patterns without braces that `pattern` stands for.
    pub fn alternatives(pattern: &str) -> Result<Vec<String>, GlobError> {
        super::glob_braces::expand(pattern, MOST_ALTERNATIVES).ok_or_else(|| GlobError {
            pattern: pattern.to_owned(),
            reason: "has too many alternatives",
        })
    }

    /// Whether `path` (segments joined by `/`) matches.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path
            .split('/')
            .map(|name| self.fold(name).collect())
            .collect();
        self.alternatives
            .iter()
            .any(|segments| self.ends(segments, &names)[names.len()])
    }

    /// Whether something below the folder `path` could match.
    pub fn could_match_below(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path
            .split('/')
            .map(|name| self.fold(name).collect())
            .collect();
        self.alternatives.iter().any(|segments| {
            // Not all segments may be used up, but `**` never is.
            (0..segments.len().saturating_sub(1))
                .any(|used| self.ends(&segments[..=used], &names)[names.len()])
        })
    }

    /// Whether everything below the folder `path` matches.
    pub fn covers(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path
            .split('/')
            .map(|name| self.fold(name).collect())
            .collect();
        self.options.dot
            && self.alternatives.iter().any(|segments| {
                let (head, last) = segments.split_at(segments.len().saturating_sub(1));
                matches!(last, [Segment::One(nodes)] if matches!(nodes[..], [Node::Many]))
                    && matches!(head.last(), Some(Segment::Deep))
                    && self.ends(head, &names)[names.len()]
            })
    }

    fn fold<'a>(&self, name: &'a str) -> Box<dyn Iterator<Item = char> + 'a> {
        if self.options.case_insensitive {
            Box::new(name.chars().flat_map(char::to_lowercase))
        } else {
            Box::new(name.chars())
        }
    }

    /// After how many names the segments can have matched.
    fn ends(&self, segments: &[Segment], names: &[Vec<char>]) -> Vec<bool> {
        let mut at = vec![false; names.len() + 1];
        at[0] = true;
        for segment in segments {
            let mut next = vec![false; names.len() + 1];
            match segment {
                Segment::Deep => {
                    let mut open = false;
                    for (i, reached) in at.iter().enumerate() {
                        // `**` passes over a name only if it may be seen.
                        open = *reached || (open && self.visible(&names[i - 1]));
                        next[i] = open;
                    }
                }
                Segment::One(nodes) => {
                    for (i, name) in names.iter().enumerate() {
                        if at[i] && self.name_matches(nodes, name) {
                            next[i + 1] = true;
                        }
                    }
                }
            }
            at = next;
        }
        at
    }

    fn visible(&self, name: &[char]) -> bool {
        self.options.dot || name.first() != Some(&'.')
    }

    fn name_matches(&self, nodes: &[Node], name: &[char]) -> bool {
        let explicit = matches!(nodes.first(), Some(Node::Char('.')));
        if !self.visible(name) && !explicit {
            return false;
        }
        // `*` alone never stands for the folder itself or its parent.
        if !explicit && matches!(name, ['.'] | ['.', '.']) {
            return false;
        }
        let mut start = vec![false; name.len() + 1];
        start[0] = true;
        self.sequence(nodes, name, start)[name.len()]
    }

    fn sequence(&self, nodes: &[Node], name: &[char], start: Vec<bool>) -> Vec<bool> {
        nodes
            .iter()
            .fold(start, |at, node| self.node(node, name, &at))
    }

    /// The places that `node` can end at when it starts at one of `at`.
    fn node(&self, node: &Node, name: &[char], at: &[bool]) -> Vec<bool> {
        let mut next = vec![false; at.len()];
        let mut step = |accepts: &dyn Fn(char) -> bool| {
            for (i, c) in name.iter().enumerate() {
                next[i + 1] = at[i] && accepts(*c);
            }
        };
        match node {
            Node::Char(wanted) => {
                let wanted = if self.options.case_insensitive {
                    wanted.to_lowercase().next().unwrap_or(*wanted)
                } else {
                    *wanted
                };
                step(&|c| c == wanted);
            }
            Node::Any => step(&|_| true),
            Node::Class(negated, ranges) => step(&|c| self.in_class(ranges, c) != *negated),
            Node::Many => {
                let mut open = false;
                for (i, reached) in at.iter().enumerate() {
                    open |= *reached;
                    next[i] = open;
                }
            }
            Node::Group(kind, choices) => return self.group(*kind, choices, name, at),
        }
        next
    }

    fn in_class(&self, ranges: &[(char, char)], c: char) -> bool {
        let holds = |c: char| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
        holds(c) || (self.options.case_insensitive && c.to_uppercase().any(holds))
    }

    fn group(&self, kind: char, choices: &[Vec<Node>], name: &[char], at: &[bool]) -> Vec<bool> {
        let once = |at: &[bool]| {
            let mut all = vec![false; at.len()];
            for choice in choices {
                for (all, one) in all.iter_mut().zip(self.sequence(choice, name, at.to_vec())) {
                    *all |= one;
                }
            }
            all
        };
        let union = |a: &[bool], b: &[bool]| -> Vec<bool> {
            a.iter().zip(b).map(|(a, b)| *a || *b).collect()
        };
        match kind {
            '@' => once(at),
            '?' => union(at, &once(at)),
            '!' => {
                let mut next = vec![false; at.len()];
                for start in (0..at.len()).filter(|i| at[*i]) {
                    let mut single = vec![false; at.len()];
                    single[start] = true;
                    let taken = once(&single);
                    for end in start..at.len() {
                        next[end] |= !taken[end];
                    }
                }
                next
            }
            _ => {
                let mut all = if kind == '*' { at.to_vec() } else { once(at) };
                loop {
                    let more = union(&all, &once(&all));
                    if more == all {
                        return all;
                    }
                    all = more;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: GlobOptions = GlobOptions {
        case_insensitive: false,
        dot: false,
        braces: true,
    };

    fn matches(pattern: &str, path: &str, options: GlobOptions) -> bool {
        Glob::parse(pattern, options).unwrap().matches(path)
    }

    #[rstest::rstest]
    #[case("*.txt", "a.txt", true)]
    #[case("*.txt", "s/a.txt", false)]
    #[case("**/*.txt", "a.txt", true)]
    #[case("**/*.txt", "s/t/a.txt", true)]
    #[case("s/**", "s/t/a.txt", true)]
    #[case("s/**", "s", false)]
    #[case("**", "s/t/a.txt", true)]
    #[case("**.txt", "s/t/a.txt", true)]
    #[case("s/**.txt", "s/t/a.txt", false)]
    #[case("**/x/**/y", "x/a/b/y", true)]
    #[case("a?c", "abc", true)]
    #[case("a[b-d]c", "acc", true)]
    #[case("a[!b]c", "abc", false)]
    #[case("a[]b]c", "a]c", true)]
    #[case("a[b", "a[b", true)]
    #[case("a[b-]c", "a-c", true)]
    #[case("a[[:alpha:]]", "ab", true)]
    #[case("a[[:alpha:]]", "a1", false)]
    #[case("a[[:alpha:]]", "aé", false)]
    #[case("a[[:alpha:]]", "a:]", false)]
    #[case("a[x[:digit:]_-]", "a7", true)]
    #[case("a[x[:digit:]_-]", "a-", true)]
    #[case("a[x[:digit:]_-]", "ad", false)]
    #[case("a[![:space:][:punct:]]", "a.", false)]
    #[case("a[^[:upper:]]", "ab", true)]
    #[case("[[:upper:]]", "b", false)]
    #[case("a[[:other:]]", "ao]", true)]
    #[case("a[[:alpha:", "a[[:alpha:", true)]
    #[case("*.{json,yml}", "x.yml", true)]
    #[case("@(a|b).x", "b.x", true)]
    #[case("+(ab).x", "abab.x", true)]
    #[case("*(ab)x", "x", true)]
    #[case("?(a)b", "b", true)]
    #[case("!(a).x", "b.x", true)]
    #[case("!(a).x", "a.x", false)]
    #[case("!(*.dev).json", "a.dev.json", false)]
    #[case("\\*.x", "a.x", false)]
    #[case("*.txt", ".txt", false)]
    #[case("**/*.txt", ".h/a.txt", false)]
    #[case(".h/*.txt", ".h/a.txt", true)]
    #[case("./a/*.x", "a/b.x", true)]
    #[case("A.TXT", "a.txt", false)]
    fn paths_match_as_expected(#[case] pattern: &str, #[case] path: &str, #[case] expected: bool) {
        assert_eq!(matches(pattern, path, PLAIN), expected);
    }

    #[test]
    fn dots_and_letter_case_are_options() {
        let loose = GlobOptions {
            case_insensitive: true,
            dot: true,
            braces: true,
        };
        assert!(matches("**/*.txt", ".hidden/UP.TXT", loose));
        assert!(matches("[a-c]*.TXT", "Bx.txt", loose));
        assert!(matches("[[:upper:]][[:lower:]]", "xX", loose));
    }

    #[test]
    fn hostile_patterns_end_in_time() {
        let pattern = format!("{}b", "*a".repeat(200));
        assert!(!matches(&pattern, &"a".repeat(5_000), PLAIN));
        let deep = format!("{}x", "**/".repeat(60));
        assert!(!matches(&deep, &"a/".repeat(200), PLAIN));
        assert!(Glob::parse(&"*(".repeat(50), PLAIN).is_ok());
        assert!(Glob::parse(&format!("{}{}", "*(".repeat(50), ")".repeat(50)), PLAIN).is_err());
    }

    #[test]
    fn folders_that_cannot_hold_a_match_are_known() {
        let glob = Glob::parse("a/*/c.txt", PLAIN).unwrap();
        assert!(glob.could_match_below("a"));
        assert!(glob.could_match_below("a/b"));
        assert!(!glob.could_match_below("b"));
        let anything = Glob::parse("**", PLAIN).unwrap();
        assert!(anything.could_match_below("any/where"));
        let nothing = Glob::parse("./", PLAIN).unwrap();
        assert!(!nothing.matches("a") && !nothing.could_match_below("a"));
    }

    #[test]
    fn folders_that_match_as_a_whole_are_known() {
        let all = GlobOptions { dot: true, ..PLAIN };
        assert!(Glob::parse("a/**", all).unwrap().covers("a/b"));
        assert!(!Glob::parse("a/*", all).unwrap().covers("a"));
        assert!(!Glob::parse("a/**", PLAIN).unwrap().covers("a"));
    }

    #[test]
    fn any_number_of_folders_may_lead_to_a_match() {
        assert!(
            Glob::parse("**/x", PLAIN)
                .unwrap()
                .could_match_below("any/where")
        );
    }
}
