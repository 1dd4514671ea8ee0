//! Hooks: shell lines that a component runs around its generation.

use super::walk::Visit;
use super::{Error, Fault, Options};
use crate::generate::HookPolicy;
use crate::generate::reading::Reader;
use crate::tools::{Invocation, Tools};

/// How many lines of output an error quotes.
const TAIL: usize = 20;

/// How many lines of output are shown in the verbose log.
const SHOWN: usize = 200;

/// Runs the lines one by one in the component's folder; the first that fails
/// ends it. They may read and write anywhere in the checkout.
pub(super) async fn run(
    tools: &Tools,
    reader: &Reader,
    options: &Options,
    visit: &Visit,
    hook: &'static str,
    lines: &[String],
) -> Result<(), Error> {
    let wrap = |fault: Fault| fault.of(&visit.label);
    if !lines.is_empty() && options.hooks == HookPolicy::Refuse {
        return Err(wrap(Fault::HookRefused(hook)));
    }
    for line in lines {
        // What it reads is not known; that it ran is.
        options.record(&format!("hook {hook} of {}", visit.label), line.as_bytes());
        let shell = tools.find("sh").map_err(|error| wrap(error.into()))?;
        let invocation = Invocation::new(shell)
            .arg("-c")
            .arg(line)
            .directory(&visit.folder)
            .on_network();
        let invocation = reader.roots().fold(invocation, Invocation::writes);

        let output = tools
            .run(&invocation)
            .await
            .map_err(|error| wrap(error.into()))?;
        if !output.status.success() {
            return Err(wrap(Fault::HookFailed {
                hook,
                line: line.clone(),
                status: output.status,
                tail: reader.in_text(&output.tail(TAIL)),
            }));
        }
        for text in output.tail(SHOWN).lines() {
            tracing::debug!(component = visit.label, hook, "{text}");
        }
    }
    Ok(())
}
