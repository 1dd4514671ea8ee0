//! What a run would do, in the terms in which it is approved; and whether what it is
//! about to do is what was approved.
//!
//! Owns how an effect is read from a tip and from what was rendered, and why a plan has no
//! hash. The comparison itself is `gitops-plan`'s.

use futures_util::future::join_all;
use gitops_plan::{
    Approval, Approved, Difference, Effect, FolderEffect, Intent, NoHash, Part, Removal,
    SourceCommit,
};

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::determinism;
use crate::git::{Tip, tree_of};
use crate::model::{FileSet, Folder, FolderPlan};
use crate::plan::ForeignFiles;
use crate::report::RunReport;
use crate::tools::Tool;

use super::compare::differs;
use super::leftovers::Left;
use super::publish::Branch;
use super::{Rendered, render, stamps};

/// How many paths a reason names.
const SHOWN: usize = 5;

/// Adds to the report what the environments of a branch do to it.
pub(super) async fn add_effects(
    context: &Context,
    branch: &Branch<'_>,
    left: &Left,
    report: &mut RunReport,
) {
    for environment in branch.group.environments() {
        let effect = effect(context, environment, branch, &left.tip).await;
        let mut entries = report.environments.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.name == effect.environment) {
            entry.effect = Some(effect);
        }
    }
    let gone: Vec<_> = left.gone().into_iter().map(|one| one.folder).collect();
    report.removals.extend(removals(branch, &left.tip, &gone));
}

/// What publishing an environment on top of a tip does.
async fn effect(
    context: &Context,
    environment: &Rendered,
    branch: &Branch<'_>,
    tip: &Tip,
) -> Effect {
    let mut effect = base(environment, branch, tip);
    let members = std::iter::once(environment).chain(environment.definition.as_deref());
    for (folder, member) in effect.folders.iter_mut().zip(members) {
        fill(context, folder, &member.files);
    }
    let made_from = &environment.settings.made_from;
    effect.source = SourceCommit {
        repository: made_from.repository.clone(),
        commit: made_from.commit.clone(),
    };
    let own = env!("CARGO_PKG_VERSION").to_owned();
    effect.tools.insert("gitops-publisher".to_owned(), own);
    effect.adopts = environment.settings.ownership.foreign_files == ForeignFiles::Adopt;
    for (name, tool) in [("helm", Tool::Helm), ("kustomize", Tool::Kustomize)] {
        if has_input(environment, |input| input == format!("program {name}")) {
            let version = context.tools.version(tool).await;
            let version = version.unwrap_or_else(|_| "unknown".to_owned());
            effect.tools.insert(name.to_owned(), version);
        }
    }
    effect
}

/// Where an environment goes, and what its folders hold there.
fn base(environment: &Rendered, branch: &Branch<'_>, tip: &Tip) -> Effect {
    let members = std::iter::once(environment).chain(environment.definition.as_deref());
    let folder = |member: &Rendered| {
        let folder = &member.settings.folder;
        FolderEffect {
            folder: folder.to_string(),
            base_tree: tip.folder_tree(folder).map(|id| id.to_string()),
            ..FolderEffect::default()
        }
    };
    Effect {
        environment: environment.settings.name.clone(),
        repository: branch.connection.remote.display(),
        branch: tip.branch.clone(),
        base_commit: tip.commit.map(|commit| commit.to_string()),
        folders: members.map(folder).collect(),
        ..Effect::default()
    }
}

fn fill(context: &Context, folder: &mut FolderEffect, files: &FileSet) {
    folder.output_tree = tree_of(files.iter()).to_string();
    let bytes = files
        .iter()
        .map(|(path, content)| (path.as_str(), &content[..]));
    let (sum, names) = gitops_plan::content(bytes);
    folder.content = sum;
    // A name may be made from a secret.
    let names = names.into_iter();
    let names = names.map(|(path, sum)| (context.reporter.hidden(&path), sum));
    folder.files = names.collect();
}

fn has_input(environment: &Rendered, wanted: impl Fn(&str) -> bool) -> bool {
    environment.record.inputs.keys().any(|input| wanted(input))
}

/// The folders that go, with what they hold.
fn removals(branch: &Branch<'_>, tip: &Tip, gone: &[Folder]) -> Vec<Removal> {
    let gone = gone.iter().map(|folder| Removal {
        repository: branch.connection.remote.display(),
        branch: tip.branch.clone(),
        folder: folder.to_string(),
        base_tree: tip.folder_tree(folder).map(|id| id.to_string()),
    });
    gone.collect()
}

/// Whether a tip holds an environment already as it was rendered.
fn is_settled(environment: &Rendered, branch: &Branch<'_>, tip: &Tip) -> bool {
    let members = branch.group.members.iter().zip(&tip.folders);
    let mut own = members.filter(|(member, _)| {
        let definition = environment.definition.as_deref();
        std::ptr::eq(environment, **member)
            || definition.is_some_and(|own| std::ptr::eq(own, **member))
    });
    own.all(|(member, state)| state.ledger.is_some() && !differs(member, state))
}

/// Refuses a source that is not as its commit has it: no plan of it was approved.
pub(super) fn refuse_uncommitted(context: &Context, rendered: &[Rendered]) -> Result<(), Error> {
    let mut reasons = Vec::new();
    for environment in rendered {
        let dirty = stamps::uncommitted(context, environment);
        if !dirty.is_empty() {
            reasons.push(NoHash {
                environment: environment.settings.name.clone(),
                reason: uncommitted(dirty),
            });
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let said = refused(&NoHash::told(&reasons));
    Err(Error::message(Kind::Conflict, said)
        .hint("undo these changes; or commit them, and make a new plan of that commit"))
}

/// Compares what a run is about to do with what was approved.
pub(super) fn check(
    approval: &Approval,
    report: &RunReport,
    looks: &[(&Branch<'_>, &Tip)],
) -> Result<Approved, Error> {
    let entries = report.environments.iter();
    let effects: Vec<_> = entries.filter_map(|entry| entry.effect.clone()).collect();
    let mut settled = Vec::new();
    for (branch, tip) in looks {
        let done = branch.group.environments();
        let done = done.filter(|one| tip.is_settled() || is_settled(one, branch, tip));
        settled.extend(done.map(|one| one.settings.name.clone()));
    }
    let standing = |one: &Removal| {
        let at = |(branch, tip): &(&Branch<'_>, &Tip)| {
            let is_there =
                branch.connection.remote.display() == one.repository && tip.branch == one.branch;
            let Some(folder) = Folder::parse(&one.folder).ok().filter(|_| is_there) else {
                return false;
            };
            match &tip.neighbours {
                Some(owned) => owned.iter().any(|(other, _)| *other == folder),
                // A folder that is owned may lie in it.
                None => tip.folder_tree(&folder).map(|id| id.to_string()) == one.base_tree,
            }
        };
        looks.iter().any(at)
    };
    let intent = Intent {
        effects: &effects,
        removals: &report.removals,
        settled: &settled,
    };
    let approved = approval.check(intent).map_err(|found| {
        let error = refusal(&found);
        if approval.has_plan() {
            return error;
        }
        error.hint("hand over `planFile` as well: with it, the message names the environments, files and versions")
    })?;
    let mut left_out = approved.removals.iter();
    let left_out = left_out.find(|one| !report.removals.contains(one) && standing(one));
    match left_out {
        Some(one) => Err(refusal(&[one.stays()])),
        None => Ok(approved),
    }
}

/// Refuses at a tip what was approved for another one. Asked on every attempt: what is
/// pushed stands on exactly this tip.
pub(super) fn at_tip(
    context: &Context,
    branch: &Branch<'_>,
    tip: &Tip,
    plans: &[FolderPlan],
    gone: &[Folder],
) -> Result<(), Error> {
    let Some(approved) = &context.approved else {
        return Ok(());
    };
    let mut found = Vec::new();
    let members = || branch.group.members.iter().zip(plans);
    for environment in branch.group.environments() {
        let definition = environment.definition.as_deref();
        let is_own = |member: &Rendered| {
            std::ptr::eq(environment, member)
                || definition.is_some_and(|own| std::ptr::eq(own, member))
        };
        if members().any(|(member, plan)| is_own(member) && !plan.is_empty()) {
            found.extend(approved.moved_base(&base(environment, branch, tip)));
        }
    }
    found.extend(approved.removals_beyond(&removals(branch, tip, gone)));
    if found.is_empty() {
        return Ok(());
    }
    Err(refusal(&found))
}

/// Refuses to pass over an environment that something newer is published for: what was
/// approved is published, or the run fails.
pub(super) fn refuse_older(context: &Context, environment: Option<&String>) -> Result<(), Error> {
    let Some(environment) = environment.filter(|_| context.approved.is_some()) else {
        return Ok(());
    };
    let said = format!(
        "environment {environment}: what was approved would not be published, because something newer is published there"
    );
    Err(Error::message(Kind::Conflict, said)
        .hint("make a new plan; to publish something older, set `allowOlder` for both the plan and the publication"))
}

/// Refuses to add what was approved to a head branch with more on it.
pub(super) fn others_on(head: &str) -> Error {
    let said = format!(
        "this is not what was approved: the pull request's branch {head:?} has commits of others, which are not in the plan"
    );
    Error::message(Kind::Conflict, said).hint(
        "merge that pull request first, or take these commits out of its branch; then make a new plan",
    )
}

/// The error that says in what a publication is not what was approved.
fn refusal(found: &[Difference]) -> Error {
    let said = found.iter().map(ToString::to_string).collect::<Vec<_>>();
    let said = refused(&said);
    let hints = [
        (
            Part::Base,
            "make a new plan, which shows what publishing would change now, and have that approved",
        ),
        (
            Part::Output,
            "the variables and files of the run have to be those of the plan; what differs from render to render cannot be approved, and `proveDeterminism` shows which fields that are",
        ),
        (
            Part::Source,
            "publish from the commit that the plan was made of",
        ),
        (
            Part::Tools,
            "pin the tools: set `tools: pinned` and their versions, such as `helmVersion`, and use one version of the task in all stages",
        ),
        (
            Part::Place,
            "give the plan and the publication the same `environments` and settings, such as `orphans` and `foreignFiles`",
        ),
    ];
    let is_found = |part: Part| found.iter().any(|one| one.part == part);
    let hints = hints.into_iter().filter(|(part, _)| is_found(*part));
    Error::message(Kind::Conflict, said).hints(hints.map(|(_, hint)| hint.to_owned()))
}

fn refused(reasons: &[String]) -> String {
    match reasons {
        [one] => format!("this is not what was approved: {one}"),
        several => {
            let lines = several.iter().map(|one| format!("\n  - {one}"));
            format!(
                "this is not what was approved:{}",
                lines.collect::<String>()
            )
        }
    }
}

/// Why what was rendered can have no hash: one reason for each environment.
pub(super) async fn reasons(
    context: &Context,
    rendered: &[Rendered],
    report: &RunReport,
) -> Vec<NoHash> {
    // Where nothing is compared there is no plan.
    if report
        .environments
        .iter()
        .all(|entry| entry.effect.is_none())
    {
        return Vec::new();
    }
    let each = rendered.iter().map(|environment| async move {
        let name = &environment.settings.name;
        let entry = report
            .environments
            .iter()
            .find(|entry| entry.name == *name)?;
        let reason = match static_reason(context, environment) {
            Some(reason) => reason,
            None if entry.is_older => "something newer is published already".to_owned(),
            // What is published already was rendered the same before.
            None if entry
                .changes
                .as_ref()
                .is_none_or(|it| it.changed_files == 0) =>
            {
                return None;
            }
            None => not_twice(context, environment).await?,
        };
        Some(NoHash {
            environment: name.clone(),
            reason,
        })
    });
    join_all(each).await.into_iter().flatten().collect()
}

fn static_reason(context: &Context, environment: &Rendered) -> Option<String> {
    let settings = &environment.settings;
    if settings.target.is_none() {
        return Some("no manifest repository is set".to_owned());
    }
    if environment.unknown.is_some() {
        return Some("it is made with placeholders for secret variables".to_owned());
    }
    if settings.made_from.commit.is_none() {
        return Some("its source is in no commit of a git repository".to_owned());
    }
    let dirty = stamps::uncommitted(context, environment);
    (!dirty.is_empty()).then(|| uncommitted(dirty))
}

fn uncommitted(dirty: &[String]) -> String {
    let shown = quoted(dirty.iter().map(String::as_str), dirty.len());
    format!("its source has changes that are in no commit: {shown}")
}

/// What differs between two renders, where another program than ours has a say in them.
async fn not_twice(context: &Context, environment: &Rendered) -> Option<String> {
    let foreign = |input: &str| input.starts_with("program ") || input.starts_with("hook ");
    let proven = environment.settings.manifests.prove_determinism;
    if proven || !has_input(environment, foreign) {
        return None;
    }
    let settings = environment.settings.clone().into();
    match render::again(context, &settings).await {
        Ok(second) => {
            let found = determinism::differences(&environment.files, &second);
            let mut files: Vec<_> = found.iter().map(|one| one.file.as_str()).collect();
            files.sort_unstable();
            files.dedup();
            (!found.is_empty()).then(|| {
                let shown = quoted(files.iter().copied(), files.len());
                format!("it does not render the same twice: {shown}")
            })
        }
        Err(error) => Some(format!("it could not be rendered twice: {error}")),
    }
}

fn quoted<'t>(names: impl Iterator<Item = &'t str>, number: usize) -> String {
    let shown: Vec<_> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = match number.saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
