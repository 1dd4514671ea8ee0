//! Branches, statuses and waits in a few words.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part")]

use std::collections::HashMap;

use gitops_rollout::{
    Arrival, Authors, Branch, Commit, Context, Judged, Pattern, Policy, Published, Report,
    Required, State, Tree, Trees, Wait, judge,
};

/// The one who is believed.
pub(crate) const FLUX: &str = "flux-id";

/// A status of Flux's own provider on GitHub; `at` orders it.
pub(crate) fn flux(name: &str, state: State, description: &str, at: u64) -> Report {
    Report {
        context: Context::named(name),
        state,
        description: description.to_owned(),
        author: vec![FLUX.to_owned()],
        author_name: "Flux".to_owned(),
        link: None,
        order: at,
        seen: at,
    }
}

pub(crate) const APPS: &str = "kustomization/apps/0a1b2c3d";
pub(crate) const INFRA: &str = "kustomization/infra/0a1b2c3d";

pub(crate) fn healthy(name: &str, at: u64) -> Report {
    flux(name, State::Succeeded, "reconciliation succeeded", at)
}

pub(crate) fn broken(name: &str, at: u64) -> Report {
    flux(name, State::Error, "health check failed", at)
}

/// A wait for one environment that can be asked at any time.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) branch: Branch,
    pub(crate) trees: Trees,
    pub(crate) published: Published,
    pub(crate) content: Option<String>,
    pub(crate) arrival: Arrival,
    pub(crate) required: Required,
    pub(crate) authors: Authors,
    pub(crate) policy: Policy,
}

impl Scene {
    /// A branch of commits, the newest first, each with the tree of our folder
    /// (empty: there is none); the wait is for `own`.
    pub(crate) fn new(commits: &[(&str, &str)], own: &str) -> Self {
        let mut branch = Branch::default();
        let mut trees = HashMap::new();
        for (at, (id, tree)) in commits.iter().enumerate() {
            branch.commits.push(Commit {
                id: (*id).to_owned(),
                parent: commits.get(at + 1).map(|(id, _)| (*id).to_owned()),
                ..Commit::default()
            });
            let tree = match *tree {
                "" => Tree::Absent,
                tree => Tree::Id(tree.to_owned()),
            };
            trees.insert((*id).to_owned(), tree);
        }
        Self {
            branch,
            trees,
            published: Published::Commit(own.to_owned()),
            content: None,
            arrival: Arrival::Alone,
            required: named(&["kustomization/apps"]),
            authors: Authors::only([FLUX]),
            policy: Policy::default(),
        }
    }

    #[must_use]
    pub(crate) fn report(mut self, commit: &str, report: Report) -> Self {
        self.add(commit, report);
        self
    }

    pub(crate) fn add(&mut self, commit: &str, report: Report) {
        let mut commits = self.branch.commits.iter_mut();
        let found = commits.find(|one| one.id == commit).unwrap();
        found.reports.push(report);
    }

    #[must_use]
    pub(crate) fn waits_for(mut self, names: &[&str]) -> Self {
        self.required = named(names);
        self
    }

    #[must_use]
    pub(crate) fn waits_for_whoever(mut self) -> Self {
        self.required = Required::Lately;
        self
    }

    pub(crate) fn at(&self, now: u64) -> Judged {
        judge(&Wait {
            published: &self.published,
            content: self.content.as_deref(),
            arrival: &self.arrival,
            required: &self.required,
            authors: &self.authors,
            branch: &self.branch,
            trees: &self.trees,
            policy: self.policy,
            started: 0,
            now,
        })
    }
}

pub(crate) fn named(names: &[&str]) -> Required {
    Required::Named(
        names
            .iter()
            .filter_map(|name| Pattern::parse(name))
            .collect(),
    )
}
