//! What is worth a warning about a value that is set: a release that is installed anew, a
//! chart repository that cannot have the chart, another tool that writes the same line.

use std::collections::BTreeMap;

use semver::Version;

use super::edit::Object;
use super::kinds::Of;
use super::{Set, Site, Way, marker};
use crate::model::{Finding, RelPath};
use crate::text::Node;
use crate::text::yaml;

/// What Argo CD Image Updater finds its applications by.
const IMAGE_UPDATER: &str = "argocd-image-updater.argoproj.io/";

/// Warns about the values that are set in one document; `text` is the file as it was.
pub(super) fn of(
    site: &Site,
    text: &str,
    set: &[Set],
    texts: &BTreeMap<RelPath, String>,
    warnings: &mut Vec<Finding>,
) {
    let file = &site.file;
    let mut found = of_lines(text, set);
    let documents = super::documents(file.as_str(), text).unwrap_or_default();
    if let Some(document) = documents.get(site.document) {
        let place = match &site.object {
            Some(object) => format!("{file}, {object}"),
            None => file.to_string(),
        };
        let said = of_object(&document.root, file.as_str(), set, texts);
        found.extend(said.into_iter().map(|said| (place.clone(), said)));
    }
    for (place, said) in found {
        let finding = Finding::warning(place, said);
        if !warnings.contains(&finding) {
            warnings.push(finding);
        }
    }
}

/// What single values give reason to say, with the place of each.
fn of_lines(text: &str, set: &[Set]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let markers = marker::markers(text);
    for one in set {
        let place = || format!("{}, line {}", one.file, one.line);
        if let Some(marker) = markers.get(&one.line) {
            found.push((
                place(),
                format!(
                    "Flux's image automation writes this value, too, by the policy `{}`: let one of the two do it, or the value goes back and forth",
                    marker.policy
                ),
            ));
        }
        if is_lower(&one.after, &one.before) {
            found.push((
                place(),
                format!(
                    "{} is a lower version than {}, which is there: an older run may have come last",
                    one.after, one.before
                ),
            ));
        }
    }
    found
}

/// What there is to say about the object that values are set in.
fn of_object(
    root: &Node,
    file: &str,
    set: &[Set],
    texts: &BTreeMap<RelPath, String>,
) -> Vec<String> {
    let mut found = Vec::new();
    let of = Of::document(root, file);
    let mut fields = set.iter().map(|one| one.field.as_str());
    if let Some(field) = fields.clone().find(|field| reinstalls(of, field)) {
        found.push(format!("another `{field}` is another release: the controller installs it anew, and removes the old one with its resources"));
    }
    match of {
        Of::HelmRelease => {
            let version = text_of(root, &["apiVersion"]).unwrap_or_default();
            if version.contains("/v2beta") {
                found.push(format!("Flux no longer serves {version}: {}", beta(root)));
            }
            found.extend(cannot_serve_oci(root, texts));
        }
        Of::OldHelmRelease => {
            let repository = text_of(root, &["spec", "chart", "repository"]).unwrap_or_default();
            if is_registry(repository) {
                found.push(format!("the Helm Operator cannot read charts from a registry, and {repository} is one: the release needs Flux 2, with an OCIRepository"));
            }
        }
        Of::Application | Of::ApplicationSet => {
            let annotations = Way::keys(&["metadata", "annotations"]).find(root).ok();
            let mut keys = annotations
                .and_then(Node::pairs)
                .unwrap_or_default()
                .iter()
                .filter_map(|(key, _)| key.text());
            if keys.any(|key| key.starts_with(IMAGE_UPDATER))
                && fields.any(|field| field.contains(".helm."))
            {
                found.push("Argo CD Image Updater is set up for this application and may write the same value: let one of the two do it".to_owned());
            }
        }
        Of::Chart if fields.any(|field| field.starts_with("dependencies")) => {
            found.push("`Chart.lock` no longer fits the dependencies: run `helm dependency update`, where the chart has that file".to_owned());
        }
        _ => {}
    }
    found
}

/// Warns when Flux itself writes what the markers of a policy show.
pub(super) fn automation(
    policy: &Object,
    texts: &BTreeMap<RelPath, String>,
    warnings: &mut Vec<Finding>,
) {
    let found = texts
        .iter()
        .find(|(_, text)| text.contains("kind: ImageUpdateAutomation"));
    if let Some((path, _)) = found {
        warnings.push(Finding::warning(
            path.as_str(),
            format!("Flux's image automation is set up here, and writes what {policy} chooses: let one of the two do it, or the values go back and forth"),
        ));
    }
}

/// Whether another value of a field is another release.
fn reinstalls(of: Of, field: &str) -> bool {
    match of {
        Of::HelmRelease => matches!(
            field,
            "spec.releaseName"
                | "spec.targetNamespace"
                | "spec.storageNamespace"
                | "spec.chart.spec.chart"
                | "metadata.name"
                | "metadata.namespace"
        ),
        Of::OldHelmRelease => matches!(
            field,
            "spec.releaseName" | "spec.targetNamespace" | "metadata.name" | "metadata.namespace"
        ),
        _ => false,
    }
}

/// What has to change in a release of a beta version.
fn beta(root: &Node) -> String {
    let has = |keys: &[&str]| Way::keys(keys).find(root).is_ok();
    let mut changes = vec!["set `apiVersion: helm.toolkit.fluxcd.io/v2`".to_owned()];
    if has(&["spec", "chart", "spec", "valuesFile"]) {
        changes.push("write `valuesFiles: [FILE]` for `valuesFile`".to_owned());
    }
    let renderers = Way::keys(&["spec", "postRenderers"]).find(root).ok();
    let is_old = |item: &Node| {
        ["patchesStrategicMerge", "patchesJson6902"]
            .iter()
            .any(|key| Way::keys(&["kustomize", key]).find(item).is_ok())
    };
    if renderers
        .and_then(Node::items)
        .is_some_and(|items| items.iter().any(is_old))
    {
        changes
            .push("write `patches` for `patchesStrategicMerge` and `patchesJson6902`".to_owned());
    }
    changes.join(", and ")
}

/// Why the chart repository of a release cannot have a chart of a registry, as far as the
/// files that were read tell.
fn cannot_serve_oci(root: &Node, texts: &BTreeMap<RelPath, String>) -> Option<String> {
    let reference = ["spec", "chart", "spec", "sourceRef"];
    let of = |key: &str| text_of(root, &[&reference[..], &[key]].concat());
    let (kind, name) = (of("kind")?, of("name")?);
    if kind != "HelmRepository" {
        return None;
    }
    let namespace = of("namespace").or_else(|| text_of(root, &["metadata", "namespace"]));
    let files = texts.values();
    let files = files.filter(|text| text.contains("HelmRepository") && text.contains(name));
    for document in files.flat_map(|text| yaml::parse(text).unwrap_or_default()) {
        let other = &document.root;
        let own = text_of(other, &["metadata", "namespace"]);
        let is_it = text_of(other, &["kind"]) == Some(kind)
            && text_of(other, &["metadata", "name"]) == Some(name)
            && (own.is_none() || namespace.is_none() || own == namespace);
        let is_oci = text_of(other, &["spec", "type"]) == Some("oci");
        let url = text_of(other, &["spec", "url"]).unwrap_or_default();
        if is_it && !is_oci && is_registry(url) {
            return Some(format!(
                "HelmRepository `{name}` has the address {url} and not `type: oci`: a registry has no index of charts, so that the release will not find this version. Set `type: oci` and an address that begins with `oci://`"
            ));
        }
    }
    None
}

/// Whether a version comes before another; of texts that are none, nothing is known.
fn is_lower(one: &str, other: &str) -> bool {
    let version = |text: &str| Version::parse(text.strip_prefix('v').unwrap_or(text)).ok();
    matches!((version(one), version(other)), (Some(one), Some(other)) if one < other)
}

/// Whether an address is that of a registry, which serves charts as OCI artifacts only.
fn is_registry(address: &str) -> bool {
    let host = address.split("://").nth(1).unwrap_or(address);
    let host = host.split('/').next().unwrap_or_default();
    address.starts_with("oci://") || host.ends_with(".azurecr.io") || host == "ghcr.io"
}

fn text_of<'n>(root: &'n Node, keys: &[&str]) -> Option<&'n str> {
    Way::keys(keys).find(root).ok().and_then(Node::text)
}
