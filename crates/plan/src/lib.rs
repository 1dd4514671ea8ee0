//! What publishing would change in a set of Kubernetes resources, field by field, and how
//! risky it is.
//!
//! A function of two sets of parsed resources, so that the way back and any two commits are
//! planned by the same code. Knows no repository, no render, no file, no clock and no YAML:
//! the caller hands [`Resource`]s over and says in [`Options`] what they cannot say.
//!
//! ```
//! use gitops_plan::{Options, Resource, Value, plan};
//!
//! let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
//! let old = read(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"}}"#);
//! let new = read(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"2"}}"#);
//! let plan = plan(
//!     &[Resource::new("a.yaml", 1, &old)],
//!     &[Resource::new("a.yaml", 1, &new)],
//!     &Options::new(b"the key of this run"),
//! );
//! assert_eq!(plan.resources[0].fields[0].path, "data.x");
//! ```

mod approval;
mod brake;
mod build;
mod commits;
mod compare;
mod difference;
mod effect;
mod field;
pub mod fold;
mod hash;
mod image;
mod mask;
mod matching;
mod noise;
mod options;
mod path;
mod plan;
mod policy;
mod resource;
pub mod risk;
mod run_plan;
mod schema;
mod secrecy;
mod value;
mod veil;
pub mod view;

pub use approval::{Approval, Approved, Intent, NotApprovable};
pub use brake::{BRAKES, Limits, Loss, brake};
pub use build::plan;
pub use commits::{Between, Commits};
pub use difference::{Difference, differences};
pub use effect::{Effect, FolderEffect, Removal, SourceCommit};
pub use field::{Change, Field, Hidden, Noise, Secrecy, TextChange};
pub use hash::{Part, PlanHash, content};
pub use image::ImageMove;
pub use options::{IsPlaceholder, Mask, MassDeletion, Options, ReadYaml};
pub use plan::{Action, Plan, ReadError, ResourceChange, SCHEMA, Summary, VERSION};
pub use policy::{Consequence, RiskPolicy, Verdict, decide};
pub use resource::{Identity, Resource};
pub use run_plan::{EnvironmentPlan, FILE_SCHEMA, FILE_VERSION, NoHash, Run, RunPlan};
pub use secrecy::is_confidential_name;
pub use value::Value;
