//! The program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    gitops_publisher::cli::main(gitops_publisher::agent::Environment::capture())
}
