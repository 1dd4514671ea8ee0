//! A branch that is named and does not exist: created or refused, and never
//! without a word, because its name may be misspelt.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::{FolderChange, Tip};
use crate::model::{
    BranchClash, FileChange, Finding, FolderPlan, GeneratorStamp, Ledger, PublicationStamp,
};
use crate::report::RunReport;

use super::compare::Decided;
use super::publish::Branch;

/// Refuses a branch that does not exist where none may be created, or where its name
/// cannot stand beside those that are there. What is published by pull request has a
/// message of its own.
pub(super) fn refuse(branch: &Branch<'_>, tip: &Tip) -> Result<(), Error> {
    let mut members = branch.group.members.iter();
    let may_create = members.all(|member| member.settings.create_branch);
    if !tip.is_new_branch() || branch.group.is_proposed() {
        return Ok(());
    }
    let mut branches = tip.branches.iter();
    let clash = branches.find_map(|name| Some((name, BranchClash::between(&tip.branch, name)?)));
    if let Some((name, clash)) = clash {
        let said = format!(
            "the branch {:?} would be new, and the repository has the branch {name:?}: {clash}",
            tip.branch
        );
        let hint = format!("set `branch` to {name:?}, or to a name that is not so close to it");
        return Err(Error::message(Kind::Conflict, said).hint(hint));
    }
    if may_create {
        return Ok(());
    }
    let said = format!(
        "the branch {:?} does not exist in {}",
        tip.branch,
        branch.connection.remote.display()
    );
    Err(Error::message(Kind::Input, said).hint(
        "check the name in `branch`; to have the branch created, set `createBranch` to `true`",
    ))
}

/// Whether publishing creates the branch, though nothing else may change.
pub(super) fn is_made(decided: &Decided, tip: &Tip) -> bool {
    tip.is_new_branch() && decided.older.is_empty()
}

/// What takes the folders of other environments out of a new branch: they are
/// published elsewhere, and nobody would bring these copies up to date.
pub(super) fn without_others(tip: &Tip) -> impl Iterator<Item = FolderChange> + '_ {
    tip.others.iter().map(|(folder, files)| {
        let removed = files.iter().map(|path| (path.clone(), FileChange::Removed));
        let nothing = Ledger::new(
            "",
            GeneratorStamp::default(),
            PublicationStamp::default(),
            BTreeMap::new(),
        );
        FolderChange {
            folder: folder.clone(),
            plan: FolderPlan {
                files: removed.collect(),
                ledger: Some(nothing),
                ..FolderPlan::default()
            },
        }
    })
}

/// Says that a branch is new.
pub(super) fn announce(
    context: &Context,
    report: &mut RunReport,
    branch: &Branch<'_>,
    tip: &Tip,
    what: &str,
) {
    let start = if tip.starts_anew {
        "with nothing else in it"
    } else if tip.others.is_empty() {
        "from the default branch"
    } else {
        "from the default branch without the folders of other environments"
    };
    let said = format!(
        "the branch {:?} did not exist and {what}, {start}. If that is not meant, correct `branch`; `createBranch: false` makes it an error",
        tip.branch
    );
    let place = format!("environment {}", branch.group.names().join(", "));
    let finding = Finding::warning(place, said);
    context.reporter.warning(&finding.to_string());
    report.warnings.push(finding);
}
