//! The `fabrikate` generator: a Fabrikate high-level definition, rendered
//! natively. Charts are rendered by helm, hooks run by the shell; nothing
//! else leaves the process, and nothing is written.
//!
//! What differs from Fabrikate on purpose is listed in `docs/fabrikate.md`.

mod config;
mod helm;
mod hooks;
mod ignored;
mod merge;
mod output;
mod rendered;
mod statics;
mod walk;

use std::sync::Arc;

use futures_util::future::join_all;

use self::walk::{Visit, Walk};
use super::origins::Start;
use super::reading::Reader;
use super::{BLOCK, Error, Fault, Options, Origins, Policy, off_thread};
use crate::definition::Generator;
use crate::model::{FileSet, Finding};
use crate::parallel;
use crate::tools::Tools;

/// What one component generates: its file's content, and what was noticed.
#[derive(Debug, Default)]
struct Content {
    text: Vec<u8>,
    findings: Vec<Finding>,
    /// The files that the text was put together from.
    starts: Vec<Start>,
}

/// The folder below `generated` that Fabrikate writes these environments to.
pub fn output_folder(environments: &[String]) -> String {
    if environments.is_empty() {
        "common".to_owned()
    } else {
        environments.join("-")
    }
}

/// Generates the files of one environment.
pub(super) async fn run(
    tools: &Tools,
    options: &Options,
) -> Result<(FileSet, Vec<Finding>, Origins), Error> {
    let reader = Arc::new(Reader::new(options)?);
    if !reader.is_folder(&reader.source).map_err(Fault::from)? {
        return Err(Fault::SourceIsFile(options.source.display().to_string()).into());
    }
    let mut walk = Walk::new(Arc::clone(&reader), options);
    let mut contents: Vec<Option<Content>> = Vec::new();
    // Parents before children, level by level: what a parent's hooks make is
    // there when its children are read.
    while walk.descend().await? {
        for at in contents.len()..walk.visits.len() {
            let visit = Arc::clone(&walk.visits[at]);
            let done = if visit.component.has_generate_hooks() {
                Some(with_hooks(tools, &reader, options, &visit).await?)
            } else {
                None
            };
            contents.push(done);
        }
    }
    let mut findings = walk.findings(options)?;
    generate_rest(tools, &reader, options, &walk.visits, &mut contents).await?;
    let contents = contents.into_iter().map(Option::unwrap_or_default);
    let (files, more, origins) = output::assemble(&walk.visits, contents)?;
    findings.extend(more);
    Ok((files, findings, origins))
}

/// A component between its hooks.
async fn with_hooks(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    visit: &Arc<Visit>,
) -> Result<Content, Error> {
    let component = &visit.component;
    let before = &component.before_generate;
    hooks::run(tools, reader, options, visit, "before-generate", before).await?;
    let content = generate(tools, reader, options, visit).await?;
    let after = &component.after_generate;
    hooks::run(tools, reader, options, visit, "after-generate", after).await?;
    Ok(content)
}

async fn generate(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    visit: &Arc<Visit>,
) -> Result<Content, Error> {
    match visit.component.generator {
        Generator::Helm => helm::generate(tools, reader, options, visit).await,
        Generator::Static => {
            let (reader, visit) = (Arc::clone(reader), Arc::clone(visit));
            off_thread(move || statics::generate(&reader, &visit)).await
        }
        Generator::Component | Generator::Unknown => Ok(Content::default()),
    }
}

/// Everything without hooks, at once: static components on all cores, helm
/// as often at a time as [`Tools`] allows.
async fn generate_rest(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    visits: &[Arc<Visit>],
    contents: &mut [Option<Content>],
) -> Result<(), Error> {
    let open = |generator| {
        let open = visits.iter().enumerate().zip(contents.iter());
        open.filter(move |((_, visit), content)| {
            content.is_none() && visit.component.generator == generator
        })
        .map(|((at, visit), _)| (at, Arc::clone(visit)))
        .collect::<Vec<_>>()
    };
    let (charts, statics) = (open(Generator::Helm), open(Generator::Static));
    let numbers: Vec<usize> = charts.iter().chain(&statics).map(|&(at, _)| at).collect();

    let shared = Arc::clone(reader);
    let statics = off_thread(move || {
        parallel::map(&statics, BLOCK, |(_, visit)| {
            statics::generate(&shared, visit)
        })
    });
    let charts = join_all(
        charts
            .iter()
            .map(|(_, visit)| helm::generate(tools, reader, options, visit)),
    );
    let (charts, statics) = tokio::join!(charts, statics);

    let mut results: Vec<_> = numbers
        .into_iter()
        .zip(charts.into_iter().chain(statics))
        .collect();
    // The first failure in the order of the definition, whichever came first in time.
    results.sort_unstable_by_key(|&(at, _)| at);
    for (at, result) in results {
        contents[at] = Some(result?);
    }
    Ok(())
}

/// A warning, or this fault as an error, as the policy says.
fn doubtful(policy: Policy, component: &str, fault: Fault) -> Result<Finding, Error> {
    match policy {
        Policy::Refuse => Err(fault.of(component)),
        Policy::Warn => Ok(Finding::warning(component, fault.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_folder_is_the_environments_joined() {
        assert_eq!(output_folder(&[]), "common");
        assert_eq!(output_folder(&["prod".into(), "east".into()]), "prod-east");
    }
}
