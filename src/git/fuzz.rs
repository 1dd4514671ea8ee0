//! Doors for the fuzz targets to what reads a server's answers.
//!
//! Owns nothing: each function hands bytes to a reader and its verdict back as
//! values that a target can compare. Compiled with the feature `fuzz` only.

use super::advertisement::Advertisement;
use super::error::Fault;
use super::pack_guard::{Guard, Limits};
use super::pkt::{Decoder, Pkt};
use super::report::{self, Verdict};

/// Small enough that a fuzzer meets each of them.
const LIMITS: Limits = Limits {
    pack: 64 * 1024,
    objects: 64,
    object: 256 * 1024,
};

/// What the guard says of a pack that arrives in these pieces.
///
/// # Errors
/// The message of the refusal.
pub fn pack_guard<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> Result<(), String> {
    let mut guard = Guard::new(LIMITS);
    for piece in pieces {
        guard.feed(piece).map_err(|fault| fault.to_string())?;
    }
    Ok(())
}

/// The content of packets; `None` is a flush.
pub type Packets = Vec<Option<Vec<u8>>>;

/// The packets in a body that arrives in these pieces, and the
/// bytes that are left; `None` when it is not pkt-lines.
pub fn pkt_lines<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> Option<(Packets, Vec<u8>)> {
    let mut decoder = Decoder::default();
    let mut packets = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        while let Some(packet) = decoder.next().ok()? {
            packets.push(match packet {
                Pkt::Data(data) => Some(data.to_vec()),
                Pkt::Flush => None,
            });
        }
    }
    Some((packets, decoder.take_rest().to_vec()))
}

/// What a list of references comes to.
#[derive(Debug)]
pub struct References {
    /// The default branch.
    pub default: Option<String>,
    /// The branch and its tip that a run without `branch` would publish to.
    pub chosen: Option<(String, Option<String>)>,
    /// The number of different tips.
    pub tips: usize,
    /// Whether there is a tip of the default branch.
    pub has_default_tip: bool,
}

/// Reads the references that a server lists, in packets or as `git ls-remote`
/// prints them.
///
/// # Errors
/// The message of the refusal.
pub fn references(body: &[u8], printed: bool) -> Result<References, String> {
    let shown = |fault: Fault| fault.to_string();
    let list = if printed {
        Advertisement::listed(&String::from_utf8_lossy(body)).map_err(shown)?
    } else {
        let mut list = Advertisement::default();
        for packet in super::pkt::all(body).unwrap_or_default() {
            list.take(&packet).map_err(shown)?;
        }
        list
    };
    let chosen = list.choose(None).ok();
    Ok(References {
        default: list.default_branch(),
        chosen: chosen.map(|(name, tip, _)| (name, tip.map(|id| id.to_string()))),
        tips: list.every_tip().len(),
        has_default_tip: list.default_tip().is_some(),
    })
}

/// What the answer to a push comes to: `None` when the branch moved.
pub fn push_report(body: &[u8], reference: &str) -> Option<String> {
    match report::read(body, reference) {
        Verdict::Landed => None,
        Verdict::Unknown(why) => Some(why),
        Verdict::Silent => Some("silent".to_owned()),
        Verdict::Refused(fault) => Some(fault.to_string()),
    }
}
