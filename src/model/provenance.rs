//! Where a publication comes from: what the content was made from, and who
//! wrote it. Two facts, because a rollback or a promotion writes old content
//! as the newest thing that happened.

use serde::{Deserialize, Serialize};

/// What content was made from, and who wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationStamp {
    /// What it was made from: this decides whose folder it is.
    #[serde(flatten)]
    pub source: SourceStamp,
    /// Who wrote it last: this decides the order of runs.
    #[serde(flatten)]
    pub writer: WriterStamp,
}

/// Whether two addresses name one source repository.
pub type SameRepository<'a> = &'a dyn Fn(&str, &str) -> bool;

/// The source of some content. Absent facts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStamp {
    /// Address of the source repository without credentials, or the folder of
    /// a checkout that has no address.
    #[serde(
        rename = "sourceRepository",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub repository: Option<String>,
    /// The repository's id at its host, which outlives a new name.
    #[serde(
        rename = "sourceRepositoryId",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub repository_id: Option<String>,
    /// The source folders, by path from the repository's root; sorted.
    #[serde(
        rename = "sourceFolders",
        default,
        skip_serializing_if = "Vec::is_empty"
    )]
    pub folders: Vec<String>,
    /// The settings file, by path from the repository's root.
    #[serde(
        rename = "sourceSettings",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub settings: Option<String>,
    /// The commit.
    #[serde(
        rename = "sourceCommit",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub commit: Option<String>,
    /// When that commit was made, in seconds since 1970 (UTC).
    #[serde(
        rename = "sourceCommitTime",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub commit_time: Option<i64>,
    /// The work tree had changes that are in no commit.
    #[serde(
        rename = "sourceDirty",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub dirty: bool,
}

/// Who wrote some content. Absent facts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriterStamp {
    /// Identity of the pipeline definition; run numbers compare only within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Number of the run, rising within one pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// The stage and job of the run; attempts compare only within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Which attempt of the job it was, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The branch or tag of the source that the run was of: `refs/heads/main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ref: Option<String>,
    /// The newest source commit that anybody who wrote here has seen. Newer
    /// than the content's own after a rollback or a promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_commit: Option<String>,
}

impl SourceStamp {
    /// Whether both may be one source: nothing that is known of both differs.
    ///
    /// A repository that was renamed is known by its id. Folders are those of
    /// one source when they have one in common. `same` compares addresses.
    pub fn may_be(&self, other: &Self, same: SameRepository<'_>) -> bool {
        self.may_share_repository(other, same) && self.may_share_folder(other)
    }

    /// Whether both may come from one repository.
    pub fn may_share_repository(&self, other: &Self, same: SameRepository<'_>) -> bool {
        let same_id = self.repository_id.is_some() && self.repository_id == other.repository_id;
        match (&self.repository, &other.repository) {
            (Some(one), Some(two)) => same_id || same(one, two),
            _ => true,
        }
    }

    fn may_share_folder(&self, other: &Self) -> bool {
        let unknown = self.folders.is_empty() || other.folders.is_empty();
        unknown || self.folders.iter().any(|own| other.folders.contains(own))
    }
}

impl std::fmt::Display for SourceStamp {
    /// `https://dev.azure.com/contoso/shop/_git/hld (folder apps/web)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let repository = self.repository.as_deref();
        f.write_str(repository.unwrap_or("an unnamed source repository"))?;
        match self.folders.as_slice() {
            [] => Ok(()),
            [one] => write!(f, " (folder {one})"),
            several => write!(f, " (folders {})", several.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(repository: &str, id: &str, folders: &[&str]) -> SourceStamp {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        SourceStamp {
            repository: text(repository),
            repository_id: text(id),
            folders: folders.iter().map(|&folder| folder.to_owned()).collect(),
            ..SourceStamp::default()
        }
    }

    #[rstest::rstest]
    #[case::the_same(source("a", "", &["hld"]), source("a", "", &["hld"]), true)]
    #[case::another_repository(source("a", "", &["hld"]), source("b", "", &["hld"]), false)]
    #[case::another_folder(source("a", "", &["x"]), source("a", "", &["y"]), false)]
    #[case::one_more_folder(source("a", "", &["x"]), source("a", "", &["x", "y"]), true)]
    #[case::renamed(source("a", "7", &["hld"]), source("b", "7", &["hld"]), true)]
    #[case::another_with_an_id(source("a", "7", &["hld"]), source("b", "8", &["hld"]), false)]
    #[case::made_again_at_its_address(source("a", "7", &[]), source("a", "8", &[]), true)]
    #[case::nothing_known_before(source("", "", &[]), source("b", "8", &["hld"]), true)]
    #[case::folder_known_on_one_side(source("a", "", &[]), source("a", "", &["hld"]), true)]
    fn sources_are_told_apart_by_what_is_known_of_both(
        #[case] one: SourceStamp,
        #[case] other: SourceStamp,
        #[case] may_be: bool,
    ) {
        assert_eq!(one.may_be(&other, &|a, b| a == b), may_be);
        assert_eq!(other.may_be(&one, &|a, b| a == b), may_be);
    }
}
