//! CRDs: the kind goes, or a version of it.

use super::Case;
use crate::value::Value;
use crate::veil::Side;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if case.old_kind() != "CustomResourceDefinition" {
        return;
    }
    if case.is_gone() {
        deleted(case);
    } else if case.is_kept() {
        versions(case);
    }
}

fn deleted(case: &mut Case<'_, '_>) {
    let group = case.was().at(&["spec", "group"]).text().unwrap_or("");
    let kind = case
        .was()
        .at(&["spec", "names", "kind"])
        .text()
        .unwrap_or("");
    let count = |facts: &super::Facts<'_>| facts.kinds.get(&(group, kind)).copied().unwrap_or(0);
    let (before, after) = (count(case.before), count(case.after));
    let message = format!(
        "every {} in the cluster is deleted with its CRD; {before} were published here, {after} still are",
        case.name(kind)
    );
    case.report_gone("crd-deleted", "", message);
}

fn served(crd: &Value) -> Vec<String> {
    let versions = crd.at(&["spec", "versions"]).items().iter();
    let served = versions.filter(|version| version.at(&["served"]) != &Value::Bool(false));
    served
        .map(|version| version.at(&["name"]).scalar())
        .collect()
}

fn versions(case: &mut Case<'_, '_>) {
    let new = served(case.now());
    let gone: Vec<_> = served(case.was())
        .into_iter()
        .filter(|name| !new.contains(name))
        .collect();
    if !gone.is_empty() {
        let message = format!(
            "no longer served: {}; resources that are stored or published in such a version break",
            case.listed(Side::Old, &gone)
        );
        case.report("crd-version-removed", "spec.versions", message);
    }
}
