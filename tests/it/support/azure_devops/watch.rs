//! What the fake says of commits, their statuses, and folders in them.

use serde_json::{Value, json};

use super::{Azure, error, list};
use crate::support::rest_fake::{Asked, Reply};

impl Azure {
    /// A status that somebody wrote: `genre//name`, or a name alone.
    pub fn report(&mut self, commit: &str, context: &str, state: &str, said: &str, author: &str) {
        let (genre, name) = context.split_once("//").unwrap_or(("", context));
        let status = json!({
            "id": self.statuses.len() + 1, "state": state, "description": said,
            "context": {"genre": genre, "name": name},
            "targetUrl": null,
            "createdBy": {
                "id": author, "displayName": format!("{author}'s name"),
                "uniqueName": format!("{author}@contoso.com"),
            },
            "creationDate": "2026-08-01T10:00:00Z",
        });
        self.statuses.push((commit.to_owned(), status));
    }

    /// The cluster reports on the newest commit of `main`, when it watches.
    fn reconcile(&mut self) {
        let Some(tip) = self.git.tip("main") else {
            return;
        };
        if self
            .statuses
            .iter()
            .any(|(at, own)| *at == tip && own["createdBy"]["id"] == "cluster")
        {
            return;
        }
        for (context, state, said) in self.cluster.clone() {
            self.report(&tip, &context, &state, &said, "cluster");
        }
    }

    pub(super) fn commits_batch(&mut self, asked: &Asked) -> Result<Reply, String> {
        self.reconcile();
        let body = &asked.body;
        let (version, path) = (&body["itemVersion"], body["itemPath"].as_str());
        // Without a path the mode of the history has no effect.
        if body["historyMode"] != "firstParent" || path.is_none() {
            return Err("the history is not along first parents".to_owned());
        }
        let branch = version["version"].as_str().unwrap_or_default();
        if version["versionType"] != "branch" || self.git.tip(branch).is_none() {
            let said = format!(
                "TF401175: The version descriptor <Branch: {branch} > could not be resolved to a version in the repository manifests"
            );
            return Ok(error(404, "GitUnresolvableToCommitException", &said));
        }
        let top = format!("-n{}", asked.parameter("$top").unwrap_or("100"));
        let path = path.unwrap().trim_start_matches('/');
        let mut args = vec!["log", "--first-parent", "--format=%H", &top, branch];
        if !path.is_empty() {
            args.extend(["--", path]);
        }
        let ids = self.git.git(&args);
        let commits: Vec<Value> = ids
            .lines()
            .map(|id| {
                let own = self.statuses.iter().filter(|(at, _)| at == id);
                let statuses: Vec<_> = own.map(|(_, status)| status.clone()).collect();
                json!({"commitId": id, "comment": "", "statuses": statuses})
            })
            .collect();
        Ok(list(&commits))
    }

    pub(super) fn merge_bases(&self, commit: &str, asked: &Asked) -> Reply {
        let other = asked.parameter("otherCommitId").unwrap_or_default();
        if !self.git.has(commit) || !self.git.has(other) {
            let said = "TF401179: The commit does not exist.";
            return error(404, "GitCommitDoesNotExistException", said);
        }
        let base = self.git.merge_base(commit, other);
        let found: Vec<_> = base.iter().map(|id| json!({"commitId": id})).collect();
        list(&found)
    }

    pub(super) fn items_batch(&self, asked: &Asked) -> Result<Reply, String> {
        let descriptors = asked.body["itemDescriptors"]
            .as_array()
            .ok_or("nothing is asked for")?;
        let mut found = Vec::new();
        for one in descriptors {
            let (path, commit) = (
                one["path"].as_str().unwrap(),
                one["version"].as_str().unwrap(),
            );
            if !self.git.has(commit) {
                let said = format!(
                    "TF401175: The version descriptor <Commit: {commit} > could not be resolved to a version in the repository manifests"
                );
                return Ok(error(404, "GitUnresolvableToCommitException", &said));
            }
            let Some(id) = self.git.object(commit, path.trim_start_matches('/')) else {
                let said = format!(
                    "TF401174: The item '{path}' could not be found in the repository 'manifests' at the version specified by '<Commit: {commit} >'"
                );
                return Ok(error(404, "GitItemNotFoundException", &said));
            };
            if one["recursionLevel"] != "oneLevel" {
                return Err("only one level is looked at".to_owned());
            }
            let mut items = vec![json!({
                "objectId": id, "gitObjectType": "tree", "commitId": commit,
                "path": path, "isFolder": true,
            })];
            let own = path.trim_start_matches('/');
            for line in self
                .git
                .git(&["ls-tree", &format!("{commit}:{own}")])
                .lines()
            {
                let (facts, name) = line.split_once('\t').unwrap();
                let id = facts.rsplit(' ').next().unwrap();
                let path = format!("{}/{name}", path.trim_end_matches('/'));
                items.push(json!({"objectId": id, "commitId": commit, "path": path}));
            }
            found.push(json!(items));
        }
        Ok(list(&found))
    }
}
