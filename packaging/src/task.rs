//! The rules for a task folder that neither the schema nor the server's own
//! tools check, so that a slip would reach users as an input that never shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

/// The handlers that agents still carry and that need no other runner.
const HANDLERS: [&str; 2] = ["Node20_1", "Node24"];
/// Comparison words of a visible rule; the longer ones come first.
const OPERATORS: [&str; 9] = [
    "==",
    "!=",
    "=",
    " NotEndsWith ",
    " EndsWith ",
    " NotStartsWith ",
    " StartsWith ",
    " NotContains ",
    " Contains ",
];

/// What is wrong with the task in `folder`; empty when nothing is.
///
/// # Errors
/// When its `task.json` or icon cannot be read.
pub fn check(folder: &Path) -> anyhow::Result<Vec<String>> {
    let path = folder.join("task.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let task: Value =
        serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    let icon = folder.join("icon.png");
    let icon = fs::read(&icon).with_context(|| format!("reading {}", icon.display()))?;
    let mut problems = lint(&task);
    if icon.get(16..24) != Some(&[0, 0, 0, 32, 0, 0, 0, 32]) {
        problems.push("icon.png is not a PNG of 32 by 32 pixels".into());
    }
    for (handler, how) in task["execution"].as_object().into_iter().flatten() {
        let target = how["target"].as_str().unwrap_or_default();
        if !folder.join(target).is_file() {
            problems.push(format!(
                "the file `{target}` of the handler {handler} is missing"
            ));
        }
    }
    Ok(problems)
}

/// What is wrong with a `task.json`, the files around it left aside.
pub fn lint(task: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    identity(task, &mut problems);
    inputs(task, &mut problems);
    for input in list(task, "inputs") {
        let name = text(input, "name");
        visible_rule(task, input, &format!("input `{name}`"), &mut problems);
    }
    for group in list(task, "groups") {
        let name = text(group, "name");
        visible_rule(task, group, &format!("group `{name}`"), &mut problems);
        if !list(task, "inputs").any(|i| text(i, "groupName") == name) {
            problems.push(format!("group `{name}` has no input"));
        }
    }
    outputs(task, &mut problems);
    problems
}

fn identity(task: &Value, problems: &mut Vec<String>) {
    let id = text(task, "id");
    let groups: Vec<_> = id.split('-').map(str::len).collect();
    if groups != [8, 4, 4, 4, 12] || !id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) {
        problems.push(format!("the id `{id}` is no GUID"));
    }
    for (key, limit) in [
        ("name", 100),
        ("friendlyName", 40),
        ("description", 1000),
        ("author", 100),
        ("instanceNameFormat", 200),
        ("minimumAgentVersion", 20),
    ] {
        if text(task, key).is_empty() || text(task, key).len() > limit {
            problems.push(format!("`{key}` is empty or longer than {limit}"));
        }
    }
    for key in ["Major", "Minor", "Patch"] {
        if !task["version"][key].is_u64() {
            problems.push(format!("`version.{key}` is no number"));
        }
    }
    let shown = text(task, "instanceNameFormat");
    for reference in shown.split("$(").skip(1) {
        let name = reference.split(')').next().unwrap_or_default();
        if input(task, name).is_none() {
            problems.push(format!(
                "`instanceNameFormat` names `{name}`, which is no input"
            ));
        }
    }
    let handlers: Vec<_> = task["execution"]
        .as_object()
        .map(|o| o.keys().map(String::as_str).collect())
        .unwrap_or_default();
    if handlers != HANDLERS {
        problems.push(format!(
            "the handlers are {handlers:?} instead of {HANDLERS:?}"
        ));
    }
}

fn inputs(task: &Value, problems: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for input in list(task, "inputs") {
        let name = text(input, "name");
        for name in std::iter::once(name).chain(list(input, "aliases").filter_map(Value::as_str)) {
            if !names.insert(name.to_lowercase()) {
                problems.push(format!("the input or alias `{name}` is there twice"));
            }
        }
        if text(input, "helpMarkDown").is_empty() {
            problems.push(format!("input `{name}` has no help"));
        }
        let group = text(input, "groupName");
        if !group.is_empty() && !list(task, "groups").any(|g| text(g, "name") == group) {
            problems.push(format!(
                "input `{name}` is in the group `{group}`, which does not exist"
            ));
        }
        if input["required"] == true && !text(input, "visibleRule").is_empty() {
            problems.push(format!(
                "input `{name}` is required and can be hidden, so it would not be enforced"
            ));
        }
        let default = &input["defaultValue"];
        let sound = match text(input, "type") {
            "pickList" | "radio" => input["options"]
                .get(default.as_str().unwrap_or_default())
                .is_some(),
            "boolean" => default.is_boolean(),
            "int" => default.as_str().is_some_and(|d| d.parse::<u32>().is_ok()),
            // An empty path would become the sources folder on its way to the program.
            "filePath" => false,
            _ => default.is_string(),
        };
        if !sound {
            problems.push(format!("input `{name}` cannot have the default {default}"));
        }
    }
}

fn visible_rule(task: &Value, owner: &Value, who: &str, problems: &mut Vec<String>) {
    let rule = text(owner, "visibleRule");
    if rule.is_empty() {
        return;
    }
    if rule.contains("&&") && rule.contains("||") {
        problems.push(format!("the visible rule of {who} mixes && and ||"));
    }
    for term in rule.split("&&").flat_map(|t| t.split("||")) {
        let Some((name, value)) = OPERATORS.iter().find_map(|o| term.split_once(o)) else {
            problems.push(format!(
                "the visible rule of {who} has no comparison in `{term}`"
            ));
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let Some(other) = input(task, name) else {
            problems.push(format!(
                "the visible rule of {who} names `{name}`, which is no input"
            ));
            continue;
        };
        let possible = match text(other, "type") {
            "pickList" | "radio" => other["options"].get(value).is_some(),
            "boolean" => matches!(value, "true" | "false"),
            _ => true,
        };
        if !possible {
            problems.push(format!(
                "the visible rule of {who} compares `{name}` with `{value}`, which it never is"
            ));
        }
    }
}

fn outputs(task: &Value, problems: &mut Vec<String>) {
    let allowed = &task["restrictions"]["settableVariables"];
    for output in list(task, "outputVariables") {
        let name = text(output, "name");
        if !list(allowed, "allowed").any(|a| a == name) {
            problems.push(format!("the output variable `{name}` may not be set"));
        }
        if text(output, "description").is_empty() {
            problems.push(format!("the output variable `{name}` has no description"));
        }
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn input<'a>(task: &'a Value, name: &str) -> Option<&'a Value> {
    list(task, "inputs").find(|i| text(i, "name") == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task() -> Value {
        json!({
            "id": "b0ae88ba-34dd-43d7-9079-973d73936feb",
            "name": "T", "friendlyName": "T", "description": "T", "author": "T",
            "instanceNameFormat": "T $(mode)", "minimumAgentVersion": "3.232.1",
            "version": { "Major": 1, "Minor": 0, "Patch": 0 },
            "groups": [{ "name": "g", "displayName": "G", "visibleRule": "mode = a" }],
            "inputs": [
                { "name": "mode", "type": "pickList", "options": { "a": "A", "b": "B" },
                  "defaultValue": "a", "helpMarkDown": "M" },
                { "name": "other", "aliases": ["second"], "type": "string", "groupName": "g",
                  "defaultValue": "", "visibleRule": "mode != b", "helpMarkDown": "O" },
            ],
            "outputVariables": [{ "name": "out", "description": "O" }],
            "execution": { "Node20_1": { "target": "l.js" }, "Node24": { "target": "l.js" } },
            "restrictions": { "settableVariables": { "allowed": ["out"] } },
        })
    }

    #[test]
    fn a_sound_task_has_no_problem() {
        assert_eq!(lint(&task()), Vec::<String>::new());
    }

    #[test]
    fn each_slip_is_named() {
        for (pointer, value, problem) in [
            ("/id", json!("1-2"), "the id `1-2` is no GUID"),
            (
                "/friendlyName",
                json!("x".repeat(41)),
                "`friendlyName` is empty or longer than 40",
            ),
            ("/version/Minor", json!("0"), "`version.Minor` is no number"),
            (
                "/instanceNameFormat",
                json!("$(mod)"),
                "names `mod`, which is no input",
            ),
            ("/execution", json!({ "Node16": {} }), "the handlers are"),
            (
                "/inputs/1/aliases/0",
                json!("MODE"),
                "alias `MODE` is there twice",
            ),
            (
                "/inputs/1/groupName",
                json!("h"),
                "group `h`, which does not exist",
            ),
            ("/inputs/1/groupName", json!(""), "group `g` has no input"),
            (
                "/inputs/1/helpMarkDown",
                json!(""),
                "input `other` has no help",
            ),
            (
                "/inputs/1/visibleRule",
                json!("mod = a"),
                "names `mod`, which is no input",
            ),
            (
                "/inputs/1/visibleRule",
                json!("mode = c"),
                "with `c`, which it never is",
            ),
            (
                "/inputs/1/visibleRule",
                json!("mode"),
                "no comparison in `mode`",
            ),
            (
                "/inputs/1/type",
                json!("filePath"),
                "cannot have the default",
            ),
            (
                "/inputs/0/defaultValue",
                json!("c"),
                "cannot have the default \"c\"",
            ),
            (
                "/groups/0/visibleRule",
                json!("x = a"),
                "rule of group `g` names `x`",
            ),
            (
                "/outputVariables/0/name",
                json!("new"),
                "`new` may not be set",
            ),
        ] {
            let mut task = task();
            *task.pointer_mut(pointer).unwrap() = value;
            let problems = lint(&task);
            assert!(
                problems.iter().any(|p| p.contains(problem)),
                "{pointer}: {problems:?}"
            );
        }
    }

    #[test]
    fn a_required_input_cannot_be_hidden() {
        let mut task = task();
        task["inputs"][1]["required"] = json!(true);
        assert!(lint(&task)[0].contains("would not be enforced"));
    }
}
