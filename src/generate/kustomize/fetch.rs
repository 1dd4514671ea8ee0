//! Bringing what an overlay names from elsewhere, before Kustomize runs:
//! repositories by git, charts by helm. What came is looked at as the source
//! is, and Kustomize itself fetches nothing.

use std::io::Cursor;
use std::path::Path;

use super::copy::no_room;
use super::error::{KustomizeFault, Place};
use super::graph::Graph;
use super::remote::Repository;
use super::tree::Tree;
use crate::generate::reading::Reader;
use crate::generate::{Fault, Options, helm, off_thread};
use crate::tools::archive::{self, Limits};
use crate::tools::{Invocation, Tools};

/// How many lines of output an error quotes.
const TAIL: usize = 10;

/// How many repositories an overlay may be made of.
const REPOSITORIES: usize = 64;

/// Fetches a repository at its commit.
pub(super) async fn repository(
    tools: &Tools,
    repository: Repository,
    place: Place,
    number: usize,
) -> Result<Tree, Fault> {
    if number > REPOSITORIES {
        return Err(KustomizeFault::TooMany("64 repositories").into());
    }
    tools.check_address(&repository.address).await?;
    let git = tools.find("git")?;
    let folder = tools.private_folder()?;
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
        let output = tools.run(&invocation.args(args)).await?;
        if output.status.success() {
            return Ok(());
        }
        Err(Fault::from(KustomizeFault::Fetch {
            place: place.clone(),
            entry: repository.to_string(),
            status: output.status,
            said: output.tail(TAIL),
        }))
    };
    run(&["init", "--quiet", "."]).await?;
    let (address, reference) = (repository.address.as_str(), repository.reference.as_str());
    run(&[
        "fetch",
        "--quiet",
        "--depth=1",
        "--end-of-options",
        address,
        reference,
    ])
    .await?;
    run(&["checkout", "--quiet", "FETCH_HEAD"]).await?;
    let options = Options {
        confine: Some(folder.path().to_owned()),
        ..Options::new(folder.path(), "")
    };
    let reader = Reader::new(&options)?;
    Ok(Tree::fetched(reader, number, repository, folder))
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
