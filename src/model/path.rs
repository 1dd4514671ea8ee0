//! Paths that cannot leave their folder.
//!
//! Every path that comes from a source, a chart, a ledger or a server becomes
//! a [`RelPath`] before it is used, so that neither a work folder nor a git
//! tree can be escaped from.

use std::fmt;
use std::path::{Path, PathBuf};

use super::fold;

/// A safe relative path: `/` between segments, no `.`/`..`, not absolute,
/// no backslash, no control character, no `.git` segment.
///
/// Ordered by bytes, so that walks and ledgers come out the same everywhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a text is not a [`RelPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is not a safe relative path: {reason}")]
pub struct PathError {
    /// The text as it was given.
    pub path: String,
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl RelPath {
    /// Checks `text` and takes it as it is.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        match fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(PathError {
                path: text.to_owned(),
                reason,
            }),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path with `tail` below it.
    #[must_use]
    pub fn join(&self, tail: &RelPath) -> Self {
        Self(format!("{}/{}", self.0, tail.0))
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The segments from the top.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The folders above this path, shortest first.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(end, _)| &self.0[..end])
    }

    /// The folders above this path, shortest first, and the path itself.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.ancestors().chain(std::iter::once(self.as_str()))
    }

    /// Whether this path is `other` or lies below it.
    pub fn starts_with(&self, other: &RelPath) -> bool {
        self.0
            .strip_prefix(&other.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The part below `folder`, when this path lies below it.
    pub fn strip_prefix(&self, folder: &RelPath) -> Option<RelPath> {
        let rest = self.0.strip_prefix(&folder.0)?.strip_prefix('/')?;
        Some(Self(rest.to_owned()))
    }

    /// Where this path stands on disk, below `root`.
    pub fn on_disk(&self, root: &Path) -> PathBuf {
        let mut path = root.to_path_buf();
        path.extend(self.segments());
        path
    }
}

/// The first reason why `text` is unsafe, if any.
/// Why no folder can have this name in a repository that everybody can check out and that
/// `git fsck` finds sound.
fn no_folder(name: &str) -> Option<&'static str> {
    // https://git-scm.com/docs/git-fsck#_fsck_messages
    let files = [".gitmodules", ".gitattributes", ".gitignore", ".mailmap"];
    if name.len() > LONGEST_NAME {
        Some("a part of it is longer than 255 bytes, which no file system takes")
    } else if files.iter().any(|file| name.eq_ignore_ascii_case(file)) {
        Some("a part of it has a name that git keeps for a file of its own")
    } else {
        None
    }
}

/// The most bytes of a name on the file systems of Linux.
const LONGEST_NAME: usize = 255;

fn fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.starts_with('/') {
        return Some("it is absolute");
    }
    if text.contains('\\') {
        return Some("it contains a backslash");
    }
    if text.chars().any(char::is_control) {
        return Some("it contains a control character");
    }
    let bytes = text.as_bytes();
    if bytes.len() > 1 && bytes[1] == b':' && bytes[0].is_ascii_alphabetic() {
        return Some("it starts with a drive letter");
    }
    text.split('/').find_map(|segment| match segment {
        "" => Some("it has an empty segment"),
        "." | ".." => Some("it has a `.` or `..` segment"),
        _ if is_dot_git(segment) => Some("it has a `.git` segment"),
        _ => None,
    })
}

/// Git refuses `.git` in any case, and the forms that NTFS and HFS+ fold to it.
fn is_dot_git(segment: &str) -> bool {
    let folded = fold(segment);
    let folded = folded.trim_end_matches(['.', ' ']);
    folded == ".git" || folded == "git~1" || folded.starts_with(".git:")
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl serde::Serialize for RelPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for RelPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An owned folder in the manifest repository: a path, or the root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Folder(Option<RelPath>);

impl Folder {
    /// The repository's root.
    pub const ROOT: Folder = Folder(None);

    /// Reads a folder as users write it: `dev`, `clusters/dev/`, or `.` for the root.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let trimmed = text.trim().trim_end_matches('/');
        let trimmed = trimmed.strip_prefix("./").unwrap_or(trimmed);
        if trimmed == "." || (trimmed.is_empty() && !text.trim().is_empty()) {
            return Ok(Self::ROOT);
        }
        let path = RelPath::parse(trimmed)?;
        let reason = path.segments().find_map(no_folder);
        match reason {
            None => Ok(Self(Some(path))),
            Some(reason) => Err(PathError {
                path: path.0,
                reason,
            }),
        }
    }

    /// The path, unless this is the root.
    pub fn path(&self) -> Option<&RelPath> {
        self.0.as_ref()
    }

    /// `file` as seen from the repository's root.
    pub fn join(&self, file: &RelPath) -> RelPath {
        match &self.0 {
            Some(folder) => folder.join(file),
            None => file.clone(),
        }
    }

    /// Whether one of the two folders contains the other, on a file system that
    /// tells neither upper from lower case nor the forms of a letter apart.
    pub fn overlaps(&self, other: &Folder) -> bool {
        let folded = |path: &RelPath| RelPath(fold(&path.0));
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => {
                let (a, b) = (folded(a), folded(b));
                a.starts_with(&b) || b.starts_with(&a)
            }
            _ => true,
        }
    }

    /// The parts from the top where the two begin to be spelled in two ways, on a file
    /// system that takes these for one: `Apps` and `apps`.
    pub fn twins<'f>(&'f self, other: &'f Folder) -> Option<(&'f str, &'f str)> {
        let parts = |folder: &'f Folder| folder.0.iter().flat_map(RelPath::parts);
        let mut pairs = parts(self).zip(parts(other));
        pairs
            .find(|(one, two)| one != two)
            .filter(|(one, two)| fold(one) == fold(two))
    }
}

impl From<RelPath> for Folder {
    fn from(path: RelPath) -> Self {
        Self(Some(path))
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or(".", RelPath::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[rstest::rstest]
    #[case("a")]
    #[case("a/b.yaml")]
    #[case(".gitops-publisher")]
    #[case("with space/ünïcode")]
    #[case("system:masters")]
    #[case("...")]
    fn safe_paths_are_taken_as_they_are(#[case] text: &str) {
        assert_eq!(RelPath::parse(text).unwrap().as_str(), text);
    }

    #[rstest::rstest]
    #[case(&"f".repeat(256), Some("longer than 255 bytes"))]
    #[case(&"é".repeat(128), Some("longer than 255 bytes"))]
    #[case(&"é".repeat(127), None)]
    #[case("x/.gitmodules", Some("git keeps"))]
    #[case(".GitAttributes", Some("git keeps"))]
    #[case(".gitignore/x", Some("git keeps"))]
    #[case("gitmodules", None)]
    fn a_folder_has_a_name_that_every_clone_can_hold(
        #[case] text: &str,
        #[case] reason: Option<&str>,
    ) {
        let refused = Folder::parse(text).err().map(|error| error.reason);
        match (refused, reason) {
            (Some(said), Some(reason)) => assert!(said.contains(reason), "{said}"),
            (said, reason) => assert_eq!(said, reason),
        }
        assert!(RelPath::parse(text).is_ok());
    }

    #[rstest::rstest]
    #[case("", "empty")]
    #[case("/etc/passwd", "absolute")]
    #[case("../x", "`..`")]
    #[case("a/../../x", "`..`")]
    #[case("a//b", "empty segment")]
    #[case("a/", "empty segment")]
    #[case("./a", "`.`")]
    #[case("a\\..\\b", "backslash")]
    #[case("C:/x", "drive")]
    #[case("a\nb", "control")]
    #[case("a/.git/hooks/pre-push", "`.git`")]
    #[case(".GIT/config", "`.git`")]
    #[case("git~1/config", "`.git`")]
    #[case(".git. /config", "`.git`")]
    fn unsafe_paths_are_refused_with_the_reason(#[case] text: &str, #[case] reason: &str) {
        let error = RelPath::parse(text).unwrap_err();
        assert!(error.reason.contains(reason), "{error}");
    }

    #[rstest::rstest]
    #[case(".", ".")]
    #[case("./", ".")]
    #[case("dev/", "dev")]
    #[case("./clusters/dev", "clusters/dev")]
    fn folders_are_read_as_people_write_them(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Folder::parse(text).unwrap().to_string(), shown);
    }

    #[test]
    fn folders_overlap_only_at_segment_borders() {
        let folder = |text| Folder::parse(text).unwrap();
        assert!(folder("a").overlaps(&folder("a/b")));
        assert!(folder("Dev").overlaps(&folder("dev")));
        assert!(!folder("a").overlaps(&folder("ab")));
        assert!(Folder::ROOT.overlaps(&folder("a")));
    }

    #[rstest::rstest]
    #[case("Apps/x", "apps/y", Some(("Apps", "apps")))]
    #[case("a/Apps/x", "a/apps/y", Some(("a/Apps", "a/apps")))]
    #[case("ΟΔΟΣ/x", "οδοσ/y", Some(("ΟΔΟΣ", "οδοσ")))]
    #[case("Apps", "apps/y", Some(("Apps", "apps")))]
    #[case("a/x", "a/y", None)]
    #[case("a/x", "b/X", None)]
    #[case("a", "a/b", None)]
    #[case(".", "a", None)]
    fn folders_that_differ_in_case_are_twins(
        #[case] one: &str,
        #[case] other: &str,
        #[case] twins: Option<(&str, &str)>,
    ) {
        let folder = |text| Folder::parse(text).unwrap();
        assert_eq!(folder(one).twins(&folder(other)), twins);
    }

    proptest! {
        #[test]
        fn a_parsed_path_never_leaves_its_root(text in "[a./\\\\:~ ]{0,12}|\\PC{0,12}") {
            if let Ok(path) = RelPath::parse(&text) {
                let root = Path::new("/root-folder");
                let on_disk = path.on_disk(root);
                prop_assert!(on_disk.starts_with(root));
                prop_assert!(on_disk.components().all(|c| !matches!(c, std::path::Component::ParentDir)));
            }
        }
    }
}
