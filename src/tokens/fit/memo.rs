//! Templates that were read before.
//!
//! Owns nothing but speed: the environments of a run share their source, so one
//! reading of a file serves all of them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::read::{self, Reading, Unread};
use super::template::Template;

/// So much text is remembered; then it begins from nothing.
const MOST: usize = 32 << 20;

#[derive(Default)]
struct Memory {
    readings: HashMap<String, Arc<Reading>>,
    bytes: usize,
}

static MEMORY: LazyLock<Mutex<Memory>> = LazyLock::new(Mutex::default);

/// Reads a template.
pub(super) fn read(template: &Template) -> Result<Arc<Reading>, Unread> {
    let memory = || MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(reading) = memory().readings.get(&template.text) {
        return Ok(Arc::clone(reading));
    }
    let reading = Arc::new(read::read(&template.text, Some(template))?);
    let mut memory = memory();
    let size = template.text.len();
    if memory.bytes + size > MOST {
        *memory = Memory::default();
    }
    if size <= MOST {
        memory.bytes += size;
        let key = template.text.clone();
        memory.readings.insert(key, Arc::clone(&reading));
    }
    Ok(reading)
}
