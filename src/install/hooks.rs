//! Hooks: shell lines that a component runs around its installation.

use std::path::Path;

use super::{Fault, HookPolicy, Surroundings};
use crate::tools::{Invocation, Tools};

/// How many lines of output an error quotes.
const TAIL: usize = 20;
/// How many lines of output are shown of a line that succeeds.
const SHOWN: usize = 200;

/// Runs the lines one by one in the component's folder and tells what they write;
/// the first that fails ends it. They may write anywhere below `root`.
pub(super) async fn run(
    tools: &Tools,
    around: &dyn Surroundings,
    policy: HookPolicy,
    (root, folder): (&Path, &Path),
    hook: &'static str,
    lines: &[String],
) -> Result<(), Fault> {
    if !lines.is_empty() && policy == HookPolicy::Refuse {
        return Err(Fault::HookRefused(hook));
    }
    for line in lines {
        let invocation = Invocation::new(tools.find("sh")?)
            .arg("-c")
            .arg(line)
            .directory(folder)
            .writes(root)
            .on_network();
        let output = tools.run(&invocation).await?;
        if !output.status.success() {
            return Err(Fault::HookFailed {
                hook,
                line: line.clone(),
                status: output.status,
                tail: output.tail(TAIL),
            });
        }
        for text in output.tail(SHOWN).lines() {
            around.tell(&format!("{hook}: {text}"));
        }
    }
    Ok(())
}
