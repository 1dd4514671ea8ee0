//! Objects of Flux and Argo CD: what goes or is installed again with them.

use super::{Case, Severity};
use crate::image::version;
use crate::value::Value;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    let is_release = is_release(case.was());
    if case.is_gone() {
        deleted(case);
    } else if case.is_kept() {
        if is_release {
            reinstall(case);
        }
        chart_version(case);
    }
}

fn is_release(value: &Value) -> bool {
    let group = value.at(&["apiVersion"]).scalar();
    let flux = group.starts_with("helm.toolkit.fluxcd.io/") || group.starts_with("helm.fluxcd.io/");
    flux && value.at(&["kind"]).text() == Some("HelmRelease")
}

fn deleted(case: &mut Case<'_, '_>) {
    let old = case.was();
    let group = old.at(&["apiVersion"]).scalar();
    let spec = old.at(&["spec"]);
    let orphans = spec.at(&["deletionPolicy"]).text() == Some("Orphan");
    let message = match case.old_kind() {
        "Kustomization" if group.starts_with("kustomize.toolkit.fluxcd.io/") => {
            (spec.at(&["prune"]).is_true() && !orphans)
                .then_some("Flux deletes everything that this Kustomization applied")
        }
        "HelmRelease" if is_release(old) => Some("Flux uninstalls this release"),
        "Application" if group.starts_with("argoproj.io/") => {
            let finalizers = old.at(&["metadata", "finalizers"]).items().iter();
            let cascades = finalizers
                .map(Value::scalar)
                .any(|name| name.starts_with("resources-finalizer.argocd.argoproj.io"));
            cascades.then_some("Argo CD deletes everything that this Application applied")
        }
        "ApplicationSet" if group.starts_with("argoproj.io/") => {
            let keeps = spec
                .at(&["syncPolicy", "preserveResourcesOnDeletion"])
                .is_true();
            (!keeps)
                .then_some("Argo CD deletes the Applications of this set, and what they applied")
        }
        _ => None,
    };
    if let Some(message) = message {
        case.report_gone("gitops-object-deleted", "", message.to_owned());
    }
}

/// What makes Flux uninstall a release: the values that are in force, defaults included.
fn facts(release: &Value) -> [(&'static str, String); 4] {
    let spec = release.at(&["spec"]);
    let metadata = release.at(&["metadata"]);
    let own = metadata.at(&["namespace"]).scalar();
    let name = metadata.at(&["name"]).scalar();
    let or = |value: &Value, default: &str| match value.scalar() {
        text if text.is_empty() => default.to_owned(),
        text => text,
    };
    let target = spec.at(&["targetNamespace"]).scalar();
    let default = match target.as_str() {
        "" => name,
        target => format!("{target}-{name}"),
    };
    let chart = match spec.at(&["chart", "spec", "chart"]) {
        Value::Null => spec.at(&["chart", "name"]),
        chart => chart,
    };
    [
        ("spec.releaseName", or(spec.at(&["releaseName"]), &default)),
        (
            "spec.targetNamespace",
            or(spec.at(&["targetNamespace"]), &own),
        ),
        (
            "spec.storageNamespace",
            or(spec.at(&["storageNamespace"]), &own),
        ),
        ("spec.chart", chart.scalar()),
    ]
}

fn reinstall(case: &mut Case<'_, '_>) {
    let (old, new) = (facts(case.was()), facts(case.now()));
    for ((field, before), (_, after)) in old.iter().zip(&new) {
        // A chart that is referred to elsewhere has no name here.
        let unknown = *field == "spec.chart" && (before.is_empty() || after.is_empty());
        if before != after && !unknown {
            let message = format!(
                "{field} goes from {} to {}: Flux uninstalls the release and installs it again",
                case.text(Side::Old, before),
                case.text(Side::New, after)
            );
            case.report("helmrelease-reinstall", field, message);
        }
    }
}

/// Where a chart's version is.
const VERSIONS: &[(&str, &[&str], &str)] = &[
    (
        "HelmRelease",
        &["spec", "chart", "spec", "version"],
        "spec.chart.spec.version",
    ),
    (
        "HelmRelease",
        &["spec", "chart", "version"],
        "spec.chart.version",
    ),
    ("OCIRepository", &["spec", "ref", "tag"], "spec.ref.tag"),
    (
        "OCIRepository",
        &["spec", "ref", "semver"],
        "spec.ref.semver",
    ),
    (
        "Application",
        &["spec", "source", "targetRevision"],
        "spec.source.targetRevision",
    ),
];

fn chart_version(case: &mut Case<'_, '_>) {
    let is_chart =
        case.kind() != "Application" || !case.now().at(&["spec", "source", "chart"]).is_null();
    for (kind, keys, field) in VERSIONS {
        let (old, new) = (case.was().at(keys), case.now().at(keys));
        if *kind != case.kind() || !is_chart || old == new || old.is_null() || new.is_null() {
            continue;
        }
        let (before, after) = (version(&old.scalar()), version(&new.scalar()));
        let (severity, what) = match before.zip(after) {
            Some((before, after)) if after < before => (Severity::Medium, ", an older version"),
            Some((before, after)) if before.0[0] != after.0[0] => {
                (Severity::Medium, ", a major version")
            }
            Some(_) => (Severity::Info, ""),
            None => (Severity::Medium, ""),
        };
        let message = format!(
            "the chart goes from {} to {}{what}; what it renders to is not part of this plan",
            case.old_value(old),
            case.new_value(new)
        );
        case.report_as(severity, "chart-version-changed", field, message);
    }
}
