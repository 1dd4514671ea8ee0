//! What the short fields `version`, `values.…` and `image` stand for, by the kind of the
//! object. Any other field is the path to a value.

use super::version::{refuse_inexact, refuse_odd};
use super::way::Step;
use super::{Refusal, Target, Way, image};
use crate::text::Node;

/// Who an object is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Flux's `HelmRelease`.
    HelmRelease,
    /// The one of the Helm Operator, `helm.fluxcd.io/v1`.
    OldHelmRelease,
    /// Flux's `OCIRepository`.
    OciRepository,
    /// Argo CD's `Application`.
    Application,
    /// Argo CD's `ApplicationSet`.
    ApplicationSet,
    /// A file of Kustomize, also without kind.
    Kustomization,
    /// Flux's `Kustomization`, which has images in its `spec`.
    FluxKustomization,
    /// A chart's `Chart.yaml`.
    Chart,
    /// Anything else.
    Other,
}

impl Of {
    /// Whose a document is, by its kind or the name of its file.
    pub(super) fn document(root: &Node, file: &str) -> Self {
        let text = |key: &str| Way::keys(&[key]).find(root).ok().and_then(Node::text);
        let group = text("apiVersion").unwrap_or_default();
        let group = group.split('/').next().unwrap_or_default();
        let name = file.rsplit('/').next().unwrap_or(file);
        match (group, text("kind").unwrap_or_default()) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") => Self::HelmRelease,
            ("helm.fluxcd.io" | "flux.weave.works", "HelmRelease") => Self::OldHelmRelease,
            ("source.toolkit.fluxcd.io", "OCIRepository") => Self::OciRepository,
            ("argoproj.io", "Application") => Self::Application,
            ("argoproj.io", "ApplicationSet") => Self::ApplicationSet,
            ("kustomize.config.k8s.io", _) => Self::Kustomization,
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => Self::FluxKustomization,
            (_, "") => match name {
                "kustomization.yaml" | "kustomization.yml" | "Kustomization" => Self::Kustomization,
                "Chart.yaml" => Self::Chart,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// The values that an edit sets in a document.
pub(super) fn targets(
    of: Of,
    root: &Node,
    (way, value): (&Way, &str),
    place: &str,
) -> Result<Vec<Target>, Refusal> {
    let values = match way.0.as_slice() {
        [Step::Key(first), rest @ ..] if first == "values" && !rest.is_empty() => Some(rest),
        _ => None,
    };
    let is_version = way.is("version");
    let one = |way: Way| Ok(vec![Target::text(way, value)]);
    match of {
        Of::HelmRelease | Of::OldHelmRelease if is_version => {
            one(release_version(of, root, value, place)?)
        }
        Of::HelmRelease | Of::OldHelmRelease if values.is_some() => {
            let rest = values.unwrap_or_default();
            let way = Way::keys(&["spec", "values"]).then(rest);
            Ok(vec![Target::as_before(way, value)])
        }
        Of::OciRepository if is_version => oci_version(root, value, place),
        Of::Application | Of::ApplicationSet if is_version || values.is_some() => {
            let base = match of {
                Of::Application => &["spec"] as &[&str],
                _ => &["spec", "template", "spec"],
            };
            let source = source(root, base, place)?;
            match values {
                None => one(revision(root, source, value, place)?),
                Some(rest) => parameter(root, source, (rest, value), place),
            }
        }
        Of::Kustomization if way.is("image") => image::entry(root, &["images"], value, place),
        Of::FluxKustomization if way.is("image") => {
            image::entry(root, &["spec", "images"], value, place)
        }
        Of::Chart if is_version => {
            refuse_inexact(value, place)?;
            one(way.clone())
        }
        Of::Chart if way.plain() == "dependencies.version" => {
            refuse_odd(value, place)?;
            one(way.clone())
        }
        _ => {
            match (of, way.plain().as_str()) {
                (Of::OciRepository, "spec.ref.digest") => image::refuse_no_digest(value, place)?,
                (Of::OciRepository, "spec.ref.tag") => image::refuse_no_tag(value, place)?,
                _ => {}
            }
            if let Some(exact) = versioned(of, way) {
                if exact {
                    refuse_odd(value, place)?;
                }
                return one(way.clone());
            }
            Ok(vec![Target::as_before(way.clone(), value)])
        }
    }
}

/// Whether a path is that of a version: a text, whatever it looks like; and whether it has to
/// be a version by the rules of charts.
fn versioned(of: Of, way: &Way) -> Option<bool> {
    let plain = way.plain();
    match (of, plain.as_str()) {
        (Of::HelmRelease, "spec.chart.spec.version")
        | (Of::OldHelmRelease, "spec.chart.version")
        | (Of::OciRepository, "spec.ref.semver") => Some(true),
        (Of::OldHelmRelease, "spec.chart.ref")
        | (Of::OciRepository, "spec.ref.tag" | "spec.ref.digest")
        | (
            Of::Application | Of::ApplicationSet,
            "spec.source.targetRevision"
            | "spec.sources.targetRevision"
            | "spec.template.spec.source.targetRevision"
            | "spec.template.spec.sources.targetRevision",
        )
        | (Of::Kustomization, "images.newTag" | "images.newName" | "images.digest")
        | (
            Of::FluxKustomization,
            "spec.images.newTag" | "spec.images.newName" | "spec.images.digest",
        ) => Some(false),
        _ => None,
    }
}

fn release_version(of: Of, root: &Node, value: &str, place: &str) -> Result<Way, Refusal> {
    let has = |keys: &[&str]| Way::keys(keys).find(root).is_ok();
    if of == Of::OldHelmRelease {
        if has(&["spec", "chart", "git"]) {
            return Ok(Way::keys(&["spec", "chart", "ref"]));
        }
        refuse_odd(value, place)?;
        return Ok(Way::keys(&["spec", "chart", "version"]));
    }
    if let Ok(reference) = Way::keys(&["spec", "chartRef"]).find(root) {
        let text = |key: &str| Way::keys(&[key]).find(reference).ok().and_then(Node::text);
        let kind = text("kind").unwrap_or("OCIRepository");
        let name = text("name").unwrap_or_default();
        return Err(Refusal::new(format!(
            "{place}: the release takes its chart from {kind} `{name}` (`chartRef`), which has the version"
        ))
        .hint(format!("set it there: `{kind} {name} version={value}`")));
    }
    refuse_odd(value, place)?;
    Ok(Way::keys(&["spec", "chart", "spec", "version"]))
}

/// The field of `spec.ref` that counts: a digest wins over a range, and that over a tag.
fn oci_version(root: &Node, value: &str, place: &str) -> Result<Vec<Target>, Refusal> {
    let has = |key: &str| Way::keys(&["spec", "ref", key]).find(root).is_ok();
    let target = |key: &str, value: &str| Target::text(Way::keys(&["spec", "ref", key]), value);
    let (version, digest) = match value.split_once('@') {
        Some((version, digest)) => (Some(version).filter(|it| !it.is_empty()), Some(digest)),
        None if value.starts_with("sha256:") => (None, Some(value)),
        None => (Some(value), None),
    };
    let mut targets = Vec::new();
    match digest {
        Some(digest) if has("digest") => {
            image::refuse_no_digest(digest, place)?;
            targets.push(target("digest", digest));
        }
        Some(_) => {
            return Err(Refusal::new(format!("{place}: `spec.ref` has no `digest`"))
                .hint("values are changed, never added: write `digest` once by hand"));
        }
        None if has("digest") => {
            return Err(Refusal::new(format!(
                "{place}: `spec.ref.digest` is set, and wins over every version"
            ))
            .hint("give the digest, too: `version=1.4.2@sha256:…`; or take it out of the file"));
        }
        None => {}
    }
    if let Some(version) = version {
        if has("semver") {
            refuse_odd(version, place)?;
            targets.push(target("semver", version));
        } else if has("tag") {
            image::refuse_no_tag(version, place)?;
            targets.push(target("tag", version));
        } else if digest.is_none() {
            return Err(Refusal::new(format!(
                "{place}: `spec.ref` has neither `tag` nor `semver`"
            ))
            .hint("values are changed, never added: write `tag` once by hand"));
        }
    }
    Ok(targets)
}

/// The way to the source of an application: the only one, or the only chart.
fn source(root: &Node, base: &[&str], place: &str) -> Result<Way, Refusal> {
    let own = |key: &str| Way::keys(base).then(&[Step::Key(key.to_owned())]);
    let sources = own("sources").find(root).ok().and_then(Node::items);
    let Some(sources) = sources.filter(|items| !items.is_empty()) else {
        return Ok(own("source"));
    };
    let is_chart = |item: &Node| Way::keys(&["chart"]).find(item).is_ok();
    let charts: Vec<_> = (0..sources.len())
        .filter(|&at| is_chart(&sources[at]))
        .collect();
    match (sources.len(), charts.as_slice()) {
        (1, _) => Ok(own("sources").then(&[Step::Item(0)])),
        (_, [at]) => Ok(own("sources").then(&[Step::Item(*at)])),
        (count, _) => Err(Refusal::new(format!(
            "{place}: there are {count} sources, and one is meant"
        ))
        .hint(format!(
            "name the field by its path, for example `{}.sources[chart=web].targetRevision`",
            base.join(".")
        ))),
    }
}

fn revision(root: &Node, source: Way, value: &str, place: &str) -> Result<Way, Refusal> {
    let chart = source.clone().then(&[Step::Key("chart".to_owned())]);
    if chart.find(root).is_ok() {
        refuse_odd(value, place)?;
    }
    Ok(source.then(&[Step::Key("targetRevision".to_owned())]))
}

/// A value of the chart: in `valuesObject`, or the parameter of that name.
fn parameter(
    root: &Node,
    source: Way,
    (rest, value): (&[Step], &str),
    place: &str,
) -> Result<Vec<Target>, Refusal> {
    let helm = source.then(&[Step::Key("helm".to_owned())]);
    let below = |key: &str| helm.clone().then(&[Step::Key(key.to_owned())]);
    let in_object = below("valuesObject").then(rest);
    if in_object.find(root).is_ok() {
        return Ok(vec![Target::as_before(in_object, value)]);
    }
    let name = Way(rest.to_vec()).to_string();
    let named = [
        Step::Where("name".to_owned(), name.clone()),
        Step::Key("value".to_owned()),
    ];
    let in_parameters = below("parameters").then(&named);
    if in_parameters.find(root).is_ok() {
        return Ok(vec![Target::text(in_parameters, value)]);
    }
    let refusal = Refusal::new(format!(
        "{place}: neither `{helm}.valuesObject` nor `{helm}.parameters` has `{name}`"
    ));
    if below("values").find(root).is_ok() {
        return Err(refusal.hint("`helm.values` is one block of text, which is not edited: move the value to `valuesObject` or `parameters`"));
    }
    Err(refusal
        .missing()
        .hint("values are changed, never added: write it once by hand"))
}
