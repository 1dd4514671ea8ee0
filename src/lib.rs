//! GitOps for Azure Pipelines: the library behind `gitops-publisher`.
//!
//! A run turns sources (Fabrikate definitions, Helm charts, Kustomize overlays,
//! Jsonnet programs, plain manifests) into one file set per environment and
//! publishes all of them to the manifest repository that Flux or Argo CD watches.
//!
//! # The way through
//!
//! 1. [`cli`] parses the command line. For a task, [`agent`] has the inputs.
//! 2. [`settings`] puts the layers together (command line or inputs,
//!    `gitops.yaml`, the variables of old scripts) and validates the result.
//! 3. [`pipeline::render`] replaces the [`tokens`] of the source and runs
//!    [`generate`], for every environment in parallel, reads the resources, and
//!    lets [`check`] refuse what may not be. What happens between a generator and
//!    the checks is in [`generate::images`], [`generate::layout`] and
//!    [`generate::determinism`]: functions from values to values.
//! 4. [`pipeline::publish`] opens the repository ([`host`] knows addresses and
//!    credentials, [`git`] the wire), and hands [`publish::run`] a function
//!    that decides on every attempt anew: [`publish::order`] whether this run
//!    may publish at all, [`plan`] what changes in each owned folder,
//!    [`check`] whether that much may go.
//!    Where a pull request is wanted, or the branch takes no push, the commit
//!    goes to a head branch ([`publish::run_head`]) and [`host::Api`] opens it
//!    or brings it up to date.
//!    Before a promotion, [`pipeline::published`] has what was published for the
//!    environment to promote from, [`git::source`] the files of its commit, and
//!    [`pipeline::Published::prove`] the comparison.
//! 5. Where it is asked for, [`wait::follow`] goes on until the cluster has what was
//!    published: [`host::Api::watch`] brings commit statuses, `gitops-rollout` decides.
//! 6. [`report`] shows the result: messages, Markdown, variables, JSON.
//!
//! Before a run, `fab install` has [`install`] bring what a Fabrikate definition
//! names; [`definition`] is what it shares with [`generate`], and [`fetch`] how charts are
//! found and brought.
//!
//! # Files on disk
//!
//! | file | where | what |
//! |---|---|---|
//! | `gitops.yaml` | beside the source | settings of several environments |
//! | `fabrikate.lock` | beside the root component file | what [`install`] chose |
//! | `.<name>.installed` | beside each installed folder | what was put there |
//! | `.gitops-publisher` | in each owned folder | [`model::Ledger`] |
//! | `.gitops/manifests.git` | in the working folder | the repository at a terminal when none is named |
//!
//! # Rules
//!
//! Stages are functions from values to values; only [`source`] (reading it),
//! [`install`] (what is missing in it), [`tools`] (programs), [`http`] and
//! [`git`] (servers), and [`report`] touch the world. Dependencies point one way, from [`cli`] to [`model`]; a test
//! reads the sources and holds it.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a failed assumption should fail the test"
    )
)]

pub mod agent;
pub mod check;
pub mod cli;
pub mod context;
pub mod definition;
pub mod error;
pub mod fetch;
pub mod generate;
pub mod git;
pub mod host;
pub mod http;
pub mod identity;
pub mod install;
pub mod model;
pub mod parallel;
pub mod pipeline;
pub mod plan;
pub mod publish;
pub mod report;
pub mod settings;
pub mod source;
pub mod temporary;
pub mod text;
pub mod tokens;
pub mod tools;
pub mod update;
pub mod wait;
