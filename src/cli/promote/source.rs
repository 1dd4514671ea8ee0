//! Which checkout has the source of what was published, and which commit of it
//! is taken.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind};
use crate::git::source::Source;
use crate::host::is_same_repository;
use crate::model::ObjectId;
use crate::pipeline::Published;

use super::Work;

impl Work<'_> {
    /// The checkout that has the source, and the commit to take.
    pub(super) fn source(&self, published: &Published) -> Result<(Source, ObjectId), Error> {
        let stamp = &published.stamp().source;
        let from = &self.promotion.from;
        let found = self.checkouts()?;
        if found.is_empty() {
            return Err(Error::message(
                Kind::Input,
                "the source is in no git checkout, so no commit of it can be taken",
            )
            .hint("check the source repository out before this step, in a pipeline with `fetchDepth: 0`"));
        }
        let named = self.context.publication.source.repository.as_deref();
        let is_other = |source: &Source| {
            // A checkout's path does not identify a repository; having the commit does.
            let is_address = |text: &&str| !Path::new(text).is_absolute();
            let origin = source.origin();
            let own = origin.as_deref().or(named).filter(is_address);
            let theirs = stamp.repository.as_deref().filter(is_address);
            matches!((theirs, own), (Some(theirs), Some(own)) if !is_same_repository(theirs, own))
        };
        let fitting: Vec<_> = found
            .into_iter()
            .filter(|source| !is_other(source))
            .collect();
        let Some(first) = fitting.first() else {
            let theirs = stamp.repository.as_deref().unwrap_or_default();
            let said = format!(
                "what was published for `{from}` comes from the source repository {theirs}, which is not the one that is checked out here"
            );
            return Err(Error::message(Kind::Input, said)
                .hint("run the promotion in a checkout of that repository"));
        };
        let wanted = match (&self.promotion.commit, &stamp.commit) {
            (Some(revision), _) => revision,
            (None, Some(commit)) => commit,
            (None, None) => {
                let said = format!(
                    "what was published for `{from}` does not say from which commit of the source it was rendered"
                );
                return Err(Error::message(Kind::Input, said)
                    .hint("publish it from a git checkout, or name the commit with `commit`"));
            }
        };
        let missing = self.no_commit(first, wanted);
        let with_commit = |source: Source| source.commit(wanted).map(|commit| (source, commit));
        fitting.into_iter().find_map(with_commit).ok_or(missing)
    }

    fn no_commit(&self, source: &Source, wanted: &str) -> Error {
        let folder = source.folder().unwrap_or_default();
        let what = match &self.promotion.commit {
            Some(_) => "the revision that `commit` names,".to_owned(),
            None => format!("from which `{}` was published,", self.promotion.from),
        };
        let said = format!(
            "{wanted}, {what} is not in the git checkout {}",
            folder.display()
        );
        let fetch = if source.is_shallow() {
            "the checkout has only the latest commits: run `git fetch --unshallow`, or in a pipeline set `fetchDepth: 0` on its `checkout` step"
        } else {
            "fetch it first; on the `checkout` step of a pipeline, `fetchDepth: 0` fetches all commits of the branch"
        };
        let error = Error::message(Kind::Input, said).hint(fetch);
        if source.is_shallow() || self.promotion.commit.is_some() {
            return error;
        }
        error.hint("when its branch was squashed or deleted, it is gone: name the commit that has the same content with `commit` (`--commit`); it is taken when it renders to exactly what was published")
    }

    /// The checkouts that the source may be in: that of the templates, of the
    /// settings file, of the working folder.
    fn checkouts(&self) -> Result<Vec<Source>, Error> {
        let from = &self.settings.environments[0];
        let config = self.settings.run.config.clone();
        let places = [
            from.first_source().to_path_buf(),
            config.unwrap_or_default(),
        ];
        let mut found: Vec<Source> = Vec::new();
        for place in places.iter().map(PathBuf::as_path).chain([Path::new(".")]) {
            let place = std::path::absolute(place).unwrap_or_default();
            // The folder may be gone since the commit.
            let Some(folder) = place.ancestors().find(|folder| folder.is_dir()) else {
                continue;
            };
            let discovered = Source::discover(folder).map_err(|fault| {
                Error::new(Kind::Input, fault)
                    .context(format!("looking for the source's checkout at {}", folder.display()))
                    .hint("when the files belong to another user, as in a container: `git config --global --add safe.directory <folder>`")
            })?;
            let Some(source) = discovered else {
                continue;
            };
            let top = source.folder();
            if top.is_some() && found.iter().all(|other| other.folder() != top) {
                found.push(source);
            }
        }
        Ok(found)
    }
}
