//! `fab remove`: entries of the component file.

use clap::Args;

use super::files::Opened;
use crate::error::{Error, Kind};
use crate::report::Reporter;
use crate::update;

/// The entries.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// Their names.
    #[arg(required = true)]
    names: Vec<String>,
}

/// Edits the component file of the working directory.
pub(super) fn run(args: &RemoveArgs, reporter: &Reporter) -> Result<(), Error> {
    let opened = Opened::find("component")?;
    if !opened.exists() {
        let message = "there is no component.yaml or component.json in the working directory";
        return Err(Error::message(Kind::Usage, message).hint("run it where the definition is"));
    }
    let (edited, findings) = update::remove(&opened.file(), &args.names)?;
    for finding in &findings {
        reporter.warning(&finding.to_string());
    }
    opened.save(&edited, reporter)
}
