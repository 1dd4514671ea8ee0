//! A manifest repository of the size that figures are stated for: 20,002 files
//! of about 1.5 KB in 200 folders at depth 3, with 300 commits.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;

use crate::support::git_repository::{GitRepository, command};

/// The folder that is published to.
pub const FOLDER: &str = "region-1/cluster-2/app-3";
const COMMITS: u64 = 300;
const FILES: u64 = 100;
const CHANGED_PER_COMMIT: u64 = 60;

/// Files of one folder by name.
pub type Files = BTreeMap<String, String>;

/// One manifest, the same for the same seed, which does not compress well.
fn manifest(name: &str, seed: u64) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: shop\ndata:\n"
    );
    let mut random = fastrand::Rng::with_seed(seed);
    for key in 0..18 {
        let value: String = std::iter::repeat_with(|| random.digit(16))
            .take(62)
            .collect();
        writeln!(text, "  value-{key:02}: \"{value}\"").expect("text can be written");
    }
    text
}

/// The files that stand in the folder before a publication.
pub fn before() -> Files {
    let file = |index| {
        let name = format!("config-{index:03}");
        (format!("{name}.yaml"), manifest(&name, 1_000_000 + index))
    };
    (0..FILES).map(file).collect()
}

/// The same with 50 files edited, 5 removed and 10 added.
pub fn after() -> Files {
    let mut files = before();
    for index in 0..50 {
        let name = format!("config-{index:03}");
        files.insert(format!("{name}.yaml"), manifest(&name, 2_000_000 + index));
    }
    for index in 50..55 {
        files.remove(&format!("config-{index:03}.yaml"));
    }
    for index in 0..10 {
        let name = format!("new-{index:03}");
        files.insert(format!("{name}.yaml"), manifest(&name, 3_000_000 + index));
    }
    files
}

/// Fills an empty repository and packs it as a host would.
pub fn fill(repository: &GitRepository) {
    let mut import = command("git")
        .args(["fast-import", "--quiet", "--date-format=raw"])
        .current_dir(repository.path())
        .stdin(Stdio::piped())
        .spawn()
        .expect("git starts");
    let stdin = import.stdin.take().expect("it has an input");
    let mut stream = std::io::BufWriter::new(stdin);
    write_history(&mut stream).expect("git reads");
    drop(stream);
    assert!(import.wait().expect("git ends").success());
    repository.git(&["repack", "-a", "-d", "-q"]);
}

fn write_history(stream: &mut impl std::io::Write) -> std::io::Result<()> {
    let folders: Vec<_> = (0..200)
        .map(|at| format!("region-{}/cluster-{}/app-{}", at / 50, at / 10 % 5, at % 10))
        .collect();
    for commit in 0..COMMITS {
        let seconds = 1_700_000_000 + commit;
        writeln!(
            stream,
            "commit refs/heads/main\ncommitter C <c@contoso.com> {seconds} +0000"
        )?;
        let message = format!("commit {commit}");
        writeln!(stream, "data {}\n{message}", message.len())?;
        if commit == 0 {
            write_file(stream, "README.md", "The manifests of every cluster.\n")?;
            write_file(stream, "CODEOWNERS", "* platform@contoso.com\n")?;
            for (place, folder) in (0..).zip(&folders) {
                if folder != FOLDER {
                    write_files(stream, folder, place * FILES, FILES)?;
                }
            }
            for (name, content) in before() {
                write_file(stream, &format!("{FOLDER}/{name}"), &content)?;
            }
            continue;
        }
        let others = folders.iter().filter(|&folder| folder != FOLDER);
        let folder = others.cycle().nth(usize::try_from(commit * 7).unwrap_or(0));
        if let Some(folder) = folder {
            write_files(stream, folder, commit * 100_000, CHANGED_PER_COMMIT)?;
        }
    }
    stream.flush()
}

fn write_files(
    stream: &mut impl std::io::Write,
    folder: &str,
    seed: u64,
    count: u64,
) -> std::io::Result<()> {
    for index in 0..count {
        let name = format!("config-{index:03}");
        let content = manifest(&name, seed + index);
        write_file(stream, &format!("{folder}/{name}.yaml"), &content)?;
    }
    Ok(())
}

fn write_file(stream: &mut impl std::io::Write, path: &str, content: &str) -> std::io::Result<()> {
    write!(
        stream,
        "M 100644 inline {path}\ndata {}\n{content}\n",
        content.len()
    )
}
