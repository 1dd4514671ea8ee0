//! Merge keys: which key is one, and what it brings into its map.

use granit_parser::{ScalarStyle, Span, Tag};

use super::{fault, yaml_type};
use crate::text::{Kind, Node, SyntaxError};

/// Adds what a merge key brings. Go's libraries let a merge win over keys
/// before it and lose to keys after it; in a list, the first map wins.
///
/// A list behind an alias is refused, as by them.
pub(super) fn merged(
    value: Node,
    alias: bool,
    span: Span,
    pairs: &mut Vec<(Node, Node)>,
) -> Result<(), SyntaxError> {
    match value.kind {
        Kind::Mapping(more) => pairs.extend(more),
        Kind::Sequence(items) if !alias => {
            for item in items.into_iter().rev() {
                match item.kind {
                    Kind::Mapping(more) => pairs.extend(more),
                    _ => return Err(fault(span, "a merge key needs a map or a list of maps")),
                }
            }
        }
        _ => return Err(fault(span, "a merge key needs a map or a list of maps")),
    }
    Ok(())
}

/// Whether a key merges: `<<` without quotes and tag, or with the tag of merge
/// keys or the empty one, in quotes too. So decides `isMerge` of go-yaml v2:
/// <https://github.com/yaml/go-yaml/blob/v2.4.0/decode.go#L810>
pub(super) fn is_merge_key(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<"
        && match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) => is_empty_tag(tag) || yaml_type(tag).as_deref() == Some("merge"),
        }
}

/// Whether a tag is `!` alone.
fn is_empty_tag(tag: &Tag) -> bool {
    matches!(tag.parts(), ("", "!") | ("!", ""))
}
