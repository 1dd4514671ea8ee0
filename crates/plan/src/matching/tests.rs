use super::*;
use crate::value::Value;

/// `Kind namespace/name` and content that tells it apart.
fn value(text: &str) -> Value {
    let (id, content) = text.split_once(" : ").unwrap_or((text, "{}"));
    let (kind, name) = id.split_once(' ').unwrap();
    let (api, kind) = kind.rsplit_once('/').unwrap_or(("v1", kind));
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    let content: Value = serde_json::from_str(content).unwrap();
    let json = serde_json::json!({"apiVersion": api, "kind": kind,
        "metadata": {"name": name, "namespace": namespace}});
    let mut value: Value = serde_json::from_value(json).unwrap();
    if let Value::Map(pairs) = &mut value {
        pairs.push(("spec".to_owned(), content));
    }
    value
}

fn describe(old: &[&str], new: &[&str]) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (
        old.iter().map(|one| value(one)).collect(),
        new.iter().map(|one| value(one)).collect(),
    );
    let resources = |values: &'static [Value]| {
        values
            .iter()
            .map(|value| Resource::new("f", 1, value))
            .collect::<Vec<_>>()
    };
    let (old, new) = (resources(old.leak()), resources(new.leak()));
    let matched = pair(&old, &new);
    let name = |side: Option<&Resource<'_>>| side.map_or("-".into(), |one| one.id.short());
    let mut all: Vec<_> = matched
        .pairs
        .iter()
        .map(|pair| {
            format!(
                "{} > {} {:?}",
                name(pair.old),
                name(pair.new),
                pair.relation
            )
        })
        .collect();
    all.extend(
        matched
            .twice
            .iter()
            .map(|one| format!("{} twice", one.copy.id.short())),
    );
    all
}

const CONTENT: &str = r#"{"a":1,"b":"two","c":[3],"d":4,"e":5}"#;

#[rstest::rstest]
#[case::identity(&["Service a/x"], &["Service a/x"], &["Service a/x > Service a/x Same"])]
#[case::another_version(&["extensions/v1beta1/Ingress a/x"], &["networking.k8s.io/v1/Ingress a/x"],
    &["Ingress a/x > Ingress a/x Same"])]
#[case::hash(&["ConfigMap a/x-5tfm2mt9kd"], &["ConfigMap a/x-b7kgf7t6c2"],
    &["ConfigMap a/x-5tfm2mt9kd > ConfigMap a/x-b7kgf7t6c2 GeneratorHash"])]
#[case::no_hash_on_services(&["Service a/x-5tfm2mt9kd"], &["Service a/x-b7kgf7t6c2"],
    &["Service a/x-5tfm2mt9kd > - Alone", "- > Service a/x-b7kgf7t6c2 Alone"])]
#[case::moved(&["Service a/x"], &["Service b/x"], &["Service a/x > Service b/x Moved"])]
#[case::moved_whereto(&["Service a/x"], &["Service b/x", "Service c/x"],
    &["Service a/x > - Alone", "- > Service b/x Alone", "- > Service c/x Alone"])]
#[case::namespace_stated(&["Service x"], &["Service b/x"], &["Service x > Service b/x Same"])]
#[case::claim_stated(&["PersistentVolumeClaim x"], &["PersistentVolumeClaim b/x"],
    &["PersistentVolumeClaim x > PersistentVolumeClaim b/x Moved"])]
#[case::other_kind(&["apps/v1/Deployment a/x"], &["apps/v1/StatefulSet a/x"],
    &["Deployment a/x > StatefulSet a/x OtherKind"])]
#[case::no_relatives(&["Service a/x"], &["networking.k8s.io/v1/Ingress a/x"],
    &["- > Ingress a/x Alone", "Service a/x > - Alone"])]
#[case::twice(&[], &["Service a/x", "Service a/x"], &["- > Service a/x Alone", "- > Service a/x Alone", "Service a/x twice"])]
fn who_belongs_together(#[case] old: &[&str], #[case] new: &[&str], #[case] expected: &[&str]) {
    assert_eq!(describe(old, new), expected);
}

#[test]
fn what_is_much_the_same_was_renamed() {
    let with = |name: &str| format!("Service a/{name} : {CONTENT}");
    let found = describe(&[&with("old")], &[&with("new")]);
    assert_eq!(found, ["Service a/old > Service a/new Similar"]);
    let other = r#"Service a/new : {"a":1,"x":2,"y":3,"z":4}"#;
    assert_eq!(describe(&[&with("old")], &[other]).len(), 2);
}

#[test]
fn thousands_that_are_all_alike_are_not_compared_with_each_other() {
    let many = |start: &str| {
        let one = |n: usize| value(&format!("Service a/{start}{n} : {CONTENT}"));
        (0..3000).map(one).collect::<Vec<_>>()
    };
    let (old, new) = (many("old"), many("new"));
    let resources = |values: &'static [Value]| {
        values
            .iter()
            .map(|value| Resource::new("f", 1, value))
            .collect::<Vec<_>>()
    };
    let (old, new) = (resources(old.leak()), resources(new.leak()));
    let clock = std::time::Instant::now();
    assert_eq!(pair(&old, &new).pairs.len(), 6000);
    assert!(clock.elapsed().as_secs() < 5);
}
