//! Which old and new resources belong together: by identity, then by the hash that a
//! generator put behind the name, then as moved, as another kind, as similar. Owns these
//! steps; each pairs only what no earlier one did.

mod copies;
mod similar;
mod stem;

use std::collections::HashMap;
use std::hash::Hash;

use crate::resource::Resource;

pub(crate) use copies::Twice;
pub(crate) use stem::is_generated;

/// How two resources belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The same one.
    Same,
    /// The same configuration with another hash in its name.
    GeneratorHash,
    /// The same one in another namespace: deleted and created.
    Moved,
    /// The same name of another kind: deleted and created.
    OtherKind,
    /// Much the same under another name: deleted and created.
    Similar,
    /// There is one side only.
    Alone,
}

/// An old and a new resource, or one of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) old: Option<&'a Resource<'a>>,
    pub(crate) new: Option<&'a Resource<'a>>,
    pub(crate) relation: Relation,
}

impl Pair<'_> {
    /// The same, seen on the way back.
    pub(crate) fn reversed(self) -> Self {
        Self {
            old: self.new,
            new: self.old,
            ..self
        }
    }
}

/// All resources of both sides in pairs.
#[derive(Debug, Default)]
pub(crate) struct Matched<'a> {
    pub(crate) pairs: Vec<Pair<'a>>,
    /// New resources whose identity an earlier one has.
    pub(crate) twice: Vec<Twice<'a>>,
}

type Key<'a> = (&'a str, &'a str, Option<&'a str>, &'a str);

fn key<'a>(resource: &'a Resource<'a>) -> Key<'a> {
    let id = &resource.id;
    let namespace = id.namespace.as_deref();
    (id.storage_group(), &id.kind, namespace, &id.name)
}

/// Pairs the resources of both sides.
pub(crate) fn pair<'a>(old: &'a [Resource<'a>], new: &'a [Resource<'a>]) -> Matched<'a> {
    let copies = copies::apart(old, new);
    let mut matched = Matched {
        pairs: copies.pairs,
        twice: copies.twice,
    };
    let (old, new) = (copies.old, copies.new);
    let mut rest = Rest { old, new };
    matched
        .pairs
        .extend(rest.pair_by(Relation::Same, |one| Some(key(one))));
    matched
        .pairs
        .extend(rest.pair_by(Relation::GeneratorHash, stem::key));
    let moved = rest.pair_by(Relation::Moved, |one| {
        let id = &one.id;
        Some((id.storage_group(), id.kind.as_str(), id.name.as_str()))
    });
    matched.pairs.extend(moved.into_iter().map(stated));
    matched
        .pairs
        .extend(rest.pair_by(Relation::OtherKind, |one| {
            let id = &one.id;
            Some((family(&id.kind), id.namespace.as_deref(), id.name.as_str()))
        }));
    matched.pairs.extend(similar::pair(&mut rest));
    let alone = |old, new| Pair {
        old,
        new,
        relation: Relation::Alone,
    };
    matched
        .pairs
        .extend(rest.old.into_iter().map(|old| alone(Some(old), None)));
    matched
        .pairs
        .extend(rest.new.into_iter().map(|new| alone(None, Some(new))));
    matched.pairs.sort_by_key(|pair| {
        let one = pair.new.or(pair.old);
        one.map(|one| {
            (
                &one.id.namespace,
                &one.id.kind,
                &one.id.name,
                &one.id.api_version,
                one.file,
                one.line,
            )
        })
    });
    matched
}

/// Where one side does not say in which namespace it is, nobody can tell that it moved.
/// What would take something along that does not come back counts as moved then.
fn stated(pair: Pair<'_>) -> Pair<'_> {
    const HOLDERS: &[&str] = &[
        "PersistentVolumeClaim",
        "StatefulSet",
        "HelmRelease",
        "Kustomization",
        "Application",
        "ApplicationSet",
    ];
    let unstated = |side: Option<&Resource<'_>>| side.is_some_and(|one| one.id.namespace.is_none());
    let holds = |side: Option<&Resource<'_>>| {
        side.is_some_and(|one| HOLDERS.contains(&one.id.kind.as_str()))
    };
    let is_unknown = unstated(pair.old) || unstated(pair.new);
    let relation = if is_unknown && !holds(pair.old) {
        Relation::Same
    } else {
        pair.relation
    };
    Pair { relation, ..pair }
}

/// Kinds that take each other's place.
fn family(kind: &str) -> &str {
    match kind {
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job"
        | "CronJob"
        | "Pod"
        | "Rollout" => "workload",
        "ConfigMap" | "Secret" | "SealedSecret" | "ExternalSecret" | "SecretProviderClass" => {
            "configuration"
        }
        "Ingress" | "IngressRoute" | "HTTPRoute" | "VirtualService" => "route",
        "Role" | "ClusterRole" => "role",
        "RoleBinding" | "ClusterRoleBinding" => "binding",
        "HorizontalPodAutoscaler" | "ScaledObject" => "autoscaler",
        // One kind of two groups.
        other => other,
    }
}

/// What is not paired yet.
pub(crate) struct Rest<'a> {
    pub(crate) old: Vec<&'a Resource<'a>>,
    pub(crate) new: Vec<&'a Resource<'a>>,
}

impl<'a> Rest<'a> {
    /// Pairs what has the same key, once on each side.
    fn pair_by<K: Hash + Eq>(
        &mut self,
        relation: Relation,
        key: impl Fn(&'a Resource<'a>) -> Option<K>,
    ) -> Vec<Pair<'a>> {
        let mut places: HashMap<K, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (at, one) in self.old.iter().enumerate() {
            if let Some(key) = key(one) {
                places.entry(key).or_default().0.push(at);
            }
        }
        for (at, one) in self.new.iter().enumerate() {
            if let Some(place) = key(one).and_then(|key| places.get_mut(&key)) {
                place.1.push(at);
            }
        }
        let pairs: Vec<_> = places
            .into_values()
            .filter(|(old, new)| old.len() == 1 && new.len() == 1)
            .map(|(old, new)| (old[0], new[0]))
            .collect();
        self.take(&pairs, relation)
    }

    /// Takes these pairs out.
    pub(crate) fn take(&mut self, pairs: &[(usize, usize)], relation: Relation) -> Vec<Pair<'a>> {
        let (mut old_gone, mut new_gone) =
            (vec![false; self.old.len()], vec![false; self.new.len()]);
        let mut out = Vec::with_capacity(pairs.len());
        for &(i, j) in pairs {
            (old_gone[i], new_gone[j]) = (true, true);
            out.push(Pair {
                old: Some(self.old[i]),
                new: Some(self.new[j]),
                relation,
            });
        }
        let mut gone = old_gone.into_iter();
        self.old.retain(|_| !gone.next().unwrap_or(false));
        let mut gone = new_gone.into_iter();
        self.new.retain(|_| !gone.next().unwrap_or(false));
        out
    }
}

#[cfg(test)]
mod tests;
