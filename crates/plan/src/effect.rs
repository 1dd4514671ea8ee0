//! What publishing one environment does to its branch, in the terms in which it is
//! approved: from which state of the folders, to which content, of which source, with
//! which tools. Plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What publishing one environment does to its branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// The environment.
    pub environment: String,
    /// The manifest repository, without credentials.
    pub repository: String,
    /// The branch that it goes to.
    pub branch: String,
    /// The tip that it was compared with. Not part of the hash: what others change
    /// elsewhere in the branch does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_commit: Option<String>,
    /// The folders that it owns.
    pub folders: Vec<FolderEffect>,
    /// Files of others in its folders become its own, and go when nothing generates them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopts: bool,
    /// What it is made from.
    pub source: SourceCommit,
    /// The programs that made it, and their versions.
    pub tools: BTreeMap<String, String>,
}

/// What happens to one owned folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FolderEffect {
    /// The folder, by path from the root of the repository.
    pub folder: String,
    /// The id of its git tree before; absent when there is no such folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_tree: Option<String>,
    /// The id of the git tree of the generated files.
    pub output_tree: String,
    /// The SHA-256 over paths and contents of the generated files.
    pub content: String,
    /// The start of each file's SHA-256: enough to name the files that differ.
    pub files: BTreeMap<String, String>,
}

/// The commit that content is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceCommit {
    /// The repository, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A folder that no environment owns any longer and that goes with the publication.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removal {
    /// The manifest repository, without credentials.
    pub repository: String,
    /// The branch.
    pub branch: String,
    /// The folder.
    pub folder: String,
    /// The id of its git tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_tree: Option<String>,
}
