//! The same work on many items, on as many threads as there are cores.
//!
//! Owns the threads. Results come back in the order of the items.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer items than this are not worth a thread.
const WORTH_A_THREAD: usize = 64;

/// How many items a thread takes at a time.
const BLOCK: usize = 64;

/// `work` on every item.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let worth = items.len() / WORTH_A_THREAD;
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
        while let Some((first, block)) = claim(&next, items) {
            let results = block.iter().map(&work).enumerate();
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
fn claim<'i, T>(next: &AtomicUsize, items: &'i [T]) -> Option<(usize, &'i [T])> {
    let first = next.fetch_add(BLOCK, Ordering::Relaxed);
    let rest = items.get(first..).filter(|rest| !rest.is_empty())?;
    Some((first, &rest[..rest.len().min(BLOCK)]))
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(super::map(&items, |i| i * 2)[..3], [0, 2, 4]);
        assert_eq!(super::map(&items, |i| *i), items);
    }
}
