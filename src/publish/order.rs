//! The order guard: an older run must not overwrite what a newer one published.

use crate::model::{PublicationStamp, SameRepository};

/// How our run stands to the one that published last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Ours is older: publishing would bring old content back.
    Older,
    /// Ours is newer or the same.
    NotOlder,
    /// Nothing in the two stamps can be compared.
    Unknown,
}

/// How two commits and two addresses stand to each other: what the comparison
/// needs to know of the world.
pub struct Facts<'a> {
    /// Whether two addresses name one repository.
    pub is_same_repository: SameRepository<'a>,
    /// Whether the first commit is an ancestor of the second, or the same;
    /// `None` when it cannot be told.
    pub is_ancestor: &'a dyn Fn(&str, &str) -> Option<bool>,
}

/// Compares the stamp in the ledger with ours.
///
/// Within one pipeline the run number decides, and within one job of a run its
/// attempt. Otherwise the newest commits that both have seen do, when both come
/// from one repository: what was written may be older than that on purpose.
pub fn compare(published: &PublicationStamp, ours: &PublicationStamp, facts: &Facts<'_>) -> Order {
    let (theirs, mine) = (&published.writer, &ours.writer);
    if theirs.pipeline.is_some()
        && theirs.pipeline == mine.pipeline
        && let (Some(their_run), Some(my_run)) = (theirs.run, mine.run)
    {
        let same_job = their_run == my_run && theirs.job == mine.job;
        let earlier = same_job && mine.attempt < theirs.attempt && mine.attempt.is_some();
        return if my_run < their_run || earlier {
            Order::Older
        } else {
            Order::NotOlder
        };
    }
    let same = facts.is_same_repository;
    let source = &published.source;
    let named = source.repository.is_some() && ours.source.repository.is_some();
    if !named || !source.may_share_repository(&ours.source, same) {
        return Order::Unknown;
    }
    match (newest(published), newest(ours)) {
        (Some(theirs), Some(mine)) => by_commit(theirs, mine, facts.is_ancestor),
        _ => Order::Unknown,
    }
}

/// The newest commit of the source that a stamp knows of.
pub fn newest(stamp: &PublicationStamp) -> Option<&str> {
    let seen = stamp.writer.newest_commit.as_deref();
    seen.or(stamp.source.commit.as_deref())
}

fn by_commit(theirs: &str, mine: &str, is_ancestor: &dyn Fn(&str, &str) -> Option<bool>) -> Order {
    if theirs == mine || is_ancestor(theirs, mine) == Some(true) {
        return Order::NotOlder;
    }
    match is_ancestor(mine, theirs) {
        Some(true) => Order::Older,
        _ => Order::Unknown,
    }
}

/// The newest commit that is known once we have written over `published`: a
/// rollback does not make a folder forget what it held.
pub fn newest_after(
    published: Option<&PublicationStamp>,
    ours: &PublicationStamp,
    facts: &Facts<'_>,
) -> Option<String> {
    let mine = newest(ours);
    let theirs = published
        .filter(|stamp| {
            let same = facts.is_same_repository;
            stamp.source.may_share_repository(&ours.source, same)
        })
        .and_then(newest);
    match (theirs, mine) {
        (Some(theirs), Some(mine))
            if theirs != mine && (facts.is_ancestor)(mine, theirs) == Some(true) =>
        {
            Some(theirs.to_owned())
        }
        (_, mine) => mine.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SourceStamp, WriterStamp};

    fn stamp(pipeline: &str, run: u64, commit: &str) -> PublicationStamp {
        PublicationStamp {
            source: SourceStamp {
                repository: Some("https://host/source".into()),
                commit: Some(commit.into()),
                ..SourceStamp::default()
            },
            writer: WriterStamp {
                pipeline: (!pipeline.is_empty()).then(|| pipeline.into()),
                run: (run > 0).then_some(run),
                newest_commit: Some(commit.into()),
                ..WriterStamp::default()
            },
        }
    }

    fn order(published: &PublicationStamp, ours: &PublicationStamp) -> Order {
        compare(published, ours, &facts())
    }

    fn facts() -> Facts<'static> {
        Facts {
            is_same_repository: &|one, other| one == other,
            is_ancestor: &line,
        }
    }

    /// Commits are named `a`, `b`, … along one line; `x` is on a side branch.
    fn line(older: &str, newer: &str) -> Option<bool> {
        match (older, newer) {
            ("unknown", _) | (_, "unknown") => None,
            ("x", _) | (_, "x") => Some(older == newer),
            _ => Some(older <= newer),
        }
    }

    #[rstest::rstest]
    #[case::a_lower_run_of_the_same_pipeline_is_older("p", 7, "a", "p", 6, "b", Order::Older)]
    #[case::a_higher_run_may_go_back_in_history("p", 7, "b", "p", 8, "a", Order::NotOlder)]
    #[case::the_same_run_may_try_again("p", 7, "a", "p", 7, "a", Order::NotOlder)]
    #[case::other_pipelines_compare_by_commit("p", 7, "b", "q", 9, "a", Order::Older)]
    #[case::a_descendant_is_newer("", 0, "a", "", 0, "b", Order::NotOlder)]
    #[case::an_ancestor_is_older("", 0, "b", "", 0, "a", Order::Older)]
    #[case::side_branches_cannot_be_compared("", 0, "b", "", 0, "x", Order::Unknown)]
    #[case::missing_history_cannot_be_compared("", 0, "unknown", "", 0, "a", Order::Unknown)]
    fn runs_are_put_in_order(
        #[case] their_pipeline: &str,
        #[case] their_run: u64,
        #[case] their_commit: &str,
        #[case] pipeline: &str,
        #[case] run: u64,
        #[case] commit: &str,
        #[case] expected: Order,
    ) {
        let published = stamp(their_pipeline, their_run, their_commit);
        assert_eq!(order(&published, &stamp(pipeline, run, commit)), expected);
    }

    #[test]
    fn different_sources_cannot_be_compared() {
        let mut other = stamp("", 0, "b");
        other.source.repository = Some("https://host/other".into());
        assert_eq!(order(&other, &stamp("", 0, "a")), Order::Unknown);
    }

    #[rstest::rstest]
    #[case::a_late_first_attempt(1, "deploy/publish", Order::Older)]
    #[case::the_same_attempt(2, "deploy/publish", Order::NotOlder)]
    #[case::a_third_attempt(3, "deploy/publish", Order::NotOlder)]
    #[case::the_first_attempt_of_another_job(1, "after/publish", Order::NotOlder)]
    fn attempts_compare_within_one_job(
        #[case] attempt: u32,
        #[case] job: &str,
        #[case] expected: Order,
    ) {
        let run = |attempt, job: &str| {
            let mut stamp = stamp("p", 7, "a");
            stamp.writer.attempt = Some(attempt);
            stamp.writer.job = Some(job.to_owned());
            stamp
        };
        assert_eq!(
            order(&run(2, "deploy/publish"), &run(attempt, job)),
            expected
        );
    }

    #[test]
    fn old_content_that_was_written_on_purpose_is_the_newest_write() {
        // A rollback to `a` by somebody who has seen `c`.
        let mut rollback = stamp("", 0, "a");
        rollback.writer.newest_commit = Some("c".into());
        assert_eq!(order(&rollback, &stamp("", 0, "b")), Order::Older);
        assert_eq!(order(&rollback, &stamp("", 0, "d")), Order::NotOlder);
    }

    #[rstest::rstest]
    #[case::a_rollback_remembers("c", "a", "c")]
    #[case::progress_is_remembered("a", "c", "c")]
    #[case::a_side_branch_counts_as_new("b", "x", "x")]
    fn a_write_knows_the_newest_commit_that_was_seen(
        #[case] before: &str,
        #[case] ours: &str,
        #[case] newest: &str,
    ) {
        let after = newest_after(Some(&stamp("", 0, before)), &stamp("", 0, ours), &facts());
        assert_eq!(after.as_deref(), Some(newest));
    }
}
