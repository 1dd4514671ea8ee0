//! The Azure Pipelines agent: its environment, inputs, and logging commands.
//!
//! The only room that reads environment variables and the only one that knows
//! what a pipeline run looks like. May use `model` and `report`; stages never
//! come here. Facts follow the agent's contract: names are mangled (`.` and
//! blank become `_`, then upper case), an input is always set and empty when
//! not given, secrets arrive as `SECRET_…`.

mod azure;
mod children;
mod command;
pub mod env;
mod facts;
mod inputs;
mod network;
mod pull_request_build;
mod servers;
mod sink;

pub use azure::{AzureConnection, AzureScheme, azure_connection, oidc_request};
pub use children::{child_environment, user_environment};
pub use command::{encode_data, encode_property, neutralize, neutralize_json};
pub use env::Environment;
pub use facts::{
    SourcePullRequest, Variable, publication, pull_request, secrets, source_repository,
    target_branch, tools_directory, variables,
};
pub use inputs::{connection_token, input, unresolved, unresolved_macro};
pub use network::{Proxy, bypasses_everything, client_certificate, extra_ca, proxy};
pub use pull_request_build::{is_pull_request, this_is_one};
pub use servers::{
    OwnBuild, collection_of, github_server, job_token, own_build, own_token, servers, team_project,
};
pub use sink::{AgentSink, StepSink};
