//! What people wrote, for errors about what became of it.
//!
//! Owns the way from an error about a generated file back to the files of the
//! source, and from an error about what was taken for plain manifests to the
//! setting that says otherwise. Decides nothing.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::generate::{self, Fault, Malformed, Origins};
use crate::model::FileSet;
use crate::settings::EnvironmentSettings;
use crate::source::SourceTree;

use super::source::Sourced;

/// So many malformed files are shown.
const SHOWN: usize = 20;

/// The sources of an environment, as far as errors need them.
pub(super) struct Written {
    /// The text of the sources that is passed on, and where it comes from.
    passed_on: Vec<(FileSet, Arc<Origins>)>,
    /// Sources that nobody said to be plain manifests, and that do not look
    /// like some.
    guessed: Vec<String>,
}

impl Written {
    pub(super) fn of(
        sourced: &[Sourced],
        settings: &EnvironmentSettings,
        tree: &SourceTree,
    ) -> Self {
        let passes_on = |source: &&Sourced| {
            let kinds = [generate::Kind::Manifests, generate::Kind::Fabrikate];
            kinds.contains(&source.generated.kind)
        };
        let own = |source: &Sourced| {
            let generated = &source.generated;
            (generated.files.clone(), Arc::clone(&generated.origins))
        };
        let guessed = sourced
            .iter()
            .zip(&settings.sources)
            .filter(|(it, source)| {
                source.generator.is_none() && it.generated.kind == generate::Kind::Manifests
            });
        Self {
            passed_on: sourced.iter().filter(passes_on).map(own).collect(),
            guessed: guessed
                .filter(|(_, source)| looks_like_templates(tree, &source.source))
                .map(|(_, source)| source.source.display().to_string())
                .collect(),
        }
    }

    /// The error, about the files that a person wrote.
    pub(super) fn explain(&self, error: Error) -> Error {
        let fault = error.cause::<generate::Error>().map(|error| &error.fault);
        let malformed = match fault {
            Some(Fault::Syntax { .. }) => self.malformed(),
            Some(Fault::NoResource { .. }) => None,
            _ => return error,
        };
        malformed.unwrap_or(error).hints(self.guesses())
    }

    fn malformed(&self) -> Option<Error> {
        let parts = self.passed_on.iter();
        let found = parts.flat_map(|(files, origins)| origins.malformed(files));
        all(&found.collect::<Vec<_>>())
    }

    /// What helps where a source was probably meant to be something else.
    pub(super) fn guesses(&self) -> impl Iterator<Item = String> {
        self.guessed.iter().map(|source| {
            format!("`{source}` has no Chart.yaml, component.yaml, kustomization.yaml, or *.jsonnet file, so it was read as plain manifests: check `source`, or set `generator`")
        })
    }
}

/// An error about the files of one source, about those that a person wrote.
pub(super) fn explain(error: Error, files: &FileSet, origins: &Origins) -> Error {
    let fault = error.cause::<generate::Error>().map(|error| &error.fault);
    let found = match fault {
        Some(Fault::Syntax { .. }) => all(&origins.malformed(files)),
        _ => None,
    };
    found.unwrap_or(error)
}

/// All malformed files as one error.
fn all(found: &[Malformed]) -> Option<Error> {
    let hint = found.first()?.hint().map(str::to_owned);
    let shown = found.iter().take(SHOWN);
    let mut lines: Vec<_> = shown.map(ToString::to_string).collect();
    if found.len() > SHOWN {
        lines.push(format!("and {} more", found.len() - SHOWN));
    }
    let message = match found.len() {
        1 => lines.concat(),
        many => format!("{many} files are malformed:\n  {}", lines.join("\n  ")),
    };
    Some(Error::message(Kind::Input, message).hints(hint))
}

/// Whether a folder holds what generators need and plain manifests do not.
fn looks_like_templates(tree: &SourceTree, source: &Path) -> bool {
    const SIGNS: [&str; 6] = [
        "templates",
        "values.yaml",
        "overlays",
        "base",
        "bases",
        "charts",
    ];
    let entries = tree.entries(source).ok().flatten().unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| entry.name.to_str())
        .any(|name| {
            SIGNS.contains(&name)
                || Path::new(name)
                    .extension()
                    .is_some_and(|it| it == "libsonnet")
        })
}
