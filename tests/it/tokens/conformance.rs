//! The replaced program's and task's own behaviour, replayed case by case.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use gitops_publisher::tokens::{Error, Layer, Level, Matching, Summary, from_inputs, run, run_cli};
use serde_json::Value;

use super::{CommandLine, tree};

/// The cases of a set: the project's own, or the full set next to the
/// repository where that is there.
fn cases(own: &str, full: &str) -> Vec<(PathBuf, Value)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let full = here.join("../shared/fixtures").join(full);
    let folder = if full.is_dir() {
        full
    } else {
        here.join("tests/it/cases/tokens").join(own)
    };
    let mut found: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let case = fs::read(path.join("case.json")).ok()?;
            Some((path, serde_json::from_slice(&case).unwrap()))
        })
        .collect();
    found.sort_by(|a: &(PathBuf, Value), b| a.0.cmp(&b.0));
    assert!(
        !found.is_empty(),
        "there is no case in {}",
        folder.display()
    );
    found
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    let object = value.as_object().unwrap();
    object
        .iter()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

fn list(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map_or(Vec::new(), |items| items.iter().map(text).collect())
}

/// A copy of the case's input.
fn working_copy(case: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, content) in tree(&case.join("input")) {
        super::put(copy.path(), &name, &content);
    }
    copy
}

fn said(summary: &Summary, level: Level) -> Vec<String> {
    let mut texts: Vec<String> = summary
        .messages
        .iter()
        .filter(|message| message.level == level)
        .map(|message| message.text.clone())
        .collect();
    texts.sort();
    texts
}

fn compare_tree(case: &Path, copy: &Path, faults: &mut Vec<String>) {
    let (got, want) = (tree(copy), tree(&case.join("expected")));
    for name in got.keys().chain(want.keys()) {
        if got.get(name) != want.get(name) {
            let show = |tree: &BTreeMap<String, Vec<u8>>| {
                tree.get(name)
                    .map(|b| String::from_utf8_lossy(&b[..b.len().min(300)]).into_owned())
            };
            faults.push(format!(
                "{name}: {:?} instead of {:?}",
                show(&got),
                show(&want)
            ));
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, want: &T, faults: &mut Vec<String>) {
    if got != want {
        faults.push(format!("{what}: {got:?} instead of {want:?}"));
    }
}

#[allow(clippy::print_stdout, reason = "says how much was replayed")]
fn report(set: &str, count: usize, failed: &[String]) {
    println!(
        "{set}: {} of {count} cases as recorded",
        count - failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_case_of_the_program_comes_out_as_recorded_at_level_6() {
    let cases = cases("program", "replace-tokens");
    let mut failed = Vec::new();
    for (path, case) in &cases {
        let copy = working_copy(path);
        let mut line = vec!["tokens".to_owned(), "--compat=v6".to_owned()];
        line.extend(list(&case["args"]));
        for variables in list(&case["variables"]) {
            line.extend(["--variables".to_owned(), variables]);
        }
        let args = CommandLine::try_parse_from(line).unwrap().args;
        let result = run_cli(args, copy.path(), Vec::new(), &pairs(&case["env"]));
        let mut faults = Vec::new();
        compare_tree(path, copy.path(), &mut faults);
        let expected = &case["expected"];
        let failure = result
            .as_ref()
            .map_or(true, |summary| summary.failure().is_some());
        same(
            "exit code",
            &u64::from(failure),
            &expected["exit_code"].as_u64().unwrap(),
            &mut faults,
        );
        same(
            "fatal",
            &result.is_err(),
            &!expected["fatal"].is_null(),
            &mut faults,
        );
        if let Ok(summary) = &result {
            let counters: Value = serde_json::from_str(&summary.counters_line()).unwrap();
            same("counters", &counters, &expected["counters"], &mut faults);
            same(
                "warnings",
                &said(summary, Level::Warn),
                &list(&expected["warnings"]),
                &mut faults,
            );
            same(
                "errors",
                &said(summary, Level::Error),
                &list(&expected["errors"]),
                &mut faults,
            );
            let loaded = expected["variables_loaded"].as_u64().unwrap();
            same(
                "variables",
                &(summary.variables_loaded as u64),
                &loaded,
                &mut faults,
            );
            let mut lines: Vec<_> = summary.files.iter().map(|file| file.line.clone()).collect();
            lines.sort();
            same(
                "lines",
                &lines,
                &list(&expected["summary_lines"]),
                &mut faults,
            );
            for file in &summary.files {
                if let Some(name) = expected["detected_encoding"][&file.file].as_str() {
                    let got = file.encoding.replace("windows-1252", "windows1252");
                    same("encoding", &got.as_str(), &name, &mut faults);
                }
            }
        }
        if !faults.is_empty() {
            let error = result.err().map(|error| error.to_string());
            failed.push(format!("{}: {} {error:?}", case["id"], faults.join("; ")));
        }
    }
    report("replace-tokens", cases.len(), &failed);
}

/// The agent's variables as layers: its environment, then public and secret
/// variables.
fn pipeline(case: &Value) -> (Vec<Layer>, BTreeMap<String, String>) {
    let environment = pairs(&case["env"]);
    let mut process = Layer::new("environment", Matching::Pipeline);
    for (name, value) in &environment {
        process = process.with(name.clone(), value.clone());
    }
    let mut variables = Layer::new("pipeline variables", Matching::Pipeline);
    for (name, value) in pairs(&case["variables"]) {
        variables = variables.with(name, value);
    }
    for (name, value) in pairs(&case["secret_variables"]) {
        variables = variables.with_secret(name, value);
    }
    (vec![process, variables], environment)
}

fn run_task(case: &Value, folder: &Path) -> Result<Summary, Error> {
    let mut inputs = pairs(&case["inputs"]);
    inputs.insert(
        "compatibility".to_owned(),
        format!("v{}", case["task_version"]),
    );
    let (layers, environment) = pipeline(case);
    run(&from_inputs(&inputs, folder)?, layers, &environment)
}

/// Outputs, issues and lines of a run that came to an end.
fn compare_task(case: &Value, summary: &Summary, faults: &mut Vec<String>) {
    let expected = &case["expected"];
    let outputs: BTreeMap<String, String> = summary
        .outputs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_string()))
        .collect();
    same("outputs", &outputs, &pairs(&expected["outputs"]), faults);
    let mut issues = Vec::new();
    for (level, name) in [(Level::Error, "error"), (Level::Warn, "warning")] {
        issues.extend(
            said(summary, level)
                .into_iter()
                .map(|text| (name.to_owned(), text)),
        );
    }
    // Ours is not deprecated, and says no duration.
    let wanted: Vec<(String, String)> = expected["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| {
            (
                text(&issue[0]),
                text(&issue[1]).replace(" in {seconds} seconds.", ""),
            )
        })
        .filter(|(_, text)| !text.contains("deprecated"))
        .collect();
    same("issues", &issues, &wanted, faults);
    let level = gitops_publisher::tokens::Compatibility::parse(&text(&case["task_version"]));
    let mut lines: Vec<_> = summary.files.iter().map(|file| file.line.clone()).collect();
    if summary.counters.files > 0 {
        lines.extend(summary.counters.total(level.unwrap(), 0.5));
    }
    lines.sort();
    let wanted: Vec<String> = list(&expected["summary_lines"])
        .iter()
        .map(|line| line.replace("{seconds}", "0.5"))
        .collect();
    same("lines", &lines, &wanted, faults);
}

#[test]
fn every_case_of_the_task_comes_out_as_recorded_at_its_own_level() {
    let cases = cases("task", "replace-tokens-task");
    let mut failed = Vec::new();
    for (path, case) in &cases {
        let copy = working_copy(path);
        let result = run_task(case, copy.path());
        let mut faults = Vec::new();
        compare_tree(path, copy.path(), &mut faults);
        let expected = &case["expected"];
        let succeeded = result
            .as_ref()
            .is_ok_and(|summary| summary.failure().is_none());
        same(
            "succeeded",
            &succeeded,
            &(expected["result"] == "Succeeded"),
            &mut faults,
        );
        match &result {
            Ok(summary) => compare_task(case, summary, &mut faults),
            // An error before anything was done sets no output.
            Err(_) => same(
                "outputs",
                &0,
                &pairs(&expected["outputs"]).len(),
                &mut faults,
            ),
        }
        if !faults.is_empty() {
            let error = result.err().map(|error| error.to_string());
            failed.push(format!(
                "{}: {} {error:?}",
                path.display(),
                faults.join("; ")
            ));
        }
    }
    report("replace-tokens-task", cases.len(), &failed);
}
