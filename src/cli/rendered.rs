//! What `render` writes: a folder per environment, or one stream.

use crate::error::Error;
use crate::model::RelPath;
use crate::pipeline::Rendered;
use crate::report::{write_folder, write_stdout};
use crate::settings::definition::OutputArgs;

/// Writes what was rendered where `render` was told to.
pub(super) fn write(output: &OutputArgs, rendered: &[Rendered]) -> Result<(), Error> {
    if output.is_stdout() {
        let mut text = Vec::new();
        for environment in rendered {
            for (path, content) in environment
                .files
                .iter()
                .filter(|(_, content)| !content.is_empty())
            {
                let place = environment.settings.folder.join(path);
                text.extend_from_slice(format!("---\n# {place}\n").as_bytes());
                text.extend_from_slice(content);
                if !content.ends_with(b"\n") {
                    text.push(b'\n');
                }
            }
        }
        return Ok(write_stdout(&text)?);
    }
    for environment in rendered {
        let folder = environment.settings.folder.path().map_or_else(
            || output.output.clone(),
            |path: &RelPath| path.on_disk(&output.output),
        );
        write_folder(&folder, &environment.files, output.replace)?;
    }
    Ok(())
}
