//! The commit object: who, when, what for.

use std::collections::BTreeMap;

use crate::model::{Folder, ObjectId};

/// The trailer that names an owned folder's ledger: its id, a space, the folder.
/// A later read asks for it at once instead of looking for its id first.
const LEDGER_TRAILER: &str = "Gitops-Ledger";

/// A name and an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

/// Everything about a commit but its tree and parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitDraft {
    /// Who made the change.
    pub author: Identity,
    /// Who publishes it.
    pub committer: Identity,
    /// The whole message, trailers included.
    pub message: String,
    /// Seconds since 1970 (UTC). Fixed by the caller, so that the commit's id
    /// is known before it is sent.
    pub seconds: i64,
    /// A trailer to add for the new root tree: its key, such as `Published-Tree`.
    pub tree_trailer: Option<String>,
}

impl CommitDraft {
    /// The commit object's bytes. `ledgers` are those that stand in `tree`.
    pub(super) fn to_bytes(
        &self,
        tree: &ObjectId,
        parent: Option<&ObjectId>,
        ledgers: &BTreeMap<Folder, ObjectId>,
    ) -> Vec<u8> {
        let parent = parent
            .map(|id| format!("parent {id}\n"))
            .unwrap_or_default();
        let mut message = self.message.trim_end().replace('\0', "");
        let mut trailers: Vec<_> = ledgers
            .iter()
            .map(|(folder, id)| format!("{LEDGER_TRAILER}: {id} {folder}"))
            .collect();
        trailers.extend(self.tree_trailer.iter().map(|key| format!("{key}: {tree}")));
        if !trailers.is_empty() {
            let gap = if ends_with_trailers(&message) {
                ""
            } else {
                "\n"
            };
            message = format!("{message}\n{gap}{}", trailers.join("\n"));
        }
        format!(
            "tree {tree}\n{parent}author {} {time} +0000\ncommitter {} {time} +0000\n\n{message}\n",
            self.author.header(),
            self.committer.header(),
            time = self.seconds,
        )
        .into_bytes()
    }
}

/// Whether the last paragraph, which must not be the first, is all `Key: value`.
fn ends_with_trailers(message: &str) -> bool {
    let is_trailer = |line: &str| {
        line.split_once(": ")
            .is_some_and(|(key, _)| !key.is_empty() && !key.contains(' '))
    };
    message
        .rsplit_once("\n\n")
        .is_some_and(|(_, last)| last.lines().all(is_trailer))
}

impl Identity {
    /// `Name <email>` without the characters that would break the header.
    fn header(&self) -> String {
        let clean = |text: &str, fallback: &str| {
            let kept: String = text
                .chars()
                .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
                .collect();
            match kept.trim() {
                "" => fallback.to_owned(),
                kept => kept.to_owned(),
            }
        };
        format!(
            "{} <{}>",
            clean(&self.name, "unknown"),
            clean(&self.email, "unknown")
        )
    }
}

/// The parents and the tree that a commit object names.
pub(super) struct Links {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
}

/// Reads a commit object's header; `None` when it is not one.
pub(super) fn links(commit: &[u8]) -> Option<Links> {
    let mut tree = None;
    let mut parents = Vec::new();
    for line in commit.split(|&byte| byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else {
            break;
        };
        match line.split_once(' ') {
            Some(("tree", id)) if tree.is_none() => tree = ObjectId::parse(id),
            Some(("parent", id)) => parents.push(ObjectId::parse(id)?),
            _ => break,
        }
    }
    tree.map(|tree| Links { tree, parents })
}

/// The message of a commit object.
pub(super) fn message(commit: &[u8]) -> String {
    let text = String::from_utf8_lossy(commit);
    let message = text.split_once("\n\n").map_or("", |(_, message)| message);
    message.to_owned()
}

/// The ledgers that a commit's message names, each with its folder. Anybody can
/// write such a line.
pub(super) fn ledgers(commit: &[u8]) -> Vec<(ObjectId, String)> {
    let named = |line: &str| {
        let value = line.strip_prefix(LEDGER_TRAILER)?.strip_prefix(": ")?;
        let (id, folder) = value.split_once(' ')?;
        Some((ObjectId::parse(id)?, folder.to_owned()))
    };
    message(commit).lines().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> CommitDraft {
        let identity = |name: &str| Identity {
            name: name.into(),
            email: "bot@contoso.com".into(),
        };
        CommitDraft {
            author: identity("A <x>\nB"),
            committer: identity(""),
            message: "Publish dev\n\nRun: 7\n".into(),
            seconds: 1_700_000_000,
            tree_trailer: Some("Published-Tree".into()),
        }
    }

    #[rstest::rstest]
    #[case("Publish dev", "Publish dev\n\nTree: ")]
    #[case("Publish: dev", "Publish: dev\n\nTree: ")]
    #[case("Publish dev\n\nSome words.", "Some words.\n\nTree: ")]
    #[case("Publish dev\n\nRun: 7", "Publish dev\n\nRun: 7\nTree: ")]
    fn the_trailer_stands_in_the_last_paragraph(#[case] message: &str, #[case] expected: &str) {
        let draft = CommitDraft {
            message: message.into(),
            tree_trailer: Some("Tree".into()),
            ..draft()
        };
        let bytes = draft.to_bytes(&ObjectId::of_blob(b""), None, &BTreeMap::new());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn names_cannot_break_the_header_and_the_tree_becomes_a_trailer() {
        let id = ObjectId::of_blob(b"");
        let folder = Folder::parse("apps/my shop").unwrap();
        let named = BTreeMap::from([(folder, id)]);
        let bytes = draft().to_bytes(&id, Some(&id), &named);
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            format!(
                "tree {id}\nparent {id}\nauthor A xB <bot@contoso.com> 1700000000 +0000\n\
                 committer unknown <bot@contoso.com> 1700000000 +0000\n\n\
                 Publish dev\n\nRun: 7\nGitops-Ledger: {id} apps/my shop\nPublished-Tree: {id}\n"
            )
        );
        assert_eq!(ledgers(&bytes), [(id, "apps/my shop".to_owned())]);
        let links = links(&bytes).unwrap();
        assert_eq!((links.tree, links.parents), (id, vec![id]));
    }
}
