//! What servers gave in this run, so that each is asked once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use url::Url;

use super::access::Access;
use super::{Fault, Options, Surroundings};
use crate::fetch::{self, Index};
use crate::git::{self, Remote, Revision, Room, Snapshot};
use crate::host::{Authorization, Location, Place};
use crate::http::Http;
use crate::model::ObjectId;
use crate::tools::Tools;

/// Results that are made once and shared.
type Once<K, V> = Mutex<HashMap<K, Arc<OnceCell<Arc<V>>>>>;

/// The source as it is written, what is wanted of it, and what is known of it.
type Commit = (String, Revision, Option<ObjectId>);

/// The ways out, and what came over them.
pub(super) struct Repositories<'a> {
    pub tools: &'a Tools,
    pub options: &'a Options,
    pub around: &'a dyn Surroundings,
    pub http: Http,
    /// What everything that is installed shares.
    pub room: Arc<Room>,
    /// Chart repositories by the names that the definition gives them.
    aliases: Mutex<HashMap<String, String>>,
    snapshots: Once<Commit, Snapshot>,
    indexes: Once<String, Index>,
}

impl<'a> Repositories<'a> {
    pub(super) fn new(
        tools: &'a Tools,
        options: &'a Options,
        around: &'a dyn Surroundings,
    ) -> Self {
        Self {
            tools,
            options,
            around,
            http: Http::new(options.http.clone()),
            room: Arc::default(),
            aliases: Mutex::default(),
            snapshots: Mutex::default(),
            indexes: Mutex::default(),
        }
    }

    /// Takes note of what a component calls chart repositories. The first component
    /// that has a name decides, as with those above it.
    pub(super) fn know(&self, named: &[(String, String)]) {
        let mut aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, address) in named {
            let known = aliases.entry(name.clone());
            known.or_insert_with(|| address.clone());
        }
    }

    /// The address of a repository that a chart names by `@name` or `alias:name`.
    pub(super) fn address_of(&self, repository: &str) -> Option<String> {
        let name = repository
            .strip_prefix('@')
            .or_else(|| repository.strip_prefix("alias:"))?;
        let aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        aliases.get(name).cloned()
    }

    /// The credentials for a source.
    pub(super) fn authorization(
        &self,
        access: &Access,
        written: &str,
        url: &Url,
    ) -> Result<Option<Authorization>, Fault> {
        access.authorization(written, url, self.options.access, self.around)
    }

    /// The commit that a repository has for a revision, or the known one.
    pub(super) async fn snapshot(
        &self,
        access: &Access,
        written: &str,
        location: &Location,
        revision: &Revision,
        known: Option<ObjectId>,
    ) -> Result<Arc<Snapshot>, Fault> {
        let key = (written.to_owned(), revision.clone(), known);
        let cell = cell(&self.snapshots, key);
        let made = cell.get_or_try_init(|| async {
            let authorization = match &location.place {
                Place::Url(url) => {
                    // The user name in the address, which a `Location` does not keep.
                    let url = Url::parse(written).unwrap_or_else(|_| url.url().clone());
                    self.authorization(access, written, &url)?
                }
                // The keys are the user's, as for git.
                Place::Path(_) | Place::Ssh(_) => None,
            };
            let options = git::Options {
                tools: self.tools.clone(),
                http: self.options.http.clone(),
                authorization,
                temp_root: self.options.temp_root.clone(),
                create_if_missing: false,
            };
            let remote = Remote::open(location, options);
            let snapshot = remote.snapshot(revision, known).await?;
            Ok::<_, Fault>(Arc::new(snapshot))
        });
        made.await.cloned()
    }

    /// The index of a chart repository.
    pub(super) async fn index(
        &self,
        access: &Access,
        written: &str,
        repository: &Url,
    ) -> Result<Arc<Index>, Fault> {
        let cell = cell(&self.indexes, written.to_owned());
        let made = cell.get_or_try_init(|| async {
            let authorization = self.authorization(access, written, repository)?;
            let login = authorization.as_ref().map(Authorization::header);
            let index = fetch::index(&self.http, repository, login).await?;
            Ok::<_, Fault>(Arc::new(index))
        });
        made.await.cloned()
    }
}

fn cell<K: Hash + Eq, V>(all: &Once<K, V>, key: K) -> Arc<OnceCell<Arc<V>>> {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(key).or_default())
}
