//! How long a large plan takes: `cargo test --release -p gitops-plan -- --ignored --nocapture speed`.

use std::time::Instant;

use gitops_plan::{Value, plan};

use crate::read::{options, resources};

/// About 2.4 KB of a workload, a service or configuration.
fn resource(n: usize, version: usize) -> String {
    let env: Vec<_> = (0..12)
        .map(|e| format!(r#"{{"name":"SETTING_{e}","value":"value {e} of {n}"}}"#))
        .collect();
    let lines = "some line of configuration = true\\n".repeat(75);
    match n % 3 {
        0 => format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c{n}","namespace":"n{}"}},"data":{{"a.conf":"{lines}version {version}\n{lines}","b.json":"{{\"v\":{version}}}"}}}}"#,
            n % 40
        ),
        1 => format!(
            r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"s{n}","namespace":"n{}","labels":{{"app":"a{n}","helm.sh/chart":"c-{version}"}}}},"spec":{{"selector":{{"app":"a{n}"}},"ports":[{{"port":80}},{{"port":{}}}]}}}}"#,
            n % 40,
            1000 + version
        ),
        _ => format!(
            r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"d{n}","namespace":"n{}","labels":{{"app":"a{n}","helm.sh/chart":"c-{version}"}}}},"spec":{{"replicas":3,"selector":{{"matchLabels":{{"app":"a{n}"}}}},"template":{{"metadata":{{"labels":{{"app":"a{n}"}}}},"spec":{{"containers":[{{"name":"main","image":"contoso.azurecr.io/a{n}:1.{version}","env":[{}],"ports":[{{"containerPort":8080}}],"resources":{{"limits":{{"cpu":"1","memory":"1Gi"}}}}}},{{"name":"side","image":"contoso.azurecr.io/side:1.{version}","env":[{}]}}]}}}}}}}}"#,
            n % 40,
            env.join(","),
            env.join(",")
        ),
    }
}

#[test]
#[ignore = "a measurement"]
fn speed_of_5000_resources_of_which_a_tenth_changes() {
    let old: Vec<String> = (0..5000).map(|n| resource(n, 1)).collect();
    let new: Vec<String> = (0..5000)
        .map(|n| resource(n, if n % 10 == 3 { 2 } else { 1 }))
        .collect();
    let bytes: usize = new.iter().map(String::len).sum();
    let clock = Instant::now();
    let parse = |texts: &[String]| -> Vec<Value> {
        texts
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    };
    let (old, new) = (parse(&old), parse(&new));
    let parsed = clock.elapsed();
    let clock = Instant::now();
    let plan = plan(&resources(&old), &resources(&new), &options());
    let planned = clock.elapsed();
    let clock = Instant::now();
    let json = serde_json::to_string(&plan).unwrap();
    println!(
        "{bytes} bytes on each side; parsed as JSON {parsed:?}, planned {planned:?}, written {:?} ({} bytes); {} changed, {} fields, {} findings",
        clock.elapsed(),
        json.len(),
        plan.resources.len(),
        plan.summary.fields,
        plan.findings.len(),
    );
    assert_eq!(plan.resources.len(), 500);
    assert!(cfg!(debug_assertions) || parsed + planned < std::time::Duration::from_secs(1));
}
