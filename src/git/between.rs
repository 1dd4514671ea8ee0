//! What lies between two commits of the checkout that the source comes from.

use git2::Oid;

use super::intake::oid;
use super::source::Source;
use crate::model::ObjectId;

/// Commits that are counted, at most; a range beyond is not told.
const MOST: usize = 10_000;

/// Characters of a subject, at most.
const LONGEST: usize = 120;

/// The commits of each side that the other does not have.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// How many only the second side has.
    pub added: usize,
    /// How many only the first side has.
    pub removed: usize,
    /// The subject lines of the commits in `added`, newest first; of those in `removed`
    /// when nothing was added.
    pub subjects: Vec<String>,
}

impl Source {
    /// What lies between two commits, with at most so many subjects. `None` where one of
    /// them is not here, or the past is cut off: what is not there cannot be told from
    /// what does not exist.
    pub fn between(&self, from: ObjectId, to: ObjectId, subjects: usize) -> Option<Between> {
        if self.repository.is_shallow() {
            return None;
        }
        let (from, to) = (oid(&from), oid(&to));
        let added = self.beyond(to, from)?;
        let removed = self.beyond(from, to)?;
        let listed = if added.is_empty() { &removed } else { &added };
        let listed = listed.iter().take(subjects);
        Some(Between {
            subjects: listed.map(|id| self.subject(*id)).collect(),
            added: added.len(),
            removed: removed.len(),
        })
    }

    /// The commits of `tip` that `base` does not have, newest first.
    fn beyond(&self, tip: Oid, base: Oid) -> Option<Vec<Oid>> {
        let mut walk = self.repository.revwalk().ok()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)
            .ok()?;
        walk.push(tip).ok()?;
        walk.hide(base).ok()?;
        let found: Result<Vec<_>, _> = walk.take(MOST + 1).collect();
        found.ok().filter(|found| found.len() <= MOST)
    }

    fn subject(&self, commit: Oid) -> String {
        let found = self.repository.find_commit(commit);
        let message =
            found.map(|commit| String::from_utf8_lossy(commit.message_bytes()).into_owned());
        let message = message.unwrap_or_default();
        let line = message
            .trim_start()
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end();
        let mut subject: String = line.chars().take(LONGEST).collect();
        if subject.len() < line.len() {
            subject.push('…');
        }
        subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::{Repository, Signature, Time};

    /// A repository with these commits, each named by its subject: `parents > subject`.
    fn repository(folder: &std::path::Path, commits: &[(&str, &[&str])]) -> Source {
        let repository = Repository::init(folder).unwrap();
        let tree = repository.treebuilder(None).unwrap().write().unwrap();
        let mut ids = std::collections::BTreeMap::new();
        for (at, (subject, parents)) in commits.iter().enumerate() {
            let at = i64::try_from(at).unwrap();
            let who = Signature::new("a", "a@contoso.com", &Time::new(at, 0)).unwrap();
            let tree = repository.find_tree(tree).unwrap();
            let parents: Vec<_> = parents
                .iter()
                .map(|name| repository.find_commit(ids[name]).unwrap())
                .collect();
            let parents: Vec<_> = parents.iter().collect();
            let message = format!("{subject}\n\nMore.\n");
            let id = repository.commit(None, &who, &who, &message, &tree, &parents);
            ids.insert(*subject, id.unwrap());
            repository
                .reference(&format!("refs/tags/{subject}"), ids[subject], true, "")
                .unwrap();
        }
        Source::discover(folder).unwrap().unwrap()
    }

    const HISTORY: [(&str, &[&str]); 5] = [
        ("one", &[]),
        ("two", &["one"]),
        ("three", &["two"]),
        ("side", &["one"]),
        ("merge", &["three", "side"]),
    ];

    #[rstest::rstest]
    #[case("one", "three", (2, 0, &["three", "two"][..]))]
    #[case("three", "one", (0, 2, &["three", "two"][..]))]
    #[case("two", "merge", (3, 0, &["merge", "side"][..]))]
    #[case("side", "three", (2, 1, &["three", "two"][..]))]
    fn commits_are_counted_and_the_newest_are_named(
        #[case] from: &str,
        #[case] to: &str,
        #[case] (added, removed, subjects): (usize, usize, &[&str]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let source = repository(folder.path(), &HISTORY);
        let id = |name: &str| source.commit(name).unwrap();
        let found = source.between(id(from), id(to), 2).unwrap();
        assert_eq!((found.added, found.removed), (added, removed));
        assert_eq!(found.subjects, subjects);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a checkout that is cut off")]
    fn what_is_not_here_or_cut_off_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let source = repository(folder.path(), &HISTORY);
        let (one, three) = (
            source.commit("one").unwrap(),
            source.commit("three").unwrap(),
        );
        let unknown = ObjectId::of_blob(b"unknown");
        assert_eq!(source.between(unknown, three, 2), None);
        assert_eq!(source.between(one, unknown, 2), None);
        std::fs::write(source.repository.path().join("shallow"), format!("{one}\n")).unwrap();
        let source = Source::discover(folder.path()).unwrap().unwrap();
        assert_eq!(source.between(one, three, 2), None);
    }
}
