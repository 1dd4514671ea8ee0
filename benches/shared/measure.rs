//! What the measurements share: running a program with its time and memory,
//! medians, and words for figures.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How one run of a program went.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// From before the start until it has ended.
    pub time: Duration,
    /// The most memory that it had in use, where the system tells (Linux).
    pub peak: Option<u64>,
}

/// Runs a program that must succeed.
pub fn run(command: &mut Command) -> Run {
    let start = Instant::now();
    let child = command.spawn().expect("the program starts");
    let id = child.id();
    let watcher = std::thread::spawn(move || peak(id));
    let time = finish(child, start);
    Run {
        time,
        peak: watcher.join().expect("the watcher ends"),
    }
}

/// Runs a program that must succeed, with nobody looking.
pub fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    finish(command.spawn().expect("the program starts"), start)
}

fn finish(child: Child, start: Instant) -> Duration {
    let output = child.wait_with_output().expect("the program ends");
    let time = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "it failed: {said}");
    time
}

/// The high-water mark of a process's memory, read until it has ended.
fn peak(id: u32) -> Option<u64> {
    let mut peak = None;
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let Some(kib) = line.and_then(|line| line.trim().strip_suffix(" kB")) else {
            break;
        };
        peak = kib.trim().parse::<u64>().ok().map(|kib| kib * 1024);
        std::thread::sleep(Duration::from_millis(1));
    }
    peak
}

/// The middle one.
pub fn median<T: Copy + Ord>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// The smallest one.
pub fn best<T: Copy + Ord>(values: impl IntoIterator<Item = T>) -> T {
    values.into_iter().min().expect("something was measured")
}

/// Milliseconds with one digit after the point.
pub fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
