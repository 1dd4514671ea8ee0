//! How much is read at most, of one file and of everything together.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Error;

/// The bounds of one run. They are far above what real sources have; what they
/// stop is a source that was made to be endless.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file: u64,
    /// All files together, in bytes; a file that is read twice counts twice.
    pub total: u64,
    /// All entries of all folders.
    pub entries: u64,
    /// How deep folders nest.
    pub depth: usize,
    /// The time spent waiting for the file system.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 64 << 20,
            total: 16 << 30,
            entries: 2_000_000,
            depth: 64,
            time: Duration::from_mins(10),
        }
    }
}

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    bytes: AtomicU64,
    entries: AtomicU64,
    nanoseconds: AtomicU64,
}

/// Counts the time until it is dropped.
pub(super) struct Timed<'b>(&'b Budget, Instant);

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
        }
    }

    /// Counts what was read of a file.
    pub(super) fn read(&self, bytes: u64) -> Result<(), Error> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.limits.total {
            return Ok(());
        }
        let limit = self.limits.total;
        Err(Error::TooMuch(format!(
            "its files have more than {limit} bytes together"
        )))
    }

    /// Counts an entry of a folder.
    pub(super) fn entry(&self) -> Result<(), Error> {
        if self.entries.fetch_add(1, Ordering::Relaxed) < self.limits.entries {
            return Ok(());
        }
        let limit = self.limits.entries;
        Err(Error::TooMuch(format!(
            "its folders have more than {limit} entries together"
        )))
    }

    /// Counts time; refuses to go on when too much was spent.
    pub(super) fn timed(&self) -> Result<Timed<'_>, Error> {
        let spent = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        if spent <= self.limits.time {
            return Ok(Timed(self, Instant::now()));
        }
        let limit = self.limits.time.as_secs();
        Err(Error::TooMuch(format!(
            "the file system took more than {limit} s"
        )))
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        let spent = u64::try_from(self.1.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.nanoseconds.fetch_add(spent, Ordering::Relaxed);
    }
}

/// The whole file of about `size` bytes, or the size when it is larger than
/// `limit`. What grows while it is read is not read without end.
pub(super) fn whole(file: File, size: u64, limit: u64) -> io::Result<Result<Vec<u8>, u64>> {
    if size > limit {
        return Ok(Err(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let read = read as u64;
    Ok(if read > limit { Err(read) } else { Ok(bytes) })
}
