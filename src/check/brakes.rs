//! The brakes: stop before anything is sent, and name the override.

use crate::error::{self, Kind};
use crate::model::{FileChange, Folder, FolderPlan, RelPath, ResourceChange, ResourceId};

/// How much a run may remove.
#[derive(Debug, Clone)]
pub struct Brakes {
    /// An environment may render to no resource at all.
    pub allow_empty: bool,
    /// Removals are not looked at.
    pub allow_removal: bool,
    /// The share of a folder's resources, in percent, that one run may remove.
    pub max_removed_percent: u8,
    /// Kinds of which no resource may be removed.
    pub protected_kinds: Vec<String>,
}

/// Why a brake stopped the run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was rendered.
    #[error("environment `{environment}` renders to no Kubernetes resource")]
    Empty {
        /// The environment's name.
        environment: String,
    },
    /// Too much would go.
    #[error(
        "publishing would remove {} of the {before} resources in the folder `{folder}`; at most {limit} percent may go in one run{}",
        removed.len(), listed(removed)
    )]
    TooMany {
        /// The owned folder.
        folder: Folder,
        /// Those that would go.
        removed: Vec<ResourceId>,
        /// How many there are.
        before: usize,
        /// The limit in percent.
        limit: u8,
    },
    /// Too many files of others would go.
    #[error(
        "publishing would remove {removed} of the {before} files in the folder `{folder}` that something else wrote; at most {limit} percent may go in one run{}",
        listed(files)
    )]
    TooManyForeign {
        /// The owned folder.
        folder: Folder,
        /// How many would go.
        removed: usize,
        /// The files that would go.
        files: Vec<RelPath>,
        /// How many files there are.
        before: usize,
        /// The limit in percent.
        limit: u8,
    },
    /// Something that holds data or other resources would go.
    #[error("publishing would remove `{resource}` from the folder `{folder}`; {} is a protected kind", resource.kind)]
    Protected {
        /// The owned folder.
        folder: Folder,
        /// The first such resource.
        resource: Box<ResourceId>,
    },
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let hints: &[&str] = match &error {
            Error::Empty { .. } => &[
                "check that `source` is the right folder and that the environment's configuration enables something",
                "set `allowEmpty` if an empty environment is meant",
            ],
            Error::TooMany { .. } => &[
                "check that the source is complete; set `allowRemoval` for this run if the removal is meant, or raise `maxRemovedPercent`",
            ],
            Error::TooManyForeign { .. } => &[
                "check that this is the right `folder`; set `allowRemoval` for this run if the removal is meant",
            ],
            Error::Protected { .. } => &[
                "removing it may delete data or everything inside it; set `allowRemoval` for this run if that is meant, or change `protectedKinds`",
            ],
        };
        Self::new(Kind::Policy, error).hints(hints.iter().map(|&hint| hint.to_owned()))
    }
}

/// What a brake counts, a line each.
fn listed<T: std::fmt::Display>(items: &[T]) -> String {
    const SHOWN: usize = 20;
    let lines = items.iter().take(SHOWN).map(|item| format!("\n  - {item}"));
    let mut text: String = lines.collect();
    if items.len() > SHOWN {
        text.push_str(&format!("\n  and {} more", items.len() - SHOWN));
    }
    text
}

fn removed_files(plan: &FolderPlan) -> Vec<RelPath> {
    let removed = |(path, change): (&RelPath, &FileChange)| {
        (*change == FileChange::Removed).then(|| path.clone())
    };
    plan.files.iter().filter_map(removed).collect()
}

/// Stops when an environment renders to nothing.
pub fn not_empty(brakes: &Brakes, environment: &str, resources: usize) -> Result<(), Error> {
    if resources == 0 && !brakes.allow_empty {
        return Err(Error::Empty {
            environment: environment.to_owned(),
        });
    }
    Ok(())
}

/// Stops when the plan removes more, or other things, than it may.
pub fn removals(brakes: &Brakes, folder: &Folder, plan: &FolderPlan) -> Result<(), Error> {
    if brakes.allow_removal {
        return Ok(());
    }
    let protected = plan
        .resources
        .iter()
        .filter(|&(_, &change)| change == ResourceChange::Removed)
        .find(|(id, _)| {
            brakes
                .protected_kinds
                .iter()
                .any(|kind| kind.eq_ignore_ascii_case(&id.kind))
        });
    if let Some((id, _)) = protected {
        return Err(Error::Protected {
            folder: folder.clone(),
            resource: Box::new(id.clone()),
        });
    }
    let limit = usize::from(brakes.max_removed_percent);
    let foreign = plan.foreign_removed.len();
    if foreign * 100 > plan.files_before * limit {
        return Err(Error::TooManyForeign {
            folder: folder.clone(),
            removed: foreign,
            files: removed_files(plan),
            before: plan.files_before,
            limit: brakes.max_removed_percent,
        });
    }
    let lost = plan.lost();
    if lost.len() * 100 > plan.resources_before * limit {
        return Err(Error::TooMany {
            folder: folder.clone(),
            removed: lost.into_iter().cloned().collect(),
            before: plan.resources_before,
            limit: brakes.max_removed_percent,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ObjectId;

    fn brakes() -> Brakes {
        Brakes {
            allow_empty: false,
            allow_removal: false,
            max_removed_percent: 50,
            protected_kinds: vec!["Namespace".to_owned()],
        }
    }

    fn plan(before: usize, removed: &[&str]) -> FolderPlan {
        FolderPlan {
            resources_before: before,
            resources: removed
                .iter()
                .map(|id| (ResourceId::parse(id).unwrap(), ResourceChange::Removed))
                .collect(),
            ..FolderPlan::default()
        }
    }

    fn dev() -> Folder {
        Folder::parse("dev").unwrap()
    }

    #[test]
    fn an_empty_environment_stops_the_run_unless_it_is_meant() {
        let error = not_empty(&brakes(), "dev", 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment `dev` renders to no Kubernetes resource"
        );
        assert!(
            not_empty(
                &Brakes {
                    allow_empty: true,
                    ..brakes()
                },
                "dev",
                0
            )
            .is_ok()
        );
        assert!(not_empty(&brakes(), "dev", 1).is_ok());
    }

    #[test]
    fn half_may_go_and_more_may_not() {
        assert!(removals(&brakes(), &dev(), &plan(2, &["v1 ConfigMap a"])).is_ok());
        let two = plan(3, &["v1 ConfigMap a", "v1 ConfigMap b"]);
        let error = removals(&brakes(), &dev(), &two).unwrap_err();
        assert_eq!(
            error.to_string(),
            "publishing would remove 2 of the 3 resources in the folder `dev`; at most 50 percent may go in one run\n  - v1 ConfigMap a\n  - v1 ConfigMap b"
        );
        assert!(
            removals(
                &Brakes {
                    allow_removal: true,
                    ..brakes()
                },
                &dev(),
                &two
            )
            .is_ok()
        );
    }

    #[test]
    fn files_of_others_do_not_vanish_in_numbers_either() {
        let foreign = |number| {
            let path = RelPath::parse(&format!("{number}.md")).unwrap();
            (path, ObjectId::of_blob(b""))
        };
        let plan = FolderPlan {
            files_before: 10,
            foreign_removed: (0..6).map(foreign).collect(),
            ..FolderPlan::default()
        };
        let error = removals(&brakes(), &dev(), &plan).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("publishing would remove 6 of the 10 files"),
            "{error}"
        );
    }

    #[test]
    fn a_protected_kind_never_goes_unasked() {
        let error = removals(&brakes(), &dev(), &plan(100, &["v1 Namespace shop"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "publishing would remove `v1 Namespace shop` from the folder `dev`; Namespace is a protected kind"
        );
    }
}
