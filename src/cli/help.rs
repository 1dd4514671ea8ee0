//! What the help of a command lists: the settings that it reads. Every command takes all
//! settings, because they share those of a file and of a pipeline.

use clap::Command;

/// What finds an environment where it is published, and says who asks.
const PLACE: &[&str] = &[
    "config",
    "environments",
    "token_file",
    "github_app_id",
    "github_app_installation",
    "github_app_key_file",
    "client_certificate",
    "request_timeout",
    "allow_private_addresses",
    "folder",
    "manifest_repo",
    "branch",
    "git_host",
    "git_user",
    "wait_for",
    "status_authors",
];

/// What `wait` reads besides.
const WAIT: &[&str] = &[
    "wait_timeout",
    "wait_grace",
    "mode",
    "head_branch",
    "pull_request_per",
];

/// What `status` reads besides.
const STATUS: &[&str] = &["source", "foreign_files"];

/// What `wait` and `status` do with a setting whose help is about publishing.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "wait",
        "environments",
        "The environments to wait for, separated by commas. All environments of the settings file when not given.",
    ),
    (
        "status",
        "environments",
        "The environments to show, separated by commas. All environments of the settings file when not given.",
    ),
    (
        "status",
        "source",
        "A folder in the checkout of the source, whose history tells how far behind the source's branch an environment is.",
    ),
    (
        "status",
        "foreign_files",
        "With `keep`, files of others in an environment's folder do not count as edits by hand.",
    ),
];

const OTHERS: &str = "The other settings of `publish` can be given too; they change nothing here.";

/// The same commands, whose help is about what they read.
pub(super) fn shown(commands: Command) -> Command {
    let only = |name: &'static str, more: &'static [&'static str]| {
        move |command: Command| {
            let command = command.mut_args(|arg| {
                let id = arg.get_id().as_str().to_owned();
                let is_read = PLACE.contains(&id.as_str()) || more.contains(&id.as_str());
                let mut words = WORDS.iter();
                let own = words.find(|(command, own, _)| *command == name && *own == id);
                match own {
                    Some((.., help)) => arg.hide(false).help(*help).long_help(*help),
                    None => arg.hide(!is_read),
                }
            });
            command.after_help(OTHERS)
        }
    };
    commands
        .mut_subcommand("wait", only("wait", WAIT))
        .mut_subcommand("status", only("status", STATUS))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn flags(name: &str) -> Vec<String> {
        let mut commands = shown(Cli::command());
        let command = commands.find_subcommand_mut(name).unwrap();
        let help = command.render_long_help().to_string();
        assert!(help.trim_end().ends_with(OTHERS), "{help}");
        let lines = help.lines().map(str::trim_start);
        let flags = lines.filter(|line| line.starts_with("--"));
        flags
            .map(|line| line.split([' ', '[']).next().unwrap_or_default().to_owned())
            .collect()
    }

    #[rstest::rstest]
    #[case("wait", WAIT)]
    #[case("status", STATUS)]
    fn help_is_about_what_a_command_reads(#[case] name: &str, #[case] more: &[&str]) {
        let all = PLACE.iter().chain(more);
        let mut expected: Vec<_> = all
            .map(|id| format!("--{}", id.replace('_', "-")))
            .collect();
        let mut found = flags(name);
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn help_says_what_the_command_does_with_a_setting() {
        let mut commands = shown(Cli::command());
        for (name, _, words) in WORDS {
            let command = commands.find_subcommand_mut(name).unwrap();
            let help = command.render_long_help().to_string();
            let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(help.contains(words), "{name}: {help}");
            assert!(!help.contains("to render"), "{name}: {help}");
        }
    }

    #[test]
    fn what_is_not_listed_can_be_given() {
        let commands = shown(Cli::command());
        let given = ["gitops-publisher", "status", "--chart", "web"];
        let matches = commands.try_get_matches_from(given).unwrap();
        let (_, status) = matches.subcommand().unwrap();
        assert_eq!(
            status.get_one::<String>("chart").map(String::as_str),
            Some("web")
        );
    }
}
