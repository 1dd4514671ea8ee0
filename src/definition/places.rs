//! Where the parts of a definition stand on disk: the one rule that those who
//! install and those who generate share.

use std::path::{Component as Part, Path, PathBuf};

use super::Component;

/// The folder that components are installed in, below the one that lists them.
pub const COMPONENTS: &str = "components";

/// The folder that charts are installed in.
pub const CHARTS: &str = "helm_repos";

/// `tail` below `folder`, with `.` and `..` resolved by their letters, as
/// Fabrikate does. A leading slash does not make it absolute.
pub fn join(folder: &Path, tail: &str) -> PathBuf {
    let mut path = folder.to_path_buf();
    for part in Path::new(tail).components() {
        match part {
            Part::Normal(name) => path.push(name),
            Part::ParentDir => {
                path.pop();
            }
            Part::CurDir | Part::RootDir | Part::Prefix(_) => {}
        }
    }
    path
}

impl Component {
    /// The folder with its component file, when `parent` is the folder of the
    /// component that lists it.
    pub fn folder(&self, parent: &Path) -> PathBuf {
        let base = if self.method == "git" {
            self.installed(parent)
        } else if Path::new(&self.source).is_absolute() {
            PathBuf::from(&self.source)
        } else {
            join(parent, &self.source)
        };
        join(&base, &self.path)
    }

    /// Where it is installed when it comes from elsewhere.
    pub fn installed(&self, parent: &Path) -> PathBuf {
        join(&parent.join(COMPONENTS), &self.name)
    }

    /// Where its chart is installed when that comes from elsewhere.
    pub fn installed_chart(&self, folder: &Path) -> PathBuf {
        join(&folder.join(CHARTS), &self.name)
    }

    /// The folder of its chart, when `folder` is its own.
    pub fn chart(&self, folder: &Path) -> PathBuf {
        match self.method.as_str() {
            "git" => join(&self.installed_chart(folder), &self.path),
            "helm" => self.installed_chart(folder),
            _ => join(folder, &self.path),
        }
    }

    /// The folder of its static files, when `folder` is its own.
    pub fn files(&self, folder: &Path) -> PathBuf {
        if self.method.eq_ignore_ascii_case("http") {
            self.installed(folder)
        } else {
            join(folder, &self.path)
        }
    }
}
