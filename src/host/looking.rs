//! Writes that would do their work twice when they are sent twice.

use super::fault::Fault;
use crate::http::Retry;

/// Writes once. When the answer is lost, looks whether it was done before
/// writing again; as often as `retry` says.
pub(super) async fn write<T, W, L>(
    retry: &Retry,
    write: impl Fn() -> W,
    look: impl Fn() -> L,
) -> Result<T, Fault>
where
    W: Future<Output = Result<T, Fault>>,
    L: Future<Output = Result<Option<T>, Fault>>,
{
    let mut backoff = retry.start();
    loop {
        let lost = match write().await {
            Err(lost @ Fault::Unknown { .. }) => lost,
            other => return other,
        };
        // The server may still be at it: the pause comes before the look.
        let pause = backoff.pause(None);
        tokio::time::sleep(pause.unwrap_or_default()).await;
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if pause.is_none() {
            return Err(lost);
        }
    }
}
