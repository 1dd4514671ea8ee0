//! Tokens in files beside the source, such as bases of overlays.
//!
//! Owns the search for those that YAML takes for comments: nobody replaces them
//! there, and a value would be missing without a word. May not read what the
//! render did not.

use crate::error::{Error, Kind};
use crate::model::Finding;
use crate::settings::EnvironmentSettings;
use crate::settings::definition::Leftover;
use crate::source::{Answer, Record, SourceTree};
use crate::tokens;

/// What helps.
const HINT: &str = "set `source` to the folder that holds both, and `kustomizeOverlay` to the overlay in it: tokens are replaced in the source only";

/// An error about such tokens, or warnings, as the setting for left-over tokens says.
pub(super) fn find(
    settings: &EnvironmentSettings,
    tree: &SourceTree,
    record: &Record,
) -> Result<Vec<Finding>, Error> {
    let tokens = &settings.tokens;
    let delimiters = &tokens.options.delimiters;
    if !tokens.enabled || tokens.leftover == Leftover::Allow {
        return Ok(Vec::new());
    }
    let mut inside = Vec::new();
    for source in &settings.sources {
        inside.extend(tree.resolve(&source.source)?);
    }
    let tree = tree.clone().recorded_by(None);
    let mut found = Vec::new();
    for (path, answer) in &record.answers {
        let path = settings.root.join(path);
        let is_yaml = path
            .extension()
            .is_some_and(|it| it == "yaml" || it == "yml");
        let is_source = inside.iter().any(|source| path.starts_with(source));
        if !matches!(answer, Answer::Content(_)) || !is_yaml || is_source {
            continue;
        }
        // A private copy is gone, and what is not text has no tokens.
        let Ok(Some(text)) = tree.text(&path) else {
            continue;
        };
        for (line, token) in tokens::read_as_comments(delimiters, &text) {
            let place = format!("{}, line {line}", tree.show(&path));
            let message =
                format!("the token {token} was not replaced, and YAML reads it as a comment");
            found.push((place, message));
        }
    }
    if found.is_empty() || tokens.leftover == Leftover::Warn {
        let warning = |(place, message)| Finding::warning(place, message);
        return Ok(found.into_iter().map(warning).collect());
    }
    let lines: Vec<_> = found
        .iter()
        .map(|(place, message)| format!("{place}: {message}"))
        .collect();
    Err(Error::message(Kind::Input, lines.join("; ")).hint(HINT))
}
