//! One call of `helm template`: its arguments, and what it said.

use std::path::{Path, PathBuf};

use super::error::HelmFault;
use super::message::{self, Names, name};
use super::{HelmOptions, Keep, program};
use crate::generate::Fault;
use crate::tools::{Invocation, Tools};

/// Everything that decides what comes out, besides the chart and the program.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub release: String,
    pub namespace: String,
    pub kube_version: String,
    /// Values files: where they are, how they are shown, what is in them.
    pub values_files: Vec<(PathBuf, String, Vec<u8>)>,
    pub generated: super::values::Generated,
    /// How the chart is shown.
    pub chart: String,
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
) -> Result<Printed, Fault> {
    let mut names: Names = vec![name(chart, &request.chart)];
    let mut invocation = Invocation::new(program(tools).await?)
        .arg("template")
        .arg(&request.release)
        .arg(chart)
        .arg("--namespace")
        .arg(&request.namespace)
        .arg("--kube-version")
        .arg(&request.kube_version);
    for version in &options.api_versions {
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
    for (path, shown, _) in &request.values_files {
        names.push(name(path, shown));
        invocation = invocation.arg("--values").arg(path);
    }
    let generated = request.generated.file.as_deref();
    let generated = generated
        .map(|text| tools.private_file(".json", text.as_bytes()))
        .transpose()?;
    if let Some(file) = &generated {
        names.push(name(file, "the values of the settings"));
        invocation = invocation.arg("--values").arg(&**file);
    }
    for set in &request.generated.set {
        invocation = invocation.arg("--set").arg(set);
    }
    let output = tools.run(&invocation).await?;
    if !output.status.success() {
        return Err(message::fault(&output, &request.chart, &request.release, &names).into());
    }
    let warnings = message::warnings(&output, &names);
    let stdout = String::from_utf8(output.stdout)
        .map_err(|_| Fault::NotText(format!("what helm rendered from {}", request.chart)))?;
    Ok(Printed { stdout, warnings })
}

/// Checks a release name by helm's rule.
pub(super) fn check_release(name: &str) -> Result<(), HelmFault> {
    let label = |label: &str| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let inner = label.bytes().all(|byte| letter(byte) || byte == b'-');
        let ends = [label.bytes().next(), label.bytes().last()];
        inner && ends.into_iter().all(|end| end.is_some_and(letter))
    };
    if name.len() <= 53 && name.split('.').all(label) {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "release",
        value: name.to_owned(),
        reason: "a release has at most 53 lower-case letters, digits, `-` and `.`, and starts and ends with a letter or digit",
    })
}

/// The release name that a chart's name gives.
pub(super) fn release_of(chart: &str) -> String {
    let lower = chart.to_ascii_lowercase();
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let text: String = lower
        .chars()
        .map(|c| if fine(c) { c } else { '-' })
        .collect();
    let labels = text.split('.').map(|label| label.trim_matches('-'));
    let labels: Vec<_> = labels.filter(|label| !label.is_empty()).collect();
    let mut name = labels.join(".");
    name.truncate(53);
    name.trim_end_matches(['-', '.']).to_owned()
}

/// Checks a namespace.
pub(super) fn check_namespace(name: &str) -> Result<(), HelmFault> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fine = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(letter)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fine {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "namespace",
        value: name.to_owned(),
        reason: "a namespace has at most 63 lower-case letters, digits and `-`, and starts and ends with a letter or digit",
    })
}

/// Checks a version of Kubernetes.
pub(super) fn check_kube_version(version: &str) -> Result<(), HelmFault> {
    let bare = version.strip_prefix('v').unwrap_or(version);
    let core = bare.split(['-', '+']).next().unwrap_or(bare);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let count = core.split('.').count();
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    if (2..=3).contains(&count) && core.split('.').all(number) && bare.chars().all(letter) {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "kubeVersion",
        value: version.to_owned(),
        reason: "a version of Kubernetes looks like 1.34.0",
    })
}

/// Checks an API version: `group/version` or `group/version/Kind`.
pub(super) fn check_api_version(version: &str) -> Result<(), HelmFault> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(letter)
    };
    if version.split('/').all(part) && version.split('/').count() <= 3 {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "apiVersions",
        value: version.to_owned(),
        reason: "an API version looks like monitoring.coreos.com/v1 or monitoring.coreos.com/v1/ServiceMonitor",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("web", "web")]
    #[case("My_Web", "my-web")]
    #[case("-a.-b-.c-", "a.b.c")]
    #[case("läden", "l-den")]
    fn the_name_of_a_chart_becomes_that_of_a_release(#[case] chart: &str, #[case] name: &str) {
        assert_eq!(release_of(chart), name);
        check_release(name).unwrap();
    }

    #[rstest::rstest]
    #[case("")]
    #[case("-web")]
    #[case("Web")]
    #[case("a..b")]
    #[case(&"a".repeat(54))]
    fn a_release_has_the_name_that_helm_allows(#[case] name: &str) {
        let error = check_release(name).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`release` cannot be {name:?}: a release has")));
    }

    #[test]
    fn versions_and_namespaces_are_checked_before_helm_sees_them() {
        check_kube_version("1.31").unwrap();
        check_kube_version("v1.31.0-eks").unwrap();
        for wrong in ["1", "latest", "1.31.0.1", "1.31.0 --debug"] {
            assert!(check_kube_version(wrong).is_err(), "{wrong}");
        }
        check_namespace("shop-1").unwrap();
        for wrong in ["", "-a", "Shop", "a.b", &"a".repeat(64)] {
            assert!(check_namespace(wrong).is_err(), "{wrong}");
        }
        check_api_version("v1").unwrap();
        check_api_version("monitoring.coreos.com/v1/ServiceMonitor").unwrap();
        for wrong in ["", "-a", "a,b", "a//b", "a/b/c/d"] {
            assert!(check_api_version(wrong).is_err(), "{wrong}");
        }
    }
}
