//! How the files of a commit are seen: in the checkout itself, or in a folder
//! that holds them and goes with the view.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::stamp::without_dots;
use crate::error::{Error, Kind};
use crate::git::source::Source;
use crate::model::{Finding, ObjectId};
use crate::parallel::blocking;
use crate::settings::EnvironmentSettings;

/// Where the files of the checkout are read.
pub(super) struct View {
    moved: Option<(PathBuf, TempDir)>,
}

impl View {
    /// What is checked out is what is wanted.
    pub(super) fn in_place() -> Self {
        Self { moved: None }
    }

    /// The files of a commit in a private folder, and what is not as in a
    /// checkout.
    pub(super) async fn of_commit(
        checkout: Source,
        commit: ObjectId,
        temp_root: PathBuf,
    ) -> Result<(Self, Vec<Finding>), Error> {
        let work = move || write(&checkout, commit, &temp_root);
        blocking(work)
            .await
            .map_err(|error| error.context(format!("taking the files of commit {commit}")))
    }

    /// Where a path is read. What lies in the checkout is read in the commit,
    /// however the path leads there; everything else is where it is.
    pub(super) fn see(&self, path: &Path) -> PathBuf {
        let Some((checkout, place)) = &self.moved else {
            return path.to_path_buf();
        };
        let Ok(absolute) = std::path::absolute(path) else {
            return path.to_path_buf();
        };
        let clean = without_dots(&absolute);
        let above: Vec<_> = clean.ancestors().collect();
        let is_top = |folder: &&&Path| folder.canonicalize().is_ok_and(|real| real == *checkout);
        let top = above.iter().rev().find(is_top);
        match top.and_then(|top| clean.strip_prefix(top).ok()) {
            Some(below) => place.path().join(below),
            None => path.to_path_buf(),
        }
    }

    /// Lets an environment read the files of the commit, instead of those of
    /// the checkout.
    pub(super) fn confine(&self, environment: &mut EnvironmentSettings) {
        let Some((checkout, place)) = &self.moved else {
            return;
        };
        if environment.root.starts_with(checkout) {
            environment.root = place.path().to_path_buf();
        } else {
            environment.reachable.push(place.path().to_path_buf());
        }
    }
}

fn write(
    checkout: &Source,
    commit: ObjectId,
    temp_root: &Path,
) -> Result<(View, Vec<Finding>), Error> {
    let internal = |error: anyhow::Error| Error::new(Kind::Internal, error);
    let folder = checkout.folder();
    let folder = folder.ok_or_else(|| internal(anyhow::anyhow!("the checkout has no folder")))?;
    let place = tempfile::Builder::new()
        .prefix("gitops-promote-")
        .tempdir_in(temp_root)
        .map_err(|error| internal(error.into()))?;
    let written = checkout.unfold(commit, place.path()).map_err(|fault| {
        internal(fault.into())
            .hint("the clone has to be whole: `fetchFilter` leaves out what is needed here")
    })?;
    let finding = |left: &crate::git::LeftOut| {
        let said = format!("not as in a checkout: {}", left.reason);
        Finding::warning(left.path.clone(), said)
    };
    let findings = written.left_out.iter().map(finding).collect();
    let moved = Some((folder, place));
    Ok((View { moved }, findings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(checkout: &Path) -> View {
        let place = tempfile::tempdir().unwrap();
        View {
            moved: Some((checkout.canonicalize().unwrap(), place)),
        }
    }

    #[test]
    fn what_lies_in_the_checkout_is_seen_in_the_commit_and_nothing_else_is() {
        let outside = tempfile::tempdir().unwrap();
        let checkout = outside.path().join("checkout");
        std::fs::create_dir(&checkout).unwrap();
        let view = view(&checkout);
        let below = |path: &Path| {
            let place = view.moved.as_ref().unwrap().1.path();
            view.see(path)
                .strip_prefix(place)
                .map(Path::to_path_buf)
                .ok()
        };
        assert_eq!(
            below(&checkout.join("charts/web")),
            Some("charts/web".into())
        );
        assert_eq!(
            below(&checkout.join("./a/../gone/x.yaml")),
            Some("gone/x.yaml".into())
        );
        assert_eq!(below(&checkout), Some(PathBuf::new()));
        assert_eq!(below(&checkout.join("../images.json")), None);
        assert_eq!(view.see(Path::new("values.yaml")), Path::new("values.yaml"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_checkout_leads_to_the_commit_too() {
        let outside = tempfile::tempdir().unwrap();
        let checkout = outside.path().join("checkout");
        std::fs::create_dir_all(checkout.join("v1")).unwrap();
        std::os::unix::fs::symlink(&checkout, outside.path().join("link")).unwrap();
        // A link inside is the commit's to follow.
        std::os::unix::fs::symlink("v1", checkout.join("current")).unwrap();
        let view = view(&checkout);
        let place = view.moved.as_ref().unwrap().1.path();
        let seen = view.see(&outside.path().join("link/current"));
        assert_eq!(seen, place.join("current"));
    }
}
