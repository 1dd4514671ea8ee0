//! Plan files and hashes of plans, as they come in and go out.
//!
//! Owns which command reads a plan file and which writes it. What is compared is decided
//! elsewhere.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use gitops_plan::{Approval, NotApprovable, PlanHash, Run, RunPlan};

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::report::{self, NO_HASH, RunReport};
use crate::settings::Settings;
use crate::settings::definition::RunArgs;

/// Larger files are no plans, and would fill the memory.
const LARGEST: u64 = 256 << 20;

/// What may be published, where somebody approved something. `writes` says that the plan
/// file is one that this run makes.
pub(super) fn load(
    args: &RunArgs,
    context: &Context,
    writes: bool,
) -> Result<Option<Approval>, Error> {
    let hash = args.plan_hash.as_deref().map(hash).transpose()?;
    let file = args.plan_file.as_deref().filter(|_| !writes);
    let Some(path) = file else {
        return Ok(hash.map(Approval::of_hash));
    };
    let plan = read(path).map_err(|said| {
        let said = format!("the plan file {} cannot be used: {said}", path.display());
        Error::message(Kind::Input, said)
            .hint("hand it on as `plan` wrote it, as an artifact of the same run; to publish without one, leave `planFile` out")
    })?;
    refuse_other_run(path, &plan, context)?;
    let approval = Approval::of_plan(plan, hash.as_ref());
    approval.map(Some).map_err(|reason| explained(path, reason))
}

/// A plan of nothing cannot be approved.
pub(super) fn refuse_without_repository(settings: &Settings) -> Result<(), Error> {
    let mut environments = settings.environments.iter();
    if settings.run.plan_file.is_none() || environments.any(|one| one.target.is_some()) {
        return Ok(());
    }
    Err(Error::message(
        Kind::Usage,
        "`planFile` takes what publishing would change, but there is no manifest repository to compare with",
    )
    .hint("set `manifestRepo`; at a terminal, `publish` without a plan makes a first repository"))
}

fn hash(text: &str) -> Result<PlanHash, Error> {
    if text.eq_ignore_ascii_case(NO_HASH) {
        return Err(Error::message(
            Kind::Policy,
            "the plan has no hash, so nothing can be published by it",
        )
        .hint("the log of the plan says why it has none: remove the cause and make a new plan"));
    }
    PlanHash::parse(text).ok_or_else(|| {
        let said = "`planHash` is not the hash of a plan: it has 64 hexadecimal digits, and mostly a hyphen and 24 more";
        Error::message(Kind::Usage, said)
            .hint("take the variable `planHash` that `plan` sets, as a whole")
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file that the command line names"
)]
fn read(path: &Path) -> Result<RunPlan, String> {
    let said = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    };
    let there = std::fs::metadata(path).map_err(said)?;
    // Opening a pipe would wait for a writer.
    if !there.is_file() {
        return Err("it is not a file".to_owned());
    }
    if there.len() > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(said)?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not a plan file".to_owned())?;
    RunPlan::from_json(&text).map_err(|error| error.to_string())
}

/// A plan file of another run was approved for that one.
fn refuse_other_run(path: &Path, plan: &RunPlan, context: &Context) -> Result<(), Error> {
    let (Some(theirs), Some(ours)) = (&plan.run, run(context)) else {
        return Ok(());
    };
    if *theirs == ours {
        return Ok(());
    }
    let said = format!(
        "the plan file {} is of run {} of {}, and this is run {} of {}",
        path.display(),
        theirs.number,
        theirs.pipeline,
        ours.number,
        ours.pipeline
    );
    Err(Error::message(Kind::Conflict, said).hint(
        "make the plan and publish it in stages of one run; where they have to be two, hand over `planHash` alone",
    ))
}

fn explained(path: &Path, reason: NotApprovable) -> Error {
    let path = path.display();
    match reason {
        NotApprovable::NoHash(reasons) => {
            let mut said =
                format!("the plan file {path} has no hash, so nothing can be published by it");
            for reason in reasons {
                said.push_str("\n  - ");
                said.push_str(&reason);
            }
            Error::message(Kind::Policy, said).hint("remove the cause and make a new plan")
        }
        NotApprovable::AnotherHash => {
            let said = format!("`planHash` is not the hash of the plan file {path}");
            Error::message(Kind::Conflict, said).hint("hand over the hash and the file of one plan")
        }
    }
}

/// This run, where it has a number.
fn run(context: &Context) -> Option<Run> {
    let writer = &context.publication.writer;
    Some(Run {
        pipeline: writer.pipeline.clone()?,
        number: writer.run?,
    })
}

/// The plan file that the run writes, if it makes a plan and has one to write. The plan of
/// an earlier run goes before: if this one fails, nobody shall publish by that. What is no
/// plan file stays.
#[expect(
    clippy::disallowed_methods,
    reason = "a file that the command line names"
)]
pub(super) fn to_write(args: &RunArgs, plans: bool) -> Result<Option<PathBuf>, Error> {
    let path = args.plan_file.clone().filter(|_| plans);
    if let Some(path) = path.as_ref().filter(|path| is_another_file(path)) {
        let path = path.display();
        let said = format!("the plan file {path} is there and is no plan: it would be replaced");
        return Err(Error::message(Kind::Usage, said)
            .hint("let `planFile` name a file of its own, such as out/plan.json"));
    }
    if let Some(path) = path.as_ref().filter(|path| read(path).is_ok()) {
        std::fs::remove_file(path).map_err(|error| {
            let path = path.display();
            let said = format!("the plan file {path} cannot be replaced: {error}");
            Error::message(Kind::Input, said)
        })?;
    }
    Ok(path)
}

/// Whether there is a file with something in it that does not begin like a plan file of
/// any version, whole or not.
#[expect(
    clippy::disallowed_methods,
    reason = "a file that the command line names"
)]
fn is_another_file(path: &Path) -> bool {
    const ENOUGH: u64 = 64;
    if !std::fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return false;
    }
    let mut start = Vec::new();
    let read = std::fs::File::open(path).map(|file| file.take(ENOUGH).read_to_end(&mut start));
    let start: Vec<u8> = (start.into_iter())
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let is_plan = start.is_empty() || start.starts_with(b"{\"version\":");
    matches!(read, Ok(Ok(_))) && !is_plan
}

/// Writes the plan file of a run.
pub(super) fn write(path: &Path, report: &RunReport, context: &Context) -> Result<(), Error> {
    let plan = report.run_plan(run(context));
    Ok(report::write_result(path, plan.to_json().as_bytes())?)
}
