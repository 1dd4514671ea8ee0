//! What was published, attached to the build: later jobs, checks and the connector
//! find it there.

use serde_json::Value;

use crate::agent::Environment;
use crate::agent::env::SYSTEM_TASKINSTANCEID;
use crate::error::Error;
use crate::report::{Aim, PUBLISHED, Reporter, RunReport, published, write_attachment};
use crate::settings::Settings;

use super::connect::Connector;
use super::run::seconds;

/// Attaches what a run published; at a terminal there is no build.
pub(super) fn attach(
    report: &RunReport,
    settings: &Settings,
    connector: &Connector,
    environment: &Environment,
    reporter: &Reporter,
) {
    if !environment.is_pipeline() {
        return;
    }
    let aim = |name: &str| {
        let mut all = settings.environments.iter();
        let own = all.find(|own| own.name == name);
        let target = own.and_then(|own| own.target.as_ref());
        let location = target.and_then(|target| connector.locate(target).ok());
        Aim {
            host: location.map_or_else(String::new, |location| location.kind.to_string()),
            source_commit: report
                .source_commit
                .clone()
                .or_else(|| own?.made_from.commit.clone()),
            wait_for: own.map(|own| own.wait.names()).unwrap_or_default(),
        }
    };
    let Some(mut value) = published(report, seconds(), &aim) else {
        return;
    };
    hide(&mut value, reporter);
    let name = environment.get(SYSTEM_TASKINSTANCEID);
    let name: String = name
        .unwrap_or("gitops")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    match write_attachment(
        &environment.temp_root(),
        &format!("{PUBLISHED}-{name}"),
        &format!("{value:#}\n"),
    ) {
        Ok(path) => reporter.attachment(PUBLISHED, &name, &path.to_string_lossy()),
        // The work is done, and the log tells of it.
        Err(error) => reporter.warning(&format!(
            "what was published is not attached to the build: {}",
            Error::from(error)
        )),
    }
}

/// The agent masks no file. Text by text, so that the form stays.
fn hide(value: &mut Value, reporter: &Reporter) {
    match value {
        Value::String(text) => *text = reporter.hidden(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, reporter)),
        Value::Object(fields) => fields.values_mut().for_each(|field| hide(field, reporter)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
