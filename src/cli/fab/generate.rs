//! `fab generate`: same arguments, same output folder, same bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueHint};

use crate::agent::Environment;
use crate::error::{Error, Kind};
use crate::generate;
use crate::model::RelPath;
use crate::report::{Reporter, write_folder};

/// What to generate.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// The configurations, most important first. `common` always comes last.
    environments: Vec<String>,

    /// The helm program. `helm` on the search path when not given.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    helm: Option<PathBuf>,
}

/// Generates in the working directory.
pub(super) async fn run(
    args: GenerateArgs,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<(), Error> {
    let GenerateArgs { environments, helm } = args;
    let name = generate::output_folder(&environments);
    let folder = RelPath::parse(&format!("generated/{name}"))
        .map_err(|error| Error::new(Kind::Usage, error))?
        .on_disk(Path::new(""));
    let options = generate::Options {
        kind: Some(generate::Kind::Fabrikate),
        fabrikate_environments: environments,
        ..generate::Options::new(".", &name)
    };
    let tools = crate::cli::connect::tools(environment, helm);
    let generated = generate::run(&tools, &options).await?;
    for finding in &generated.findings {
        reporter.warning(&finding.to_string());
    }
    write_folder(&folder, &generated.files, true)?;
    reporter.info(&format!(
        "Generated {} files in {}",
        generated.files.len(),
        folder.display()
    ));
    Ok(())
}
