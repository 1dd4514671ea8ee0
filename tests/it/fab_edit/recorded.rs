//! Replays of what the real Fabrikate did: the same exit status, zero or not,
//! and the same data in the files, in another order where ours keeps order.

use std::path::{Path, PathBuf};

use gitops_publisher::text::yaml::{self, Dialect, Value};

use crate::support::program::Workspace;

/// Where our result differs on purpose: the case, what we do instead, and why.
const DIFFERENT: &[(&str, Instead, &str)] = &[
    (
        "cmd-set/bad-two-equals",
        Instead::Holds("k", "a=b"),
        "a value may hold `=`",
    ),
    (
        "cmd-set/deep-new",
        Instead::Holds(
            "subcomponents.only-config.subcomponents.inner.config.k",
            "v",
        ),
        "the entry was lost without a word",
    ),
    (
        "cmd-set/bare",
        Instead::Holds("subcomponents.bare.config.k", "v"),
        "an entry without `config` crashed",
    ),
];

enum Instead {
    /// It succeeds; this value is in the file (below `config` when no other way is given).
    Holds(&'static str, &'static str),
}

fn shared() -> PathBuf {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/fixtures/fabrikate"
    ))
    .to_path_buf()
}

fn parsed(text: &str) -> Value {
    let documents = yaml::parse(text).unwrap();
    Value::of(&documents[0].root, Dialect::Config).unwrap()
}

/// The words of a recorded command line.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words
}

/// What Fabrikate's rewriting does to any component file: entries sorted by
/// name, the last of each name, unknown fields gone.
fn rewritten(component: Value) -> Value {
    let Value::Map(pairs) = component else {
        panic!("a component is a map");
    };
    let known = |key: &Value| !matches!(key, Value::Str(name) if name == "extra");
    let pairs = pairs.into_iter().filter(|(key, _)| known(key));
    let pairs = pairs.map(|(key, value)| match value {
        Value::List(items) if key == Value::Str("subcomponents".into()) => {
            let mut last = std::collections::BTreeMap::new();
            for item in items {
                let name = item
                    .get("name")
                    .unwrap()
                    .non_empty_text()
                    .unwrap()
                    .to_owned();
                last.insert(name, item);
            }
            (key, Value::List(last.into_values().collect()))
        }
        value => (key, value),
    });
    Value::Map(pairs.collect())
}

/// Unknown fields of a configuration file, which Fabrikate's rewriting drops.
fn without_unknown(config: Value) -> Value {
    let Value::Map(mut pairs) = config else {
        panic!("a configuration is a map");
    };
    pairs.retain(|(key, _)| *key != Value::Str("unknown".into()));
    Value::Map(pairs)
}

fn files_below(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(root, &path));
        } else {
            found.push(path.strip_prefix(root).unwrap().to_path_buf());
        }
    }
    found.sort();
    found
}

/// Replays one case; the error is what differs.
fn replay(hld: &Path, case: &Path, name: &str) -> Result<(), String> {
    let workspace = Workspace::new();
    for file in files_below(hld, hld) {
        let text = std::fs::read_to_string(hld.join(&file)).unwrap();
        workspace.write(&format!("hld/{}", file.display()), &text);
    }
    let command = std::fs::read_to_string(case.join("cmd.txt")).unwrap();
    let line = command.lines().next().unwrap();
    let words = words(line.strip_prefix("cd hld && ").unwrap());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let program = workspace.program(&words);
    let ended = program
        .command()
        .current_dir(workspace.path().join("hld"))
        .output()
        .unwrap();
    let done = ended.status.success();

    let different = DIFFERENT.iter().find(|(case, ..)| *case == name);
    if let Some((_, Instead::Holds(way, value), _)) = different {
        let text = workspace.read("hld/config/prod.yaml");
        let way = if way.contains('.') {
            (*way).to_owned()
        } else {
            format!("config.{way}")
        };
        let root = parsed(&text);
        let found = way.split('.').try_fold(&root, |node, key| node.get(key));
        let fine = done && found == Some(&Value::Str((*value).to_owned()));
        return fine
            .then_some(())
            .ok_or(format!("{name}: {text}\n{ended:#?}"));
    }
    if done != command.contains("exit 0") {
        return Err(format!("{name}: {ended:#?}"));
    }
    for file in files_below(case, case) {
        if file.ends_with("cmd.txt") || file.ends_with("error.txt") {
            continue;
        }
        let recorded = std::fs::read_to_string(case.join(&file)).unwrap();
        // A text field: written `n` it is the same name, though `n` elsewhere is false.
        let recorded = recorded.replace("namespace: \"n\"", "namespace: n");
        let ours = workspace.read(&format!("hld/{}", file.display()));
        let (recorded, found) = (parsed(&recorded), parsed(&ours));
        let found = if file.starts_with("config") {
            without_unknown(found)
        } else {
            rewritten(found)
        };
        if recorded.digest() != found.digest() {
            return Err(format!("{name}: {} is\n{ours}", file.display()));
        }
    }
    Ok(())
}

#[test]
fn recorded_commands_leave_the_same_data_behind() {
    let root = shared();
    if !root.exists() {
        println!("skipped: there are no recordings in {}", root.display());
        return;
    }
    let folders = [
        "synthetic/cmd-set",
        "synthetic/cmd-add-remove",
        "synthetic/cmd-add-empty-dir",
        "upstream/add",
    ];
    let (mut wrong, mut count) = (Vec::new(), 0);
    for folder in folders {
        let folder = root.join(folder);
        for case in folder.join("golden").read_dir().unwrap() {
            let case = case.unwrap().path();
            let names = [&folder, &case].map(|path| path.file_name().unwrap().to_str().unwrap());
            wrong.extend(replay(&folder.join("hld"), &case, &names.join("/")).err());
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 27, "{count} cases");
}
