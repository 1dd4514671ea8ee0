//! Labels, reviewers and work items: what a pull request may lack without being lost.

use serde_json::{Value, json};

use super::client::Client;
use super::wire::{List, Reviewer, facts};
use crate::host::fault::Fault;
use crate::host::pull_request::{Draft, PullRequest};
use crate::host::rest::Call;

/// What is still wished for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) labels: Vec<String>,
    pub(super) reviewers: Vec<Wished>,
    pub(super) work_items: Vec<u64>,
}

/// A reviewer whose id is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wished {
    /// What the user wrote.
    pub(super) name: String,
    pub(super) id: String,
    pub(super) required: bool,
}

/// Whether the wishes were part of the request that opened the pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Already,
    No,
}

impl Wishes {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Puts the wishes into the request that opens a pull request.
    pub(super) fn add_to(&self, body: &mut Value) {
        if !self.labels.is_empty() {
            let labels = self.labels.iter().map(|name| json!({"name": name}));
            body["labels"] = labels.collect();
        }
        if !self.reviewers.is_empty() {
            let reviewers = self
                .reviewers
                .iter()
                .map(|wished| json!({"id": wished.id, "isRequired": wished.required}));
            body["reviewers"] = reviewers.collect();
        }
        if !self.work_items.is_empty() {
            let items = self
                .work_items
                .iter()
                .map(|id| json!({"id": id.to_string()}));
            body["workItemRefs"] = items.collect();
        }
    }

    /// What a pull request that was just opened does not show.
    pub(super) fn missing_after(mut self, made: &PullRequest, sent: Sent) -> Self {
        if sent == Sent::Already {
            self.work_items.clear();
        }
        self.without_what_is_there(made)
    }

    fn without_what_is_there(mut self, there: &PullRequest) -> Self {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        self.labels
            .retain(|label| !there.labels.iter().any(|own| same(own, label)));
        let reviewers = facts(there).reviewers;
        self.reviewers.retain(|wished| {
            !reviewers
                .iter()
                .any(|own| same(&own.id, &wished.id) && (own.is_required || !wished.required))
        });
        self
    }
}

impl Client {
    /// What a draft wishes for besides its texts. Reviewers that are `there`
    /// need no look-up; those nobody knows become warnings.
    pub(super) async fn wishes(&self, draft: &Draft, there: &[Reviewer]) -> (Wishes, Vec<String>) {
        let mut warnings = Vec::new();
        let mut reviewers: Vec<Wished> = Vec::new();
        for asked in &draft.reviewers {
            let known = there.iter().find(|own| own.is(&asked.name));
            let id = match known {
                Some(known) => Ok(known.id.clone()),
                None => self.identity(&asked.name).await,
            };
            match id {
                Ok(id) if reviewers.iter().any(|other| other.id == id) => {}
                Ok(id) => reviewers.push(Wished {
                    name: asked.name.clone(),
                    id,
                    required: asked.required,
                }),
                Err(reason) => warnings.push(format!(
                    "the reviewer {:?} could not be added: {reason}",
                    asked.name
                )),
            }
        }
        let wishes = Wishes {
            labels: draft.labels.clone(),
            reviewers,
            work_items: draft.work_items.clone(),
        };
        (wishes, warnings)
    }

    /// What an existing pull request lacks.
    pub(super) async fn missing(
        &self,
        there: &PullRequest,
        wishes: Wishes,
    ) -> (Wishes, Option<String>) {
        let mut wishes = wishes.without_what_is_there(there);
        if wishes.work_items.is_empty() {
            return (wishes, None);
        }
        // Servers that do not tell are asked.
        let linked = match facts(there).work_items {
            Some(linked) => Ok(linked),
            None => self.work_items(there.number).await,
        };
        match linked {
            Ok(linked) => {
                wishes
                    .work_items
                    .retain(|id| !linked.contains(&id.to_string()));
                (wishes, None)
            }
            Err(fault) => {
                wishes.work_items.clear();
                let warning = format!("the work items could not be read: {fault}");
                (wishes, Some(warning))
            }
        }
    }

    async fn work_items(&self, number: u64) -> Result<Vec<String>, Fault> {
        #[derive(serde::Deserialize)]
        struct Item {
            id: String,
        }
        let place = self.place().await?;
        let url = place.git(&["pullRequests", &number.to_string(), "workitems"]);
        let items: List<Item> = self.read(Call::get, url).await?;
        Ok(items.value.into_iter().map(|item| item.id).collect())
    }

    /// Asks for each wish by itself; what cannot be had is told.
    pub(super) async fn grant(&self, to: &PullRequest, wishes: &Wishes) -> Vec<String> {
        let mut warnings = Vec::new();
        for label in &wishes.labels {
            if let Err(fault) = self.label(to.number, label).await {
                warnings.push(format!("the label {label:?} could not be added: {fault}"));
            }
        }
        for wished in &wishes.reviewers {
            if let Err(fault) = self.reviewer(to.number, wished).await {
                let name = &wished.name;
                warnings.push(format!("the reviewer {name:?} could not be added: {fault}"));
            }
        }
        for id in &wishes.work_items {
            if let Err(fault) = self.link(to, *id).await {
                warnings.push(format!("the work item {id} could not be linked: {fault}"));
            }
        }
        warnings
    }

    async fn label(&self, number: u64, name: &str) -> Result<(), Fault> {
        let url = self
            .place()
            .await?
            .git(&["pullRequests", &number.to_string(), "labels"]);
        // A label that is there already is simply answered with.
        let make = |url| Call::post(url, json!({"name": name})).safe();
        self.send(make, url).await.map(drop)
    }

    async fn reviewer(&self, number: u64, wished: &Wished) -> Result<(), Fault> {
        let place = self.place().await?;
        let number = number.to_string();
        let url = place.git(&["pullRequests", &number, "reviewers", &wished.id]);
        let body = json!({"id": wished.id, "isRequired": wished.required});
        let make = |url| Call::put(url, body.clone());
        self.send(make, url).await.map(drop)
    }

    /// Links a work item by a relation of its own: only the request that opens
    /// a pull request takes them.
    async fn link(&self, to: &PullRequest, id: u64) -> Result<(), Fault> {
        let url = self
            .place()
            .await?
            .api(true, &["wit", "workitems", &id.to_string()]);
        let relation = json!({
            "rel": "ArtifactLink",
            "url": facts(to).artifact,
            "attributes": {"name": "Pull Request"},
        });
        let body = json!([{"op": "add", "path": "/relations/-", "value": relation}]);
        let write = || async {
            let make = |url| Call::patch(url, body.clone()).json_patch();
            match self.send(make, url.clone()).await {
                // "TF401021/VS402881: the relation already exists"
                Err(Fault::Invalid { said, .. }) if said.contains("already exists") => Ok(()),
                other => other.map(drop),
            }
        };
        let look = || async {
            let linked = self.work_items(to.number).await?;
            Ok(linked.contains(&id.to_string()).then_some(()))
        };
        crate::host::looking::write(self.rest.retry(), write, look).await
    }
}
