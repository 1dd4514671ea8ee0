//! The install stage: what a definition names, brought to where generating
//! expects it.
//!
//! Owns `components` and `helm_repos` below the folders of a definition, and
//! the lock file that makes two installations the same. Reads the definition,
//! asks servers, runs hooks; prints nothing, and knows neither settings nor
//! agent nor the other stages: what it needs of them is [`Surroundings`].

mod access;
mod advice;
mod charts;
mod content;
mod dependencies;
mod error;
mod fetch;
mod files;
mod hooks;
mod lock;
mod place;
mod repositories;
mod standing;
mod touched;
mod walk;
mod wish;

use std::path::PathBuf;

pub use error::{Error, Fault};
pub use lock::LOCK_FILE;
pub use standing::locked_folders;

use crate::host::Authorization;
use crate::http;
use crate::model::{Finding, Secret};
use crate::tools::Tools;

/// Whether the shell lines in a definition are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookPolicy {
    /// They run.
    Run,
    /// A definition that has some is refused.
    Refuse,
}

/// Whether the tokens that access.yaml names are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessPolicy {
    /// They are, to the sources that it names.
    Use,
    /// A source that needs one is refused.
    Refuse,
}

/// What of the lock file is renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Nothing: what is locked holds.
    Nothing,
    /// Everything.
    Everything,
    /// Entries of these names, or with these paths in the lock file.
    Only(Vec<String>),
}

/// What this stage needs of the world around it.
pub trait Surroundings: Send + Sync {
    /// The token in a variable.
    fn token(&self, variable: &str) -> Option<Secret>;
    /// Makes a secret unprintable.
    fn mask(&self, secret: &Secret);
    /// Makes every form of credentials unprintable.
    fn mask_forms(&self, authorization: &Authorization);
    /// Tells what is being done.
    fn tell(&self, text: &str);
    /// Tells something worth a look.
    fn warn(&self, text: &str);
}

/// What to install, and how.
#[derive(Clone)]
pub struct Options {
    /// The folder with the root component file.
    pub source: PathBuf,
    /// The folder that nothing is read or written outside of: the checkout.
    /// A real path.
    pub confine: PathBuf,
    /// Whether hooks run.
    pub hooks: HookPolicy,
    /// Whether tokens are sent.
    pub access: AccessPolicy,
    /// What of the lock file is renewed.
    pub update: Update,
    /// Replace folders that were changed by hand.
    pub force: bool,
    /// How requests are sent.
    pub http: http::Options,
    /// Where temporary files may be made; nothing stays there.
    pub temp_root: PathBuf,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Installed {
    /// Things that were put in their place.
    pub fetched: usize,
    /// Things that were there already.
    pub unchanged: usize,
    /// Whether the lock file was written.
    pub lock_written: bool,
    /// What is worth telling.
    pub findings: Vec<Finding>,
}

/// Installs everything that a definition names.
pub async fn run(
    tools: &Tools,
    options: &Options,
    around: &dyn Surroundings,
) -> Result<Installed, Error> {
    let mut walk = walk::Walk::new(tools, options, around)?;
    let result = walk.run().await;
    // What was chosen before a failure is chosen: the next run goes on from it.
    let lock_written = walk.save_lock(result.is_ok())?;
    result?;
    Ok(Installed {
        lock_written,
        ..walk.into_installed()
    })
}
