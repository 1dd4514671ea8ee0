//! What a wait asks for: the commits of a branch with statuses, check runs and
//! the trees of folders, and pull requests, all with one question in GraphQL.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use gitops_rollout::{Context, Report, State as ReportState};
use serde_json::{Map, Value, json};

use super::client::Client;
use super::place::Place;
use crate::host::fault::Fault;
use crate::host::pull_request::State;
use crate::host::rest::Call;
use crate::host::watch::{COMMITS, Question, SeenCommit, SeenRequest, Sighting, moment};
use crate::host::{Refusal, watch};
use crate::model::{Folder, ObjectId};

/// Apps that report on one commit, and check runs of each, at most.
const SUITES: usize = 20;
const RUNS: usize = 50;

/// What a token that may not read check runs is told on the way.
const UNREAD: &str = "the check runs of GitHub Apps cannot be read with this token, so that only commit statuses count";

impl Client {
    /// The branch, pull requests, and with a second call what else is missing.
    pub(in crate::host) async fn watch(&self, question: &Question) -> Result<Sighting, Fault> {
        let with_runs = !self.without_runs.load(Ordering::Relaxed);
        self.sighted(question, with_runs).await
    }

    async fn sighted(&self, question: &Question, with_runs: bool) -> Result<Sighting, Fault> {
        let mut unread = None;
        let mut found = match self.look(question, with_runs).await {
            // Personal access tokens may read statuses and no check runs.
            Err(fault) if with_runs && fault.meaning() == Some(Refusal::Permission) => {
                let found = self.look(question, false).await?;
                self.without_runs.store(true, Ordering::Relaxed);
                unread = Some(UNREAD.to_owned());
                found
            }
            other => other?,
        };
        if !found.is_object() {
            return Err(Fault::answer("it has no data"));
        }
        let repository = found["repository"].take();
        if repository.is_null() {
            return Err(Fault::refused(
                Refusal::NotFound,
                "the repository is not there, or the token may not see it",
            ));
        }
        let mut sighting = Sighting {
            unread,
            requests_read: true,
            ..Sighting::default()
        };
        let nodes = &repository["ref"]["target"]["history"]["nodes"];
        if let Some(nodes) = nodes.as_array() {
            sighting.commits = Some(commits(nodes, &question.folders, &mut sighting.trees));
        }
        for (at, spot) in question.spots.iter().enumerate() {
            let tree = id(&repository[format!("s{at}")]["oid"]);
            sighting.trees.push((spot.clone(), tree));
        }
        for number in &question.requests {
            let request = &repository[format!("r{number}")];
            let state = match request["state"].as_str() {
                Some("MERGED") => State::Merged,
                Some("CLOSED") => State::Closed,
                Some(_) => State::Open,
                None => continue,
            };
            sighting.requests.push(seen(*number, state, request));
        }
        let tip = sighting
            .commits
            .as_ref()
            .and_then(|all| Some(all.first()?.id));
        if let (Some(lost), Some(tip)) = (question.lost.first(), tip)
            && sighting.unread.is_none()
        {
            sighting
                .holds
                .push((*lost, self.holds(tip, *lost, question.again_soon).await?));
        }
        Ok(sighting)
    }

    /// The commit that changed a folder last, as far back as the commits go
    /// that are looked at.
    pub(in crate::host) async fn changed_last(
        &self,
        branch: &str,
        folder: &Folder,
    ) -> Result<Option<ObjectId>, Fault> {
        let question = Question {
            branch: branch.to_owned(),
            folders: vec![folder.clone()],
            ..Question::default()
        };
        // Whoever asks for statuses later is told what cannot be read.
        let sighting = self.sighted(&question, false).await?;
        let trees: HashMap<_, _> = sighting
            .trees
            .into_iter()
            .map(|((id, _), tree)| (id, tree))
            .collect();
        let commits = sighting.commits.unwrap_or_default();
        let now = commits
            .first()
            .and_then(|tip| trees.get(&tip.id).copied().flatten());
        let same = commits
            .iter()
            .take_while(|one| now.is_some() && trees.get(&one.id) == Some(&now));
        Ok(same.last().map(|one| one.id))
    }

    async fn look(&self, question: &Question, with_runs: bool) -> Result<Value, Fault> {
        let place = self.place();
        let mut variables = Map::new();
        variables.insert("owner".to_owned(), json!(place.owner));
        variables.insert("name".to_owned(), json!(place.name));
        let branch = format!("refs/heads/{}", question.branch);
        variables.insert("branch".to_owned(), json!(branch));
        let mut declared = String::new();
        let mut files = String::new();
        for (at, folder) in question.folders.iter().enumerate() {
            if let Some(path) = folder.path() {
                declared += &format!(", $p{at}: String!");
                files += &format!(" f{at}: file(path: $p{at}) {{ oid }}");
                variables.insert(format!("p{at}"), json!(path.as_str()));
            }
        }
        let runs = if with_runs {
            format!(
                " checkSuites(first: {SUITES}) {{ totalCount nodes {{ app {{ slug }} checkRuns(first: {RUNS}, filterBy: {{checkType: LATEST}}) {{ totalCount nodes {{ name status conclusion title detailsUrl startedAt completedAt }} }} }} }}"
            )
        } else {
            String::new()
        };
        let mut objects = String::new();
        for (at, (commit, folder)) in question.spots.iter().enumerate() {
            declared += &format!(", $s{at}: String!");
            objects += &format!(" s{at}: object(expression: $s{at}) {{ oid }}");
            let expression = match folder.path() {
                Some(path) => format!("{commit}:{}", path.as_str()),
                None => format!("{commit}^{{tree}}"),
            };
            variables.insert(format!("s{at}"), json!(expression));
        }
        for number in &question.requests {
            objects += &format!(
                " r{number}: pullRequest(number: {number}) {{ state commits(first: 1) {{ totalCount }} mergeCommit {{ oid parents(first: 1) {{ totalCount }} }} }}"
            );
        }
        let query = format!(
            "query($owner: String!, $name: String!, $branch: String!{declared}) {{ repository(owner: $owner, name: $name) {{ ref(qualifiedName: $branch) {{ target {{ ... on Commit {{ history(first: {COMMITS}) {{ nodes {{ oid parents(first: 1) {{ nodes {{ oid }} }} tree {{ oid }}{files} status {{ contexts {{ context state description targetUrl createdAt creator {{ __typename login }} }} }}{runs} }} }} }} }} }}{objects} }} }}"
        );
        self.graphql_question(&query, Value::Object(variables), question.again_soon)
            .await
    }

    /// Whether `tip` comes after a commit, or is it.
    async fn holds(&self, tip: ObjectId, commit: ObjectId, once: bool) -> Result<bool, Fault> {
        let range = format!("{commit}...{tip}");
        let make = |place: &Place| {
            let mut url = place.repository(&["compare", &range]);
            url.query_pairs_mut().append_pair("per_page", "1");
            Call::get(url).once(once)
        };
        match self.send(make).await {
            Ok(answer) => Ok(matches!(
                answer.json["status"].as_str(),
                Some("ahead" | "identical")
            )),
            Err(fault) if fault.meaning() == Some(Refusal::NotFound) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

fn seen(number: u64, state: State, request: &Value) -> SeenRequest {
    let merge = &request["mergeCommit"];
    // A merge has one parent of before, and the others on another line.
    let is_merge = merge["parents"]["totalCount"].as_u64() > Some(1);
    let all = request["commits"]["totalCount"].as_u64();
    let all = all.and_then(|all| usize::try_from(all.max(1)).ok());
    SeenRequest {
        number,
        state,
        merged: id(&merge["oid"]).filter(|_| state == State::Merged),
        base: None,
        commits: if is_merge { Some(1) } else { all },
    }
}

fn id(value: &Value) -> Option<ObjectId> {
    value.as_str().and_then(ObjectId::parse)
}

/// The commits along first parents, with the trees of folders in all of them.
fn commits(
    nodes: &[Value],
    folders: &[Folder],
    trees: &mut Vec<(watch::Spot, Option<ObjectId>)>,
) -> Vec<SeenCommit> {
    let by_id: HashMap<_, _> = nodes
        .iter()
        .filter_map(|node| Some((id(&node["oid"])?, node)))
        .collect();
    let mut next = nodes.first().and_then(|node| id(&node["oid"]));
    let mut line = Vec::new();
    while let Some((commit, node)) = next.and_then(|own| Some((own, by_id.get(&own)?))) {
        for (at, folder) in folders.iter().enumerate() {
            let tree = match folder.path() {
                Some(_) => id(&node[format!("f{at}")]["oid"]),
                None => id(&node["tree"]["oid"]),
            };
            trees.push(((commit, folder.clone()), tree));
        }
        next = id(&node["parents"]["nodes"][0]["oid"]);
        line.push(SeenCommit {
            id: commit,
            parent: next,
            reports: reports(node),
            is_partial: is_partial(&node["checkSuites"]),
        });
        if line.len() == nodes.len() {
            break;
        }
    }
    line
}

fn reports(node: &Value) -> Vec<Report> {
    let contexts = node["status"]["contexts"].as_array().into_iter().flatten();
    let mut reports: Vec<_> = contexts.filter_map(status).collect();
    let suites = node["checkSuites"]["nodes"]
        .as_array()
        .into_iter()
        .flatten();
    for suite in suites {
        let runs = suite["checkRuns"]["nodes"].as_array().into_iter().flatten();
        reports.extend(runs.filter_map(|run| check_run(run, &suite["app"])));
    }
    reports
}

/// Whether a commit has more check runs than came.
fn is_partial(suites: &Value) -> bool {
    let is_cut = |list: &Value| {
        let came = list["nodes"].as_array().map_or(0, Vec::len);
        let all = list["totalCount"].as_u64().unwrap_or_default();
        usize::try_from(all).is_ok_and(|all| all > came)
    };
    let each = suites["nodes"].as_array().into_iter().flatten();
    is_cut(suites) || each.into_iter().any(|suite| is_cut(&suite["checkRuns"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An app's name, which no user can take: `flux[bot]`.
fn bot(slug: &str) -> String {
    format!("{}[bot]", slug.trim_end_matches("[bot]"))
}

fn status(status: &Value) -> Option<Report> {
    let creator = &status["creator"];
    let login = text(&creator["login"]);
    let author = match creator["__typename"].as_str() {
        Some("Bot") => bot(&login),
        _ => login,
    };
    Some(Report {
        context: Context::named(status["context"].as_str()?),
        state: match status["state"].as_str() {
            Some("SUCCESS") => ReportState::Succeeded,
            Some("FAILURE") => ReportState::Failed,
            Some("ERROR") => ReportState::Error,
            _ => ReportState::Pending,
        },
        description: text(&status["description"]),
        author_name: author.clone(),
        author: Some(author)
            .filter(|login| !login.is_empty())
            .into_iter()
            .collect(),
        link: status["targetUrl"].as_str().map(str::to_owned),
        order: moment(status["createdAt"].as_str().unwrap_or_default()),
        seen: 0,
    })
}

fn check_run(run: &Value, app: &Value) -> Option<Report> {
    let slug = text(&app["slug"]);
    let author = Some(slug)
        .filter(|slug| !slug.is_empty())
        .map(|slug| bot(&slug));
    let state = match (run["status"].as_str(), run["conclusion"].as_str()) {
        (Some("COMPLETED"), Some("SUCCESS")) => ReportState::Succeeded,
        (
            Some("COMPLETED"),
            Some("FAILURE" | "TIMED_OUT" | "STARTUP_FAILURE" | "ACTION_REQUIRED"),
        ) => ReportState::Failed,
        (Some("COMPLETED"), _) => ReportState::Other,
        _ => ReportState::Pending,
    };
    Some(Report {
        context: Context::named(run["name"].as_str()?),
        state,
        description: text(&run["title"]),
        author_name: author.clone().unwrap_or_default(),
        author: author.into_iter().collect(),
        link: run["detailsUrl"].as_str().map(str::to_owned),
        // Comparable with statuses, which have no number.
        order: ["completedAt", "startedAt"]
            .iter()
            .find_map(|at| run[*at].as_str())
            .map_or(0, moment),
        seen: 0,
    })
}
