//! One `tokens` command, with every option as a value.
//!
//! Owns the meaning of option texts: the words of all versions, defaults, and
//! which options need each other. Where the texts come from is the business of
//! `args` (command line) and `inputs` (task).

use std::path::PathBuf;

use crate::text::encoding::Codec;

use super::error::Error;
use super::load::Source;
use super::options::{
    Bom, Compatibility, Delimiters, Escape, FailOn, LegacyEmpty, Level, Missing, Options,
};

/// Everything that one run needs to know.
#[expect(clippy::struct_excessive_bools, reason = "each is an input of its own")]
#[derive(Debug, Clone)]
pub struct Job {
    /// How texts are replaced.
    pub options: Options,
    /// Where relative paths begin.
    pub root: PathBuf,
    /// The lines of sources.
    pub sources: Vec<String>,
    /// Letters in patterns match without regard to case.
    pub case_insensitive_paths: bool,
    /// Wildcards match names that begin with a dot.
    pub include_dot_paths: bool,
    /// Where given variables come from, weakest first.
    pub variables: Vec<Source>,
    /// What joins the keys of nested objects.
    pub separator: String,
    /// Whether pipeline variables are left out.
    pub given_only: bool,
    /// Whether the environment is a layer of variables.
    pub use_env: bool,
    /// How loud it is when there is no file at all.
    pub if_no_files: Level,
    /// What is shown.
    pub log_level: Level,
    /// Whether only a diff is made.
    pub dry_run: bool,
    /// Names to explain.
    pub explain: Vec<String>,
}

/// Option texts as they were given; empty ones count as not given.
#[expect(clippy::struct_excessive_bools, reason = "each is an input of its own")]
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    pub(super) pattern: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) suffix: Option<String>,
    pub(super) legacy_pattern: bool,
    pub(super) escape: Option<String>,
    pub(super) escape_char: Option<String>,
    pub(super) chars_to_escape: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) bom: Option<bool>,
    pub(super) missing_action: Option<String>,
    pub(super) missing_default: Option<String>,
    pub(super) missing_log: Option<String>,
    pub(super) recursive: bool,
    pub(super) transforms: bool,
    pub(super) transforms_prefix: Option<String>,
    pub(super) transforms_suffix: Option<String>,
    pub(super) auto_indent: bool,
    pub(super) fail_on: Vec<FailOn>,
    /// `None`: not by the old rules.
    pub(super) legacy_empty: Option<LegacyEmpty>,
}

impl Options {
    /// Our own level with this pattern; `custom` needs prefix and suffix. With
    /// `default` they count as well, each instead of its half.
    pub fn of_pattern(
        pattern: &str,
        prefix: Option<&str>,
        suffix: Option<&str>,
    ) -> Result<Self, Error> {
        let named = pattern != "default" || (prefix.is_none() && suffix.is_none());
        Texts {
            pattern: named.then(|| pattern.to_owned()),
            prefix: prefix.map(str::to_owned),
            suffix: suffix.map(str::to_owned),
            ..Texts::default()
        }
        .options(Compatibility::Own)
    }
}

impl Texts {
    /// Checks everything and makes options of it.
    pub(super) fn options(&self, level: Compatibility) -> Result<Options, Error> {
        let mut options = Options::new(level);
        options.delimiters = self.delimiters(level)?;
        options.legacy_pattern = self.legacy_pattern && level != Compatibility::V6;
        options.escape = self.escape(level)?;
        options.encoding = match self.encoding.as_deref() {
            None | Some("") => None,
            Some(name) if name.eq_ignore_ascii_case("auto") => None,
            Some(name) => Some(Codec::by_name(name).ok_or_else(|| {
                Error::value(
                    "encoding",
                    name,
                    "auto or the name of an encoding, such as utf-8, utf-16le, utf-32be, ascii, iso88591, windows1252",
                )
            })?),
        };
        options.bom = match self.bom {
            None => options.bom,
            Some(true) => Bom::Add,
            Some(false) => Bom::Remove,
        };
        options.missing = match text(self.missing_action.as_ref()) {
            None | Some("none") => Missing::Nothing,
            Some("keep") => Missing::Keep,
            Some("replace") => Missing::Default(self.missing_default.clone().unwrap_or_default()),
            Some(other) => {
                return Err(Error::value(
                    "missingVarAction",
                    other,
                    "none, keep, replace",
                ));
            }
        };
        options.missing_log = missing_log(text(self.missing_log.as_ref()), level)?;
        options.recursive = self.recursive;
        if self.transforms {
            options.transforms = Some(Delimiters::new(
                "transform",
                text(self.transforms_prefix.as_ref()).unwrap_or("("),
                text(self.transforms_suffix.as_ref()).unwrap_or(")"),
            )?);
        }
        options.auto_indent = self.auto_indent;
        options.fail_on = self.fail_on.iter().copied().collect();
        options.legacy_empty.clone_from(&self.legacy_empty);
        options.check()?;
        Ok(options)
    }

    fn delimiters(&self, level: Compatibility) -> Result<Delimiters, Error> {
        let given = (text(self.prefix.as_ref()), text(self.suffix.as_ref()));
        let pattern = match (text(self.pattern.as_ref()), given) {
            // Version 3 has no pattern: its delimiters always count. Without a
            // pattern ours do as well.
            (pattern, (prefix, suffix))
                if level == Compatibility::V3
                    || (level.is_own() && pattern.is_none() && given != (None, None)) =>
            {
                return Delimiters::new("token", prefix.unwrap_or("#{"), suffix.unwrap_or("}#"));
            }
            (pattern, _) => pattern.unwrap_or("default"),
        };
        if let Some(delimiters) = Delimiters::of_pattern(pattern, level)? {
            return Ok(delimiters);
        }
        match given {
            (Some(prefix), Some(suffix)) => Delimiters::new("token", prefix, suffix),
            _ => Err(Error::Needed(
                "token-prefix and token-suffix are required with custom token-pattern",
            )),
        }
    }

    fn escape(&self, level: Compatibility) -> Result<Escape, Error> {
        Ok(match text(self.escape.as_ref()) {
            None | Some("auto") => Escape::Auto,
            Some("json") => Escape::Json,
            Some("xml") => Escape::Xml,
            Some("off") => Escape::Off,
            Some("none") if level != Compatibility::V6 => Escape::Off,
            Some("yaml") if level.is_own() => Escape::Yaml,
            Some("custom") => {
                let parts = (
                    text(self.escape_char.as_ref()),
                    text(self.chars_to_escape.as_ref()),
                );
                match parts {
                    (Some(escape), Some(characters)) => Escape::Custom {
                        escape: escape.to_owned(),
                        characters: characters.to_owned(),
                    },
                    _ if level.is_old() => Escape::Off,
                    _ => {
                        return Err(Error::Needed(
                            "escape-char and chars-to-escape are required with custom escape",
                        ));
                    }
                }
            }
            Some(other) => {
                return Err(Error::value(
                    "escape",
                    other,
                    "auto, off, json, xml, yaml, custom",
                ));
            }
        })
    }
}

/// A text that is there and not empty.
pub(super) fn text(given: Option<&String>) -> Option<&str> {
    given.map(String::as_str).filter(|text| !text.is_empty())
}

/// How loud a missing variable is, in the words of all versions.
fn missing_log(given: Option<&str>, level: Compatibility) -> Result<Level, Error> {
    let old_words = level != Compatibility::V6;
    Ok(match given {
        None | Some("warn") => Level::Warn,
        Some("off") => Level::Off,
        Some("info") => Level::Info,
        Some("error") => Level::Error,
        Some("continue") if old_words => Level::Off,
        Some("fail") if old_words => Level::Error,
        Some(other) => {
            return Err(Error::value(
                "missingVarLog",
                other,
                "off, info, warn, error (or continue, fail)",
            ));
        }
    })
}

/// How loud it is when there is no file, in the words of all versions.
pub(super) fn if_no_files(given: Option<&str>, level: Compatibility) -> Result<Level, Error> {
    Ok(match given {
        None | Some("ignore" | "continue") => Level::Info,
        Some("warn") => Level::Warn,
        Some("error" | "fail") => Level::Error,
        // The old versions took any other word for the default.
        Some(_) if !level.is_own() => Level::Info,
        Some(other) => {
            return Err(Error::value(
                "ifNoFilesFound",
                other,
                "ignore, warn, error (or continue, fail)",
            ));
        }
    })
}

/// What is shown, in the words of all versions.
pub(super) fn log_level(given: Option<&str>, level: Compatibility) -> Result<Level, Error> {
    Ok(match given {
        None | Some("info" | "normal") => Level::Info,
        Some("debug" | "detailed") => Level::Debug,
        Some("warn") => Level::Warn,
        Some("error") => Level::Error,
        Some("off") => Level::Off,
        Some(_) if !level.is_own() => Level::Info,
        Some(other) => {
            return Err(Error::value(
                "logLevel",
                other,
                "debug, info, warn, error, off (or normal, detailed)",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("default", None, None, ("#{", "}#"))]
    #[case("default", Some("${"), None, ("${", "}#"))]
    #[case("default", None, Some("}"), ("#{", "}"))]
    #[case("default", Some("<"), Some(">"), ("<", ">"))]
    #[case("doublebraces", Some("<"), None, ("{{", "}}"))]
    fn prefix_and_suffix_count_beside_the_default_pattern(
        #[case] pattern: &str,
        #[case] prefix: Option<&str>,
        #[case] suffix: Option<&str>,
        #[case] expected: (&str, &str),
    ) {
        let options = Options::of_pattern(pattern, prefix, suffix).unwrap();
        let Delimiters { prefix, suffix } = &options.delimiters;
        assert_eq!((prefix.as_str(), suffix.as_str()), expected);
    }
}
