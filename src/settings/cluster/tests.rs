//! What a file says about clusters in, settings or a refusal out.

use gitops_rollout::{Context, Required, Target};

use crate::error::Error;
use crate::generate::ClusterObjects;
use crate::generate::cluster::Login;
use crate::settings::file::tests::{read_and_resolved, resolved_with};
use crate::settings::layer::{Layer, Origin, Value};
use crate::settings::{EnvironmentSettings, Settings};

/// Environments beside a cluster, and the settings at the top.
fn file(top: &str, environments: &str) -> String {
    format!(
        "manifestRepo: contoso/shop/_git/manifests\nbranch: main\n{top}\nenvironments:\n  dev: {{}}\n  prod: {{}}\n{environments}"
    )
}

fn resolved(top: &str, environments: &str) -> Settings {
    read_and_resolved(&file(top, environments)).unwrap()
}

fn said(error: &Error) -> String {
    let hints = error.all_hints().concat();
    format!("{error} | {hints}")
}

fn named<'s>(settings: &'s Settings, name: &str) -> &'s EnvironmentSettings {
    let mut all = settings.environments.iter();
    all.find(|it| it.name == name).unwrap()
}

fn waits_for(settings: &Settings, name: &str) -> Vec<String> {
    match &named(settings, name).wait.required {
        Required::Named(patterns) => patterns.iter().map(|it| it.text().to_owned()).collect(),
        Required::Lately => vec!["lately".to_owned()],
    }
}

const FLUX: &str = "  clusters/prod: { generator: flux, flux: { version: '2.9' } }\n";

#[rstest::rstest]
#[case::version(
    "flux: {}",
    "environment clusters/prod: `flux.version` is not set | set it to the version"
)]
#[case::unknown_version(
    "flux: { version: '1.25' }",
    "`environments.clusters/prod.flux.version` in gitops.yaml, line 7 cannot be \"1.25\": it can be 2.8, 2.9, 2.10"
)]
#[case::name_of_the_cluster(
    "flux: { version: '2.9', cluster: Prod_WEU }",
    "`environments.clusters/prod.flux.cluster` in gitops.yaml, line 7 cannot be \"Prod_WEU\": names have lower-case"
)]
#[case::namespace(
    "flux: { version: '2.9', namespace: flux.system }",
    "`environments.clusters/prod.flux.namespace` in gitops.yaml, line 7 cannot be \"flux.system\": names have lower-case"
)]
#[case::secret(
    "flux: { version: '2.9', secret: a/b }",
    "`environments.clusters/prod.flux.secret` in gitops.yaml, line 7 cannot be \"a/b\": names of objects"
)]
#[case::interval(
    "flux: { version: '2.9', interval: 10 }",
    "`environments.clusters/prod.flux.interval` in gitops.yaml, line 7 cannot be \"10\": write a number with its unit"
)]
#[case::longer_than_go_reads(
    "flux: { version: '2.9', interval: 999999999999h }",
    "`environments.clusters/prod.flux.interval` in gitops.yaml, line 7 cannot be \"999999999999h\": write a duration of at most a year"
)]
#[case::longer_in_parts(
    "flux: { version: '2.9', timeout: 9000h9000h }",
    "`environments.clusters/prod.flux.timeout` in gitops.yaml, line 7 cannot be \"9000h9000h\": write a duration of at most a year"
)]
#[case::no_time(
    "flux: { version: '2.9', timeout: 0m }",
    "`environments.clusters/prod.flux.timeout` in gitops.yaml, line 7 cannot be \"0m\""
)]
#[case::unknown_environment(
    "flux: { version: '2.9', environments: [pord] }",
    "environment clusters/prod: `flux.environments` names `pord`, which is no environment of the file, or describes a cluster itself | did you mean `prod`? it can name: dev, prod"
)]
#[case::itself(
    "flux: { version: '2.9', environments: clusters/prod }",
    "environment clusters/prod: `flux.environments` names `clusters/prod`, which is this one itself"
)]
#[case::depends_on_a_list(
    "flux: { version: '2.9', dependsOn: [dev] }",
    "gitops.yaml, line 7: `environments.clusters/prod.flux.dependsOn` must be a map, not a list"
)]
#[case::depends_on_nobody(
    "flux: { version: '2.9', dependsOn: { dev: qa } }",
    "`environments.clusters/prod.flux.dependsOn` in gitops.yaml, line 7 names `qa`, which this cluster does not run | it can name: dev, prod"
)]
#[case::depends_on_no_name(
    "flux: { version: '2.9', dependsOn: { dev: 3 } }",
    "`environments.clusters/prod.flux.dependsOn` in gitops.yaml, line 7 does not name what `dev` needs"
)]
#[case::a_circle(
    "flux: { version: '2.9', dependsOn: { dev: prod, prod: [dev] } }",
    "`environments.clusters/prod.flux.dependsOn` in gitops.yaml, line 7 makes `dev` wait for itself"
)]
#[case::two_logins(
    "flux: { version: '2.9', secret: a, serviceAccount: b }",
    "environment clusters/prod: `flux.secret`, `flux.githubApp` and `flux.serviceAccount` exclude each other"
)]
#[case::app(
    "flux: { version: '2.9', githubApp: a }",
    "environment clusters/prod: `flux.githubApp` is for GitHub, and an environment of this cluster is published elsewhere | use `flux.secret`"
)]
#[case::artifact(
    "flux: { version: '2.9', artifact: 'https://contoso.azurecr.io/a' }",
    "environment clusters/prod: `flux.artifact` cannot be \"https://contoso.azurecr.io/a\": for the environment `dev` it is not the address of an artifact"
)]
#[case::one_artifact(
    "flux: { version: '2.9', artifact: 'oci://contoso.azurecr.io/a' }",
    "environment clusters/prod: `flux.artifact` is the same for several environments | put `{environment}`"
)]
#[case::secret_of_nothing(
    "flux: { version: '2.9', artifactSecret: a }",
    "environment clusters/prod: `flux.artifactSecret` has no effect without `flux.artifact`"
)]
#[case::a_secret_itself(
    "flux: { version: '2.9', token: x }",
    "gitops.yaml, line 7: `environments.clusters/prod.flux.token`: a secret does not belong in this file"
)]
#[case::misspelt(
    "flux: { version: '2.9', dependOn: {} }",
    "gitops.yaml, line 7: unknown setting `environments.clusters/prod.flux.dependOn` | did you mean `dependsOn`?"
)]
#[case::of_the_environment(
    "flux: { version: '2.9', branch: main }",
    "gitops.yaml, line 7: unknown setting `environments.clusters/prod.flux.branch` | `branch` belongs to the environment, or to the top of the file, not to `flux`"
)]
#[case::a_source(
    "source: apps, flux: { version: '2.9' }",
    "`environments.clusters/prod.source` in gitops.yaml, line 7 has no effect: the generator `flux` has no source"
)]
#[case::sources(
    "sources: [{ source: a }], flux: { version: '2.9' }",
    "`environments.clusters/prod.sources` has no effect"
)]
#[case::the_other_block(
    "argocd: { version: '3.5' }, flux: { version: '2.9' }",
    "`environments.clusters/prod.argocd.version` in gitops.yaml, line 7 has no effect: the generator of the environment `clusters/prod` is not `argocd`"
)]
#[case::the_folder(
    "folder: dev/flux, flux: { version: '2.9' }",
    "environment clusters/prod: the environments `dev` and `clusters/prod` would own the same folder: `dev` and `dev/flux`"
)]
#[case::the_name(
    "flux: { version: '2.9', cluster: prod }, folder: x, definitionFolder: y, commitMessage: z",
    "gitops.yaml, line 7: unknown setting `environments.clusters/prod.commitMessage`"
)]
fn what_flux_cannot_be_told_is_refused(#[case] settings: &str, #[case] message: &str) {
    let cluster = format!("  clusters/prod: {{ generator: flux, {settings} }}\n");
    let error = read_and_resolved(&file("", &cluster)).unwrap_err();
    let said = said(&error);
    assert!(said.starts_with(message), "{said}");
}

#[rstest::rstest]
#[case::version(
    "argocd: { version: '2.14' }",
    "`environments.c.argocd.version` in gitops.yaml, line 7 cannot be \"2.14\": it can be 3.3, 3.4, 3.5"
)]
#[case::app_alone(
    "argocd: { version: '3.5', githubAppId: 1 }",
    "environment c: `argocd.githubAppId` needs `argocd.githubAppInstallation`"
)]
#[case::installation_alone(
    "argocd: { version: '3.5', githubAppInstallation: 1 }",
    "environment c: `argocd.githubAppInstallation` has no effect without `argocd.githubAppId`"
)]
#[case::app_elsewhere(
    "argocd: { version: '3.5', githubAppId: 1, githubAppInstallation: 1 }",
    "environment c: `argocd.githubAppId` has no effect: no environment of this cluster is published to GitHub"
)]
#[case::page(
    "argocd: { version: '3.5', url: argocd }",
    "`environments.c.argocd.url` in gitops.yaml, line 7 cannot be \"argocd\": write an address"
)]
#[case::page_with_a_blank(
    "argocd: { version: '3.5', url: 'http://argo cd' }",
    "`environments.c.argocd.url` in gitops.yaml, line 7 cannot be \"http://argo cd\": write an address"
)]
#[case::depends_on(
    "argocd: { version: '3.5', dependsOn: {} }",
    "gitops.yaml, line 7: unknown setting `environments.c.argocd.dependsOn`"
)]
fn what_argocd_cannot_be_told_is_refused(#[case] settings: &str, #[case] message: &str) {
    let cluster = format!("  c: {{ generator: argocd, {settings} }}\n");
    let error = read_and_resolved(&file("", &cluster)).unwrap_err();
    let said = said(&error);
    assert!(said.starts_with(message), "{said}");
}

#[rstest::rstest]
#[case::no_branch(
    "manifestRepo: contoso/shop/_git/manifests\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: `branch` is not set for environment `dev` | set it, such as `branch: main`"
)]
#[case::no_repository(
    "branch: main\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: no manifest repository is set for environment `dev`"
)]
#[case::a_path(
    "manifestRepo: ./manifests.git\nbranch: main\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: environment `dev` is published to ./manifests.git, which no cluster can read"
)]
#[case::no_token(
    "manifestRepo: contoso/manifests\nbranch: main\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: Flux needs a token to write commit statuses, and the settings name none | set `flux.secret`"
)]
#[case::account(
    "manifestRepo: contoso/manifests\nbranch: main\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9', serviceAccount: a } }\n",
    "environment c: `flux.serviceAccount` is for Azure DevOps Services"
)]
#[case::identity(
    "manifestRepo: contoso/manifests\nbranch: main\nenvironments:\n  dev: {}\n  c: { generator: argocd, argocd: { version: '3.5', workloadIdentity: true } }\n",
    "environment c: `argocd.workloadIdentity` is for Azure DevOps"
)]
#[case::odd_name(
    "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  Dev_1: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: the environment `Dev_1` cannot be the name of an object in the cluster"
)]
#[case::same_name(
    "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  a/b: {}\n  a-b: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: the environments `a/b` and `a-b` would both be the object `a-b`"
)]
#[case::two_clusters(
    "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n  d: { generator: argocd }\n",
    "environment c: the file describes several clusters, and `flux.environments` does not say which environments this one runs | list them, such as `environments: [dev]`"
)]
#[case::nothing_to_run(
    "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: the file has no environment that the cluster could run"
)]
#[case::no_block_at_all(
    "generator: flux\nmanifestRepo: contoso/shop/_git/manifests\nbranch: main\n",
    "environment dev: nothing in the settings file describes the cluster that the generator `flux` would write for"
)]
#[case::ssh(
    "manifestRepo: git@ssh.dev.azure.com:v3/contoso/shop/manifests\nbranch: main\nenvironments:\n  dev: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: `manifestRepo` is an SSH address, for which Flux needs a key, and `flux.secret` names no Secret that holds one | set `flux.secret`"
)]
#[case::idle_block(
    "flux: { version: '2.9' }\nenvironments: [dev]\n",
    "`flux.version` in gitops.yaml, line 1 has no effect: no environment of the file has the generator `flux`"
)]
#[case::of_one_source(
    "environments:\n  dev:\n    sources:\n    - { source: a, generator: flux }\n",
    "environment dev: `generator: flux` cannot be combined with other sources | take it out of `sources`"
)]
#[case::of_bootstrap(
    "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  flux-system: {}\n  c: { generator: flux, flux: { version: '2.9' } }\n",
    "environment c: the environment `flux-system` would be the Kustomization `flux-system` in the cluster, which belongs to `flux bootstrap` | give the environment another name"
)]
#[case::of_bootstrap_in_another_namespace(
    "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  dev: {}\n  git/ops: { generator: flux, flux: { version: '2.9', namespace: git-ops } }\n",
    "environment git/ops: the environment `git/ops` would be the Kustomization `git-ops` in the cluster, which belongs to `flux bootstrap`"
)]
fn what_a_cluster_cannot_run_is_refused(#[case] text: &str, #[case] message: &str) {
    let said = said(&read_and_resolved(text).unwrap_err());
    assert!(said.starts_with(message), "{said}");
}

#[rstest::rstest]
#[case("flux", None)]
#[case("auto", None)]
#[case(
    "argocd",
    Some(
        "environment clusters/prod: the flag `--generator` cannot be used for an environment that describes a cluster with `generator: flux` | set `generator` in the settings file"
    )
)]
#[case(
    "helm",
    Some("environment clusters/prod: the flag `--generator` cannot be used for")
)]
fn a_run_cannot_make_something_else_of_a_cluster(
    #[case] given: &str,
    #[case] refused: Option<&str>,
) {
    let origin = || Origin::Flag("generator".into());
    let names = Value::list(vec!["clusters/prod".to_owned()], origin());
    let given = Layer::from([
        ("generator".to_owned(), Value::text(given, origin())),
        ("environments".to_owned(), names),
    ]);
    let resolved = resolved_with(&file("", FLUX), given);
    let refusal = resolved.err().map(|error| said(&error));
    match (refusal, refused) {
        (None, None) => {}
        (Some(said), Some(start)) => assert!(said.starts_with(start), "{said}"),
        (said, _) => panic!("{said:?}"),
    }
}

#[test]
fn a_cluster_runs_all_other_environments_unless_it_says_which() {
    let deployed = |settings: &Settings, name: &str| match &named(settings, name).cluster {
        Some(ClusterObjects::Flux(objects)) => objects
            .cluster
            .deployed
            .iter()
            .map(|it| it.name.clone())
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let all = resolved("", FLUX);
    assert_eq!(deployed(&all, "clusters/prod"), ["dev", "prod"]);
    let two = "  c/a: { generator: flux, flux: { environments: [prod, dev] } }\n  c/b: { generator: flux, flux: { environments: prod, version: '2.8' } }\n";
    let two = resolved("flux: { version: '2.9', namespace: gitops }", two);
    assert_eq!(
        deployed(&two, "c/a"),
        ["dev", "prod"],
        "in the order of the file"
    );
    assert_eq!(deployed(&two, "c/b"), ["prod"]);
}

#[test]
fn managed_identities_are_the_default_on_azure_devops_services_alone() {
    let login = |settings: &Settings, name: &str| match &named(settings, name).cluster {
        Some(ClusterObjects::Flux(objects)) => objects.login.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        login(&resolved("", FLUX), "clusters/prod"),
        Login::Identity(None)
    );
    let account = FLUX.replace("'2.9'", "'2.9', serviceAccount: flux");
    assert_eq!(
        login(&resolved("", &account), "clusters/prod"),
        Login::Identity(Some("flux".to_owned()))
    );
    let server = file("", FLUX).replace("contoso/shop", "https://git.contoso.com/tfs/Main/shop");
    let said = said(&read_and_resolved(&server).unwrap_err());
    assert!(said.contains("Flux needs a token"), "{said}");
}

#[test]
fn an_ssh_address_is_read_with_a_key_and_written_to_by_https() {
    let text = file("", &FLUX.replace("'2.9'", "'2.9', secret: key"));
    let ssh = "git@ssh.dev.azure.com:v3/contoso/shop/manifests";
    let settings = read_and_resolved(&text.replace("contoso/shop/_git/manifests", ssh)).unwrap();
    let Some(ClusterObjects::Flux(objects)) = &named(&settings, "clusters/prod").cluster else {
        panic!("there are no objects");
    };
    let own = &objects.cluster.own.repository;
    assert_eq!(
        own.url,
        "ssh://git@ssh.dev.azure.com/v3/contoso/shop/manifests"
    );
    let https = "https://dev.azure.com/contoso/shop/_git/manifests";
    let https = crate::generate::cluster::Repository::on_azure(&https.parse().unwrap());
    assert_eq!(own.statuses, https.statuses);
}

#[test]
fn a_wait_is_for_the_objects_of_every_cluster_that_runs_the_environment() {
    let clusters = "  clusters/prod-weu: { generator: flux, flux: { version: '2.9', environments: [dev, prod] } }\n  clusters/prod-neu: { generator: flux, flux: { version: '2.9', environments: prod, cluster: north, namespace: flux } }\n  hub: { generator: argocd, argocd: { version: '3.5', environments: prod } }\n";
    let settings = resolved("", clusters);
    assert_eq!(
        waits_for(&settings, "dev"),
        ["prod-weu/kustomization/flux-system/dev"]
    );
    assert_eq!(
        waits_for(&settings, "prod"),
        [
            "prod-weu/kustomization/flux-system/prod",
            "north/kustomization/flux/prod",
            "hub/prod"
        ]
    );
    assert_eq!(
        waits_for(&settings, "clusters/prod-neu"),
        ["north/kustomization/flux/clusters-prod-neu"]
    );
}

#[test]
fn what_the_settings_say_about_waiting_wins_over_the_objects() {
    let settings = resolved("waitFor: '{environment}-*'", FLUX);
    assert_eq!(waits_for(&settings, "prod"), ["prod-*"]);
    let other =
        "  qa: {}\n  c: { generator: flux, flux: { version: '2.9', environments: prod } }\n";
    assert_eq!(waits_for(&resolved("", other), "qa"), ["lately"]);
}

/// What the objects make the controllers write is what a wait looks for.
#[rstest::rstest]
#[case(Context::with_genre("fluxcd", "prod/kustomization/flux-system/dev"))]
#[case(Context::named("prod/kustomization/flux-system/dev"))]
fn names_of_statuses_are_understood(#[case] context: Context) {
    let settings = resolved("", FLUX);
    let Required::Named(patterns) = &named(&settings, "dev").wait.required else {
        panic!("nothing is waited for");
    };
    assert!(patterns[0].fits(&Target::of(&context)));
    let other = Target::of(&Context::named("prod/kustomization/flux-system/prod"));
    assert!(!patterns[0].fits(&other));
}

#[rstest::rstest]
#[case(Context::with_genre("argocd", "hub/dev"))]
#[case(Context::named("argocd/hub/dev"))]
fn names_of_applications_are_understood(#[case] context: Context) {
    let settings = resolved(
        "",
        "  hub: { generator: argocd, argocd: { version: '3.5' } }\n",
    );
    let Required::Named(patterns) = &named(&settings, "dev").wait.required else {
        panic!("nothing is waited for");
    };
    assert!(patterns[0].fits(&Target::of(&context)));
}
