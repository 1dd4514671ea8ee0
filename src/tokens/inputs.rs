//! Task inputs of all versions of Replace Tokens to a job.
//!
//! Owns the table of input names. A pipeline that changes the task's name and
//! nothing else ends up here.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum as _;

use super::entry::Entry;
use super::error::Error;
use super::job::{Job, Texts, if_no_files, log_level};
use super::load::Source;
use super::options::{Compatibility, FailOn, LegacyEmpty};
use super::space::trim;

/// Every input name that is understood: the name of version 6, then the names
/// that the same thing has had. Names are compared without regard to case.
pub const NAMES: &[(&str, &[&str])] = &[
    ("root", &["rootDirectory"]),
    ("sources", &["targetFiles"]),
    ("encoding", &[]),
    ("addBOM", &["writeBOM"]),
    ("tokenPattern", &[]),
    ("tokenPrefix", &[]),
    ("tokenSuffix", &[]),
    ("useLegacyPattern", &[]),
    ("escape", &["escapeType"]),
    ("escapeChar", &[]),
    ("charsToEscape", &[]),
    ("logLevel", &["verbosity"]),
    ("missingVarLog", &["actionOnMissing"]),
    ("missingVarAction", &[]),
    ("keepToken", &[]),
    ("missingVarDefault", &["defaultValue"]),
    ("useDefaultValue", &[]),
    ("useLegacyEmptyFeature", &[]),
    ("emptyValue", &[]),
    ("ifNoFilesFound", &["actionOnNoFiles"]),
    ("additionalVariables", &[]),
    ("variableFiles", &[]),
    ("inlineVariables", &[]),
    ("separator", &["variableSeparator"]),
    ("useAdditionalVariablesOnly", &[]),
    ("caseInsensitivePaths", &[]),
    ("includeDotPaths", &[]),
    ("recursive", &["enableRecursion"]),
    ("transforms", &["enableTransforms"]),
    ("transformsPrefix", &["transformPrefix"]),
    ("transformsSuffix", &["transformSuffix"]),
    // Nothing is ever sent anywhere, so these have nothing to turn off.
    ("telemetryOptout", &["enableTelemetry"]),
    // Ours.
    ("compatibility", &[]),
    ("autoIndent", &[]),
    ("failOn", &[]),
    ("dryRun", &[]),
    ("explain", &[]),
];

/// Inputs by any of their names.
struct Inputs<'i>(&'i BTreeMap<String, String>);

impl Inputs<'_> {
    /// A value that is there and not empty.
    fn text(&self, name: &str) -> Option<&str> {
        let aliases = NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(&[][..], |(_, aliases)| aliases);
        std::iter::once(&name)
            .chain(aliases)
            .find_map(|wanted| {
                self.0
                    .iter()
                    .find(|(given, value)| given.eq_ignore_ascii_case(wanted) && !value.is_empty())
            })
            .map(|(_, value)| value.as_str())
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// Only `true`, in any case, is true.
    fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)
            .map(|text| text.eq_ignore_ascii_case("true"))
    }

    fn is_on(&self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    /// Lines and commas separate.
    fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.text(name)
            .unwrap_or_default()
            .split(['\n', ','])
            .map(trim)
            .filter(|item| !item.is_empty())
    }
}

/// Makes a job of task inputs. Relative roots begin at `working_folder`.
pub fn from_inputs(inputs: &BTreeMap<String, String>, working_folder: &Path) -> Result<Job, Error> {
    let inputs = Inputs(inputs);
    let level = Compatibility::parse(inputs.text("compatibility").unwrap_or_default())?;
    let mut texts = texts(&inputs, level)?;
    missing(&inputs, level, &mut texts);
    let sources = match inputs.text("sources") {
        Some(text) => Entry::lines(text, level),
        None if level.is_old() => vec!["**/*.config".to_owned()],
        None => return Err(Error::Needed("sources names no file")),
    };
    Ok(Job {
        options: texts.options(level)?,
        root: working_folder.join(inputs.text("root").unwrap_or_default()),
        sources,
        case_insensitive_paths: inputs.flag("caseInsensitivePaths").unwrap_or(true),
        include_dot_paths: inputs.flag("includeDotPaths").unwrap_or(true),
        variables: variables(&inputs, level),
        separator: inputs.text("separator").unwrap_or(".").to_owned(),
        given_only: inputs.is_on("useAdditionalVariablesOnly"),
        use_env: false,
        if_no_files: if_no_files(inputs.text("ifNoFilesFound"), level)?,
        log_level: log_level(inputs.text("logLevel"), level)?,
        dry_run: inputs.is_on("dryRun"),
        explain: inputs.list("explain").map(str::to_owned).collect(),
    })
}

/// The inputs that need no interpretation.
fn texts(inputs: &Inputs<'_>, level: Compatibility) -> Result<Texts, Error> {
    let fail_on = inputs
        .list("failOn")
        .map(|word| {
            FailOn::from_str(word, true).map_err(|_| {
                Error::value("failOn", word, "missing, noTokens, noFiles, unusedVariable")
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Texts {
        pattern: inputs.owned("tokenPattern"),
        prefix: inputs.owned("tokenPrefix"),
        suffix: inputs.owned("tokenSuffix"),
        legacy_pattern: inputs.is_on("useLegacyPattern"),
        escape: inputs.owned("escape"),
        escape_char: inputs.owned("escapeChar"),
        chars_to_escape: inputs.owned("charsToEscape"),
        encoding: inputs.owned("encoding"),
        bom: inputs.flag("addBOM").or(match level {
            Compatibility::Own => None,
            level => Some(level.is_old()),
        }),
        missing_action: inputs.owned("missingVarAction"),
        missing_default: inputs.owned("missingVarDefault"),
        missing_log: inputs.owned("missingVarLog"),
        recursive: inputs.is_on("recursive"),
        transforms: inputs.is_on("transforms"),
        transforms_prefix: inputs.owned("transformsPrefix"),
        transforms_suffix: inputs.owned("transformsSuffix"),
        auto_indent: inputs.is_on("autoIndent"),
        fail_on,
        legacy_empty: None,
    })
}

/// What versions 3 to 5 say about missing and empty values, in the words of 6.
fn missing(inputs: &Inputs<'_>, level: Compatibility, texts: &mut Texts) {
    if level == Compatibility::V6 {
        return;
    }
    let legacy = inputs.flag("useLegacyEmptyFeature");
    let marker = inputs.text("emptyValue");
    let by_old_rules = if level.is_old() {
        legacy != Some(false)
    } else {
        legacy == Some(true) || (marker.is_some() && legacy.is_none())
    };
    if by_old_rules {
        texts.legacy_empty = Some(LegacyEmpty {
            marker: marker.unwrap_or("(empty)").to_owned(),
        });
    }
    if texts.missing_action.is_some() {
        return;
    }
    let has_default = texts.missing_default.is_some();
    let use_default = if legacy == Some(false) {
        inputs.is_on("useDefaultValue")
    } else {
        has_default
    };
    texts.missing_action = if use_default {
        Some("replace".to_owned())
    } else if inputs.is_on("keepToken") {
        Some("keep".to_owned())
    } else {
        None
    };
}

/// Given variables, weakest first.
fn variables(inputs: &Inputs<'_>, level: Compatibility) -> Vec<Source> {
    let mut sources = Vec::new();
    if level != Compatibility::V6 {
        if let Some(files) = inputs.text("variableFiles") {
            sources.push(Source::Files(files.replace(',', "\n")));
        }
        if let Some(text) = inputs.text("inlineVariables") {
            sources.push(Source::YamlDocuments("inlineVariables", text.to_owned()));
        }
    }
    if let Some(text) = inputs
        .text("additionalVariables")
        .filter(|_| !level.is_old())
    {
        sources.push(Source::Yaml("additionalVariables", text.to_owned()));
    }
    sources
}
