//! What is large, deep or made to break: bounded work, no panic.

use std::time::{Duration, Instant};

use gitops_plan::{Resource, Value, plan};

use crate::read::{options, resources};

fn map(pairs: Vec<(&str, Value)>) -> Value {
    Value::Map(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn text(text: impl Into<String>) -> Value {
    Value::Str(text.into())
}

fn config(name: &str, data: Vec<(String, Value)>) -> Value {
    map(vec![
        ("apiVersion", text("v1")),
        ("kind", text("ConfigMap")),
        ("metadata", map(vec![("name", text(name))])),
        ("data", Value::Map(data)),
    ])
}

/// Plans both ways and says how long it took; debug builds are slow.
fn took(old: &[Value], new: &[Value]) -> Duration {
    let clock = Instant::now();
    for (old, new) in [(old, new), (new, old)] {
        let plan = plan(&resources(old), &resources(new), &options());
        assert!(!plan.is_empty());
        let size = serde_json::to_string(&plan).unwrap().len();
        assert!(size < 20 << 20, "{size}");
    }
    println!("{:?}", clock.elapsed());
    clock.elapsed()
}

const LONG: Duration = Duration::from_secs(40);

#[test]
fn a_configuration_of_50_megabytes() {
    let lines = |mark: &str| format!("{mark} of configuration, and some more\n").repeat(1_300_000);
    let one = |value: String| [config("c", vec![("a.txt".into(), text(value))])];
    assert!(took(&one(lines("a line")), &one(lines("another line"))) < LONG);
    let long = |mark: &str| "x".repeat(25 << 20) + mark;
    assert!(took(&one(long("a")), &one(long("b"))) < LONG);
    let empty = "\n".repeat(50 << 20);
    assert!(took(&one(empty.clone()), &one(format!("x{empty}x"))) < LONG);
    let json = |n: usize| format!("[{}{n}]", "{},".repeat(5 << 20));
    assert!(took(&one(json(1)), &one(json(2))) < LONG);
}

#[test]
fn ten_thousand_findings_and_a_hundred_thousand_keys() {
    let workload = |n: usize, replicas: i64| {
        map(vec![
            ("apiVersion", text("apps/v1")),
            ("kind", text("Deployment")),
            ("metadata", map(vec![("name", text(format!("d{n}")))])),
            (
                "spec",
                map(vec![
                    ("replicas", Value::Int(replicas)),
                    (
                        "template",
                        map(vec![(
                            "spec",
                            map(vec![("containers", Value::List(vec![]))]),
                        )]),
                    ),
                ]),
            ),
        ])
    };
    let many = |replicas| {
        (0..10_000)
            .map(|n| workload(n, replicas))
            .collect::<Vec<_>>()
    };
    assert!(took(&many(1), &many(0)) < LONG);
    let keys = |value: &str| {
        (0..100_000)
            .map(|n| (format!("k{n}"), text(value)))
            .collect()
    };
    assert!(took(&[config("c", keys("a"))], &[config("c", keys("b"))]) < LONG);
}

#[test]
fn long_lists_of_equal_and_of_different_items() {
    let list = |items: Vec<Value>| {
        vec![map(vec![
            ("apiVersion", text("a.b/v1")),
            ("kind", text("W")),
            ("metadata", map(vec![("name", text("w"))])),
            ("spec", map(vec![("list", Value::List(items))])),
        ])]
    };
    let numbers = |from: i64, modulo: i64| {
        (0..60_000)
            .map(|n| Value::Int(from + n % modulo))
            .collect::<Vec<_>>()
    };
    assert!(took(&list(numbers(0, 2)), &list(numbers(5, 3))) < LONG);
    assert!(took(&list(numbers(0, 60_000)), &list(numbers(30_000, 60_000))) < LONG);
    let mut reversed = numbers(0, 60_000);
    reversed.reverse();
    assert!(took(&list(numbers(0, 60_000)), &list(reversed)) < LONG);
    let rules = |verb: &str| {
        let words =
            |word: &str| Value::List((0..300).map(|n| text(format!("{word}{n}"))).collect());
        let rule = map(vec![
            ("apiGroups", words("g")),
            ("resources", words("r")),
            ("verbs", words(verb)),
        ]);
        vec![map(vec![
            ("apiVersion", text("rbac.authorization.k8s.io/v1")),
            ("kind", text("ClusterRole")),
            ("metadata", map(vec![("name", text("r"))])),
            ("rules", Value::List(vec![rule])),
        ])]
    };
    assert!(took(&rules("a"), &rules("b")) < LONG);
}

/// As deep as the program reads, and in a text.
#[test]
fn deep_trees() {
    let deep = |last: i64| {
        let mut value = Value::Int(last);
        for n in 0..128 {
            value = if n % 2 == 0 {
                map(vec![("a", value)])
            } else {
                Value::List(vec![value])
            };
        }
        vec![map(vec![
            ("apiVersion", text("a.b/v1")),
            ("kind", text("W")),
            ("metadata", map(vec![("name", text("w"))])),
            ("spec", value),
        ])]
    };
    assert!(took(&deep(1), &deep(2)) < LONG);
    let nested = |last: &str| {
        vec![config(
            "c",
            vec![("a".into(), text("[".repeat(1 << 20) + last))],
        )]
    };
    assert!(took(&nested("1"), &nested("2")) < LONG);
}

/// Wrong types in every place that a rule looks at.
#[test]
fn resources_that_are_none() {
    let odd = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Float(f64::NAN),
        text("x\u{0}\u{202e}\r\n"),
        Value::List(vec![Value::Null, text("a"), map(vec![])]),
        map(vec![("name", Value::Int(1)), ("", Value::Null)]),
    ];
    let kinds = [
        "Deployment",
        "Service",
        "Ingress",
        "Secret",
        "ConfigMap",
        "Role",
        "RoleBinding",
        "PersistentVolumeClaim",
        "CustomResourceDefinition",
        "HelmRelease",
        "Kustomization",
        "PodDisruptionBudget",
        "CronJob",
        "Job",
        "ValidatingWebhookConfiguration",
        "Namespace",
        "SealedSecret",
        "Application",
        "NetworkPolicy",
    ];
    let mut all: Vec<Vec<Value>> = Vec::new();
    for one in &odd {
        let mut set = vec![one.clone()];
        for kind in kinds {
            for field in [
                "spec",
                "data",
                "stringData",
                "rules",
                "webhooks",
                "subjects",
                "metadata",
                "sops",
                "roleRef",
            ] {
                let mut pairs = vec![
                    ("apiVersion", text("v1")),
                    ("kind", text(kind)),
                    (field, one.clone()),
                ];
                if field != "metadata" {
                    pairs.push((
                        "metadata",
                        map(vec![("name", text(format!("{kind}-{field}")))]),
                    ));
                }
                set.push(map(pairs));
            }
            let spec = [
                "template",
                "selector",
                "rules",
                "tls",
                "versions",
                "names",
                "chart",
                "ports",
                "replicas",
                "resources",
            ];
            let spec = spec.iter().map(|key| (*key, one.clone())).collect();
            set.push(map(vec![
                ("apiVersion", text("apps/v1")),
                ("kind", text(kind)),
                ("metadata", map(vec![("name", text(kind))])),
                ("spec", map(spec)),
            ]));
            let pod = map(vec![
                (
                    "containers",
                    Value::List(vec![map(vec![
                        ("name", one.clone()),
                        ("image", one.clone()),
                        ("env", one.clone()),
                        ("securityContext", one.clone()),
                    ])]),
                ),
                ("volumes", one.clone()),
            ]);
            set.push(map(vec![
                ("apiVersion", text("apps/v1")),
                ("kind", text(kind)),
                ("metadata", map(vec![("name", text(format!("{kind}-pod")))])),
                ("spec", map(vec![("template", map(vec![("spec", pod)]))])),
            ]));
        }
        all.push(set);
    }
    for old in &all {
        for new in &all {
            let resources =
                |set: &'_ [Value]| -> Vec<_> { set.iter().map(|one| ("f", one.clone())).collect() };
            let (old, new) = (resources(old), resources(new));
            let old: Vec<_> = old
                .iter()
                .map(|(file, one)| Resource::new(file, 0, one))
                .collect();
            let new: Vec<_> = new
                .iter()
                .map(|(file, one)| Resource::new(file, 0, one))
                .collect();
            let plan = plan(&old, &new, &options());
            serde_json::to_string(&plan).unwrap();
        }
    }
}
