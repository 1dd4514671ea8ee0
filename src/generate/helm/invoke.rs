//! One call of `helm template`: its arguments, and what it said.

use std::ffi::OsString;
use std::path::Path;

use super::message::{self, Names, name};
use super::places::Places;
use super::{HelmOptions, Keep, program};
use crate::generate::{Fault, kube_apis};
use crate::tools::{Invocation, Tools};

/// Everything that decides what comes out, besides the chart and the program.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub release: String,
    pub namespace: String,
    pub kube_version: String,
    /// Values files.
    pub values_files: Vec<Values>,
    pub generated: super::values::Generated,
    /// How the chart is shown.
    pub chart: String,
}

/// A values file.
#[derive(Debug, Clone)]
pub(super) struct Values {
    /// How it is shown.
    pub shown: String,
    /// What is in it, or stands for that. helm reads this, not the file.
    pub content: Vec<u8>,
}

/// What helm printed, and its warnings.
pub(super) struct Printed {
    pub stdout: String,
    pub warnings: Vec<String>,
}

/// Renders a chart, a folder or an archive.
pub(super) async fn template(
    tools: &Tools,
    chart: &Path,
    options: &HelmOptions,
    request: &Request,
    places: &Places,
) -> Result<Printed, Fault> {
    let mut names: Names = places.names(chart);
    let mut invocation = Invocation::new(program(tools).await?)
        .arg("template")
        .arg(&request.release)
        .arg(chart)
        .reads(chart)
        .arg("--namespace")
        .arg(&request.namespace)
        .arg("--kube-version")
        .arg(&request.kube_version);
    // helm alone knows groups and versions, but no kinds.
    let own = kube_apis::argument(&request.kube_version);
    for version in own.iter().chain(&options.api_versions) {
        invocation = invocation.arg("--api-versions").arg(version);
    }
    if options.include_crds {
        invocation = invocation.arg("--include-crds");
    }
    match (options.hooks, options.tests) {
        (_, Keep::Keep) => {}
        (Keep::Keep, Keep::Drop) => invocation = invocation.arg("--skip-tests"),
        (Keep::Drop, Keep::Drop) => invocation = invocation.arg("--no-hooks"),
    }
    let mut private = Vec::new();
    for file in &request.values_files {
        let private_file = tools.private_file(".yaml", &file.content)?;
        names.push(name(&private_file, &file.shown));
        invocation = invocation
            .arg("--values")
            .arg(one_path(&private_file))
            .reads(private_file.to_path_buf());
        private.push(private_file);
    }
    let generated = request.generated.file.as_deref();
    let generated = generated
        .map(|text| tools.private_file(".json", text.as_bytes()))
        .transpose()?;
    if let Some(file) = &generated {
        names.push(name(file, "the values of the settings"));
        invocation = invocation
            .arg("--values")
            .arg(one_path(file))
            .reads(file.to_path_buf());
    }
    for set in &request.generated.set {
        invocation = invocation.arg("--set").arg(set);
    }
    let output = tools.run(&invocation).await?;
    if !output.status.success() {
        return Err(message::fault(&output, places, &request.release, &names).into());
    }
    let warnings = message::warnings(&output, &names);
    let stdout = String::from_utf8(output.stdout)
        .map_err(|_| Fault::NotText(format!("what helm rendered from {}", request.chart)))?;
    Ok(Printed { stdout, warnings })
}

/// A path as one item: helm takes the argument for a line of comma-separated
/// values.
fn one_path(path: &Path) -> OsString {
    match path.to_str() {
        Some(text) if text.contains([',', '"']) => {
            format!("\"{}\"", text.replace('"', "\"\"")).into()
        }
        _ => path.into(),
    }
}
