//! Single pieces in Markdown, for texts that others make.

use super::{describe, safe};
use crate::risk::Finding;

/// A finding in one line of Markdown.
pub fn finding(finding: &Finding) -> String {
    let about = finding.resource.as_ref();
    let about = about.map(|id| format!("{} ", safe::code(&id.short())));
    format!(
        "**{}** `{}` {}{}",
        describe::severity(finding.severity),
        finding.rule,
        about.unwrap_or_default(),
        safe::sentence(&describe::finding(finding)),
    )
}

/// A code span that shows any text as it is.
pub fn code(text: &str) -> String {
    safe::code(text)
}
