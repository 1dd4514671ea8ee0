//! Running until done or told to stop.
//!
//! Cancelling is dropping: child processes are killed and temporary folders
//! removed by their owners' destructors. The agent gives 7.5 seconds between
//! its first signal and the next.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::error::{Error, Kind};
use crate::report::Reporter;

/// How the work ended.
pub(super) enum Outcome {
    /// By itself, with this exit code.
    Done(Result<u8, Error>),
    /// By a signal; the exit code for it.
    Cancelled(u8),
}

/// How long threads that cannot be interrupted may take to finish.
const GRACE: Duration = Duration::from_secs(5);

/// Runs `work` on a runtime of its own.
///
/// `with_parent` ends it too when the process that started us goes away: the
/// agent kills the launcher alone, and an orphan must not go on publishing.
pub(super) fn block_on(
    work: impl Future<Output = Result<u8, Error>>,
    with_parent: bool,
) -> Outcome {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return Outcome::Done(Err(
                Error::new(Kind::Internal, error).context("cannot start the runtime")
            ));
        }
    };
    let outcome = runtime.block_on(async {
        // In this order, so that signals are listened to before the work
        // starts its first program.
        tokio::select! {
            biased;
            code = signal() => Outcome::Cancelled(code),
            () = orphaned(), if with_parent => Outcome::Cancelled(143),
            result = AssertUnwindSafe(work).catch_unwind() => Outcome::Done(
                result.unwrap_or_else(|panic| Err(defect(panic.as_ref()))),
            ),
        }
    });
    runtime.shutdown_timeout(GRACE);
    outcome
}

/// Sends what a panic says through the reporter: it may quote a secret.
pub(super) fn report_panics(reporter: &Arc<Reporter>) {
    let reporter = Arc::clone(reporter);
    std::panic::set_hook(Box::new(move |info| reporter.debug(&info.to_string())));
}

/// The error that a panic is shown as.
fn defect(panic: &(dyn Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given");
    Error::message(
        Kind::Internal,
        format!("gitops-publisher has a defect and stopped: {said}"),
    )
    .hint("run it again with `--verbose` (in a pipeline: `System.Debug: true`), and report the line that begins with `panicked at`")
}

/// Waits for the signal to stop; gives the exit code that goes with it.
#[cfg(unix)]
async fn signal() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).ok();
    let wait = |listener: Option<tokio::signal::unix::Signal>| async {
        match listener {
            Some(mut listener) => {
                listener.recv().await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(listen(SignalKind::interrupt())) => 130,
        () = wait(listen(SignalKind::terminate())) => 143,
        () = wait(listen(SignalKind::hangup())) => 129,
    }
}

/// Waits for the console event to stop.
#[cfg(windows)]
async fn signal() -> u8 {
    let ctrl_break = async {
        match tokio::signal::windows::ctrl_break() {
            Ok(mut listener) => {
                listener.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => 130,
        () = ctrl_break => 143,
    }
}

/// Waits until the parent process is another one than at the start.
#[cfg(unix)]
async fn orphaned() {
    let parent = std::os::unix::process::parent_id();
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    while std::os::unix::process::parent_id() == parent {
        tick.tick().await;
    }
}

/// On Windows the agent ends the whole process tree.
#[cfg(windows)]
async fn orphaned() {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_words_and_a_hint() {
        let work = async { crate::parallel::blocking(|| panic!("index {} is missing", 7)).await };
        let Outcome::Done(Err(error)) = block_on(work, false) else {
            panic!("it ended well")
        };
        assert_eq!(error.kind(), Kind::Internal);
        assert_eq!(
            error.to_string(),
            "gitops-publisher has a defect and stopped: index 7 is missing"
        );
        assert!(error.all_hints()[0].contains("--verbose"));
    }
}
