//! Volumes and claims.

use super::Case;
use crate::schema::quantity;
use crate::value::Value;

pub(super) fn check(case: &mut Case<'_, '_>) {
    if !case.is_kept() {
        return;
    }
    match case.kind() {
        "PersistentVolumeClaim" => shrunk(case),
        "PersistentVolume" => reclaim(case),
        _ => {}
    }
}

fn shrunk(case: &mut Case<'_, '_>) {
    const PATH: &[&str] = &["spec", "resources", "requests", "storage"];
    let (old, new) = (case.was().at(PATH), case.now().at(PATH));
    let amount = |value: &Value| quantity::parse(&value.scalar());
    if amount(old)
        .zip(amount(new))
        .is_some_and(|(old, new)| new < old)
    {
        let message = format!(
            "the claim asks for {} instead of {}; a volume can only grow",
            case.new_value(new),
            case.old_value(old)
        );
        case.report("pvc-shrunk", "spec.resources.requests.storage", message);
    }
}

fn reclaim(case: &mut Case<'_, '_>) {
    const PATH: &[&str] = &["spec", "persistentVolumeReclaimPolicy"];
    let (old, new) = (case.was().at(PATH), case.now().at(PATH));
    if new.text() == Some("Delete") && old != new && !old.is_null() {
        let message = format!(
            "the volume and its data are deleted with its claim from now on (it was {})",
            case.old_value(old)
        );
        case.report(
            "pv-reclaim-changed",
            "spec.persistentVolumeReclaimPolicy",
            message,
        );
    }
}
