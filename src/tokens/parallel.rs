//! The same work on many items, on as many threads as there are cores.
//!
//! Owns the threads. Results come back in the order of the items.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer items than this are not worth a thread.
const WORTH_A_THREAD: usize = 16;

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
        while let Some((i, item)) = claim(&next, items) {
            done.push((i, work(item)));
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

/// The next item that nobody works on yet.
fn claim<'i, T>(next: &AtomicUsize, items: &'i [T]) -> Option<(usize, &'i T)> {
    let i = next.fetch_add(1, Ordering::Relaxed);
    items.get(i).map(|item| (i, item))
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
