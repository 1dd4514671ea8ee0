//! What a run of token replacement reports: counters, messages, summaries.
//!
//! Owns the wording of each version. Prints nothing.

use std::ops::AddAssign;
use std::sync::Arc;

use crate::model::{Finding, Severity};

use super::error::Place;
use super::options::{Compatibility, Level};

/// What was counted, in the order in which it is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    /// Tokens found, those in values included.
    pub tokens: u64,
    /// Tokens that got a value.
    pub replaced: u64,
    /// Files looked at.
    pub files: u64,
    /// Default values used.
    pub defaults: u64,
    /// Transforms run.
    pub transforms: u64,
    /// Tokens without variable, whatever was done about it.
    #[serde(skip)]
    pub missing: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.tokens += other.tokens;
        self.replaced += other.replaced;
        self.files += other.files;
        self.defaults += other.defaults;
        self.transforms += other.transforms;
        self.missing += other.missing;
    }
}

impl Counters {
    /// What remains when nothing is written: what was found and looked at.
    pub(super) fn nothing_written(&mut self) {
        *self = Self {
            tokens: self.tokens,
            files: self.files,
            missing: self.missing,
            ..Self::default()
        };
    }

    /// The line about one file, in the words of the level.
    pub fn summary(&self, level: Compatibility) -> String {
        let Self {
            tokens,
            replaced,
            defaults,
            transforms,
            ..
        } = self;
        if level.is_old() {
            return [
                format!("{replaced} token(s) replaced out of {tokens}"),
                if_any(*defaults, || {
                    format!(" (using {defaults} default value(s))")
                }),
                if_any(*transforms, || {
                    format!(" and running {transforms} transformation(s)")
                }),
            ]
            .concat();
        }
        let s = |n: &u64| if *n > 1 { "s" } else { "" };
        [
            format!("replaced {replaced} token{} out of {tokens}", s(replaced)),
            if_any(*defaults, || {
                format!(" (using {defaults} default value{})", s(defaults))
            }),
            if_any(*transforms, || {
                format!(" (running {transforms} transform{})", s(transforms))
            }),
        ]
        .concat()
    }

    /// The line about the whole run, which versions 3 to 5 print.
    pub fn total(&self, level: Compatibility, seconds: f64) -> Option<String> {
        if !level.is_old() {
            return None;
        }
        let Self {
            tokens,
            replaced,
            files,
            defaults,
            transforms,
            ..
        } = self;
        let line = [
            format!("replaced {replaced} tokens out of {tokens}"),
            if_any(*defaults, || {
                format!(" (using {defaults} default value(s))")
            }),
            if_any(*transforms, || {
                format!(" and running {transforms} functions")
            }),
            format!(" in {files} file(s) in {seconds} seconds."),
        ];
        Some(line.concat())
    }

    /// The output variables by the names of the level.
    pub fn outputs(&self, level: Compatibility) -> Vec<(&'static str, u64)> {
        let names: [&'static str; 5] = match level {
            Compatibility::V3 => return Vec::new(),
            Compatibility::V4 | Compatibility::V5 => [
                "tokenReplacedCount",
                "tokenFoundCount",
                "fileProcessedCount",
                "transformExecutedCount",
                "defaultValueCount",
            ],
            Compatibility::V6 | Compatibility::Own => {
                ["replaced", "tokens", "files", "transforms", "defaults"]
            }
        };
        let values = [
            self.replaced,
            self.tokens,
            self.files,
            self.transforms,
            self.defaults,
        ];
        names.into_iter().zip(values).collect()
    }
}

/// A part of a line that is only there when something was counted.
fn if_any(count: u64, text: impl Fn() -> String) -> String {
    if count > 0 { text() } else { String::new() }
}

/// Something to tell, with the place that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How loud.
    pub level: Level,
    /// The file, when it is about one.
    pub file: Option<Arc<str>>,
    /// Line from 1; 0 when it is about no line.
    pub line: usize,
    /// Column in characters from 1; 0 when it is about no line.
    pub column: usize,
    /// What is said, without the place.
    pub text: String,
}

impl Message {
    /// A message about a whole run.
    pub(super) fn general(level: Level, text: impl Into<String>) -> Self {
        Self {
            level,
            file: None,
            line: 0,
            column: 0,
            text: text.into(),
        }
    }

    /// `file:line:column`, when there is a file.
    pub fn place(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(if self.line == 0 {
            file.to_string()
        } else {
            Place {
                file: file.to_string(),
                line: self.line,
                column: self.column,
            }
            .to_string()
        })
    }

    /// As a finding, when it is a warning or an error.
    pub fn to_finding(&self) -> Option<Finding> {
        let severity = match self.level {
            Level::Warn => Severity::Warning,
            Level::Error => Severity::Error,
            _ => return None,
        };
        Some(Finding {
            severity,
            message: self.text.clone(),
            place: self.place(),
        })
    }
}

/// The words for a missing variable.
pub(super) fn missing_text(level: Compatibility, name: &str) -> String {
    if level.is_old() {
        format!("  variable not found: {name}")
    } else {
        format!("variable '{name}' not found")
    }
}

/// The words for an unknown transform.
pub(super) fn unknown_transform_text(level: Compatibility, name: &str) -> String {
    if level.is_old() {
        format!("  unknown transform: {name}")
    } else {
        format!("unsupported transform '{name}'")
    }
}
