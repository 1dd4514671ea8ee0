//! Brace alternatives of glob patterns: `{a,b}`, nested, and `{1..3}`.
//!
//! Owns the expansion into plain patterns, bounded in number.

/// All patterns that `pattern` stands for; `None` when there are more than `most`.
pub(super) fn expand(pattern: &str, most: usize) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![(String::new(), pattern.to_owned())];
    while let Some((head, tail)) = open.pop() {
        if done.len() + open.len() > most {
            return None;
        }
        match first_group(&tail) {
            None => done.push(head + &tail),
            Some((start, end, choices)) => {
                // Backwards, so that the first alternative comes off the stack first.
                for choice in choices.into_iter().rev() {
                    let rest = format!("{choice}{}", &tail[end..]);
                    open.push((format!("{head}{}", &tail[..start]), rest));
                }
            }
        }
    }
    Some(done)
}

/// The first group that has alternatives: where it stands, and what they are.
fn first_group(text: &str) -> Option<(usize, usize, Vec<String>)> {
    let bytes = text.as_bytes();
    let mut opened: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut best: Option<(usize, usize, Vec<String>)> = None;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'{' => opened.push((i, Vec::new())),
            b',' => {
                if let Some((_, commas)) = opened.last_mut() {
                    commas.push(i);
                }
            }
            b'}' => {
                if let Some((start, commas)) = opened.pop() {
                    let inner = &text[start + 1..i];
                    let choices = if commas.is_empty() {
                        range(inner)
                    } else {
                        Some(cut(text, start + 1, &commas, i))
                    };
                    if let Some(choices) = choices {
                        best = Some((start, i + 1, choices));
                    }
                }
                // An outer group wins over the groups inside it.
                if opened.is_empty() && best.is_some() {
                    return best;
                }
            }
            _ => {}
        }
        i += 1;
    }
    best
}

/// The texts between commas.
fn cut(text: &str, from: usize, commas: &[usize], to: usize) -> Vec<String> {
    let mut start = from;
    let mut parts = Vec::with_capacity(commas.len() + 1);
    for end in commas.iter().copied().chain([to]) {
        parts.push(text[start..end].to_owned());
        start = end + 1;
    }
    parts
}

/// `1..3` or `a..c`.
fn range(inner: &str) -> Option<Vec<String>> {
    let (from, to) = inner.split_once("..")?;
    if let (Ok(a), Ok(b)) = (from.parse::<i32>(), to.parse::<i32>()) {
        if a.abs_diff(b) > 1000 {
            return None;
        }
        let numbers = a.min(b)..=a.max(b);
        let texts = numbers.map(|n| n.to_string());
        return Some(if a <= b {
            texts.collect()
        } else {
            texts.rev().collect()
        });
    }
    let single = |text: &str| {
        let mut chars = text.chars();
        chars
            .next()
            .filter(|c| c.is_ascii_alphabetic() && chars.next().is_none())
    };
    let (a, b) = (single(from)?, single(to)?);
    (a <= b).then(|| (a..=b).map(String::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("a", &["a"])]
    #[case("{a,b}.{x,y}", &["a.x", "a.y", "b.x", "b.y"])]
    #[case("f{1..3}", &["f1", "f2", "f3"])]
    #[case("{a,{b,c}d}", &["a", "bd", "cd"])]
    #[case("{a}{,b}", &["{a}", "{a}b"])]
    #[case("\\{a,b}", &["\\{a,b}"])]
    #[case("{a,b", &["{a,b"])]
    #[case("x{,y}", &["x", "xy"])]
    fn groups_become_alternatives(#[case] pattern: &str, #[case] expected: &[&str]) {
        assert_eq!(expand(pattern, 100).unwrap(), expected);
    }

    #[test]
    fn an_explosion_is_refused() {
        assert_eq!(expand(&"{a,b}".repeat(40), 1000), None);
    }
}
