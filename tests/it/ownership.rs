//! Whose folder it is, in which order runs count, and what the ledger says,
//! as a user sees it.

mod adopted;
mod brakes;
mod branches;
mod commits;
mod left_edits;
mod leftovers;
mod moved;
mod names;
mod nested;
mod order;
mod proof;
mod reserved;
mod sources;
mod twins;
#[cfg(unix)]
mod uncommitted;

use crate::support::git_repository::GitRepository;
use crate::support::program::{Program, Workspace};

/// A working folder with plain manifests and an empty manifest repository.
pub struct Place {
    pub workspace: Workspace,
    pub repository: GitRepository,
}

impl Place {
    pub fn new(settings: &str) -> Self {
        let workspace = Workspace::new();
        let repository = GitRepository::init(&workspace.path().join("manifests.git"));
        workspace.write("gitops.yaml", settings);
        Self {
            workspace,
            repository,
        }
    }

    /// Writes a resource into a source.
    pub fn resource(&self, file: &str, name: &str, value: &str) -> &Self {
        self.workspace.write(file, &config_map(name, value));
        self
    }

    /// A run as a task with this number, of the repository `hld`.
    pub fn run(&self, number: u32, inputs: &[(&str, &str)]) -> Program {
        self.workspace
            .task(inputs)
            .variable("BUILD_BUILDID", &number.to_string())
    }

    /// A run of another source repository, by its own pipeline.
    pub fn run_of(&self, repository: &str, inputs: &[(&str, &str)]) -> Program {
        self.workspace
            .task(inputs)
            .variable("BUILD_REPOSITORY_URI", repository)
            .variable("SYSTEM_DEFINITIONID", "77")
    }

    /// A run at a terminal.
    pub fn typed(&self, arguments: &[&str]) -> Program {
        self.workspace.program(arguments)
    }

    pub fn content(&self, path: &str) -> String {
        self.repository.content("main", path)
    }

    pub fn ledger(&self, folder: &str) -> serde_json::Value {
        let text = self.content(&format!("{folder}/.gitops-publisher"));
        serde_json::from_str(&text).unwrap()
    }

    pub fn commits(&self) -> usize {
        self.repository.subjects("main").len()
    }
}

/// A checkout of its own with an `origin`, or none.
pub fn checkout(origin: Option<&str>, settings: &str, sources: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("gitops.yaml", settings);
    for source in sources {
        workspace.write(&format!("{source}/a.yaml"), &config_map("a", source));
    }
    workspace.git(&["init", "--quiet"]);
    if let Some(origin) = origin {
        workspace.git(&["remote", "add", "origin", origin]);
    }
    commit(&workspace);
    workspace
}

pub fn commit(workspace: &Workspace) {
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "-m", "source"]);
}

pub fn config_map(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: shop\ndata:\n  value: \"{value}\"\n"
    )
}
