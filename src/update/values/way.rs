//! The way to a value in a document: `spec.sources[chart=web].targetRevision`.

use std::fmt;

use super::Refusal;
use crate::text::{Kind, Node, nearest};

/// One step from a map or list to what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The value under a key of a map.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
    /// The one item of a list that has this text under this key.
    Where(String, String),
}

/// The steps to one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way(pub(super) Vec<Step>);

/// Why a way leads nowhere in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// How far it leads.
    pub(super) reached: usize,
    /// What is wrong there.
    pub(super) why: String,
    /// Several items fit where one is meant.
    pub(super) several: bool,
}

impl Way {
    /// Reads a way up to its end or to a `=`; gives back what follows that.
    pub(super) fn parse(text: &str) -> Result<(Self, Option<&str>), &'static str> {
        let (mut steps, mut rest) = (Vec::new(), text);
        loop {
            let key;
            (key, rest) = word(rest, &['.', '[', '='])?;
            steps.push(Step::Key(key));
            while let Some(inner) = rest.strip_prefix('[') {
                let step;
                (step, rest) = item(inner)?;
                steps.push(step);
            }
            if let Some(more) = rest.strip_prefix('.') {
                rest = more;
            } else if let Some(value) = rest.strip_prefix('=') {
                return Ok((Self(steps), Some(value)));
            } else if rest.is_empty() {
                return Ok((Self(steps), None));
            } else {
                return Err("a `.`, `[` or `=` must follow a closing quote or bracket");
            }
        }
    }

    /// A way of keys alone.
    pub(super) fn keys(keys: &[&str]) -> Self {
        Self(keys.iter().map(|&key| Step::Key(key.to_owned())).collect())
    }

    /// This way, and another from there on.
    pub(super) fn then(mut self, more: &[Step]) -> Self {
        self.0.extend_from_slice(more);
        self
    }

    /// Whether it is one key and nothing else.
    pub(super) fn is(&self, key: &str) -> bool {
        matches!(self.0.as_slice(), [Step::Key(only)] if only == key)
    }

    /// The keys as text, with no regard to items.
    pub(super) fn plain(&self) -> String {
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }

    /// The value that it leads to.
    pub(super) fn find<'n>(&self, root: &'n Node) -> Result<&'n Node, Missing> {
        let mut node = root;
        for (reached, step) in self.0.iter().enumerate() {
            node = take(node, step)
                .map_err(|(why, several)| self.missing(node, reached, &why, several))?;
        }
        Ok(node)
    }

    /// The same, to be changed.
    pub(super) fn find_mut<'n>(&self, root: &'n mut Node) -> Option<&'n mut Node> {
        self.0.iter().try_fold(root, |node, step| {
            let at = index(node, step).ok()?;
            match &mut node.kind {
                Kind::Mapping(pairs) => pairs.get_mut(at).map(|(_, value)| value),
                Kind::Sequence(items) => items.get_mut(at),
                Kind::Scalar(..) => None,
            }
        })
    }

    fn missing(&self, node: &Node, reached: usize, why: &str, several: bool) -> Missing {
        let meant = match (&self.0[reached], node.pairs()) {
            (Step::Key(key), Some(pairs)) => {
                let keys = pairs.iter().filter_map(|(key, _)| key.text());
                nearest(key, keys).map(|meant| format!("; did you mean `{meant}`?"))
            }
            _ => None,
        };
        let at = Self(self.0[..reached].to_vec());
        let place = if reached == 0 {
            String::new()
        } else {
            format!(" in `{at}`")
        };
        let why = format!("{why}{place}{}", meant.unwrap_or_default());
        Missing {
            reached,
            why,
            several,
        }
    }
}

impl Missing {
    /// As a refusal that names where it was looked for.
    pub(super) fn refuse(&self, place: &str) -> Refusal {
        let hint = if self.several {
            "name the item by its place, such as `[0]`, or by another key"
        } else {
            "check the path. Values are changed, never added: write the key once by hand"
        };
        Refusal::new(format!("{place}: {}", self.why)).hint(hint)
    }
}

fn take<'n>(node: &'n Node, step: &Step) -> Result<&'n Node, (String, bool)> {
    let at = index(node, step)?;
    Ok(match &node.kind {
        Kind::Mapping(pairs) => &pairs[at].1,
        Kind::Sequence(items) => &items[at],
        Kind::Scalar(..) => node,
    })
}

/// The place of what a step leads to, among the pairs or items.
fn index(node: &Node, step: &Step) -> Result<usize, (String, bool)> {
    let one = |why: String| (why, false);
    match (step, &node.kind) {
        (Step::Key(key), Kind::Mapping(pairs)) => pairs
            .iter()
            .rposition(|(name, _)| name.text() == Some(key))
            .ok_or_else(|| one(format!("there is no key `{key}`"))),
        (Step::Key(key), _) => Err(one(format!(
            "there is no key `{key}`, because there is {}",
            node.noun()
        ))),
        (Step::Item(at), Kind::Sequence(items)) if *at < items.len() => Ok(*at),
        (Step::Item(at), Kind::Sequence(items)) => Err(one(format!(
            "there is no item {at}: the list has {}",
            items.len()
        ))),
        (Step::Where(key, text), Kind::Sequence(items)) => {
            let fits = |item: &Node| {
                let pairs = item.pairs()?.iter().rev();
                let mut values = pairs.filter(|(name, _)| name.text() == Some(key));
                Some(values.next()?.1.text()? == text)
            };
            let mut found = (0..items.len()).filter(|&at| fits(&items[at]) == Some(true));
            let first = found.next();
            if found.next().is_some() {
                return Err((
                    format!("several items have `{key}: {text}`, and one is meant"),
                    true,
                ));
            }
            first.ok_or_else(|| one(format!("there is no item with `{key}: {text}`")))
        }
        (Step::Item(_) | Step::Where(..), _) => {
            Err(one(format!("there is no list, but {}", node.noun())))
        }
    }
}

/// What stands in brackets: a number, or `key=text`.
fn item(text: &str) -> Result<(Step, &str), &'static str> {
    let (first, rest) = word(text, &['=', ']'])?;
    if let Some(rest) = rest.strip_prefix(']') {
        let number = first
            .parse()
            .map_err(|_| "brackets take a number, or `key=text`")?;
        return Ok((Step::Item(number), rest));
    }
    let rest = rest.strip_prefix('=').ok_or("a bracket is never closed")?;
    let (value, rest) = word(rest, &[']'])?;
    let rest = rest.strip_prefix(']').ok_or("a bracket is never closed")?;
    Ok((Step::Where(first, value), rest))
}

/// A text up to one of these characters; in double quotes it may hold them.
fn word<'t>(text: &'t str, ends: &[char]) -> Result<(String, &'t str), &'static str> {
    if let Some(inner) = text.strip_prefix('"') {
        let (key, rest) = inner
            .split_once('"')
            .ok_or("a double quote is never closed")?;
        return Ok((key.to_owned(), rest));
    }
    let end = text.find(ends).unwrap_or(text.len());
    if text[..end].trim().is_empty() {
        return Err("a key is empty");
    }
    Ok((text[..end].trim().to_owned(), &text[end..]))
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    if key.contains(['.', '[', '=', '"', ' ']) {
                        write!(f, "\"{key}\"")?;
                    } else {
                        f.write_str(key)?;
                    }
                }
                Step::Item(at) => write!(f, "[{at}]")?,
                Step::Where(key, text) => write!(f, "[{key}={text}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    #[rstest::rstest]
    #[case("a.b=c=d", "a.b", "c=d")]
    #[case(
        "images[name=contoso.io/web].newTag=1",
        "images[name=contoso.io/web].newTag",
        "1"
    )]
    #[case("a[0].\"x.y/z\"=", "a[0].\"x.y/z\"", "")]
    #[case("a[\"k\"=\"a]b\"]=1", "a[k=a]b]", "1")]
    fn a_way_ends_at_the_first_sign_outside_of_brackets(
        #[case] text: &str,
        #[case] way: &str,
        #[case] value: &str,
    ) {
        let (found, rest) = Way::parse(text).unwrap();
        assert_eq!((found.to_string().as_str(), rest), (way, Some(value)));
    }

    #[rstest::rstest]
    #[case("a..b", "a key is empty")]
    #[case("a[x]", "brackets take a number, or `key=text`")]
    #[case("a[x=1", "a bracket is never closed")]
    #[case("\"a", "a double quote is never closed")]
    #[case("\"a\"b", "a `.`, `[` or `=` must follow a closing quote or bracket")]
    fn a_wrong_way_is_explained(#[case] text: &str, #[case] said: &str) {
        assert_eq!(Way::parse(text).unwrap_err(), said);
    }

    #[rstest::rstest]
    #[case("a.tga", "there is no key `tga` in `a`; did you mean `tag`?")]
    #[case("b", "there is no key `b`")]
    #[case(
        "a.tag.x",
        "there is no key `x`, because there is a single value in `a.tag`"
    )]
    #[case("l[3].n", "there is no item 3: the list has 2 in `l`")]
    #[case("l[n=z].v", "there is no item with `n: z` in `l`")]
    #[case("l[n=x].v", "several items have `n: x`, and one is meant in `l`")]
    #[case("a[0]", "there is no list, but a map in `a`")]
    fn what_a_way_does_not_find_is_named(#[case] way: &str, #[case] said: &str) {
        let text = "a: {tag: 1}\nl: [{n: x, v: 1}, {n: x, v: 2}]\n";
        let root = &yaml::parse(text).unwrap()[0].root;
        let (way, _) = Way::parse(way).unwrap();
        assert_eq!(way.find(root).unwrap_err().why, said);
    }
}
