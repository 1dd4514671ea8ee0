//! The plan of a run: what each environment does, what changes in it, and the hash of it
//! all. Owns its JSON form, the plan file (`schema/plan-file-1.json`), and what makes a
//! file one that nothing may be published by.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::effect::{Effect, Removal};
use crate::hash::PlanHash;
use crate::plan::{Plan, ReadError};
use crate::secrecy::hex;

/// The version of the plan file.
pub const FILE_VERSION: u32 = 1;

/// The schema of the plan file.
pub const FILE_SCHEMA: &str = include_str!("../schema/plan-file-1.json");

/// The key of the file's own checksum.
const CHECKSUM: &str = "checksum";

/// The plan of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunPlan {
    /// The version of the plan file.
    pub version: u32,
    /// The hash of what the run would publish, as [`PlanHash`] is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Why there is no hash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_hash: Vec<NoHash>,
    /// The run that made it, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// What each environment does.
    pub environments: Vec<EnvironmentPlan>,
    /// Folders that go because no environment owns them any longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removals: Vec<Removal>,
}

/// What publishing one environment does, and what changes by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentPlan {
    /// What it does.
    pub effect: Effect,
    /// What changes, field by field; absent where nothing does, or nothing could be
    /// compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// Why there is no hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoHash {
    /// The environment that is the reason.
    pub environment: String,
    /// In words.
    pub reason: String,
}

impl NoHash {
    /// The reasons in words, each once with the environments that have it.
    pub fn told(all: &[Self]) -> Vec<String> {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in all {
            match reasons.iter_mut().find(|(reason, _)| *reason == one.reason) {
                Some((_, names)) => names.push(&one.environment),
                None => reasons.push((&one.reason, vec![&one.environment])),
            }
        }
        let told = reasons.into_iter().map(|(reason, names)| {
            let ending = if names.len() == 1 { "" } else { "s" };
            format!("environment{ending} {}: {reason}", names.join(", "))
        });
        told.collect()
    }
}

/// The run that made a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The pipeline.
    pub pipeline: String,
    /// The number of the run in it.
    pub number: u64,
}

impl RunPlan {
    /// The plan of a run. It has a hash unless there is a reason against it.
    pub fn new(
        environments: Vec<EnvironmentPlan>,
        removals: Vec<Removal>,
        no_hash: Vec<NoHash>,
        run: Option<Run>,
    ) -> Self {
        let mut plan = Self {
            version: FILE_VERSION,
            hash: None,
            no_hash,
            run,
            environments,
            removals,
        };
        if plan.no_hash.is_empty() && !plan.environments.is_empty() {
            plan.hash = Some(plan.computed().to_string());
        }
        plan
    }

    /// What each environment does.
    pub fn effects(&self) -> Vec<Effect> {
        let all = self.environments.iter();
        all.map(|one| one.effect.clone()).collect()
    }

    /// The hash of what it describes.
    pub fn computed(&self) -> PlanHash {
        let effects = self.environments.iter().map(|one| &one.effect);
        PlanHash::of(effects, &self.removals)
    }

    /// The plan file.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_value(self).unwrap_or_default();
        let checksum = checksum(&json);
        if let Some(map) = json.as_object_mut() {
            map.insert(CHECKSUM.to_owned(), Json::String(checksum));
        }
        format!("{json:#}\n")
    }

    /// Reads a plan file.
    ///
    /// # Errors
    /// When it is cut off or no plan file, has another version, or is not as it was
    /// written.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let mut json: Json = serde_json::from_str(text).map_err(|error| {
            if error.is_eof() {
                ReadError::new("it ends in the middle, so it was not written or copied completely")
            } else {
                ReadError::of(error)
            }
        })?;
        let version = json.get("version").and_then(Json::as_u64);
        let map = json.as_object_mut();
        let checksum_there = map.and_then(|map| map.shift_remove(CHECKSUM));
        let (Some(version), Some(checksum_there)) = (version, checksum_there) else {
            return Err(ReadError::new("it is not a plan file"));
        };
        if version != u64::from(FILE_VERSION) {
            return Err(ReadError::new(format!(
                "it has version {version}, and this program reads version {FILE_VERSION}"
            )));
        }
        if checksum_there.as_str() != Some(checksum(&json).as_str()) {
            return Err(ReadError::new("it was changed after it was written"));
        }
        let plan: Self = serde_json::from_value(json).map_err(ReadError::of)?;
        let said = plan.hash.as_deref().map(PlanHash::parse);
        match said {
            Some(said) if said.as_ref() != Some(&plan.computed()) => Err(ReadError::new(
                "its hash is not the hash of what it describes, so it was changed after it was written",
            )),
            _ => Ok(plan),
        }
    }
}

fn checksum(json: &Json) -> String {
    hex(&Sha256::digest(json.to_string()))
}
