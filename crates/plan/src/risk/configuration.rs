//! Texts that something would still replace, and pods that restart for configuration.

use std::collections::HashSet;

use super::{Case, pods};
use crate::field::Noise;
use crate::path::{Path, Step};
use crate::secrecy::{self, beside};
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

fn hazard(case: &mut Case<'_, '_>, field: &str, name: Option<&str>) {
    let said = match name {
        Some(name) => case.text(Side::New, &format!("${{{name}}}")),
        None => "a part of this value, which is not shown,".to_owned(),
    };
    let message = format!(
        "Flux takes {said} for a variable where `postBuild` is used; write `$${{…}}` or set {SUBSTITUTE}: disabled"
    );
    case.report("flux-substitution-hazard", field, message);
}

fn placeholder(case: &mut Case<'_, '_>, field: &str, found: Option<&str>) {
    let said = match found {
        Some(found) => case.text(Side::New, found),
        None => "a placeholder in this value, which is not shown,".to_owned(),
    };
    let message = format!("{said} was not replaced");
    case.report("unresolved-placeholder", field, message);
}

/// A name or a tag that a template had no value for.
fn empty(case: &mut Case<'_, '_>) {
    let name = case.now().at(&["metadata", "name"]).scalar();
    if case.is_created() && matches!(name.as_str(), "null" | "nil" | "undefined") {
        placeholder(case, "metadata.name", Some(&name));
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

/// Reports what was found in a field; without the text where that may not be shown.
type Report = fn(&mut Case<'_, '_>, &str, Option<&str>);

/// Looks at the texts that are new; one finding per resource.
fn texts(case: &mut Case<'_, '_>, look: Look, report: Report) {
    let mut before = HashSet::new();
    walk(
        case.was(),
        &mut Walk::default(),
        look,
        &mut |_, _, found| {
            before.insert(found.to_owned());
            false
        },
    );
    let mut first = None;
    let (kind, annotations) = (case.new_kind(), case.options.sensitive_annotations);
    let mut visit = |walk: &Walk, value: &Value, found: &str| {
        let is_new = !before.contains(found);
        if is_new {
            let is_hidden = walk.hides > 0
                || secrecy::of(&walk.path, kind, value, annotations).is_some()
                || secrecy::hides_in_text(value.text().unwrap_or_default(), found);
            first = Some((walk.written(), (!is_hidden).then(|| found.to_owned())));
        }
        is_new
    };
    walk(case.now(), &mut Walk::default(), look, &mut visit);
    if let Some((path, found)) = first {
        report(case, &path, found.as_deref());
    }
}

/// Where a walk is.
#[derive(Default)]
struct Walk {
    path: Path,
    /// How many places around have a confidential value for what stands beside them.
    hides: usize,
    /// The words of the command that the arguments here belong to.
    front: Vec<String>,
}

impl Walk {
    /// As far as words go; a key with dots says enough.
    fn written(&self) -> String {
        self.path.keys().collect::<Vec<_>>().join(".")
    }

    fn inside(&mut self, step: Step, hides: bool, work: impl FnOnce(&mut Self) -> bool) -> bool {
        self.path.0.push(step);
        self.hides += usize::from(hides);
        let done = work(self);
        self.hides -= usize::from(hides);
        self.path.0.pop();
        done
    }
}

/// Visits what `look` finds until the visitor has seen enough.
fn walk(
    value: &Value,
    at: &mut Walk,
    look: Look,
    visit: &mut dyn FnMut(&Walk, &Value, &str) -> bool,
) -> bool {
    match value {
        Value::Str(text) if text.len() <= LARGE => {
            look(text).is_some_and(|found| visit(at, value, found))
        }
        Value::List(items) => {
            let hides = beside::exposed(&std::mem::take(&mut at.front), items);
            (0..items.len()).any(|index| {
                at.inside(Step::Index(index), hides[index], |at| {
                    walk(&items[index], at, look, visit)
                })
            })
        }
        Value::Map(pairs) => pairs.iter().any(|(key, value)| {
            let hides = !at.path.0.is_empty() && beside::hides(pairs, key);
            let step = Step::Key(key.clone());
            at.front = match key.as_str() {
                "args" => beside::front(pairs),
                _ => Vec::new(),
            };
            at.inside(step, hides, |at| walk(value, at, look, visit))
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
