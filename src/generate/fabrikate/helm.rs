//! Helm components, rendered by helm itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::walk::Visit;
use super::{Content, Error, Fault, Options, doubtful, off_thread, rendered};
use crate::generate::helm::{Places, check_chart, copy_chart, unpack_chart};
use crate::generate::reading::Reader;
use crate::model::Finding;
use crate::source::Kind;
use crate::text::yaml::{self, Value};
use crate::tools::{Invocation, Tools};

/// How many lines of output an error quotes.
const TAIL: usize = 20;

/// Renders a component's chart and cleans the result.
pub(super) async fn generate(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    visit: &Arc<Visit>,
) -> Result<Content, Error> {
    let wrap = |fault: Fault| fault.of(&visit.label);
    let chart = visit.component.chart(&visit.folder);
    let shown = reader.show(&chart);
    let prepared = {
        let (reader, tools, shown) = (Arc::clone(reader), tools.clone(), shown.clone());
        off_thread(move || prepare(&tools, &reader, chart, &shown))
    };
    let prepared = prepared.await.map_err(wrap)?;
    let release = &visit.component.name;
    if release.starts_with('-') {
        return Err(wrap(Fault::ReleaseName(release.clone())));
    }

    let helm = crate::generate::helm::program(tools).await;
    let helm = helm.map_err(|error| wrap(error.into()))?;
    options.record_program("helm", &helm);
    let values = tools.private_file(".yaml", values(visit).as_bytes());
    let values = values.map_err(|error| wrap(error.into()))?;
    let invocation = Invocation::new(helm)
        .arg("template")
        .arg(release)
        .arg(&prepared.chart)
        .reads(&prepared.chart)
        .arg("--values")
        .arg(&*values)
        .reads(values.to_path_buf())
        .arg("--namespace")
        .arg(namespace(visit));
    let output = tools
        .run(&invocation)
        .await
        .map_err(|error| wrap(error.into()))?;
    let plain = |text: &str| {
        let configuration = (values.display().to_string(), "the configuration".to_owned());
        let mut names = prepared.places.names(&prepared.chart);
        names.push(configuration);
        let text = names.iter().fold(text.to_owned(), |text, (path, name)| {
            text.replace(path, name)
        });
        reader.in_text(&text)
    };
    let stderr = output.stderr_lines();
    if !output.status.success() {
        return Err(wrap(Fault::HelmFailed {
            missing: prepared.folder.is_none(),
            output: plain(&output.tail(TAIL)),
            chart: shown,
            release: release.clone(),
            status: output.status,
        }));
    }
    let mut findings: Vec<Finding> = stderr
        .into_iter()
        .map(|line| Finding::warning(&visit.label, format!("helm: {}", plain(&line))))
        .collect();
    findings.extend(prepared.findings);
    let cleaned = {
        let (visit, shown) = (Arc::clone(visit), shown.clone());
        off_thread(move || rendered::clean(&output.stdout, &visit, &shown)).await
    };
    let (text, documents, more) = cleaned.map_err(wrap)?;
    findings.extend(more);
    if documents == 0 {
        findings.push(doubtful(
            options.empty_chart,
            &visit.label,
            Fault::EmptyChart(shown),
        )?);
    }
    Ok(Content {
        text,
        findings,
        starts: Vec::new(),
    })
}

/// A chart as helm gets it.
struct Prepared {
    chart: PathBuf,
    places: Places,
    findings: Vec<Finding>,
    /// The private folder that the chart is in; none when there is no chart,
    /// which helm explains.
    folder: Option<TempDir>,
}

fn prepare(tools: &Tools, reader: &Reader, chart: PathBuf, shown: &str) -> Result<Prepared, Fault> {
    let folder = tools.private_folder()?;
    let copy = match reader.kind(&chart)? {
        Some(Kind::Folder) => {
            // At the same place: without a name, a chart is called by its folder.
            let position = reader.below_root(&chart);
            let copy = folder.path().join(position.unwrap_or(Path::new("chart")));
            copy_chart(reader, &chart, &copy)?;
            copy
        }
        Some(_) => {
            let packed = reader.content(&chart)?;
            unpack_chart(&packed, folder.path(), shown)?
        }
        None => {
            return Ok(Prepared {
                chart,
                places: Places::of(shown),
                findings: Vec::new(),
                folder: None,
            });
        }
    };
    let mut places = Places::of(shown);
    Ok(Prepared {
        findings: check_chart(&copy, &mut places)?,
        places,
        chart: copy,
        folder: Some(folder),
    })
}

fn namespace(visit: &Visit) -> &str {
    match visit.config.namespace.as_str() {
        "" => "default",
        namespace => namespace,
    }
}

/// The values file: the component's own configuration and nothing else.
fn values(visit: &Visit) -> String {
    let values = visit.config.values.iter();
    let pairs = values.map(|(key, value)| (Value::Str(key.clone()), value.clone()));
    yaml::emit(&Value::Map(pairs.collect()))
}
