//! Tokens in memory: replacing in a file set, and looking for what is left.
//!
//! Owns the use of this stage inside a pipeline run, where nothing is on disk.

use crate::model::{FileSet, Finding, RelPath, Severity};

use super::cursor::Cursor;
use super::engine::{Engine, FileName};
use super::entry::Entry;
use super::error::{Error, Place};
use super::options::{Compatibility, Delimiters};
use super::outcome::{Counters, Message};
use super::scan::Scanner;
use super::walk;

/// A file set with its tokens replaced.
#[derive(Debug)]
pub struct ReplacedSet {
    /// The files, those without tokens unchanged.
    pub files: FileSet,
    /// What was counted.
    pub counters: Counters,
    /// What is to be told.
    pub messages: Vec<Message>,
}

/// Replaces the tokens of the files that `sources` mean; no sources mean all.
pub fn replace_file_set(
    engine: &Engine<'_>,
    files: FileSet,
    sources: &[String],
) -> Result<ReplacedSet, Error> {
    let finding = walk::Finding {
        level: Compatibility::Own,
        case_insensitive: false,
        dot: true,
    };
    let entries = sources
        .iter()
        .map(|line| match Entry::parse(line, finding.level)? {
            Entry {
                output: Some(_), ..
            } => Err(Error::Source {
                entry: line.clone(),
                reason: "names an output, which only the tokens command writes",
            }),
            entry => Ok(entry),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut result = ReplacedSet {
        files: FileSet::new(),
        counters: Counters::default(),
        messages: Vec::new(),
    };
    for (path, bytes) in files {
        let mut meant = entries.is_empty();
        for entry in &entries {
            meant = meant || finding.matches(entry, path.as_str())?;
        }
        if !meant {
            result.files.insert(path, bytes);
            continue;
        }
        let replaced = engine.replace(FileName::in_place(path.as_str()), bytes.to_vec())?;
        result.counters += replaced.counters;
        result.messages.extend(replaced.messages);
        let content = if replaced.content.is_changed() {
            replaced.content.into_bytes().into()
        } else {
            bytes
        };
        result.files.insert(path, content);
    }
    Ok(result)
}

/// A token that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Where.
    pub place: Place,
    /// The token with its delimiters.
    pub token: String,
}

impl Leftover {
    /// As an error of the run.
    pub fn to_finding(&self) -> Finding {
        Finding {
            severity: Severity::Error,
            message: format!("the token {} was not replaced", self.token),
            place: Some(self.place.to_string()),
        }
    }
}

/// Every token in generated files.
pub fn leftovers<'f>(
    delimiters: &Delimiters,
    files: impl IntoIterator<Item = (&'f RelPath, &'f [u8])>,
) -> Vec<Leftover> {
    let scanner = Scanner::new(delimiters, false);
    let mut found = Vec::new();
    for (path, bytes) in files {
        let mut cursor = Cursor::new(bytes);
        for token in scanner.tokens(bytes) {
            let (line, column) = cursor.place(token.whole.start);
            found.push(Leftover {
                place: Place {
                    file: path.to_string(),
                    line,
                    column,
                },
                token: String::from_utf8_lossy(&bytes[token.whole]).into_owned(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Layer, Matching, Options, Variables};
    use super::*;

    fn set(files: &[(&str, &str)]) -> FileSet {
        files
            .iter()
            .map(|(path, text)| {
                (
                    RelPath::parse(path).unwrap(),
                    text.as_bytes().to_vec().into(),
                )
            })
            .collect()
    }

    #[test]
    fn only_the_files_that_are_meant_are_replaced() {
        let options = Options::new(Compatibility::Own);
        let mut variables = Variables::new(Compatibility::Own);
        variables.add(Layer::new("test", Matching::Exact).with("a", "1"));
        let engine = Engine::new(&options, &variables).unwrap();
        let files = set(&[("x/a.yaml", "#{a}#"), ("x/b.txt", "#{a}#")]);
        let done = replace_file_set(&engine, files, &["**/*.yaml".to_owned()]).unwrap();
        assert_eq!(done.files, set(&[("x/a.yaml", "1"), ("x/b.txt", "#{a}#")]));
        assert_eq!((done.counters.files, done.counters.replaced), (1, 1));
    }

    #[test]
    fn a_token_that_is_left_is_named_with_file_line_and_column() {
        let files = set(&[("apps/web.yaml", "kind: X\nimage: a:#{tag}#\n")]);
        let delimiters = Options::new(Compatibility::Own).delimiters;
        let left = leftovers(
            &delimiters,
            files.iter().map(|(path, bytes)| (path, &bytes[..])),
        );
        let shown: Vec<String> = left
            .iter()
            .map(|left| left.to_finding().to_string())
            .collect();
        assert_eq!(
            shown,
            ["apps/web.yaml:2:10: the token #{tag}# was not replaced"]
        );
    }
}
