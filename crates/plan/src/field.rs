//! One field that differs, as the plan shows it. Plain data with its JSON form; content
//! that may not be shown never gets in here.

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A field of a resource that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Where it is: `spec.template.spec.containers[name=web].image`.
    pub path: String,
    /// In what way it differs.
    pub change: Change,
    /// What it was, when it may be shown.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "shown"
    )]
    pub old: Option<Value>,
    /// What it becomes, when it may be shown.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "shown"
    )]
    pub new: Option<Value>,
    /// The lines of a text that differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextChange>,
    /// Why the values are not shown, and whether they are the same elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
    /// Why nobody has to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// The values are longer than what is shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// A value that is shown may be `null`.
fn shown<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// In what way a field differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It was not there.
    Added,
    /// It goes.
    Removed,
    /// Another value.
    Replaced,
    /// Some lines of a text.
    Text,
    /// The same items in another order.
    Order,
    /// The same content, written differently.
    Formatting,
    /// The new value is made from a secret that this run does not have.
    Unknown,
}

/// The lines of a text that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextChange {
    /// How many lines go.
    pub removed: usize,
    /// How many lines come.
    pub added: usize,
    /// Lines with `-`, `+` or a space before them, and `@ 12` before each place.
    pub lines: Vec<String>,
    /// How many lines that differ are not in `lines`.
    pub left_out: usize,
}

/// A value that is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hidden {
    /// Why.
    pub why: Secrecy,
    /// A keyed hash of what it was: comparable within one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// A keyed hash of what it becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// Why a value is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Secrecy {
    /// It is in a Secret.
    Secret,
    /// Its name or form says that it is confidential.
    Sensitive,
    /// It is encrypted, so there is nothing to read.
    Encrypted,
}

/// Why nobody has to read a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Noise {
    /// The name and version of the chart.
    ChartLabel,
    /// The version of the application or of a generator, as a label.
    VersionLabel,
    /// The checksum of configuration whose change is shown.
    Checksum,
    /// A moment in time.
    Timestamp,
    /// A reference to configuration that has another hash in its name.
    Reference,
    /// The order of items that have none.
    Order,
    /// Spaces, quotes and the order of keys in a document within a text.
    Formatting,
    /// What an encryption tool notes about itself.
    EncryptionNote,
}

impl Field {
    /// A field with nothing but its place.
    pub(crate) fn bare(path: String, change: Change) -> Self {
        Self {
            path,
            change,
            old: None,
            new: None,
            text: None,
            hidden: None,
            noise: None,
            cut: false,
        }
    }
}
