//! Plain data that the stages exchange.
//!
//! Owns the words of the product (path, secret, file set, resource, ledger,
//! plan). May not touch the world: no files, no network, no environment, no
//! printing. Everything else in the crate may depend on it; it depends on
//! nothing in the crate.

pub mod alike;
pub mod branch;
pub mod finding;
pub mod ledger;
pub mod object_id;
pub mod path;
pub mod plan;
pub mod provenance;
pub mod resource;
pub mod secret;
pub mod tree;

pub use alike::{Names, fold};
pub use branch::{BranchClash, BranchName, BranchNameError};
pub use finding::{Finding, Severity};
pub use ledger::{GeneratorStamp, Ledger, LedgerFile};
pub use object_id::ObjectId;
pub use path::{Folder, PathError, RelPath};
pub use plan::{FileChange, FolderPlan, ResourceChange};
pub use provenance::{PublicationStamp, SameRepository, SourceStamp, WriterStamp};
pub use resource::{Resource, ResourceId, ResourceKey};
pub use secret::{RedactedUrl, Redactor, Secret};
pub use tree::{EntryMode, FileSet, FolderEntry, FolderState};
