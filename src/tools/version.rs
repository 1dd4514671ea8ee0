//! What version a program says it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::{Error, Invocation, Tool, Tools, shown};

/// What programs have said, by path and time of change.
pub(super) type Known = Arc<Mutex<HashMap<(PathBuf, Option<SystemTime>), String>>>;

impl Tools {
    /// The version of a program, without a leading `v`: `3.21.4+g813176c`.
    pub async fn version(&self, tool: Tool) -> Result<String, Error> {
        let program = self.tool(tool).await?;
        let args: &[&str] = match tool {
            Tool::Helm => &["version", "--short"],
            Tool::Kustomize => &["version"],
        };
        self.version_of(&program, args).await
    }

    /// The first version in what `program` says when it is asked with `args`.
    /// It is asked once, as long as its file stays the same.
    pub async fn version_of(&self, program: &Path, args: &[&str]) -> Result<String, Error> {
        let changed = program.metadata().and_then(|meta| meta.modified()).ok();
        let key = (program.to_owned(), changed);
        let known = |table: &Known| {
            let table = table.lock().unwrap_or_else(PoisonError::into_inner);
            table.get(&key).cloned()
        };
        if let Some(version) = known(&self.versions) {
            return Ok(version);
        }
        let mut invocation = Invocation::new(program);
        invocation.args = args.iter().map(Into::into).collect();
        invocation.output_limit = 64 << 10;
        let output = self.run(&invocation).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = output.status.success().then(|| find(&text)).flatten();
        let Some(version) = version else {
            return Err(Error::Version {
                program: shown(program).into_owned(),
                said: output.tail(3),
            });
        };
        let mut table = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(key, version.clone());
        Ok(version)
    }
}

/// The first `1.2.3` in a text, with what belongs to it.
fn find(text: &str) -> Option<String> {
    let belongs = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    text.split(|c| !belongs(c)).find_map(|word| {
        let word = word.strip_prefix('v').unwrap_or(word);
        let mut parts = word.splitn(3, '.');
        let number = |part: Option<&str>| {
            part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        };
        let whole = number(parts.next())
            && number(parts.next())
            && parts
                .next()
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        whole.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[rstest::rstest]
    #[case("v3.17.3+ge4da497\n", Some("3.17.3+ge4da497"))]
    #[case("v5.8.1\n", Some("5.8.1"))]
    #[case(
        "{Version:kustomize/v4.5.7 GitCommit:56d82a8 BuildDate:2022-08-02T16:35:54Z}",
        Some("4.5.7")
    )]
    #[case("Kustomize Version: v5.5.0\nClient Version: v1.32.4", Some("5.5.0"))]
    #[case("(devel)", None)]
    #[case("10.0", None)]
    fn the_first_version_in_a_text(#[case] text: &str, #[case] version: Option<&str>) {
        assert_eq!(find(text).as_deref(), version);
    }
}
