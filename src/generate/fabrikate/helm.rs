//! Helm components, rendered by helm itself.

use std::sync::Arc;

use super::walk::Visit;
use super::{Content, Error, Fault, Options, doubtful, off_thread, rendered};
use crate::generate::reading::Reader;
use crate::model::Finding;
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
    let prepared = {
        let (reader, chart) = (Arc::clone(reader), chart.clone());
        off_thread(move || reader.check_below(&chart))
    };
    prepared.await.map_err(wrap)?;
    let release = &visit.component.name;
    if release.starts_with('-') {
        return Err(wrap(Fault::ReleaseName(release.clone())));
    }

    let helm = crate::generate::helm::program(tools).await;
    let helm = helm.map_err(|error| wrap(error.into()))?;
    let values = tools.private_file(".yaml", values(visit).as_bytes());
    let values = values.map_err(|error| wrap(error.into()))?;
    let invocation = Invocation::new(helm)
        .arg("template")
        .arg(release)
        .arg(&chart)
        .arg("--values")
        .arg(&*values)
        .arg("--namespace")
        .arg(namespace(visit));
    let output = tools
        .run(&invocation)
        .await
        .map_err(|error| wrap(error.into()))?;
    let stderr = output.stderr_lines();
    if !output.status.success() {
        return Err(wrap(Fault::HelmFailed {
            missing: !chart.exists(),
            chart: reader.show(&chart),
            release: release.clone(),
            status: output.status,
            output: output.tail(TAIL),
        }));
    }
    let mut findings: Vec<Finding> = stderr
        .into_iter()
        .map(|line| Finding::warning(&visit.label, format!("helm: {line}")))
        .collect();
    let shown = reader.show(&chart);
    let cleaned = {
        let (visit, shown) = (Arc::clone(visit), shown.clone());
        off_thread(move || rendered::clean(&output.stdout, &visit, &shown)).await
    };
    let (content, documents, more) = cleaned.map_err(wrap)?;
    findings.extend(more);
    if documents == 0 {
        findings.push(doubtful(
            options.empty_chart,
            &visit.label,
            Fault::EmptyChart(shown),
        )?);
    }
    Ok((content, findings))
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
