//! What clusters share: an Argo CD that serves several of them, and their names
//! in commit statuses.
//!
//! Owns which clusters belong together, and that they do not get in each
//! other's way. Looks at validated settings alone.

use std::collections::BTreeMap;

use crate::error::{Error, Kind};
use crate::generate::cluster::{self as objects, application_name};
use crate::settings::definition::ArgoCdArgs;

use super::{Arguments, Described};

/// The clusters that the same Argo CD serves as a cluster, in the order of the
/// file; the first of them gets the objects that all of them need.
pub(super) fn of_one_argocd<'d>(
    described: &'d Described,
    all: &'d [Described],
) -> Vec<&'d Described> {
    let members = alike(described, all);
    if members.iter().any(|it| is_elsewhere(it)) {
        members
    } else {
        // Each of them runs an Argo CD of its own.
        vec![described]
    }
}

/// The clusters whose Argo CD has the same namespace and address.
fn alike<'d>(described: &Described, all: &'d [Described]) -> Vec<&'d Described> {
    let key = |it: &Described| argocd(it).map(|args| (args.namespace.clone(), args.url.clone()));
    let own = key(described);
    all.iter()
        .filter(|it| own.is_some() && key(it) == own)
        .collect()
}

fn argocd(described: &Described) -> Option<&ArgoCdArgs> {
    match &described.args {
        Arguments::ArgoCd(args) => Some(args),
        Arguments::Flux(_) => None,
    }
}

fn is_elsewhere(described: &Described) -> bool {
    argocd(described).is_some_and(|args| args.destination.is_some())
}

/// Objects and statuses of different clusters have different names.
pub(super) fn refuse_collisions(all: &[Described]) -> Result<(), Error> {
    refuse_same_names(all)?;
    for described in all.iter().filter(|it| argocd(it).is_some()) {
        let members = of_one_argocd(described, all);
        if members[0].name == described.name {
            refuse_many_homes(&members)?;
            refuse_other_rights(&members)?;
            refuse_same_applications(&members)?;
            refuse_same_objects(&members)?;
        }
    }
    Ok(())
}

/// Statuses tell clusters apart by their names.
fn refuse_same_names(all: &[Described]) -> Result<(), Error> {
    let mut taken = BTreeMap::new();
    for one in all {
        let generator = one.generator().name();
        // Those of Argo CD do not say a namespace.
        let namespace = argocd(one).is_none().then(|| one.namespace());
        let key = (generator, one.cluster.as_str(), namespace);
        if let Some(other) = taken.insert(key, &one.name) {
            let said = format!(
                "the environments `{other}` and `{}` describe clusters with the same name, `{}`",
                one.name, one.cluster
            );
            return Err(Error::message(Kind::Usage, said).hint(format!(
                "set `{generator}.cluster` of one of them to another name, or describe the cluster by one environment"
            )));
        }
    }
    Ok(())
}

/// An Argo CD runs in one cluster.
fn refuse_many_homes(members: &[&Described]) -> Result<(), Error> {
    let mut homes = members.iter().filter(|it| !is_elsewhere(it));
    let (Some(one), Some(two)) = (homes.next(), homes.next()) else {
        return Ok(());
    };
    let others = members.iter().filter(|it| is_elsewhere(it));
    let others: Vec<_> = others.map(|it| format!("`{}`", it.name)).collect();
    let said = format!(
        "the environments `{}` and `{}` have an Argo CD each, and nothing says which of the two serves {}",
        one.name,
        two.name,
        others.join(", ")
    );
    Err(Error::message(Kind::Usage, said)
        .hint("set `argocd.url` for each of them to the address of its Argo CD"))
}

/// Objects that clusters share are written once, so what they say has to be the
/// same.
fn refuse_other_rights(members: &[&Described]) -> Result<(), Error> {
    let rights = |args: &ArgoCdArgs| {
        [
            ("workloadIdentity", args.workload_identity.to_string()),
            ("githubAppId", format!("{:?}", args.github_app_id)),
            (
                "githubAppInstallation",
                format!("{:?}", args.github_app_installation),
            ),
        ]
    };
    let mut all = members
        .iter()
        .filter_map(|it| Some((&it.name, argocd(it)?)));
    let Some((first, own)) = all.next() else {
        return Ok(());
    };
    for (name, args) in all {
        let differs = rights(own)
            .into_iter()
            .zip(rights(args))
            .find(|(own, other)| own != other);
        if let Some(((setting, _), _)) = differs {
            let said = format!(
                "the environments `{first}` and `{name}` share an Argo CD, but differ in `argocd.{setting}`"
            );
            return Err(Error::message(Kind::Usage, said).hint(
                "set it once, in the block `argocd` at the top of the file, or set `argocd.url` for each of them if they do not share an Argo CD",
            ));
        }
    }
    Ok(())
}

/// All of them are in one namespace.
fn refuse_same_applications(members: &[&Described]) -> Result<(), Error> {
    let mut taken: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for member in members {
        let runs = member.runs.iter().map(|it| (it, is_elsewhere(member)));
        for (environment, elsewhere) in runs.chain([(&member.name, false)]) {
            let Some(name) = objects::object_name(environment) else {
                continue;
            };
            let name = application_name(&member.cluster, &name, elsewhere);
            if !objects::is_label(&name) {
                let said = format!(
                    "environment {}: the name of the Application `{name}` is longer than 63 characters",
                    member.name
                );
                return Err(Error::message(Kind::Usage, said)
                    .hint("set a shorter `argocd.cluster`, or rename the environment"));
            }
            let here = (member.name.as_str(), environment.as_str());
            if let Some(other) = taken.insert(name.clone(), here) {
                let said = format!(
                    "the environments `{}` (in `{}`) and `{environment}` (in `{}`) would both be the Application `{name}` in Argo CD",
                    other.1, other.0, member.name
                );
                return Err(Error::message(Kind::Usage, said)
                    .hint("set another `argocd.cluster`, or rename one of the environments"));
            }
        }
    }
    Ok(())
}

/// Two Applications that put the same objects into the same cluster fight over them.
fn refuse_same_objects(members: &[&Described]) -> Result<(), Error> {
    let mut taken: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for member in members {
        let Some(destination) = argocd(member).and_then(|args| args.destination.as_deref()) else {
            continue;
        };
        for environment in &member.runs {
            if let Some(other) = taken.insert((destination, environment), &member.name) {
                let said = format!(
                    "the environments `{other}` and `{}` would both run `{environment}` in the cluster `{destination}`, where two Applications would fight over it",
                    member.name
                );
                return Err(Error::message(Kind::Usage, said).hint(
                    "set another `argocd.destination` for one of them, or list the environment in one alone",
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
