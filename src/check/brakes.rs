//! The brakes: stop before anything is sent, and name the override. What stops is
//! `gitops-plan`'s to say; this is where it is asked, and what the user reads.

use gitops_plan::risk::Finding;
use gitops_plan::{Identity, Limits, Loss, RiskPolicy, brake, decide};

use crate::error::{self, Kind};
use crate::model::{FileChange, Folder, FolderPlan, ResourceChange, ResourceId};

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
    /// A file of others would go, and nobody knows what is in it.
    #[error(
        "publishing would remove or replace `{file}` in the folder `{folder}`, which something else wrote, and which cannot be read"
    )]
    Unreadable {
        /// The file, relative to the folder.
        file: String,
        /// The folder.
        folder: String,
    },
    /// Something would go that may not, or too much.
    #[error("{}", .0.message)]
    Removal(Box<Finding>),
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let hints: &[&str] = match &error {
            Error::Empty { .. } => &[
                "check that `source` is the right folder and that the environment's configuration enables something",
                "set `allowEmpty` if an empty environment is meant",
            ],
            Error::Unreadable { .. } => &[
                "mend or remove the file in the manifest repository, or set `allowRemoval` for this run if nothing in it is needed any more",
            ],
            Error::Removal(finding) => match finding.rule.as_str() {
                "protected-kind-removed" => &[
                    "removing it may delete data or everything inside it; set `allowRemoval` for this run if that is meant, or change `protectedKinds`",
                ],
                "too-many-foreign-files-removed" => &[
                    "check that this is the right `folder`; set `allowRemoval` for this run if the removal is meant",
                ],
                _ => &[
                    "check that the source is complete; set `allowRemoval` for this run if the removal is meant, or raise `maxRemovedPercent`",
                ],
            },
        };
        Self::new(Kind::Policy, error).hints(hints.iter().map(|&hint| hint.to_owned()))
    }
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
    if let Some(file) = plan.unreadable.first() {
        return Err(Error::Unreadable {
            file: file.to_string(),
            folder: folder.to_string(),
        });
    }
    let removed = plan.resources.iter();
    let removed = removed.filter(|&(_, &change)| change == ResourceChange::Removed);
    let removed: Vec<_> = removed.map(|(id, _)| identity(id)).collect();
    let without_heir: Vec<_> = plan.lost().into_iter().map(identity).collect();
    let files = plan.files.iter();
    let files = files.filter(|&(_, &change)| change == FileChange::Removed);
    let files: Vec<_> = files.map(|(path, _)| path.to_string()).collect();
    let limits = Limits {
        percent: brakes.max_removed_percent,
        protected_kinds: &brakes.protected_kinds,
    };
    let folder = folder.to_string();
    let loss = Loss {
        folder: &folder,
        resources_before: plan.resources_before,
        removed: &removed,
        lost: &without_heir,
        files_before: plan.files_before,
        foreign_removed: plan.foreign_removed.len(),
        files: &files,
    };
    let findings: Vec<_> = brake(limits, &loss).into_iter().collect();
    let verdict = decide(&findings, &RiskPolicy::default());
    match verdict.because.into_iter().next() {
        Some(finding) if verdict.consequence.fail => Err(Error::Removal(Box::new(finding))),
        _ => Ok(()),
    }
}

fn identity(id: &ResourceId) -> Identity {
    Identity {
        api_version: id.api_version.clone(),
        kind: id.kind.clone(),
        namespace: id.namespace.clone(),
        name: id.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ObjectId, RelPath};

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
