//! Pull requests: finding, opening, changing, giving up.

use serde_json::{Value, json};

use super::client::Client;
use super::extras::{Sent, Wishes};
use super::wire::{self, List, facts, full};
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::{Done, Draft, Facts, Opened, PullRequest, State, same_text};
use crate::host::rest::Call;

/// How many closed pull requests of one pair of branches are looked at.
const LOOKED_AT: &str = "20";

/// Pull requests per page of a longer list, and pages, at most.
const PAGE: usize = 100;
const MOST_PAGES: usize = 20;

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
        let found = self.list(source, Some(target), "active").await?;
        match found.first() {
            // Lists cut descriptions and leave out labels.
            Some(first) => self.get(first.pull_request_id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest pull request between two branches that is no longer open.
    pub(in crate::host) async fn last(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<PullRequest>, Fault> {
        let found = self.list(source, Some(target), "all").await?;
        let newest = found
            .iter()
            .filter(|request| matches!(request.status.as_str(), "completed" | "abandoned"))
            .max_by_key(|request| request.pull_request_id);
        match newest {
            Some(newest) => self.get(newest.pull_request_id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The open pull requests from a branch of this repository; descriptions may be cut.
    pub(in crate::host) async fn open_of(&self, source: &str) -> Result<Vec<PullRequest>, Fault> {
        let found = self.list(source, None, "active").await?;
        let place = self.place().await?;
        let found = found.into_iter();
        Ok(found
            .map(|request| request.into_pull_request(place))
            .collect())
    }

    async fn list(
        &self,
        source: &str,
        target: Option<&str>,
        status: &str,
    ) -> Result<Vec<wire::Request>, Fault> {
        let mut url = self.place().await?.git(&["pullrequests"]);
        url.query_pairs_mut()
            .append_pair("searchCriteria.sourceRefName", &full(source))
            .append_pair("searchCriteria.status", status)
            .append_pair("$top", LOOKED_AT);
        if let Some(target) = target {
            url.query_pairs_mut()
                .append_pair("searchCriteria.targetRefName", &full(target));
        }
        let mut list: List<wire::Request> = self.read(Call::get, url).await?;
        list.value.retain(|request| request.fork_source.is_none());
        Ok(list.value)
    }

    /// The open pull requests into a branch that come from branches whose
    /// names begin with `prefix`; descriptions may be cut.
    pub(in crate::host) async fn open_from(
        &self,
        prefix: &str,
        target: &str,
    ) -> Result<Vec<PullRequest>, Fault> {
        let place = self.place().await?;
        let (prefix, mut found) = (full(prefix), Vec::new());
        for page in 0..MOST_PAGES {
            let mut url = place.git(&["pullrequests"]);
            url.query_pairs_mut()
                .append_pair("searchCriteria.targetRefName", &full(target))
                .append_pair("searchCriteria.status", "active")
                .append_pair("$top", &PAGE.to_string())
                .append_pair("$skip", &(page * PAGE).to_string());
            let list: List<wire::Request> = self.read(Call::get, url).await?;
            let full_page = list.value.len() == PAGE;
            let ours = list.value.into_iter().filter(|request| {
                request.fork_source.is_none() && request.source_ref_name.starts_with(&prefix)
            });
            found.extend(ours.map(|request| request.into_pull_request(place)));
            if !full_page {
                break;
            }
        }
        Ok(found)
    }

    pub(in crate::host) async fn get(&self, number: u64) -> Result<PullRequest, Fault> {
        let place = self.place().await?;
        let mut url = place.git(&["pullrequests", &number.to_string()]);
        url.query_pairs_mut()
            .append_pair("includeWorkItemRefs", "true");
        let request: wire::Request = self.read(Call::get, url).await?;
        Ok(request.into_pull_request(place))
    }

    /// Opens a pull request, or brings the one that is there up to date.
    pub(in crate::host) async fn create(&self, draft: &Draft) -> Result<Opened, Fault> {
        let (wishes, mut warnings) = self.wishes(draft, &[]).await;
        let mut sent = Sent::Already;
        let mut made = self.open(draft, &wishes).await;
        if let Err(refused) = &made
            && refused.is_definite()
            && !exists(refused)
            && !wishes.is_empty()
        {
            // One wrong reviewer refuses the whole request: it is opened
            // without extras, and each is then asked for by itself.
            sent = Sent::No;
            let bare = self.open(draft, &Wishes::default()).await;
            if bare.is_ok() || bare.as_ref().is_err_and(exists) {
                made = bare;
            }
        }
        let found = match made {
            Ok(Made::Now(pull_request)) => {
                let wishes = wishes.missing_after(&pull_request, sent);
                warnings.extend(self.grant(&pull_request, &wishes).await);
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
            Err(fault) => return Err(fault),
        };
        self.update(&found, draft).await
    }

    /// One creation, looked up when the answer is lost.
    async fn open(&self, draft: &Draft, wishes: &Wishes) -> Result<Made, Fault> {
        let place = self.place().await?;
        let mut body = json!({
            "sourceRefName": full(&draft.source),
            "targetRefName": full(&draft.target),
            "title": draft.title,
            "description": draft.description,
            "isDraft": draft.draft,
        });
        wishes.add_to(&mut body);
        let write = || async {
            let url = place.git(&["pullrequests"]);
            let request: wire::Request =
                self.read(|url| Call::post(url, body.clone()), url).await?;
            let mut made = request.into_pull_request(place);
            if let Facts::Azure(facts) = &mut made.facts {
                facts.ours = true;
            }
            // The answer need not repeat what was sent.
            made.title.clone_from(&draft.title);
            made.description.clone_from(&draft.description);
            Ok(Made::Now(made))
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
            changes.insert("description".to_owned(), text);
        }
        let mut updated = pull_request.clone();
        let mut done = Done::Nothing;
        if !changes.is_empty() {
            let answer = self
                .patch(pull_request.number, Value::Object(changes))
                .await?;
            // The answer leaves out labels and need not repeat the texts.
            updated = PullRequest {
                labels: pull_request.labels.clone(),
                title: draft.title.clone(),
                description: draft.description.clone(),
                ..answer
            };
            done = Done::Updated;
        }
        let (wishes, mut warnings) = self.wishes(draft, &facts(pull_request).reviewers).await;
        let (wishes, unread) = self.missing(pull_request, wishes).await;
        if !wishes.is_empty() {
            done = Done::Updated;
        }
        warnings.extend(unread);
        warnings.extend(self.grant(&updated, &wishes).await);
        Ok(Opened {
            pull_request: updated,
            done,
            warnings,
        })
    }

    pub(super) async fn patch(&self, number: u64, body: Value) -> Result<PullRequest, Fault> {
        let place = self.place().await?;
        let url = place.git(&["pullrequests", &number.to_string()]);
        let request: wire::Request = self.read(|url| Call::patch(url, body.clone()), url).await?;
        Ok(request.into_pull_request(place))
    }

    /// Gives a pull request up.
    pub(in crate::host) async fn close(
        &self,
        pull_request: &PullRequest,
    ) -> Result<PullRequest, Fault> {
        if pull_request.state != State::Open {
            return Ok(pull_request.clone());
        }
        let abandoned = json!({"status": "abandoned"});
        match self.patch(pull_request.number, abandoned).await {
            Err(fault) if fault.is_definite() => {
                let now = self.get(pull_request.number).await?;
                if now.state == State::Open {
                    return Err(fault);
                }
                Ok(now)
            }
            other => other,
        }
    }
}

/// "TF401179: An active pull request for the source and target branch already exists."
fn exists(fault: &Fault) -> bool {
    matches!(fault, Fault::Invalid { status: 409, said } if said.contains("TF401179"))
}
