//! Where in a resource a field is, and how that is written. Owns the notation:
//! `spec.containers[name=web].image`, `data["app.json"]{json}.port`, `args[2]`.

use std::fmt::Write as _;

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key of a map.
    Key(String),
    /// A place in a list whose items have no name.
    Index(usize),
    /// The item of a list that has these values.
    Item(Vec<(String, String)>),
    /// The item of a set.
    Element(String),
    /// Into a text that holds another format.
    Inside(&'static str),
}

/// The steps from the resource to a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    /// The path of these keys.
    pub(crate) fn of(keys: &[&str]) -> Self {
        Self(
            keys.iter()
                .map(|key| Step::Key((*key).to_owned()))
                .collect(),
        )
    }

    /// This path and a key.
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    /// The key `back` keys before the end, lists and formats left out.
    pub(crate) fn last_key(&self, back: usize) -> &str {
        let keys = self.0.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        });
        keys.into_iter().nth(back).unwrap_or("")
    }

    /// Its keys, lists and formats left out.
    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        })
    }

    /// Whether the path begins with these keys.
    pub(crate) fn starts_with(&self, keys: &[&str]) -> bool {
        self.0.len() >= keys.len()
            && keys
                .iter()
                .zip(&self.0)
                .all(|(key, step)| matches!(step, Step::Key(found) if found == key))
    }

    /// Whether the path leads into a text.
    pub(crate) fn is_in_text(&self) -> bool {
        self.0.iter().any(|step| matches!(step, Step::Inside(_)))
    }

    /// Whether one of its keys is this.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        (self.0.iter()).any(|step| matches!(step, Step::Key(found) if found == key))
    }

    /// The value that the last list item on the way is known by.
    pub(crate) fn last_item(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Item(keys) => keys.first().map(|(_, value)| value.as_str()),
            _ => None,
        })
    }

    /// The written form.
    pub(crate) fn text(&self) -> String {
        self.text_without(&[])
    }

    /// The written form without the names of these steps.
    pub(crate) fn text_without(&self, covered: &[usize]) -> String {
        let mut out = String::new();
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(_) | Step::Item(_) if covered.contains(&at) => out.push_str("[***]"),
                Step::Element(_) if covered.contains(&at) => out.push_str("[=***]"),
                Step::Key(key) if is_word(key) => {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    out.push_str(key);
                }
                Step::Key(key) => {
                    let _ = write!(out, "[{}]", quoted(key));
                }
                Step::Index(index) => {
                    let _ = write!(out, "[{index}]");
                }
                Step::Item(keys) => {
                    let keys = keys
                        .iter()
                        .map(|(key, value)| format!("{key}={}", bare(value)));
                    let _ = write!(out, "[{}]", keys.collect::<Vec<_>>().join(","));
                }
                Step::Element(value) => {
                    let _ = write!(out, "[={}]", bare(value));
                }
                Step::Inside(format) => {
                    let _ = write!(out, "{{{format}}}");
                }
            }
        }
        out
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && (text.chars()).all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn bare(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:*+".contains(c);
    if !text.is_empty() && text.len() <= 120 && text.chars().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// So many characters of a key or of an item's name are shown.
const SHOWN: usize = 120;

fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN).collect();
    let mark = if cut.len() < text.len() { "…" } else { "" };
    serde_json::to_string(&format!("{cut}{mark}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_people_write_them() {
        let path = Path(vec![
            Step::Key("spec".into()),
            Step::Key("containers".into()),
            Step::Item(vec![("name".into(), "web".into())]),
            Step::Key("args".into()),
            Step::Index(2),
        ]);
        assert_eq!(path.text(), "spec.containers[name=web].args[2]");
        let path = Path(vec![
            Step::Key("data".into()),
            Step::Key("app.json".into()),
            Step::Inside("json"),
            Step::Key("port".into()),
        ]);
        assert_eq!(path.text(), r#"data["app.json"]{json}.port"#);
        assert_eq!(path.last_key(0), "port");
        assert_eq!(path.last_key(1), "app.json");
    }

    #[test]
    fn what_would_break_the_notation_is_quoted_and_cut() {
        let path = Path(vec![
            Step::Element("a]\n".into()),
            Step::Key("x".repeat(500) + "é "),
        ]);
        let text = path.text();
        assert!(text.starts_with(r#"[="a]\n"]["xxx"#), "{text}");
        assert!(text.len() < 200 && text.contains('…'));
    }
}
