//! Pull requests: finding, opening, changing, closing.

use serde_json::{Value, json};

use super::client::Client;
use super::extras::Wishes;
use super::place::Place;
use super::wire;
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::{Done, Draft, Opened, PullRequest, State, same_text};
use crate::host::rest::Call;

/// A pull request that was opened now, or was there after all.
enum Made {
    Now(PullRequest),
    Found(PullRequest),
}

impl Client {
    /// The open pull request between two branches of this repository.
    pub(in crate::host) async fn find(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<PullRequest>, Fault> {
        let found = self.search(source, Some(target), "open").await?;
        Ok(found.into_iter().next())
    }

    /// The newest pull request between two branches that is no longer open.
    pub(in crate::host) async fn last(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<PullRequest>, Fault> {
        let found = self.search(source, Some(target), "closed").await?;
        Ok(found.into_iter().next())
    }

    /// The open pull requests from a branch of this repository.
    pub(in crate::host) async fn open_of(&self, source: &str) -> Result<Vec<PullRequest>, Fault> {
        self.search(source, None, "open").await
    }

    /// Pull requests between two branches, the newest first; without a target, those of a
    /// branch into any.
    async fn search(
        &self,
        source: &str,
        target: Option<&str>,
        state: &str,
    ) -> Result<Vec<PullRequest>, Fault> {
        let make = |place: &Place| {
            let mut url = place.repository(&["pulls"]);
            url.query_pairs_mut()
                .append_pair("state", state)
                .append_pair("head", &format!("{}:{source}", place.owner))
                .append_pair("sort", "created")
                .append_pair("direction", "desc")
                .append_pair("per_page", if target.is_some() { "1" } else { "100" });
            if let Some(target) = target {
                url.query_pairs_mut().append_pair("base", target);
            }
            Call::get(url)
        };
        let found: Vec<wire::Request> = self.read(make).await?;
        let found = found.into_iter().map(wire::Request::into_pull_request);
        // A server that does not know a filter leaves it out.
        Ok(found
            .filter(|found| found.source == source)
            .filter(|found| target.is_none_or(|target| found.target == target))
            .collect())
    }

    /// The open pull requests into a branch that come from branches of this
    /// repository whose names begin with `prefix`.
    pub(in crate::host) async fn open_from(
        &self,
        prefix: &str,
        target: &str,
    ) -> Result<Vec<PullRequest>, Fault> {
        let make = |place: &Place| {
            let mut url = place.repository(&["pulls"]);
            url.query_pairs_mut()
                .append_pair("state", "open")
                .append_pair("base", target)
                .append_pair("per_page", "100");
            url
        };
        let found: Vec<wire::Request> = self.list(make, |page| page).await?;
        let found = found.into_iter().filter(wire::Request::is_from_here);
        let found = found.map(wire::Request::into_pull_request);
        Ok(found
            .filter(|found| found.source.starts_with(prefix) && found.target == target)
            .collect())
    }

    pub(in crate::host) async fn get(&self, number: u64) -> Result<PullRequest, Fault> {
        let number = number.to_string();
        let make = |place: &Place| Call::get(place.repository(&["pulls", &number]));
        let request: wire::Request = self.read(make).await?;
        Ok(request.into_pull_request())
    }

    /// Opens a pull request, or brings the one that is there up to date.
    pub(in crate::host) async fn create(&self, draft: &Draft) -> Result<Opened, Fault> {
        let mut warnings = Vec::new();
        let mut made = self.open(draft, draft.draft).await;
        if let Err(Fault::Invalid { said, .. }) = &made
            && draft.draft
            && said.contains("Draft pull requests are not supported")
        {
            warnings.push(
                "the pull request is not a draft: this repository does not support drafts"
                    .to_owned(),
            );
            made = self.open(draft, false).await;
        }
        let found = match made {
            Ok(Made::Now(pull_request)) => {
                warnings.extend(what_github_lacks(draft));
                let wishes = Wishes::of(draft);
                warnings.extend(self.grant(pull_request.number, &wishes).await);
                return Ok(Opened {
                    pull_request,
                    done: Done::Created,
                    warnings,
                });
            }
            Ok(Made::Found(found)) => found,
            Err(fault) if exists(&fault) => self
                .find(&draft.source, &draft.target)
                .await?
                .ok_or(fault)?,
            Err(Fault::Invalid { said, .. }) if said.contains("No commits between") => {
                return Err(Fault::NoCommits { said });
            }
            Err(fault) => return Err(fault),
        };
        self.update(&found, draft).await
    }

    /// One creation, looked up when the answer is lost.
    async fn open(&self, draft: &Draft, as_draft: bool) -> Result<Made, Fault> {
        let body = json!({
            "title": draft.title,
            "head": draft.source,
            "base": draft.target,
            "body": draft.description,
            "draft": as_draft,
        });
        let write = || async {
            let make = |place: &Place| Call::post(place.repository(&["pulls"]), body.clone());
            let request: wire::Request = self.read(make).await?;
            Ok(Made::Now(request.into_pull_request()))
        };
        let look = || async {
            let found = self.find(&draft.source, &draft.target).await?;
            Ok(found.map(Made::Found))
        };
        looking::write(self.rest.retry(), write, look).await
    }

    /// Changes what differs from the draft.
    pub(in crate::host) async fn update(
        &self,
        pull_request: &PullRequest,
        draft: &Draft,
    ) -> Result<Opened, Fault> {
        let mut changes = serde_json::Map::new();
        if pull_request.title != draft.title {
            changes.insert("title".to_owned(), Value::from(draft.title.as_str()));
        }
        if !same_text(&pull_request.description, &draft.description) {
            let text = Value::from(draft.description.as_str());
            changes.insert("body".to_owned(), text);
        }
        let mut updated = pull_request.clone();
        let mut done = Done::Nothing;
        if !changes.is_empty() {
            updated = self
                .patch(pull_request.number, Value::Object(changes))
                .await?;
            done = Done::Updated;
        }
        let (wishes, unread) = self.missing(pull_request, draft).await;
        if !wishes.is_empty() {
            done = Done::Updated;
        }
        let mut warnings: Vec<String> = unread.into_iter().collect();
        warnings.extend(self.grant(pull_request.number, &wishes).await);
        Ok(Opened {
            pull_request: updated,
            done,
            warnings,
        })
    }

    async fn patch(&self, number: u64, body: Value) -> Result<PullRequest, Fault> {
        let number = number.to_string();
        let make = |place: &Place| {
            let url = place.repository(&["pulls", &number]);
            Call::patch(url, body.clone())
        };
        let request: wire::Request = self.read(make).await?;
        Ok(request.into_pull_request())
    }

    /// Closes a pull request without merging it.
    pub(in crate::host) async fn close(
        &self,
        pull_request: &PullRequest,
    ) -> Result<PullRequest, Fault> {
        if pull_request.state != State::Open {
            return Ok(pull_request.clone());
        }
        let closed = json!({"state": "closed"});
        self.patch(pull_request.number, closed).await
    }
}

/// "A pull request already exists for contoso:branch."
fn exists(fault: &Fault) -> bool {
    matches!(fault, Fault::Invalid { status: 422, said } if said.contains("pull request already exists"))
}

fn what_github_lacks(draft: &Draft) -> Vec<String> {
    let mut warnings = Vec::new();
    if draft.reviewers.iter().any(|reviewer| reviewer.required) {
        warnings.push(
            "GitHub asks reviewers but does not make single ones required; that is a matter of the branch's rules"
                .to_owned(),
        );
    }
    if !draft.work_items.is_empty() {
        warnings.push(
            "GitHub has no work items: write AB#<number> into the description to link Azure Boards"
                .to_owned(),
        );
    }
    warnings
}
