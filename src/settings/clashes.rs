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
    let owned: Vec<_> = environments.iter().flat_map(owned).collect();
    for (at, (one, what, folder)) in owned.iter().enumerate() {
        let clash = owned[..at]
            .iter()
            .find(|(other, _, theirs)| other.goes_with(one) && theirs.overlaps(folder));
        let Some((other, theirs, other_folder)) = clash else {
            continue;
        };
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
    Ok(())
}

/// The folders that an environment owns, and which settings they are.
fn owned(
    environment: &EnvironmentSettings,
) -> impl Iterator<Item = (&EnvironmentSettings, &'static str, &Folder)> {
    let definition = environment.definition_folder.as_ref();
    let definition = definition.map(|folder| (environment, "definitionFolder", folder));
    std::iter::once((environment, "folder", &environment.folder)).chain(definition)
}
