//! Running Kustomize, and reading what it says.

use std::path::{Path, PathBuf};

use super::error::KustomizeFault;
use super::graph::Graph;
use super::said;
use super::shown::Shown;
use super::{KustomizeAllow, KustomizeOptions};
use crate::generate::{Fault, KUBE_VERSION, kube_apis};
use crate::tools::{Error, Invocation, Tool, Tools};

/// The documents as Kustomize wrote them, and its warnings.
pub(super) struct Built {
    pub(super) text: Vec<u8>,
    pub(super) warnings: Vec<String>,
}

/// Builds the overlay in `folder`.
pub(super) async fn build(
    tools: &Tools,
    (program, verb): (PathBuf, &'static str),
    (root, folder): (&Path, &Path),
    graph: &Graph,
    options: &KustomizeOptions,
    shown: &Shown,
) -> Result<Built, Fault> {
    let mut invocation = Invocation::new(program)
        .arg(verb)
        .arg(folder)
        .reads(root)
        .arg("--load-restrictor")
        .arg(restrictor(options));
    if !graph.charts.is_empty() {
        let helm = tools.tool(Tool::Helm).await?;
        invocation = invocation
            .arg("--enable-helm")
            .arg("--helm-command")
            .arg(&helm)
            .reads(helm);
        let version = kube_version(graph, options);
        if let Some(version) = version {
            invocation = invocation.arg("--helm-kube-version").arg(version);
        }
        let own = version.and_then(kube_apis::argument);
        for version in own.iter().chain(&options.api_versions) {
            invocation = invocation.arg("--helm-api-versions").arg(version);
        }
    }
    let output = tools.run(&invocation).await?;
    if output.status.success() {
        return Ok(Built {
            warnings: said::warnings(&output.stderr_lines(), shown),
            text: output.stdout,
        });
    }
    // What it built before it failed says nothing.
    let said = said::failure(&String::from_utf8_lossy(&output.stderr), shown);
    Err(KustomizeFault::Failed {
        overlay: shown.path(folder),
        status: output.status,
        hint: said::hint(&said, graph.component),
        said,
    }
    .into())
}

/// What Kustomize itself refuses to read: also its default, said so that no
/// release changes it for us. Without it, the copy holds what may be read.
fn restrictor(options: &KustomizeOptions) -> &'static str {
    if options.allow.contains(&KustomizeAllow::FilesOutsideRoot) {
        "LoadRestrictionsNone"
    } else {
        "LoadRestrictionsRootOnly"
    }
}

/// The Kubernetes version that charts see. What is given here wins over what
/// charts name themselves, so where one does and nothing is set, helm decides
/// about the others.
pub(super) fn kube_version<'o>(graph: &Graph, options: &'o KustomizeOptions) -> Option<&'o str> {
    let own = graph.charts.iter().any(|chart| chart.versioned);
    let default = (!own).then_some(KUBE_VERSION);
    options.kube_version.as_deref().or(default)
}

/// kustomize, or the one in kubectl where there is no other; and the verb.
pub(super) async fn program(tools: &Tools) -> Result<(PathBuf, &'static str), Error> {
    match tools.tool(Tool::Kustomize).await {
        Ok(program) => Ok((program, "build")),
        Err(error) if error.is_absence() => match tools.find("kubectl") {
            Ok(program) => Ok((program, "kustomize")),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}
