//! What became of a push, from what `git push --porcelain` says.
//!
//! Only the line of the branch counts. Where it is missing and nothing shows
//! that the server was never reached, the outcome is unknown.

use super::program::Unanswered;
use super::trouble::{self, Trouble};
use crate::git::error::Fault;
use crate::git::report::{refused, tidy};
use crate::git::tip::Pushed;
use crate::tools::Output;

/// Reads the answer to a push of `reference`.
pub(super) fn judge(
    answer: Result<Output, Unanswered>,
    reference: &str,
    pushed: Pushed,
) -> Result<Pushed, Fault> {
    let unknown = |reason: String| Fault::OutcomeUnknown { pushed, reason };
    let output = match answer {
        Ok(output) => output,
        Err(Unanswered::NotStarted(fault)) => return Err(fault),
        Err(Unanswered::TooLong(after)) => {
            let reason = format!("git took longer than {} seconds", after.as_secs());
            return Err(unknown(reason));
        }
    };
    let stdout = String::from_utf8_lossy(&output.stdout);
    match line_of(&stdout, reference) {
        Some(('!', summary)) if summary.starts_with("[remote failure]") => {
            Err(unknown(format!("{summary} {}", remotely(&output.stderr))))
        }
        Some(('!', summary)) => Err(turned_down(summary, &output.stderr)),
        Some(_) => Ok(pushed),
        None => Err(unanswered(&output, unknown)),
    }
}

/// The flag and the summary of a reference.
fn line_of<'o>(stdout: &'o str, reference: &str) -> Option<(char, &'o str)> {
    stdout.lines().find_map(|line| {
        let mut parts = line.splitn(3, '\t');
        let flag = parts.next()?.chars().next()?;
        let (_, to) = parts.next()?.rsplit_once(':')?;
        (to == reference).then_some((flag, parts.next()?.trim()))
    })
}

/// The server, or the lease, said no: `[remote rejected] (reason)`.
fn turned_down(summary: &str, stderr: &[u8]) -> Fault {
    let reason = summary.find(" (").map_or(summary, |at| &summary[at + 1..]);
    let reason = reason.trim_start_matches('(').trim_end_matches(')');
    match refused(reason, &remotely(stderr)) {
        Fault::Rejected(said) => match trouble::refusal(&said) {
            Some(meaning) => Fault::Refused { meaning, said },
            None => Fault::Rejected(said),
        },
        fault => fault,
    }
}

/// The server's own words in standard error.
fn remotely(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let words: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("remote:"))
        .collect();
    tidy(&words.join("\n"))
}

/// There is no line for the branch.
fn unanswered(output: &Output, unknown: impl Fn(String) -> Fault) -> Fault {
    let said = trouble::said(&output.stderr);
    // Git compares the formats before it sends anything.
    if ["mismatched algorithms", "hash algorithm"]
        .iter()
        .any(|words| said.contains(words))
    {
        return Fault::ObjectFormat("sha256".to_owned());
    }
    let trouble = Trouble::read(&said);
    if let Some(trouble) = trouble.filter(|trouble| trouble.is_before_sending()) {
        return Fault::Ssh { trouble, said };
    }
    if let Some(meaning) = trouble::refusal(&said) {
        return Fault::Refused { meaning, said };
    }
    unknown(if said.is_empty() {
        format!("git ended with {}", output.status)
    } else {
        said
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REF: &str = "refs/heads/main";

    #[rstest::rstest]
    #[case(" \ta:refs/heads/main\t1..2\nDone\n", Some((' ', "1..2")))]
    #[case("*\ta:refs/heads/main\t[new branch]\n", Some(('*', "[new branch]")))]
    #[case("-\t:refs/heads/main\t[deleted]\n", Some(('-', "[deleted]")))]
    #[case("!\ta:refs/heads/main\t[rejected] (stale info)\n", Some(('!', "[rejected] (stale info)")))]
    #[case(" \ta:refs/heads/main2\t1..2\nTo x\n", None)]
    #[case("", None)]
    #[rustfmt::skip]
    fn the_line_of_the_branch_is_found(#[case] text: &str, #[case] found: Option<(char, &str)>) {
        assert_eq!(line_of(text, REF), found);
    }
}
