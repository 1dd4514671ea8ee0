//! What is refused, with its field, and what is not.

use super::*;

fn faults(text: &str) -> Vec<String> {
    crate::text::yaml::parse(text)
        .unwrap()
        .iter()
        .flat_map(|document| check(&document.root, document.line))
        .map(|fault| format!("{}: {fault}", fault.line))
        .collect()
}

fn in_pod(kind: &str, container: &str) -> String {
    let way = match kind {
        "v1 Pod" => "spec: {containers: [",
        "v1 PodTemplate" => "template: {spec: {containers: [",
        "batch/v1 CronJob" => "spec: {jobTemplate: {spec: {template: {spec: {containers: [",
        _ => "spec: {template: {spec: {containers: [",
    };
    let (version, kind) = kind.split_once(' ').unwrap();
    let close = "}".repeat(way.matches('{').count());
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n{way}{container}]{close}\n"
    )
}

#[rstest::rstest]
#[case::number("labels: {a: 1}", "metadata.labels.a", "a number")]
#[case::boolean("labels: {a: yes}", "metadata.labels.a", "a boolean")]
#[case::float("annotations: {a: 1.10}", "metadata.annotations.a", "a number")]
#[case::exponent("annotations: {a: 1e3}", "metadata.annotations.a", "a number")]
#[case::octal("labels: {a: 0755}", "metadata.labels.a", "a number")]
#[case::name("name: 1234", "metadata.name", "a number")]
#[case::namespace("namespace: 1234", "metadata.namespace", "a number")]
#[case::namespace_yes("namespace: yes", "metadata.namespace", "a boolean")]
#[case::prefix("generateName: 1", "metadata.generateName", "a number")]
fn text_that_is_something_else_is_refused_in_every_kind(
    #[case] metadata: &str,
    #[case] field: &str,
    #[case] found: &str,
) {
    for (version, kind) in [("v1", "Service"), ("contoso.com/v1", "Web"), ("v1", "Pod")] {
        let found_faults = faults(&format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{{metadata}}}\n"
        ));
        assert_eq!(found_faults.len(), 1, "{found_faults:?}");
        assert!(
            found_faults[0].ends_with(&format!(
                ": `{field}` is {found}, but has to be a string: quote it"
            )),
            "{found_faults:?}"
        );
    }
}

#[rstest::rstest]
#[case(
    "namespace: [a]",
    "`metadata.namespace` is a list, but has to be a string"
)]
#[case(
    "namespace: {a: b}",
    "`metadata.namespace` is a map, but has to be a string"
)]
#[case("labels: [a]", "`metadata.labels` is a list, but has to be a map")]
#[case("labels: a", "`metadata.labels` is a string, but has to be a map")]
#[case(
    "labels: {a: [b]}",
    "`metadata.labels.a` is a list, but has to be a string"
)]
#[case(
    "annotations: {a: {b: c}}",
    "`metadata.annotations.a` is a map, but has to be a string"
)]
#[case(
    "name: a-<no value>",
    "`metadata.name` contains `<no value>`: a template left it there"
)]
#[case(
    "name: 'a-{{ .b }}'",
    "`metadata.name` contains `{{`: a template left it there"
)]
#[case(
    "labels: {a: <no value>}",
    "`metadata.labels.a` contains `<no value>`: a template left it there"
)]
#[case(
    "namespace: <no value>",
    "`metadata.namespace` contains `<no value>`: a template left it there"
)]
fn what_no_template_filled_in_is_refused(#[case] metadata: &str, #[case] said: &str) {
    let found = faults(&format!(
        "apiVersion: v1\nkind: Web\nmetadata: {{{metadata}}}\n"
    ));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(said), "{found:?}");
}

#[rstest::rstest]
#[case(
    "ConfigMap",
    "data: {port: 80}",
    "`data.port` is a number, but has to be a string: quote it"
)]
#[case(
    "ConfigMap",
    "data: {on: true}",
    "`data.on` is a boolean, but has to be a string: quote it"
)]
#[case(
    "ConfigMap",
    "data: {a: {b: c}}",
    "`data.a` is a map, but has to be a string"
)]
#[case("ConfigMap", "data: [a]", "`data` is a list, but has to be a map")]
#[case(
    "Secret",
    "stringData: {pin: 0123}",
    "`stringData.pin` is a number, but has to be a string: quote it"
)]
#[case(
    "Secret",
    "data: {pin: 1234}",
    "`data.pin` is a number, but has to be a string: quote it"
)]
#[case(
    "Service",
    "spec: {selector: {app: 1}}",
    "`spec.selector.app` is a number, but has to be a string: quote it"
)]
fn data_is_text(#[case] kind: &str, #[case] text: &str, #[case] said: &str) {
    let whole =
        format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: a, namespace: shop}}\n{text}\n");
    assert_eq!(faults(&whole), [format!("4: {kind} shop/a: {said}")]);
    // A kind of somebody else may have what it likes.
    let other = whole.replacen("v1", "contoso.com/v1", 1);
    assert_eq!(faults(&other), [""; 0]);
}

#[rstest::rstest]
#[case("v1 Pod", "spec.containers[0]")]
#[case("v1 PodTemplate", "template.spec.containers[0]")]
#[case("v1 ReplicationController", "spec.template.spec.containers[0]")]
#[case("apps/v1 Deployment", "spec.template.spec.containers[0]")]
#[case("apps/v1 StatefulSet", "spec.template.spec.containers[0]")]
#[case("apps/v1 DaemonSet", "spec.template.spec.containers[0]")]
#[case("apps/v1 ReplicaSet", "spec.template.spec.containers[0]")]
#[case("batch/v1 Job", "spec.template.spec.containers[0]")]
#[case(
    "batch/v1 CronJob",
    "spec.jobTemplate.spec.template.spec.containers[0]"
)]
fn containers_are_looked_at_wherever_pods_are_made(#[case] kind: &str, #[case] way: &str) {
    let container = "{name: a, image: 'web:', args: [1], env: [{name: A, value: 1}, {name: B, value: no}, {name: C}]}";
    let name = format!("{} web", kind.split_once(' ').unwrap().1);
    let quote = "but has to be a string: quote it";
    assert_eq!(
        faults(&in_pod(kind, container)),
        [
            format!("4: {name}: `{way}.image` has an empty tag: `web:`"),
            format!("4: {name}: `{way}.args[0]` is a number, {quote}"),
            format!("4: {name}: `{way}.env[0].value` is a number, {quote}"),
            format!("4: {name}: `{way}.env[1].value` is a boolean, {quote}"),
        ]
    );
}

#[test]
fn items_of_lists_are_looked_at_one_by_one() {
    let file = crate::model::RelPath::parse("a.yaml").unwrap();
    let text = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {a: 1}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data:\n    b: 2\n";
    let read = super::super::documents::read(&file, text.as_bytes()).unwrap();
    let shown: Vec<_> = read
        .faults
        .iter()
        .map(|fault| format!("{}: {fault}", fault.line))
        .collect();
    assert_eq!(
        shown,
        [
            "7: ConfigMap a: `data.a` is a number, but has to be a string: quote it",
            "12: ConfigMap b: `data.b` is a number, but has to be a string: quote it",
        ]
    );
}

#[rstest::rstest]
#[case("''", "is empty")]
#[case("", "is empty")]
#[case("'web:'", "has an empty tag: `web:`")]
#[case(":v1", "has no name: `:v1`")]
#[case("r.io/:v1", "has an empty part in its name: `r.io/:v1`")]
#[case("/web:v1", "has an empty part in its name: `/web:v1`")]
#[case("r.io//web:v1", "has an empty part in its name: `r.io//web:v1`")]
#[case("a/b//c", "has an empty part in its name: `a/b//c`")]
#[case(
    "https://r.io/web:v1",
    "is an address; an image has no `https://` in front: `https://r.io/web:v1`"
)]
#[case(
    "docker://web",
    "is an address; an image has no `https://` in front: `docker://web`"
)]
#[case("Web:v1", "has upper-case letters in its name: `Web:v1`")]
#[case("r.io/Team/web", "has upper-case letters in its name: `r.io/Team/web`")]
#[case("team/Web", "has upper-case letters in its name: `team/Web`")]
#[case("<no value>", "contains `<no value>`: a template left it there")]
#[case("web:<no value>", "contains `<no value>`: a template left it there")]
#[case("'{{ .Values.image }}'", "contains `{{`: a template left it there")]
#[case("web=sha256:abc", "has a `=`, which no image has: `web=sha256:abc`")]
#[case("web:v1=v2", "has a `=`, which no image has: `web:v1=v2`")]
#[case(
    "web@sha256:abc",
    "has a digest that is not `sha256:` and 64 hexadecimal digits: `web@sha256:abc`"
)]
#[case(
    "'web@'",
    "has a digest that is not `sha256:` and 64 hexadecimal digits: `web@`"
)]
#[case(
    "'web:@sha256:1111111111111111111111111111111111111111111111111111111111111111'",
    "has an empty tag: `web:@sha256:1111111111111111111111111111111111111111111111111111111111111111`"
)]
#[case("'web: v1'", "contains white space: \"web: v1\"")]
#[case("1.10", "is a number, but has to be a string: quote it")]
fn what_no_kubelet_can_pull_is_refused(#[case] image: &str, #[case] said: &str) {
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  initContainers:\n  - name: a\n    image: {image}\n"
    );
    assert_eq!(
        faults(&text),
        [format!("7: Pod web: `spec.initContainers[0].image` {said}")]
    );
}

#[rstest::rstest]
#[case("web")]
#[case("r.io:5000/a/web:v1")]
#[case("r.io/web@sha256:1111111111111111111111111111111111111111111111111111111111111111")]
#[case("web:v1@sha256:1111111111111111111111111111111111111111111111111111111111111111")]
#[case("web:${TAG:=latest}")]
#[case("${REGISTRY}/web:$(TAG)")]
#[case("web:#{tag}#")]
#[case("R.io/team/web:V1")]
#[case("${Registry}/Web:v1")]
#[case("auto")]
#[case("busybox:latest")]
fn images_and_placeholders_of_others_are_fine(#[case] image: &str) {
    assert_eq!(
        faults(&in_pod(
            "apps/v1 Deployment",
            &format!("{{name: a, image: \"{image}\"}}")
        )),
        [""; 0]
    );
}

#[rstest::rstest]
#[case("metadata: {name: a, namespace: , labels: , annotations: null}")]
#[case("metadata: {name: a, labels: {a: , b: '1', c: \"yes\"}, annotations: {d: null}}")]
#[case("metadata: {name: a, annotations: {note: 'use {{ x }} or <no value>'}}")]
#[case("metadata: {name: 'system:a', namespace: ''}")]
fn null_is_absent_and_text_is_text(#[case] metadata: &str) {
    assert_eq!(
        faults(&format!("apiVersion: v1\nkind: Web\n{metadata}\n")),
        [""; 0]
    );
}
