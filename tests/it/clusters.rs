//! The objects of a cluster: as the program renders them from a settings file,
//! and checked against the controllers' own definitions, where these are.

mod waiting;

use std::path::Path;

use serde_json::{Value, json};

use crate::fabrikate::shared;
use crate::support::program::{Ended, Workspace};

/// Two environments on Azure DevOps, and what is put beside them.
fn azure(clusters: &str) -> String {
    format!(
        "manifestRepo: contoso/shop/_git/manifests\nbranch: main\nenvironments:\n  infra: {{}}\n  prod/shop: {{ folder: apps/shop }}\n{clusters}"
    )
}

/// The same on GitHub.
fn github(clusters: &str) -> String {
    azure(clusters).replace("contoso/shop/_git/manifests", "contoso/manifests")
}

fn render(settings: &str, environment: &str) -> Ended {
    let workspace = Workspace::new();
    workspace.write("gitops.yaml", settings);
    let arguments = ["render", "--environments", environment];
    workspace.program(&arguments).run()
}

/// The documents that are rendered for an environment.
fn objects(settings: &str, environment: &str) -> Vec<Value> {
    let ended = render(settings, environment);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let documents = ended.stdout.split("\n---\n");
    let objects: Vec<Value> = documents
        .map(|document| serde_saphyr::from_str(document).unwrap())
        .collect();
    assert!(objects.len() >= 4, "{}", ended.stdout);
    objects
}

const FLUX: &str = "
  clusters/prod:
    generator: flux
    flux: { version: '2.9', cluster: prod-weu, dependsOn: { prod/shop: infra }, receiver: receiver-token }
";

const ARGOCD: &str = "
  clusters/prod:
    generator: argocd
    argocd: { version: '3.5', cluster: prod-weu, url: 'https://argocd.contoso.com/', workloadIdentity: true }
";

#[test]
fn flux_on_azure_devops() {
    insta::assert_snapshot!(render(&azure(FLUX), "clusters/prod").stdout);
}

#[test]
fn flux_on_github_with_artifacts() {
    let flux = "
  clusters/prod:
    generator: flux
    flux:
      version: 2.10
      environments: [prod/shop]
      githubApp: flux-app
      receiver: receiver-token
      artifact: oci://contoso.azurecr.io/manifests/{environment}:stable
      interval: 30s
      timeout: 10m
";
    insta::assert_snapshot!(render(&github(flux), "clusters/prod").stdout);
}

#[test]
fn argocd_on_azure_devops() {
    insta::assert_snapshot!(render(&azure(ARGOCD), "clusters/prod").stdout);
}

#[test]
fn argocd_on_github_with_an_app() {
    let argocd = "
  clusters/prod:
    generator: argocd
    argocd: { version: 3.3.2, project: shop, destination: prod-weu, githubAppId: 12, githubAppInstallation: 34 }
";
    insta::assert_snapshot!(render(&github(argocd), "clusters/prod").stdout);
}

#[test]
fn argocd_on_github_with_a_token() {
    let argocd = "
  clusters/prod: { generator: argocd, argocd: { version: '3.4' } }
";
    let objects = objects(&github(argocd), "clusters/prod");
    let config = objects.iter().find(|it| it["kind"] == "ConfigMap").unwrap();
    insta::assert_json_snapshot!(config["data"]);
}

#[test]
fn clusters_of_one_argocd_have_no_object_in_common() {
    let clusters = "
  c/weu: { generator: argocd, argocd: { destination: weu, environments: infra } }
  c/neu: { generator: argocd, argocd: { destination: neu, environments: infra } }
";
    let top = "argocd: { version: '3.5', workloadIdentity: true }\n";
    let settings = format!("{top}{}", azure(clusters));
    let names = |environment: &str| -> Vec<String> {
        let rendered = render(&settings, environment);
        assert_eq!(rendered.code, Some(0), "{}", rendered.stderr);
        let objects = rendered.stdout.split("\n---\n").map(|document| {
            let object: Value = serde_saphyr::from_str(document).unwrap();
            let target = &object["metadata"]["annotations"]["gitops-status-target"];
            let name = object["metadata"]["name"].as_str().unwrap();
            format!(
                "{} {name} {}",
                object["kind"].as_str().unwrap(),
                target.as_str().unwrap_or("-")
            )
        });
        objects.collect()
    };
    assert_eq!(
        names("c/weu"),
        [
            "Application c-weu weu/c-weu",
            "Application weu-infra weu/infra",
            "ConfigMap argocd-notifications-cm -",
            "Secret repository-manifests -",
        ]
    );
    assert_eq!(
        names("c/neu"),
        [
            "Application c-neu neu/c-neu",
            "Application neu-infra neu/infra"
        ]
    );
}

/// A revision that is compared already has the health of the one before.
#[test]
fn health_is_told_of_what_is_synced_alone() {
    let objects = objects(&azure(ARGOCD), "clusters/prod");
    let config = objects.iter().find(|it| it["kind"] == "ConfigMap").unwrap();
    let trigger = config["data"]["trigger.gitops-status"].as_str().unwrap();
    let about_health: Vec<_> = trigger
        .lines()
        .filter(|line| line.contains("health?.status =="))
        .collect();
    assert_eq!(about_health.len(), 2);
    for line in about_health {
        assert!(line.contains("sync?.status == 'Synced'"), "{line}");
    }
}

/// Each block once for every version that it can name.
fn cases() -> Vec<(&'static str, &'static str, String)> {
    let flux = [
        ("azure", FLUX),
        (
            "azure",
            "\n  c: { generator: flux, flux: { version: '2.9', secret: git, decryptionSecret: sops-age, applyAs: deployer } }\n",
        ),
        (
            "azure",
            "\n  c: { generator: flux, flux: { version: '2.9', secret: git, decryptAs: sops } }\n",
        ),
        (
            "azure",
            "\n  c: { generator: flux, flux: { version: '2.9', secret: git, decryptAs: kustomize-controller } }\n",
        ),
        (
            "azure",
            "\n  c: { generator: flux, flux: { version: '2.9', serviceAccount: flux, artifact: 'oci://contoso.azurecr.io/{environment}' } }\n",
        ),
        (
            "github",
            "\n  c: { generator: flux, flux: { version: '2.9', githubApp: app, receiver: token, artifact: 'oci://ghcr.io/contoso/{environment}', artifactSecret: registry } }\n",
        ),
    ];
    let argocd = [
        ("azure", ARGOCD),
        (
            "github",
            "\n  c: { generator: argocd, argocd: { version: '3.5', destination: prod, githubAppId: 1, githubAppInstallation: 2 } }\n",
        ),
        (
            "github",
            "\n  c: { generator: argocd, argocd: { version: '3.5' } }\n",
        ),
    ];
    let settings = |host: &str, block: &str| match host {
        "azure" => azure(block),
        _ => github(block),
    };
    let mut cases = Vec::new();
    for (version, folder) in [("2.8", "flux-2.8"), ("2.9", "flux-2.9")] {
        for (host, block) in flux {
            let block = block.replace("2.9", version);
            cases.push(("flux", folder, settings(host, &block)));
        }
    }
    for (version, folder) in [
        ("3.3", "argocd-3.3.0"),
        ("3.4", "argocd-3.4.0"),
        ("3.5", "argocd-3.5.1"),
    ] {
        for (host, block) in argocd {
            let block = block.replace("3.5", version);
            cases.push(("argocd", folder, settings(host, &block)));
        }
    }
    cases
}

#[test]
fn every_object_is_what_the_controllers_of_its_version_define() {
    let Some(folder) = shared("schemas/crds") else {
        println!("skipped: the controllers' definitions are not here");
        return;
    };
    for (generator, version, settings) in cases() {
        let definitions = definitions(&folder.join(version));
        let name = if settings.contains("clusters/prod") {
            "clusters/prod"
        } else {
            "c"
        };
        let mut known = 0;
        for object in objects(&settings, name) {
            let key = format!("{} {}", object["apiVersion"], object["kind"]);
            let Some((_, schema)) = definitions.iter().find(|(own, _)| *own == key) else {
                let kind = object["kind"].as_str().unwrap();
                assert!(
                    object["apiVersion"] == "v1" && ["ConfigMap", "Secret"].contains(&kind),
                    "{version} does not serve {key}"
                );
                continue;
            };
            known += 1;
            let validator = jsonschema::draft7::new(schema).unwrap();
            let wrong: Vec<_> = validator
                .iter_errors(&object)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(wrong, [""; 0], "{generator} {version}: {object:#}");
        }
        assert!(known >= 3, "{generator} {version}");
    }
}

#[test]
fn a_field_that_a_definition_lacks_is_found() {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "spec": { "type": "object", "properties": { "wait": { "type": "boolean" } } },
            "metadata": { "type": "object" },
        },
    });
    close(&mut schema);
    let validator = jsonschema::draft7::new(&schema).unwrap();
    assert!(validator.is_valid(&json!({ "metadata": { "a": 1 }, "spec": { "wait": true } })));
    assert!(!validator.is_valid(&json!({ "spec": { "waits": true } })));
}

/// The schema of each kind that a set of definitions serves.
fn definitions(folder: &Path) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let definition: Value = serde_saphyr::from_str(&text).unwrap();
        let spec = &definition["spec"];
        let group = spec["group"].as_str().unwrap();
        let kind = &spec["names"]["kind"];
        for version in spec["versions"].as_array().unwrap() {
            if version["served"] != true {
                continue;
            }
            let api = json!(format!("{group}/{}", version["name"].as_str().unwrap()));
            let mut schema = version["schema"]["openAPIV3Schema"].clone();
            close(&mut schema);
            found.push((format!("{api} {kind}"), schema));
        }
    }
    found
}

/// The API server drops fields that a schema does not have; here they are errors.
fn close(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    let is_open = fields.contains_key("additionalProperties")
        || fields.contains_key("x-kubernetes-preserve-unknown-fields");
    if fields.contains_key("properties") && !is_open {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(close),
            ("items" | "additionalProperties", value) => close(value),
            _ => {}
        }
    }
}

#[test]
fn what_it_writes_depends_on_nothing_but_the_settings() {
    let once = render(&azure(FLUX), "clusters/prod").stdout;
    let workspace = Workspace::new();
    workspace
        .write("gitops.yaml", &azure(FLUX))
        .write("apps/x.yaml", "not: a resource\n");
    let arguments = ["render", "--environments", "infra,clusters/prod"];
    let both = workspace.program(&arguments).run();
    assert_eq!(
        both.code,
        Some(1),
        "the other environment is rendered from the folder"
    );
    let alone = ["render", "--environments", "clusters/prod"];
    assert_eq!(workspace.program(&alone).run().stdout, once);
}

#[test]
fn settings_of_sources_at_the_top_of_the_file_do_not_reach_it() {
    let top = "source: nowhere\nnamespace: shop\nvariables: { x: 1 }\ntokenPattern: doublebraces\nimages: [web=1]\nsources: [{ source: nowhere }, { source: neither }]\n";
    let plain = render(&azure(ARGOCD), "clusters/prod").stdout;
    let ended = render(&format!("{top}{}", azure(ARGOCD)), "clusters/prod");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, plain);
}

#[test]
fn flux_decrypts_and_applies_environments_as_it_is_told() {
    let block = "\n  c: { generator: flux, flux: { version: '2.9', secret: git, decryptionSecret: sops-age, applyAs: deployer } }\n";
    let objects = objects(&azure(block), "c");
    let all = objects.iter().filter(|one| one["kind"] == "Kustomization");
    let said: Vec<_> = all
        .map(|one| {
            (
                one["metadata"]["name"].as_str().unwrap(),
                &one["spec"]["decryption"],
                &one["spec"]["serviceAccountName"],
            )
        })
        .collect();
    let sops = json!({"provider": "sops", "secretRef": {"name": "sops-age"}});
    let account = json!("deployer");
    let none = Value::Null;
    // The objects of Flux itself are applied with its own rights.
    assert_eq!(
        said,
        [
            ("c", &none, &none),
            ("infra", &sops, &account),
            ("prod-shop", &sops, &account),
        ]
    );
}

/// By workload identity there is no Secret; the controller's own is not named, which
/// needs no feature gate.
#[test]
fn flux_decrypts_with_an_identity() {
    for (settings, expected) in [
        (
            "decryptAs: sops",
            json!({"provider": "sops", "serviceAccountName": "sops"}),
        ),
        (
            "decryptAs: kustomize-controller",
            json!({"provider": "sops"}),
        ),
        (
            "decryptAs: sops, decryptionSecret: keys",
            json!({"provider": "sops", "secretRef": {"name": "keys"}, "serviceAccountName": "sops"}),
        ),
    ] {
        let block = format!(
            "\n  c: {{ generator: flux, flux: {{ version: '2.9', secret: git, {settings} }} }}\n"
        );
        let objects = objects(&azure(&block), "c");
        let shop = objects
            .iter()
            .find(|one| one["kind"] == "Kustomization" && one["metadata"]["name"] == "prod-shop");
        assert_eq!(shop.unwrap()["spec"]["decryption"], expected, "{settings}");
    }
}

/// Azure DevOps allows names of 64 characters, in each project the same.
#[test]
fn repositories_of_one_long_name_have_secrets_of_their_own() {
    let name = "contoso-payments-platform-kubernetes-manifests-for-shops";
    let at = |project: &str| format!("https://dev.azure.com/contoso/{project}/_git/{name}");
    let settings = format!(
        "branch: main\nenvironments:\n  dev: {{ manifestRepo: '{}' }}\n  qa: {{ manifestRepo: '{}' }}\n  clusters/prod:\n    manifestRepo: '{0}'\n    generator: argocd\n    argocd: {{ version: '3.5', workloadIdentity: true }}\n",
        at("shop"),
        at("mail")
    );
    let objects = objects(&settings, "clusters/prod");
    let secrets = objects.iter().filter(|one| one["kind"] == "Secret");
    let names: Vec<_> = secrets
        .map(|one| one["metadata"]["name"].as_str().unwrap())
        .collect();
    // Names of their own, and no longer than a Secret may have.
    let [one, other] = names.as_slice() else {
        panic!("{names:?}");
    };
    let cut = "repository-contoso-payments-platform-kubernetes-manifests-for-sh";
    assert!(one != other, "{one}");
    assert!(one.starts_with(cut) && other.starts_with(cut), "{names:?}");
}
