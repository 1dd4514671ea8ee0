//! Names, and what is told about a cluster.

use url::Url;

use super::*;

#[rstest::rstest]
#[case("prod", Some("prod"))]
#[case("clusters/prod-weu", Some("clusters-prod-weu"))]
#[case("Prod", None)]
#[case("prod_weu", None)]
#[case("prod/", None)]
#[case("1", Some("1"))]
#[case("", None)]
fn names_of_environments_become_names_of_objects(#[case] name: &str, #[case] object: Option<&str>) {
    assert_eq!(object_name(name).as_deref(), object);
    assert_eq!(object_name(&"x".repeat(64)), None);
}

fn flux(repository: &Repository, version: &str) -> ClusterObjects {
    let deployed = |name: &str| Deployed {
        name: name.to_owned(),
        repository: repository.clone(),
        branch: "main".to_owned(),
        folder: name.to_owned(),
    };
    ClusterObjects::Flux(FluxObjects {
        cluster: Cluster {
            name: "prod".to_owned(),
            namespace: "flux-system".to_owned(),
            own: deployed("cluster"),
            deployed: vec![deployed("shop")],
        },
        version: version.parse().unwrap(),
        login: Login::Secret("git".to_owned()),
        interval: "1m".to_owned(),
        timeout: "5m".to_owned(),
        depends_on: std::collections::BTreeMap::new(),
        decryption_secret: None,
        decrypt_as: None,
        apply_as: None,
        receiver: None,
        artifacts: std::collections::BTreeMap::new(),
    })
}

fn told(objects: &ClusterObjects) -> Vec<String> {
    let (_, findings) = run(objects).unwrap();
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_a_wait_cannot_learn_is_told() {
    let url = Url::parse("https://dev.azure.com/contoso/shop/_git/manifests").unwrap();
    let services = Repository::on_azure(&url);
    assert_eq!(told(&flux(&services, "2.9")), [""; 0]);
    assert_eq!(
        told(&flux(&services, "2.8")),
        [
            "Flux 2.8 writes no failures to commits, so a wait for this cluster fails only by its timeout; Flux 2.9 writes them"
        ]
    );
    let silent = "https://git.contoso.com/manifests";
    assert_eq!(
        told(&flux(&Repository::plain(silent), "2.9")),
        [format!(
            "Flux writes no commit statuses to {silent}, so nothing can wait for this cluster"
        )]
    );
}

#[test]
fn the_git_repository_of_bootstrap_is_left_alone() {
    let repository = Repository::plain("https://git.contoso.com/flux");
    let mut objects = flux(&repository, "2.9");
    if let ClusterObjects::Flux(objects) = &mut objects {
        objects.cluster.own.branch = "system".to_owned();
    }
    let (files, _) = run(&objects).unwrap();
    let sources = files
        .iter()
        .find(|(path, _)| path.as_str() == "sources.yaml");
    let sources = String::from_utf8_lossy(sources.unwrap().1).into_owned();
    assert!(sources.contains("  name: flux-system-"), "{sources}");
    assert!(!sources.contains("  name: flux-system\n"), "{sources}");
}

/// Flux takes an address apart by counting.
#[rstest::rstest]
#[case("https://git.contoso.com/Main/shop/_git/manifests", true)]
#[case("https://git.contoso.com/tfs/Main/shop/_git/manifests", false)]
fn servers_with_a_folder_take_no_statuses_from_flux(#[case] url: &str, #[case] written: bool) {
    let repository = Repository::on_azure(&Url::parse(url).unwrap());
    let (files, _) = run(&flux(&repository, "2.9")).unwrap();
    assert_eq!(
        files
            .iter()
            .any(|(path, _)| path.as_str() == "statuses.yaml"),
        written
    );
}
