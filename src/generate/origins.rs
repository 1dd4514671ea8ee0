//! Which files of the source the text of a generated file was taken from.
//!
//! Owns the way back from a file that cannot be read to the file that a person
//! wrote. Only generators that pass text on have origins: plain manifests, and
//! Fabrikate's static components.

use std::collections::BTreeMap;

use super::documents;
use crate::generate::Fault;
use crate::model::{FileSet, RelPath};
use crate::text::SyntaxError;

/// A file of the source, as messages call it, and the line that its text
/// begins at, from 1.
pub(super) type Start = (usize, String);

/// A file of the source that is not YAML or JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` is malformed, {source}")]
pub struct Malformed {
    /// The file, as messages call it.
    pub file: String,
    /// Where and why.
    pub source: SyntaxError,
}

impl Malformed {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        self.source.hint
    }
}

/// Where the text of generated files comes from.
#[derive(Debug, Clone, Default)]
pub struct Origins(BTreeMap<RelPath, Vec<Start>>);

impl Origins {
    /// Adds a file that was put together from these.
    pub(super) fn add(&mut self, file: RelPath, starts: Vec<Start>) {
        if !starts.is_empty() {
            self.0.insert(file, starts);
        }
    }

    /// The files of the source that are not YAML or JSON, and why.
    pub fn malformed(&self, files: &FileSet) -> Vec<Malformed> {
        let mut found = Vec::new();
        for (path, starts) in &self.0 {
            let Some(content) = files.get(path) else {
                continue;
            };
            for (at, (start, shown)) in starts.iter().enumerate() {
                let end = starts.get(at + 1).map(|(next, _)| *next);
                let own = lines(content, *start, end);
                if let Err(Fault::Syntax { source, .. }) = documents::parse(path, own) {
                    found.push(Malformed {
                        file: shown.clone(),
                        source,
                    });
                }
            }
        }
        found
    }
}

/// The lines from `start` to before `end`, from 1.
fn lines(content: &[u8], start: usize, end: Option<usize>) -> &[u8] {
    let begins = |line: usize| match line {
        0 | 1 => Some(0),
        line => memchr::memchr_iter(b'\n', content)
            .nth(line - 2)
            .map(|at| at + 1),
    };
    let from = begins(start).unwrap_or(content.len());
    let to = end.and_then(begins).unwrap_or(content.len());
    &content[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_malformed_file_is_named_with_its_own_lines() {
        let path = RelPath::parse("shop/web.yaml").unwrap();
        let content = "---\na: b\n\n---\na: b\n c: d\n\n---\na: [\n\n";
        let files: FileSet = [(path.clone(), content.into())].into_iter().collect();
        let mut origins = Origins::default();
        let starts = [(2, "a.yaml"), (5, "b.yaml"), (9, "c.yaml")];
        let starts = starts.map(|(line, file)| (line, file.to_owned()));
        origins.add(path, starts.to_vec());
        let malformed = origins.malformed(&files);
        let found: Vec<_> = malformed
            .iter()
            .map(|it| (it.file.as_str(), it.source.line))
            .collect();
        assert_eq!(found, [("b.yaml", 2), ("c.yaml", 1)]);
    }
}
