//! The ledger: the file in an owned folder that lists what we wrote.
//!
//! It is what makes removal safe (only files in it are ever removed), what
//! shows a hand edit (the content hash differs), and what orders runs (the
//! publication stamp). It also names the resources of each file, so that a
//! plan needs no file contents from the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ObjectId, RelPath, ResourceId};

/// The ledger's file name. It has no extension that Flux or Argo CD would read.
pub const LEDGER_FILE: &str = ".gitops-publisher";

/// The format version that this program writes.
const VERSION: u32 = 1;

/// What we wrote into one owned folder, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    version: u32,
    /// The environment that owns the folder.
    pub environment: String,
    /// What generated the files.
    pub generator: GeneratorStamp,
    /// Which run published them.
    #[serde(default)]
    pub publication: PublicationStamp,
    /// Every file we wrote, by path from the folder.
    pub files: BTreeMap<RelPath, LedgerFile>,
}

/// A generator and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorStamp {
    /// `fabrikate`, `manifests`, …
    pub name: String,
    /// The version of whatever decides the bytes.
    pub version: String,
}

/// Where a publication came from. Absent facts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicationStamp {
    /// URL of the source repository, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_repository: Option<String>,
    /// Commit of the source repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_commit: Option<String>,
    /// Identity of the pipeline definition; run numbers compare only within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Number of the run, rising within one pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
}

/// One file that we wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFile {
    /// Git's id of the content.
    pub blob: ObjectId,
    /// The resources in the file, each with a hash of its content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<ResourceId, String>,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Written by a newer program.
    #[error("it has format version {0}; this program knows {VERSION}")]
    Version(u32),
    /// Not the JSON that we write.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
}

impl Ledger {
    /// A ledger in the current format.
    pub fn new(
        environment: &str,
        generator: GeneratorStamp,
        publication: PublicationStamp,
        files: BTreeMap<RelPath, LedgerFile>,
    ) -> Self {
        Self {
            version: VERSION,
            environment: environment.to_owned(),
            generator,
            publication,
            files,
        }
    }

    /// Reads a ledger; the version is looked at first, so that a newer format
    /// is named as such and not reported as damage.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_slice(bytes)?;
        if head.version != VERSION {
            return Err(LedgerError::Version(head.version));
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The bytes to commit: sorted, indented JSON with a final newline.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a ledger holds only strings and numbers");
        bytes.push(b'\n');
        bytes
    }

    /// All resources of the folder.
    pub fn resources(&self) -> impl Iterator<Item = (&ResourceId, &str)> {
        self.files
            .values()
            .flat_map(|file| file.resources.iter().map(|(id, hash)| (id, hash.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_reads_back_as_written() {
        let file = LedgerFile {
            blob: ObjectId::of_blob(b"x"),
            resources: BTreeMap::from([(
                ResourceId::parse("apps/v1 Deployment shop/web").unwrap(),
                "ab".into(),
            )]),
        };
        let ledger = Ledger::new(
            "dev",
            GeneratorStamp {
                name: "fabrikate".into(),
                version: "1".into(),
            },
            PublicationStamp {
                run: Some(7),
                ..PublicationStamp::default()
            },
            BTreeMap::from([(RelPath::parse("a/b.yaml").unwrap(), file)]),
        );
        assert_eq!(Ledger::parse(&ledger.to_bytes()).unwrap(), ledger);
    }

    #[test]
    fn a_newer_format_is_named_and_not_called_damaged() {
        let error = Ledger::parse(br#"{"version": 9, "anything": []}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has format version 9; this program knows 1"
        );
    }

    #[test]
    fn a_ledger_with_an_escaping_path_is_refused() {
        let text = r#"{"version":1,"environment":"dev","generator":{"name":"","version":""},
            "files":{"../x":{"blob":"ce013625030ba8dba906f756967f9e9ca394464a"}}}"#;
        let error = Ledger::parse(text.as_bytes()).unwrap_err();
        assert!(
            error.to_string().contains("not a safe relative path"),
            "{error}"
        );
    }
}
