//! The script with which a shell completes our command line.

use clap_complete::Shell;

/// The program's name.
const PROGRAM: &str = "gitops-publisher";

/// The same without `-`, for the names of functions.
const PLAIN: &str = "gitopspublisher";

/// The script for a shell.
pub(super) fn script(shell: Shell, mut definition: clap::Command) -> String {
    // The generator for bash writes the `-` of a name as `__`, and takes every
    // `__` in its table of commands for the start of a subcommand: with a name
    // like ours it finds nothing after the first one.
    let name = match shell {
        Shell::Bash => PLAIN,
        _ => PROGRAM,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition, name, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // Only where it is said which program the functions are for.
        Shell::Bash => script.replace(&format!(" {PLAIN}\n"), &format!(" {PROGRAM}\n")),
        _ => script,
    }
}
