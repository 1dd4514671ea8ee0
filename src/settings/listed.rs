//! The whole settings file in a run that is for some of its environments.

use crate::error::Error;
use crate::host::Home;

use super::clashes::{refuse_odd_folders, refuse_overlaps, refuse_overlaps_with_others};
use super::definition::{EnvironmentArgs, PullRequestArgs, RunArgs, id};
use super::environment::EnvironmentSettings;
use super::file::FileSettings;
use super::heads;
use super::layer::Layer;
use super::resolve::{Settings, every};

/// Every environment of the settings file, whichever of them the run is for. What the
/// file says of folders and branches is checked as a whole.
///
/// None where the file does not decide which folders are in use: it lists no
/// environment, a stronger place names folders, so that several runs may publish
/// one environment to several, or an environment is set up wrongly.
pub fn listed(
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
    untrusted: bool,
    home: &Home,
    known: &Settings,
) -> Result<Vec<EnvironmentSettings>, Error> {
    let named = |ids: &[&str]| {
        [given, old]
            .iter()
            .any(|layer| ids.iter().any(|id| layer.contains_key(*id)))
    };
    let folders = [
        id!(EnvironmentArgs, folder),
        id!(EnvironmentArgs, definition_folder),
    ];
    if file.environments.is_empty() || named(&folders) {
        return Ok(Vec::new());
    }
    if !given.contains_key(id!(RunArgs, environments)) {
        return Ok(known.environments.clone());
    }
    let mut all = given.clone();
    all.remove(id!(RunArgs, environments));
    let run = RunArgs {
        environments: Vec::new(),
        ..known.run.clone()
    };
    let environments = every(&run, &all, file, old, untrusted, home)?;
    let number = environments.len();
    let environments: Vec<_> = environments.into_iter().flatten().collect();
    // A branch that is named for this run says nothing of the others.
    if !named(&[id!(EnvironmentArgs, branch)]) {
        refuse_overlaps_with_others(&environments, &known.environments)?;
        if !named(&[id!(PullRequestArgs, head_branch)]) {
            heads::refuse_clashes(&environments, &known.environments)?;
        }
    }
    let is_whole = environments.len() == number
        && refuse_odd_folders(&environments).is_ok()
        && refuse_overlaps(&environments).is_ok();
    Ok(if is_whole { environments } else { Vec::new() })
}
