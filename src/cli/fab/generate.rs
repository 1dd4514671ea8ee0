//! `fab generate`: same arguments, same output folder, same bytes.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::agent::Environment;
use crate::cli::{network, tools};
use crate::error::{Error, Kind};
use crate::generate;
use crate::model::RelPath;
use crate::report::{Reporter, write_folder};
use crate::settings::definition::ToolArgs;

/// What to generate.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// The configurations, most important first. `common` always comes last.
    environments: Vec<String>,

    /// The programs that charts need.
    #[command(flatten)]
    tools: ToolArgs,
}

/// Generates in the working directory.
pub(super) async fn run(
    args: GenerateArgs,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<(), Error> {
    let GenerateArgs {
        environments,
        tools,
    } = args;
    let name = generate::output_folder(&environments);
    let folder = RelPath::parse(&format!("generated/{name}"))
        .map_err(|error| Error::new(Kind::Usage, error))?
        .on_disk(Path::new(""));
    let options = generate::Options {
        kind: Some(generate::Kind::Fabrikate),
        fabrikate_environments: environments,
        ..generate::Options::new(".", &name)
    };
    let http = network::http_options(environment, None, reporter)?;
    let tools = tools::tools(&tools, environment, &http, reporter)?;
    let generated = generate::run(&tools, &options).await?;
    for finding in &generated.findings {
        reporter.finding(finding);
    }
    write_folder(&folder, &generated.files, true)?;
    reporter.info(&format!(
        "Generated {} files in {}",
        generated.files.len(),
        folder.display()
    ));
    Ok(())
}
