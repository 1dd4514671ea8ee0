//! What environments must not share, and what no repository can hold.
//!
//! Owns these refusals. Looks at validated settings alone.

use crate::check;
use crate::error::{Error, Kind};
use crate::model::Folder;

use super::environment::EnvironmentSettings;

/// Everybody has to be able to check the manifest repository out.
pub(super) fn refuse_odd_folders(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    for (environment, what, folder) in environments.iter().flat_map(owned) {
        if let Some(reason) = check::folder_name(folder) {
            let said = format!(
                "environment {}: its {what} `{folder}` cannot be checked out on Windows: {reason}",
                environment.name
            );
            return Err(Error::message(Kind::Input, said).hint(format!("choose another `{what}`")));
        }
    }
    Ok(())
}

/// Two environments cannot own the same files.
pub(super) fn refuse_overlaps(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    refuse(environments, &|_, _| true)
}

/// The same of a whole settings file in a run that is for some of its environments.
/// Two of one folder may go to repositories that each run names.
pub(super) fn refuse_overlaps_with_others(
    environments: &[EnvironmentSettings],
    of_run: &[EnvironmentSettings],
) -> Result<(), Error> {
    let is_of_file = |one: &EnvironmentSettings| {
        let target = one.target.as_ref();
        target.is_some_and(|target| target.named_by_file)
    };
    let is_of_run = |one: &EnvironmentSettings| of_run.iter().any(|own| own.name == one.name);
    refuse(environments, &|one, other| {
        let together = is_of_run(one) && is_of_run(other);
        one.name == other.name || together || is_of_file(one) || one.folder != other.folder
    })
}

/// Refuses environments that share a folder, and folders of two spellings. `counts` says
/// of which pairs.
fn refuse(
    environments: &[EnvironmentSettings],
    counts: &dyn Fn(&EnvironmentSettings, &EnvironmentSettings) -> bool,
) -> Result<(), Error> {
    let owned: Vec<_> = environments.iter().flat_map(owned).collect();
    let pairs = || {
        let pairs = owned.iter().enumerate().flat_map(|(at, second)| {
            let before = owned[..at].iter();
            before.map(move |first| (first, second))
        });
        pairs.filter(|((one, ..), (two, ..))| one.goes_with(two) && counts(one, two))
    };
    let clash = pairs().find(|((.., one), (.., two))| one.overlaps(two));
    if let Some(((other, theirs, other_folder), (one, what, folder))) = clash {
        let said = if other.name == one.name {
            format!(
                "environment {}: its {theirs} `{other_folder}` and its {what} `{folder}` are the same, or one is in the other",
                one.name
            )
        } else {
            let folders = if other_folder == folder {
                format!("`{folder}`")
            } else {
                format!("`{other_folder}` and `{folder}`, which is inside it or around it")
            };
            format!(
                "the environments `{}` and `{}` would own the same folder: {folders}",
                other.name, one.name
            )
        };
        return Err(Error::message(Kind::Usage, said)
            .hint("give each environment a `folder` of its own, none inside another"));
    }
    let twins = pairs().find_map(|pair| {
        let ((.., one), (.., two)) = pair;
        Some((pair, one.twins(two)?))
    });
    let Some((pair, (first, second))) = twins else {
        return Ok(());
    };
    let ((other, theirs, other_folder), (one, what, folder)) = pair;
    let said = format!(
        "the {theirs} `{other_folder}` of the environment `{}` and the {what} `{folder}` of the environment `{}` begin with `{first}` and `{second}`, which are one folder on Windows or macOS: they differ only in case or in how a letter is composed",
        other.name, one.name
    );
    Err(Error::message(Kind::Usage, said).hint("spell the common part in one way"))
}

/// A folder that an environment owns, and which setting it is.
type Owned<'e> = (&'e EnvironmentSettings, &'static str, &'e Folder);

/// The folders that an environment owns, and which settings they are.
fn owned(environment: &EnvironmentSettings) -> impl Iterator<Item = Owned<'_>> {
    let definition = environment.definition_folder.as_ref();
    let definition = definition.map(|folder| (environment, "definitionFolder", folder));
    std::iter::once((environment, "folder", &environment.folder)).chain(definition)
}
