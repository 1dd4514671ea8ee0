//! `fab add`: an entry of the component file.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::files::Opened;
use crate::error::{Error, Kind};
use crate::report::Reporter;
use crate::update::{self, Entry};

/// The method that an entry has when none is given, and the only one with branches.
const GIT: &str = "git";

/// The entry.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Its name: also that of its output file and of its configuration.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,

    /// Where it comes from: an address or a folder.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    source: String,

    /// What it is.
    #[arg(long = "type", value_name = "TYPE", default_value = "component",
          value_parser = ["component", "helm", "static"])]
    kind: String,

    /// How it comes.
    #[arg(long, default_value = GIT, value_parser = [GIT, "helm", "local", "http"])]
    method: String,

    /// The branch, for the method git. `master` when not given.
    #[arg(long)]
    branch: Option<String>,

    /// Where in the source it is.
    #[arg(long, default_value = "", hide_default_value = true)]
    path: String,

    /// The commit, tag or chart version.
    #[arg(long, default_value = "", hide_default_value = true)]
    version: String,
}

/// Edits the component file of the working directory, or begins one.
pub(super) fn run(args: AddArgs, reporter: &Reporter) -> Result<(), Error> {
    let branch = if args.method == GIT {
        args.branch.unwrap_or_else(|| "master".to_owned())
    } else {
        if args.branch.is_some() {
            reporter.warning(&format!(
                "--branch is for the method git only: it is left out for the method {}",
                args.method
            ));
        }
        String::new()
    };
    let entry = Entry {
        name: args.name,
        kind: args.kind,
        source: args.source,
        method: args.method,
        path: args.path,
        version: args.version,
        branch,
    };
    let opened = Opened::find("component")?;
    let edited = if opened.exists() {
        update::add(&opened.file(), &entry)?
    } else {
        update::new_component(&folder()?, &entry)
    };
    opened.save(&edited, reporter)
}

/// The name of the working directory.
fn folder() -> Result<String, Error> {
    let path = std::env::current_dir().map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot find out the working directory");
        Error::new(Kind::Internal, error)
    })?;
    let name = path.file_name().unwrap_or_default();
    Ok(name.to_string_lossy().into_owned())
}
