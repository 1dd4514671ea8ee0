//! What the source names on servers: charts of repositories and registries, and
//! single files, brought by the product's own client.
//!
//! Owns how charts are found and fetched, and the rule that credentials go to
//! the place that they are for and to no other: not to where a redirect, an
//! index or a registry's challenge points. Every byte that comes is bounded and,
//! where somebody promised one, held against its digest. Knows neither settings
//! nor stages, and runs no program.

mod challenge;
mod error;
mod file;
mod index;
mod manifest;
mod registry;
mod repository;
mod version;

use base64::Engine as _;
use reqwest::header::HeaderValue;
use sha2::{Digest as _, Sha256};

use crate::http;
use crate::model::Secret;

pub(crate) use crate::http::NOT_PUBLIC;
pub use error::Error;
pub use file::{file, promised};
pub use index::{Index, Offer};
pub use registry::{Access, Chart, is_this_machine, pull};
pub use repository::{archive, index};

/// The largest packed chart, in bytes.
pub const LARGEST_CHART: u64 = 64 << 20;

/// What says who we are, as a header. `None` for what no header can carry.
pub fn basic(user: &str, password: &Secret) -> Option<HeaderValue> {
    let pair = format!("{user}:{}", password.expose());
    let pair = base64::engine::general_purpose::STANDARD.encode(pair);
    secret(&format!("Basic {pair}"))
}

/// A failed answer as an error. A server that sends our credentials back in its
/// text is not quoted.
fn refused(mut failure: http::Failure, given: Option<&HeaderValue>) -> Error {
    let given = given.and_then(|given| given.to_str().ok());
    let secret = given.and_then(|given| given.split(' ').next_back());
    if secret.is_some_and(|secret| memchr::memmem::find(&failure.body, secret.as_bytes()).is_some())
    {
        failure.body.clear();
    }
    http::Error::from(Box::new(failure)).into()
}

/// A header that no log shows.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The SHA-256 of bytes, as `sha256:…`.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold("sha256:".to_owned(), |text, byte| {
        format!("{text}{byte:02x}")
    })
}
