//! What stands on each page: style, script, and what the page may load, which is nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("../page.css");
pub(super) const SCRIPT: &str = include_str!("../page.js");

/// Hidden until the script runs: they do nothing without it.
pub(super) const TOOLS: &str = r#"<form id="tools" role="search" hidden>
<label for="search">Search</label>
<input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="Name, kind, field, value, rule">
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="found" role="status"></p>
</form>
"#;

/// Everything before the content. The policy names our own style and script by their
/// hashes, so that nothing else runs, whatever a text holds. The title is escaped already.
pub(super) fn head(title: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
}
