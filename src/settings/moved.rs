//! Settings whose files are seen in another place than where they stand.

use std::path::{Path, PathBuf};

use super::environment::EnvironmentSettings;

impl EnvironmentSettings {
    /// The same with everything that is read of the source seen through `to`:
    /// folders, Jsonnet libraries, values files, image files, files with variables. Names that
    /// came from a folder stay, and so does the manifest repository.
    #[must_use]
    pub fn moved(mut self, to: &dyn Fn(&Path) -> PathBuf) -> Self {
        for source in &mut self.sources {
            source.source = to(&source.source);
            for folder in &mut source.jsonnet.paths {
                *folder = to(folder);
            }
            for file in &mut source.helm.values_files {
                file.path = to(&file.path);
            }
        }
        for file in &mut self.manifests.image_files {
            *file = to(file);
        }
        for pattern in &mut self.tokens.files {
            let (not, path) = pattern
                .strip_prefix('!')
                .map_or(("", pattern.as_str()), |rest| ("!", rest));
            if Path::new(path).is_absolute() {
                *pattern = format!("{not}{}", to(Path::new(path)).display());
            }
        }
        self.tokens.root = to(&self.tokens.root);
        self
    }
}
