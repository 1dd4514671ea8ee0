//! `fab set`: values of a configuration file.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::files::Opened;
use crate::error::{Error, Kind};
use crate::model::RelPath;
use crate::report::Reporter;
use crate::update::{self, Assignment};

/// The values and where they go.
#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// The environment whose configuration is edited.
    #[arg(long, value_name = "NAME", default_value = "common",
          value_parser = NonEmptyStringValueParser::new())]
    environment: String,

    /// The component below this one, such as `web` or `web.cache`.
    #[arg(long, value_name = "NAME")]
    subcomponent: Option<String>,

    /// Change keys that exist, and fail on any other.
    #[arg(long)]
    no_new_config_keys: bool,

    /// A YAML or JSON file with values; those of the command line win.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,

    /// Values as `path=value`; a key with dots goes in double quotes.
    #[arg(value_name = "PATH=VALUE", required_unless_present = "file")]
    values: Vec<String>,
}

/// Edits a configuration file below the working directory, or begins one.
pub(super) fn run(args: &SetArgs, reporter: &Reporter) -> Result<(), Error> {
    let base = format!("config/{}", args.environment);
    let base = RelPath::parse(&base).map_err(|error| Error::new(Kind::Usage, error))?;
    // Fabrikate takes an empty name for the component itself.
    let subcomponent = match args.subcomponent.as_deref() {
        None | Some("") => Vec::new(),
        Some(name) => update::path(name)?,
    };
    let mut assignments = Vec::new();
    if let Some(file) = &args.file {
        let (found, findings) = update::flatten(&Opened::named(file)?.file())?;
        for finding in &findings {
            reporter.warning(&finding.to_string());
        }
        assignments.extend(found);
    }
    for text in &args.values {
        assignments.push(Assignment::parse(text)?);
    }
    let opened = Opened::find(base.as_str())?;
    let new_keys = !args.no_new_config_keys;
    let edited = update::set(&opened.file(), &subcomponent, &assignments, new_keys)?;
    if !opened.exists() && edited.is_empty() {
        reporter.info("There is nothing to set");
        return Ok(());
    }
    opened.save(&edited, reporter)
}
