//! `status`: what is there, for every environment of the settings file or every
//! ledger of a repository. It writes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use futures_util::future::join_all;

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::git::source::Source;
use crate::pipeline::{EACH_ENVIRONMENT, Members, branch_status, read_status};
use crate::report::{
    BranchStatus, Reporter, StatusReport, status_markdown, status_text, write_summary,
};
use crate::settings::definition::{CONFIG, ENVIRONMENTS, MANIFEST_REPO};
use crate::settings::{EnvironmentSettings, Origin, Settings, Target, Value, from_matches};

use super::Format;
use super::connect::Connector;
use super::invocation::{DEFAULT_FILE, Doors, definition, require_repository, settings};
use super::run::{self, seconds};
use super::token;

/// Runs the command that was typed at a terminal.
pub(super) async fn typed(
    matches: &ArgMatches,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    format: Format,
) -> Result<(), Error> {
    let given = from_matches(&definition(), matches);
    let doors = Doors { given, task: false };
    let report = status(doors, environment, reporter).await?;
    match format {
        Format::Text => reporter.print(&status_text(&report))?,
        Format::Markdown => reporter.print(&status_markdown(&report))?,
        Format::Json => reporter.print_json(&format!("{:#}\n", serde_json::json!(report)))?,
    }
    unread(&report)
}

/// Runs the command as a task: the log has the text, the page of the run the same.
pub(super) async fn task(
    doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<(), Error> {
    let report = status(doors, environment, reporter).await?;
    reporter.info(status_text(&report).trim_end());
    let page = reporter.clean(&status_markdown(&report));
    match write_summary(&environment.temp_root(), &page) {
        Ok(path) => reporter.summary(&path.to_string_lossy()),
        Err(error) => reporter.warning(&format!("there is no summary: {}", Error::from(error))),
    }
    unread(&report)
}

/// A branch that could not be read fails the command after the others are shown.
fn unread(report: &StatusReport) -> Result<(), Error> {
    match report.errors().next() {
        None => Ok(()),
        Some((branch, first)) => {
            let said = format!("not everything could be read: {first}");
            let hints = branch.hints.iter().cloned();
            Err(hints.fold(Error::message(Kind::Remote, said), Error::hint))
        }
    }
}

async fn status(
    mut doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<StatusReport, Error> {
    let task = doors.task;
    let every = is_every(&doors)?;
    if every {
        let name = Value::list(
            vec![EACH_ENVIRONMENT.to_owned()],
            Origin::Flag("environments".to_owned()),
        );
        doors.given.insert(ENVIRONMENTS.to_owned(), name);
    }
    let untrusted = agent::is_pull_request(environment);
    let (mut settings, _) = settings(&doors, environment, untrusted, &Path::to_path_buf)?;
    require_repository(&mut settings, &doors, false)?;
    let (_, connector) = run::equip(environment, reporter, &settings, &doors, Vec::new())?;
    let run = agent::publication(environment);
    let running = run.writer.source_ref.zip(run.source.commit);
    let looked = look(&settings, every, running, &connector).await;
    let branches = looked.map_err(|error| token::advise(error, task))?;
    Ok(StatusReport {
        command: "status",
        branches,
    })
}

/// Whether every ledger of a repository is asked for: nothing lists environments,
/// and the repository is named.
fn is_every(doors: &Doors) -> Result<bool, Error> {
    let is_given = |id: &str| doors.given.contains_key(id);
    let has_file = is_given(CONFIG) || Path::new(DEFAULT_FILE).is_file();
    if has_file || is_given(ENVIRONMENTS) {
        return Ok(false);
    }
    if is_given(MANIFEST_REPO)
        || !doors.task && Path::new(super::invocation::LOCAL_REPOSITORY).is_dir()
    {
        return Ok(true);
    }
    Err(Error::message(
        Kind::Usage,
        "there is no settings file here, and no manifest repository is named",
    )
    .hint("run it where `gitops.yaml` is, or name the repository with `manifestRepo` (`--manifest-repo`) to see all that is published there"))
}

/// Looks at every branch, at all of them at the same time.
async fn look(
    settings: &Settings,
    every: bool,
    running: Option<(String, String)>,
    connector: &Connector,
) -> Result<Vec<BranchStatus>, Error> {
    let mut groups: Vec<(&Target, Vec<&EnvironmentSettings>)> = Vec::new();
    for environment in &settings.environments {
        let Some(target) = &environment.target else {
            return Err(Error::message(
                Kind::Internal,
                "no manifest repository is set",
            ));
        };
        match groups
            .iter_mut()
            .find(|(own, _)| own.is_same_branch(target))
        {
            Some((_, members)) => members.push(environment),
            None => groups.push((target, vec![environment])),
        }
    }
    let whole = settings.environments.len() == settings.listed.len();
    let read = groups.iter().map(|(target, members)| async move {
        let members = match members.as_slice() {
            [one] if every => Members::Every(one),
            all => Members::Listed { all, whole },
        };
        let connection = match connector.open(target, false).await {
            Ok(connection) => connection,
            Err(error) => return (target.place.clone(), Err(error)),
        };
        let read = read_status(&connection, target.branch.as_deref(), members).await;
        (
            connection.remote.display(),
            read.map(|read| (read, members)),
        )
    });
    let read = join_all(read).await;
    let sources = sources(settings);
    let running = running.as_ref();
    let running = running.map(|(own, commit)| (own.as_str(), commit.as_str()));
    let now = seconds();
    let found = groups
        .iter()
        .zip(read)
        .map(|((target, _), (place, read))| match read {
            Ok((read, members)) => branch_status(read, place, members, &sources, running, now),
            Err(error) => BranchStatus {
                manifest_repo_url: place,
                branch: target.branch.as_deref().unwrap_or_default().to_owned(),
                error: Some(error.to_string()),
                hints: error.all_hints().to_vec(),
                ..BranchStatus::default()
            },
        });
    Ok(found.collect())
}

/// The checkouts that may have the source: that of the sources, of the settings
/// file, of the working folder.
fn sources(settings: &Settings) -> Vec<Source> {
    let config = settings.run.config.clone();
    let own = settings.environments.iter().take(1);
    let own = own.map(|one| one.first_source().to_path_buf());
    let places = own.chain(config).chain([PathBuf::from(".")]);
    let mut found: Vec<Source> = Vec::new();
    for place in places {
        let place = std::path::absolute(place).unwrap_or_default();
        let folder = place.ancestors().find(|folder| folder.is_dir());
        let source = folder.and_then(|folder| Source::discover(folder).ok().flatten());
        let Some(source) = source else {
            continue;
        };
        if found.iter().all(|other| other.folder() != source.folder()) {
            found.push(source);
        }
    }
    found
}
