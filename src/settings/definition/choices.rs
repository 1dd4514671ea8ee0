//! The values that settings can choose from and that mean nothing to a stage
//! as they are. Other choices are the types of the stages themselves.

use clap::ValueEnum;

/// The setting `leftoverTokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Leftover {
    /// The run fails and names them.
    Fail,
    /// The run warns.
    Warn,
    /// They are published as they are.
    Allow,
}

/// The setting `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum Mode {
    /// Pushes to the branch.
    Push,
    /// Opens a pull request.
    PullRequest,
    /// Pushes, and opens a pull request where the branch does not take pushes.
    Auto,
}

/// The setting `pullRequestPer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Per {
    /// One that is kept current.
    Environment,
    /// A new one for each change; those before it are closed.
    Change,
}
