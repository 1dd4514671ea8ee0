//! What a wait asks for: commits of a branch with their statuses in one call,
//! and in a second what else is missing.

use std::collections::HashMap;

use gitops_rollout::{Context, Report, State as ReportState};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::wire::{self, List, full};
use crate::host::Refusal;
use crate::host::fault::Fault;
use crate::host::pull_request::PullRequest;
use crate::host::rest::Call;
use crate::host::watch::{COMMITS, Question, SeenCommit, SeenRequest, Sighting, Spot, moment};
use crate::model::{Folder, ObjectId};

/// Pull requests that one call brings.
const REQUESTS: &str = "100";

/// "TF401175: The version descriptor <Branch: x> could not be resolved to a version…"
const UNRESOLVED: &str = "TF401175";

#[derive(Deserialize)]
struct Commit {
    #[serde(rename = "commitId")]
    id: String,
    #[serde(default)]
    parents: Option<Vec<String>>,
    #[serde(default)]
    statuses: Option<Vec<Status>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    id: u64,
    #[serde(default)]
    state: Option<String>,
    description: Option<String>,
    target_url: Option<String>,
    context: Option<wire::Context>,
    created_by: Option<Identity>,
    #[serde(default)]
    creation_date: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    id: String,
    unique_name: String,
    display_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    object_id: String,
    #[serde(default)]
    path: String,
}

impl Client {
    /// The branch, and one thing more that is missing.
    pub(in crate::host) async fn watch(&self, question: &Question) -> Result<Sighting, Fault> {
        self.found_place(question.again_soon).await?;
        let criteria = criteria(&question.branch, "/");
        let mut sighting = Sighting {
            commits: self.newest(&criteria, question.again_soon).await?,
            ..Sighting::default()
        };
        let tip = sighting
            .commits
            .as_ref()
            .and_then(|all| Some(all.first()?.id));
        if let (Some(lost), Some(tip)) = (question.lost.first(), tip) {
            sighting
                .holds
                .push((*lost, self.holds(tip, *lost, question.again_soon).await?));
        } else if !question.requests.is_empty()
            && (question.requests_first || question.spots.is_empty())
        {
            sighting.requests = self.requests(question).await?;
            sighting.requests_read = true;
        } else if !question.spots.is_empty() {
            let once = question.again_soon;
            self.trees(&question.spots, once, &mut sighting).await?;
        }
        Ok(sighting)
    }

    /// The commit that changed a folder last, along first parents.
    pub(in crate::host) async fn changed_last(
        &self,
        branch: &str,
        folder: &Folder,
    ) -> Result<Option<ObjectId>, Fault> {
        let criteria = criteria(branch, &path(folder));
        let found = self.commits(&criteria, 1, false).await?;
        Ok(found.and_then(|found| Some(found.first()?.id)))
    }

    /// The newest commits of a branch. One more is asked for, which is the parent of the
    /// last one.
    async fn newest(&self, criteria: &Value, once: bool) -> Result<Option<Vec<SeenCommit>>, Fault> {
        let mut found = self.commits(criteria, COMMITS + 1, once).await?;
        if let Some(commits) = &mut found {
            commits.truncate(COMMITS);
        }
        Ok(found)
    }

    /// Commits of a branch; `None` when there is no such branch.
    async fn commits(
        &self,
        criteria: &Value,
        most: usize,
        once: bool,
    ) -> Result<Option<Vec<SeenCommit>>, Fault> {
        let mut url = self.place().await?.git(&["commitsbatch"]);
        url.query_pairs_mut()
            .append_pair("$top", &most.to_string())
            .append_pair("includeStatuses", "true");
        let make = |url| Call::post(url, criteria.clone()).safe().once(once);
        let found: Result<List<Commit>, Fault> = self.read(make, url).await;
        let list = match found {
            Ok(list) => list.value,
            Err(fault) if is_missing(&fault, UNRESOLVED) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let ids: Vec<_> = list.iter().map(|one| ObjectId::parse(&one.id)).collect();
        let mut commits = Vec::new();
        for (at, commit) in list.into_iter().enumerate() {
            let id = ids[at].ok_or_else(|| Fault::answer("a commit has no id"))?;
            let parents = commit.parents.unwrap_or_default();
            let parent = parents.first().and_then(|id| ObjectId::parse(id));
            let statuses = commit.statuses.unwrap_or_default();
            commits.push(SeenCommit {
                id,
                // Along first parents, the next of the list is the parent.
                parent: parent.or_else(|| ids.get(at + 1).copied().flatten()),
                reports: statuses.into_iter().filter_map(report).collect(),
                is_partial: false,
            });
        }
        Ok(Some(along_first_parents(commits)))
    }

    /// Whether `tip` comes after a commit, or is it.
    async fn holds(&self, tip: ObjectId, commit: ObjectId, once: bool) -> Result<bool, Fault> {
        let tail = ["commits", &tip.to_string(), "mergebases"];
        let mut url = self.place().await?.git(&tail);
        url.query_pairs_mut()
            .append_pair("otherCommitId", &commit.to_string());
        let make = |url| Call::get(url).once(once);
        let found: Result<List<Commit>, Fault> = self.read(make, url).await;
        match found {
            Ok(list) => {
                let mut bases = list.value.iter();
                Ok(bases.any(|base| ObjectId::parse(&base.id) == Some(commit)))
            }
            // The server has no such commit any more.
            Err(Fault::Invalid { .. }) => Ok(false),
            Err(fault) if fault.meaning() == Some(Refusal::NotFound) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Where pull requests stand, all with one call; the first alone where it is
    /// the only one that is asked for.
    async fn requests(&self, question: &Question) -> Result<Vec<SeenRequest>, Fault> {
        if let [number] = question.requests[..] {
            return Ok(vec![seen(&self.get(number).await?)]);
        }
        let place = self.place().await?;
        let mut url = place.git(&["pullrequests"]);
        url.query_pairs_mut()
            .append_pair("searchCriteria.targetRefName", &full(&question.branch))
            .append_pair("searchCriteria.status", "all")
            .append_pair("$top", REQUESTS);
        let once = question.again_soon;
        let make = |url| Call::get(url).once(once);
        let list: List<wire::Request> = self.read(make, url).await?;
        let found = list
            .value
            .into_iter()
            .map(|one| one.into_pull_request(place));
        let found = found.filter(|one| question.requests.contains(&one.number));
        Ok(found.map(|one| seen(&one)).collect())
    }

    /// The trees of folders, all with one call. What is asked for is the folders
    /// that they are in, since the server takes no question for what is not
    /// there; when one of several of these is not there either, fewer have to be
    /// asked for.
    async fn trees(
        &self,
        spots: &[Spot],
        once: bool,
        sighting: &mut Sighting,
    ) -> Result<(), Fault> {
        let mut asked: Vec<(ObjectId, String)> = Vec::new();
        for (commit, folder) in spots {
            let place = (*commit, above(folder));
            if !asked.contains(&place) {
                asked.push(place);
            }
        }
        let descriptors = asked.iter().map(|(commit, path)| {
            json!({
                "path": path,
                "version": commit.to_string(),
                "versionType": "commit",
                "recursionLevel": "oneLevel",
            })
        });
        let body = json!({"itemDescriptors": descriptors.collect::<Vec<_>>()});
        let url = self.place().await?.git(&["itemsbatch"]);
        let make = |url| Call::post(url, body.clone()).safe().once(once);
        let found: Result<List<Vec<Item>>, Fault> = self.read(make, url).await;
        let found = match found {
            Ok(found) => found.value,
            Err(fault) if is_missing(&fault, UNRESOLVED) && asked.len() == 1 => {
                sighting.unanswered = spots.to_vec();
                return Ok(());
            }
            Err(fault) if fault.meaning() == Some(Refusal::NotFound) => {
                if asked.len() == 1 {
                    sighting.trees = spots.iter().map(|spot| (spot.clone(), None)).collect();
                }
                sighting.ask_for_fewer = asked.len() > 1;
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        if found.len() != asked.len() {
            return Err(Fault::answer(
                "it has not one list for each that was asked for",
            ));
        }
        let mut ids = HashMap::new();
        for ((commit, _), items) in asked.iter().zip(found) {
            for item in items {
                if let Some(id) = ObjectId::parse(&item.object_id) {
                    ids.insert((*commit, item.path), id);
                }
            }
        }
        let tree = |spot: &Spot| {
            let found = ids.get(&(spot.0, path(&spot.1))).copied();
            (spot.clone(), found)
        };
        sighting.trees = spots.iter().map(tree).collect();
        Ok(())
    }
}

fn seen(found: &PullRequest) -> SeenRequest {
    SeenRequest {
        number: found.number,
        state: found.state,
        merged: found.merged,
        base: found.base,
        commits: None,
    }
}

/// The folder that a folder is in; the root is in itself.
fn above(folder: &Folder) -> String {
    let path = path(folder);
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

/// The commits of a branch that changed what is at a path; all did at the root.
/// The mode of the history counts only where there is a path.
fn criteria(branch: &str, path: &str) -> Value {
    json!({
        "itemVersion": {"version": branch, "versionType": "branch"},
        "itemPath": path,
        "historyMode": "firstParent",
    })
}

fn path(folder: &Folder) -> String {
    folder
        .path()
        .map_or_else(|| "/".to_owned(), |path| format!("/{}", path.as_str()))
}

fn is_missing(fault: &Fault, code: &str) -> bool {
    match fault {
        Fault::Refused { meaning, said, .. } => {
            *meaning == Refusal::NotFound && said.contains(code)
        }
        Fault::Invalid { said, .. } => said.contains(code),
        _ => false,
    }
}

/// Leaves out what came in by merges, where the server sent that too.
fn along_first_parents(commits: Vec<SeenCommit>) -> Vec<SeenCommit> {
    let Some(mut next) = commits.first().map(|tip| tip.id) else {
        return commits;
    };
    let mut by_id: HashMap<_, _> = commits.into_iter().map(|one| (one.id, one)).collect();
    let mut line = Vec::new();
    while let Some(commit) = by_id.remove(&next) {
        let parent = commit.parent;
        line.push(commit);
        match parent {
            Some(parent) => next = parent,
            None => break,
        }
    }
    line
}

fn report(status: Status) -> Option<Report> {
    let context = status.context?;
    let author = status.created_by.unwrap_or_default();
    let known = [author.id, author.unique_name].into_iter();
    Some(Report {
        context: Context::with_genre(context.genre.as_deref().unwrap_or_default(), &context.name),
        state: match status.state.as_deref() {
            Some("pending" | "notSet") | None => ReportState::Pending,
            Some("succeeded") => ReportState::Succeeded,
            Some("failed") => ReportState::Failed,
            Some("error") => ReportState::Error,
            Some(_) => ReportState::Other,
        },
        description: status.description.unwrap_or_default(),
        author: known.filter(|id| !id.is_empty()).collect(),
        author_name: author.display_name,
        link: status.target_url,
        order: match status.id {
            0 => moment(status.creation_date.as_deref().unwrap_or_default()),
            id => id,
        },
        seen: 0,
    })
}
