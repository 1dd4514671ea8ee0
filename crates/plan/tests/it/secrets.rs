//! Secrets never enter a plan, in any place that a plan has.

use gitops_plan::{Options, Plan, plan};

use crate::read::{documents, fields, flags, options, planned, resources, yaml};

/// What must not be seen.
const VALUE: &str = "hunter2-xyzzy";

fn assert_hidden(plan: &Plan) {
    let text = serde_json::to_string(plan).unwrap();
    assert!(!text.contains("xyzzy"), "{text}");
}

/// Places where a secret may be, with `VALUE` in place of the secret.
const PLACES: &[&str] = &[
    "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {x: VALUE}}",
    "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {x: VALUE}, type: x}",
    "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"x\":\"VALUE\"}'}}}",
    "{apiVersion: v1, kind: Service, metadata: {name: a, annotations: {contoso/token: VALUE}}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {.dockerconfigjson: VALUE}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {app.json: '{\"db\": {\"password\": \"VALUE\"}}'}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {app.yaml: \"db:\\n  password: VALUE\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {app.properties: \"db.password=VALUE\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {app.ini: \"[db]\\npassword = VALUE\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {key.pem: \"-----BEGIN PRIVATE KEY-----\\nVALUE\\n\"}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: VALUE}]}]}}",
    "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: a}, spec: {values: {db: {password: VALUE}}}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {db: 'Server=a;Password=VALUE'}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {url: 'amqp://user:VALUE@host'}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {secret.yaml: \"apiVersion: v1\\nkind: Secret\\nmetadata: {name: x}\\nstringData:\\n  host: VALUE\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {s.yaml: \"apiVersion: v1\\nkind: Secret\\ndata:\\n  host: VALUE\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {s.json: '{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":{\"a\":\"VALUE\"}}'}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {all.yaml: \"kind: ConfigMap\\n---\\napiVersion: v1\\nkind: 'Secret'\\ndata: {host: VALUE}\\n\"}}",
    "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a}, spec: {patches: [{patch: \"kind: Secret\\nstringData:\\n  host: VALUE\\n\"}]}}",
    "{apiVersion: contoso.com/v1, kind: Object, metadata: {name: a}, spec: {manifest: {apiVersion: v1, kind: Secret, data: {a: VALUE}}}}",
    "{apiVersion: contoso.com/v1, kind: Object, metadata: {name: a}, spec: {all: [{apiVersion: v1, kind: Secret, metadata: {name: x}, data: {a: VALUE}}]}}",
    "{apiVersion: contoso.com/v1, kind: Object, metadata: {name: a}, spec: {secretTemplate: {stringData: {a: VALUE}}}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, readinessProbe: {httpGet: {httpHeaders: [{name: Authorization, value: Basic VALUE}]}}}]}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, readinessProbe: {httpGet: {httpHeaders: [{name: A, value: b}, {name: X-Api-Key, value: VALUE}]}}}]}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, readinessProbe: {httpGet: {httpHeaders: [{name: cookie, value: session=VALUE}]}}}]}}",
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, args: [--password, VALUE, --port, '1']}]}}",
    "{apiVersion: contoso.com/v1, kind: Widget, metadata: {name: a}, spec: {passwords: {admin: VALUE}}}",
    "{apiVersion: contoso.com/v1, kind: Widget, metadata: {name: a}, spec: {secrets: {a: {b: VALUE}}}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {i.sql: \"ALTER USER a WITH PASSWORD 'VALUE';\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {i.sql: \"CREATE USER a IDENTIFIED WITH mysql_native_password BY 'VALUE';\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {ldap.conf: \"bindpw VALUE\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {config: \"users:\\n- name: a\\n  user: {client-key-data: VALUE}\\n\"}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {config: \"a: 1\\nkey: LS0tLS1CRUdJTiBSU0EgUFJJVkFURVALUE\\n\"}}",
    "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {x: 'a ${VALUES_xyzzy} #{xyzzy}#'}, data: {y: VALUE}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {password: '${VALUES_xyzzy} #{xyzzy}# VALUE'}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {c.conf: 'password=x${VALUES_xyzzy}y#{xyzzy}#VALUE'}}",
    "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: a}, spec: {encryptedData: {x: VALUE}}}",
    "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {x: 'ENC[VALUE]'}, sops: {mac: 'ENC[VALUE]'}}",
];

#[test]
fn whatever_happens_to_it_a_secret_is_not_shown() {
    for place in PLACES {
        let with = |value: &str| place.replace("VALUE", value);
        let (one, two) = (with(VALUE), with(&format!("other-{VALUE}")));
        // The same resource without what holds the secret.
        let mut bare = documents(&one);
        if let gitops_plan::Value::Map(pairs) = &mut bare[0] {
            pairs.retain(|(key, _)| matches!(key.as_str(), "apiVersion" | "kind" | "metadata"));
        }
        let bare = serde_json::to_string(&bare[0]).unwrap();
        for (old, new) in [
            (one.as_str(), two.as_str()),
            ("", &one),
            (&one, ""),
            (&bare, &one),
            (&one, &bare),
        ] {
            let plan = planned(old, new);
            if bare.contains("xyzzy") && (old == bare || new == bare) {
                continue;
            }
            assert!(!plan.is_empty(), "{old} {new}");
            assert_hidden(&plan);
        }
    }
}

/// What only looks like one is shown.
#[test]
fn what_names_a_secret_or_says_how_is_shown() {
    for place in [
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}, secrets: [{name: VALUE}]}",
        "{apiVersion: contoso.com/v1, kind: Widget, metadata: {name: a}, spec: {secrets: {db: {path: VALUE}}}}",
        "{apiVersion: contoso.com/v1, kind: Widget, metadata: {name: a}, spec: {secretStore: {kind: SecretStore, data: VALUE}}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a.txt: \"kind: SecretStore\\nx: VALUE\\n\"}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, args: [--password-file, VALUE]}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, args: [--password, x, VALUE]}]}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {i.sql: \"SET ROLE 'VALUE';\\n\"}}",
    ] {
        let plan = planned(
            &place.replace("VALUE", "old"),
            &place.replace("VALUE", VALUE),
        );
        let text = serde_json::to_string(&plan).unwrap();
        assert!(text.contains(VALUE), "{place}: {text}");
    }
}

#[test]
fn equal_bytes_are_equal_however_they_are_written() {
    let secret =
        |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{data}\n");
    let found = |old: &str, new: &str| fields(&planned(&secret(old), &secret(new)));
    assert!(found("data: {x: YQ==}", "stringData: {x: a}").is_empty());
    assert_eq!(
        found("data: {x: YQ==}", "stringData: {x: b}"),
        ["data.x Replaced - -"]
    );
    assert_eq!(found("data: {x: YQ==}", "data: {}"), ["data.x Removed - -"]);
    // What is written in clear wins on the server.
    assert!(found("data: {x: Yg==}\nstringData: {x: a}", "data: {x: YQ==}").is_empty());
}

#[test]
fn hashes_are_comparable_within_a_run_only() {
    let text = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{x: {value}, z: {value}}}\n"
        )
    };
    let (old, new) = (documents(&text("a")), documents(&text("b")));
    let run = |key: &[u8]| {
        let plan = plan(&resources(&old), &resources(&new), &Options::new(key));
        let fields = plan.resources[0].fields.clone();
        assert_eq!(fields[0].hidden, fields[1].hidden);
        fields[0].hidden.clone().unwrap().new.unwrap()
    };
    assert_ne!(run(b"one"), run(b"two"));
}

#[test]
fn what_the_run_knows_is_masked_everywhere() {
    let mask = |text: &str| text.contains(VALUE).then(|| text.replace(VALUE, "***"));
    let long = format!("{}{VALUE}", "x".repeat(995));
    let text = |value: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {VALUE}, namespace: {VALUE}, labels: {{{VALUE}: {value}, a: {long}{value}}}}}\n\
             spec: {{containers: [{{name: {VALUE}, image: {VALUE}.io/a:{image}, args: [{value}, \"one\\n{value}\\n\"]}}]}}\n"
        )
    };
    let (old, new) = (documents(&text("a", "1.0")), documents(&text(VALUE, "2.0")));
    let options = Options {
        mask: Some(&mask),
        yaml: Some(&yaml),
        ..options()
    };
    for (old, new) in [
        (&old, &new),
        (&new, &old),
        (&Vec::new(), &new),
        (&old, &Vec::new()),
    ] {
        let mut resources = (resources(old), resources(new));
        resources
            .1
            .iter_mut()
            .for_each(|one| one.file = "hunter2-xyzzy.yaml");
        let plan = plan(&resources.0, &resources.1, &options);
        assert!(!plan.is_empty());
        assert_hidden(&plan);
    }
}

#[test]
fn lines_that_differ_in_a_masked_secret_only_are_hidden_not_lost() {
    let mask = |text: &str| {
        (text.contains("s1") || text.contains("s2"))
            .then(|| text.replace("s1", "***").replace("s2", "***"))
    };
    let text = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: \"x\\n{value}\\n\"}}\n"
        )
    };
    let (old, new) = (documents(&text("s1")), documents(&text("s2")));
    let options = Options {
        mask: Some(&mask),
        ..options()
    };
    let plan = plan(&resources(&old), &resources(&new), &options);
    assert!(plan.resources[0].fields[0].hidden.is_some());
}

#[test]
fn what_is_made_from_a_secret_of_another_run_is_unknown() {
    let placeholder = |text: &str| text.contains("PLACEHOLDER");
    let old = documents(PLACES[0]);
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: xVALUE}\n";
    for place in [PLACES[0], PLACES[10], config] {
        let old = documents(&place.replace("VALUE", "a"));
        let new = documents(&place.replace("VALUE", "PLACEHOLDER"));
        let options = Options {
            placeholder: Some(&placeholder),
            ..options()
        };
        let plan = plan(&resources(&old), &resources(&new), &options);
        let found = &plan.resources[0].fields[0];
        assert_eq!(found.change, gitops_plan::Change::Unknown, "{place}");
        assert!(!flags(&plan).contains(&"secret-changed".to_owned()));
    }
    assert_eq!(old.len(), 1);
}

#[test]
fn an_argocd_repository_without_credentials_is_no_plain_secret() {
    let found = |sort: &str, data: &str| {
        let text = format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: a, labels: {{argocd.argoproj.io/secret-type: {sort}}}}}, {data}}}"
        );
        flags(&planned("", &text))
    };
    let url = "url: 'https://dev.azure.com/contoso/shop/_git/manifests'";
    let reference = format!("stringData: {{type: git, {url}, useAzureWorkloadIdentity: 'true'}}");
    assert_eq!(found("repository", &reference), [""; 0]);
    assert_eq!(found("repo-creds", &reference), [""; 0]);
    for (sort, data) in [
        ("cluster", reference.clone()),
        ("repository", format!("stringData: {{{url}, password: x}}")),
        (
            "repository",
            "stringData: {url: 'https://flux:x@contoso.com/a'}".to_owned(),
        ),
        (
            "repository",
            format!("stringData: {{{url}}}, data: {{password: eA==}}"),
        ),
        ("repository", "data: {url: eA==}".to_owned()),
    ] {
        assert_eq!(found(sort, &data), ["secret-plaintext"], "{sort} {data}");
    }
}

#[test]
fn a_plain_secret_that_stays_is_still_a_finding() {
    let plan = planned(PLACES[0], PLACES[0]);
    assert!(plan.is_empty());
    assert_eq!(flags(&plan), ["secret-plaintext"]);
    assert!(plan.findings[0].existing);
    // Another label changes nothing about that; another value is one more to replace.
    let existing = |new: &str| {
        let plan = planned(PLACES[0], new);
        let found = plan
            .findings
            .iter()
            .find(|one| one.rule == "secret-plaintext");
        found.map(|one| one.existing)
    };
    let labeled = PLACES[0].replace("name: a}", "name: a, labels: {a: b}}");
    assert_eq!(existing(&labeled), Some(true));
    assert_eq!(existing(&PLACES[0].replace("VALUE", "OTHER")), Some(false));
    for fine in &PLACES[PLACES.len() - 2..] {
        assert!(flags(&planned("", fine)).is_empty(), "{fine}");
    }
}

#[test]
fn a_removed_api_that_stays_is_still_a_finding() {
    let all = documents("{apiVersion: batch/v1beta1, kind: CronJob, metadata: {name: a}}");
    let run = |kube_minor| {
        let options = Options {
            kube_minor,
            ..options()
        };
        plan(&resources(&all), &resources(&all), &options)
    };
    assert_eq!(flags(&run(Some(25))), ["api-removed"]);
    assert!(run(Some(25)).findings[0].existing);
    assert!(flags(&run(Some(24))).is_empty() && flags(&run(None)).is_empty());
}

#[test]
fn notes_of_the_encryption_are_noise_and_its_values_are_not() {
    let text = |value: &str, mac: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata: {{x: 'ENC[{value}]'}}\nsops: {{mac: 'ENC[{mac}]', lastmodified: '{mac}'}}\n"
        )
    };
    let found = fields(&planned(&text("a", "1"), &text("b", "2")));
    assert_eq!(
        found,
        [
            "data.x Replaced - -",
            "(EncryptionNote) sops.lastmodified Replaced \"1\" \"2\"",
            "(EncryptionNote) sops.mac Replaced - -"
        ]
    );
}

/// The run knows the new secret; the old one is still in use.
#[test]
fn what_a_masked_value_replaces_is_not_shown_either() {
    let mask = |text: &str| text.contains("known").then(|| text.replace("known", "***"));
    let options = Options {
        mask: Some(&mask),
        ..options()
    };
    for place in [
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {conn: VALUE}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {conn: \"a\\nx VALUE\\nb\\n\"}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a.json: '{\"conn\": \"VALUE\"}'}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, args: [VALUE]}]}}",
    ] {
        let (old, new) = (
            place.replace("VALUE", VALUE),
            place.replace("VALUE", "known"),
        );
        for (old, new) in [(&old, &new), (&new, &old)] {
            let (old, new) = (documents(old), documents(new));
            let plan = plan(&resources(&old), &resources(&new), &options);
            assert!(!plan.is_empty(), "{place}");
            assert_hidden(&plan);
        }
    }
}
