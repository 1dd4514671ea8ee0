//! Texts that something would still replace, and pods that restart for configuration.

use std::collections::HashSet;

use super::{Case, pods};
use crate::field::Noise;
use crate::value::Value;
use crate::veil::Side;

/// Larger texts are not looked at.
const LARGE: usize = 4 << 20;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if !(case.is_kept() || case.is_created()) {
        return;
    }
    let annotations = case.now().at(&["metadata", "annotations"]);
    let labels = case.now().at(&["metadata", "labels"]);
    let is_off = [annotations, labels]
        .iter()
        .any(|map| map.at(&[SUBSTITUTE]).text() == Some("disabled"));
    if !is_off {
        texts(case, substituted, hazard);
    }
    texts(case, unresolved, placeholder);
    empty(case);
    if case.is_kept() {
        roll(case);
    }
}

/// The mark that Flux leaves texts alone by.
const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

fn hazard(case: &mut Case<'_, '_>, field: &str, name: &str) {
    let message = format!(
        "Flux takes {} for a variable where `postBuild` is used; write `$${{…}}` or set {SUBSTITUTE}: disabled",
        case.text(Side::New, &format!("${{{name}}}"))
    );
    case.report("flux-substitution-hazard", field, message);
}

fn placeholder(case: &mut Case<'_, '_>, field: &str, found: &str) {
    let message = format!("{} was not replaced", case.text(Side::New, found));
    case.report("unresolved-placeholder", field, message);
}

/// A name or a tag that a template had no value for.
fn empty(case: &mut Case<'_, '_>) {
    let name = case.now().at(&["metadata", "name"]).scalar();
    if case.is_created() && matches!(name.as_str(), "null" | "nil" | "undefined") {
        placeholder(case, "metadata.name", &name);
    }
    let before: HashSet<_> = (pods::containers(case.was()).iter())
        .map(|one| one.value.at(&["image"]).scalar())
        .collect();
    for container in pods::containers(case.now()) {
        let image = container.value.at(&["image"]).scalar();
        if image.ends_with([':', '@']) && !before.contains(&image) {
            let message = format!("the image {} has no tag", case.text(Side::New, &image));
            let field = format!("{}.image", container.path);
            case.report("unresolved-placeholder", &field, message);
        }
    }
}

type Look = fn(&str) -> Option<&str>;

/// Looks at the texts that are new; one finding per resource.
fn texts(case: &mut Case<'_, '_>, look: Look, report: fn(&mut Case<'_, '_>, &str, &str)) {
    let mut before = HashSet::new();
    walk(case.was(), "", look, &mut |_, found| {
        before.insert(found.to_owned());
        false
    });
    let mut first = None;
    walk(case.now(), "", look, &mut |path, found| {
        let is_new = !before.contains(found);
        if is_new {
            first = Some((path.to_owned(), found.to_owned()));
        }
        is_new
    });
    if let Some((path, found)) = first {
        report(case, &path, &found);
    }
}

/// Visits what `look` finds until the visitor has seen enough.
fn walk(value: &Value, path: &str, look: Look, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
    match value {
        Value::Str(text) if text.len() <= LARGE => {
            look(text).is_some_and(|found| visit(path, found))
        }
        Value::List(items) => items.iter().any(|item| walk(item, path, look, visit)),
        Value::Map(pairs) => pairs.iter().any(|(key, value)| {
            // Written as far as words go; a key with dots says enough.
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            walk(value, &path, look, visit)
        }),
        _ => false,
    }
}

/// The first name that Flux would replace: `${name}` without a second dollar before it.
fn substituted(text: &str) -> Option<&str> {
    for (at, _) in text.match_indices("${") {
        if text[..at].ends_with('$') {
            continue;
        }
        let rest = &text[at + 2..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts
            && rest[end..].starts_with(['}', ':', '=', '-', '+', '?', '#', '%', '/', ',', '^'])
        {
            return Some(name);
        }
    }
    None
}

/// A placeholder of ours, Go's word for nothing, or an image without its tag.
fn unresolved(text: &str) -> Option<&str> {
    if let Some(at) = text.find("#{") {
        let end = text[at..].find("}#")?;
        let inner = &text[at + 2..at + end];
        let is_name = inner.len() <= 100 && !inner.is_empty() && !inner.contains(['\n', '{', '}']);
        return is_name.then(|| &text[at..at + end + 2]);
    }
    text.find("<no value>")
        .map(|at| &text[at..at + "<no value>".len()])
}

fn roll(case: &mut Case<'_, '_>) {
    let Some((_, path)) = pods::template(case.now()) else {
        return;
    };
    let restarts = matches!(
        case.kind(),
        "Deployment" | "StatefulSet" | "DaemonSet" | "Rollout"
    );
    let found = case.found.iter().find(|one| {
        let restarts_pods = matches!(one.field.noise, Some(Noise::Checksum | Noise::Reference));
        restarts_pods && one.field.path.starts_with(path)
    });
    if let (true, Some(found)) = (restarts, found) {
        let field = found.field.path.clone();
        let message = "pods restart because configuration that they use changes".to_owned();
        case.report("config-hash-roll", &field, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("echo ${HOME}/bin", Some("HOME"))]
    #[case("${a:=b}", Some("a"))]
    #[case("$${a}", None)]
    #[case("$(a) $a ${1} ${", None)]
    fn what_flux_replaces(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(substituted(text), expected);
    }

    #[rstest::rstest]
    #[case("x #{tag}# y", Some("#{tag}#"))]
    #[case("image: <no value>", Some("<no value>"))]
    #[case("#{ }", None)]
    #[case("{{ .Value }}", None)]
    fn what_was_not_replaced(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(unresolved(text), expected);
    }
}
