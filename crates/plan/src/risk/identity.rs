//! Resources that are deleted and created under another name, kind or namespace, and what
//! concerns all of them at once.

use super::{Case, Revert, Severity};
use crate::matching::Relation;
use crate::resource::Identity;

pub(super) fn check(case: &mut Case<'_, '_>) {
    let (Some(old), Some(new)) = (case.pair.old, case.pair.new) else {
        return;
    };
    let (old, new) = (&old.id, &new.id);
    match case.pair.relation {
        Relation::OtherKind => {
            let message = format!(
                "{} is deleted and {} created in its place",
                case.name(&old.short()),
                case.name(&new.short())
            );
            case.report("kind-changed", "kind", message);
        }
        Relation::Similar => {
            let message = format!(
                "{} is deleted and {} created, which is much the same",
                case.name(&old.short()),
                case.name(&new.short())
            );
            case.report("resource-renamed", "metadata.name", message);
        }
        Relation::Moved => {
            let place = |case: &Case<'_, '_>, id: &Identity| match &id.namespace {
                Some(namespace) => format!("namespace {}", case.name(namespace)),
                None => "the namespace that it is applied to by default".to_owned(),
            };
            let message = format!(
                "it is deleted in {} and created in {}",
                place(case, old),
                place(case, new)
            );
            if old.namespace.is_some() && new.namespace.is_some() {
                case.report("namespace-moved", "metadata.namespace", message);
            } else {
                // Which namespace that is, is said elsewhere.
                let message = format!("{message}, unless these are the same");
                let field = "metadata.namespace";
                case.report_as(Severity::Medium, "namespace-moved", field, message);
            }
        }
        Relation::Same | Relation::GeneratorHash | Relation::Alone => return,
    }
    let holds_data = matches!(
        old.kind.as_str(),
        "PersistentVolumeClaim" | "PersistentVolume"
    );
    let claims = !case
        .was()
        .at(&["spec", "volumeClaimTemplates"])
        .items()
        .is_empty();
    if let (true, Some(finding)) = (holds_data || claims, case.last()) {
        finding.revert = Revert::LosesData;
    }
}

/// A second manifest of the same resource.
pub(crate) fn twice(case: &mut Case<'_, '_>, first: &str, was_before: bool) {
    let message = format!("{} describes the same resource", case.name(first));
    case.report("duplicate-resource", "", message);
    if let Some(finding) = case.last() {
        finding.existing = was_before;
    }
}

/// How many resources go, of how many.
pub(crate) fn counts(case: &mut Case<'_, '_>, lost: usize) {
    let (before, after) = (case.before.all.len(), case.after.all.len());
    if before > 0 && after == 0 {
        let message = format!("none of {before} resources is left");
        case.report("empty-output", "", message);
        return;
    }
    let bounds = case.options.mass_deletion;
    if lost >= bounds.at_least.max(1) && lost * 100 >= before * usize::from(bounds.percent) {
        let message = format!("{lost} of {before} resources go");
        case.report("mass-deletion", "", message);
    }
}
