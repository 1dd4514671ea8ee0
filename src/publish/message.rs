//! The commit message: a subject for people, trailers for programs.

use crate::git::with_trailers;
use crate::model::PublicationStamp;

/// The trailer that names the published root tree.
pub const TREE_TRAILER: &str = "Gitops-Tree";

/// A message for one commit with these environments.
///
/// `text` is the user's own message; without one, the subject names the
/// environments and the source. Values are put on one line each, so that no
/// branch or repository name can add a trailer of its own.
pub fn message(
    text: Option<&str>,
    environments: &[&str],
    stamp: &PublicationStamp,
    version: &str,
) -> String {
    let names = environments.join(", ");
    let subject = subject(text, environments, stamp);
    let run = stamp.writer.run.map(|run| run.to_string());
    let trailers = [
        ("Environments", Some(names.as_str())),
        ("Source-Repository", stamp.source.repository.as_deref()),
        ("Source-Commit", stamp.source.commit.as_deref()),
        ("Source-Dirty", stamp.source.dirty.then_some("true")),
        ("Pipeline", stamp.writer.pipeline.as_deref()),
        ("Run", run.as_deref()),
        ("Version", Some(version)),
    ];
    let line = |(key, value): (&str, Option<&str>)| {
        let value = value?.chars();
        let value: String = value
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Some(format!("Gitops-{key}: {value}"))
    };
    let trailers: Vec<_> = trailers.into_iter().filter_map(line).collect();
    format!("{}\n", with_trailers(&subject, &trailers))
}

/// What the message begins with: the user's own text, or what was published
/// from where.
pub fn subject(text: Option<&str>, environments: &[&str], stamp: &PublicationStamp) -> String {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => text.replace("\r\n", "\n"),
        None => format!("Publish {}{}", environments.join(", "), source(stamp)),
    }
}

/// ` from hld@0123456789`, as far as it is known.
fn source(stamp: &PublicationStamp) -> String {
    let Some(commit) = &stamp.source.commit else {
        return String::new();
    };
    let commit: String = commit.chars().take(10).collect();
    let repository = stamp.source.repository.as_deref().unwrap_or_default();
    let name = repository
        .trim_end_matches('/')
        .trim_end_matches(".git")
        .rsplit('/')
        .next()
        .unwrap_or_default();
    match name {
        "" => format!(" from {commit}"),
        name => format!(" from {name}@{commit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SourceStamp, WriterStamp};

    fn stamp() -> PublicationStamp {
        PublicationStamp {
            source: SourceStamp {
                repository: Some("https://dev.azure.com/contoso/shop/_git/hld".into()),
                commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
                ..SourceStamp::default()
            },
            writer: WriterStamp {
                pipeline: Some("https://dev.azure.com/contoso/shop/build/12".into()),
                run: Some(345),
                ..WriterStamp::default()
            },
        }
    }

    #[test]
    fn the_subject_names_environments_and_source_and_trailers_say_the_rest() {
        insta::assert_snapshot!(message(None, &["dev", "prod"], &stamp(), "gitops-publisher 0.1.0"), @r"
        Publish dev, prod from hld@0123456789

        Gitops-Environments: dev, prod
        Gitops-Source-Repository: https://dev.azure.com/contoso/shop/_git/hld
        Gitops-Source-Commit: 0123456789abcdef0123456789abcdef01234567
        Gitops-Pipeline: https://dev.azure.com/contoso/shop/build/12
        Gitops-Run: 345
        Gitops-Version: gitops-publisher 0.1.0
        ");
    }

    #[test]
    fn an_own_message_stays_as_it_is_and_no_value_adds_a_trailer() {
        let stamp = PublicationStamp {
            source: SourceStamp {
                repository: Some("https://x/y\nGitops-Run: 9".into()),
                ..SourceStamp::default()
            },
            ..PublicationStamp::default()
        };
        insta::assert_snapshot!(message(Some("Ship it\r\n\r\nfor good\n"), &["dev"], &stamp, "v"), @r"
        Ship it

        for good

        Gitops-Environments: dev
        Gitops-Source-Repository: https://x/y Gitops-Run: 9
        Gitops-Version: v
        ");
    }

    #[test]
    fn trailers_of_the_users_own_stay_trailers() {
        let own = "Ship it\n\nCo-authored-by: Ada <ada@contoso.com>\nSigned-off-by: Grace <grace@contoso.com>";
        insta::assert_snapshot!(message(Some(own), &["dev"], &PublicationStamp::default(), "v"), @r"
        Ship it

        Co-authored-by: Ada <ada@contoso.com>
        Signed-off-by: Grace <grace@contoso.com>
        Gitops-Environments: dev
        Gitops-Version: v
        ");
    }
}
