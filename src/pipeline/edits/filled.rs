//! The values that the settings file lists, with their tokens replaced.

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::model::{RelPath, Secret};
use crate::settings::{EnvironmentSettings, UpdateItem};
use crate::source::Recorder;
use crate::tokens::{self, Engine, FileName};
use crate::update::values::Edit;

use super::super::replace;

/// What a text is called while its tokens are replaced: nothing in it is escaped.
const NAME: &str = "update";

/// The edits of the settings file. A token stands for a variable of the pipeline, of the
/// file, or of the files with variables.
///
/// # Errors
/// When a token has no variable, or an item is no edit.
pub fn edits_of(
    context: &Context,
    environment: &EnvironmentSettings,
    items: &[UpdateItem],
) -> Result<Vec<Edit>, Error> {
    let settings = &environment.tokens;
    let tree = replace::tree(environment, &Recorder::new(&environment.root))?;
    let variables = replace::variables(&tree, &context.variables, settings)?;
    let engine = Engine::new(&settings.options, &variables)?;
    let fill = |text: &str, place: &str| -> Result<String, Error> {
        if !settings.enabled {
            return Ok(text.to_owned());
        }
        let replaced = engine.replace(FileName::in_place(NAME), text.as_bytes().to_vec())?;
        let bytes = replaced.content.into_bytes();
        let name = RelPath::parse(NAME).map_err(|error| Error::new(Kind::Internal, error))?;
        let left = tokens::leftovers(&settings.options.delimiters, [(&name, bytes.as_slice())]);
        if let Some(left) = left.first() {
            let said = format!("{place}: the token {} has no variable", left.token);
            return Err(Error::message(Kind::Input, said).hint(
                "define the variable in the pipeline, or under `variables` in the settings file",
            ));
        }
        String::from_utf8(bytes).map_err(|error| Error::new(Kind::Internal, error))
    };
    let mut edits = Vec::new();
    for item in items {
        let place = item.place.as_str();
        let part = |text: &Option<String>| {
            let filled = text.as_deref().map(|text| fill(text, place));
            filled.transpose()
        };
        let (files, object) = (part(&item.files)?, part(&item.object)?);
        for (field, value) in &item.set {
            let (field, value) = (fill(field, place)?, fill(value, place)?);
            let edit = Edit::of(files.as_deref(), object.as_deref(), &field, &value);
            edits.push(edit.map_err(|refusal| refusal.usage().context(place.to_owned()))?);
        }
    }
    for form in engine.secret_forms() {
        context.reporter.mask(&Secret::new(&form));
    }
    Ok(edits)
}
