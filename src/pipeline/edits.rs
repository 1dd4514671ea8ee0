//! Values of files that people own, set in the manifest repository: one commit, pushed or
//! proposed, made again on the new tip when somebody else was faster.
//!
//! Owns which files are read. What an edit means is `update`'s.

mod filled;
mod said;
mod texts;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::{CommitDraft, FolderChange, Tip, Wanted};
use crate::host::Refusal;
use crate::model::{
    FileChange, FileSet, Finding, Folder, FolderPlan, GeneratorStamp, Ledger, ObjectId,
};
use crate::publish::{self, Failure, Outcome as Ended, Proposal};
use crate::report::{Outcome, Publication, RunReport};
use crate::settings::definition::{Mode, RunArgs};
use crate::settings::{EnvironmentSettings, Settings, Target};
use crate::source::Record;
use crate::update::values::{self, Changes, Edit};

use super::compare::Group;
use super::publication::{draft, publication, refuse_empty_author, retry};
use super::publish::Branch;
use super::{Connection, Rendered, propose};
pub use filled::edits_of;
use said::{message, owned, shown, updated};

/// Sets values in the files of one branch; with `plans`, only says what it would set.
///
/// `settings` has one environment, which says where to and how.
///
/// # Errors
/// When an edit cannot be made, or its commit cannot be pushed or proposed: then nothing is
/// changed.
pub async fn update(
    context: &Context,
    settings: &Settings,
    edits: &[Edit],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
    plans: bool,
) -> Result<RunReport, Error> {
    refuse_empty_author(settings)?;
    let Some((environment, target)) = settings
        .environments
        .first()
        .and_then(|own| Some((own, own.target.as_ref()?)))
    else {
        return Err(Error::message(
            Kind::Internal,
            "no manifest repository is set",
        ));
    };
    let whole = whole(environment);
    let branch = Branch {
        group: Group {
            target,
            members: vec![&whole],
            adopted: Arc::default(),
        },
        connection: Arc::new(open(target).await?),
    };
    let updates = Updates {
        context,
        settings,
        edits,
        branch: &branch,
        read: Mutex::default(),
    };
    let mut report = RunReport {
        command: "update",
        ..RunReport::default()
    };
    if plans {
        updates.plan(&mut report).await?;
    } else if environment.pull_request.mode == Mode::PullRequest {
        propose::propose_edits(&updates, &mut report).await?;
    } else {
        updates.publish(&mut report).await?;
    }
    Ok(report)
}

/// Everything in the branch, as an environment that nothing is rendered for.
fn whole(environment: &EnvironmentSettings) -> Rendered {
    Rendered {
        settings: EnvironmentSettings {
            folder: Folder::ROOT,
            ..environment.clone()
        },
        generator: GeneratorStamp::default(),
        files: FileSet::default(),
        resources: Vec::new(),
        findings: Vec::new(),
        record: Record::default(),
        unknown: None,
        definition: None,
        uncommitted: OnceLock::from(Vec::new()),
    }
}

/// What is at hand while values are set.
pub(super) struct Updates<'a> {
    pub(super) context: &'a Context,
    pub(super) settings: &'a Settings,
    edits: &'a [Edit],
    pub(super) branch: &'a Branch<'a>,
    /// Files that were read, by the id of their content.
    read: Mutex<BTreeMap<ObjectId, Bytes>>,
}

/// What is decided on a tip.
pub(super) struct Decided {
    pub(super) changes: Changes,
    pub(super) proposal: Proposal,
}

impl Updates<'_> {
    async fn plan(&self, report: &mut RunReport) -> Result<(), Error> {
        let remote = &self.branch.connection.remote;
        let branch = self.branch.group.target.branch.as_deref();
        let tip = remote.read(branch, &self.wanted()).await?;
        let decided = self.decide(&tip).await?;
        let outcome = if decided.changes.set.is_empty() {
            Outcome::Unchanged
        } else {
            Outcome::WouldPublish
        };
        self.add(
            report,
            decided.changes,
            publication(remote, &tip, outcome, 1),
        );
        Ok(())
    }

    /// Pushes; with `auto`, a pull request is opened where the branch takes no push.
    async fn publish(&self, report: &mut RunReport) -> Result<(), Error> {
        let remote = &self.branch.connection.remote;
        let options = publish::Options {
            branch: self.branch.group.target.branch.clone().map(String::from),
            wanted: self.wanted(),
            retry: retry(self.settings),
        };
        let mut changes = Changes::default();
        let decide = async |tip: &Tip| {
            let decided = self.decide(tip).await?;
            changes = decided.changes;
            let proposal = Some(decided.proposal);
            Ok::<_, Error>(proposal.filter(|proposal| !proposal.changes.is_empty()))
        };
        let is_auto = self.environment().pull_request.mode == Mode::Auto;
        let ended = match publish::run(remote, &options, decide).await {
            Err(Failure::Git(error)) if is_auto && error.refusal() == Some(Refusal::Protected) => {
                let said = format!("{error}; opening a pull request");
                self.context.reporter.info(&said);
                return Box::pin(propose::propose_edits(self, report)).await;
            }
            ended => ended?,
        };
        let publication = match &ended {
            Ended::Published {
                pushed,
                tip,
                attempt,
            } => Publication {
                commit_id: Some(pushed.commit.to_string()),
                ..publication(remote, tip, Outcome::Published, *attempt)
            },
            Ended::Unchanged { tip, attempt } => {
                publication(remote, tip, Outcome::Unchanged, *attempt)
            }
        };
        self.add(report, changes, publication);
        if is_auto {
            let (Ended::Published { tip, .. } | Ended::Unchanged { tip, .. }) = &ended;
            propose::withdraw_edits(self, tip, report).await;
        }
        Ok(())
    }

    /// What the edits come to on top of a tip.
    pub(super) async fn decide(&self, tip: &Tip) -> Result<Decided, Error> {
        let texts = self.texts(tip).await?;
        let mut changes = match values::apply(self.edits, &texts) {
            Ok(changes) => changes,
            Err(refusal) => return Err(self.explained(refusal, tip).await),
        };
        let set = std::mem::take(&mut changes.set).into_iter();
        changes.set = set.map(|one| shown(&self.context.reporter, one)).collect();
        let files = changes.files.iter();
        let plan = FolderPlan {
            files: files
                .clone()
                .map(|(path, _)| (path.clone(), FileChange::Changed))
                .collect(),
            writes: files
                .map(|(path, text)| (path.clone(), Bytes::from(text.clone())))
                .collect(),
            ..FolderPlan::default()
        };
        let change = FolderChange {
            folder: Folder::ROOT,
            plan,
        };
        let proposal = Proposal {
            changes: (!changes.files.is_empty())
                .then_some(change)
                .into_iter()
                .collect(),
            commit: self.commit(&changes),
        };
        Ok(Decided { changes, proposal })
    }

    /// A refusal; what is not found may be in a folder that this program writes.
    async fn explained(&self, refusal: values::Refusal, tip: &Tip) -> Error {
        let meant = self.edits.iter().filter(|edit| refusal.finds_nothing(edit));
        let meant: Vec<_> = meant.collect();
        let folders = tip.neighbours.clone().unwrap_or_default();
        if meant.is_empty() || folders.is_empty() {
            return refusal.into();
        }
        let ids: Vec<_> = folders.iter().map(|(_, id)| *id).collect();
        let connection = &self.branch.connection;
        let ledgers = connection
            .remote
            .ledgers(tip, &ids, connection.api.as_ref())
            .await
            .unwrap_or_default();
        for ((folder, _), ledger) in folders.iter().zip(ledgers.iter().flatten()) {
            let mut resources = Ledger::resources(ledger).map(|(id, _)| id);
            let found = resources.find(|id| {
                let namespace = id.namespace.as_deref();
                meant
                    .iter()
                    .any(|edit| edit.means(&id.kind, namespace, &id.name))
            });
            if let Some(id) = found {
                return owned(&format!("{} {} is", id.kind, id.name), folder);
            }
        }
        refusal.into()
    }

    /// The commit with a message that says what is set.
    fn commit(&self, changes: &Changes) -> CommitDraft {
        draft(self.context, &self.told(&changes.set), &self.branch.group)
    }

    /// The settings with a message of the commit, where the user has none.
    pub(super) fn told(&self, set: &[values::Set]) -> Settings {
        let run = &self.settings.run;
        let own = run.commit_message.clone();
        let own = own.filter(|text| !text.trim().is_empty());
        Settings {
            run: RunArgs {
                commit_message: own.or_else(|| Some(message(set))),
                ..run.clone()
            },
            ..self.settings.clone()
        }
    }

    /// Puts what was set into the report, and says what is worth a look.
    pub(super) fn add(&self, report: &mut RunReport, changes: Changes, publication: Publication) {
        for warning in changes.warnings {
            self.warn(report, warning);
        }
        report.changed |= publication.outcome.is_change();
        report.updates = changes.set.into_iter().map(updated).collect();
        report.publications.push(publication);
    }

    pub(super) fn warn(&self, report: &mut RunReport, warning: Finding) {
        self.context.reporter.warning(&warning.to_string());
        report.warnings.push(warning);
    }

    /// The edits as they are written.
    pub(super) fn spelled(&self) -> impl Iterator<Item = String> {
        self.edits.iter().map(Edit::spelled)
    }

    pub(super) fn wanted(&self) -> Vec<Wanted> {
        self.branch.group.wanted()
    }

    pub(super) fn environment(&self) -> &EnvironmentSettings {
        &self.settings.environments[0]
    }
}
