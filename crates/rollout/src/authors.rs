//! Whom to believe.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Branch;
use crate::meaning::{Meaning, meaning};
use crate::report::Report;
use crate::target::Target;

/// The authors whose statuses are believed. There is no way to say "anybody":
/// whoever may write a status would decide how a run ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authors(BTreeSet<String>);

impl Authors {
    /// These, by what the host identifies them by. Only the case of ASCII is folded, so
    /// that who has a look-alike of a name is not taken for its owner.
    pub fn only<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        let names = names.into_iter();
        let names = names.map(|name| name.as_ref().trim().to_ascii_lowercase());
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an app is among them: only apps write check runs.
    pub(crate) fn has_app(&self) -> bool {
        self.0.iter().any(|name| name.ends_with("[bot]"))
    }

    /// Whether this report is believed.
    pub fn allow(&self, report: &Report) -> bool {
        let mut own = report.author.iter();
        own.any(|id| self.0.contains(&id.to_ascii_lowercase()))
    }
}

/// Somebody who writes statuses, for people who look for the right setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// By what it is identified; the first is the one to use.
    pub ids: Vec<String>,
    /// What it is called.
    pub name: String,
    /// The targets that it reports on.
    pub targets: Vec<String>,
}

/// Who wrote statuses of rollouts on the newest commits of a branch.
pub fn writers(branch: &Branch) -> Vec<Writer> {
    let mut found: BTreeMap<&[String], (&str, BTreeSet<String>)> = BTreeMap::new();
    for commit in &branch.commits {
        for report in &commit.reports {
            if report.author.is_empty() || meaning(report, &commit.id) == Meaning::Nothing {
                continue;
            }
            let own = found.entry(&report.author);
            let (_, targets) = own.or_insert((&report.author_name, BTreeSet::new()));
            targets.insert(Target::of(&report.context).name().to_owned());
        }
    }
    let writer = |(ids, (name, targets)): (&[String], (&str, BTreeSet<String>))| Writer {
        ids: ids.to_vec(),
        name: name.to_owned(),
        targets: targets.into_iter().collect(),
    };
    found.into_iter().map(writer).collect()
}
