//! Pkt-lines: four hexadecimal digits of length, then the content.

use bytes::{Buf as _, Bytes, BytesMut};

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pkt {
    /// Content, line break included.
    Data(Bytes),
    /// `0000`, the end of a section.
    Flush,
}

impl Pkt {
    /// The content as text without its line break; empty for a flush.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Data(data) => String::from_utf8_lossy(data)
                .trim_end_matches('\n')
                .to_owned(),
            Self::Flush => String::new(),
        }
    }
}

/// Not a pkt-line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotPkt;

/// Turns pieces of any size into packets.
#[derive(Default)]
pub(super) struct Decoder(BytesMut);

impl Decoder {
    /// Adds a piece.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// The next packet; `None` when more bytes are needed.
    pub(super) fn next(&mut self) -> Result<Option<Pkt>, NotPkt> {
        let Some(head) = self.0.get(..4) else {
            return Ok(None);
        };
        if !head.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotPkt);
        }
        let head = std::str::from_utf8(head).map_err(|_| NotPkt)?;
        match usize::from_str_radix(head, 16).map_err(|_| NotPkt)? {
            0 => {
                self.0.advance(4);
                Ok(Some(Pkt::Flush))
            }
            1..4 => Err(NotPkt),
            length if self.0.len() < length => Ok(None),
            length => {
                let mut packet = self.0.split_to(length);
                packet.advance(4);
                Ok(Some(Pkt::Data(packet.freeze())))
            }
        }
    }

    /// What has not been taken as packets yet.
    pub(super) fn take_rest(&mut self) -> Bytes {
        self.0.split().freeze()
    }
}

/// Every packet of a complete body; `None` when it is not pkt-lines.
pub(super) fn all(body: &[u8]) -> Option<Vec<Pkt>> {
    let mut decoder = Decoder::default();
    decoder.feed(body);
    let mut packets = Vec::new();
    while let Some(packet) = decoder.next().ok()? {
        packets.push(packet);
    }
    decoder.take_rest().is_empty().then_some(packets)
}

/// Appends one line as a packet. Lines are short; the format's limit is 65516.
pub(super) fn line(request: &mut Vec<u8>, text: &str) {
    request.extend_from_slice(format!("{:04x}{text}", text.len() + 4).as_bytes());
}

/// Appends a flush.
pub(super) fn flush(request: &mut Vec<u8>) {
    request.extend_from_slice(b"0000");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_survive_any_cut() {
        let mut body = Vec::new();
        line(&mut body, "hello\n");
        flush(&mut body);
        line(&mut body, "");
        let expected = vec![
            Pkt::Data("hello\n".into()),
            Pkt::Flush,
            Pkt::Data("".into()),
        ];
        assert_eq!(all(&body).unwrap(), expected);
        let mut decoder = Decoder::default();
        let mut seen = Vec::new();
        for byte in body {
            decoder.feed(&[byte]);
            seen.extend(decoder.next().unwrap());
        }
        assert_eq!(seen, expected);
    }

    #[rstest::rstest]
    #[case(b"<html>")]
    #[case(b"0002")]
    #[case(b"+123x")]
    fn other_bytes_are_no_packets(#[case] body: &[u8]) {
        assert_eq!(all(body), None);
    }
}
