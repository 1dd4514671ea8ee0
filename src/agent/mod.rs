//! The Azure Pipelines agent: its environment, inputs, and logging commands.
//!
//! The only room that reads environment variables and the only one that knows
//! what a pipeline run looks like. May use `model` and `report`; stages never
//! come here. Facts follow the agent's contract: names are mangled (`.` and
//! blank become `_`, then upper case), an input is always set and empty when
//! not given, secrets arrive as `SECRET_…`.

mod command;
pub mod env;
mod facts;
mod inputs;
mod sink;

pub use command::{encode_data, encode_property, neutralize};
pub use env::Environment;
pub use facts::{
    Proxy, SourcePullRequest, Variable, bypasses_everything, child_environment, client_certificate,
    collection_of, extra_ca, github_server, job_token, proxy, publication, pull_request, secrets,
    team_project, tools_directory, user_environment, variables,
};
pub use inputs::{connection_token, input, unresolved, unresolved_macro};
pub use sink::AgentSink;
