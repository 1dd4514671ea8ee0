//! What each target says about each commit, from reports in any order.

use std::collections::{BTreeMap, BTreeSet};

use crate::authors::Authors;
use crate::facts::Commit;
use crate::judged::{Disbelieved, Reported};
use crate::meaning::{Meaning, meaning};
use crate::report::Report;
use crate::target::Target;
use crate::words::words;

/// The last word of one target about one commit.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) meaning: Meaning,
    pub(crate) reported: Reported,
    /// When the caller saw it.
    pub(crate) seen: u64,
}

/// What was said about one commit.
#[derive(Debug, Default)]
pub(crate) struct AboutCommit {
    /// By target.
    pub(crate) said: BTreeMap<Target, Said>,
    /// What was not believed.
    pub(crate) disbelieved: BTreeSet<(Target, Disbelieved)>,
    /// The targets in whose names somebody who is not believed wrote, whatever it says, and
    /// who: a
    /// host that shows the newest status alone shows nothing of the target's own.
    pub(crate) covered: BTreeMap<Target, String>,
    /// There may be more that was said, by those who are believed.
    pub(crate) is_partial: bool,
}

/// The last word of each target about a commit. What is final outweighs what is
/// pending, since reports overtake each other on the way; of two that are final
/// the newer counts, and of two of one moment the worse.
pub(crate) fn about(commit: &Commit, authors: &Authors) -> AboutCommit {
    let mut found: BTreeMap<Target, (Rank, &Report, Meaning)> = BTreeMap::new();
    let mut about = AboutCommit {
        is_partial: commit.is_partial && authors.has_app(),
        ..AboutCommit::default()
    };
    for report in &commit.reports {
        let said = meaning(report, &commit.id);
        let target = Target::of(&report.context);
        let is_believed = authors.allow(report);
        if !is_believed {
            about.covered.insert(target.clone(), author(report));
        }
        if said == Meaning::Nothing {
            continue;
        }
        if !is_believed {
            let disbelieved = Disbelieved {
                target: target.name().to_owned(),
                author: author(report),
            };
            about.disbelieved.insert((target, disbelieved));
            continue;
        }
        let rank = rank(report, said);
        match found.get(&target) {
            Some((other, _, _)) if *other >= rank => {}
            _ => drop(found.insert(target, (rank, report, said))),
        }
    }
    let said = found.into_iter().map(|(target, (_, report, meaning))| {
        let reported = Reported {
            commit: commit.id.clone(),
            words: words(&report.description),
            link: report.link.clone(),
        };
        let seen = report.seen;
        let said = Said {
            meaning,
            reported,
            seen,
        };
        (target, said)
    });
    about.said = said.collect();
    about
}

/// Final, order, worse; the description makes it complete.
type Rank = (bool, u64, u8, String, u64);

fn rank(report: &Report, meaning: Meaning) -> Rank {
    let weight = match meaning {
        Meaning::Nothing | Meaning::Pending => 0,
        Meaning::Succeeded => 1,
        Meaning::Failed => 2,
    };
    let is_final = weight > 0;
    // Of two alike, the one that was seen first.
    let first = u64::MAX - report.seen;
    (
        is_final,
        report.order,
        weight,
        report.description.clone(),
        first,
    )
}

fn author(report: &Report) -> String {
    match (report.author.first(), words(&report.author_name)) {
        (Some(id), name) if name.is_empty() || name == *id => words(id),
        (Some(id), name) => format!("{} ({name})", words(id)),
        (None, name) if name.is_empty() => "nobody that the host names".to_owned(),
        (None, name) => name,
    }
}
