//! The full run: the only room that knows every stage.
//!
//! Rendering happens once per environment, in parallel; then one commit per
//! branch carries all environments that go there. The plan is made against
//! the tip of the branch, and made again whenever somebody else was faster.

mod accepted;
mod adopted;
mod annotate;
mod approval;
mod attempt;
mod comments;
mod commits;
mod compare;
mod definition;
mod detail;
mod edits;
mod finish;
mod leftovers;
mod new_branch;
mod plain_secrets;
mod promote;
mod propose;
mod publication;
mod publish;
mod remarks;
mod render;
mod replace;
mod risk;
mod rotated;
mod route;
mod source;
mod stamps;
mod status;
mod together;
mod unknown;
mod unreplaced;
mod written;

use crate::git::Remote;
use crate::host::Api;
use crate::model::{Finding, Severity};
use crate::report::{EnvironmentReport, RunReport};

pub use annotate::{comment_failed, comment_on};
pub use edits::{edits_of, update};
pub use promote::{Published, published};
pub use publish::{Stopped, publish, verify};
pub use render::{Rendered, render};
pub use status::{BranchRead, EACH_ENVIRONMENT, Members, branch_status, read_status};

/// A manifest repository that can be read and written.
pub struct Connection {
    /// Its branches and files.
    pub remote: Remote,
    /// Its pull requests and statuses, where its host has them.
    pub api: Option<Api>,
}

/// A report in which nothing was compared yet.
pub fn report(command: &'static str, rendered: &[Rendered]) -> RunReport {
    let findings = rendered
        .iter()
        .map(|own| (own.settings.name.as_str(), own.findings.as_slice()));
    let is_note = |finding: &Finding| finding.severity == Severity::Info;
    let (notes, warnings) = together::findings(findings).into_iter().partition(is_note);
    RunReport {
        command,
        environments: rendered.iter().map(environment_report).collect(),
        warnings,
        notes,
        ..RunReport::default()
    }
}

/// One environment, before it was compared with anything.
fn environment_report(rendered: &Rendered) -> EnvironmentReport {
    EnvironmentReport {
        name: rendered.settings.name.clone(),
        generator: rendered.generator.name.clone(),
        folder: rendered.settings.folder.to_string(),
        files: rendered.files.len(),
        resources: rendered.resources.len(),
        changes: None,
        plan: None,
        effect: None,
        is_older: false,
        is_stopped: false,
    }
}
