//! One fetch: wants, depth and filter up, a pack down.
//!
//! The oldest protocol, because Azure DevOps speaks nothing newer: everything
//! is said in a single request that ends with `done` and offers no objects of
//! our own, so that no negotiation takes place.

use std::path::Path;

use bytes::Bytes;

use super::advertisement::Capabilities;
use super::error::Fault;
use super::intake::{Intake, Store};
use super::pack_guard::Limits;
use super::pkt::{self, Decoder, Pkt};
use super::report::tidy;
use crate::http::Response;
use crate::model::ObjectId;

const DOING: &str = "reading the objects";

/// What we name of what a server offers, as git itself does. Azure DevOps
/// answers 400 (TF401041) to clients that do not list `multi_ack`; servers
/// written on Dulwich insist on `thin-pack` and `ofs-delta`. No pack is thin for
/// a client that offers no objects of its own.
/// <https://git-scm.com/docs/protocol-capabilities>
const NAMED: [&str; 6] = [
    "multi_ack",
    "thin-pack",
    "ofs-delta",
    "side-band-64k",
    "no-progress",
    "filter",
];

/// What is asked for.
pub(super) struct Wants<'a> {
    /// Commits, or single objects.
    pub(super) ids: &'a [ObjectId],
    /// Commits below each wanted commit, itself included.
    pub(super) depth: Option<u32>,
    /// Objects to leave out, such as `blob:none`.
    pub(super) filter: Option<&'a str>,
    /// How much may come.
    pub(super) limits: Limits,
}

impl Wants<'_> {
    /// The request's body.
    pub(super) fn request(&self, server: &Capabilities) -> Vec<u8> {
        let mut list = String::new();
        for name in NAMED {
            let asked = match name {
                "filter" => self.filter.is_some(),
                // Azure DevOps, which offers no `ofs-delta`, was never asked for thin packs.
                "thin-pack" => server.has("ofs-delta"),
                _ => true,
            };
            if asked && server.has(name) {
                list.push(' ');
                list.push_str(name);
            }
        }
        let mut body = Vec::new();
        for id in self.ids {
            pkt::line(&mut body, &format!("want {id}{list}\n"));
            list.clear();
        }
        if let Some(depth) = self.depth.filter(|_| server.has("shallow")) {
            pkt::line(&mut body, &format!("deepen {depth}\n"));
        }
        if let Some(filter) = self.filter {
            pkt::line(&mut body, &format!("filter {filter}\n"));
        }
        pkt::flush(&mut body);
        pkt::line(&mut body, "done\n");
        body
    }
}

/// Takes the answer's pack into a store below `temp_root`.
pub(super) async fn receive(
    response: Response,
    wants: &Wants<'_>,
    server: &Capabilities,
    temp_root: &Path,
) -> Result<Store, Fault> {
    // Framing costs a few bytes per 64 KiB; the guard counts the pack itself.
    let mut answer = Answer::new(response, wants.limits.pack + wants.limits.pack / 64 + 65536);
    answer.skip_to_pack().await?;
    let intake = Intake::start(temp_root, wants.limits);
    match answer.pass_on(&intake, server.has("side-band-64k")).await {
        Ok(()) => intake.finish().await,
        Err(fault) => {
            intake.abandon().await;
            Err(fault)
        }
    }
}

/// A body of packets that is read as it arrives.
pub(super) struct Answer {
    response: Response,
    decoder: Decoder,
    limit: u64,
}

impl Answer {
    /// Reads at most `limit` bytes from `response`.
    pub(super) fn new(response: Response, limit: u64) -> Self {
        Self {
            response,
            decoder: Decoder::default(),
            limit,
        }
    }

    /// The next packet; `None` at the end of the body.
    pub(super) async fn next(&mut self) -> Result<Option<Pkt>, Fault> {
        loop {
            match self.decoder.next() {
                Ok(Some(packet)) => return Ok(Some(packet)),
                Ok(None) => {}
                Err(_) => return Err(Fault::protocol(DOING, "the answer is not in git's format")),
            }
            match self.response.chunk(self.limit).await? {
                Some(piece) => self.decoder.feed(&piece),
                None if self.decoder.take_rest().is_empty() => return Ok(None),
                None => return Err(Fault::protocol(DOING, "the answer is cut off")),
            }
        }
    }

    /// Reads shallow lines and the acknowledgement.
    async fn skip_to_pack(&mut self) -> Result<(), Fault> {
        while let Some(packet) = self.next().await? {
            let text = packet.text();
            if text == "NAK" || text.starts_with("ACK ") {
                return Ok(());
            }
            if let Some(said) = text.strip_prefix("ERR ") {
                return Err(refused(said));
            }
            let expected =
                text.is_empty() || text.starts_with("shallow ") || text.starts_with("unshallow ");
            if !expected {
                return Err(Fault::protocol(
                    DOING,
                    format!("unexpected line {:?}", tidy(&text)),
                ));
            }
        }
        Err(Fault::protocol(DOING, "the answer has no objects"))
    }

    async fn pass_on(mut self, intake: &Intake, banded: bool) -> Result<(), Fault> {
        if banded {
            return self.pass_on_bands(intake).await;
        }
        let mut piece = Some(self.decoder.take_rest());
        while let Some(bytes) = piece {
            if !bytes.is_empty() && !intake.feed(bytes).await {
                return Ok(());
            }
            piece = self.response.chunk(self.limit).await?;
        }
        Ok(())
    }

    /// Reads what follows the last packet, normally only the end of the body: a
    /// connection with an unread end cannot be used for the next request. The
    /// pack is whole, or the intake will say so.
    async fn drain(&mut self) {
        while let Ok(Some(_)) = self.response.chunk(self.limit).await {}
    }

    /// Band 1 is the pack, 2 is talk, 3 is a fatal error.
    async fn pass_on_bands(&mut self, intake: &Intake) -> Result<(), Fault> {
        while let Some(packet) = self.next().await? {
            let Pkt::Data(data) = packet else {
                self.drain().await;
                break;
            };
            let content: Bytes = data.slice(1.min(data.len())..);
            match data.first() {
                Some(1) => {
                    if !intake.feed(content).await {
                        return Ok(());
                    }
                }
                Some(2) => {
                    tracing::debug!(said = %tidy(&String::from_utf8_lossy(&content)), "server");
                }
                Some(3) => return Err(refused(&String::from_utf8_lossy(&content))),
                _ => {
                    return Err(Fault::protocol(
                        DOING,
                        "the answer has an unknown side-band",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// An error that upload-pack told.
fn refused(said: &str) -> Fault {
    let said = tidy(said);
    if said.contains("not our ref")
        || said.contains("unadvertised object")
        || said.contains("filter")
    {
        return Fault::WantRefused(said);
    }
    match crate::host::refusal(&said) {
        Some(meaning) => Fault::Refused { meaning, said },
        None => Fault::protocol(DOING, format!("the server said: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::advertisement::Advertisement;
    use super::*;

    const ID: &str = "1111111111111111111111111111111111111111";

    /// Servers refuse clients that leave out what they insist on, and those that
    /// name what they do not know.
    #[rstest::rstest]
    #[case::dulwich(
        "multi_ack_detailed multi_ack side-band-64k thin-pack ofs-delta no-progress include-tag shallow no-done",
        " multi_ack thin-pack ofs-delta side-band-64k no-progress"
    )]
    #[case::azure_devops(
        "multi_ack thin-pack side-band side-band-64k no-progress filter",
        " multi_ack side-band-64k no-progress"
    )]
    #[case::git(
        "multi_ack thin-pack side-band side-band-64k ofs-delta shallow no-progress include-tag filter agent=git/2.39.5",
        " multi_ack thin-pack ofs-delta side-band-64k no-progress"
    )]
    #[case::without_side_bands("multi_ack thin-pack ofs-delta", " multi_ack thin-pack ofs-delta")]
    #[case::without_deltas_by_offset("thin-pack no-progress", " no-progress")]
    #[case::others_only("include-tag thin-pack2 ofs-delta=1", "")]
    #[case::nothing("", "")]
    fn what_a_server_offers_is_named_as_git_names_it(#[case] offered: &str, #[case] named: &str) {
        let line = format!("{ID} HEAD\0{offered}\n");
        let mut refs = Advertisement::default();
        refs.take(&Pkt::Data(line.into())).unwrap();
        let ids = [ObjectId::parse(ID).unwrap(); 2];
        let wants = Wants {
            ids: &ids,
            depth: None,
            filter: None,
            limits: Limits::FILTERED,
        };
        let body = String::from_utf8(wants.request(&refs.capabilities)).unwrap();
        let lines: Vec<_> = body.split(ID).collect();
        assert_eq!(lines.len(), 3, "{body}");
        assert_eq!(lines[1].split('\n').next(), Some(named), "{body}");
        assert_eq!(lines[2].split('\n').next(), Some(""), "only once: {body}");
    }
}
