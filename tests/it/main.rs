//! The one integration binary: what users see, through the program, against real parts.
#![allow(
    clippy::unwrap_used,
    reason = "a failed assumption should fail the test"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests set up the world that the program works in"
)]
#![allow(clippy::format_collect, reason = "tests need no speed there")]
#![allow(unreachable_pub, reason = "one binary: everything is shared inside it")]

mod approval;
mod architecture;
mod children;
mod client_certificate;
mod clusters;
mod completions;
mod confined;
mod definitions;
mod fab_edit;
mod fabrikate;
mod fetch;
mod figures;
mod git_wire;
mod helm;
mod hints;
mod install;
mod jsonnet;
mod keyless;
mod kustomize;
mod launcher;
mod layout;
mod managed_tools;
mod manifests;
mod newcomer;
mod ownership;
mod plan_as_publish;
mod plan_inputs;
#[cfg(unix)]
mod private_paths;
mod promote;
mod publish;
mod pull_request_build;
mod pull_requests;
mod record;
mod relay;
mod rendering;
mod replaced;
mod repositories;
mod rest;
mod risk_policy;
mod rollback;
mod settings;
mod settings_pages;
mod slow_servers;
mod sources;
mod status;
mod support;
mod tab;
mod task;
mod task_package;
mod three_runs;
mod tokens;
mod update;
mod verify;
mod wait;
