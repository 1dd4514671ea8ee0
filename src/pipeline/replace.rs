//! Tokens in a run: before an environment is rendered, and after.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::{self, Error};
use crate::generate::Kind;
use crate::model::{FileSet, Finding};
use crate::settings::definition::Leftover;
use crate::settings::{EnvironmentSettings, SourceSettings, TokenSettings};
use crate::source::{Recorder, SourceTree, checkout_of, working_folder};
use crate::text::Format;
use crate::tokens::{self, Engine, FileName, Prepared, Scope, Variables};

/// The reader of everything that the settings of an environment name.
pub(super) fn tree(
    settings: &EnvironmentSettings,
    recorder: &Recorder,
) -> Result<SourceTree, Error> {
    let mut tree = SourceTree::open(&settings.root)?;
    for path in &settings.reachable {
        tree = tree.and(path)?;
    }
    // Paths are shown as settings name them.
    let working = working_folder();
    Ok(tree
        .recorded_by(Some(recorder))
        .seen_from(working, PathBuf::from(".")))
}

/// All variables of one environment, in order of precedence.
pub(super) fn variables(
    tree: &SourceTree,
    pipeline: &[tokens::Layer],
    settings: &TokenSettings,
) -> Result<Variables, Error> {
    let mut files = Vec::new();
    for (tree, patterns) in of_variables(tree, settings)? {
        for file in tokens::variable_files(&tree, &settings.root, patterns)? {
            let bytes = tree.bytes(&file.path)?.unwrap_or_default();
            let level = tokens::Compatibility::Own;
            files.push(tokens::layer_of_file(&file.shown, &bytes, level, ".")?);
        }
    }
    let (top, section) = settings.variables.clone();
    Ok(Variables::of_environment(
        top,
        section,
        files,
        pipeline.iter().cloned(),
    ))
}

/// The patterns of files with variables, each part with its reader: those of
/// the settings file stay inside, those of the caller may lead anywhere.
fn of_variables<'s>(
    tree: &SourceTree,
    settings: &'s TokenSettings,
) -> Result<[(SourceTree, &'s [String]); 2], Error> {
    let of_file = settings
        .files
        .len()
        .saturating_sub(settings.files_of_caller);
    let (of_file, of_caller) = settings.files.split_at(of_file);
    let mut wide = tree.clone();
    for pattern in of_caller.iter().flat_map(|line| line.split(';')) {
        wide = wide.and(&settings.root.join(fixed_part(pattern)))?;
    }
    Ok([(tree.clone(), of_file), (wide, of_caller)])
}

/// The path in front of the first wildcard of a pattern.
fn fixed_part(pattern: &str) -> PathBuf {
    let plain = pattern.trim();
    let fixed = |part: &&str| !part.contains(['*', '?', '[', '(', '{', '\\']);
    let parts: Vec<_> = plain.split('/').take_while(fixed).collect();
    let path = parts.join("/");
    if path.is_empty() && plain.starts_with('/') {
        return PathBuf::from("/");
    }
    PathBuf::from(path)
}

/// The source with its tokens replaced, and what is worth telling about it.
pub(super) fn prepare(
    sources: &SourceTree,
    variables: &Variables,
    settings: &TokenSettings,
    source: &SourceSettings,
    exclude: &[PathBuf],
    temp_root: &Path,
) -> Result<(Prepared, Vec<Finding>), Error> {
    let engine = Engine::new(&settings.options, variables)?;
    let kind = match source.generator {
        Some(kind) => kind,
        None => Kind::detect(sources, &source.source)?,
    };
    // What of it is used, the generator says.
    let looking = sources.clone().looking();
    let tree = tokens::SourceTree {
        reader: &looking,
        source: &source.source,
        checkout: &checkout(sources, &source.source)?,
        scope: if kind == Kind::Manifests {
            Scope::Manifests
        } else {
            Scope::Everything
        },
        exclude,
    };
    let prepared = tokens::prepare(&engine, tree, temp_root)?;
    let folder = if sources.is_file(&source.source)? {
        source.source.parent().unwrap_or(Path::new(""))
    } else {
        &source.source
    };
    let findings: Vec<_> = prepared
        .messages
        .iter()
        .filter_map(tokens::Message::to_finding)
        .map(|finding| in_folder(folder, finding))
        .collect();
    Ok((prepared, findings))
}

/// A finding in a file of this folder, as it is called from the working folder.
fn in_folder(folder: &Path, finding: Finding) -> Finding {
    if !folder.is_relative() || folder == Path::new(".") {
        return finding;
    }
    let place = finding
        .place
        .map(|place| folder.join(place).display().to_string());
    Finding { place, ..finding }
}

/// The content of a values file with its tokens replaced. Text that is made of
/// secrets is added to `forms`.
pub(super) fn file(
    variables: &Variables,
    settings: &TokenSettings,
    file: &Path,
    content: Vec<u8>,
    forms: &mut Vec<String>,
) -> Result<Vec<u8>, Error> {
    let engine = Engine::new(&settings.options, variables)?;
    let name = file.to_string_lossy();
    // Helm reads it as YAML, whatever it is called.
    let known = matches!(Format::of(&name), Some(Format::Yaml | Format::Json));
    let read_as = format!("{name}.yaml");
    let name = FileName {
        input: &name,
        output: (!known).then_some(read_as.as_str()),
    };
    let replaced = engine.replace(name, content)?;
    forms.extend(engine.secret_forms());
    Ok(replaced.content.into_bytes())
}

/// What is no part of the environment's source: what is none of any, and its
/// files with variables.
pub(super) fn exclude(
    context: &Context,
    tree: &SourceTree,
    settings: &TokenSettings,
) -> Result<Vec<PathBuf>, Error> {
    let parts = of_variables(tree, settings)?;
    // What cannot be found is explained where it is read.
    let found = parts.iter().flat_map(|(tree, patterns)| {
        tokens::variable_files(tree, &settings.root, patterns).unwrap_or_default()
    });
    let variables = found.map(|file| file.path);
    Ok(context.exclude.iter().cloned().chain(variables).collect())
}

/// The folder that confines what is read around a source: the root of the
/// environment. Only a source that the caller names can lie elsewhere.
pub(super) fn checkout(tree: &SourceTree, source: &Path) -> Result<PathBuf, Error> {
    let place = tree.resolve(source)?;
    Ok(match place {
        Some(place) if !place.starts_with(tree.root()) => checkout_of(&place),
        _ => tree.root().to_path_buf(),
    })
}

/// What is left over in the manifests: an error, findings, or nothing.
/// `noticed` is what the sources said about variables that are missing.
pub(super) fn leftovers(
    settings: &EnvironmentSettings,
    files: &FileSet,
    noticed: &[Finding],
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
    if found.is_empty() {
        return Ok(Vec::new());
    }
    Err(not_replaced(left_over(&found, noticed)))
}

/// The error for tokens that reached the manifests.
pub(super) fn not_replaced(said: String) -> Error {
    Error::message(error::Kind::Input, said)
        .hint("define the variable in `variables`, a file of `variableFiles`, or the pipeline")
        .hint("if that isn't a token, choose another `tokenPattern`, or set `leftoverTokens` to `allow`")
}

/// The variable that a finding says is missing.
pub(super) fn missing(finding: &Finding) -> Option<&str> {
    let name = finding.message.strip_prefix("variable '")?;
    name.strip_suffix("' not found")
}

/// Records every variable that a token could have been replaced by.
pub(super) fn record(recorder: Option<&Recorder>, variables: &Variables) {
    let Some(recorder) = recorder else { return };
    for variable in variables.iter() {
        let name = format!("variable {} of {}", variable.name, variable.origin);
        recorder.input(&name, variable.value.as_bytes());
    }
}

/// Every token that is left, each once, with its places in the source; in the
/// manifests where the source does not have it.
fn left_over(found: &[tokens::Leftover], noticed: &[Finding]) -> String {
    let mut tokens: Vec<(&str, Vec<String>)> = Vec::new();
    for left in found {
        let place = left.place.to_string();
        match tokens.iter_mut().find(|(token, _)| *token == left.token) {
            Some((_, places)) => places.push(place),
            None => tokens.push((&left.token, vec![place])),
        }
    }
    let said = tokens.iter().map(|(token, rendered)| {
        let is_its = |finding: &&Finding| missing(finding).is_some_and(|name| token.contains(name));
        let source = noticed
            .iter()
            .filter(is_its)
            .filter_map(|it| it.place.clone());
        let source: Vec<_> = source.collect();
        if source.is_empty() {
            return format!("{}: the token {token} was not replaced", listed(rendered));
        }
        let is_same = |(source, rendered): (&String, &String)| source.ends_with(rendered.as_str());
        if source.len() == rendered.len() && source.iter().zip(rendered).all(is_same) {
            return format!("{}: the token {token} was not replaced", listed(&source));
        }
        let (source, rendered) = (listed(&source), listed(rendered));
        format!("{source}: the token {token} was not replaced (in the manifests: {rendered})")
    });
    said.collect::<Vec<_>>().join("; ")
}

/// Places, as far as anybody reads them.
pub(super) fn listed(places: &[String]) -> String {
    const MOST: usize = 10;
    let shown = places[..places.len().min(MOST)].join(", ");
    match places.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
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
        for mut explanation in found {
            if context.pull_request {
                // Anybody may have named the variable and the file that has it.
                "(hidden in pull request builds)".clone_into(&mut explanation.value);
            }
            context
                .reporter
                .info(&format!("{environment}: {explanation}"));
        }
    }
}
