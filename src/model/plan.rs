//! What publishing would change in one owned folder.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;

use super::{Ledger, ObjectId, RelPath, ResourceId};

/// What happens to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// It is not there yet.
    Added,
    /// Its bytes differ.
    Changed,
    /// We wrote it before and no longer do.
    Removed,
    /// It is made from secrets that this run does not have.
    Unknown,
}

/// What happens to one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ResourceChange {
    /// It is new.
    Added,
    /// It stays, with other content.
    Changed,
    /// It goes.
    Removed,
    /// It is made from secrets that this run does not have.
    Unknown,
}

/// The plan for one owned folder: the writes, the removals, and what they
/// mean for the resources. Paths are relative to the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderPlan {
    /// What happens to each file that does not stay as it is.
    pub files: BTreeMap<RelPath, FileChange>,
    /// What happens to each resource that does not stay as it is.
    pub resources: BTreeMap<ResourceId, ResourceChange>,
    /// How many resources the folder had before.
    pub resources_before: usize,
    /// How many files the folder had before, whoever wrote them.
    pub files_before: usize,
    /// The files that go and were never ours, each with its content.
    pub foreign_removed: BTreeMap<RelPath, ObjectId>,
    /// The files that are written over and were never ours, each with its content.
    pub foreign_replaced: BTreeMap<RelPath, ObjectId>,
    /// Files with resources of ours that somebody edited, and that go or are written
    /// over, each with its content.
    pub edits_dropped: BTreeMap<RelPath, ObjectId>,
    /// Files of others that go or are written over, and cannot be read: nobody knows
    /// what goes with them.
    pub unreadable: BTreeSet<RelPath>,
    /// Content of the added and changed files.
    pub writes: BTreeMap<RelPath, Bytes>,
    /// What was published before was made from the same commit, and something
    /// of it changes.
    pub is_same_commit: bool,
    /// The folder does not exist yet.
    pub is_new_folder: bool,
    /// Whose folder it was, when it becomes ours.
    pub taken_over_from: Option<String>,
    /// The ledger to write along; absent when nothing changes.
    pub ledger: Option<Ledger>,
}

/// Namespace and name of a resource, as far as another of its kind that takes its place
/// has the same.
type Likeness = fn(&ResourceId) -> (Option<&str>, &str);

impl FolderPlan {
    /// Whether the folder stays as it is, ledger included.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.ledger.is_none()
    }

    /// The resources that go and that nothing takes the place of: an object of
    /// the same kind with another version or namespace, or with another hash
    /// that Kustomize put behind its name.
    pub fn lost(&self) -> Vec<&ResourceId> {
        let with = |wanted| {
            let resources = self.resources.iter();
            let found = resources.filter(move |(_, change)| **change == wanted);
            found.map(|(id, _)| id).collect::<Vec<_>>()
        };
        let (mut lost, mut added) = (with(ResourceChange::Removed), with(ResourceChange::Added));
        // What is most alike is paired first, and nothing twice.
        let alike: [Likeness; 4] = [
            |id| (id.namespace.as_deref(), id.name.as_str()),
            |id| (None, id.name.as_str()),
            |id| (id.namespace.as_deref(), stem(&id.name)),
            |id| (None, stem(&id.name)),
        ];
        for alike in alike {
            let mut heirs: HashMap<_, Vec<usize>> = HashMap::new();
            for (at, id) in added.iter().enumerate() {
                let key = (id.group(), &id.kind, alike(id));
                heirs.entry(key).or_default().push(at);
            }
            let mut is_taken = vec![false; added.len()];
            lost.retain(|id| {
                let heirs = heirs.get_mut(&(id.group(), &id.kind, alike(id)));
                let heir = heirs.and_then(Vec::pop);
                if let Some(at) = heir {
                    is_taken[at] = true;
                }
                heir.is_none()
            });
            let mut is_taken = is_taken.into_iter();
            added.retain(|_| !is_taken.next().unwrap_or(false));
        }
        lost
    }

    /// Every file whose content is not what we published, and that will not stay.
    pub fn content_of_others(&self) -> impl Iterator<Item = (&RelPath, &ObjectId)> {
        let foreign = self.foreign_removed.iter().chain(&self.foreign_replaced);
        foreign.chain(&self.edits_dropped)
    }

    /// Counts resources in content of others that does not stay: what is not rendered
    /// goes from the cluster too.
    pub fn remove_foreign(&mut self, resources: impl IntoIterator<Item = ResourceId>) {
        let ledger = self.ledger.as_ref();
        let after: BTreeSet<_> = ledger
            .into_iter()
            .flat_map(Ledger::resources)
            .map(|(id, _)| id.clone())
            .collect();
        for id in resources {
            let change = match (after.contains(&id), self.resources.get(&id)) {
                (true, Some(ResourceChange::Added)) => ResourceChange::Changed,
                (false, None) => ResourceChange::Removed,
                // It was there before as one of ours.
                _ => continue,
            };
            self.resources_before += 1;
            self.resources.insert(id, change);
        }
    }

    /// Whether something changes for certain, whatever the secrets are that this
    /// run does not have.
    pub fn is_certain(&self) -> bool {
        let certain = self
            .files
            .values()
            .any(|&change| change != FileChange::Unknown);
        certain || (self.files.is_empty() && self.ledger.is_some())
    }

    /// How many resources have this change.
    pub fn count(&self, change: ResourceChange) -> usize {
        self.resources.values().filter(|&&c| c == change).count()
    }
}

/// A name without the hash that Kustomize appends: ten characters of its own
/// alphabet, which has no vowels.
/// <https://github.com/kubernetes-sigs/kustomize/blob/master/api/hasher/hasher.go>
fn stem(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((stem, hash))
            if hash.len() == 10 && hash.chars().all(|c| "2456789bcdfghkmt".contains(c)) =>
        {
            stem
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::nothing_like_it(&["v1 ConfigMap a"], &["v1 Secret a"], &["v1 ConfigMap a"])]
    #[case::another_hash(&["v1 ConfigMap a-b7kgf7t6c2"], &["v1 ConfigMap a-5tfm2mt9kd"], &[])]
    #[case::a_hash_for_the_first_time(&["v1 ConfigMap a"], &["v1 ConfigMap a-5tfm2mt9kd"], &[])]
    #[case::not_a_hash(&["v1 ConfigMap web-aaaaaaaaaa"], &["v1 ConfigMap web-bbbbbbbbbb"], &["v1 ConfigMap web-aaaaaaaaaa"])]
    #[case::another_namespace(&["v1 Service one/a"], &["v1 Service two/a"], &[])]
    #[case::another_namespace_and_hash(&["v1 Secret one/a-b7kgf7t6c2"], &["v1 Secret two/a-5tfm2mt9kd"], &[])]
    #[case::another_version(&["apps/v1beta1 Deployment a"], &["apps/v1 Deployment a"], &[])]
    #[case::each_is_paired_once(&["v1 Service one/a", "v1 Service two/a"], &["v1 Service x/a"], &["v1 Service two/a"])]
    fn what_is_replaced_is_not_lost(
        #[case] removed: &[&str],
        #[case] added: &[&str],
        #[case] lost: &[&str],
    ) {
        let with = |ids: &[&str], change| {
            let id = |id: &&str| (ResourceId::parse(id).unwrap(), change);
            ids.iter().map(id).collect::<Vec<_>>()
        };
        let mut resources = with(removed, ResourceChange::Removed);
        resources.extend(with(added, ResourceChange::Added));
        let plan = FolderPlan {
            resources: resources.into_iter().collect(),
            ..FolderPlan::default()
        };
        let found: Vec<_> = plan.lost().iter().map(ToString::to_string).collect();
        assert_eq!(found, lost);
    }

    #[test]
    fn many_renamed_resources_are_soon_looked_at() {
        let all = |mark: &str, change| {
            let id = |at: usize| format!("v1 ConfigMap shop/{mark}-{at}");
            let ids = (0..20_000).map(move |at| ResourceId::parse(&id(at)).unwrap());
            ids.map(|id| (id, change)).collect::<Vec<_>>()
        };
        let mut resources = all("a", ResourceChange::Removed);
        resources.extend(all("b", ResourceChange::Added));
        let plan = FolderPlan {
            resources: resources.into_iter().collect(),
            ..FolderPlan::default()
        };
        let begin = std::time::Instant::now();
        assert_eq!(plan.lost().len(), 20_000);
        assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
    }
}
