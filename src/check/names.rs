//! File names that every file system and git client can hold.

use std::collections::HashMap;

use crate::error::{self, Kind};
use crate::model::{FileSet, RelPath, ledger::LEDGER_FILE};

/// Why a set of files cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// Two names are one on Windows and macOS.
    #[error(
        "environment `{environment}` generates `{first}` and `{second}`, which differ only in case"
    )]
    Case {
        /// The environment's name.
        environment: String,
        /// One of the two.
        first: RelPath,
        /// The other.
        second: RelPath,
    },
    /// A file where a folder must be.
    #[error("environment `{environment}` generates the file `{file}` and also `{below}` below it")]
    FileAndFolder {
        /// The environment's name.
        environment: String,
        /// The file.
        file: RelPath,
        /// What would have to stand below it.
        below: RelPath,
    },
    /// The name of the ledger.
    #[error(
        "environment `{environment}` generates a file named `{LEDGER_FILE}`, which is reserved"
    )]
    Reserved {
        /// The environment's name.
        environment: String,
    },
}

impl From<NameError> for error::Error {
    fn from(error: NameError) -> Self {
        Self::new(Kind::Input, error).hint("rename one of the components or files in the source")
    }
}

/// Refuses names that cannot stand beside each other.
pub fn file_names(environment: &str, files: &FileSet) -> Result<(), NameError> {
    let mut folded: HashMap<String, &RelPath> = HashMap::with_capacity(files.len());
    for (path, _) in files.iter() {
        if path.as_str() == LEDGER_FILE {
            return Err(NameError::Reserved {
                environment: environment.to_owned(),
            });
        }
        if let Some(first) = folded.insert(path.as_str().to_lowercase(), path) {
            return Err(NameError::Case {
                environment: environment.to_owned(),
                first: first.clone(),
                second: path.clone(),
            });
        }
    }
    for (path, _) in files.iter() {
        for folder in path.ancestors() {
            if let Some(file) = folded.get(&folder.to_lowercase()) {
                return Err(NameError::FileAndFolder {
                    environment: environment.to_owned(),
                    file: (*file).clone(),
                    below: path.clone(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> String {
        let files = names
            .iter()
            .map(|name| (RelPath::parse(name).unwrap(), bytes::Bytes::new()))
            .collect();
        file_names("dev", &files).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[rstest::rstest]
    #[case(&["a.yaml", "b/a.yaml"], "fine")]
    #[case(&["A.yaml", "a.yaml"], "environment `dev` generates `A.yaml` and `a.yaml`, which differ only in case")]
    #[case(&["a", "a/b"], "environment `dev` generates the file `a` and also `a/b` below it")]
    #[case(&[".gitops-publisher"], "environment `dev` generates a file named `.gitops-publisher`, which is reserved")]
    fn names_that_cannot_stand_beside_each_other_are_refused(
        #[case] names: &[&str],
        #[case] said: &str,
    ) {
        assert_eq!(check(names), said);
    }
}
