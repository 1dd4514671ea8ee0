//! How many pods there are and when something runs: autoscalers, disruption budgets,
//! schedules.

use super::{Case, pods};
use crate::resource::Resource;
use crate::value::Value;

pub(super) fn check(case: &mut Case<'_, '_>) {
    match case.kind() {
        "HorizontalPodAutoscaler" | "ScaledObject" => bounds(case),
        "PodDisruptionBudget" => budget(case),
        "CronJob" => {
            for field in ["schedule", "timeZone", "suspend"] {
                schedule(case, field);
            }
        }
        _ if case.group().ends_with(".toolkit.fluxcd.io") => schedule(case, "suspend"),
        _ => {}
    }
}

/// Kind and name of the workload whose number of pods an autoscaler sets.
pub(super) fn target<'a>(one: &'a Resource<'_>) -> Option<(&'a str, &'a str)> {
    let kind = one.id.kind.as_str();
    if !matches!(kind, "HorizontalPodAutoscaler" | "ScaledObject") {
        return None;
    }
    let target = one.value.at(&["spec", "scaleTargetRef"]);
    // KEDA's default kind is Deployment.
    let kind = target.at(&["kind"]).text().unwrap_or("Deployment");
    Some((kind, target.at(&["name"]).text()?))
}

/// Whether an autoscaler of this set sets the number of a workload's pods.
pub(super) fn is_target(facts: &super::Facts<'_>, workload: &Resource<'_>) -> bool {
    let id = &workload.id;
    let name = (id.kind.as_str(), id.namespace.as_deref(), id.name.as_str());
    facts.scaled.contains(&name)
}

fn bounds(case: &mut Case<'_, '_>) {
    if !case.is_kept() {
        return;
    }
    for field in [
        "minReplicas",
        "maxReplicas",
        "minReplicaCount",
        "maxReplicaCount",
    ] {
        let (old, new) = (
            case.was().at(&["spec", field]),
            case.now().at(&["spec", field]),
        );
        if old != new {
            let message = format!(
                "{field} goes from {} to {}",
                case.old_value(old),
                case.new_value(new)
            );
            case.report("hpa-bounds-changed", &format!("spec.{field}"), message);
        }
    }
}

fn schedule(case: &mut Case<'_, '_>, field: &str) {
    if !case.is_kept() {
        return;
    }
    let (old, new) = (
        case.was().at(&["spec", field]),
        case.now().at(&["spec", field]),
    );
    // Not suspended is how everything is that does not say so.
    let off = |value: &Value| field == "suspend" && !value.is_true();
    if old != new && !(off(old) && off(new)) {
        let message = format!(
            "{field} goes from {} to {}",
            case.old_value(old),
            case.new_value(new)
        );
        case.report("schedule-changed", &format!("spec.{field}"), message);
    }
}

fn budget(case: &mut Case<'_, '_>) {
    let new = case.now();
    let Some(field) = blocks(new, case.after) else {
        return;
    };
    if case.is_kept() && blocks(case.was(), case.before).is_some() {
        return;
    }
    let value = case.new_value(new.at(&["spec", field]));
    let message =
        format!("with {field} {value} no pod may be evicted, so that nodes cannot be drained");
    case.report("pdb-blocks-eviction", &format!("spec.{field}"), message);
}

/// The field by which a budget allows no eviction.
fn blocks(budget: &Value, facts: &super::Facts<'_>) -> Option<&'static str> {
    let spec = budget.at(&["spec"]);
    let unavailable = spec.at(&["maxUnavailable"]);
    if !unavailable.is_null() {
        let none = unavailable.int() == Some(0) || pods::percent(unavailable) == Some(0);
        return none.then_some("maxUnavailable");
    }
    let available = spec.at(&["minAvailable"]);
    let percent = pods::percent(available);
    if percent.is_some_and(|percent| percent >= 100) {
        return Some("minAvailable");
    }
    let least = match percent {
        // Rounded up, so much of a few pods is all of them.
        Some(percent) if percent > 0 => 99 / (100 - percent),
        _ => available.int().filter(|least| *least > 0)?,
    };
    let labels = spec.at(&["selector", "matchLabels"]).pairs();
    let namespace = budget.at(&["metadata", "namespace"]).text();
    let lists = labels
        .iter()
        .map(|(key, value)| facts.labeled.get(&(key.as_str(), namespace, value.text()?)));
    let lists: Option<Vec<_>> = lists.collect();
    let candidates = lists?.into_iter().min_by_key(|all| all.len())?;
    let covered = candidates.iter().filter(|one| {
        let Some((template, _)) = pods::template(one.value) else {
            return false;
        };
        let own = template.at(&["metadata", "labels"]);
        labels
            .iter()
            .all(|(key, value)| own.get(key) == Some(value))
    });
    let mut sum = 0_i64;
    for one in covered {
        // Where the number is left out, an autoscaler may set it.
        let replicas = one.value.at(&["spec", "replicas"]).int()?;
        sum = sum.saturating_add(replicas.max(0));
        // Enough; what else a label that many share covers makes no difference.
        if sum > least {
            return None;
        }
    }
    (sum > 0).then_some("minAvailable")
}
