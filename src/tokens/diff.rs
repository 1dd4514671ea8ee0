//! What a run would change, as a unified diff.
//!
//! Owns the text of a dry run. Reads the files that would be replaced.

#![expect(
    clippy::disallowed_methods,
    reason = "files that the caller names, and the private copy"
)]

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use similar::TextDiff;

use crate::text::encoding::Codec;

use super::files::Planned;

/// Long enough for an exact diff of any file that a person reads.
const PATIENCE: Duration = Duration::from_secs(5);

/// The diff of all files that would be written.
pub fn unified(files: &[Planned]) -> String {
    let mut out = String::new();
    for file in files.iter().filter(|file| file.writes()) {
        let before = fs::read(&file.target).ok();
        let codec = Codec::by_name(file.encoding).unwrap_or(Codec::Utf8);
        let decode =
            |bytes: &[u8]| codec.decode_lossy(bytes.strip_prefix(codec.bom()).unwrap_or(bytes));
        let old = before.as_deref().map(decode).unwrap_or_default();
        let new = decode(&file.content.to_bytes());
        let name = shown_target(file);
        let diff = TextDiff::configure()
            .timeout(PATIENCE)
            .diff_lines(&old, &new);
        let from = if before.is_some() {
            format!("a/{name}")
        } else {
            "/dev/null".to_owned()
        };
        // Writing to a text cannot fail.
        let _ = write!(
            out,
            "{}",
            diff.unified_diff().header(&from, &format!("b/{name}"))
        );
    }
    out
}

/// The target as seen from the root, as far as it lies below the same folder.
fn shown_target(file: &Planned) -> String {
    if file.target == file.input {
        return file.shown.clone();
    }
    let up = file.shown.matches('/').count();
    let root = file.input.ancestors().nth(up + 1);
    let below = root.and_then(|root| file.target.strip_prefix(root).ok());
    below
        .unwrap_or(&file.target)
        .to_string_lossy()
        .replace('\\', "/")
}
