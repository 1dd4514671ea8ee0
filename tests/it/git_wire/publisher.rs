//! The smallest publisher: plans by the ledger alone.
#![allow(unreachable_pub, reason = "public to the tests beside it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gitops_publisher::git::{self, CommitDraft, FolderChange, Identity, Remote, Tip, Wanted};
use gitops_publisher::host::{self, HostKind};
use gitops_publisher::http::{self, Retry};
use gitops_publisher::model::{
    FileChange, Folder, FolderPlan, FolderState, GeneratorStamp, Ledger, LedgerFile, ObjectId,
    PublicationStamp, RelPath, Secret,
};
use gitops_publisher::publish::{self, Outcome, Proposal};
use gitops_publisher::tools::Tools;

use crate::support::git_server::GitServer;

/// Paths and contents.
pub type Files = Vec<(RelPath, String)>;

/// Files written as `path=content`.
pub fn files(texts: &[&str]) -> Files {
    let split = texts.iter().map(|text| text.split_once('=').unwrap());
    split
        .map(|(path, content)| (RelPath::parse(path).unwrap(), content.to_owned()))
        .collect()
}

/// This many files of about 1.5 KB.
pub fn many(count: usize) -> Files {
    let file = |index: usize| {
        let lines: Vec<_> = (0..40)
            .map(|line| format!("key-{line}: value {index} of {line} and so on\n"))
            .collect();
        (
            RelPath::parse(&format!("app-{index:04}.yaml")).unwrap(),
            lines.concat(),
        )
    };
    (0..count).map(file).collect()
}

/// Publishes to one repository.
pub struct Publisher {
    pub address: String,
    pub kind: Option<HostKind>,
    pub branch: Option<String>,
    pub token: Option<String>,
    /// When the host made the token.
    pub made: Option<std::time::Instant>,
    pub create: bool,
    pub retry: Retry,
    pub http: http::Options,
    pub tools: Tools,
    temp: tempfile::TempDir,
}

impl Publisher {
    pub fn at(server: &GitServer, name: &str) -> Self {
        Self::to(&server.url(name))
    }

    pub fn to(address: &str) -> Self {
        let temp = tempfile::tempdir().unwrap();
        Self {
            address: address.to_owned(),
            kind: None,
            branch: None,
            token: None,
            made: None,
            create: false,
            retry: Retry::pushes().without_pauses(),
            http: http_options(),
            tools: Tools::new(std::env::var_os("PATH").unwrap_or_default(), temp.path()),
            temp,
        }
    }

    pub fn temp_root(&self) -> &Path {
        self.temp.path()
    }

    pub fn remote(&self) -> Remote {
        let location = host::resolve(&self.address, self.kind).unwrap();
        let secret = self.token.as_deref().map(Secret::new);
        let authorization = secret.map(|token| {
            let authorization = host::authorization(location.kind, &token, None).unwrap();
            authorization.made_at(self.made)
        });
        let options = git::Options {
            http: self.http.clone(),
            authorization,
            temp_root: self.temp.path().to_path_buf(),
            tools: self.tools.clone(),
            create_if_missing: self.create,
        };
        Remote::open(&location, options)
    }

    /// Publishes `files` as the whole content of `folder`.
    pub async fn publish(
        &self,
        folder: &str,
        files: &[(RelPath, String)],
    ) -> Result<Outcome, Failure> {
        self.publish_when(folder, files, |_| {}).await
    }

    /// Calls `seen` with every tip before the push on top of it.
    pub async fn publish_when(
        &self,
        folder: &str,
        files: &[(RelPath, String)],
        mut seen: impl FnMut(&Tip),
    ) -> Result<Outcome, Failure> {
        let name = folder;
        let folder = Folder::parse(folder).unwrap();
        let ids = files
            .iter()
            .map(|(path, content)| (path.clone(), ObjectId::of_blob(content.as_bytes())));
        let wanted = vec![Wanted {
            folder: folder.clone(),
            files: Some(ids.collect()),
            publisher: None,
        }];
        let options = publish::Options {
            branch: self.branch.clone(),
            wanted,
            retry: self.retry.clone(),
        };
        publish::run(&self.remote(), &options, async |tip: &Tip| {
            seen(tip);
            let plan = plan(&tip.folders[0], files);
            let proposal = Proposal {
                changes: vec![FolderChange {
                    folder: folder.clone(),
                    plan,
                }],
                commit: draft(&format!("Publish {name}")),
            };
            Ok::<_, std::convert::Infallible>(Some(proposal))
        })
        .await
    }
}

fn http_options() -> http::Options {
    let mut options = http::Options::new("gitops-publisher/test");
    options.retry = Retry::requests().without_pauses();
    options
}

pub type Failure = publish::Failure<std::convert::Infallible>;

/// A commit by the test's publisher.
pub fn draft(message: &str) -> CommitDraft {
    let identity = Identity {
        name: "Publisher".into(),
        email: "publisher@contoso.com".into(),
    };
    CommitDraft {
        author: identity.clone(),
        committer: identity,
        message: message.to_owned(),
        seconds: 1_700_000_000,
        tree_trailer: Some("Published-Tree".to_owned()),
    }
}

/// What turns a folder into `files`, by the ledger.
pub fn plan(state: &FolderState, files: &[(RelPath, String)]) -> FolderPlan {
    let mut plan = FolderPlan::default();
    let mut ledger = BTreeMap::new();
    for (path, content) in files {
        let blob = ObjectId::of_blob(content.as_bytes());
        ledger.insert(
            path.clone(),
            LedgerFile {
                blob,
                resources: BTreeMap::new(),
            },
        );
        match state.entries.get(path) {
            Some(entry) if entry.id == blob => continue,
            Some(_) => plan.files.insert(path.clone(), FileChange::Changed),
            None => plan.files.insert(path.clone(), FileChange::Added),
        };
        plan.writes.insert(path.clone(), content.clone().into());
    }
    let kept: BTreeSet<_> = ledger.keys().cloned().collect();
    let before = state.ledger.iter().flat_map(|ledger| ledger.files.keys());
    for path in before.filter(|path| !kept.contains(path)) {
        plan.files.insert(path.clone(), FileChange::Removed);
    }
    let generator = GeneratorStamp {
        name: "manifests".into(),
        version: "1".into(),
    };
    plan.ledger = Some(Ledger::new(
        "dev",
        generator,
        PublicationStamp::default(),
        ledger,
    ));
    plan
}
