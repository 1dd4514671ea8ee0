//! `fab install`, through the program, against a real git server and a loopback
//! server of charts and files.

mod access;
mod charts;
mod git;
mod hostile;
mod lock;

use crate::support::git_server::GitServer;
use crate::support::program::{Ended, Program, Workspace};

/// A definition in a checkout of its own.
fn definition(component: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.git(&["init", "-q"]);
    workspace.write("component.yaml", component);
    workspace
}

/// A run of `fab install` with these arguments more.
fn install(workspace: &Workspace, arguments: &[&str]) -> Program {
    workspace.program(&[&["fab", "install"], arguments].concat())
}

/// A repository with one component that has static manifests.
fn web(server: &GitServer) -> String {
    let repository = server.create("web");
    repository.commit(
        "main",
        "first",
        &[
            (
                "component.yaml",
                "100644",
                "name: web\nsubcomponents:\n- {name: files, type: static, path: files}\n",
            ),
            ("files/one.yaml", "100644", "kind: One\n"),
        ],
    )
}

/// A definition with the component of [`web`].
fn uses_web(server: &GitServer, more: &str) -> Workspace {
    definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: web, method: git, source: '{}'{more}}}\n",
        server.url("web")
    ))
}

/// Whether a run said something, on either stream.
#[track_caller]
fn assert_said(ended: &Ended, text: &str) {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains(text), "{text:?} is not in {ended:#?}");
}

/// Every file below the workspace's folders, with its content.
fn everything(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &std::path::Path, into: &mut Vec<(String, Vec<u8>)>) {
        let mut entries: Vec<_> = folder.read_dir().unwrap().flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                walk(&path, into);
            } else if kind.is_file() {
                let content = std::fs::read(&path).unwrap();
                into.push((path.display().to_string(), content));
            }
        }
    }
    let mut all = Vec::new();
    walk(workspace.path().parent().unwrap(), &mut all);
    all
}

/// What is installed and locked: paths from the definition, with content.
fn result(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let root = workspace.path().display().to_string();
    everything(workspace)
        .into_iter()
        .filter_map(|(path, content)| {
            let inner = path.strip_prefix(&root)?.trim_start_matches('/').to_owned();
            let wanted = ["components/", "helm_repos/", "fabrikate.lock"];
            wanted
                .iter()
                .any(|start| inner.starts_with(start))
                .then_some((inner, content))
        })
        .collect()
}
