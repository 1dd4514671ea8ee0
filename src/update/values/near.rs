//! What an edit nearly meant: what to say when it fits no document, or several.

use super::edit::{Edit, Object};
use super::{Refusal, Way};
use crate::model::RelPath;
use crate::text::Node;

/// What was nearly meant, for messages.
#[derive(Default)]
pub(super) struct Near {
    /// Where the places are that were found.
    pub(super) lines: Vec<String>,
    /// The same kind and name in other namespaces.
    elsewhere: Vec<String>,
    /// Why the first document was none.
    pub(super) refused: Option<Refusal>,
}

impl Near {
    /// Whether a document is this object.
    pub(super) fn is(&mut self, object: &Object, root: &Node, path: &RelPath) -> bool {
        let text = |keys: &[&str]| Way::keys(keys).find(root).ok().and_then(Node::text);
        if text(&["kind"]) != Some(&object.kind)
            || text(&["metadata", "name"]) != Some(&object.name)
        {
            return false;
        }
        let namespace = text(&["metadata", "namespace"]);
        if object.namespace.is_some() && object.namespace.as_deref() != namespace {
            let namespace = namespace.map_or("no namespace".to_owned(), |it| format!("`{it}`"));
            self.elsewhere.push(format!("{namespace} ({path})"));
            return false;
        }
        true
    }

    pub(super) fn nothing(self, edit: &Edit) -> Refusal {
        if let Some(refused) = self.refused {
            return refused;
        }
        let missing = match (&edit.object, edit.file()) {
            (Some(object), Some(file)) => format!("{file} has no {object}"),
            (Some(object), None) => format!("no file has {object}"),
            (None, _) => format!("no file has what `{edit}` names"),
        };
        let refusal = Refusal {
            nothing: Some(edit.to_string()),
            ..Refusal::new(missing)
        };
        if self.elsewhere.is_empty() {
            refusal.hint("check kind, namespace and name, and the branch")
        } else {
            refusal.hint(format!(
                "one of that kind and name is in {}; where a kustomization sets the namespace, leave it out",
                self.elsewhere.join(", ")
            ))
        }
    }

    pub(super) fn several(self, edit: &Edit) -> Refusal {
        let hint = match &edit.object {
            Some(_) => "name the namespace, too, or the file in front of the kind",
            None => "name the object in front of the field: its kind, and its name",
        };
        Refusal::new(format!(
            "`{edit}` fits several documents, and one is meant: {}",
            self.lines.join("; ")
        ))
        .hint(hint)
    }
}
