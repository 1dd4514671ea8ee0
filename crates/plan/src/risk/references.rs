//! What a remaining resource refers to and this change takes away.

use super::case::listed;
use super::{Case, pods};
use crate::matching::Relation;
use crate::resource::Resource;
use crate::value::Value;

/// Kinds that others refer to by name.
const TARGETS: &[&str] = &[
    "ConfigMap",
    "Secret",
    "Service",
    "ServiceAccount",
    "PersistentVolumeClaim",
];

pub(super) fn check(case: &mut Case<'_, '_>) {
    // The way there only asks about what goes; the names of the rest are known.
    // Configuration with another hash leaves its old name behind.
    let is_gone = case.is_gone() || case.pair.relation == Relation::GeneratorHash;
    if !is_gone || !TARGETS.contains(&case.old_kind()) {
        return;
    }
    let Some(old) = case.pair.old else { return };
    let id = &old.id;
    let target = (id.kind.as_str(), id.namespace.as_deref(), id.name.as_str());
    if case.after.names.contains(&target) || brought_by_others(case, old) {
        return;
    }
    let users = case.after.users.get(&target).map_or(&[][..], Vec::as_slice);
    let users: Vec<_> = users.iter().map(|one| case.name(&one.id.short())).collect();
    if !users.is_empty() {
        let message = format!("still used by {}", listed(users));
        case.report_gone("reference-lost", "", message);
    }
}

/// Whether another resource makes one of that name in the cluster.
fn brought_by_others(case: &Case<'_, '_>, old: &Resource<'_>) -> bool {
    let id = &old.id;
    ["SealedSecret", "ExternalSecret"].iter().any(|kind| {
        id.kind == "Secret"
            && (case.after.names).contains(&(*kind, id.namespace.as_deref(), id.name.as_str()))
    })
}

/// Kind and name of everything that a resource cannot do without.
pub(crate) fn of(value: &Value) -> Vec<(&'static str, &str)> {
    let mut found: Vec<(&'static str, &Value)> = Vec::new();
    if value.at(&["kind"]).text() == Some("Ingress") {
        let service = |backend: &'_ Value| backend.at(&["service", "name"]).is_null();
        let spec = value.at(&["spec"]);
        let rules = spec.at(&["rules"]).items().iter();
        let paths = rules.flat_map(|rule| rule.at(&["http", "paths"]).items());
        let backends = paths.map(|path| path.at(&["backend"]));
        for backend in backends.chain([spec.at(&["defaultBackend"])]) {
            if !service(backend) {
                found.push(("Service", backend.at(&["service", "name"])));
            }
        }
    }
    if let Some((spec, _)) = pods::spec(value) {
        found.push(("ServiceAccount", spec.at(&["serviceAccountName"])));
        for volume in spec.at(&["volumes"]).items() {
            found.push(("ConfigMap", volume.at(&["configMap", "name"])));
            found.push(("Secret", volume.at(&["secret", "secretName"])));
            let claim = volume.at(&["persistentVolumeClaim", "claimName"]);
            found.push(("PersistentVolumeClaim", claim));
        }
        for list in ["initContainers", "containers"] {
            for container in spec.at(&[list]).items() {
                of_container(container, &mut found);
            }
        }
    }
    let named = found
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name.text()?)));
    named.collect()
}

fn of_container<'v>(container: &'v Value, found: &mut Vec<(&'static str, &'v Value)>) {
    for variable in container.at(&["env"]).items() {
        for (key, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
            let reference = variable.at(&["valueFrom", key]);
            if !reference.at(&["optional"]).is_true() {
                found.push((kind, reference.at(&["name"])));
            }
        }
    }
    for source in container.at(&["envFrom"]).items() {
        found.push(("ConfigMap", source.at(&["configMapRef", "name"])));
        found.push(("Secret", source.at(&["secretRef", "name"])));
    }
}
