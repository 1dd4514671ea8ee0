//! The order guard: an older run must not overwrite what a newer one published.

use crate::model::PublicationStamp;

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

/// Compares the stamp in the ledger with ours.
///
/// Within one pipeline the run number decides. Otherwise the source commits
/// do, when both come from one repository: `is_ancestor(a, b)` tells whether
/// `a` is an ancestor of `b` or the same, and `None` when it cannot be told.
pub fn compare(
    published: &PublicationStamp,
    ours: &PublicationStamp,
    is_ancestor: impl Fn(&str, &str) -> Option<bool>,
) -> Order {
    if let (Some(theirs), Some(mine)) = (&published.pipeline, &ours.pipeline)
        && theirs == mine
        && let (Some(theirs), Some(mine)) = (published.run, ours.run)
    {
        return if mine < theirs {
            Order::Older
        } else {
            Order::NotOlder
        };
    }
    if published.source_repository != ours.source_repository {
        return Order::Unknown;
    }
    let (Some(theirs), Some(mine)) = (&published.source_commit, &ours.source_commit) else {
        return Order::Unknown;
    };
    if theirs == mine {
        return Order::NotOlder;
    }
    if is_ancestor(theirs, mine) == Some(true) {
        return Order::NotOlder;
    }
    match is_ancestor(mine, theirs) {
        Some(true) => Order::Older,
        _ => Order::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(pipeline: &str, run: u64, commit: &str) -> PublicationStamp {
        PublicationStamp {
            source_repository: Some("https://host/source".into()),
            source_commit: Some(commit.into()),
            pipeline: (!pipeline.is_empty()).then(|| pipeline.into()),
            run: (run > 0).then_some(run),
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
        assert_eq!(
            compare(&published, &stamp(pipeline, run, commit), line),
            expected
        );
    }

    #[test]
    fn different_sources_cannot_be_compared() {
        let mut other = stamp("", 0, "b");
        other.source_repository = Some("https://host/other".into());
        assert_eq!(compare(&other, &stamp("", 0, "a"), line), Order::Unknown);
    }
}
