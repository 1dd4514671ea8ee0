//! Charts in a private folder: helm gets what was read, and nothing else.
//!
//! Links become what they lead to, and git's own folder is left out: a chart
//! at the top of a checkout could print the token in it.

use std::io::Write as _;
use std::path::Path;

use super::remote::temporary;
use crate::generate::Fault;
use crate::generate::reading::Reader;
use crate::text::Format;

/// What helm renders.
const RENDERED: &[Format] = &[Format::Yaml, Format::Json, Format::Template];

/// Copies a folder of the source.
pub(in crate::generate) fn copy(reader: &Reader, from: &Path, to: &Path) -> Result<(), Fault> {
    create(to, || std::fs::create_dir_all(to))?;
    for file in reader.below(from)? {
        let of_templates = file
            .name
            .split('/')
            .rev()
            .skip(1)
            .any(|step| step == "templates");
        if of_templates && !file.name.ends_with("NOTES.txt") && !reader.fits(&file.path, RENDERED) {
            return Err(Fault::Unfit(reader.show(&file.path)));
        }
        let content = reader.content(&file.path)?;
        let target = to.join(&file.name);
        create(&target, || {
            if let Some(above) = target.parent() {
                std::fs::create_dir_all(above)?;
            }
            std::fs::File::create_new(&target)?.write_all(&content)
        })?;
    }
    Ok(())
}

fn create(path: &Path, work: impl FnOnce() -> std::io::Result<()>) -> Result<(), Fault> {
    work().map_err(|source| temporary(path, source))
}
