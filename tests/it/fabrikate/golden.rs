//! Replays of what the real Fabrikate did with many definitions: the same
//! files byte for byte, the same calls of helm, an error where it failed.

use std::path::{Path, PathBuf};

use gitops_publisher::generate::{self, Generated, Kind, Options};
use gitops_publisher::text::yaml::{self, Dialect, Value};
use gitops_publisher::tools::Tools;

use super::{copy, files_below, shared};

/// The version whose recordings count, where two differ: the Helm 3 one.
const VERSION: &str = "1.0.0-alpha.1";

/// Where our result is safer than the recorded one: the case, the reason,
/// and what we do instead.
const DIFFERENT: [(&str, &str, Instead); 3] = [
    (
        "synthetic/name-escapes-directory/common",
        "a name must not lead out of the output folder",
        Instead::Error("not a safe relative path"),
    ),
    (
        "synthetic/helm-stderr-mixed/common",
        "helm's standard error is no manifest",
        Instead::Without("warning: cannot overwrite table with non table for x (map[])\n"),
    ),
    (
        "synthetic/helm-inject-namespace/common",
        "a string that newer readers take for a number keeps its quotes",
        Instead::Replaced("  exp: 1e3\n", "  exp: \"1e3\"\n"),
    ),
];

enum Instead {
    Error(&'static str),
    Without(&'static str),
    Replaced(&'static str, &'static str),
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_runs_of_generate_give_the_same_bytes() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cases/fabrikate");
    let replayed = replay_all(Path::new(own)).await;
    assert!(replayed >= 36, "only {replayed} cases were found");
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_runs_of_real_definitions_give_the_same_bytes() {
    if let Some(fixtures) = shared("fixtures/fabrikate") {
        let replayed = replay_all(&fixtures).await;
        assert!(replayed >= 50, "only {replayed} cases were found");
    }
}

/// Replays every case below a folder; gives back how many there were.
async fn replay_all(fixtures: &Path) -> usize {
    let (mut replayed, mut skipped, mut failures) = (0, Vec::new(), Vec::new());
    for case in cases(fixtures) {
        if case.command != "generate" {
            skipped.push(format!("{} (fab {})", case.name, case.command));
            continue;
        }
        replayed += 1;
        if let Err(message) = replay(fixtures, &case).await {
            failures.push(format!("{}: {message}", case.name));
        }
    }
    println!("replayed {replayed}; skipped, being no runs of generate: {skipped:#?}");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    replayed
}

struct Case {
    name: String,
    golden: PathBuf,
    hld: PathBuf,
    /// Where it ran, below the copy of `hld`.
    folder: String,
    command: String,
    args: Vec<String>,
    succeeds: bool,
}

fn cases(fixtures: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for (path, content) in files_below(fixtures) {
        let Some(name) = path.strip_suffix("/cmd.txt") else {
            continue;
        };
        let text = String::from_utf8(content).unwrap();
        let (folder, command) = text.lines().next().unwrap().split_once(" && fab ").unwrap();
        let mut words = words(command).into_iter();
        let exit = format!("# fab {VERSION}: exit 0");
        cases.push(Case {
            name: name.replace("/golden", ""),
            golden: fixtures.join(name),
            hld: fixtures
                .join(name.split("/golden").next().unwrap())
                .join("hld"),
            folder: folder
                .strip_prefix("cd hld")
                .unwrap()
                .trim_start_matches('/')
                .to_owned(),
            command: words.next().unwrap(),
            args: words.collect(),
            succeeds: text.lines().any(|line| line == exit),
        });
    }
    cases
}

/// Words of a command line with single quotes.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    let mut words = Vec::new();
    for (at, part) in parts {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

async fn replay(fixtures: &Path, case: &Case) -> Result<(), String> {
    let scratch = tempfile::tempdir().unwrap();
    let scratch = scratch.path().canonicalize().unwrap();
    let (hld, calls, temp) = (
        scratch.join("hld"),
        scratch.join("calls"),
        scratch.join("temp"),
    );
    copy(&case.hld, &hld);
    std::fs::create_dir(&temp).unwrap();
    let path = std::env::join_paths(
        std::iter::once(fixtures.join("helm-stub"))
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    // The stand-in writes down how it was called.
    let tools = Tools::new(path.unwrap(), &temp)
        .confinement(gitops_publisher::tools::Confinement::Absent)
        .environment([("HELM_STUB_DIR", &calls), ("HELM_STUB_ROOT", &hld)]);
    let options = Options {
        confine: Some(hld.clone()),
        kind: Some(Kind::Fabrikate),
        fabrikate_environments: case.args.clone(),
        ..Options::new(hld.join(&case.folder), "golden")
    };
    let result = generate::run(&tools, &options).await;
    let instead = DIFFERENT.iter().find(|(name, ..)| *name == case.name);
    if let Some((_, reason, instead)) = instead {
        println!("{}: differs on purpose: {reason}", case.name);
        if let Instead::Error(part) = instead {
            return match result {
                Err(error) if error.to_string().contains(part) => Ok(()),
                other => Err(format!("expected an error with {part:?}: {other:?}")),
            };
        }
    }
    match (result, case.succeeds) {
        (Err(error), true) => Err(format!("failed: {error}")),
        (Ok(_), false) => Err("succeeded where Fabrikate failed".to_owned()),
        (Err(error), false) => {
            println!("{}: fails as recorded: {error}", case.name);
            Ok(())
        }
        (Ok(generated), true) => {
            compare_files(case, &generated, instead.map(|(.., instead)| instead))?;
            compare_calls(case, &calls)?;
            compare_traces(case, &hld)
        }
    }
}

/// A recording, or the one of our version where there are several.
fn recorded(case: &Case, name: &str) -> PathBuf {
    let versioned = case.golden.join(format!("fab-{VERSION}")).join(name);
    if versioned.exists() {
        versioned
    } else {
        case.golden.join(name)
    }
}

fn compare_files(case: &Case, ours: &Generated, instead: Option<&Instead>) -> Result<(), String> {
    let folder = recorded(case, "generated").join(generate::output_folder(&case.args));
    let mut theirs = files_below(&folder);
    if let Some(instead) = instead {
        for (_, content) in &mut theirs {
            let text = String::from_utf8(content.clone()).unwrap();
            *content = match instead {
                Instead::Without(part) => text.replace(part, ""),
                Instead::Replaced(from, to) => text.replace(from, to),
                Instead::Error(_) => text,
            }
            .into_bytes();
        }
    }
    let ours: Vec<_> = ours
        .files
        .iter()
        .map(|(path, content)| (path.to_string(), content.to_vec()))
        .collect();
    let names = |files: &[(String, Vec<u8>)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    if names(&ours) != names(&theirs) {
        return Err(format!(
            "files are {:#?}, should be {:#?}",
            names(&ours),
            names(&theirs)
        ));
    }
    for ((name, ours), (_, theirs)) in ours.iter().zip(&theirs) {
        if ours != theirs {
            let (ours, theirs) = (
                String::from_utf8_lossy(ours),
                String::from_utf8_lossy(theirs),
            );
            let line = ours.lines().zip(theirs.lines()).position(|(a, b)| a != b);
            let at =
                |text: &str| line.and_then(|line| text.lines().nth(line).map(ToOwned::to_owned));
            return Err(format!(
                "{name}, line {line:?}: {:?}, should be {:?}",
                at(&ours),
                at(&theirs)
            ));
        }
    }
    Ok(())
}

/// A path in the private copy of a chart, as it stands in the definition.
fn in_definition(line: &str) -> String {
    let copy = line
        .split_once("/gitops-publisher-")
        .and_then(|(_, rest)| rest.split_once("/files/"))
        .and_then(|(_, rest)| rest.split_once('/'));
    match copy {
        Some((_, below)) => format!("<HLD>/{below}"),
        None => line.to_owned(),
    }
}

/// The recorded name of a call.
fn name_of(call: &str) -> String {
    match (call.split_once('@'), call.split_once("__files__")) {
        (Some((release, _)), Some((_, copy))) => {
            let below = copy.split_once("__").map_or("", |(_, below)| below);
            format!("{release}@{below}")
        }
        _ => call.to_owned(),
    }
}

fn compare_calls(case: &Case, calls: &Path) -> Result<(), String> {
    let expected = recorded(case, "helm-calls");
    let list = |folder: &Path| -> Vec<String> {
        let entries = folder.read_dir().into_iter().flatten();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    for call in list(calls) {
        std::fs::rename(calls.join(&call), calls.join(name_of(&call))).unwrap();
    }
    if list(&expected) != list(calls) {
        return Err(format!(
            "helm calls are {:#?}, should be {:#?}",
            list(calls),
            list(&expected)
        ));
    }
    for call in list(&expected) {
        let (ours, theirs) = (calls.join(&call), expected.join(&call));
        let versioned = theirs.join(format!("args.fab-{VERSION}.txt"));
        let args = if versioned.exists() {
            versioned
        } else {
            theirs.join("args.txt")
        };
        let read = |path: PathBuf| {
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
        };
        let own = read(ours.join("args.txt"))?;
        let own = own.lines().map(|line| in_definition(line) + "\n");
        if own.collect::<String>() != read(args)? {
            return Err(format!(
                "{call}: other arguments: {}",
                read(ours.join("args.txt"))?
            ));
        }
        let (ours, theirs) = (values(&ours), values(&theirs));
        if !same(&ours, &theirs) {
            return Err(format!(
                "{call}: values are {ours:#?}, should be {theirs:#?}"
            ));
        }
    }
    Ok(())
}

fn values(call: &Path) -> Value {
    let text = std::fs::read_to_string(call.join("values.yaml")).unwrap();
    Value::of(&yaml::parse(&text).unwrap()[0].root, Dialect::Config).unwrap()
}

/// Equal as data: whole numbers of JSON are floats in the recordings.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(a), Value::Float(b)) => a.to_string() == b.to_string(),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.iter().any(|(other, b)| key == other && same(a, b)))
        }
        _ => a == b,
    }
}

/// What hooks left behind.
fn compare_traces(case: &Case, hld: &Path) -> Result<(), String> {
    let own = |path: &str| {
        ["generated/", "helm-calls/", "fab-"]
            .iter()
            .any(|start| path.starts_with(start))
            || matches!(path, "cmd.txt" | "error.txt")
    };
    for (path, content) in files_below(&case.golden) {
        if !own(&path) && std::fs::read(hld.join(&case.folder).join(&path)).ok() != Some(content) {
            return Err(format!("hooks left another {path}"));
        }
    }
    Ok(())
}
