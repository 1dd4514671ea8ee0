//! The commit object: who, when, what for.

use std::collections::BTreeMap;

use crate::model::{Folder, ObjectId};

/// The trailer that names an owned folder's ledger: its id, a space, the folder.
/// A later read asks for it at once instead of looking for its id first, and
/// where nothing has changed does not read it: a new format of ledgers needs a
/// new key, which older programs do not know.
const LEDGER_TRAILER: &str = "Gitops-Ledger";

/// The trailer that names an owned folder that the commit took away.
const REMOVED_TRAILER: &str = "Gitops-Removed";

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
        parents: &[ObjectId],
        ledgers: &BTreeMap<Folder, ObjectId>,
    ) -> Vec<u8> {
        let parents = parents.iter().map(|id| format!("parent {id}\n"));
        let parents: String = parents.collect();
        let mut trailers: Vec<_> = ledgers
            .iter()
            .map(|(folder, id)| format!("{LEDGER_TRAILER}: {id} {folder}"))
            .collect();
        trailers.extend(self.tree_trailer.iter().map(|key| format!("{key}: {tree}")));
        let message = with_trailers(&self.message.replace('\0', ""), &trailers);
        format!(
            "tree {tree}\n{parents}author {} {time} +0000\ncommitter {} {time} +0000\n\n{message}\n",
            self.author.header(),
            self.committer.header(),
            time = self.seconds,
        )
        .into_bytes()
    }
}

/// A message with trailers at its end. There is one block of trailers in a
/// message, so that they join those that are there.
pub fn with_trailers(message: &str, trailers: &[String]) -> String {
    let message = message.trim_end();
    if trailers.is_empty() {
        return message.to_owned();
    }
    let gap = if ends_with_trailers(message) {
        ""
    } else {
        "\n"
    };
    format!("{message}\n{gap}{}", trailers.join("\n"))
}

/// Whether git takes the last paragraph, which must not be the first, for
/// trailers: all of it is `Key: value`, or a quarter with a line that git itself
/// writes. <https://git-scm.com/docs/git-interpret-trailers>
fn ends_with_trailers(message: &str) -> bool {
    const GITS_OWN: [&str; 2] = ["Signed-off-by: ", "(cherry picked from commit "];
    let Some((_, last)) = message.rsplit_once("\n\n") else {
        return false;
    };
    let (mut trailers, mut others, mut gits_own) = (0, 0, false);
    let mut in_trailer = false;
    for line in last.lines() {
        if line.starts_with([' ', '\t']) {
            // A value goes on in lines that are indented.
            others += usize::from(!in_trailer);
            continue;
        }
        let own = GITS_OWN.iter().any(|words| line.starts_with(words));
        let key = line.split_once(':').map(|(key, _)| key);
        let is_key = |key: &str| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        in_trailer = own || key.is_some_and(is_key);
        gits_own |= own;
        trailers += usize::from(in_trailer);
        others += usize::from(!in_trailer);
    }
    trailers > 0 && (others == 0 || (gits_own && trailers * 3 >= others))
}

impl Identity {
    /// Whether anything of a name or an address is left without what would
    /// break a commit's header.
    pub fn is_usable(text: &str) -> bool {
        !clean(text).is_empty()
    }

    /// `Name <email>`.
    fn header(&self) -> String {
        format!("{} <{}>", clean(&self.name), clean(&self.email))
    }
}

/// A text without the characters that would break a commit's header.
fn clean(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .collect();
    kept.trim().to_owned()
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

/// When a commit was made, in seconds since 1970 (UTC).
pub(super) fn seconds(commit: &[u8]) -> Option<i64> {
    let mut lines = commit.split(|&byte| byte == b'\n');
    let line = lines.find_map(|line| line.strip_prefix(b"committer "))?;
    let line = String::from_utf8_lossy(line);
    // `Name <address> seconds zone`
    let mut parts = line.rsplit(' ');
    parts.nth(1)?.parse().ok()
}

/// The message of a commit object.
pub(super) fn message(commit: &[u8]) -> String {
    let text = String::from_utf8_lossy(commit);
    let message = text.split_once("\n\n").map_or("", |(_, message)| message);
    message.to_owned()
}

/// A line that says which folder a commit takes away.
pub fn removal(folder: &Folder) -> String {
    format!("{REMOVED_TRAILER}: {folder}")
}

/// The folders that a commit's message calls taken away. Anybody can write that.
pub(super) fn removed(commit: &[u8]) -> Vec<String> {
    let named = |line: &str| {
        let value = line.strip_prefix(REMOVED_TRAILER)?.strip_prefix(": ")?;
        Some(value.to_owned())
    };
    message(commit).lines().filter_map(named).collect()
}

/// What a commit's message says of its maker. Anybody can write it.
pub(super) struct Announced<'m> {
    pub(super) repository: Option<&'m str>,
    pub(super) environments: Option<&'m str>,
}

/// The source repository and the environments that a message names.
pub(super) fn announced(message: &str) -> Announced<'_> {
    let named = |key: &str| {
        // The user's own text comes before our lines.
        let mut lines = message.lines().rev();
        lines.find_map(|line| line.strip_prefix(key))
    };
    Announced {
        repository: named("Gitops-Source-Repository: "),
        environments: named("Gitops-Environments: "),
    }
}

/// The ledgers that a commit's message names, each with its folder. Anybody can
/// write such a line.
pub(super) fn ledgers_named(message: &str) -> Vec<(ObjectId, String)> {
    let named = |line: &str| {
        let value = line.strip_prefix(LEDGER_TRAILER)?.strip_prefix(": ")?;
        let (id, folder) = value.split_once(' ')?;
        Some((ObjectId::parse(id)?, folder.to_owned()))
    };
    message.lines().filter_map(named).collect()
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
            committer: identity("B"),
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
    #[case(
        "Ship\n\nCo-authored-by: A <a@contoso.com>\nSigned-off-by: B <b@contoso.com>\n",
        "Co-authored-by: A <a@contoso.com>\nSigned-off-by: B <b@contoso.com>\nTree: "
    )]
    #[case("Ship\n\nFixes: a\n  and more", "Fixes: a\n  and more\nTree: ")]
    #[case("Ship\n\n  indented\nFixes: a", "Fixes: a\n\nTree: ")]
    #[case(
        "Ship\n\nas agreed\nSigned-off-by: B <b@contoso.com>",
        "Signed-off-by: B <b@contoso.com>\nTree: "
    )]
    #[case("Ship\n\nas agreed\nFixes: a", "Fixes: a\n\nTree: ")]
    #[case("Ship\n\nsee http://contoso.com/x", "x\n\nTree: ")]
    #[case("Ship\n\nNote to all: read", "read\n\nTree: ")]
    #[case("Ship\n\nFixes:a", "Fixes:a\nTree: ")]
    fn the_trailer_stands_in_the_last_paragraph(#[case] message: &str, #[case] expected: &str) {
        let draft = CommitDraft {
            message: message.into(),
            tree_trailer: Some("Tree".into()),
            ..draft()
        };
        let bytes = draft.to_bytes(&ObjectId::of_blob(b""), &[], &BTreeMap::new());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn names_cannot_break_the_header_and_the_tree_becomes_a_trailer() {
        let id = ObjectId::of_blob(b"");
        let folder = Folder::parse("apps/my shop").unwrap();
        let named = BTreeMap::from([(folder, id)]);
        let bytes = draft().to_bytes(&id, &[id], &named);
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            format!(
                "tree {id}\nparent {id}\nauthor A xB <bot@contoso.com> 1700000000 +0000\n\
                 committer B <bot@contoso.com> 1700000000 +0000\n\n\
                 Publish dev\n\nRun: 7\nGitops-Ledger: {id} apps/my shop\nPublished-Tree: {id}\n"
            )
        );
        assert_eq!(
            ledgers_named(&message(&bytes)),
            [(id, "apps/my shop".to_owned())]
        );
        assert_eq!(seconds(&bytes), Some(1_700_000_000));
        assert_eq!(seconds(b"tree x\ncommitter odd\n"), None);
        let links = links(&bytes).unwrap();
        assert_eq!((links.tree, links.parents), (id, vec![id]));
    }
}
