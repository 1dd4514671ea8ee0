//! One branch that is followed: what was heard of it so far.

use std::collections::{HashMap, HashSet, VecDeque};

use gitops_rollout::{Arrival, Branch, Commit, Judged, Published, Report, Tree, Trees};

use crate::host::pull_request::State;
use crate::host::watch::{Question, SeenCommit, SeenRequest, Sighting, Spot};
use crate::model::{Folder, ObjectId};

use super::followed::{Followed, Member, Start};

/// Folders that are asked for at once, at most.
const SPOTS: usize = 100;

/// How often in a row something final has to be heard, where a host may be late
/// to know better: that a commit is gone, or a pull request closed.
const SURE: u32 = 2;

/// What was heard of a branch so far.
pub(super) struct Line {
    pub(super) followed: Followed,
    pub(super) branch: Branch,
    /// The branch is not there; so often in a row.
    pub(super) missing: u32,
    /// The folders of the environments in commits.
    trees: HashMap<Folder, Trees>,
    /// Pull requests, and how often in a row they were seen to stand so.
    requests: HashMap<u64, (SeenRequest, u32)>,
    /// What was published for certain: a host that does not show it does not have it yet.
    certain: HashSet<Spot>,
    /// Folders in commits that the host did not show, so often.
    unanswered: HashMap<Spot, u32>,
    /// Commits that the branch does not seem to hold, so often in a row.
    absent: HashMap<ObjectId, u32>,
    /// When each status was seen first.
    seen: HashMap<(ObjectId, Report), u64>,
    /// How many folders to ask for at once.
    most: usize,
    requests_first: bool,
    /// Pull requests that an answer for several left out, to be asked for alone.
    left_out: VecDeque<u64>,
    /// Pull requests that were asked for last.
    asked: Vec<u64>,
    /// What has to be known next.
    wanted: Vec<Spot>,
    /// When the host answered last.
    pub(super) heard: Option<u64>,
}

impl Line {
    pub(super) fn new(followed: Followed) -> Self {
        let mut trees: HashMap<Folder, Trees> = HashMap::new();
        let mut certain = HashSet::new();
        for member in &followed.members {
            if let Start::Request(_, Some(head)) = member.start {
                certain.insert((head, member.folder.clone()));
            }
            let own = trees.entry(member.folder.clone()).or_default();
            let known = member.known.iter();
            own.extend(known.map(|(id, tree)| (id.to_string(), Tree::Id(tree.to_string()))));
        }
        Self {
            followed,
            trees,
            branch: Branch::default(),
            missing: 0,
            requests: HashMap::new(),
            certain,
            unanswered: HashMap::new(),
            absent: HashMap::new(),
            seen: HashMap::new(),
            most: SPOTS,
            requests_first: true,
            left_out: VecDeque::new(),
            asked: Vec::new(),
            wanted: Vec::new(),
            heard: None,
        }
    }

    /// What to ask the host for the environments that are not done.
    pub(super) fn question(&mut self, open: &[usize], again_soon: bool) -> Question {
        let open: Vec<_> = open.iter().map(|at| &self.followed.members[*at]).collect();
        let mut requests: Vec<_> = open
            .iter()
            .filter_map(|member| match member.start {
                Start::Request(number, _) => Some(number),
                _ => None,
            })
            .filter(|number| self.merged(*number).is_none())
            .collect();
        self.left_out.retain(|number| requests.contains(number));
        if let Some(alone) = self.left_out.pop_front() {
            requests = vec![alone];
        }
        let lost = open.iter().filter(|member| self.is_lost(member));
        let mut lost: Vec<_> = lost.filter_map(|member| self.commit(member)).collect();
        lost.dedup();
        self.requests_first = !self.requests_first;
        self.asked.clone_from(&requests);
        Question {
            branch: self.followed.branch.clone(),
            folders: self.trees.keys().cloned().collect(),
            requests,
            spots: self.wanted.iter().take(self.most).cloned().collect(),
            lost,
            requests_first: self.requests_first,
            again_soon,
        }
    }

    /// Takes note of what the host said.
    pub(super) fn hear(&mut self, sighting: Sighting, now: u64) {
        self.heard = Some(now);
        let answered = &sighting.requests;
        let is_left_out = |number: &&u64| !answered.iter().any(|own| own.number == **number);
        if sighting.requests_read && self.asked.len() > 1 {
            let left_out = self.asked.iter().filter(is_left_out).copied();
            self.left_out.extend(left_out);
        }
        for request in sighting.requests {
            let again = match self.requests.get(&request.number) {
                Some((before, times)) if before.state == request.state => times + 1,
                _ => 1,
            };
            self.requests.insert(request.number, (request, again));
        }
        for spot in sighting.unanswered {
            *self.unanswered.entry(spot).or_default() += 1;
        }
        for (spot, tree) in sighting.trees {
            if tree.is_none() && self.certain.contains(&spot) {
                *self.unanswered.entry(spot).or_default() += 1;
                continue;
            }
            let (commit, folder) = spot;
            let tree = tree.map_or(Tree::Absent, |id| Tree::Id(id.to_string()));
            let trees = self.trees.entry(folder).or_default();
            trees.insert(commit.to_string(), tree);
        }
        self.most = match (sighting.ask_for_fewer, self.wanted.len()) {
            (true, asked) => (self.most.min(asked) / 2).max(1),
            (false, _) => (self.most * 2).min(SPOTS),
        };
        match sighting.commits {
            Some(commits) => self.take(commits, now),
            None => self.missing += 1,
        }
        for (commit, holds) in sighting.holds {
            let times = self.absent.entry(commit).or_default();
            *times = if holds { 0 } else { *times + 1 };
            if holds || *times >= SURE {
                self.branch.holds.insert(commit.to_string(), holds);
            }
        }
    }

    fn take(&mut self, commits: Vec<SeenCommit>, now: u64) {
        self.missing = 0;
        let before = self.branch.tip().map(|tip| tip.id.clone());
        let mut kept = HashMap::new();
        let own: Vec<_> = commits
            .into_iter()
            .map(|commit| {
                let reports = commit.reports.into_iter().map(|report| {
                    let key = (commit.id, report);
                    let first = self.seen.get(&key).copied().unwrap_or(now);
                    let report = Report {
                        seen: first,
                        ..key.1.clone()
                    };
                    kept.insert(key, first);
                    report
                });
                Commit {
                    id: commit.id.to_string(),
                    reports: reports.collect(),
                    parent: commit.parent.map(|parent| parent.to_string()),
                    is_partial: commit.is_partial,
                }
            })
            .collect();
        self.seen = kept;
        self.remember(&own);
        self.branch.commits = own;
        let now = self.branch.tip().map(|tip| tip.id.clone());
        if now != before {
            // A branch that moved may hold other commits than before.
            self.branch.holds.clear();
        }
    }

    /// Keeps what came before the commits that are waited for, which others push out of
    /// the list. A pull request may have brought many.
    fn remember(&mut self, commits: &[Commit]) {
        let own = self.followed.members.iter();
        let own: Vec<_> = own.filter_map(|member| self.commit(member)).collect();
        let is_own = |commit: &&Commit| own.iter().any(|id| id.to_string() == commit.id);
        for commit in commits.iter().skip_while(|commit| !is_own(commit)) {
            if let Some(parent) = commit.parent.clone() {
                self.branch.parents.insert(commit.id.clone(), parent);
            }
        }
    }

    /// The commit on the branch that an environment waits for, once there is one.
    pub(super) fn commit(&self, member: &Member) -> Option<ObjectId> {
        match member.start {
            Start::Commit(commit) | Start::Held { commit, .. } => Some(commit),
            Start::Request(number, _) => self.merged(number)?.merged,
            _ => None,
        }
    }

    /// A pull request that is known to be merged, and as which commit.
    fn merged(&self, number: u64) -> Option<&SeenRequest> {
        let (request, _) = self.requests.get(&number)?;
        (request.state == State::Merged && request.merged.is_some()).then_some(request)
    }

    /// How what was published came onto the branch.
    pub(super) fn arrival(&self, member: &Member) -> Arrival {
        let Start::Request(number, _) = member.start else {
            return Arrival::Alone;
        };
        let request = self.merged(number);
        Arrival::Together {
            base: request.and_then(|it| it.base).map(|id| id.to_string()),
            most: request.and_then(|it| it.commits),
        }
    }

    /// Whether what was merged is not what was published.
    pub(super) fn is_altered(&self, member: &Member) -> bool {
        if !matches!(member.start, Start::Request(..)) {
            return false;
        }
        let tree = |id: ObjectId| self.trees(member).get(&id.to_string());
        let published = member.content().and_then(tree);
        let merged = self.commit(member).and_then(tree);
        published.is_some() && merged.is_some() && published != merged
    }

    /// Whether the host has to say if the branch holds an environment's commit.
    pub(super) fn is_lost(&self, member: &Member) -> bool {
        let Some(commit) = self.commit(member).filter(|_| self.heard.is_some()) else {
            return false;
        };
        let id = commit.to_string();
        let known = self.branch.holds.contains_key(&id);
        !known && !self.branch.commits.iter().any(|one| one.id == id)
    }

    /// What was published for an environment, as far as is known.
    pub(super) fn published(&self, member: &Member) -> Published {
        let number = match member.start {
            Start::Unchanged => return Published::Unchanged,
            Start::Older => return Published::Older,
            Start::Closed => return Published::Closed,
            Start::Untold => return Published::Untold,
            Start::Commit(commit) => return Published::Commit(commit.to_string()),
            Start::Held {
                commit, is_older, ..
            } => {
                let commit = commit.to_string();
                return Published::Held { commit, is_older };
            }
            Start::Request(number, _) => number,
        };
        if let Some(commit) = self.merged(number).and_then(|request| request.merged) {
            return Published::Commit(commit.to_string());
        }
        match self.requests.get(&number) {
            // A person may have closed it by mistake, and opens it again.
            Some((request, times)) if request.state == State::Closed && *times >= SURE => {
                Published::Closed
            }
            _ => Published::Proposed,
        }
    }

    /// Whether the host says of a pull request that it is merged, and not where.
    pub(super) fn merged_somewhere(&self, member: &Member) -> bool {
        let Start::Request(number, _) = member.start else {
            return false;
        };
        let request = self.requests.get(&number).map(|(request, _)| request);
        request.is_some_and(|it| it.state == State::Merged && it.merged.is_none())
    }

    /// The trees of an environment's folder.
    pub(super) fn trees(&self, member: &Member) -> &Trees {
        // Every member has an entry from the start.
        &self.trees[&member.folder]
    }

    /// Whether the newest commit does not have the folder.
    pub(super) fn is_removed(&self, member: &Member) -> bool {
        let tip = self.branch.tip();
        let tree = tip.and_then(|tip| self.trees(member).get(&tip.id));
        tree == Some(&Tree::Absent)
    }

    /// Whether the branch is not there any more.
    pub(super) fn is_gone(&self) -> bool {
        self.missing >= SURE
    }

    /// Takes note of the folders that have to be looked at. The tree of what was
    /// published belongs to the result, though nothing depends on it yet.
    pub(super) fn want(&mut self, judged: &[(usize, Judged)]) {
        let mut wanted: Vec<Spot> = Vec::new();
        for (at, judged) in judged {
            let member = &self.followed.members[*at];
            let needed = judged.needs.iter().chain(&judged.commit);
            let needed = needed.filter_map(|id| ObjectId::parse(id));
            for commit in needed.chain(member.content()) {
                let spot = (commit, member.folder.clone());
                let is_known = self.trees(member).contains_key(&commit.to_string());
                if !is_known && !wanted.contains(&spot) {
                    wanted.push(spot);
                }
            }
        }
        // What was there before ours may not be there at all, and comes last.
        let tip = self.branch.tip().and_then(|tip| ObjectId::parse(&tip.id));
        let own: Vec<_> = judged
            .iter()
            .filter_map(|(_, one)| one.commit.as_deref())
            .collect();
        // What the host did not show does not hold up the others.
        wanted.sort_by_key(|spot| {
            let commit = spot.0;
            let is_own = own.iter().any(|id| ObjectId::parse(id) == Some(commit));
            let times = self.unanswered.get(spot).copied().unwrap_or_default();
            (times, Some(commit) != tip && !is_own, commit)
        });
        self.wanted = wanted;
    }
}
