//! Settings whose files are read in another place than where they stand.
//!
//! Owns which parts of validated settings are paths of the source: those of the
//! settings that are marked so, which a test compares. May not read them.

use std::path::{Path, PathBuf};

use super::environment::EnvironmentSettings;
use crate::generate::is_packed_chart;

impl EnvironmentSettings {
    /// The same with every path of the source led through `to`. Names that came
    /// from a folder stay, and so does the manifest repository.
    #[must_use]
    pub fn moved(mut self, to: &dyn Fn(&Path) -> PathBuf) -> Self {
        for source in &mut self.sources {
            source.source = to(&source.source);
            if let Some(chart) = &mut source.helm.chart
                && is_packed_chart(Path::new(chart))
            {
                *chart = to(Path::new(chart)).display().to_string();
            }
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
        for path in &mut self.reachable {
            *path = to(path);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Args as _, Command, ValueHint};

    use super::*;
    use crate::settings::definition::{ENVIRONMENTS, EnvironmentArgs, Marks, RunArgs};
    use crate::settings::{FileSettings, Layer, Origin, Value, resolve};

    fn definition() -> Command {
        RunArgs::augment_args(EnvironmentArgs::augment_args(Command::new("")))
    }

    fn is_path(argument: &Arg) -> bool {
        let hint = argument.get_value_hint();
        matches!(hint, ValueHint::FilePath | ValueHint::DirPath)
    }

    #[test]
    fn every_setting_that_is_a_path_says_whether_it_is_one_of_the_source() {
        for argument in definition().get_arguments().filter(|it| is_path(it)) {
            let marks = Marks::of(argument);
            let is_said = marks.source_path || marks.trusted_only || marks.not_in_file;
            assert!(
                is_said,
                "{}: mark it as SOURCE_PATH, or as one of the machine",
                argument.get_id()
            );
        }
    }

    #[test]
    fn every_path_of_the_source_is_moved() {
        let origin = || Origin::Flag("x".to_owned());
        let mut given = Layer::from([(
            ENVIRONMENTS.to_owned(),
            Value::list(vec!["dev".to_owned()], origin()),
        )]);
        let definition = definition();
        let marked = |argument: &&Arg| Marks::of(argument).source_path;
        let marked: Vec<_> = definition.get_arguments().filter(marked).collect();
        assert!(marked.len() >= 5, "the settings are marked");
        for argument in &marked {
            let id = argument.get_id().as_str();
            let path = format!("/checkout/{id}");
            let value = match argument.get_value_delimiter() {
                Some(_) => Value::list(vec![path], origin()),
                None => Value::text(path, origin()),
            };
            given.insert(id.to_owned(), value);
        }
        let settings = resolve(&given, &FileSettings::default(), &Layer::new(), false).unwrap();
        let to = |path: &Path| match path.strip_prefix("/checkout") {
            Ok(below) => Path::new("/commit").join(below),
            Err(_) => path.to_path_buf(),
        };
        let moved = settings.environments[0].clone().moved(&to);
        let shown = format!("{moved:?}");
        assert!(!shown.contains("/checkout/"), "{shown}");
        for argument in marked {
            let path = format!("/commit/{}", argument.get_id());
            assert!(shown.contains(&path), "{path} is not in {shown}");
        }
    }
}
