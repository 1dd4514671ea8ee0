//! How the branches are called that pull requests come from.

use crate::model::{BranchName, Folder};

use super::PullRequestSettings;

/// What the head branches begin with where none is set.
const HEADS: &str = "gitops";

/// What stands between the parts of a folder: a name with `/` would be in the way of the
/// folders below, which may be published to another branch.
const BETWEEN: &str = "--";

/// How many hexadecimal digits of the content's hash the branch of one change has.
const DIGITS: usize = 10;

/// The head branch where none is set. Sources that publish to one branch have folders
/// of their own, so that they do not meet here either.
pub fn default_head(folder: &Folder, environment: &str) -> BranchName {
    let Some(folder) = folder.path() else {
        return derived(environment);
    };
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    if parts(folder.as_str()).ends_with(&parts(environment)) {
        return derived(folder.as_str());
    }
    derived(&format!("{folder}/{environment}"))
}

/// How many hexadecimal digits the branch of an update has: another number than that of a
/// change.
const DIGITS_OF_UPDATE: usize = 8;

/// The branch of an update where none is set: what it sets a value of, and the hash of all
/// its places, in hexadecimal digits. Pipelines that set other values do not meet there.
pub fn head_of_update(subject: &str, hash: &str) -> BranchName {
    derived(&format!("update/{subject}-{}", &hash[..DIGITS_OF_UPDATE]))
}

fn derived(path: &str) -> BranchName {
    BranchName::derived(HEADS, &path.replace('/', BETWEEN))
}

/// The branch of one change; `hash` is that of its content, in hexadecimal digits.
pub fn head_of_change(base: &str, hash: &str) -> String {
    format!("{base}-{}", &hash[..DIGITS])
}

/// Whether a branch is the one of some change.
pub fn is_head_of_change(branch: &str, base: &str) -> bool {
    of_change(branch) == Some(base)
}

/// What the branch of a change begins with.
fn of_change(branch: &str) -> Option<&str> {
    let (base, hash) = branch.rsplit_once('-')?;
    let is_digit = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_uppercase();
    (hash.len() == DIGITS && hash.chars().all(is_digit)).then_some(base)
}

impl PullRequestSettings {
    /// Whether a branch is one that these settings propose from.
    pub fn is_head(&self, branch: &str) -> bool {
        let base = self.head_branch.as_str();
        if self.per_change {
            is_head_of_change(branch, base)
        } else {
            branch == base
        }
    }

    /// Whether a branch is one that these settings propose from, whatever `pullRequestPer`
    /// is.
    pub fn comes_from(&self, branch: &str) -> bool {
        let base = self.head_branch.as_str();
        branch == base || is_head_of_change(branch, base)
    }

    /// Whether an environment may have proposed from a branch while it had another folder,
    /// as far as the name tells.
    pub fn may_have_come_from(&self, branch: &str, environment: &str) -> bool {
        let plain = derived(environment);
        let (Some(own), true) = (plain.strip_prefix(HEADS), self.default_head) else {
            return false;
        };
        let own = own.trim_start_matches('/');
        let is_like = |name: &str| {
            let rest = name
                .strip_prefix(HEADS)
                .and_then(|rest| rest.strip_prefix('/')?.strip_suffix(own));
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(BETWEEN))
        };
        is_like(branch) || of_change(branch).is_some_and(is_like)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("dev", "dev", "gitops/dev")]
    #[case("shop/dev", "dev", "gitops/shop--dev")]
    #[case("dev/shop", "dev", "gitops/dev--shop--dev")]
    #[case("shop", "dev", "gitops/shop--dev")]
    #[case("ndev", "dev", "gitops/ndev--dev")]
    #[case(".", "dev", "gitops/dev")]
    #[case("shop/prod/weu", "prod/weu", "gitops/shop--prod--weu")]
    #[case("a b/x..y", "dev", "gitops/a-b--x--y--dev")]
    #[case("a/b.lock", "b.lock", "gitops/a--b-lock")]
    fn the_head_branch_is_named_after_folder_and_environment(
        #[case] folder: &str,
        #[case] environment: &str,
        #[case] head: &str,
    ) {
        let folder = Folder::parse(folder).unwrap();
        assert_eq!(default_head(&folder, environment).as_str(), head);
    }

    #[test]
    fn an_update_has_a_branch_for_what_it_sets() {
        let name = head_of_update("shop/web", "0123456789abcdef");
        assert_eq!(name.as_str(), "gitops/update--shop--web-01234567");
        assert!(!is_head_of_change(&name, "gitops/update--shop--web"));
        let name = head_of_update("prod/*/web.yaml", "0123456789abcdef");
        assert_eq!(name.as_str(), "gitops/update--prod-----web.yaml-01234567");
    }

    #[test]
    fn a_change_has_a_branch_beside_the_one_of_the_environment() {
        let name = head_of_change("gitops/dev", "0123456789abcdef");
        assert_eq!(name, "gitops/dev-0123456789");
        assert!(is_head_of_change(&name, "gitops/dev"));
        for other in [
            "gitops/dev",
            "gitops/dev-012345678",
            "gitops/dev-0123456789a",
            "gitops/dev-012345678G",
            "gitops/dev-012345678A",
            "gitops/qa-0123456789",
            "gitops/dev/0123456789",
        ] {
            assert!(!is_head_of_change(other, "gitops/dev"), "{other}");
        }
    }
}
