//! What a build of Azure Pipelines has: its attachments.

use serde_json::Value;
use url::Url;

use super::api::ApiOptions;
use super::fault::{ApiError, Fault};
use super::{HostKind, azure};

/// The builds of one project.
pub struct Builds {
    project: String,
    client: azure::Client,
}

impl Builds {
    /// The builds of a project of a collection (organization); nothing is sent yet.
    pub fn open(collection: &Url, project: &str, options: ApiOptions) -> Result<Self, ApiError> {
        let place = format!("{}/{project}", collection.as_str().trim_end_matches('/'));
        match azure::Client::of_project(collection, project, options) {
            Ok(client) => Ok(Self {
                project: place,
                client,
            }),
            Err(fault) => Err(error(&place, "preparing the requests", fault)),
        }
    }

    /// The contents of a build's attachments of one type, which hold JSON
    /// (one read, and one more for each).
    pub async fn attachments(&self, build: u64, kind: &str) -> Result<Vec<Value>, ApiError> {
        let doing = format!("reading the attachments {kind} of build {build}");
        let read = self.client.attachments(build, kind).await;
        read.map_err(|fault| error(&self.project, &doing, fault))
    }
}

fn error(place: &str, doing: &str, fault: Fault) -> ApiError {
    ApiError {
        doing: doing.to_owned(),
        repository: place.to_owned(),
        kind: HostKind::Azure,
        fault: Box::new(fault),
    }
}
