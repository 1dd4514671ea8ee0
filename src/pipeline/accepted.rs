//! What is accepted beside the manifests: a file in the manifest repository, above the
//! folder of an environment. Who writes the source need not be able to write there, and no
//! publication does, so that no change brings along what it needs.

use std::path::PathBuf;

use gitops_plan::risk::Finding as Risk;

use crate::context::Context;
use crate::git::{Contents, Tip};
use crate::model::{Finding, Folder, ObjectId, RelPath};
use crate::report::RunReport;
use crate::settings::{self, RiskSettings};

use super::Rendered;
use super::publish::Branch;

/// The name of the file.
const FILE: &str = "gitops-risks.yaml";

/// What is said instead of a reason that the reader may not be allowed to read.
const ELSEWHERE: &str = "accepted in the manifest repository";

/// The files that count for a folder, the root's first.
pub(super) fn files(tip: &Tip, folder: &Folder) -> Vec<(RelPath, ObjectId)> {
    let name = RelPath::parse(FILE).ok();
    name.map_or_else(Vec::new, |name| tip.above(folder, &name))
}

/// What an environment's settings say about risks, and what these files add. One that
/// cannot be read accepts nothing, which is told.
pub(super) fn with(
    context: &Context,
    branch: &Branch<'_>,
    member: &Rendered,
    files: &[(RelPath, ObjectId)],
    contents: &Contents,
) -> RiskSettings {
    let mut risk = member.settings.risk.clone();
    for (path, id) in files {
        let Some(bytes) = contents.get(id) else {
            continue;
        };
        let repository = branch.connection.remote.display();
        let shown = PathBuf::from(format!("{path} of {repository}"));
        match settings::parse_risks(&shown, bytes) {
            Ok(mut layer) => {
                if context.pull_request {
                    for allowance in &mut layer.allowances {
                        ELSEWHERE.clone_into(&mut allowance.reason);
                    }
                }
                risk.add(layer);
            }
            Err(error) => context.reporter.warning(&format!(
                "environment {}: a file that accepts risks cannot be read, so it accepts nothing: {error}",
                member.settings.name
            )),
        }
    }
    risk
}

/// Notes on allowances of an environment that none of its findings has, while findings of
/// their rule decide: the resource may be written otherwise than in the plan.
pub(super) fn note_unmatched(context: &Context, branch: &Branch<'_>, report: &mut RunReport) {
    let mut notes = Vec::new();
    for entry in &report.environments {
        let Some(plan) = &entry.plan else { continue };
        let mut environments = branch.group.environments();
        let Some(own) = environments.find(|one| one.settings.name == entry.name) else {
            continue;
        };
        for allowance in &own.settings.risk.allowances {
            let of_rule = plan
                .findings
                .iter()
                .filter(|one| one.rule == allowance.rule);
            let names = |one: &Risk| Some(one.resource.as_ref()?.short());
            let is_met = of_rule.clone().any(|one| names(one) == allowance.resource);
            let counts = |one: &&Risk| one.allowed.is_none() && !one.existing;
            let first = of_rule.filter(counts).find_map(names);
            if let (Some(wanted), false, Some(first)) = (&allowance.resource, is_met, first) {
                let said = format!(
                    "`riskAllowances` for `{}` names `{wanted}`, which has no such finding; one that has is `{first}`",
                    allowance.rule
                );
                let place = format!("environment {}", entry.name);
                notes.push(Finding::info(place, said));
            }
        }
    }
    for note in notes {
        context.reporter.finding(&note);
        report.notes.push(note);
    }
}
