//! The name of a branch.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use super::fold;

/// A name that a branch can have, without `refs/heads/`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BranchName(String);

/// Why a text is not a [`BranchName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; write the name of a branch, such as `main`")]
pub struct BranchNameError {
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl BranchName {
    /// Checks a name by the rules of
    /// [git check-ref-format](https://git-scm.com/docs/git-check-ref-format) and
    /// of `git branch`. `refs/heads/main` is taken as `main`.
    pub fn parse(text: &str) -> Result<Self, BranchNameError> {
        let name = text.strip_prefix("refs/heads/").unwrap_or(text);
        match fault(name) {
            None => Ok(Self(name.to_owned())),
            Some(reason) => Err(BranchNameError { reason }),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The branch of this prefix and name, where what a branch cannot hold
    /// becomes `-`.
    pub fn derived(prefix: &str, name: &str) -> Self {
        let plain: String = name
            .chars()
            .map(|c| if is_forbidden(c) { '-' } else { c })
            .collect();
        let plain = plain.replace("..", "--").replace("@{", "@-");
        let part = |part: &str| {
            let part = part
                .strip_prefix('.')
                .map_or(part.to_owned(), |rest| format!("-{rest}"));
            match part.strip_suffix(".lock") {
                Some(rest) => format!("{rest}-lock"),
                None => part,
            }
        };
        let parts = plain.split('/').filter(|part| !part.is_empty()).map(part);
        let mut name = parts.collect::<Vec<_>>().join("/");
        if name.ends_with('.') {
            name.pop();
            name.push('-');
        }
        Self(format!("{prefix}/{name}"))
    }
}

/// Why two branches cannot stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BranchClash {
    /// They have one name.
    Same,
    /// Windows and macOS take their names for one.
    Alike,
    /// The name of one is a folder of the other's.
    Below,
}

impl BranchClash {
    /// Why these two names cannot be in one repository, if so.
    pub fn between(one: &str, other: &str) -> Option<Self> {
        if one == other {
            return Some(Self::Same);
        }
        let (one, other) = (fold(one), fold(other));
        let is_below = |one: &str, other: &str| {
            let rest = one.strip_prefix(other);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if one == other {
            Some(Self::Alike)
        } else if is_below(&one, &other) || is_below(&other, &one) {
            Some(Self::Below)
        } else {
            None
        }
    }
}

impl fmt::Display for BranchClash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "they are the same",
            Self::Alike => {
                "they differ only in case or in how a letter is composed, and are one branch on Windows or macOS"
            }
            Self::Below => {
                "git cannot hold both, since one of them is where the folder of the other would be"
            }
        })
    }
}

/// What no part of a ref's name may hold.
fn is_forbidden(c: char) -> bool {
    c.is_control() || " ~^:?*[\\".contains(c)
}

fn fault(name: &str) -> Option<&'static str> {
    let parts = || name.split('/');
    Some(match name {
        "" => "it is empty",
        "HEAD" => "`HEAD` stands for whatever is checked out",
        "@" => "`@` stands for `HEAD`",
        name if name.starts_with("refs/") => "it names a ref that is not a branch",
        name if name.starts_with('-') => "it starts with `-`, as options do",
        name if name.contains("..") => "it contains `..`",
        name if name.contains("@{") => "it contains `@{`",
        name if name.chars().any(is_forbidden) => {
            "it contains a space, a control character, or one of `~^:?*[\\`"
        }
        name if name.ends_with('.') => "it ends with a dot",
        _ if parts().any(str::is_empty) => "it starts or ends with `/`, or has two in a row",
        _ if parts().any(|part| part.starts_with('.')) => "a part of it starts with a dot",
        _ if parts().any(|part| part.strip_suffix(".lock").is_some()) => {
            "a part of it ends with `.lock`"
        }
        _ => return None,
    })
}

impl FromStr for BranchName {
    type Err = BranchNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Deref for BranchName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<BranchName> for String {
    fn from(name: BranchName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("main", "main")]
    #[case("refs/heads/main", "main")]
    #[case("live/prod", "live/prod")]
    #[case("010", "010")]
    #[case("on", "on")]
    #[case("höchst", "höchst")]
    #[case("a@b", "a@b")]
    #[case("heads/x", "heads/x")]
    #[case("head", "head")]
    #[case("{x}", "{x}")]
    fn a_branch_has_its_short_name(#[case] text: &str, #[case] name: &str) {
        assert_eq!(BranchName::parse(text).unwrap().as_str(), name);
    }

    #[rstest::rstest]
    #[case("", "it is empty")]
    #[case("refs/heads/", "it is empty")]
    #[case("HEAD", "`HEAD` stands for whatever is checked out")]
    #[case("refs/heads/HEAD", "`HEAD` stands for whatever is checked out")]
    #[case("@", "`@` stands for `HEAD`")]
    #[case("refs/pull/1/merge", "it names a ref that is not a branch")]
    #[case("refs/tags/v1", "it names a ref that is not a branch")]
    #[case("refs/remotes/origin/main", "it names a ref that is not a branch")]
    #[case("refs/heads/refs/heads/x", "it names a ref that is not a branch")]
    #[case("-bad", "it starts with `-`, as options do")]
    #[case("--force", "it starts with `-`, as options do")]
    #[case("a..b", "it contains `..`")]
    #[case("main@{1}", "it contains `@{`")]
    #[case(
        "a b",
        "it contains a space, a control character, or one of `~^:?*[\\`"
    )]
    #[case(
        "a~1",
        "it contains a space, a control character, or one of `~^:?*[\\`"
    )]
    #[case(
        "a\\b",
        "it contains a space, a control character, or one of `~^:?*[\\`"
    )]
    #[case(
        "a\nb",
        "it contains a space, a control character, or one of `~^:?*[\\`"
    )]
    #[case("a.", "it ends with a dot")]
    #[case("/a", "it starts or ends with `/`, or has two in a row")]
    #[case("a//b", "it starts or ends with `/`, or has two in a row")]
    #[case("a/", "it starts or ends with `/`, or has two in a row")]
    #[case("a/.b", "a part of it starts with a dot")]
    #[case("a.lock", "a part of it ends with `.lock`")]
    #[case("a.lock/b", "a part of it ends with `.lock`")]
    fn what_is_not_the_name_of_a_branch_is_refused(#[case] text: &str, #[case] reason: &str) {
        assert_eq!(BranchName::parse(text).unwrap_err().reason, reason);
    }

    #[rstest::rstest]
    #[case("a", "a", Some(BranchClash::Same))]
    #[case("gitops/A", "GitOps/a", Some(BranchClash::Alike))]
    #[case("gitops/οδος", "gitops/ΟΔΟΣ", Some(BranchClash::Alike))]
    #[case("gitops/\u{fc}", "gitops/u\u{308}", Some(BranchClash::Alike))]
    #[case("gitops/a", "gitops/a/b", Some(BranchClash::Below))]
    #[case("gitops/a/b", "GITOPS/A", Some(BranchClash::Below))]
    #[case("gitops", "gitops/a", Some(BranchClash::Below))]
    #[case("gitops/a", "gitops/ab", None)]
    #[case("gitops/a", "gitops/b", None)]
    #[case("GitOps/a", "gitops/b", None)]
    fn branches_clash_where_they_cannot_stand_beside_each_other(
        #[case] one: &str,
        #[case] other: &str,
        #[case] clash: Option<BranchClash>,
    ) {
        assert_eq!(BranchClash::between(one, other), clash);
        assert_eq!(BranchClash::between(other, one), clash);
    }

    #[rstest::rstest]
    #[case("dev", "gitops/dev")]
    #[case("prod/weu", "gitops/prod/weu")]
    #[case("prod west", "gitops/prod-west")]
    #[case("a..b", "gitops/a--b")]
    #[case(".hidden", "gitops/-hidden")]
    #[case("x.lock", "gitops/x-lock")]
    #[case("x.", "gitops/x-")]
    #[case("a@{b", "gitops/a@-b")]
    #[case("a[0]:*", "gitops/a-0]--")]
    fn a_name_is_made_from_what_an_environment_is_called(#[case] name: &str, #[case] branch: &str) {
        let derived = BranchName::derived("gitops", name);
        assert_eq!(derived.as_str(), branch);
        assert_eq!(BranchName::parse(branch).as_ref(), Ok(&derived));
    }
}
