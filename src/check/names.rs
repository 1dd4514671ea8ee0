//! File names that every file system and git client can hold.

use std::collections::HashMap;

use crate::error::{self, Kind};
use crate::model::{FileSet, Folder, RelPath, fold, ledger::is_reserved};

/// Why a set of files cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// Two names are one on Windows and macOS.
    #[error(
        "environment `{environment}` generates `{first}` and `{second}`, which are one file on Windows or macOS: they differ only in case or in how a letter is composed"
    )]
    Case {
        /// The environment's name.
        environment: String,
        /// One of the two.
        first: RelPath,
        /// The other.
        second: RelPath,
    },
    /// The same for folders.
    #[error(
        "environment `{environment}` generates files in the folders `{first}` and `{second}`, which are one folder on Windows or macOS: they differ only in case or in how a letter is composed"
    )]
    Folders {
        /// The environment's name.
        environment: String,
        /// One of the two.
        first: String,
        /// The other.
        second: String,
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
    /// A name that Windows does not know.
    #[error(
        "environment `{environment}` generates `{file}`, which Windows cannot check out: {reason}"
    )]
    Windows {
        /// The environment's name.
        environment: String,
        /// The file.
        file: RelPath,
        /// What is wrong with which part of it.
        reason: String,
    },
    /// A name that only this program writes.
    #[error(
        "environment `{environment}` generates `{file}`: names that begin with `.gitops-publisher` are reserved"
    )]
    Reserved {
        /// The environment's name.
        environment: String,
        /// The file.
        file: RelPath,
    },
}

impl From<NameError> for error::Error {
    fn from(error: NameError) -> Self {
        Self::new(Kind::Input, error).hint("rename one of the components or files in the source")
    }
}

/// Why a folder of the manifest repository cannot be checked out everywhere, if
/// so.
pub fn folder_name(folder: &Folder) -> Option<String> {
    folder.path()?.segments().find_map(windows)
}

/// Refuses names that cannot stand beside each other.
pub fn file_names(environment: &str, files: &FileSet) -> Result<(), NameError> {
    let mut folded: HashMap<String, &RelPath> = HashMap::with_capacity(files.len());
    for (path, _) in files.iter() {
        if path.segments().any(is_reserved) {
            return Err(NameError::Reserved {
                environment: environment.to_owned(),
                file: path.clone(),
            });
        }
        if let Some(reason) = path.segments().find_map(windows) {
            return Err(NameError::Windows {
                environment: environment.to_owned(),
                file: path.clone(),
                reason,
            });
        }
        if let Some(first) = folded.insert(fold(path.as_str()), path) {
            return Err(NameError::Case {
                environment: environment.to_owned(),
                first: first.clone(),
                second: path.clone(),
            });
        }
    }
    let mut folders: HashMap<String, &str> = HashMap::new();
    for (path, _) in files.iter() {
        for folder in path.ancestors() {
            let name = fold(folder);
            if let Some(file) = folded.get(&name) {
                return Err(NameError::FileAndFolder {
                    environment: environment.to_owned(),
                    file: (*file).clone(),
                    below: path.clone(),
                });
            }
            let first = *folders.entry(name).or_insert(folder);
            if first != folder {
                return Err(NameError::Folders {
                    environment: environment.to_owned(),
                    first: first.to_owned(),
                    second: folder.to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// Why Windows cannot have a file or folder of this name:
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
fn windows(name: &str) -> Option<String> {
    if let Some(odd) = name.chars().find(|c| r#"<>:"\|?*"#.contains(*c)) {
        return Some(format!("`{name}` contains `{odd}`"));
    }
    if name.ends_with(['.', ' ']) {
        return Some(format!("`{name}` ends with a dot or a space"));
    }
    // Also with an extension, and with spaces before that.
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ');
    let stem = stem.to_ascii_uppercase();
    let is_port = ["COM", "LPT"].iter().any(|port| {
        let number = stem
            .strip_prefix(port)
            .map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['1'..='9' | '¹' | '²' | '³']))
    });
    let is_device = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str());
    (is_port || is_device).then(|| format!("`{name}` is the name of a device there"))
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
    #[case(&["A.yaml", "a.yaml"], "environment `dev` generates `A.yaml` and `a.yaml`, which are one file on Windows or macOS: they differ only in case or in how a letter is composed")]
    #[case(&["é.yaml", "e\u{301}.yaml"], "environment `dev` generates `e\u{301}.yaml` and `é.yaml`, which are one file on Windows or macOS: they differ only in case or in how a letter is composed")]
    #[case(&["SUB/a.yaml", "sub/b.yaml"], "environment `dev` generates files in the folders `SUB` and `sub`, which are one folder on Windows or macOS: they differ only in case or in how a letter is composed")]
    #[case(&["a/ΟΣ/a.yaml", "a/οσ/b.yaml"], "environment `dev` generates files in the folders `a/ΟΣ` and `a/οσ`, which are one folder on Windows or macOS: they differ only in case or in how a letter is composed")]
    #[case(&["SUB", "sub/b.yaml"], "environment `dev` generates the file `SUB` and also `sub/b.yaml` below it")]
    #[case(&["straße.yaml", "STRASSE.yaml"], "environment `dev` generates `STRASSE.yaml` and `straße.yaml`, which are one file on Windows or macOS: they differ only in case or in how a letter is composed")]
    #[case(&["a/sub/a.yaml", "b/SUB/b.yaml"], "fine")]
    #[case(&["a", "a/b"], "environment `dev` generates the file `a` and also `a/b` below it")]
    #[case(&["con/a.yaml"], "environment `dev` generates `con/a.yaml`, which Windows cannot check out: `con` is the name of a device there")]
    #[case(&["a/Aux.yaml"], "environment `dev` generates `a/Aux.yaml`, which Windows cannot check out: `Aux.yaml` is the name of a device there")]
    #[case(&["com1.yaml"], "environment `dev` generates `com1.yaml`, which Windows cannot check out: `com1.yaml` is the name of a device there")]
    #[case(&["lpt9"], "environment `dev` generates `lpt9`, which Windows cannot check out: `lpt9` is the name of a device there")]
    #[case(&["COM².txt"], "environment `dev` generates `COM².txt`, which Windows cannot check out: `COM².txt` is the name of a device there")]
    #[case(&["nul .tar.yaml"], "environment `dev` generates `nul .tar.yaml`, which Windows cannot check out: `nul .tar.yaml` is the name of a device there")]
    #[case(&["dev./a.yaml"], "environment `dev` generates `dev./a.yaml`, which Windows cannot check out: `dev.` ends with a dot or a space")]
    #[case(&["a.yaml "], "environment `dev` generates `a.yaml `, which Windows cannot check out: `a.yaml ` ends with a dot or a space")]
    #[case(&["x?.yaml"], "environment `dev` generates `x?.yaml`, which Windows cannot check out: `x?.yaml` contains `?`")]
    #[case(&["a\"q.yaml"], "environment `dev` generates `a\"q.yaml`, which Windows cannot check out: `a\"q.yaml` contains `\"`")]
    #[case(&["a/system:web.yaml"], "environment `dev` generates `a/system:web.yaml`, which Windows cannot check out: `system:web.yaml` contains `:`")]
    #[case(&["console.yaml", "com.yaml", "com10.yaml", "a/nullable.yaml", ".con", "ü.yaml", "a b.yaml", "com/a.yaml"], "fine")]
    #[case(&[".gitops-publisher"], "environment `dev` generates `.gitops-publisher`: names that begin with `.gitops-publisher` are reserved")]
    #[case(&["a/.gitops-publisher"], "environment `dev` generates `a/.gitops-publisher`: names that begin with `.gitops-publisher` are reserved")]
    #[case(&[".gitops-publisher.yaml"], "environment `dev` generates `.gitops-publisher.yaml`: names that begin with `.gitops-publisher` are reserved")]
    #[case(&[".gitops-publisher-index/a.yaml"], "environment `dev` generates `.gitops-publisher-index/a.yaml`: names that begin with `.gitops-publisher` are reserved")]
    #[case(&[".GITOPS-publisher"], "environment `dev` generates `.GITOPS-publisher`: names that begin with `.gitops-publisher` are reserved")]
    #[case(&["gitops-publisher.yaml"], "fine")]
    fn names_that_cannot_stand_beside_each_other_are_refused(
        #[case] names: &[&str],
        #[case] said: &str,
    ) {
        assert_eq!(check(names), said);
    }
}
