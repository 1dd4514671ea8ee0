//! Reading the attachment again, in a later job of the same build.

use serde::Deserialize;
use serde_json::Value;

use super::VERSION;
use crate::model::{Folder, ObjectId};

/// What one step of the build published.
#[derive(Debug, Clone, Deserialize)]
pub struct Recorded {
    version: u32,
    /// Absent in attachments of a version before this one.
    #[serde(default)]
    time: i64,
    publications: Vec<Publication>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Publication {
    repository: String,
    branch: String,
    outcome: String,
    commit: Option<String>,
    head: Option<String>,
    pull_request: Option<Request>,
    environments: Vec<Environment>,
}

#[derive(Debug, Clone, Deserialize)]
struct Request {
    id: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    name: String,
    folder: String,
    empty_diff: bool,
}

/// What a build did for one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It made a commit on the branch.
    Commit(ObjectId),
    /// A pull request with this number carries the change, with this head at that time.
    Request(u64, Option<ObjectId>),
    /// Nothing: somebody closed the pull request with exactly this change.
    Declined,
}

/// Why an attachment cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is not what `publish` writes.
    #[error("an attachment is not in the form that `publish` writes: {0}")]
    Form(String),
    /// A newer version of this program wrote it.
    #[error("an attachment is of version {0}, and this version of the task reads {VERSION}")]
    Version(u32),
}

impl Recorded {
    /// Reads the content of an attachment.
    pub fn parse(content: &Value) -> Result<Self, Unread> {
        let read = Self::deserialize(content).map_err(|error| Unread::Form(error.to_string()))?;
        if read.version == VERSION {
            Ok(read)
        } else {
            Err(Unread::Version(read.version))
        }
    }
}

/// What the steps of a build did last for an environment, and when, in seconds since 1970;
/// `None` where they only found that there was nothing to do. `is_here` tells the
/// repository.
pub fn done_last(
    all: &[Recorded],
    is_here: &dyn Fn(&str) -> bool,
    branch: &str,
    environment: &str,
    folder: &Folder,
) -> Option<(i64, Done)> {
    let folder = folder.to_string();
    let each = all.iter().flat_map(|one| {
        let publications = one.publications.iter();
        publications.map(move |publication| (one.time, publication))
    });
    let done = each.filter_map(|(time, publication)| {
        let mut members = publication.environments.iter();
        let own = members.find(|own| own.name == environment && own.folder == folder)?;
        let is_it = publication.branch == branch && is_here(&publication.repository);
        let done = is_it.then(|| done(publication, own)).flatten()?;
        Some((time, done))
    });
    done.max_by_key(|(time, _)| *time)
}

fn done(publication: &Publication, own: &Environment) -> Option<Done> {
    match publication.outcome.as_str() {
        // Others share the commit.
        "published" if own.empty_diff => None,
        "published" => publication
            .commit
            .as_deref()
            .and_then(ObjectId::parse)
            .map(Done::Commit),
        "proposed" | "waiting" => {
            let request = publication.pull_request.as_ref();
            let head = publication.head.as_deref().and_then(ObjectId::parse);
            request.map(|request| Done::Request(request.id, head))
        }
        "declined" => Some(Done::Declined),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn attachment(time: i64, outcome: &str, commit: &str, empty: bool) -> Recorded {
        let value = json!({
            "version": 1, "command": "publish", "time": time, "later": true,
            "publications": [{
                "host": "azure", "repository": "https://x/m", "branch": "main",
                "outcome": outcome, "commit": commit, "pullRequest": {"id": 7, "url": "u"},
                "emptyDiff": empty,
                "environments": [{"name": "dev", "folder": "clusters/dev", "emptyDiff": empty}],
            }],
        });
        Recorded::parse(&value).unwrap()
    }

    fn last(all: &[Recorded], branch: &str, folder: &str) -> Option<Done> {
        let folder = Folder::parse(folder).unwrap();
        let is_here = |place: &str| place == "https://x/m";
        done_last(all, &is_here, branch, "dev", &folder).map(|(_, done)| done)
    }

    #[rstest::rstest]
    #[case("published", false, Some(Done::Commit(ObjectId::parse(ONE).unwrap())))]
    #[case("published", true, None)]
    #[case("unchanged", true, None)]
    #[case("older", false, None)]
    #[case("proposed", false, Some(Done::Request(7, None)))]
    #[case("waiting", false, Some(Done::Request(7, None)))]
    #[case("declined", false, Some(Done::Declined))]
    fn each_outcome_says_what_to_follow(
        #[case] outcome: &str,
        #[case] empty: bool,
        #[case] expected: Option<Done>,
    ) {
        let all = [attachment(5, outcome, ONE, empty)];
        assert_eq!(last(&all, "main", "clusters/dev"), expected);
        assert_eq!(last(&all, "other", "clusters/dev"), None);
        assert_eq!(last(&all, "main", "dev"), None);
    }

    #[test]
    fn the_newest_attempt_that_did_something_counts() {
        let one = attachment(5, "published", ONE, false);
        let two = attachment(6, "published", TWO, false);
        let none = attachment(7, "unchanged", TWO, true);
        let expected = Some(Done::Commit(ObjectId::parse(TWO).unwrap()));
        for all in [[one.clone(), two.clone(), none.clone()], [none, two, one]] {
            assert_eq!(last(&all, "main", "clusters/dev"), expected);
        }
    }

    #[test]
    fn what_is_no_attachment_of_ours_is_told() {
        let said = |value: Value| Recorded::parse(&value).unwrap_err().to_string();
        let newer = json!({"version": 2, "publications": []});
        assert_eq!(
            said(newer),
            "an attachment is of version 2, and this version of the task reads 1"
        );
        let other = said(json!({"version": 1}));
        assert_eq!(
            other,
            "an attachment is not in the form that `publish` writes: missing field `publications`"
        );
    }
}
