//! From the settings of a cluster, and those of the environments that it runs, to
//! what the generators write.
//!
//! Owns that these fit each other. May not look at the disk or a server.

use std::collections::BTreeMap;

use crate::error::{Error, Kind};
use crate::generate::cluster::{
    ArgoCdObjects, Artifact, Cluster, ClusterObjects, Deployed, FluxObjects, GitHubApp, Login,
    Repository, flux_reports_to, object_name,
};
use crate::host::{self, Home, HostKind, Place, SshAddress};
use crate::settings::definition::{ArgoCdArgs, FluxArgs};
use crate::settings::environment::EnvironmentSettings;

use super::{Arguments, Described, shared};

/// What is written for a cluster. `of` gives the settings of an environment.
pub(in crate::settings) fn cluster_objects(
    described: &Described,
    own: &EnvironmentSettings,
    all: &[Described],
    of: &dyn Fn(&str) -> Result<EnvironmentSettings, Error>,
    home: &Home,
) -> Result<ClusterObjects, Error> {
    let members = shared::of_one_argocd(described, all);
    let mut run = Vec::new();
    for name in &described.runs {
        let one = of(name)?;
        if one.goes_with(own) && one.folder.overlaps(&own.folder) {
            let said = format!(
                "the environments `{name}` and `{}` would own the same folder: `{}` and `{}`",
                own.name, one.folder, own.folder
            );
            return Err(Error::message(Kind::Usage, said)
                .hint("give each environment a `folder` of its own, none inside another"));
        }
        run.push(deployed(&one, home)?);
    }
    let kind = described.generator().name();
    let no_version = || {
        Error::message(Kind::Usage, format!("`{kind}.version` is not set")).hint(
            "set it to the version that runs in the cluster: it decides what the objects look like",
        )
    };
    let (own, hosts) = {
        let own = deployed(own, home)?;
        let hosts: Vec<_> = std::iter::once(&own).chain(&run).map(|it| it.1).collect();
        (own.0, hosts)
    };
    let cluster = Cluster {
        name: described.cluster.clone(),
        namespace: described.namespace().to_owned(),
        own,
        deployed: run.into_iter().map(|it| it.0).collect(),
    };
    Ok(match &described.args {
        Arguments::Flux(args) => ClusterObjects::Flux(FluxObjects {
            version: args.version.ok_or_else(no_version)?,
            login: login(args, &cluster, &hosts)?,
            interval: args.interval.clone(),
            timeout: args.timeout.clone(),
            depends_on: named_objects(&described.depends_on),
            decryption_secret: args.decryption_secret.clone(),
            decrypt_as: args.decrypt_as.clone(),
            apply_as: args.apply_as.clone(),
            receiver: args.receiver.clone(),
            artifacts: artifacts(args, &described.runs)?,
            cluster,
        }),
        Arguments::ArgoCd(args) => ClusterObjects::ArgoCd(ArgoCdObjects {
            version: args.version.ok_or_else(no_version)?,
            project: args.project.clone(),
            destination: args.destination.clone(),
            url: args.url.clone(),
            workload_identity: workload_identity(args, &hosts)?,
            github_app: github_app(args, &hosts)?,
            repositories: repositories(&members, of, home)?,
            writes_shared: members.first().is_none_or(|it| it.name == described.name),
            cluster,
        }),
    })
}

/// The repositories of all that an Argo CD runs, each once.
fn repositories(
    members: &[&Described],
    of: &dyn Fn(&str) -> Result<EnvironmentSettings, Error>,
    home: &Home,
) -> Result<Vec<Repository>, Error> {
    let mut found = Vec::new();
    for member in members {
        for name in std::iter::once(&member.name).chain(&member.runs) {
            let (one, _) = deployed(&of(name)?, home)?;
            if !found.contains(&one.repository) {
                found.push(one.repository);
            }
        }
    }
    Ok(found)
}

/// Dependencies between objects, from those between environments.
fn named_objects(depends_on: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let of = |it: &Vec<String>| it.iter().filter_map(|it| object_name(it)).collect();
    depends_on
        .iter()
        .filter_map(|(name, needed)| Some((object_name(name)?, of(needed))))
        .collect()
}

/// Where an environment is published, and on which sort of host.
fn deployed(environment: &EnvironmentSettings, home: &Home) -> Result<(Deployed, HostKind), Error> {
    let name = &environment.name;
    let usage = |said: String| Error::message(Kind::Usage, said);
    let target = environment.target.as_ref().ok_or_else(|| {
        usage(format!(
            "no manifest repository is set for environment `{name}`"
        ))
        .hint("set `manifestRepo`: the cluster is told to read it")
    })?;
    let branch = target.branch.as_ref().ok_or_else(|| {
        usage(format!("`branch` is not set for environment `{name}`"))
            .hint("set it, such as `branch: main`: the cluster is told which branch to follow")
    })?;
    let location = host::resolve_at(&target.repository, target.host, home)?;
    let Some(repository) = repository(&location) else {
        return Err(usage(format!(
            "environment `{name}` is published to {}, which no cluster can read",
            location.name
        ))
        .hint("set `manifestRepo` to an address; to look at the objects alone, name one for this run, such as `render --manifest-repo contoso/shop/_git/manifests`"));
    };
    let deployed = Deployed {
        name: object_name(name).unwrap_or_else(|| name.clone()),
        repository,
        branch: branch.to_string(),
        folder: environment.folder.to_string(),
    };
    Ok((deployed, location.kind))
}

/// A repository as a cluster addresses it; `None` where no cluster can read it.
fn repository(location: &host::Location) -> Option<Repository> {
    let place = match (location.https.as_ref(), &location.place) {
        (Some(url), _) | (None, Place::Url(url)) => Some(url.url()),
        (None, _) => None,
    };
    let repository = place.map(|url| match location.kind {
        HostKind::Azure => Repository::on_azure(url),
        HostKind::GitHub => Repository::on_github(url),
        HostKind::Git => Repository::plain(url.as_str()),
    });
    match &location.place {
        Place::Ssh(address) => {
            let url = ssh_url(address);
            let repository = repository.unwrap_or_else(|| Repository::plain(&url));
            Some(repository.over_ssh(url))
        }
        _ => repository,
    }
}

/// Why a cluster that is to report on an environment cannot.
pub(in crate::settings) fn mute(
    clusters: &[Described],
    environment: &EnvironmentSettings,
    home: &Home,
) -> Option<String> {
    let name = &environment.name;
    let mut by_flux = clusters
        .iter()
        .filter(|it| matches!(it.args, Arguments::Flux(_)) && it.target(name).is_some());
    by_flux.next()?;
    let target = environment.target.as_ref()?;
    let location = host::resolve_at(&target.repository, target.host, home).ok()?;
    let repository = repository(&location)?;
    (!flux_reports_to(&repository))
        .then(|| format!("Flux writes no commit statuses to {}", repository.url))
}

/// The URL of an SSH address, which may be written as `user@host:path`.
fn ssh_url(address: &SshAddress) -> String {
    let written = address.to_string();
    if written.starts_with("ssh://") {
        return written;
    }
    let user = address.user().map(|user| format!("{user}@"));
    let path = address.path().trim_start_matches('/');
    format!(
        "ssh://{}{}/{path}",
        user.unwrap_or_default(),
        address.host()
    )
}

/// How Flux signs in, and that this fits the hosts.
fn login(args: &FluxArgs, cluster: &Cluster, hosts: &[HostKind]) -> Result<Login, Error> {
    let usage = |said: &str| Error::message(Kind::Usage, said.to_owned());
    let everywhere = |kind: HostKind| hosts.iter().all(|host| *host == kind);
    let has_statuses = hosts.iter().any(|host| *host != HostKind::Git);
    match (&args.secret, &args.github_app, &args.service_account) {
        (Some(name), None, None) => Ok(Login::Secret(name.clone())),
        _ if cluster.is_over_ssh() => Err(usage(
            "`manifestRepo` is an SSH address, for which Flux needs a key, and `flux.secret` names no Secret that holds one",
        )
        .hint("set `flux.secret` to a Secret with `identity` and `known_hosts`, and `token` for statuses")),
        (None, Some(name), None) if everywhere(HostKind::GitHub) => {
            Ok(Login::GitHubApp(name.clone()))
        }
        (None, Some(_), None) => Err(usage(
            "`flux.githubApp` is for GitHub, and an environment of this cluster is published elsewhere",
        )
        .hint("use `flux.secret`")),
        (None, None, account) if cluster.is_on_services() => Ok(Login::Identity(account.clone())),
        (None, None, Some(_)) => Err(usage(
            "`flux.serviceAccount` is for Azure DevOps Services, and an environment of this cluster is published elsewhere",
        )
        .hint("use `flux.secret`")),
        (None, None, None) if has_statuses => Err(usage(
            "Flux needs a token to write commit statuses, and the settings name none",
        )
        .hint(
            "set `flux.secret` to the name of the Secret that holds it, or on GitHub `flux.githubApp`",
        )),
        (None, None, None) => Ok(Login::Nothing),
        _ => Err(usage(
            "`flux.secret`, `flux.githubApp` and `flux.serviceAccount` exclude each other",
        )
        .hint("keep one of them")),
    }
}

/// Where the manifests of the environments are, when that is a registry.
fn artifacts(args: &FluxArgs, runs: &[String]) -> Result<BTreeMap<String, Artifact>, Error> {
    let usage = |said: &str| Error::message(Kind::Usage, said.to_owned());
    let Some(artifact) = &args.artifact else {
        if args.artifact_secret.is_some() {
            return Err(usage(
                "`flux.artifactSecret` has no effect without `flux.artifact`",
            ));
        }
        return Ok(BTreeMap::new());
    };
    let mut found = BTreeMap::new();
    for name in runs {
        let filled = artifact.replace("{environment}", name);
        let rest = filled.strip_prefix("oci://").unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or_default();
        let (path, tag) = path.split_once(':').unwrap_or((path, "latest"));
        let is_fine = |text: &str, more: &str| {
            let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c);
            !text.is_empty() && text.chars().all(fine)
        };
        let is_tag = is_fine(&tag.to_ascii_lowercase(), "._-");
        if !(is_fine(host, ".-:") && is_fine(path, "._-/") && is_tag) {
            return Err(usage(&format!(
                "`flux.artifact` cannot be {artifact:?}: for the environment `{name}` it is not the address of an artifact"
            ))
            .hint("write it as `oci://contoso.azurecr.io/manifests/{environment}`"));
        }
        let one = Artifact {
            url: format!("oci://{host}/{path}"),
            tag: tag.to_owned(),
            secret: args.artifact_secret.clone(),
        };
        let same = |it: &&Artifact| it.url == one.url && it.tag == one.tag;
        if found.values().any(|it| same(&it)) {
            return Err(
                usage("`flux.artifact` is the same for several environments")
                    .hint("put `{environment}` into it, which stands for the name of each"),
            );
        }
        found.insert(object_name(name).unwrap_or_default(), one);
    }
    Ok(found)
}

fn workload_identity(args: &ArgoCdArgs, hosts: &[HostKind]) -> Result<bool, Error> {
    if args.workload_identity && hosts.iter().any(|host| *host != HostKind::Azure) {
        let said = "`argocd.workloadIdentity` is for Azure DevOps, and an environment of this cluster is published elsewhere";
        return Err(Error::message(Kind::Usage, said)
            .hint("give Argo CD a Secret for the repository instead"));
    }
    Ok(args.workload_identity)
}

fn github_app(args: &ArgoCdArgs, hosts: &[HostKind]) -> Result<Option<GitHubApp>, Error> {
    let usage = |said: &str| Error::message(Kind::Usage, said.to_owned());
    match (args.github_app_id, args.github_app_installation) {
        (None, None) => Ok(None),
        (Some(id), Some(installation)) if hosts.contains(&HostKind::GitHub) => {
            Ok(Some(GitHubApp { id, installation }))
        }
        (Some(_), Some(_)) => Err(usage(
            "`argocd.githubAppId` has no effect: no environment of this cluster is published to GitHub",
        )),
        (Some(_), None) => Err(
            usage("`argocd.githubAppId` needs `argocd.githubAppInstallation`")
                .hint("it is the last part of the address of the installation's page on GitHub"),
        ),
        (None, Some(_)) => Err(usage(
            "`argocd.githubAppInstallation` has no effect without `argocd.githubAppId`",
        )),
    }
}
