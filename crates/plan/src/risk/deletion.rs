//! Deletions that take more along than the resource.

use super::{Case, Revert};
use crate::matching::Relation;
use crate::value::Value;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if !case.is_gone() {
        return;
    }
    match case.old_kind() {
        "Namespace" => {
            let name = case
                .pair
                .old
                .map_or_else(String::new, |one| one.id.name.clone());
            let inside = case.before.namespaces.get(name.as_str()).unwrap_or(&0);
            let message = format!(
                "namespace {} is deleted with everything in it ({inside} resources of this environment, and what others put there)",
                case.name(&name)
            );
            case.report_gone("namespace-deleted", "", message);
        }
        "PersistentVolumeClaim" | "PersistentVolume" => {
            let message = format!(
                "the {} is deleted, and its data with it unless the reclaim policy of the volume keeps them",
                case.old_kind()
            );
            case.report_gone("pvc-deleted", "", message);
        }
        "StatefulSet" => stateful(case),
        "NetworkPolicy"
        | "CiliumNetworkPolicy"
        | "CiliumClusterwideNetworkPolicy"
        | "GlobalNetworkPolicy"
            if case.is_lost() =>
        {
            let message = "what this policy blocked gets through, unless another policy blocks it";
            case.report_gone("networkpolicy-deleted", "", message.to_owned());
        }
        _ => {}
    }
    if case.is_lost() || case.pair.relation != Relation::OtherKind {
        orphan(case);
    }
}

fn stateful(case: &mut Case<'_, '_>) {
    let keeps = case.was().at(&[
        "spec",
        "persistentVolumeClaimRetentionPolicy",
        "whenDeleted",
    ]);
    let deletes = keeps.text() == Some("Delete");
    let message = if deletes {
        "the StatefulSet is deleted, and its retention policy deletes its volumes, too"
    } else {
        "the StatefulSet is deleted; the volumes that it made stay behind"
    };
    case.report_gone("stateful-workload-deleted", "", message.to_owned());
    if let (true, Some(finding)) = (deletes, case.last()) {
        finding.revert = Revert::LosesData;
    }
}

/// What says that it stays when it goes from git.
fn orphan(case: &mut Case<'_, '_>) {
    let metadata = case.was().at(&["metadata"]);
    let marks = |map: &Value, key: &str, value: &str| map.at(&[key]).text() == Some(value);
    let (labels, annotations) = (metadata.at(&["labels"]), metadata.at(&["annotations"]));
    let flux = "kustomize.toolkit.fluxcd.io/prune";
    let options = annotations
        .at(&["argocd.argoproj.io/sync-options"])
        .scalar();
    let argo = options
        .split(',')
        .map(str::trim)
        .any(|option| option == "Prune=false");
    let found = if marks(labels, flux, "disabled") || marks(annotations, flux, "disabled") {
        Some(flux)
    } else if marks(annotations, "helm.sh/resource-policy", "keep") {
        Some("helm.sh/resource-policy")
    } else {
        argo.then_some("argocd.argoproj.io/sync-options")
    };
    if let Some(mark) = found {
        let message = format!(
            "it goes from git and stays in the cluster because of `{mark}`; delete it by hand if that is meant"
        );
        case.report_gone("orphan-left-behind", "metadata", message);
    }
}
