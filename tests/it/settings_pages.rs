//! The pages and manifests that are derived from the one definition of settings.

use clap::{Arg, Args as _, Command};
use gitops_publisher::settings::camel_case;
use gitops_publisher::settings::definition::{EnvironmentArgs, RunArgs};

const START: &str =
    "<!-- settings: start (written by `UPDATE_DOCS=1 cargo test settings_page`) -->\n";
const END: &str = "<!-- settings: end -->\n";

fn table(definition: &Command) -> String {
    let mut text = String::from("| setting | flag | default | what |\n|---|---|---|---|\n");
    for argument in definition.get_arguments() {
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
        let mut help = argument.get_help().unwrap().to_string();
        let choices = choices(argument);
        if !choices.is_empty() {
            help = format!("{help} One of `{}`.", choices.join("`, `"));
        }
        text.push_str(&format!("| `{name}` | `--{flag}` | {default} | {help} |\n"));
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
    let run = table(&RunArgs::augment_args(Command::new("")));
    let environment = table(&EnvironmentArgs::augment_args(Command::new("")));
    let current = format!(
        "{before}{START}\n## Of the whole run\n\n{run}\n## Of each environment\n\n{environment}\n{END}{after}"
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
