//! The lock file: what each installed thing was when it was chosen.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::Files;
use super::{Fault, place};
use crate::model::ObjectId;

/// The file's name, beside the root component file.
pub const LOCK_FILE: &str = "fabrikate.lock";

/// The form that is written, and the only one that is read.
const FORM: u32 = 1;

/// What the lock file holds, by folder as seen from the definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    form: u32,
    pub installed: BTreeMap<String, Locked>,
}

/// What an entry of a definition asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub method: String,
    /// The address without credentials, or the path.
    pub source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub branch: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The chart's name in its repository.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chart: String,
}

/// What it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resolved {
    /// The commit, for git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The chart's version.
    #[serde(
        default,
        rename = "chartVersion",
        skip_serializing_if = "Option::is_none"
    )]
    pub chart_version: Option<String>,
    /// SHA-256 of what was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// One installed thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Locked {
    #[serde(flatten)]
    pub wanted: Wanted,
    #[serde(flatten)]
    pub resolved: Resolved,
    /// SHA-256 of the folder's files as they were installed.
    pub content: String,
}

impl Lock {
    /// Reads the lock file; an empty one when there is none.
    pub(super) fn load(files: &Files) -> Result<Self, Fault> {
        let path = files.source.join(LOCK_FILE);
        let Some(text) = files.text(&path)? else {
            return Ok(Self::default());
        };
        let unreadable = |reason: String| Fault::Lock {
            file: files.show(&path),
            reason,
        };
        let lock: Self =
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        if lock.form != FORM {
            let reason = format!("it has the form {}; this program reads {FORM}", lock.form);
            return Err(unreadable(reason));
        }
        // Without these an entry would hold nothing to anything.
        if let Some((key, _)) = lock.installed.iter().find(|(_, locked)| !locked.binds()) {
            return Err(unreadable(format!("`{key}` does not say what was chosen")));
        }
        Ok(lock)
    }

    /// The file's text: sorted, the same for the same content.
    pub(super) fn to_text(&self) -> String {
        let lock = Self {
            form: FORM,
            installed: self.installed.clone(),
        };
        let text = serde_json::json!(lock);
        format!("{text:#}\n")
    }

    /// Writes the file when it says something else than `before`; tells whether.
    pub(super) fn save(&self, source: &Path, before: &Self) -> Result<bool, Fault> {
        if self.installed == before.installed {
            return Ok(false);
        }
        place::write_file(&source.join(LOCK_FILE), self.to_text().as_bytes())?;
        Ok(true)
    }
}

impl Locked {
    /// Whether it says what was chosen, in the form that its method needs.
    fn binds(&self) -> bool {
        let Resolved {
            commit,
            chart_version,
            digest,
        } = &self.resolved;
        let is_commit = |id: &String| ObjectId::parse(id).is_some();
        match self.wanted.method.as_str() {
            "git" => commit.as_ref().is_some_and(is_commit),
            "helm" => chart_version.is_some() && digest.is_some(),
            _ => digest.is_some(),
        }
    }
}

impl Resolved {
    /// It in one word, for people: the commit, the version, or the digest.
    pub(super) fn shown(&self) -> String {
        match (&self.commit, &self.chart_version, &self.digest) {
            (Some(commit), _, _) => commit.chars().take(10).collect(),
            (None, Some(version), _) => version.clone(),
            (None, None, Some(digest)) => digest.chars().take(19).collect(),
            (None, None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let git = Locked {
            wanted: Wanted {
                method: "git".into(),
                source: "https://git.contoso.com/web".into(),
                branch: "main".into(),
                version: String::new(),
                chart: String::new(),
            },
            resolved: Resolved {
                commit: Some("ce013625030ba8dba906f756967f9e9ca394464a".into()),
                ..Resolved::default()
            },
            content: "sha256:00".into(),
        };
        Lock {
            form: FORM,
            installed: BTreeMap::from([("components/web".to_owned(), git)]),
        }
    }

    #[test]
    fn it_is_small_and_reads_back_as_it_was_written() {
        let text = lock().to_text();
        insta::assert_snapshot!(text, @r#"
        {
          "form": 1,
          "installed": {
            "components/web": {
              "method": "git",
              "source": "https://git.contoso.com/web",
              "branch": "main",
              "commit": "ce013625030ba8dba906f756967f9e9ca394464a",
              "content": "sha256:00"
            }
          }
        }
        "#);
        assert_eq!(serde_json::from_str::<Lock>(&text).unwrap(), lock());
    }

    #[rstest::rstest]
    #[case(
        "{\"form\": 2, \"installed\": {}}",
        "it has the form 2; this program reads 1"
    )]
    #[case(
        "{\"form\": 1, \"installed\": {\"a\": {\"method\": \"git\", \"source\": \"b\", \"commit\": \"c\", \"content\": \"\"}}}",
        "`a` does not say what was chosen"
    )]
    #[case("<<<<<<< HEAD", "expected value at line 1 column 1")]
    fn what_cannot_be_read_is_told(#[case] text: &str, #[case] reason: &str) {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().canonicalize().unwrap();
        place::write_file(&folder.join(LOCK_FILE), text.as_bytes()).unwrap();
        let files = Files::new(&folder, &folder).unwrap();
        let error = Lock::load(&files).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("the lock file `fabrikate.lock` cannot be read: {reason}")
        );
    }
}
