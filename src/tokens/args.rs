//! The command line of `tokens`: the flags of the `replacetokens` program and
//! our own.
//!
//! Owns flag names and their help; turns them into a job.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::error::Error;
use super::job::{Job, Texts, log_level};
use super::load::Source;
use super::options::{Compatibility, FailOn, Level};

/// Replaces tokens in files.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the program that this replaces"
)]
pub struct TokensArgs {
    /// Files: `pattern[;!pattern] [=> output]`, repeatable
    #[arg(long, required_unless_present = "explain", num_args = 1.., value_name = "PATTERNS")]
    pub sources: Vec<String>,
    /// Variables: JSON, `@files`, or `$NAME` of an environment variable with JSON, repeatable; later ones win
    #[arg(long, num_args = 1.., value_name = "VARIABLES")]
    pub variables: Vec<String>,
    /// Take the environment as variables, weakest of all
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", overrides_with = "no_use_env")]
    pub use_env: Option<bool>,
    /// Where relative paths begin
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub root: Option<PathBuf>,
    /// Encoding of all files; `auto` finds out for each
    #[arg(long, default_value = "auto")]
    pub encoding: String,
    /// Write a byte order mark in Unicode encodings; without the flag marks stay as they are
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", overrides_with = "no_add_bom")]
    pub add_bom: Option<bool>,
    /// What tokens look like: default, azpipelines, doublebraces, doubleunderscores, githubactions, octopus, rm, custom
    #[arg(long)]
    pub token_pattern: Option<String>,
    /// What a custom token begins with
    #[arg(long, allow_hyphen_values = true)]
    pub token_prefix: Option<String>,
    /// What a custom token ends with
    #[arg(long, allow_hyphen_values = true)]
    pub token_suffix: Option<String>,
    /// How values are escaped: auto, off, json, xml, yaml, custom
    #[arg(long, default_value = "auto")]
    pub escape: String,
    /// What custom escaping puts in front of a character
    #[arg(long, allow_hyphen_values = true)]
    pub escape_char: Option<String>,
    /// The characters that custom escaping escapes
    #[arg(long, allow_hyphen_values = true)]
    pub chars_to_escape: Option<String>,
    /// What a missing variable becomes: none, keep, replace
    #[arg(long, default_value = "none")]
    pub missing_var_action: String,
    /// What `replace` puts in
    #[arg(long, allow_hyphen_values = true)]
    pub missing_var_default: Option<String>,
    /// How loud a missing variable is: off, info, warn, error
    #[arg(long, default_value = "warn")]
    pub missing_var_log: String,
    /// Replace tokens inside values
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", overrides_with = "no_recursive")]
    pub recursive: Option<bool>,
    /// Run transforms, such as `#{upper(name)}#`
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", overrides_with = "no_transforms")]
    pub transforms: Option<bool>,
    /// What a transform's arguments begin with
    #[arg(long, default_value = "(", allow_hyphen_values = true)]
    pub transforms_prefix: String,
    /// What a transform's arguments end with
    #[arg(long, default_value = ")", allow_hyphen_values = true)]
    pub transforms_suffix: String,
    /// What joins the keys of nested variables
    #[arg(long, default_value = ".", allow_hyphen_values = true)]
    pub separator: String,
    /// Match paths without regard to case
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", overrides_with = "no_case_insensitive_paths")]
    pub case_insensitive_paths: Option<bool>,
    /// Let wildcards match names that begin with a dot
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", overrides_with = "no_include_dot_paths")]
    pub include_dot_paths: Option<bool>,
    /// What is shown: debug, info, warn, error, off
    #[arg(long, default_value = "info")]
    pub log_level: String,
    /// Behave as this version of the Replace Tokens task, losses included
    #[arg(long, value_enum)]
    pub compat: Option<Compatibility>,
    /// Fail for this reason as well, changing no file
    #[arg(long, value_enum, value_delimiter = ',', ignore_case = true)]
    pub fail_on: Vec<FailOn>,
    /// Indent the further lines of a value to the token's column
    #[arg(long)]
    pub auto_indent: bool,
    /// Change nothing; show a unified diff
    #[arg(long)]
    pub dry_run: bool,
    /// Show where a variable comes from
    #[arg(long, value_name = "NAME")]
    pub explain: Vec<String>,

    #[arg(long, hide = true)]
    no_use_env: bool,
    #[arg(long, hide = true)]
    no_add_bom: bool,
    #[arg(long, hide = true)]
    no_recursive: bool,
    #[arg(long, hide = true)]
    no_transforms: bool,
    #[arg(long, hide = true)]
    no_case_insensitive_paths: bool,
    #[arg(long, hide = true)]
    no_include_dot_paths: bool,
    /// Accepted for the sake of old command lines; colours follow the terminal
    #[arg(long, hide = true)]
    no_log_color: bool,
}

impl TokensArgs {
    /// Makes a job of the flags. `has_pipeline` says whether the caller adds
    /// pipeline variables, without which some variables must be given.
    pub fn into_job(self, working_folder: &Path, has_pipeline: bool) -> Result<Job, Error> {
        let level = self.compat.unwrap_or_default();
        let use_env = self.use_env.unwrap_or(false) && !self.no_use_env;
        let log_level = match log_level(Some(&self.log_level), level) {
            Ok(known) => known,
            Err(error) if level.is_own() => return Err(error),
            Err(_) => Level::Off,
        };
        let bom = match (self.no_add_bom, self.add_bom) {
            (true, _) => Some(false),
            (false, Some(given)) => Some(given),
            // The original says it would not, but does.
            (false, None) if level == Compatibility::V6 => Some(true),
            (false, None) => None,
        };
        let texts = Texts {
            pattern: self.token_pattern,
            prefix: self.token_prefix,
            suffix: self.token_suffix,
            escape: Some(self.escape),
            escape_char: self.escape_char,
            chars_to_escape: self.chars_to_escape,
            encoding: Some(self.encoding),
            bom,
            missing_action: Some(self.missing_var_action),
            missing_default: self.missing_var_default,
            missing_log: Some(self.missing_var_log),
            recursive: self.recursive.unwrap_or(false) && !self.no_recursive,
            transforms: self.transforms.unwrap_or(false) && !self.no_transforms,
            transforms_prefix: Some(self.transforms_prefix),
            transforms_suffix: Some(self.transforms_suffix),
            auto_indent: self.auto_indent,
            fail_on: self.fail_on,
            ..Texts::default()
        };
        let options = texts.options(level)?;
        if self.variables.is_empty() && !use_env && !has_pipeline {
            return Err(Error::Needed(
                "no variables are given: use `--variables` or `--use-env`",
            ));
        }
        Ok(Job {
            options,
            root: working_folder.join(self.root.unwrap_or_default()),
            sources: self.sources,
            case_insensitive_paths: self.case_insensitive_paths.unwrap_or(false)
                && !self.no_case_insensitive_paths,
            include_dot_paths: self.include_dot_paths.unwrap_or(false)
                && !self.no_include_dot_paths,
            variables: self.variables.iter().map(|v| Source::argument(v)).collect(),
            separator: self.separator,
            given_only: false,
            use_env,
            if_no_files: Level::Off,
            log_level,
            dry_run: self.dry_run,
            explain: self.explain,
        })
    }
}
