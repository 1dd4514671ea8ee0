//! Validated options of token replacement.
//!
//! Owns the meaning of every switch and the differences between the versions
//! of the task that this stage replaces. Reads nothing; see `inputs` and
//! `args` for where the values come from.

use std::collections::BTreeSet;

use crate::text::encoding::Codec;

use super::error::Error;
use super::space::is_space;

/// Whose behaviour to follow where the versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, clap::ValueEnum)]
pub enum Compatibility {
    /// Replace Tokens 3.
    V3,
    /// Replace Tokens 4.
    V4,
    /// Replace Tokens 5.
    V5,
    /// Replace Tokens 6 and the `replacetokens` program.
    V6,
    /// Our own rules: nothing is lost, guessed or half done.
    #[default]
    #[value(skip)]
    Own,
}

impl Compatibility {
    /// Versions 3 to 5, which share one engine.
    pub fn is_old(self) -> bool {
        self <= Self::V5
    }

    /// Our own rules.
    pub fn is_own(self) -> bool {
        self == Self::Own
    }

    /// Reads `v3` … `v6`, with or without the letter; empty means our own.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(
            match text.trim().to_ascii_lowercase().trim_start_matches('v') {
                "" => Self::Own,
                "3" => Self::V3,
                "4" => Self::V4,
                "5" => Self::V5,
                "6" => Self::V6,
                _ => {
                    return Err(Error::value(
                        "compatibility",
                        text,
                        "v3, v4, v5, v6, or nothing",
                    ));
                }
            },
        )
    }
}

/// What a token, or a transform, stands between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiters {
    /// Before.
    pub prefix: String,
    /// After.
    pub suffix: String,
}

impl Delimiters {
    /// Two non-empty texts; white space at their start would make it unclear
    /// where a name ends.
    pub fn new(what: &'static str, prefix: &str, suffix: &str) -> Result<Self, Error> {
        for (side, text) in [("prefix", prefix), ("suffix", suffix)] {
            if text.is_empty() {
                return Err(Error::Delimiter {
                    what,
                    side,
                    reason: "is empty".to_owned(),
                });
            }
            if text.starts_with(is_space) {
                return Err(Error::Delimiter {
                    what,
                    side,
                    reason: format!("{text:?} begins with white space"),
                });
            }
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        })
    }

    /// The delimiters of a named pattern; `None` for `custom`.
    pub fn of_pattern(name: &str, level: Compatibility) -> Result<Option<Self>, Error> {
        let (prefix, suffix) = match name {
            "" | "default" => ("#{", "}#"),
            "azpipelines" => ("$(", ")"),
            "doublebraces" => ("{{", "}}"),
            "octopus" => ("#{", "}"),
            "doubleunderscores" if !level.is_old() => ("__", "__"),
            "githubactions" if !level.is_old() => ("${{", "}}"),
            // The name of version 5.
            "rm" if level != Compatibility::V6 => ("__", "__"),
            "custom" => return Ok(None),
            _ => {
                return Err(Error::value(
                    "tokenPattern",
                    name,
                    "default, azpipelines, custom, doublebraces, doubleunderscores, githubactions, octopus, rm",
                ));
            }
        };
        Self::new("token", prefix, suffix).map(Some)
    }
}

/// How a value is escaped before it is put in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Escape {
    /// As it is.
    Off,
    /// By the extension of the file: `.json`, `.xml`, nothing else.
    #[default]
    Auto,
    /// For a JSON string.
    Json,
    /// For XML text and attributes.
    Xml,
    /// For a double-quoted YAML scalar.
    Yaml,
    /// `escape` in front of each of `characters`.
    Custom {
        /// The text in front.
        escape: String,
        /// The characters that need it.
        characters: String,
    },
}

/// How loud something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Only on request.
    Debug,
    /// For information.
    Info,
    /// Worth a look.
    Warn,
    /// Makes the run fail.
    Error,
    /// Never said (as a threshold: nothing is).
    Off,
}

/// What stands in for a variable that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Missing {
    /// Nothing.
    #[default]
    Nothing,
    /// The token stays.
    Keep,
    /// A default value.
    Default(String),
}

/// What happens to a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bom {
    /// It stays as it is.
    Preserve,
    /// Written in every Unicode encoding.
    Add,
    /// Never written.
    Remove,
}

/// How empty values are treated by versions 3 to 5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyEmpty {
    /// The value that stands for an empty text.
    pub marker: String,
}

/// A reason to fail a run that would otherwise be fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum FailOn {
    /// A variable is missing.
    Missing,
    /// No token was found.
    NoTokens,
    /// A line of sources matches no file.
    NoFiles,
    /// A given variable was used by no token.
    UnusedVariable,
}

/// Everything that decides how one text is replaced.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Options {
    /// Whose behaviour.
    pub compatibility: Compatibility,
    /// What tokens look like.
    pub delimiters: Delimiters,
    /// The grammar of `useLegacyPattern`.
    pub legacy_pattern: bool,
    /// What transforms look like, when they are on.
    pub transforms: Option<Delimiters>,
    /// Whether tokens inside values are replaced.
    pub recursive: bool,
    /// How values are escaped.
    pub escape: Escape,
    /// The encoding of all files; `None` finds out for each.
    pub encoding: Option<Codec>,
    /// Byte order marks.
    pub bom: Bom,
    /// What stands in for missing variables.
    pub missing: Missing,
    /// A kept token in YAML or JSON stays text, where it would be read as a
    /// comment: it is then found in what comes of the file.
    pub kept_is_text: bool,
    /// How loud a missing variable is.
    pub missing_log: Level,
    /// The old treatment of empty values.
    pub legacy_empty: Option<LegacyEmpty>,
    /// Whether the further lines of a value are indented to the token's column.
    pub auto_indent: bool,
    /// Reasons to fail.
    pub fail_on: BTreeSet<FailOn>,
}

impl Options {
    /// The defaults of a level, with the default pattern.
    pub fn new(compatibility: Compatibility) -> Self {
        Self {
            compatibility,
            delimiters: Delimiters {
                prefix: "#{".to_owned(),
                suffix: "}#".to_owned(),
            },
            legacy_pattern: false,
            transforms: None,
            recursive: false,
            escape: Escape::Auto,
            encoding: None,
            bom: match compatibility {
                Compatibility::Own => Bom::Preserve,
                Compatibility::V6 => Bom::Remove,
                _ => Bom::Add,
            },
            missing: Missing::Nothing,
            kept_is_text: false,
            missing_log: Level::Warn,
            legacy_empty: compatibility.is_old().then(|| LegacyEmpty {
                marker: "(empty)".to_owned(),
            }),
            auto_indent: false,
            fail_on: BTreeSet::new(),
        }
    }

    /// Refuses combinations that cannot work.
    pub fn check(&self) -> Result<(), Error> {
        let Some(transforms) = &self.transforms else {
            return Ok(());
        };
        let fail = |what, side, reason| Err(Error::Delimiter { what, side, reason });
        let Delimiters { prefix, suffix } = transforms;
        if self.compatibility.is_own() && prefix == suffix {
            let reason = format!(
                "{suffix:?} is the prefix as well, so that calls could not be distinguished"
            );
            return fail("transform", "suffix", reason);
        }
        if self.compatibility.is_own() && *prefix == self.delimiters.prefix {
            let reason = format!(
                "{prefix:?} is the transform prefix as well, so that every transform would begin a token"
            );
            return fail("token", "prefix", reason);
        }
        if self.compatibility.is_old() || *suffix != self.delimiters.suffix {
            return Ok(());
        }
        let reason = format!(
            "{suffix:?} is the transform suffix as well, so that no transform could ever end"
        );
        fail("token", "suffix", reason)
    }
}
