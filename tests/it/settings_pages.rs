//! The pages and manifests that are derived from the one definition of settings.

use clap::{Arg, Args as _, Command};
use gitops_publisher::settings::camel_case;
use gitops_publisher::settings::definition::{
    ArgoCdArgs, EnvironmentArgs, FluxArgs, OutputArgs, PromoteArgs, RunArgs, SourceArgs, UpdateArgs,
};
use serde_json::{Value, json};

const START: &str =
    "<!-- settings: start (written by `UPDATE_DOCS=1 cargo test settings_page`) -->\n";
const END: &str = "<!-- settings: end -->\n";

fn table(definition: &Command, without: &Command) -> String {
    let mut text = String::from("| setting | flag | default | what |\n|---|---|---|---|\n");
    let is_here = |argument: &&Arg| {
        !without
            .get_arguments()
            .any(|a| a.get_id() == argument.get_id())
    };
    for argument in definition.get_arguments().filter(is_here) {
        let (name, flag) = (
            camel_case(argument.get_id().as_str()),
            argument.get_long().unwrap(),
        );
        let default = defaults(argument);
        let default = if default.is_empty() {
            String::new()
        } else {
            format!("`{default}`")
        };
        let mut help = help(argument);
        let choices = choices(argument);
        if !choices.is_empty() {
            help = format!("{help} One of `{}`.", choices.join("`, `"));
        }
        text.push_str(&format!("| `{name}` | `--{flag}` | {default} | {help} |\n"));
    }
    text
}

/// The settings of a block, which are in the settings file alone.
fn block(definition: &Command) -> String {
    let mut text = String::from("| setting | default | what |\n|---|---|---|\n");
    for argument in definition.get_arguments() {
        let name = camel_case(argument.get_id().as_str());
        let default = defaults(argument);
        let default = if default.is_empty() {
            default
        } else {
            format!("`{default}`")
        };
        let help = help(argument);
        text.push_str(&format!("| `{name}` | {default} | {help} |\n"));
    }
    text
}

fn defaults(argument: &Arg) -> String {
    let values: Vec<_> = argument
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .collect();
    values.join(",")
}

fn choices(argument: &Arg) -> Vec<String> {
    // Of a list each item is a choice, which no single list of a form can offer.
    let is_list = argument.get_value_delimiter().is_some();
    if is_list || ["true", "false"].contains(&defaults(argument).as_str()) {
        return Vec::new();
    }
    let values = argument.get_possible_values();
    let names = values.iter().map(|value| value.get_name().to_owned());
    names
        .filter(|name| !["true", "false"].contains(&name.as_str()))
        .collect()
}

#[test]
fn the_settings_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(START).expect("the page has its start mark");
    let (_, after) = rest.split_once(END).expect("the page has its end mark");
    let nothing = Command::new("");
    let sources = SourceArgs::augment_args(Command::new(""));
    let run = table(&RunArgs::augment_args(Command::new("")), &nothing);
    let environment = table(&EnvironmentArgs::augment_args(Command::new("")), &sources);
    let source = table(&sources, &nothing);
    let flux = block(&FluxArgs::augment_args(Command::new("")));
    let argocd = block(&ArgoCdArgs::augment_args(Command::new("")));
    let promotion = table(&PromoteArgs::augment_args(Command::new("")), &nothing);
    let update = table(&UpdateArgs::augment_args(Command::new("")), &nothing);
    let current = format!(
        "{before}{START}\n## Run settings\n\n{run}\n## Environment settings\n\n{environment}\n## Source settings\n\n{source}\n## Clusters with Flux\n\nIn the block `flux` of an environment with `generator: flux`, or of the top of `gitops.yaml` ([flux.md](flux.md)).\n\n{flux}\n## Clusters with Argo CD\n\nIn the block `argocd` of an environment with `generator: argocd`, or of the top of `gitops.yaml` ([argocd.md](argocd.md)).\n\n{argocd}\n## Promotion\n\nThese are flags and inputs only.\n\n{promotion}\n## Update\n\nThese are flags and inputs only ([update.md](update.md)).\n\n{update}\n{END}{after}"
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &current).unwrap();
        return;
    }
    assert!(
        page == current,
        "docs/settings.md is stale: run UPDATE_DOCS=1 cargo test settings_page"
    );
}

/// The help of a setting; clap leaves out the last full stop.
fn help(argument: &Arg) -> String {
    let text = argument.get_help().unwrap().to_string();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{text}{end}")
}

/// What `task.json` must say about a setting.
fn facts(argument: &Arg) -> Vec<(&'static str, Value)> {
    let name = camel_case(argument.get_id().as_str());
    let default = match name.as_str() {
        // A task has no stdout to render to: the user names the folder.
        "output" => String::new(),
        _ => defaults(argument),
    };
    let default = match default.as_str() {
        "true" | "false" => json!(default == "true"),
        text => json!(text),
    };
    vec![
        ("defaultValue", default),
        ("helpMarkDown", json!(help(argument))),
    ]
}

/// Settings that are no input: a task has its own ways to a token, and what
/// hardly anybody changes has its place in the settings file.
const NO_INPUT: [&str; 4] = ["tokenFile", "githubAppKeyFile", "waitGrace", "azureLogin"];

/// Whether an input is no setting of a run: ways to a token, and the inputs
/// of the `tokens` command.
fn is_no_setting(name: &str) -> bool {
    [
        "command",
        "token",
        "gitConnection",
        "githubConnection",
        "azureDevOpsServiceConnection",
        "azureSubscription",
        "githubAppKey",
        "chartPassword",
    ]
    .contains(&name)
        || gitops_publisher::tokens::INPUT_NAMES
            .iter()
            .any(|(known, _)| *known == name)
}

#[test]
fn the_task_offers_every_setting_as_it_is_defined() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/task/gitops/task.json");
    let mut task: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let definition = UpdateArgs::augment_args(Command::new(""));
    let definition = PromoteArgs::augment_args(definition);
    let definition = OutputArgs::augment_args(EnvironmentArgs::augment_args(
        RunArgs::augment_args(definition),
    ));
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let inputs = task["inputs"].as_array_mut().unwrap();
    let mut wrong = Vec::new();
    for argument in definition.get_arguments() {
        let name = camel_case(argument.get_id().as_str());
        let Some(input) = inputs.iter_mut().find(|input| input["name"] == *name) else {
            if !NO_INPUT.contains(&name.as_str()) {
                wrong.push(format!("there is no input {name}"));
            }
            continue;
        };
        for (key, value) in facts(argument) {
            if update {
                input[key] = value;
            } else if input[key] != value {
                wrong.push(format!(
                    "{name}: {key} is {}, and should be {value}",
                    input[key]
                ));
            }
        }
        let keys: Vec<_> = input["options"]
            .as_object()
            .into_iter()
            .flat_map(|options| options.keys().cloned())
            .collect();
        if keys != choices(argument) {
            wrong.push(format!("{name} offers {keys:?}"));
        }
        let kind = input["type"].as_str().unwrap();
        let fits = match (choices(argument).is_empty(), defaults(argument).as_str()) {
            (false, _) => kind == "pickList",
            (true, "true" | "false") => kind == "boolean",
            (true, text) if text.parse::<u8>().is_ok() => kind == "int",
            _ => ["string", "multiLine"].contains(&kind),
        };
        if !fits {
            wrong.push(format!("{name} has the type {kind}"));
        }
    }
    let known: Vec<_> = definition
        .get_arguments()
        .map(|argument| camel_case(argument.get_id().as_str()))
        .collect();
    for input in task["inputs"].as_array().unwrap() {
        let name = input["name"].as_str().unwrap();
        if !known.iter().any(|setting| setting == name) && !is_no_setting(name) {
            wrong.push(format!("the input {name} is no setting"));
        }
    }
    if update {
        std::fs::write(path, format!("{task:#}\n")).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{}\nrun UPDATE_DOCS=1 cargo test",
        wrong.join("\n")
    );
}

#[test]
fn the_task_takes_every_input_of_the_replace_tokens_task_by_every_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/task/gitops/task.json");
    let task: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, aliases) in gitops_publisher::tokens::INPUT_NAMES {
        let inputs = task["inputs"].as_array().unwrap();
        let input = inputs.iter().find(|input| input["name"] == *name);
        let input = input.unwrap_or_else(|| panic!("there is no input {name}"));
        for alias in *aliases {
            let known = input["aliases"]
                .as_array()
                .is_some_and(|known| known.iter().any(|a| a == alias));
            assert!(known, "{name} is not known as {alias}");
        }
    }
}
