//! Random edits of manifests: each is found, where it was made; what means the same is not.

use std::sync::LazyLock;

use gitops_plan::{Plan, Value, plan};
use proptest::prelude::*;

use crate::corpus::shared;
use crate::read::{documents, options, resources};

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The manifests of this folder, and those of the shared corpus where they are.
static ALL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut all = documents(include_str!("manifests.yaml"));
    let mut files = Vec::new();
    for folder in ["pairs", "plain"].into_iter().filter_map(shared) {
        manifests(&folder, &mut files);
    }
    files.retain(|file| !file.ends_with("after.yaml"));
    files.sort();
    let mut seen: std::collections::HashSet<String> = all.iter().map(identity).collect();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // Lists of other things, such as values, are no manifests.
        let Ok(more) = serde_saphyr::from_multiple::<Value>(&text) else {
            continue;
        };
        let is_resource = |one: &Value| one.at(&["metadata", "name"]) != &Value::Null;
        let more = more.into_iter().filter(is_resource);
        all.extend(more.filter(|one| seen.insert(identity(one))));
    }
    println!("{} manifests", all.len());
    all
});

fn manifests(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            manifests(&path, files);
        } else if path
            .extension()
            .is_some_and(|it| it == "yaml" || it == "yml")
        {
            files.push(path);
        }
    }
}

fn identity(value: &Value) -> String {
    gitops_plan::Identity::of(value).short()
}

/// All single values, with the way to them; what makes a resource another one left out.
fn leaves(value: &Value, path: &mut Vec<Step>, out: &mut Vec<Vec<Step>>) {
    match value {
        Value::Map(pairs) => {
            for (key, inner) in pairs {
                let top =
                    path.len() <= 1 && ["apiVersion", "kind", "status"].contains(&key.as_str());
                let named = path.len() == 1 && path[0] == Step::Key("metadata".into());
                let hidden = ["name", "namespace", "creationTimestamp", "generateName"];
                if top || (named && hidden.contains(&key.as_str())) {
                    continue;
                }
                path.push(Step::Key(key.clone()));
                leaves(inner, path, out);
                path.pop();
            }
        }
        Value::List(items) => {
            for (at, inner) in items.iter().enumerate() {
                path.push(Step::Index(at));
                leaves(inner, path, out);
                path.pop();
            }
        }
        Value::Null => {}
        _ => out.push(path.clone()),
    }
}

fn find<'v>(value: &'v mut Value, path: &[Step]) -> &'v mut Value {
    path.iter().fold(value, |value, step| match (value, step) {
        (Value::Map(pairs), Step::Key(key)) => {
            &mut pairs.iter_mut().find(|(name, _)| name == key).unwrap().1
        }
        (Value::List(items), Step::Index(at)) => &mut items[*at],
        _ => unreachable!(),
    })
}

/// The keys of a path, without what is said about items of lists.
fn keys(path: &[Step]) -> Vec<String> {
    path.iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Index(_) => None,
        })
        .collect()
}

/// The keys of a written path.
fn written(path: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("[\"") {
            let end = inner.find("\"]").unwrap();
            keys.push(inner[..end].to_owned());
            rest = &inner[end + 2..];
        } else if let Some(inner) = rest.strip_prefix('[') {
            // A name in quotes may hold brackets.
            // Values in quotes may hold brackets.
            let mut quoted = false;
            let ends = |c: char| {
                quoted ^= c == '"';
                c == ']' && !quoted
            };
            let from = inner.find(ends).unwrap();
            rest = &inner[from + 1..];
        } else if let Some(inner) = rest.strip_prefix('{') {
            rest = &inner[inner.find('}').unwrap() + 1..];
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[', '{']).unwrap_or(rest.len());
            keys.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
    keys
}

/// Fields that items of lists are known by: another one makes another item.
const NAMES: &[&str] = &[
    "name",
    "key",
    "containerPort",
    "port",
    "protocol",
    "mountPath",
    "host",
    "path",
    "pathType",
    "type",
    "kind",
    "namespace",
    "operator",
    "value",
    "effect",
    "secretName",
    "hosts",
    "resources",
    "apiGroups",
    "resourceNames",
    "nonResourceURLs",
    "topologyKey",
    "whenUnsatisfiable",
    "ip",
];

fn run(old: &[Value], new: &[Value]) -> Plan {
    plan(&resources(old), &resources(new), &options())
}

/// What an edit does.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Replace,
    Remove,
    Add,
}

fn apply(document: &mut Value, path: &[Step], edit: Edit) -> Vec<String> {
    let mut expected = keys(path);
    match edit {
        Edit::Replace => *find(document, path) = Value::Str("edited".into()),
        Edit::Remove | Edit::Add => {
            let at = path
                .iter()
                .rposition(|step| matches!(step, Step::Key(_)))
                .unwrap();
            let Value::Map(pairs) = find(document, &path[..at]) else {
                unreachable!()
            };
            let Step::Key(key) = &path[at] else {
                unreachable!()
            };
            if matches!(edit, Edit::Remove) {
                pairs.retain(|(name, _)| name != key);
            } else {
                pairs.push(("zzAdded".into(), Value::Int(7)));
                expected = keys(&path[..at]);
                expected.push("zzAdded".into());
            }
        }
    }
    expected
}

fn is_prefix(a: &[String], b: &[String]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_edit_is_found_where_it_was_made(
        picks in prop::collection::vec((any::<usize>(), any::<usize>(), 0_u8..3), 1..6),
    ) {
        let old = ALL.clone();
        let mut new = old.clone();
        let mut made: Vec<(usize, Vec<Step>, Edit, Vec<String>)> = Vec::new();
        for (document, leaf, edit) in picks {
            let at = document % new.len();
            if made.iter().any(|(known, ..)| *known == at) {
                continue;
            }
            let mut all = Vec::new();
            leaves(&old[at], &mut Vec::new(), &mut all);
            let Some(path) = (!all.is_empty()).then(|| all[leaf % all.len()].clone()) else { continue };
            let edit = [Edit::Replace, Edit::Remove, Edit::Add][usize::from(edit)];
            let expected = apply(&mut new[at], &path, edit);
            made.push((at, path, edit, expected));
        }
        let plan = run(&old, &new);
        prop_assert_eq!(plan.resources.len(), made.len(), "{:?}", made);
        for (at, path, edit, expected) in made {
            let id = gitops_plan::Identity::of(&old[at]);
            let change = plan.resources.iter().find(|one| one.resource == id).unwrap();
            prop_assert!(!change.fields.is_empty(), "{:?} {:?}", id, path);
            for field in &change.fields {
                // In a Secret, what is written in clear is data, too.
                let found: Vec<_> = written(&field.path).iter().map(|key| key.replace("stringData", "data")).collect();
                let expected: Vec<_> = expected.iter().map(|key| key.replace("stringData", "data")).collect();
                prop_assert!(is_prefix(&found, &expected), "{} is not {:?}", field.path, expected);
            }
            // So does an item of a set.
            let is_item = matches!(path.last(), Some(Step::Index(_)));
            let names_items = is_item || expected.iter().any(|key| NAMES.contains(&key.as_str()));
            if !names_items && matches!(edit, Edit::Add) {
                prop_assert_eq!(change.fields.len(), 1);
                let field = &change.fields[0];
                let last = expected.last().unwrap();
                prop_assert!(field.path.ends_with(last.as_str()), "{}", field.path);
            }
            if !names_items && matches!(edit, Edit::Replace) {
                prop_assert_eq!(change.fields.len(), 1, "{:?}", change.fields);
                prop_assert_eq!(written(&change.fields[0].path).len(), expected.len());
            }
        }
    }

    #[test]
    fn what_means_the_same_is_not_reported(seed in any::<u64>()) {
        let old = ALL.clone();
        let mut random = Random(seed | 1);
        let new: Vec<_> = old.iter().map(|one| reworded(one, "", &mut random)).collect();
        let plan = run(&old, &new);
        let read: Vec<_> = plan.resources.iter().flat_map(|one| one.to_read().map(|field| &field.path)).collect();
        prop_assert!(read.is_empty(), "{:?}", read);
    }
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// Lists whose order means nothing.
const FREE: &[&str] = &[
    "containers",
    "ports",
    "volumes",
    "volumeMounts",
    "tolerations",
    "verbs",
    "resources",
    "policyTypes",
    "rules",
    "paths",
];

/// `2Gi` as `2048Mi`, `90Mi` as `94371840`.
fn other_bytes(text: &str) -> Option<String> {
    let number = |end: &str| text.strip_suffix(end)?.parse::<u64>().ok();
    if let Some(number) = number("Gi") {
        return Some(format!("{}Mi", number * 1024));
    }
    number("Mi").map(|number| (number << 20).to_string())
}

/// `100m` as `0.100`, `1` as `1000m`.
fn other_cores(text: &str) -> Option<String> {
    match text.strip_suffix('m') {
        Some(thousandths) => {
            let number: u64 = thousandths.parse().ok()?;
            Some(format!("{}.{:03}", number / 1000, number % 1000))
        }
        None => Some(format!("{}m", text.parse::<u64>().ok()? * 1000)),
    }
}

/// The same, written differently.
fn reworded(value: &Value, key: &str, random: &mut Random) -> Value {
    match value {
        Value::Map(pairs) => {
            let mut pairs: Vec<_> = pairs
                .iter()
                .map(|(key, inner)| (key.clone(), reworded(inner, key, random)))
                .collect();
            random.shuffle(&mut pairs);
            Value::Map(pairs)
        }
        Value::List(items) => {
            let mut items: Vec<_> = items
                .iter()
                .map(|item| reworded(item, "", random))
                .collect();
            if FREE.contains(&key) {
                random.shuffle(&mut items);
            }
            Value::List(items)
        }
        Value::Str(text) if ["memory", "storage"].contains(&key) => {
            Value::Str(other_bytes(text).unwrap_or_else(|| text.clone()))
        }
        Value::Str(text) if key == "cpu" => {
            Value::Str(other_cores(text).unwrap_or_else(|| text.clone()))
        }
        Value::Str(text) if (key, text.as_str()) == ("interval", "10m") => {
            Value::Str("600s".into())
        }
        Value::Str(text) if key == "app.json" => {
            let value: Value = serde_json::from_str(text).unwrap();
            Value::Str(serde_json::to_string(&reworded(&value, "", random)).unwrap())
        }
        Value::Int(1) if key == "cpu" => Value::Str("1000m".into()),
        other => other.clone(),
    }
}
