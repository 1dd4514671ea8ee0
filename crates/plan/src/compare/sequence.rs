//! Two sequences aligned: which stretches are equal, which replace each other. Owns the
//! bound on the work: what does not fit is reported as replaced.

use std::collections::HashMap;
use std::ops::Range;

/// A stretch of the old sequence that a stretch of the new one replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

/// So many pairs are compared exactly within one stretch.
const CELLS: usize = 40_000;

/// So often each item is looked at.
const LOOKS: usize = 24;

/// The stretches that differ, in order.
pub(crate) fn gaps(old: &[u64], new: &[u64]) -> Vec<Gap> {
    let mut out = Vec::new();
    // A stack of its own: hostile input must not make the recursion deep.
    let mut work = vec![Gap {
        old: 0..old.len(),
        new: 0..new.len(),
    }];
    let mut budget = LOOKS * (old.len() + new.len() + 16);
    while let Some(gap) = work.pop() {
        let gap = trimmed(old, new, gap);
        let size = gap.old.len() + gap.new.len();
        if budget < size {
            out.push(gap);
            continue;
        }
        budget -= size;
        if gap.old.is_empty() || gap.new.is_empty() {
            if !gap.old.is_empty() || !gap.new.is_empty() {
                out.push(gap);
            }
            continue;
        }
        let anchors = anchors(old, new, &gap);
        if anchors.is_empty() {
            exact(old, new, gap, &mut out);
            continue;
        }
        let (mut i, mut j) = (gap.old.start, gap.new.start);
        for (a, b) in anchors {
            work.push(Gap {
                old: i..a,
                new: j..b,
            });
            (i, j) = (a + 1, b + 1);
        }
        work.push(Gap {
            old: i..gap.old.end,
            new: j..gap.new.end,
        });
    }
    out.retain(|gap| !gap.old.is_empty() || !gap.new.is_empty());
    out.sort_by_key(|gap| (gap.old.start, gap.new.start));
    merged(out)
}

/// Stretches that touch are one.
fn merged(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut out: Vec<Gap> = Vec::with_capacity(gaps.len());
    for gap in gaps {
        match out.last_mut() {
            Some(last) if last.old.end == gap.old.start && last.new.end == gap.new.start => {
                last.old.end = gap.old.end;
                last.new.end = gap.new.end;
            }
            _ => out.push(gap),
        }
    }
    out
}

fn trimmed(old: &[u64], new: &[u64], mut gap: Gap) -> Gap {
    while !gap.old.is_empty() && !gap.new.is_empty() && old[gap.old.start] == new[gap.new.start] {
        gap.old.start += 1;
        gap.new.start += 1;
    }
    while !gap.old.is_empty() && !gap.new.is_empty() && old[gap.old.end - 1] == new[gap.new.end - 1]
    {
        gap.old.end -= 1;
        gap.new.end -= 1;
    }
    gap
}

/// Items that occur once on each side, as many as follow each other in both.
fn anchors(old: &[u64], new: &[u64], gap: &Gap) -> Vec<(usize, usize)> {
    let mut places: HashMap<u64, (usize, usize, u8, u8)> = HashMap::new();
    for i in gap.old.clone() {
        let place = places.entry(old[i]).or_default();
        (place.0, place.2) = (i, place.2.saturating_add(1));
    }
    for j in gap.new.clone() {
        if let Some(place) = places.get_mut(&new[j]) {
            (place.1, place.3) = (j, place.3.saturating_add(1));
        }
    }
    let once = places
        .into_values()
        .filter(|place| place.2 == 1 && place.3 == 1);
    let mut pairs: Vec<_> = once.map(|(i, j, ..)| (i, j)).collect();
    pairs.sort_unstable();
    increasing(&pairs)
}

/// The longest run of pairs that increases on the new side, too.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, &(_, j)) in pairs.iter().enumerate() {
        let place = ends.partition_point(|&end| pairs[end].1 < j);
        before[at] = place.checked_sub(1).map(|place| ends[place]);
        match ends.get_mut(place) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        run.push(pairs[at]);
        next = before[at];
    }
    run.reverse();
    run
}

/// The longest common subsequence of a stretch, where that is little work.
fn exact(old: &[u64], new: &[u64], gap: Gap, out: &mut Vec<Gap>) {
    let (n, m) = (gap.old.len(), gap.new.len());
    if n.saturating_mul(m) > CELLS {
        out.push(gap);
        return;
    }
    let at = |i: usize, j: usize| i * (m + 1) + j;
    let same = |i: usize, j: usize| old[gap.old.start + i] == new[gap.new.start + j];
    let mut table = vec![0_u32; (n + 1) * (m + 1)];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            table[at(i, j)] = if same(i, j) {
                table[at(i + 1, j + 1)] + 1
            } else {
                table[at(i + 1, j)].max(table[at(i, j + 1)])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let (mut from_i, mut from_j) = (0, 0);
    let mut push = |old: Range<usize>, new: Range<usize>| {
        if !old.is_empty() || !new.is_empty() {
            out.push(Gap {
                old: gap.old.start + old.start..gap.old.start + old.end,
                new: gap.new.start + new.start..gap.new.start + new.end,
            });
        }
    };
    while i < n && j < m {
        if same(i, j) {
            push(from_i..i, from_j..j);
            (i, j) = (i + 1, j + 1);
            (from_i, from_j) = (i, j);
        } else if table[at(i + 1, j)] >= table[at(i, j + 1)] {
            i += 1;
        } else {
            j += 1;
        }
    }
    push(from_i..n, from_j..m);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(gaps: &[Gap]) -> String {
        let one = |gap: &Gap| format!("{:?}>{:?}", gap.old, gap.new);
        gaps.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[rstest::rstest]
    #[case::equal(&[1, 2, 3], &[1, 2, 3], "")]
    #[case::inserted(&[1, 3], &[1, 2, 3], "1..1>1..2")]
    #[case::removed(&[1, 2, 3], &[1, 3], "1..2>1..1")]
    #[case::replaced(&[1, 2, 3], &[1, 9, 3], "1..2>1..2")]
    #[case::only_old(&[1], &[], "0..1>0..0")]
    #[case::repeated(&[7, 7, 1, 7], &[7, 7, 7], "2..3>2..2")]
    fn differences(#[case] old: &[u64], #[case] new: &[u64], #[case] expected: &str) {
        assert_eq!(text(&gaps(old, new)), expected);
    }

    #[test]
    fn what_is_too_much_is_replaced_as_a_whole() {
        let old: Vec<u64> = (0..100_000).map(|i| i % 2).collect();
        let new: Vec<u64> = (0..100_000).map(|i| 2 + i % 2).collect();
        assert_eq!(gaps(&old, &new).len(), 1);
    }

    proptest! {
        #[test]
        fn replacing_the_gaps_gives_the_new_side(
            old in prop::collection::vec(0_u64..6, 0..40),
            new in prop::collection::vec(0_u64..6, 0..40),
        ) {
            let (mut built, mut at) = (Vec::<u64>::new(), 0);
            for gap in gaps(&old, &new) {
                built.extend(&old[at..gap.old.start]);
                prop_assert_eq!(built.len(), gap.new.start);
                built.extend(&new[gap.new.clone()]);
                at = gap.old.end;
            }
            built.extend(&old[at..]);
            prop_assert_eq!(built, new);
        }
    }
}
