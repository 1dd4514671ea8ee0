//! Which clusters get in each other's way, and what is said then.

use crate::generate::ClusterObjects;
use crate::settings::file::tests::read_and_resolved;

/// Environments beside clusters, and the settings at the top.
fn file(top: &str, clusters: &str) -> String {
    format!(
        "manifestRepo: contoso/shop/_git/manifests\nbranch: main\n{top}\nenvironments:\n  prod: {{}}\n  weu-prod: {{}}\n  other: {{ manifestRepo: contoso/shop/_git/other }}\n{clusters}"
    )
}

fn flux(name: &str, block: &str) -> String {
    format!("  {name}: {{ generator: flux, flux: {{ version: '2.9', {block} }} }}\n")
}

fn argocd(name: &str, block: &str) -> String {
    format!("  {name}: {{ generator: argocd, argocd: {{ version: '3.5', {block} }} }}\n")
}

#[rstest::rstest]
#[case::flux(
    flux("eu/weu", "environments: prod") + &flux("us/weu", "environments: prod"),
    "the environments `eu/weu` and `us/weu` describe clusters with the same name, `weu` | set `flux.cluster`"
)]
#[case::argocd(
    argocd("eu/weu", "environments: prod") + &argocd("us/weu", "environments: weu-prod, namespace: a"),
    "the environments `eu/weu` and `us/weu` describe clusters with the same name, `weu` | set `argocd.cluster`"
)]
#[case::application(
    argocd("hub", "environments: weu-prod") + &argocd("weu", "environments: prod, destination: weu"),
    "the environments `weu-prod` (in `hub`) and `prod` (in `weu`) would both be the Application `weu-prod` in Argo CD | set another `argocd.cluster`"
)]
#[case::own_application(
    argocd("x", "environments: other, destination: x") + &argocd("x-other", "environments: prod, destination: y, cluster: y"),
    "the environments `other` (in `x`) and `x-other` (in `x-other`) would both be the Application `x-other`"
)]
#[case::long(
    argocd(
        "a",
        "environments: prod, destination: a, cluster: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    ),
    "environment a: the name of the Application `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-prod` is longer than 63 characters | set a shorter `argocd.cluster`"
)]
#[case::homes(
    argocd("a", "environments: prod") + &argocd("b", "environments: prod") + &argocd("c", "environments: prod, destination: c"),
    "the environments `a` and `b` have an Argo CD each, and nothing says which of the two serves `c` | set `argocd.url` for each of them"
)]
#[case::destination(
    argocd("a", "environments: prod, destination: x") + &argocd("b", "environments: [prod, other], destination: x"),
    "the environments `a` and `b` would both run `prod` in the cluster `x`, where two Applications would fight over it | set another `argocd.destination`"
)]
#[case::rights(
    argocd("a", "environments: prod, destination: a") + &argocd("b", "environments: prod, destination: b, workloadIdentity: true"),
    "the environments `a` and `b` share an Argo CD, but differ in `argocd.workloadIdentity` | set it once, in the block `argocd` at the top of the file"
)]
fn clusters_that_get_in_each_others_way_are_refused(
    #[case] clusters: String,
    #[case] message: &str,
) {
    let error = read_and_resolved(&file("", &clusters)).unwrap_err();
    let said = format!("{error} | {}", error.all_hints().concat());
    assert!(said.starts_with(message), "{said}");
}

/// Which clusters get the shared objects, and how many repositories these know.
fn shared(clusters: &str) -> Vec<(String, bool, usize)> {
    let settings = read_and_resolved(&file("", clusters)).unwrap();
    let one = |it: &crate::settings::EnvironmentSettings| match &it.cluster {
        Some(ClusterObjects::ArgoCd(objects)) => {
            let known = objects.repositories.len();
            Some((it.name.clone(), objects.writes_shared, known))
        }
        _ => None,
    };
    settings.environments.iter().filter_map(one).collect()
}

#[rstest::rstest]
#[case::an_argocd_each(
    argocd("a", "environments: prod") + &argocd("b", "environments: other"),
    [true, true],
    [1, 2]
)]
#[case::one_that_runs_nothing(
    argocd("a", "environments: prod, destination: a") + &argocd("b", "environments: other, destination: b"),
    [true, false],
    [2, 2]
)]
#[case::one_in_the_second_cluster(
    argocd("a", "environments: prod, destination: a") + &argocd("b", "environments: other"),
    [true, false],
    [2, 2]
)]
#[case::told_apart_by_address(
    argocd("a", "environments: prod, destination: a, url: 'https://a.contoso.com'")
        + &argocd("b", "environments: other, destination: b, url: 'https://b.contoso.com'"),
    [true, true],
    [1, 2]
)]
#[case::told_apart_by_namespace(
    argocd("a", "environments: prod, destination: a, namespace: a") + &argocd("b", "environments: other, destination: b"),
    [true, true],
    [1, 2]
)]
fn the_first_cluster_of_an_argocd_gets_what_all_of_them_share(
    #[case] clusters: String,
    #[case] written: [bool; 2],
    #[case] known: [usize; 2],
) {
    let expected = [
        ("a".to_owned(), written[0], known[0]),
        ("b".to_owned(), written[1], known[1]),
    ];
    assert_eq!(shared(&clusters), expected);
}
