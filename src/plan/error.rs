//! Why a folder may not be published to, in words, and what helps.

use crate::error::{self, Kind};
use crate::model::{Folder, RelPath, SourceStamp};

/// Why a folder may not be published to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is in use by something else.
    #[error(
        "the folder `{folder}` of the manifest repository already holds {} that gitops-publisher did not write: {}",
        count(files.len()), listed(files)
    )]
    Foreign {
        /// The owned folder.
        folder: Folder,
        /// The files, by path from the folder. Names that cannot be written
        /// as they are stand there escaped.
        files: Vec<String>,
    },
    /// Files that cannot become ours.
    #[error(
        "the folder `{folder}` of the manifest repository cannot be taken over: it holds {} with a name that is not UTF-8, or has control characters or backslashes in it: {}",
        count(files.len()), listed(files)
    )]
    OddNames {
        /// The owned folder.
        folder: Folder,
        /// The files, escaped, by path from the folder.
        files: Vec<String>,
    },
    /// Somebody else's file stands where one of ours must go.
    #[error(
        "the folder `{folder}` of the manifest repository holds {} that gitops-publisher did not write, at a path it generates: {}",
        count(files.len()), listed(files)
    )]
    InTheWay {
        /// The owned folder.
        folder: Folder,
        /// The files, by path from the folder.
        files: Vec<RelPath>,
    },
    /// Another environment owns the folder.
    #[error(
        "the folder `{folder}` of the manifest repository belongs to the environment `{owner}`"
    )]
    OtherEnvironment {
        /// The owned folder.
        folder: Folder,
        /// The environment in its ledger.
        owner: String,
    },
    /// Another source owns the folder.
    #[error(
        "the folder `{folder}` of the manifest repository belongs to the environment `{environment}` of {owner}; this run publishes from {ours}"
    )]
    OtherSource {
        /// The owned folder.
        folder: Folder,
        /// The environment in its ledger.
        environment: String,
        /// The source in its ledger.
        owner: Box<SourceStamp>,
        /// The source of this run.
        ours: Box<SourceStamp>,
    },
    /// Nobody can say whether the folder's source is that of this run.
    #[error(
        "the folder `{folder}` of the manifest repository belongs to the environment `{environment}` of {owner}; the source of this run is in no git checkout, so nothing shows that it is the same"
    )]
    UnknownSource {
        /// The owned folder.
        folder: Folder,
        /// The environment in its ledger.
        environment: String,
        /// The source in its ledger.
        owner: Box<SourceStamp>,
    },
    /// Another owned folder lies inside, where we would write or remove.
    #[error(
        "the folder `{folder}` of the manifest repository holds the owned folder `{inner}` of another environment"
    )]
    Nested {
        /// The owned folder.
        folder: Folder,
        /// The folder with a ledger of its own, by path from the owned one.
        inner: RelPath,
    },
    /// The folder lies in one that another source or environment publishes to.
    #[error(
        "the folder `{folder}` of the manifest repository lies in the folder `{outer}`, which belongs to the environment `{environment}` of {owner}"
    )]
    Inside {
        /// The folder of this run.
        folder: Folder,
        /// The owned folder around it.
        outer: Folder,
        /// The environment in its ledger.
        environment: String,
        /// The source in its ledger.
        owner: Box<SourceStamp>,
    },
    /// The folder, or something in it, would be another one on Windows and macOS.
    #[error(
        "`{ours}` of the manifest repository would stand beside `{theirs}`, which is there already: these are one name on Windows or macOS, since they differ only in case or in how a letter is composed"
    )]
    Twin {
        /// What we would write, by path from the repository's root.
        ours: RelPath,
        /// What is there, by path from the repository's root.
        theirs: RelPath,
    },
    /// A person changed or removed what we wrote.
    #[error(
        "{} in the folder `{folder}` of the manifest repository changed since gitops-publisher wrote {}: {}",
        count(files.len()), if files.len() == 1 { "it" } else { "them" }, listed(files)
    )]
    HandEdited {
        /// The owned folder.
        folder: Folder,
        /// The files, by path from the folder.
        files: Vec<RelPath>,
    },
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let of_source;
        let hints: &[&str] = match &error {
            Error::Foreign { .. } => &[
                "set `foreignFiles` to `adopt` to take the folder over (files that nothing generates are then removed)",
                "set `foreignFiles` to `keep` to leave them where they are, or choose another `folder`",
            ],
            Error::InTheWay { .. } => &[
                "set `foreignFiles` to `adopt` to replace them and to remove every other file that nothing generates, or choose another `folder`",
            ],
            Error::OddNames { .. } => &[
                "rename or remove these files, or set `foreignFiles` to `keep` to leave every file where it is",
            ],
            Error::OtherEnvironment { .. } => &[
                "give each environment a `folder` of its own; if the environment was renamed, run once with `--take-over` or the input `takeOver` on the task",
            ],
            Error::OtherSource { ours, .. } => &[
                {
                    let name = ours.repository.as_deref().unwrap_or_default();
                    let name = name.trim_end_matches('/').trim_end_matches(".git");
                    let name = name
                        .rsplit(['/', ':', '\\'])
                        .next()
                        .filter(|name| !name.is_empty());
                    let name = name.unwrap_or("web");
                    of_source = format!(
                        "give this source a `folder` that no other source publishes to, such as `{name}/{{environment}}`"
                    );
                    &of_source
                },
                "if it is the same source under another name or in another place, or is to replace it, run once with `--take-over` or the input `takeOver` on the task",
            ],
            Error::UnknownSource { .. } => &[
                "publish from a git checkout of that repository; when it was copied without `.git`, or has no commit yet, this is not one",
                "to publish to the folder from here all the same, run once with `takeOver: true` (`--take-over`)",
            ],
            Error::Nested { .. } => &[
                "give each environment a `folder` of its own, none inside another",
                "if nothing publishes to the folder inside any more, remove it from the manifest repository",
            ],
            Error::Inside { .. } => &[
                "choose a `folder` (or `definitionFolder`) that is in no other; whoever owns the outer folder may remove what is in it",
                "if nothing publishes to the outer folder any more, remove `.gitops-publisher` there, and the files that it lists, from the manifest repository",
            ],
            Error::Twin { .. } => &["give one of them another name, or write it as it is there"],
            Error::HandEdited { .. } => &[
                "make the change in the source instead; it would be lost with the next publication",
                "set `handEdits` to `overwrite` to write the generated content over it, or to remove it where the folder goes",
            ],
        };
        Self::new(Kind::Conflict, error).hints(hints.iter().map(|&hint| hint.to_owned()))
    }
}

/// `1 file`, `3 files`.
fn count(number: usize) -> String {
    match number {
        1 => "1 file".to_owned(),
        _ => format!("{number} files"),
    }
}

/// The first few names, and how many more there are.
fn listed<T: ToString>(files: &[T]) -> String {
    const SHOWN: usize = 5;
    let mut text = files
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > SHOWN {
        text.push_str(&format!(" and {} more", files.len() - SHOWN));
    }
    text
}
