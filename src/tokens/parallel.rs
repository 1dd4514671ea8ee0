//! The same work on many items, on as many threads as there are cores.
//!
//! Owns the threads. Results come back in the order of the items.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Fewer items than this are not worth a thread.
const WORTH_A_THREAD: usize = 16;

/// `work` on every item.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(8).min(items.len() / WORTH_A_THREAD);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<R>> = Vec::new();
    results.resize_with(items.len(), || None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(i) else {
                        return;
                    };
                    // The receiver outlives the threads.
                    let _ = sender.send((i, work(item)));
                }
            });
        }
        drop(sender);
        for (i, result) in receiver {
            results[i] = Some(result);
        }
    });
    results.into_iter().flatten().collect()
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
