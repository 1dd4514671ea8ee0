//! The commits of the source between what is published and what this run makes.

use gitops_plan::{Between, Commits};

use crate::context::Context;
use crate::git::source::Source;
use crate::host;
use crate::model::{FolderState, ObjectId};

use super::{Rendered, stamps};

/// Subjects that are kept, at most.
const SUBJECTS: usize = 20;

/// The range for an environment; `None` where both are made from the same commit, or from
/// different repositories.
pub(super) fn of(
    context: &Context,
    environment: &Rendered,
    state: &FolderState,
) -> Option<Commits> {
    let ours = &environment.settings.made_from;
    let theirs = &state.ledger.as_ref()?.publication.source;
    // Anybody may have written the ledger.
    let id = |commit: &Option<String>| ObjectId::parse(commit.as_deref()?);
    let (from, to) = (id(&theirs.commit)?, id(&ours.commit)?);
    let repository = ours.repository.as_deref()?;
    let same = stamps::is_same_repository(environment, state);
    if from == to || !same(theirs.repository.as_deref()?, repository) {
        return None;
    }
    let known = context.source_host.as_ref();
    let known = known.filter(|(address, _)| host::is_same_repository(address, repository));
    let kind = known.map(|(_, kind)| *kind);
    let source = Source::discover(environment.settings.first_source());
    let between = source.ok().flatten();
    let between = between.and_then(|source| source.between(from, to, SUBJECTS));
    let shown = |subject: String| context.reporter.hidden(&subject);
    Some(Commits {
        from: from.to_string(),
        to: to.to_string(),
        link: host::comparison(repository, kind, from, to),
        between: between.map(|between| Between {
            added: between.added,
            removed: between.removed,
            subjects: between.subjects.into_iter().map(shown).collect(),
        }),
    })
}
