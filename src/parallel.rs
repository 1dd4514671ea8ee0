//! The same work on many items, on as many threads as there are cores.
//!
//! Owns the threads. Results come back in the order of the items. For work that
//! blocks or computes; work that waits belongs on the runtime. [`blocking`] is
//! the one way from the runtime to a thread that may block.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs work that blocks or computes on a thread of its own. A panic in it
/// continues in the caller.
#[expect(clippy::disallowed_methods, reason = "the one way to such a thread")]
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is being shut down, and drops the caller next.
            Err(_cancelled) => std::future::pending().await,
        },
    }
}

/// `work` on every item. A thread takes `block` items at a time, and fewer are
/// not worth one.
pub fn map<T: Sync, R: Send>(items: &[T], block: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let worth = items.len() / block;
    if worth < 2 {
        return items.iter().map(work).collect();
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(8).min(worth);
    let next = AtomicUsize::new(0);
    // Each thread keeps its results to itself until the end: handing them over
    // one by one costs more than the work on a small file.
    let take = || {
        let mut done = Vec::with_capacity(items.len() / threads);
        while let Some((first, taken)) = claim(&next, items, block) {
            let results = taken.iter().map(&work).enumerate();
            done.extend(results.map(|(i, result)| (first + i, result)));
        }
        done
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    results.sort_unstable_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The next items that nobody works on yet, and where they begin. Neighbours
/// stay together, since they share a folder that threads would wait for.
fn claim<'i, T>(next: &AtomicUsize, items: &'i [T], block: usize) -> Option<(usize, &'i [T])> {
    let first = next.fetch_add(block, Ordering::Relaxed);
    let rest = items.get(first..).filter(|rest| !rest.is_empty())?;
    Some((first, &rest[..rest.len().min(block)]))
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(super::map(&items, 8, |i| i * 2)[..3], [0, 2, 4]);
        assert_eq!(super::map(&items, 64, |i| *i), items);
    }
}
