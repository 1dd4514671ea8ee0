//! Files that SOPS encrypts: their checksum covers every value, also those in clear.

use super::{Refusal, Target, Way};
use crate::text::Node;

/// Refuses targets in an encrypted document.
pub(super) fn refuse(
    root: &Node,
    targets: Vec<Target>,
    place: &str,
) -> Result<Vec<Target>, Refusal> {
    let encrypted = encrypts(root);
    let is_hidden = |target: &&Target| {
        let text = target.way.find(root).ok().and_then(Node::text);
        encrypted || text.is_some_and(|text| text.starts_with("ENC["))
    };
    match targets.iter().find(is_hidden) {
        Some(target) => Err(refusal(&target.way.to_string(), place)),
        None => Ok(targets),
    }
}

/// Whether a document is one of SOPS.
pub(super) fn encrypts(root: &Node) -> bool {
    Way::keys(&["sops", "mac"]).find(root).is_ok()
}

/// What is said about a field.
pub(super) fn refusal(field: &str, place: &str) -> Refusal {
    Refusal::new(format!(
        "{place}: `{field}` is in a file that SOPS encrypts: its checksum would no longer fit, and nothing could decrypt it"
    ))
    .hint("change the value with `sops set`, which needs the key")
}
