//! Which fields are found to differ, and which are not.

use crate::read::{fields, planned};

/// Configuration with this text under a key.
fn config(key: &str, text: &str) -> String {
    let value = serde_json::to_string(text).unwrap();
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{{key:?}: {value}}}\n")
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {spec}\n")
}

fn differs(old: &str, new: &str) -> Vec<String> {
    fields(&planned(old, new))
}

#[rstest::rstest]
#[case::containers_by_name("{containers: [{name: a, x: 1}, {name: b}]}", "{containers: [{name: b}, {name: a, x: 2}]}",
    &["spec.containers[name=a].x Replaced 1 2", "(Order) spec.containers Order - -"])]
#[case::init_containers_have_an_order("{initContainers: [{name: a}, {name: b}]}", "{initContainers: [{name: b}, {name: a}]}",
    &["spec.initContainers Order - -"])]
#[case::ports("{containers: [{name: a, ports: [{containerPort: 1}]}]}", "{containers: [{name: a, ports: [{containerPort: 1, name: x}, {containerPort: 1, protocol: UDP}]}]}",
    &["spec.containers[name=a].ports[containerPort=1].name Added - \"x\"", "spec.containers[name=a].ports[containerPort=1,protocol=UDP] Added - {\"containerPort\":1,\"protocol\":\"UDP\"}"])]
#[case::a_port_with_its_default("{containers: [{name: a, ports: [{containerPort: 1}]}]}", "{containers: [{name: a, ports: [{containerPort: 1, protocol: TCP}]}]}",
    &["spec.containers[name=a].ports[containerPort=1].protocol Added - \"TCP\""])]
#[case::mounts("{containers: [{name: a, volumeMounts: [{mountPath: /a, name: x}]}]}", "{containers: [{name: a, volumeMounts: [{mountPath: /a, name: w}]}]}",
    &["spec.containers[name=a].volumeMounts[mountPath=/a].name Replaced \"x\" \"w\""])]
#[case::variables_that_refer("{containers: [{name: a, env: [{name: A, value: x}, {name: B, value: $(A)}]}]}", "{containers: [{name: a, env: [{name: B, value: $(A)}, {name: A, value: x}]}]}",
    &["spec.containers[name=a].env Order - -"])]
#[case::arguments("{containers: [{name: a, args: [a, b, c]}]}", "{containers: [{name: a, args: [a, x, b, c]}]}",
    &["spec.containers[name=a].args[1] Added - \"x\""])]
#[case::a_flag("{containers: [{name: a, args: [--a=1, --b=1, --c=1]}]}", "{containers: [{name: a, args: [--a=1, --b=2]}]}",
    &["spec.containers[name=a].args[1] Replaced \"--b=1\" \"--b=2\"", "spec.containers[name=a].args[2] Removed \"--c=1\" -"])]
#[case::tolerations("{tolerations: [{key: a}, {operator: Exists}]}", "{tolerations: [{operator: Exists}, {key: a, effect: NoSchedule}]}",
    &["spec.tolerations[key=a] Removed {\"key\":\"a\"} -", "spec.tolerations[key=a,effect=NoSchedule] Added - {\"key\":\"a\",\"effect\":\"NoSchedule\"}"])]
#[case::sets("{x: {capabilities: {add: [A, B]}}}", "{x: {capabilities: {add: [C, A]}}}",
    &["spec.x.capabilities.add[=B] Removed \"B\" -", "spec.x.capabilities.add[=C] Added - \"C\""])]
#[case::quantities("{containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]}", "{containers: [{name: a, resources: {limits: {memory: 1024Mi, cpu: 1000m}}}]}", &[])]
#[case::nothing_and_null("{a: null}", "{}", &[])]
#[case::what_differs_in_type("{a: '1'}", "{a: 1}", &["spec.a Replaced \"1\" 1"])]
#[case::a_default_is_not_assumed("{}", "{restartPolicy: Always}", &["spec.restartPolicy Added - \"Always\""])]
fn in_pods(#[case] old: &str, #[case] new: &str, #[case] expected: &[&str]) {
    assert_eq!(differs(&pod(old), &pod(new)), expected);
}

#[rstest::rstest]
#[case::json("a.json", r#"{"a": {"b": 1}, "c": 2}"#, r#"{"c": 2, "a": {"b": 3}}"#, &[r#"data["a.json"]{json}.a.b Replaced 1 3"#])]
#[case::formatting("a", r#"{"a": 1}"#, r#"{ "a":1 }"#, &["(Formatting) data.a Formatting - -"])]
#[case::yaml("a.yaml", "a: 1\nb: [{name: x, y: 1}]\n", "b: [{name: x, y: 2}]\na: 1\n", &[r#"data["a.yaml"]{yaml}.b[name=x].y Replaced 1 2"#])]
#[case::null_is_a_value_there("a.yaml", "a: null\n", "b: 1\n", &[r#"data["a.yaml"]{yaml}.a Removed null -"#, r#"data["a.yaml"]{yaml}.b Added - 1"#])]
#[case::properties("a.properties", "a=1\n# x\nb=2\n", "b = 2\na=3\n", &[r#"data["a.properties"]{properties}.a Replaced "1" "3""#])]
#[case::a_script("run.sh", "a\nb\nc\n", "a\nx\nc\n", &[r#"data["run.sh"] Text - -"#])]
#[case::one_line("a", "x", "y", &[r#"data.a Replaced "x" "y""#])]
#[case::a_number_in_quotes("a", "1", "1.0", &[r#"data.a Replaced "1" "1.0""#])]
#[case::a_quantity_it_only_looks_like("limits", "1000m", "1", &[r#"data.limits Replaced "1000m" "1""#])]
fn in_texts(#[case] key: &str, #[case] old: &str, #[case] new: &str, #[case] expected: &[&str]) {
    assert_eq!(differs(&config(key, old), &config(key, new)), expected);
}

#[test]
fn certificates_are_told_by_their_subject_and_end() {
    let (a, b) = (
        include_str!("certificate-a.pem"),
        include_str!("certificate-b.pem"),
    );
    let plan = planned(&config("ca.crt", a), &config("ca.crt", &format!("{a}{b}")));
    let shown = serde_json::to_string(&plan.resources[0].fields[0].new).unwrap();
    for part in [
        "CN=a.contoso.example, valid until 2036-11-25",
        "CN=b.contoso.example",
        "SHA-256 ",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    // Line ends are not part of a certificate.
    let found = differs(
        &config("ca.crt", a),
        &config("ca.crt", &a.replace('\n', "\r\n")),
    );
    assert_eq!(found, [r#"(Formatting) data["ca.crt"] Formatting - -"#]);
}

#[test]
fn a_crd_of_the_same_set_says_how_lists_are_merged() {
    let text = |listeners: &str| {
        format!(
            r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gates.a.b}}
spec:
  group: a.b
  names: {{kind: Gate}}
  versions:
  - name: v1
    storage: true
    schema: {{openAPIV3Schema: {{properties: {{spec: {{properties: {{listeners: {{x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [port]}}}}}}}}}}}}
---
apiVersion: a.b/v1
kind: Gate
metadata: {{name: g}}
spec: {{listeners: {listeners}}}
"
        )
    };
    let found = differs(
        &text("[{port: 1, name: x}, {port: 2, name: w}]"),
        &text("[{port: 2, name: z}, {port: 1, name: x}]"),
    );
    assert_eq!(
        found,
        [
            "spec.listeners[port=2].name Replaced \"w\" \"z\"",
            "(Order) spec.listeners Order - -"
        ]
    );
}

#[test]
fn another_hash_in_the_name_of_configuration_collapses_where_it_is_used() {
    let text = |hash: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{hash}, namespace: s}}\ndata: {{a: {value}}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: s}}\n\
             spec: {{template: {{spec: {{containers: [{{name: x, envFrom: [{{configMapRef: {{name: c-{hash}}}}}]}}], volumes: [{{name: v, configMap: {{name: c-{hash}}}}}]}}}}}}\n"
        )
    };
    let plan = planned(&text("5tfm2mt9kd", "x"), &text("b7kgf7t6c2", "w"));
    assert_eq!(plan.summary.fields, 1, "{:#?}", fields(&plan));
    assert_eq!(
        fields(&plan),
        [
            r#"data.a Replaced "x" "w""#,
            r#"(Reference) spec.template.spec.containers[name=x].envFrom[0].configMapRef.name Replaced "c-5tfm2mt9kd" "c-b7kgf7t6c2""#,
            r#"(Reference) spec.template.spec.volumes[name=v].configMap.name Replaced "c-5tfm2mt9kd" "c-b7kgf7t6c2""#,
        ]
    );
    let names: Vec<_> = plan
        .resources
        .iter()
        .map(|one| (one.action, one.from.is_some(), one.recreated))
        .collect();
    assert_eq!(names[0], (gitops_plan::Action::Renamed, true, false));
}

#[test]
fn what_is_there_and_not_ours_is_adopted() {
    let all = crate::read::documents(&pod("{}"));
    let new = crate::read::resources(&all);
    let mut old = new.clone();
    old[0].is_ours = false;
    let plan = gitops_plan::plan(&old, &new, &crate::read::options());
    assert_eq!(plan.resources[0].action, gitops_plan::Action::Adopted);
}
