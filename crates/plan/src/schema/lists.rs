//! How the items of lists are told apart: the merge keys of Kubernetes' own kinds, and
//! what is tried where nobody says.

use std::collections::HashSet;

use crate::value::Value;

/// How a list is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule<'s> {
    /// One of these sets of keys tells the items apart; the first that does counts.
    Keyed(&'s [Keys<'s>], Order),
    /// A set of single values.
    Set,
    /// By place and content.
    Plain,
}

/// Whether the order of the items means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It does.
    Matters,
    /// It does not.
    Free,
}

/// Keys: `name`, `metadata.name`, `protocol=TCP` with the value of one that is missing.
pub(crate) type Keys<'s> = &'s [&'s str];

/// A field, the keys that its items may be told apart by, and whether their order matters.
/// What the same field is in another kind is decided by the first keys that all items have.
type Field = (&'static str, &'static [Keys<'static>], Order);

/// Fields of pods, wherever a pod is described.
const PODS: &[Field] = &[
    ("containers", &[&["name"]], Order::Free),
    ("ephemeralContainers", &[&["name"]], Order::Free),
    ("initContainers", &[&["name"]], Order::Matters),
    ("env", &[&["name"]], Order::Free),
    (
        "ports",
        &[
            &["containerPort", "protocol=TCP"],
            &["port", "protocol=TCP"],
            &["name"],
        ],
        Order::Free,
    ),
    ("volumes", &[&["name"]], Order::Free),
    ("volumeMounts", &[&["mountPath"]], Order::Free),
    ("volumeDevices", &[&["devicePath"]], Order::Free),
    ("volumeClaimTemplates", &[&["metadata.name"]], Order::Free),
    ("imagePullSecrets", &[&["name"]], Order::Free),
    ("secrets", &[&["name"]], Order::Free),
    ("hostAliases", &[&["ip"]], Order::Free),
    (
        "tolerations",
        &[&["key=", "operator=Equal", "value=", "effect="]],
        Order::Free,
    ),
    (
        "topologySpreadConstraints",
        &[&["topologyKey", "whenUnsatisfiable"]],
        Order::Free,
    ),
];

/// Other fields of Kubernetes' own kinds.
const OTHERS: &[Field] = &[
    ("matchExpressions", &[&["key", "operator"]], Order::Free),
    ("items", &[&["key"]], Order::Free),
    (
        "rules",
        &[
            &["host="],
            &[
                "apiGroups=",
                "resources=",
                "resourceNames=",
                "nonResourceURLs=",
            ],
        ],
        Order::Free,
    ),
    ("paths", &[&["path=", "pathType="]], Order::Free),
    ("tls", &[&["secretName"], &["hosts"]], Order::Free),
    ("subjects", &[&["kind", "name", "namespace="]], Order::Free),
    ("webhooks", &[&["name"]], Order::Matters),
    ("versions", &[&["name"]], Order::Free),
    ("ownerReferences", &[&["uid"]], Order::Free),
    (
        "metrics",
        &[&[
            "type",
            "resource.name=",
            "containerResource.name=",
            "pods.metric.name=",
            "object.metric.name=",
            "external.metric.name=",
        ]],
        Order::Free,
    ),
];

/// Lists of single values of which Kubernetes sees the set only.
const SETS: &[&str] = &[
    "accessModes",
    "add",
    "apiGroups",
    "apiVersions",
    "drop",
    "externalIPs",
    "finalizers",
    "loadBalancerSourceRanges",
    "nonResourceURLs",
    "operations",
    "policyTypes",
    "resourceNames",
    "resources",
    "verbs",
];

/// What is tried for lists of kinds that declare nothing.
const NAMED: &[Keys<'static>] = &[&["name"]];

/// The rule for the list under this field.
pub(crate) fn rule(field: &str, builtin: bool) -> Rule<'static> {
    if builtin {
        let known = PODS.iter().chain(OTHERS);
        if let Some((_, keys, order)) = known.into_iter().find(|(name, ..)| *name == field) {
            return Rule::Keyed(keys, *order);
        }
        return if SETS.contains(&field) {
            Rule::Set
        } else {
            Rule::Plain
        };
    }
    // Pod templates inside of other kinds look the same.
    match PODS.iter().find(|(name, ..)| *name == field) {
        Some((_, keys, _)) => Rule::Keyed(keys, Order::Matters),
        None => Rule::Keyed(NAMED, Order::Matters),
    }
}

/// The items of both sides by the values of the first keys that tell all of them apart.
pub(crate) fn told_apart<'v>(
    candidates: &[Keys<'_>],
    old: &'v [Value],
    new: &'v [Value],
) -> Option<Told> {
    candidates.iter().find_map(|keys| {
        // Where no item has any of them, the keys say nothing.
        let key = |key: &&str| key.split('=').next().unwrap_or(key).to_owned();
        let keys_of: Vec<String> = keys.iter().map(key).collect();
        let has_one = |item: &Value| {
            let has = |key: &String| !item.at(&key.split('.').collect::<Vec<_>>()).is_null();
            keys_of.iter().any(has)
        };
        if !old.iter().chain(new).any(has_one) {
            return None;
        }
        Some(Told {
            old: named(keys, old)?,
            new: named(keys, new)?,
        })
    })
}

/// What each item is known by.
pub(crate) struct Told {
    pub(crate) old: Vec<Vec<(String, String)>>,
    pub(crate) new: Vec<Vec<(String, String)>>,
}

fn named(keys: Keys<'_>, items: &[Value]) -> Option<Vec<Vec<(String, String)>>> {
    let mut seen = HashSet::with_capacity(items.len());
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        let name = name(keys, item)?;
        if !seen.insert(name.clone()) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

fn name(keys: Keys<'_>, item: &Value) -> Option<Vec<(String, String)>> {
    if !matches!(item, Value::Map(_)) {
        return None;
    }
    let mut name = Vec::new();
    for key in keys {
        let (key, default) = match key.split_once('=') {
            Some((key, default)) => (key, Some(default)),
            None => (*key, None),
        };
        let found = (key.split('.')).try_fold(item, |value, key| value.get(key));
        let text = match found.filter(|value| !value.is_null()) {
            Some(value) => written(value)?,
            None => default?.to_owned(),
        };
        // What is not given is not shown, unless there is nothing else.
        if found.is_some() || default != Some(text.as_str()) {
            name.push((key.to_owned(), text));
        }
    }
    if name.is_empty() {
        name.push((
            keys.first()?.trim_end_matches('=').to_owned(),
            String::new(),
        ));
    }
    // A default that is written out names the same item.
    name.retain(|(key, text)| !keys.contains(&format!("{key}={text}").as_str()) || text.is_empty());
    if name.is_empty() {
        return None;
    }
    Some(name)
}

/// A key's value as a text: lists of texts as a sorted sum.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Map(_) => None,
        Value::List(items) => {
            let mut texts: Vec<_> = items
                .iter()
                .map(|item| item.text().map(str::to_owned))
                .collect::<Option<_>>()?;
            texts.sort();
            Some(texts.join("+"))
        }
        scalar => Some(scalar.scalar()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(field: &str, items: &str) -> Option<Vec<String>> {
        let items: Value = serde_json::from_str(items).unwrap();
        let Rule::Keyed(keys, _) = rule(field, true) else {
            return None;
        };
        let told = told_apart(keys, items.items(), items.items())?;
        let text = |(key, value): &(String, String)| format!("{key}={value}");
        let join =
            |name: &Vec<(String, String)>| name.iter().map(text).collect::<Vec<_>>().join(",");
        Some(told.old.iter().map(join).collect())
    }

    #[rstest::rstest]
    #[case::ports_of_a_container("ports", r#"[{"containerPort":80,"protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}]"#,
        Some(&["containerPort=80", "containerPort=80,protocol=UDP"][..]))]
    #[case::ports_of_a_service("ports", r#"[{"port":80},{"port":443}]"#, Some(&["port=80", "port=443"][..]))]
    #[case::ports_that_are_only_named("ports", r#"[{"name":"a"}]"#, Some(&["name=a"][..]))]
    #[case::hosts("rules", r#"[{"host":"a"},{"http":{}}]"#, Some(&["host=a", "host="][..]))]
    #[case::roles("rules", r#"[{"apiGroups":[""],"resources":["b","a"]},{"nonResourceURLs":["/x"]}]"#,
        Some(&["apiGroups=,resources=a+b", "nonResourceURLs=/x"][..]))]
    #[case::the_same_twice("env", r#"[{"name":"A"},{"name":"A"}]"#, None)]
    #[case::one_without_a_key("env", r#"[{"name":"A"},{}]"#, None)]
    #[case::not_even_a_map("env", r#"["A"]"#, None)]
    fn items_are_known_by_their_merge_keys(
        #[case] field: &str,
        #[case] items: &str,
        #[case] expected: Option<&[&str]>,
    ) {
        let found = names(field, items);
        assert_eq!(
            found.as_deref(),
            expected
                .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>())
                .as_deref()
        );
    }
}
