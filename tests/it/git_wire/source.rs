//! Facts about the checkout that the source comes from.

use gitops_publisher::git::source::Source;

use crate::support::git_repository::{GitRepository, git};

#[test]
fn a_checkout_tells_commit_origin_and_ancestry() {
    let temp = tempfile::tempdir().unwrap();
    let origin = GitRepository::init(&temp.path().join("origin.git"));
    let first = origin.commit("main", "first", &[("a/x", "100644", "1")]);
    let second = origin.commit("main", "second", &[("a/x", "100644", "2")]);
    let side = origin.commit("side", "side", &[("a/x", "100644", "3")]);
    git(temp.path(), &["clone", "-q", "origin.git", "checkout"]);
    let checkout = temp.path().join("checkout");
    git(
        &checkout,
        &[
            "remote",
            "set-url",
            "origin",
            "https://me:pat@git.contoso.com/a/source",
        ],
    );
    let source = Source::discover(&checkout.join("a")).unwrap().unwrap();
    assert_eq!(source.head().unwrap().to_string(), second);
    assert_eq!(source.origin().unwrap(), "https://git.contoso.com/a/source");
    assert_eq!(source.is_ancestor(&first, &second), Some(true));
    assert_eq!(source.is_ancestor(&second, &first), Some(false));
    assert_eq!(source.is_ancestor(&second, &side), Some(false));
    assert_eq!(source.is_ancestor("not an id", &second), None);
}

#[test]
fn a_shallow_checkout_does_not_pretend_to_know() {
    let temp = tempfile::tempdir().unwrap();
    let origin = GitRepository::init(&temp.path().join("origin.git"));
    let first = origin.commit("main", "first", &[("x", "100644", "1")]);
    let second = origin.commit("main", "second", &[("x", "100644", "2")]);
    let url = format!("file://{}", origin.path().display());
    git(temp.path(), &["clone", "-q", "--depth=1", &url, "checkout"]);
    let source = Source::discover(&temp.path().join("checkout"))
        .unwrap()
        .unwrap();
    assert_eq!(source.head().unwrap().to_string(), second);
    assert_eq!(source.is_ancestor(&first, &second), None);
    assert_eq!(source.is_ancestor(&second, &second), Some(true));
}

#[test]
fn a_folder_without_git_is_no_checkout() {
    let temp = tempfile::tempdir().unwrap();
    assert!(Source::discover(temp.path()).unwrap().is_none());
}
