//! The debug log: `tracing` events through the reporter, so that it hides
//! secrets like everything else.

use std::fmt::Write as _;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, Registry};

use crate::agent::Environment;
use crate::agent::env::{GITOPS_LOG, SYSTEM_DEBUG};
use crate::report::Reporter;

/// Starts the debug log when somebody wants to see it.
pub(super) fn install(reporter: &Arc<Reporter>, environment: &Environment, verbose: bool) {
    let diagnostics = environment
        .get(SYSTEM_DEBUG)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let filter = match environment.get(GITOPS_LOG) {
        Some(filter) => filter.to_owned(),
        None if verbose || diagnostics => "gitops_publisher=debug".to_owned(),
        None => return,
    };
    let filter = match EnvFilter::try_new(&filter) {
        Ok(filter) => filter,
        Err(error) => {
            return reporter.warning(&format!(
                "{GITOPS_LOG} is {filter:?}, which is not a filter: {error}"
            ));
        }
    };
    let layer = ReporterLayer(Arc::clone(reporter)).with_filter(filter);
    // Fails only when a log is installed already, which then serves as well.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

/// Hands every event to the reporter.
struct ReporterLayer(Arc<Reporter>);

impl<S: tracing::Subscriber> Layer<S> for ReporterLayer {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        self.0.debug(&format!("{}{}", text.message, text.fields));
    }
}

/// The text of an event: its message, then its fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
