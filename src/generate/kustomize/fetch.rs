//! Bringing what an overlay names from elsewhere, before Kustomize runs:
//! repositories by git, charts and files by the run's own client. What came is looked at as the source
//! is, and Kustomize itself fetches nothing.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use url::Url;

use super::copy::no_room;
use super::error::{KustomizeFault, Place};
use super::graph::Graph;
use super::remote::{self, Repository};
use super::tree::Tree;
use crate::fetch;
use crate::generate::reading::Reader;
use crate::generate::{Fault, Options, helm, off_thread};
use crate::model::Finding;
use crate::tools::archive::{self, Limits};
use crate::tools::{Invocation, Output, Tools};

/// How many lines of output an error quotes.
const TAIL: usize = 10;

/// How many repositories an overlay may be made of.
const REPOSITORIES: usize = 64;

/// The largest file of a server, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Fetches a repository at its commit or tag. For a tag, a note says which
/// commit that is.
pub(super) async fn repository(
    tools: &Tools,
    options: &Options,
    repository: Repository,
    place: Place,
    number: usize,
) -> Result<(Tree, Option<Finding>), Fault> {
    if number > REPOSITORIES {
        return Err(KustomizeFault::TooMany("64 repositories").into());
    }
    tools.check_address(&repository.address).await?;
    let git = tools.find("git")?;
    let folder = tools.scratch_folder()?;
    let run = async |args: &[&str]| {
        let invocation = Invocation::new(&git).directory(folder.path());
        let mut invocation = invocation.writes(folder.path()).on_network();
        // Neither a link nor a hook of the checkout has a say.
        for setting in [
            "core.symlinks=true",
            "core.hooksPath=/dev/null",
            "protocol.file.allow=never",
        ] {
            invocation = invocation.arg("-c").arg(setting);
        }
        if tools.asks_public_addresses_only() {
            // Git would follow anywhere; what was checked is the first address.
            invocation = invocation.arg("-c").arg("http.followRedirects=false");
        }
        let output = tools.run(&invocation.args(args)).await?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(&repository, place.clone(), &output))
    };
    run(&["init", "--quiet", "."]).await?;
    let reference = match repository.tag() {
        // A branch of that name is not meant.
        Some(tag) => format!("refs/tags/{tag}"),
        None => repository.reference.clone(),
    };
    run(&[
        "fetch",
        "--quiet",
        "--depth=1",
        "--end-of-options",
        &repository.address,
        &reference,
    ])
    .await?;
    run(&["checkout", "--quiet", "FETCH_HEAD"]).await?;
    let name = format!("base {repository} {}", repository.reference);
    let note = if let Some(tag) = repository.tag() {
        let commit = run(&["rev-parse", "HEAD"]).await?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        options.record(&name, commit.as_bytes());
        Some(tagged(options, &repository, tag, commit, place.clone())?)
    } else {
        options.record(&name, name.as_bytes());
        None
    };
    let confined = Options {
        confine: Some(folder.path().to_owned()),
        ..Options::new(folder.path(), "")
    };
    let reader = Reader::new(&confined)?;
    Ok((Tree::fetched(reader, number, repository, folder), note))
}

/// Why git failed.
fn failed(repository: &Repository, place: Place, output: &Output) -> Fault {
    let lines = output.stderr_lines();
    let absent = |line: &String| line.contains("couldn't find remote ref");
    match repository.tag().filter(|_| lines.iter().any(absent)) {
        Some(tag) => KustomizeFault::NoTag {
            place,
            entry: repository.to_string(),
            tag: tag.to_owned(),
        }
        .into(),
        None => KustomizeFault::Fetch {
            place,
            entry: repository.to_string(),
            status: output.status,
            said: output.tail(TAIL),
        }
        .into(),
    }
}

/// The note on a tag, which has to be one commit during a run.
fn tagged(
    options: &Options,
    repository: &Repository,
    tag: &str,
    commit: String,
    place: Place,
) -> Result<Finding, KustomizeFault> {
    let key = format!("{} {tag}", repository.address);
    let first = options.helm.pulls.tag(key, &commit);
    if first != commit {
        return Err(KustomizeFault::Moved {
            place,
            entry: repository.to_string(),
            tag: tag.to_owned(),
            commits: Box::new([first, commit]),
        });
    }
    let said = format!(
        "the tag `{tag}` of {repository} is the commit {commit}: a tag can be moved, and `?ref={commit}` cannot"
    );
    Ok(Finding::info(shown(&place), said))
}

/// A place as findings name it.
fn shown(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// Fetches a file of a server, once in a run. A note says what came.
pub(super) async fn file(
    tools: &Tools,
    options: &Options,
    address: &str,
    place: Place,
) -> Result<(Arc<Vec<u8>>, Finding), Fault> {
    let entry = remote::shown(address);
    let url = Url::parse(address).map_err(|_| KustomizeFault::Address {
        place: place.clone(),
        field: "resources",
        entry: entry.clone(),
    })?;
    let cell = options.helm.pulls.file(url.to_string());
    let fetched = cell.get_or_try_init(|| async {
        let bytes = fetch::file(tools.http(), &url, None, LARGEST_FILE).await?;
        Ok::<_, fetch::Error>(Arc::new(bytes))
    });
    let content = fetched.await.map_err(|source| KustomizeFault::Download {
        place: place.clone(),
        entry: entry.clone(),
        source: Box::new(source),
    })?;
    let digest = fetch::digest(content);
    options.record(&format!("file {entry}"), digest.as_bytes());
    let said = format!("`{entry}` is pinned by nothing; this run got {digest}");
    Ok((Arc::clone(content), Finding::info(shown(&place), said)))
}

/// Puts the charts that are not there into the private copy.
pub(super) async fn charts(
    tools: &Tools,
    options: &Options,
    trees: &[Tree],
    graph: &Graph,
    into: &Path,
) -> Result<(), Fault> {
    let mut done = std::collections::HashSet::new();
    for chart in graph.charts.iter().filter(|chart| chart.missing) {
        let (Some(repo), Some(version)) = (&chart.repo, &chart.version) else {
            continue;
        };
        let folders = chart.folders();
        let Some(home) = folders.first().and_then(|folder| folder.parent()) else {
            continue;
        };
        let Some(position) = trees[chart.tree].position(home) else {
            continue;
        };
        if !done.insert((position.clone(), chart.name.clone())) {
            continue;
        }
        let packed = helm::pull(tools, &options.helm, repo, &chart.name, version).await?;
        options.record(
            &format!("chart {} {version} of {repo}", chart.name),
            &packed,
        );
        let home = into.join(position);
        let name = chart.name.clone();
        let unpacked = off_thread(move || {
            std::fs::create_dir_all(&home).map_err(|error| no_room(&home, error))?;
            let (packed, kind) = (Cursor::new(packed), archive::Kind::TarGz);
            let files = archive::unpack(packed, kind, &home, &Limits::text());
            files.map_err(|error| Fault::from(helm::broken(&name, &error)))
        });
        unpacked.await?;
    }
    Ok(())
}
