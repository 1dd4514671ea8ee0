//! What goes into the package agrees with itself: task.json with the rules,
//! its schema and its README; the extension with the task; one version.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn task() -> Value {
    serde_json::from_str(&text("task/gitops/task.json")).unwrap()
}

/// The lines of the README between two markers.
fn table(name: &str) -> String {
    let readme = text("task/gitops/README.md");
    let (_, rest) = readme.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (table, _) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
    table.to_owned()
}

fn input_row(input: &Value) -> String {
    let name = input["name"].as_str().unwrap();
    let aliases: String = input["aliases"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|alias| " (or `".to_owned() + alias.as_str().unwrap() + "`)")
        .collect();
    let kind = match (&input["options"], input["type"].as_str().unwrap()) {
        (Value::Object(options), _) => {
            let keys: Vec<_> = options.keys().map(|key| format!("`{key}`")).collect();
            format!("one of {}", keys.join(", "))
        }
        (_, kind) if kind.starts_with("connectedService:") => "service connection".to_owned(),
        (_, kind) => kind.to_owned(),
    };
    let default = match &input["defaultValue"] {
        Value::String(text) if text.is_empty() => String::new(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    let help = input["helpMarkDown"].as_str().unwrap();
    format!("| `{name}`{aliases} | {kind} | {default} | {help} |\n")
}

#[test]
fn the_task_breaks_no_rule() {
    let problems = vsix::task::check(&Path::new(ROOT).join("task/gitops")).unwrap();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn the_readme_describes_every_input_as_task_json_does() {
    let mut expected =
        String::from("| Input | Type | Default | What it does |\n|---|---|---|---|\n");
    for input in task()["inputs"].as_array().unwrap() {
        expected += &input_row(input);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let current = text("task/gitops/README.md").replace(&table("inputs"), &expected);
        fs::write(Path::new(ROOT).join("task/gitops/README.md"), current).unwrap();
    }
    assert_eq!(table("inputs"), expected);
}

#[test]
fn the_readme_describes_every_output_variable_as_task_json_does() {
    let mut expected = String::from("| Variable | What it says |\n|---|---|\n");
    for output in task()["outputVariables"].as_array().unwrap() {
        let name = output["name"].as_str().unwrap();
        let help = output["description"].as_str().unwrap();
        writeln!(expected, "| `{name}` | {help} |").unwrap();
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let current = text("task/gitops/README.md").replace(&table("outputs"), &expected);
        fs::write(Path::new(ROOT).join("task/gitops/README.md"), current).unwrap();
    }
    assert_eq!(table("outputs"), expected);
}

#[test]
fn the_task_keeps_its_identity() {
    let task = task();
    assert_eq!(task["id"], "b0ae88ba-34dd-43d7-9079-973d73936feb");
    assert_eq!(
        (task["name"].as_str(), task["version"]["Major"].as_u64()),
        (Some("GitOps"), Some(1))
    );
    assert_eq!(
        task["minimumAgentVersion"], "3.232.1",
        "keeps Azure DevOps Server 2022.2"
    );
}

#[test]
fn counts_of_an_environment_may_be_set_and_variables_of_the_system_may_not() {
    let task = task();
    let allowed = task["restrictions"]["settableVariables"]["allowed"]
        .as_array()
        .unwrap();
    for pattern in ["*.added", "*.changed", "*.removed"] {
        assert!(allowed.iter().any(|a| a == pattern), "{pattern}");
    }
    for pattern in allowed {
        let (before, after) = pattern
            .as_str()
            .unwrap()
            .split_once('*')
            .unwrap_or(("", "x"));
        assert!(
            before.is_empty() && after.len() > 1 || after == "x",
            "{pattern} is too wide"
        );
    }
}

#[test]
fn the_task_matches_the_official_schema() {
    let path = Path::new(ROOT).join("../shared/schemas/task.schema.json");
    let Ok(schema) = fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return;
    };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft4::new(&schema).unwrap();
    let problems: Vec<_> = validator
        .iter_errors(&task())
        .map(|e| e.to_string())
        .collect();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn extension_and_program_have_the_same_version() {
    let extension = vsix::extension::Extension::read(Path::new(ROOT)).unwrap();
    assert_eq!(extension.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(extension.task_folders().unwrap(), ["task/gitops"]);
}

#[test]
fn the_package_is_the_same_twice_and_the_launcher_finds_every_binary_in_it() {
    let extension = vsix::extension::Extension::read(Path::new(ROOT)).unwrap();
    let parts = extension.parts(Path::new(ROOT), &[]).unwrap();
    let package = vsix::archive::write(&parts).unwrap();
    assert!(package == vsix::archive::write(&parts).unwrap());
    vsix::archive::verify(&package, &parts).unwrap();
    assert!(parts.contains_key("task/gitops/task.json"));
    let launcher = text("task/gitops/launcher.js");
    for platform in vsix::platform::Platform::ALL {
        let file = platform.binary();
        let file = file.strip_prefix("bin/").unwrap();
        assert!(launcher.contains(&format!("'{file}'")), "{file}");
    }
}

#[test]
fn the_files_of_the_tab_are_in_the_package_and_pages_may_load_them() {
    let extension = vsix::extension::Extension::read(Path::new(ROOT)).unwrap();
    let parts = extension.parts(Path::new(ROOT), &[]).unwrap();
    let manifest = String::from_utf8(parts[vsix::manifest::VSIX].bytes.clone()).unwrap();
    for file in ["tab/index.html", "tab/tab.css", "tab/tab.js"] {
        assert!(parts.contains_key(file), "{file}");
        let asset = format!(
            "<Asset Type=\"{file}\" d:Source=\"File\" Path=\"{file}\" Addressable=\"true\"/>"
        );
        assert!(manifest.contains(&asset), "{manifest}");
    }
    assert!(!manifest.contains("launcher.js"), "{manifest}");
    let vso: Value = serde_json::from_slice(&parts[vsix::manifest::VSO].bytes).unwrap();
    assert_eq!(vso["scopes"], serde_json::json!(["vso.build"]));
    assert_eq!(
        vso["contributions"][1]["properties"]["supportsTasks"][0],
        task()["id"]
    );
}

#[test]
fn a_binary_for_another_platform_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program");
    #[expect(clippy::disallowed_methods, reason = "the test makes a file")]
    fs::write(&file, "MZ not for Linux").unwrap();
    let extension = vsix::extension::Extension::read(Path::new(ROOT)).unwrap();
    let binary = format!("linux-x64={}", file.display()).parse().unwrap();
    let error = extension.parts(Path::new(ROOT), &[binary]).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is not an executable for linux-x64"),
        "{error}"
    );
}
