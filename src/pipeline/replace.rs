//! Tokens in a run: before an environment is rendered, and after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::{self, Error};
use crate::generate::Kind;
use crate::model::{FileSet, Finding};
use crate::settings::definition::Leftover;
use crate::settings::{EnvironmentSettings, SourceSettings, TokenSettings};
use crate::source::{real, root_for};
use crate::tokens::{self, Engine, Prepared, Scope, Source, SourceTree, Variables};

/// How files with variables are found.
const FINDING: tokens::Finding = tokens::Finding {
    level: tokens::Compatibility::Own,
    case_insensitive: false,
    dot: true,
};

/// All variables of one environment, in order of precedence.
pub(super) fn variables(
    pipeline: &[tokens::Layer],
    settings: &TokenSettings,
) -> Result<Variables, Error> {
    let reader = tokens::Reader {
        finding: FINDING,
        root: &settings.root,
        separator: ".",
        environment: &BTreeMap::new(),
    };
    let files = reader.layers(&[Source::Files(settings.files.join("\n"))])?;
    let (top, section) = settings.variables.clone();
    Ok(Variables::of_environment(
        top,
        section,
        files,
        pipeline.iter().cloned(),
    ))
}

/// The source with its tokens replaced, and what is worth telling about it.
pub(super) fn prepare(
    variables: &Variables,
    settings: &TokenSettings,
    source: &SourceSettings,
    exclude: &[PathBuf],
    temp_root: &Path,
) -> Result<(Prepared, Vec<Finding>), Error> {
    let engine = Engine::new(&settings.options, variables)?;
    let kind = source.generator;
    let kind = kind.unwrap_or_else(|| Kind::detect(&source.source));
    let tree = SourceTree {
        source: &source.source,
        checkout: &checkout(&source.source),
        scope: if kind == Kind::Manifests {
            Scope::Manifests
        } else {
            Scope::Everything
        },
        exclude,
    };
    let prepared = tokens::prepare(&engine, tree, temp_root)?;
    let findings: Vec<_> = prepared
        .messages
        .iter()
        .filter_map(tokens::Message::to_finding)
        .collect();
    Ok((prepared, findings))
}

/// The content of a file beside the source with its tokens replaced, when it
/// has some. Text that is made of secrets is added to `forms`.
pub(super) fn file(
    variables: &Variables,
    settings: &TokenSettings,
    file: &Path,
    temp_root: &Path,
    forms: &mut Vec<String>,
) -> Result<Option<Vec<u8>>, Error> {
    let engine = Engine::new(&settings.options, variables)?;
    let tree = SourceTree {
        source: file,
        checkout: &checkout(file),
        scope: Scope::Everything,
        exclude: &[],
    };
    let prepared = tokens::prepare(&engine, tree, temp_root)?;
    forms.extend(prepared.secret_forms.iter().map(ToString::to_string));
    let Some(copy) = prepared.path() else {
        return Ok(None);
    };
    let content = std::fs::read(copy).map_err(|source| {
        let said = format!("reading {} with its tokens replaced", file.display());
        Error::new(
            error::Kind::Internal,
            anyhow::Error::new(source).context(said),
        )
    })?;
    Ok(Some(content))
}

/// Whether a file really lies below a folder.
pub(super) fn is_below(file: &Path, folder: &Path) -> bool {
    match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => false,
    }
}

/// What is no part of the environment's source: what is none of any, and its
/// files with variables.
pub(super) fn exclude(context: &Context, settings: &TokenSettings) -> Vec<PathBuf> {
    let level = tokens::Compatibility::Own;
    let found = settings.files.iter().filter_map(|pattern| {
        let entry = tokens::Entry::parse(pattern, level).ok()?;
        FINDING.files(&entry, &settings.root, &[]).ok()
    });
    let variables = found.flatten().map(|file| file.path);
    context.exclude.iter().cloned().chain(variables).collect()
}

/// The folder that confines what is read around a source.
pub(super) fn checkout(source: &Path) -> PathBuf {
    let place = real(source).unwrap_or_else(|_| source.to_path_buf());
    root_for(&place, &real(Path::new(".")).unwrap_or_default())
}

/// What is left over in the manifests: an error, findings, or nothing.
pub(super) fn leftovers(
    settings: &EnvironmentSettings,
    files: &FileSet,
) -> Result<Vec<Finding>, Error> {
    if !settings.tokens.enabled || settings.tokens.leftover == Leftover::Allow {
        return Ok(Vec::new());
    }
    let bytes = files.iter().map(|(path, content)| (path, &content[..]));
    let found = tokens::leftovers(&settings.tokens.options.delimiters, bytes);
    if settings.tokens.leftover == Leftover::Warn {
        let warning = |left: &tokens::Leftover| {
            let Finding { message, .. } = left.to_finding();
            Finding::warning(left.place.to_string(), message)
        };
        return Ok(found.iter().map(warning).collect());
    }
    let Some(first) = found.first() else {
        return Ok(Vec::new());
    };
    let more = match found.len() - 1 {
        0 => String::new(),
        1 => ", and 1 more".to_owned(),
        more => format!(", and {more} more"),
    };
    Err(Error::message(error::Kind::Input, format!("{}{more}", first.to_finding()))
        .hint("define the variable in `variables`, a file of `variableFiles`, or the pipeline")
        .hint("if that is no token, choose another `tokenPattern`, or set `leftoverTokens` to `allow`"))
}

/// Shows where variables come from.
pub(super) fn explain(
    context: &Context,
    environment: &str,
    names: &[String],
    variables: &Variables,
) {
    for name in names {
        let found = variables.explain(name);
        if found.is_empty() {
            context
                .reporter
                .info(&format!("{environment}: no variable is named {name}"));
        }
        for explanation in found {
            context
                .reporter
                .info(&format!("{environment}: {explanation}"));
        }
    }
}
