//! The answer to a push: `unpack ok`, then a line for the branch.
//!
//! A 2xx status says nothing yet; only these lines do.

use super::error::Fault;
use super::pkt::{self, Pkt};
use crate::host;

/// What a push came to.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The branch moved to our commit.
    Landed,
    /// The answer ends before it says anything.
    Unknown(String),
    /// The answer is whole and says nothing of the branch.
    Silent,
    /// The server refused.
    Refused(Fault),
}

/// Reads a complete answer, with or without side-band.
pub(super) fn read(body: &[u8], reference: &str) -> Verdict {
    let Some(outer) = pkt::all(body) else {
        return Verdict::Unknown("the answer is cut off or not in git's format".to_owned());
    };
    let banded = outer
        .iter()
        .any(|packet| matches!(packet, Pkt::Data(data) if matches!(data.first(), Some(1..=3))));
    let mut said = String::new();
    let lines = if banded {
        let mut report = Vec::new();
        for packet in &outer {
            match packet {
                Pkt::Data(data) if data.first() == Some(&1) => report.extend_from_slice(&data[1..]),
                Pkt::Data(data) if !data.is_empty() => {
                    said.push_str(&String::from_utf8_lossy(&data[1..]));
                }
                _ => {}
            }
        }
        pkt::all(&report)
    } else {
        Some(outer)
    };
    let Some(lines) = lines else {
        return Verdict::Unknown("the report is cut off".to_owned());
    };
    let lines: Vec<String> = lines
        .iter()
        .map(Pkt::text)
        .filter(|line| !line.is_empty())
        .collect();
    judge(&lines, &tidy(&said), reference)
}

fn judge(lines: &[String], said: &str, reference: &str) -> Verdict {
    let unpack = lines.iter().find_map(|line| line.strip_prefix("unpack "));
    let accepted = lines
        .iter()
        .any(|line| line.strip_prefix("ok ") == Some(reference));
    let reason = lines
        .iter()
        .find_map(|line| line.strip_prefix("ng ")?.strip_prefix(reference));
    let error = lines.iter().find_map(|line| line.strip_prefix("ERR "));
    match (unpack, reason) {
        (Some("ok"), None) if accepted => Verdict::Landed,
        (Some("ok"), Some(reason)) => Verdict::Refused(refused(reason.trim(), said)),
        (Some("ok") | None, _) if error.is_none() && said.is_empty() => Verdict::Silent,
        (None | Some("ok"), _) => Verdict::Refused(refused(error.unwrap_or("no report"), said)),
        (Some(unpack), reason) => {
            let reason = reason.map(str::trim).unwrap_or_default();
            Verdict::Refused(refused(&format!("{unpack} {reason}"), said))
        }
    }
}

/// A refusal with everything that was said about it.
pub(super) fn refused(reason: &str, said: &str) -> Fault {
    let all = match said {
        "" => reason.trim().to_owned(),
        said => format!("{} ({said})", reason.trim()),
    };
    match host::refusal(&all) {
        Some(meaning) => Fault::Refused { meaning, said: all },
        None => Fault::Rejected(all),
    }
}

/// Server messages on one line, without control characters and in bounds.
pub(super) fn tidy(said: &str) -> String {
    let lines = said
        .split(['\n', '\r'])
        .map(|line| line.trim().trim_start_matches("remote:").trim());
    let kept: Vec<String> = lines
        .filter(|line| !line.is_empty())
        .map(|line| line.chars().filter(|c| !c.is_control()).collect())
        .collect();
    kept.join("; ").chars().take(2000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Refusal;

    fn packets(lines: &[&str]) -> Vec<u8> {
        let mut body = Vec::new();
        for text in lines {
            pkt::line(&mut body, text);
        }
        pkt::flush(&mut body);
        body
    }

    fn banded(report: &[&str], said: &str) -> Vec<u8> {
        let inner = String::from_utf8(packets(report)).unwrap();
        packets(&[&format!("\u{2}{said}"), &format!("\u{1}{inner}")])
    }

    const REF: &str = "refs/heads/main";

    #[test]
    fn both_lines_are_needed_for_success() {
        let report = ["unpack ok\n", "ok refs/heads/main\n"];
        assert!(matches!(read(&packets(&report), REF), Verdict::Landed));
        assert!(matches!(
            read(&banded(&report, "hello"), REF),
            Verdict::Landed
        ));
        assert!(matches!(read(&packets(&report[..1]), REF), Verdict::Silent));
        assert!(matches!(read(b"", REF), Verdict::Silent));
        assert!(matches!(
            read(&packets(&report)[..20], REF),
            Verdict::Unknown(_)
        ));
        assert!(matches!(
            read(&packets(&report), "refs/heads/other"),
            Verdict::Silent
        ));
    }

    #[rstest::rstest]
    #[case("ng refs/heads/main failed to update ref\n", "", Some(Refusal::Stale))]
    #[case(
        "ng refs/heads/main pre-receive hook declined\n",
        "remote: ask Ada\n",
        Some(Refusal::Hook)
    )]
    #[case(
        "ng refs/heads/main TF402455: pushes are not permitted\n",
        "",
        Some(Refusal::Protected)
    )]
    #[case(
        "ng refs/heads/main atomic transaction failed\n",
        "error: cannot lock ref",
        Some(Refusal::Stale)
    )]
    fn refusals_keep_what_the_server_said(
        #[case] line: &str,
        #[case] said: &str,
        #[case] expected: Option<Refusal>,
    ) {
        let body = banded(&["unpack ok\n", line], said);
        let Verdict::Refused(Fault::Refused { meaning, said: all }) = read(&body, REF) else {
            panic!("not refused");
        };
        assert_eq!(Some(meaning), expected);
        assert!(all.contains(tidy(said).as_str()), "{all}");
    }

    #[test]
    fn a_failed_unpack_is_a_refusal() {
        let body = packets(&[
            "unpack index-pack abnormal exit\n",
            "ng refs/heads/main unpacker error\n",
        ]);
        let Verdict::Refused(fault) = read(&body, REF) else {
            panic!("not refused");
        };
        assert_eq!(
            fault.to_string(),
            "the server refused the push: index-pack abnormal exit unpacker error"
        );
    }
}
