//! Volumes and claims.

use super::{Case, Revert, Severity, immutable};
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
        if immutable::loses_data(case)
            && let Some(finding) = case.last()
        {
            let way = "; its annotation has it deleted and created instead, without its data";
            finding.message.push_str(way);
            (finding.severity, finding.revert) = (Severity::Critical, Revert::LosesData);
        }
    }
}

fn reclaim(case: &mut Case<'_, '_>) {
    const PATH: &[&str] = &["spec", "persistentVolumeReclaimPolicy"];
    let (old, new) = (case.was().at(PATH), case.now().at(PATH));
    // A volume that is written down in git is kept unless it says otherwise.
    let before = match old {
        Value::Null => "the server's default, `Retain`".to_owned(),
        old => case.old_value(old),
    };
    let goes = matches!(new.text(), Some("Delete" | "Recycle"));
    let went = matches!(old.text(), Some("Delete" | "Recycle"));
    if goes && !went {
        let message =
            format!("the volume's data are deleted with its claim from now on (it was {before})");
        case.report(
            "pv-reclaim-changed",
            "spec.persistentVolumeReclaimPolicy",
            message,
        );
    }
}
