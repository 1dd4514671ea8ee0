//! Labels and reviewers: what a pull request may lack without being lost.

use serde_json::{Value, json};
use std::convert::identity;

use super::client::Client;
use super::place::Place;
use super::wire::{self, facts};
use crate::host::fault::Fault;
use crate::host::pull_request::{Draft, PullRequest};
use crate::host::rest::Call;

/// What is still wished for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    labels: Vec<String>,
    users: Vec<String>,
    /// With the organization, as they were written.
    teams: Vec<String>,
}

impl Wishes {
    pub(super) fn of(draft: &Draft) -> Self {
        let mut wishes = Self {
            labels: draft.labels.clone(),
            ..Self::default()
        };
        for reviewer in &draft.reviewers {
            let name = reviewer.name.trim_start_matches('@');
            if name.contains('/') {
                wishes.teams.push(name.to_owned());
            } else {
                wishes.users.push(name.to_owned());
            }
        }
        wishes
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Client {
    /// What an existing pull request lacks. Who has looked already is not asked again.
    pub(super) async fn missing(
        &self,
        there: &PullRequest,
        draft: &Draft,
    ) -> (Wishes, Option<String>) {
        let mut wishes = Wishes::of(draft);
        let known = facts(there);
        wishes.labels.retain(|label| !has(&there.labels, label));
        wishes.users.retain(|user| !has(&known.users, user));
        wishes.teams.retain(|team| !has(&known.teams, slug(team)));
        // Nobody reviews their own pull request.
        wishes
            .users
            .retain(|user| !has(std::slice::from_ref(&known.author), user));
        if wishes.users.is_empty() && wishes.teams.is_empty() {
            return (wishes, None);
        }
        match self.reviews(there.number).await {
            Ok(reviewed) => {
                wishes.users.retain(|user| !has(&reviewed, user));
                // Whose team looked cannot be told: any review counts.
                if !reviewed.is_empty() {
                    wishes.teams.clear();
                }
                (wishes, None)
            }
            Err(fault) => {
                wishes.users.clear();
                wishes.teams.clear();
                let warning = format!("the reviews could not be read: {fault}");
                (wishes, Some(warning))
            }
        }
    }

    async fn reviews(&self, number: u64) -> Result<Vec<String>, Fault> {
        let number = number.to_string();
        let first = |place: &Place| {
            let mut url = place.repository(&["pulls", &number, "reviews"]);
            url.query_pairs_mut().append_pair("per_page", "100");
            url
        };
        let reviews: Vec<wire::Review> = self.list(first, identity).await?;
        let users = reviews.into_iter().filter_map(|review| review.user);
        Ok(users.map(|user| user.login).collect())
    }

    /// Asks for what is wished for: all at once and, when that is refused, one
    /// by one, so that it can be told which it was.
    pub(super) async fn grant(&self, number: u64, wishes: &Wishes) -> Vec<String> {
        let mut warnings = Vec::new();
        if !wishes.labels.is_empty()
            && let Err(fault) = self.label(number, &wishes.labels).await
        {
            let single = wishes.labels.len() == 1 || !fault.is_definite();
            if single {
                let names = wishes.labels.join(", ");
                warnings.push(format!("the label {names:?} could not be added: {fault}"));
            } else {
                for label in &wishes.labels {
                    if let Err(fault) = self.label(number, std::slice::from_ref(label)).await {
                        warnings.push(format!("the label {label:?} could not be added: {fault}"));
                    }
                }
            }
        }
        let (users, teams) = (&wishes.users, &wishes.teams);
        if (!users.is_empty() || !teams.is_empty())
            && let Err(fault) = self.ask(number, users, teams).await
        {
            let warning = |name: &str, fault: &Fault| {
                format!("the reviewer {name:?} could not be added: {fault}")
            };
            let all: Vec<&str> = users.iter().chain(teams).map(String::as_str).collect();
            if all.len() == 1 || !fault.is_definite() {
                warnings.push(warning(&all.join(", "), &fault));
                return warnings;
            }
            for user in users {
                let user = std::slice::from_ref(user);
                if let Err(fault) = self.ask(number, user, &[]).await {
                    warnings.push(warning(&user[0], &fault));
                }
            }
            for team in teams {
                let team = std::slice::from_ref(team);
                if let Err(fault) = self.ask(number, &[], team).await {
                    warnings.push(warning(&team[0], &fault));
                }
            }
        }
        warnings
    }

    /// Labels that do not exist are made by this.
    async fn label(&self, number: u64, labels: &[String]) -> Result<(), Fault> {
        let number = number.to_string();
        let make = |place: &Place| {
            let url = place.repository(&["issues", &number, "labels"]);
            Call::post(url, json!({"labels": labels})).safe()
        };
        self.send(make).await.map(drop)
    }

    async fn ask(&self, number: u64, users: &[String], teams: &[String]) -> Result<(), Fault> {
        let number = number.to_string();
        let mut body = serde_json::Map::new();
        if !users.is_empty() {
            body.insert("reviewers".to_owned(), json!(users));
        }
        if !teams.is_empty() {
            let slugs: Vec<&str> = teams.iter().map(|team| slug(team)).collect();
            body.insert("team_reviewers".to_owned(), json!(slugs));
        }
        let make = |place: &Place| {
            let url = place.repository(&["pulls", &number, "requested_reviewers"]);
            Call::post(url, Value::Object(body.clone())).safe()
        };
        self.send(make).await.map(drop)
    }
}

/// A team as the interface calls it, without its organization.
fn slug(team: &str) -> &str {
    team.rsplit('/').next().unwrap_or(team)
}

/// Names of people, teams and labels do not differ by case.
fn has(names: &[String], name: &str) -> bool {
    names
        .iter()
        .any(|own| own.to_lowercase() == name.to_lowercase())
}
