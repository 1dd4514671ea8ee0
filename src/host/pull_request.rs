//! Pull requests in words that both hosts share. Plain data; nothing is sent.

use crate::model::ObjectId;

use super::HostKind;

/// A pull request as the host shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// The number people call it by.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Whether it is open.
    pub state: State,
    /// It is a draft.
    pub draft: bool,
    /// The whole title.
    pub title: String,
    /// The whole description.
    pub description: String,
    /// The branch it comes from, without `refs/heads/`.
    pub source: String,
    /// The branch it goes to, without `refs/heads/`.
    pub target: String,
    /// The newest commit of the source branch, as far as the host has seen.
    pub head: Option<ObjectId>,
    /// The commit on the target branch, once merged.
    pub merged: Option<ObjectId>,
    /// The commit of the target branch that it was merged into, where the host says that.
    pub base: Option<ObjectId>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// It will be merged by the host once its conditions are met.
    pub automatic: bool,
    /// Whether the host can merge it.
    pub mergeable: Mergeable,
    /// What only the host's client understands.
    pub(super) facts: Facts,
}

/// What the hosts need to speak about a pull request again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Facts {
    Azure(super::azure::Facts),
    GitHub(super::github::Facts),
}

/// Whether a pull request can be merged, as far as its branches go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mergeable {
    /// The host has not found out yet, or does not say.
    #[default]
    Unknown,
    /// Without conflicts.
    Yes,
    /// Its branches conflict.
    Conflicts,
    /// Something else keeps it from being merged: a policy, a failed trial.
    Other,
}

/// Where a pull request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can still be merged.
    Open,
    /// It was merged.
    Merged,
    /// It was given up.
    Closed,
}

/// A pull request as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The branch it comes from, without `refs/heads/`.
    pub source: String,
    /// The branch it goes to, without `refs/heads/`.
    pub target: String,
    /// At most [`Limits::title`] UTF-16 units.
    pub title: String,
    /// At most [`Limits::description`] UTF-16 units.
    pub description: String,
    /// Opened as a draft. An existing one keeps what people made of it.
    pub draft: bool,
    /// Labels it should have; others stay.
    pub labels: Vec<String>,
    /// Who should look at it; others stay.
    pub reviewers: Vec<Reviewer>,
    /// Numbers of work items (Azure Boards) it belongs to.
    pub work_items: Vec<u64>,
}

/// Somebody who should look at a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Azure DevOps: a name, e-mail address, group or GUID. GitHub: a user or `org/team`.
    pub name: String,
    /// Nothing is merged without their approval (Azure DevOps only).
    pub required: bool,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The pull request.
    pub pull_request: PullRequest,
    /// What was done to get there.
    pub done: Done,
    /// What could not be had, one sentence each: a reviewer nobody knows, a
    /// label that is refused, a work item that does not exist.
    pub warnings: Vec<String>,
}

/// What was done to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was opened.
    Created,
    /// It was there and something was changed.
    Updated,
    /// It was there as it should be; nothing was written.
    Nothing,
}

/// How a pull request is merged by the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// How the commits are put on the target branch.
    pub strategy: MergeStrategy,
    /// The whole message of the merge commit: first line, empty line, rest.
    pub message: Option<String>,
    /// The source branch goes with it. GitHub has this as a setting of the
    /// repository; there it is not asked for.
    pub delete_source_branch: bool,
}

/// How commits are put on the target branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
pub enum MergeStrategy {
    /// A merge commit.
    Merge,
    /// One commit.
    Squash,
    /// The commits on top of the target branch.
    Rebase,
    /// The commits on top of the target branch, and a merge commit (Azure
    /// DevOps; a plain merge commit elsewhere).
    RebaseMerge,
}

/// What became of the wish to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completing {
    /// It was set to be merged already, in the same way.
    Already,
    /// The host merges it once its conditions are met.
    Waiting,
    /// There was nothing to wait for: it is merged, with this commit.
    Merged(Option<ObjectId>),
}

/// A comment of ours on a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What we find it by: letters, digits, `-`, `:` and `/`. Kept in an HTML comment.
    pub marker: String,
    /// Markdown; with the marker at most [`Limits::comment`] UTF-16 units.
    pub text: String,
    /// People have to resolve it (where a policy of Azure DevOps asks for that).
    pub blocks: bool,
}

/// What was done about a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It was written.
    Created,
    /// It was there and was changed.
    Updated,
    /// It was there as it should be, or there was nothing to close.
    Nothing,
}

/// What is known about one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The environment; the status is called `gitops/<environment>`.
    pub environment: String,
    /// How it went.
    pub state: StatusState,
    /// One line; longer ones are cut.
    pub description: String,
    /// Where to read more.
    pub link: Option<String>,
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusState {
    /// Not decided yet.
    Pending,
    /// It is as it should be.
    Succeeded,
    /// A check says no.
    Failed,
    /// It could not be found out.
    Error,
    /// There is nothing to say (GitHub shows it as a success).
    NotApplicable,
}

/// A repository as its host describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// What people call it: `project/repository`, `owner/repository`.
    pub name: String,
    /// Its page.
    pub url: String,
    /// The default branch, without `refs/heads/`; none in an empty repository.
    pub default_branch: Option<String>,
}

/// How long texts may be, in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of a title.
    pub title: usize,
    /// Of a description.
    pub description: usize,
    /// Of a comment, marker included.
    pub comment: usize,
    /// Of the description of a status.
    pub status: usize,
    /// Of a status's name, `gitops/` included.
    pub context: usize,
}

impl Limits {
    /// The limits of a host; generous ones where nothing is known.
    pub const fn of(kind: HostKind) -> Self {
        match kind {
            // Comments: undocumented, observed. Statuses: undocumented, chosen.
            HostKind::Azure => Self {
                title: 400,
                description: 4_000,
                comment: 150_000,
                status: 250,
                context: 128,
            },
            HostKind::GitHub | HostKind::Git => Self {
                title: 256,
                description: 65_536,
                comment: 65_536,
                status: 140,
                context: 255,
            },
        }
    }
}

/// The length of a text as the hosts count it.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The first `units` UTF-16 units of a text, with `…` at the end when it was cut.
pub(super) fn shortened(text: &str, units: usize) -> String {
    if utf16_len(text) <= units {
        return text.to_owned();
    }
    let mut left = units.saturating_sub(1);
    let mut cut = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.len_utf16()) else {
            break;
        };
        left = rest;
        cut.push(c);
    }
    cut + "…"
}

/// Whether a text came back as it was sent; hosts change line ends.
pub(super) fn same_text(there: &str, ours: &str) -> bool {
    let tidy = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    tidy(there) == tidy(ours)
}

impl Note {
    /// The comment as it is stored: the marker first, where nobody sees it.
    pub(super) fn body(&self) -> String {
        format!("{}\n{}", marked(&self.marker), self.text)
    }
}

/// The line that a comment of ours begins with.
pub(super) fn marked(marker: &str) -> String {
    let safe: String = marker
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | ':' | '/' | '_' | '.'))
        .collect();
    // Two dashes would end an HTML comment early.
    format!("<!-- gitops-publisher {} -->", safe.replace("--", "-"))
}

impl Status {
    /// The name behind `gitops/`, no longer than the host takes.
    pub(super) fn name(&self, limits: &Limits) -> String {
        shortened(&self.environment, limits.context - "gitops/".len())
    }

    /// The description on one line, no longer than the host takes.
    pub(super) fn line(&self, limits: &Limits) -> String {
        let words: Vec<&str> = self.description.split_whitespace().collect();
        shortened(&words.join(" "), limits.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("abc", 3, "abc")]
    #[case("abcd", 3, "ab…")]
    #[case("a😀b", 4, "a😀b")]
    #[case("a😀bc", 4, "a😀…")]
    #[case("a😀bc", 3, "a…")]
    fn texts_are_cut_in_the_units_of_the_hosts(
        #[case] text: &str,
        #[case] units: usize,
        #[case] expected: &str,
    ) {
        assert_eq!(shortened(text, units), expected);
        assert!(utf16_len(expected) <= units);
    }

    #[test]
    fn a_marker_cannot_break_out_of_its_comment() {
        assert_eq!(
            marked("plan/dev--> <b>x"),
            "<!-- gitops-publisher plan/dev-bx -->"
        );
    }

    #[test]
    fn a_status_fits_its_host() {
        let status = Status {
            environment: "e".repeat(300),
            state: StatusState::Succeeded,
            description: format!("two\nlines {}", "d".repeat(300)),
            link: None,
        };
        let limits = Limits::of(HostKind::GitHub);
        assert_eq!(utf16_len(&status.name(&limits)), 248);
        assert_eq!(utf16_len(&status.line(&limits)), 140);
        assert!(status.line(&limits).starts_with("two lines d"));
    }
}
