//! Critical findings as threads at the lines of a pull request, so that a policy on
//! open comments holds it back until somebody has looked.

use std::collections::{BTreeMap, BTreeSet};

use gitops_plan::risk::Finding;
use gitops_plan::{Action, Plan, view};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::host::pull_request::PullRequest;
use crate::host::remarks::{Remark, Remarks, Spot};
use crate::model::ledger::LEDGER_FILE;
use crate::model::{Folder, ObjectId, RelPath};
use crate::report::{PullRequestDone, RunReport};

use super::Work;

/// Threads of one environment, at most: more are not read one by one.
const MOST: usize = 20;

/// Bytes of a hash in a marker.
const HASH: usize = 8;

impl Work<'_> {
    /// Brings the threads of the pull request to the critical findings. What matters is
    /// done by then, so that trouble is a warning.
    pub(super) async fn threads(
        &self,
        pull_request: &PullRequest,
        done: PullRequestDone,
        report: &mut RunReport,
    ) {
        let member = self.group().members[0];
        let name = member.settings.name.as_str();
        let mut environments = report.environments.iter();
        let reported = environments.find(|one| one.name == name);
        let Some(plan) = reported.and_then(|one| one.plan.as_ref()) else {
            return;
        };
        let all = of(plan, name, &member.settings.folder);
        let is_new = done == PullRequestDone::Created;
        let publications = report.publications.last();
        let commit = publications.and_then(|last| ObjectId::parse(last.commit_id.as_deref()?));
        let Some(commit) = commit.or(pull_request.head) else {
            return;
        };
        if is_new && all.is_empty() {
            return;
        }
        let ledger = RelPath::parse(LEDGER_FILE).map(|file| member.settings.folder.join(&file));
        let remarks = Remarks {
            family: format!("risk/{name}/"),
            commit,
            file: ledger.map_or_else(|_| LEDGER_FILE.to_owned(), |file| file.to_string()),
            all,
            most: MOST,
            rest,
        };
        match self.api.remark(pull_request, &remarks).await {
            Ok(remarked) if remarked.left_out > 0 => {
                let said = format!(
                    "{} critical findings have no thread of their own; the plan of the run lists them",
                    remarked.left_out
                );
                self.warn(report, vec![said]);
            }
            Ok(_) => {}
            Err(error) => {
                let error = Error::from(error);
                let said = format!("its critical findings are not shown as threads: {error}");
                self.warn(report, vec![said]);
            }
        }
    }
}

fn rest(count: usize) -> String {
    let (noun, verb) = if count == 1 {
        ("finding", "has")
    } else {
        ("findings", "have")
    };
    format!(
        "{count} more critical {noun} {verb} no thread here. The description and the plan of the run list them."
    )
}

/// A thread for each critical finding that this change brings and nobody accepted.
fn of(plan: &Plan, environment: &str, folder: &Folder) -> Vec<Remark> {
    // Where its line is: what goes stands in the file as it was.
    let gone = plan.resources.iter().filter_map(|one| match one.action {
        Action::Deleted => Some(&one.resource),
        _ => one.from.as_ref().filter(|_| one.recreated),
    });
    let gone: BTreeSet<_> = gone.collect();
    let mut remarks: Vec<Remark> = Vec::new();
    let mut places = BTreeMap::new();
    for finding in plan.findings.iter().filter(|one| one.needs_answer()) {
        let key = key(finding);
        let said = view::finding(finding);
        if let Some(at) = places.get(&key) {
            let there: &mut Remark = &mut remarks[*at];
            there.text = format!("{said}\n\n{}", there.text);
            continue;
        }
        places.insert(key.clone(), remarks.len());
        let file = RelPath::parse(&finding.file).ok();
        remarks.push(Remark {
            key,
            spot: file.map(|file| Spot {
                path: folder.join(&file).to_string(),
                line: finding.line,
                before: (finding.resource.as_ref()).is_some_and(|id| gone.contains(id)),
            }),
            text: format!(
                "{said}\n\nThis change to {} brings it. Resolve this thread to accept it. If a later run no longer finds it, the thread is resolved automatically.",
                view::code(environment)
            ),
        });
    }
    remarks
}

/// What a finding is found again by: its rule, and what it is about.
fn key(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    if let Some(id) = &finding.resource {
        let namespace = id.namespace.as_deref().unwrap_or_default();
        hash.update(format!(
            "{}\0{}\0{namespace}\0{}\0",
            id.group(),
            id.kind,
            id.name
        ));
    }
    hash.update(finding.field.as_deref().unwrap_or_default());
    let mut key = format!("{}/", finding.rule);
    for byte in &hash.finalize()[..HASH] {
        key.push_str(&format!("{byte:02x}"));
    }
    key
}
