//! The plan as a value, with its JSON form (`schema/plan-1.json`). Plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::commits::Commits;
use crate::field::{Field, Noise};
use crate::image::ImageMove;
use crate::resource::Identity;
use crate::risk::{Finding, Revert, Severity};

/// The version of the JSON form.
pub const VERSION: u32 = 1;

/// The schema of the JSON form.
pub const SCHEMA: &str = include_str!("../schema/plan-1.json");

/// What publishing would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The version of this form.
    pub version: u32,
    /// How much of what there is.
    pub summary: Summary,
    /// The commits of the source that it is about, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<Commits>,
    /// The findings, what matters most first.
    pub findings: Vec<Finding>,
    /// The resources that do not stay as they are, by namespace, kind and name.
    pub resources: Vec<ResourceChange>,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceChange {
    /// What happens.
    pub action: Action,
    /// Which resource it is; of one that goes, which it was.
    pub resource: Identity,
    /// What it was called before, when it was called otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Identity>,
    /// The cluster deletes the old one and creates a new one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recreated: bool,
    /// Its file; of one that goes, the file it was in.
    pub file: String,
    /// The line on which it begins; 0 when that is not known.
    #[serde(default)]
    pub line: usize,
    /// What differs, noise included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// More fields differ than are listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fields_cut: bool,
    /// The containers that get another image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageMove>,
    /// The highest severity among its findings that are not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Severity>,
    /// What git can take back.
    pub revert: Revert,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is new.
    Created,
    /// It stays, with other content.
    Changed,
    /// It goes.
    Deleted,
    /// Another kind takes its place.
    Replaced,
    /// It has another name.
    Renamed,
    /// It goes to another namespace.
    Moved,
    /// It is in the repository already and becomes ours.
    Adopted,
}

/// How much of what there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Resources by what happens to them.
    pub actions: BTreeMap<Action, usize>,
    /// Resources that stay as they are.
    pub unchanged: usize,
    /// Changed resources in which only noise differs.
    pub noise_only: usize,
    /// Fields to read.
    pub fields: usize,
    /// Fields that nobody has to read, by why.
    pub noise: BTreeMap<Noise, usize>,
    /// Findings that are not accepted, by severity.
    pub severities: BTreeMap<Severity, usize>,
    /// Findings that are accepted.
    pub allowed: usize,
    /// Findings that are not accepted, by what git can take back.
    pub reverts: BTreeMap<Revert, usize>,
}

impl Plan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// When the text is not JSON, has an unknown version, or does not match the schema.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let found: Versioned = serde_json::from_str(text).map_err(ReadError::of)?;
        if found.version != VERSION {
            return Err(ReadError(format!(
                "the plan has version {}; this program reads version {VERSION}",
                found.version
            )));
        }
        serde_json::from_str(text).map_err(ReadError::of)
    }

    /// The highest severity that is not accepted.
    pub fn worst(&self) -> Option<Severity> {
        self.summary.severities.keys().next_back().copied()
    }
}

impl ResourceChange {
    /// The fields that somebody has to read.
    pub fn to_read(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.noise.is_none())
    }
}

/// Why a text is not a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(String);

impl ReadError {
    pub(crate) fn new(said: impl Into<String>) -> Self {
        Self(said.into())
    }

    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(crate) fn of(error: serde_json::Error) -> Self {
        // Without the text of the file, which may be anything.
        let (line, column) = (error.line(), error.column());
        Self(format!(
            "it is not the JSON of a plan (line {line}, column {column})"
        ))
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}
