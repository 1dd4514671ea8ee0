//! The lines of a text that differ. Owns the bounds: neither a text of 50 MB nor one that
//! was wholly rewritten makes the work or the result large.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::sequence::{self, Gap};
use crate::field::TextChange;
use crate::secrecy::Cleaner;

/// So many lines are shown.
const SHOWN: usize = 120;
/// So many characters of a line are shown.
const WIDTH: usize = 300;
/// Texts that differ in more bytes than this are only counted.
const WINDOW: usize = 2 << 20;

/// What is said after a line that ends without a line break, as `diff` says it.
const NO_BREAK: &str = "\\ no newline at the end";

/// Compares two texts by line; nothing when they are equal.
pub(crate) fn compare(old: &str, new: &str) -> Option<TextChange> {
    let (start, old, new) = window(old, new);
    if old.is_empty() && new.is_empty() {
        return None;
    }
    let before = count(&start.0[..start.1]);
    if old.len().max(new.len()) > WINDOW {
        let (removed, added) = (count(old), count(new));
        return Some(TextChange {
            removed,
            added,
            lines: vec![format!("@ {}", before + 1)],
            left_out: removed + added,
        });
    }
    let whole = [old, new].map(|text| text.is_empty() || text.ends_with('\n'));
    let (old, new) = (split(old), split(new));
    let mut gaps = sequence::gaps(&hashes(&old), &hashes(&new));
    let ends = (old.len(), new.len());
    let is_shown = gaps
        .last()
        .is_some_and(|gap| (gap.old.end, gap.new.end) == ends);
    if whole[0] != whole[1] && !is_shown {
        // The last line is the same but for its end, which programs do see.
        gaps.push(Gap {
            old: ends.0.saturating_sub(1)..ends.0,
            new: ends.1.saturating_sub(1)..ends.1,
        });
    }
    // What is before the parts that differ is the same on both sides.
    let (mut old, mut new) = (
        Shown::after(context(start.0, start.1), old, whole[0]),
        Shown::after(context(start.0, start.1), new, whole[1]),
    );
    let mut change = TextChange::default();
    for gap in &gaps {
        show(&mut change, gap, &mut old, &mut new, before);
    }
    let shown = change
        .lines
        .iter()
        .filter(|line| line.starts_with(['-', '+']));
    change.left_out = change.removed + change.added - shown.count();
    Some(change)
}

/// The parts that differ, from and to the boundaries of lines, and what is before them.
fn window<'t>(old: &'t str, new: &'t str) -> ((&'t str, usize), &'t str, &'t str) {
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    if same == a.len() && same == b.len() {
        return ((old, 0), "", "");
    }
    let line_start = |text: &[u8], at: usize| {
        let found = text[..at].iter().rposition(|&byte| byte == b'\n');
        found.map_or(0, |at| at + 1)
    };
    let start = line_start(a, same);
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    let tail = (rest_a.iter().rev().zip(rest_b.iter().rev()))
        .take_while(|(a, b)| a == b)
        .count()
        .min(a.len() - same)
        .min(b.len() - same);
    // Back to the start of a line that both sides have in common.
    let tail_bytes = &a[a.len() - tail..];
    let skip = tail_bytes.iter().position(|&byte| byte == b'\n');
    let tail = skip.map_or(0, |skip| tail - skip - 1);
    (
        (old, start),
        &old[start..old.len() - tail],
        &new[start..new.len() - tail],
    )
}

fn count(text: &str) -> usize {
    let ends = text.bytes().filter(|&byte| byte == b'\n').count();
    ends + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

fn split(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.split('\n').collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    lines
}

fn hashes(lines: &[&str]) -> Vec<u64> {
    let hash = |line: &&str| {
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        hasher.finish()
    };
    lines.iter().map(hash).collect()
}

/// So many bytes before the parts that differ are looked at for what they open: a key, a
/// quote, a name whose value is below.
const CONTEXT: usize = 256 << 10;

/// The lines before a place.
fn context(text: &str, start: usize) -> &str {
    let mut from = start.saturating_sub(CONTEXT);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..start]
}

/// The lines of one side, cleaned one after another.
struct Shown<'t> {
    lines: Vec<&'t str>,
    cleaner: Cleaner,
    next: usize,
    /// Whether the last line has its line break.
    is_whole: bool,
}

impl<'t> Shown<'t> {
    fn after(context: &str, lines: Vec<&'t str>, is_whole: bool) -> Self {
        let mut cleaner = Cleaner::default();
        for line in context.lines() {
            cleaner.line(line);
        }
        Self {
            lines,
            cleaner,
            next: 0,
            is_whole,
        }
    }

    /// These lines as they are shown; asked for from the first to the last.
    fn range(&mut self, range: Range<usize>, mark: char) -> Vec<String> {
        let mut out = Vec::new();
        while self.next < range.end {
            let line = self.lines[self.next];
            let cleaned = self.cleaner.line(line);
            if self.next >= range.start {
                let line = cleaned.as_deref().unwrap_or(line);
                out.push(format!("{mark}{}", cut(line)));
            }
            self.next += 1;
        }
        if !self.is_whole && range.end == self.lines.len() && !out.is_empty() {
            out.push(NO_BREAK.to_owned());
        }
        out
    }
}

fn show(
    change: &mut TextChange,
    gap: &Gap,
    old: &mut Shown<'_>,
    new: &mut Shown<'_>,
    before: usize,
) {
    change.removed += gap.old.len();
    change.added += gap.new.len();
    if change.lines.len() >= SHOWN {
        return;
    }
    change
        .lines
        .push(format!("@ {}", before + gap.new.start + 1));
    let room = SHOWN.saturating_sub(change.lines.len());
    let removed = old.range(gap.old.clone(), '-');
    let added = new.range(gap.new.clone(), '+');
    change
        .lines
        .extend(removed.into_iter().chain(added).take(room));
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(old: &str, new: &str) -> Vec<String> {
        compare(old, new).map_or_else(Vec::new, |change| change.lines)
    }

    #[rstest::rstest]
    #[case::equal("a\nb\n", "a\nb\n", &[])]
    #[case::one_line("a\nb\nc\n", "a\nx\nc\n", &["@ 2", "-b", "+x"])]
    #[case::added_at_the_end("a\n", "a\nb\n", &["@ 2", "+b"])]
    #[case::removed_at_the_start("a\nb\n", "b\n", &["@ 1", "-a"])]
    #[case::two_places("a\nb\nc\nd\n", "x\nb\nc\ny\n", &["@ 1", "-a", "+x", "@ 4", "-d", "+y"])]
    #[case::from_nothing("", "a\n", &["@ 1", "+a"])]
    #[case::within_a_character("ä\n", "å\n", &["@ 1", "-ä", "+å"])]
    #[case::repeated_tail("a\na\na\n", "a\na\n", &["@ 3", "-a"])]
    fn lines_that_differ(#[case] old: &str, #[case] new: &str, #[case] expected: &[&str]) {
        assert_eq!(lines(old, new), expected);
    }

    #[rstest::rstest]
    #[case::added("a", "a\n", &["@ 1", "-a", NO_BREAK, "+a"])]
    #[case::removed("a\nb\n", "a\nb", &["@ 2", "-b", "+b", NO_BREAK])]
    #[case::beside_another("x\nb\nc", "y\nb\nc\n", &["@ 1", "-x", "+y", "@ 3", "-c", NO_BREAK, "+c"])]
    #[case::on_both_sides("a\nb", "a\nc", &["@ 2", "-b", NO_BREAK, "+c", NO_BREAK])]
    #[case::of_a_line_that_came("a", "a\nb\n", &["@ 2", "+b"])]
    #[case::nothing_but_one("", "\n", &["@ 1", "+"])]
    fn the_end_of_the_last_line_is_a_difference(
        #[case] old: &str,
        #[case] new: &str,
        #[case] expected: &[&str],
    ) {
        assert_eq!(lines(old, new), expected);
    }

    #[test]
    fn a_large_text_with_one_change_shows_it() {
        let old = "a line of configuration\n".repeat(2_000_000);
        let middle = old.len() / 2 / 24 * 24;
        let new = format!("{}changed\n{}", &old[..middle], &old[middle + 24..]);
        let change = compare(&old, &new).unwrap();
        assert_eq!(
            change.lines,
            ["@ 1000001", "-a line of configuration", "+changed"]
        );
        let other = "another line of the same\n".repeat(2_000_000);
        let change = compare(&old, &other).unwrap();
        assert_eq!((change.removed, change.left_out), (2_000_000, 4_000_000));
    }

    #[test]
    fn many_changed_lines_are_counted() {
        let numbered = |mark: &str| {
            let lines: Vec<_> = (0..1000).map(|n| format!("{mark}{n}")).collect();
            lines.join(
                "
",
            )
        };
        let change = compare(&numbered("a"), &numbered("b")).unwrap();
        assert_eq!((change.removed, change.added), (1000, 1000));
        assert!(change.lines.len() <= SHOWN);
        assert_eq!(change.left_out, 2000 - (change.lines.len() - 1));
    }
}
