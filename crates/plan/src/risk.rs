//! How risky a change is: rules with stable ids. Owns the table of rules, what a finding
//! is, and what git can take back. A family of rules is a file; each is a function of one
//! case, so that the way back is judged by the same code.

mod allowance;
mod case;
mod finding;
mod rules;
pub(crate) mod table;

mod address;
mod api;
mod autoscaling;
mod configuration;
mod crd;
mod defaults;
mod deletion;
mod gitops;
mod identity;
mod image;
mod immutable;
mod network;
mod pods;
mod rbac;
mod references;
mod secret;
mod security;
mod storage;
mod webhook;
mod workload;

pub use allowance::{Allowance, Allowed, is_day};
pub use finding::{Finding, Revert, Severity};
pub use secret::is_plain as is_plain_secret;
pub use table::{RULES, Rule, rule};

pub(crate) use case::{Case, Facts};
pub(crate) use identity::{counts, twice};
pub(crate) use network::hosts;
pub(crate) use pods::pairs as container_pairs;
pub(crate) use rules::{run, run_back, standing};
