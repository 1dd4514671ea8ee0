//! Looks at a pack while it arrives, before libgit2 does, and stops what is
//! larger than it may be: a small pack can unfold to any size.

use flate2::{Decompress, FlushDecompress, Status};

use super::error::Fault;

const DOING: &str = "reading the objects";

/// What a pack may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes on the wire and on disk.
    pub(super) pack: u64,
    /// Objects.
    pub(super) objects: u32,
    /// Unfolded size of one object.
    pub(super) object: u64,
}

impl Limits {
    /// For trees and commits, or ledgers.
    pub(super) const FILTERED: Self = Self {
        pack: 256 << 20,
        objects: 4_000_000,
        object: 64 << 20,
    };
    /// For whole repositories at one commit.
    pub(super) const WHOLE: Self = Self {
        pack: 4 << 30,
        objects: 8_000_000,
        object: 512 << 20,
    };
}

enum State {
    Header(Vec<u8>),
    Entry(Vec<u8>),
    Base { left: usize, delta: bool },
    OffsetBase,
    Data { delta: Option<Vec<u8>> },
    Trailer,
}

/// Follows the structure of one pack.
pub(super) struct Guard {
    limits: Limits,
    state: State,
    inflate: Decompress,
    scratch: Vec<u8>,
    seen: u64,
    objects_left: u32,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Header(Vec::with_capacity(12)),
            inflate: Decompress::new(true),
            scratch: vec![0; 16 * 1024],
            seen: 0,
            objects_left: 0,
        }
    }

    /// Takes the next piece of the pack.
    pub(super) fn feed(&mut self, mut piece: &[u8]) -> Result<(), Fault> {
        self.seen += piece.len() as u64;
        if self.seen > self.limits.pack {
            return Err(too_big("the repository", self.limits.pack));
        }
        while !piece.is_empty() {
            if matches!(self.state, State::Trailer) {
                return Ok(());
            }
            if matches!(self.state, State::Data { .. }) {
                piece = self.data(piece)?;
            } else {
                self.byte(piece[0])?;
                piece = &piece[1..];
            }
        }
        Ok(())
    }

    /// Everything between the compressed parts comes byte by byte.
    fn byte(&mut self, byte: u8) -> Result<(), Fault> {
        match &mut self.state {
            State::Header(head) => {
                head.push(byte);
                if head.len() == 12 {
                    let head = std::mem::take(head);
                    self.header(&head)?;
                }
            }
            State::Entry(head) => {
                head.push(byte);
                if head.len() > 10 {
                    return Err(damaged());
                }
                if byte & 0x80 == 0 {
                    let head = std::mem::take(head);
                    self.entry(&head)?;
                }
            }
            State::Base { left, delta } => {
                *left -= 1;
                if *left == 0 {
                    self.state = State::Data {
                        delta: delta.then(Vec::new),
                    };
                }
            }
            State::OffsetBase if byte & 0x80 == 0 => {
                self.state = State::Data {
                    delta: Some(Vec::new()),
                };
            }
            State::OffsetBase | State::Data { .. } | State::Trailer => {}
        }
        Ok(())
    }

    fn header(&mut self, head: &[u8]) -> Result<(), Fault> {
        if !head.starts_with(b"PACK\0\0\0\x02") {
            return Err(damaged());
        }
        let count = head[8..12]
            .iter()
            .fold(0, |count, &byte| count << 8 | u32::from(byte));
        if count > self.limits.objects {
            return Err(Fault::TooBig {
                what: "the number of objects",
                limit: format!("{} objects", self.limits.objects),
            });
        }
        self.objects_left = count;
        self.next_entry();
        Ok(())
    }

    fn next_entry(&mut self) {
        self.inflate.reset(true);
        self.state = match self.objects_left.checked_sub(1) {
            Some(left) => {
                self.objects_left = left;
                State::Entry(Vec::with_capacity(10))
            }
            None => State::Trailer,
        };
    }

    fn entry(&mut self, head: &[u8]) -> Result<(), Fault> {
        let mut size = u64::from(head[0] & 0x0f);
        for (index, byte) in head[1..].iter().enumerate() {
            let shift = 4 + 7 * u32::try_from(index).map_err(|_| damaged())?;
            size |= u64::from(byte & 0x7f)
                .checked_shl(shift)
                .ok_or_else(damaged)?;
        }
        self.check_size(size)?;
        self.state = match head[0] >> 4 & 7 {
            1..=4 => State::Data { delta: None },
            6 => State::OffsetBase,
            7 => State::Base {
                left: 20,
                delta: true,
            },
            _ => return Err(damaged()),
        };
        Ok(())
    }

    fn check_size(&self, size: u64) -> Result<(), Fault> {
        if size > self.limits.object {
            return Err(too_big("an object", self.limits.object));
        }
        Ok(())
    }

    /// Unfolds compressed bytes to find their end; gives back the rest.
    fn data<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], Fault> {
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(piece, &mut self.scratch, FlushDecompress::None)
            .map_err(|_| damaged())?;
        let taken = usize::try_from(self.inflate.total_in() - before_in).map_err(|_| damaged())?;
        let made = usize::try_from(self.inflate.total_out() - before_out).map_err(|_| damaged())?;
        self.check_size(self.inflate.total_out())?;
        if let State::Data { delta: Some(start) } = &mut self.state {
            let room = 20_usize.saturating_sub(start.len()).min(made);
            start.extend_from_slice(&self.scratch[..room]);
        }
        if status == Status::StreamEnd {
            if let State::Data { delta: Some(start) } = &self.state {
                let result = delta_result_size(start).ok_or_else(damaged)?;
                self.check_size(result)?;
            }
            self.next_entry();
        } else if taken == 0 && made == 0 {
            return Err(damaged());
        }
        Ok(&piece[taken..])
    }
}

/// The second of the two sizes that a delta starts with.
fn delta_result_size(start: &[u8]) -> Option<u64> {
    let mut bytes = start.iter();
    let mut number = || {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = *bytes.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    number()?;
    number()
}

fn damaged() -> Fault {
    Fault::protocol(DOING, "the pack is damaged")
}

fn too_big(what: &'static str, limit: u64) -> Fault {
    Fault::TooBig {
        what,
        limit: format!("{} MiB", limit >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn pack(entries: &[(u8, u64, &[u8])]) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&u32::try_from(entries.len()).unwrap().to_be_bytes());
        for (kind, size, content) in entries {
            let mut byte = kind << 4 | u8::try_from(size & 15).unwrap();
            let mut rest = size >> 4;
            while rest > 0 {
                pack.push(byte | 0x80);
                byte = u8::try_from(rest & 0x7f).unwrap();
                rest >>= 7;
            }
            pack.push(byte);
            if *kind == 7 {
                pack.extend_from_slice(&[0; 20]);
            }
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            zlib.write_all(content).unwrap();
            pack.extend_from_slice(&zlib.finish().unwrap());
        }
        pack.extend_from_slice(&[0; 20]);
        pack
    }

    const SMALL: Limits = Limits {
        pack: 10_000,
        objects: 3,
        object: 1000,
    };

    #[test]
    fn honest_packs_pass_in_pieces_of_any_size() {
        let pack = pack(&[(3, 5, b"hello"), (7, 4, &[5, 6, 0x90, 5]), (2, 0, b"")]);
        for size in [1, 7, 1000] {
            let mut guard = Guard::new(SMALL);
            pack.chunks(size)
                .for_each(|piece| guard.feed(piece).unwrap());
            assert!(matches!(guard.state, State::Trailer));
        }
    }

    #[rstest::rstest]
    #[case(&pack(&[(3, 5000, b"x")]), "an object")]
    #[case(&pack(&[(3, 5, &[0; 5000])]), "an object")]
    #[case(&pack(&[(7, 5, &[5, 0xff, 0xff, 0xff, 0x7f])]), "an object")]
    #[case(&pack(&[(3, 0, b"".as_slice()); 4]), "the number of objects")]
    #[case(&vec![0; 20_000], "the repository")]
    #[case(b"not a pack at all", "damaged")]
    fn bombs_are_stopped(#[case] pack: &[u8], #[case] reason: &str) {
        let error = Guard::new(SMALL).feed(pack).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
