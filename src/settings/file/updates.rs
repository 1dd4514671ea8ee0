//! The key `updates` of the settings file: the values that `update` sets.

use crate::error::Error;
use crate::text::{Kind, Node};

use super::File;

/// The key, at the top and in an environment.
pub(in crate::settings) const UPDATES: &str = "updates";

/// The keys of an item.
pub(in crate::settings) const OF_UPDATE: [&str; 3] = ["files", "object", "set"];

/// What helps where an item is something else.
const FORM: &str = "write `object` or `files`, or both, and under `set` each field with its value, such as `version: 1.4.2`";

/// Values to set in an object, or in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateItem {
    /// The files that are looked at.
    pub files: Option<String>,
    /// The object that is meant.
    pub object: Option<String>,
    /// Each field with its value.
    pub set: Vec<(String, String)>,
    /// Where it stands, for messages.
    pub place: String,
}

impl File<'_> {
    /// A list of values to set.
    pub(super) fn updates(self, node: &Node, full: &str) -> Result<Option<Vec<UpdateItem>>, Error> {
        if node.is_null() {
            return Ok(None);
        }
        let Kind::Sequence(items) = &node.kind else {
            let said = format!("`{full}` must be a list, not {}", node.noun());
            return Err(self.fault(node.line, &said).hint(FORM));
        };
        let items = items.iter().enumerate();
        let items = items.map(|(at, item)| self.update(item, &format!("{full}[{at}]")));
        items.collect::<Result<_, _>>().map(Some)
    }

    fn update(self, node: &Node, full: &str) -> Result<UpdateItem, Error> {
        let mut item = UpdateItem {
            files: None,
            object: None,
            set: Vec::new(),
            place: format!("{}, line {}, `{full}`", self.path.display(), node.line),
        };
        for (key, value) in self.pairs(node, &format!("`{full}`"), FORM)? {
            match key {
                "files" => item.files = Some(self.single(value, &format!("{full}.{key}"))?),
                "object" => item.object = Some(self.single(value, &format!("{full}.{key}"))?),
                "set" => {
                    for (field, value) in self.pairs(value, &format!("`{full}.set`"), FORM)? {
                        let text = self.single(value, &format!("{full}.set.{field}"))?;
                        item.set.push((field.to_owned(), text));
                    }
                }
                _ => {
                    let said = format!("unknown setting `{full}.{key}`");
                    return Err(self.fault(value.line, &said).hint(FORM));
                }
            }
        }
        if item.set.is_empty() || (item.files.is_none() && item.object.is_none()) {
            let said = format!("`{full}` does not say which value is set");
            return Err(self.fault(node.line, &said).hint(FORM));
        }
        Ok(item)
    }

    fn single(self, node: &Node, full: &str) -> Result<String, Error> {
        let text = node.text().filter(|_| !node.is_null());
        text.map(str::to_owned).ok_or_else(|| {
            let said = format!("`{full}` must be text, not {}", node.noun());
            self.fault(node.line, &said)
        })
    }
}
