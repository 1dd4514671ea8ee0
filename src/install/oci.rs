//! Charts of registries, which helm itself fetches.

use std::path::Path;

use super::Fault;
use super::repositories::Repositories;
use crate::tools::{Invocation, Tool};

/// How many lines of output an error quotes.
const TAIL: usize = 20;

/// A packed chart and its version.
pub(super) struct Pulled {
    pub bytes: Vec<u8>,
    pub version: String,
}

/// Has helm fetch a chart into the empty folder `into`.
pub(super) async fn pull(
    repositories: &Repositories<'_>,
    reference: &str,
    version: &str,
    into: &Path,
) -> Result<Pulled, Fault> {
    let tools = repositories.tools;
    let mut invocation = Invocation::new(tools.tool(Tool::Helm).await?)
        .arg("pull")
        .arg(reference)
        .arg("--destination")
        .arg(into)
        .writes(into)
        .on_network();
    if !version.is_empty() {
        invocation = invocation.arg(format!("--version={version}"));
    }
    let output = tools.run(&invocation).await?;
    if !output.status.success() {
        return Err(Fault::Helm {
            reference: reference.to_owned(),
            status: output.status,
            output: output.tail(TAIL),
        });
    }
    let chart = reference.rsplit('/').next().unwrap_or(reference);
    let packed = std::fs::read_dir(into).map_err(Fault::write(into))?;
    let packed = packed.flatten().find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let rest = name.strip_suffix(".tgz")?;
        let version = rest.strip_prefix(chart)?.strip_prefix('-')?.to_owned();
        Some((entry.path(), version))
    });
    let (path, version) = packed.ok_or_else(|| Fault::NotAChart {
        address: reference.to_owned(),
        chart: chart.to_owned(),
    })?;
    let bytes = std::fs::read(&path).map_err(Fault::write(&path))?;
    Ok(Pulled { bytes, version })
}
