//! The ledger: the file in an owned folder that lists what we wrote.
//!
//! It is what makes removal safe (only files in it are ever removed), what
//! shows a hand edit (the content hash differs), whose folder it is (the
//! source), and what orders runs (the writer). It also names the resources of
//! each file, so that a plan needs no file contents from the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ObjectId, PublicationStamp, RelPath, ResourceId, fold};

/// The ledger's file name. It has no extension that Flux or Argo CD would read.
pub const LEDGER_FILE: &str = ".gitops-publisher";

/// Whether a file or folder name is ours alone: no source may render it, and
/// nothing that bears it is foreign, adopted, removed or edited by hand. On
/// some file systems several spellings are one name.
pub fn is_reserved(name: &str) -> bool {
    fold(name).starts_with(LEDGER_FILE)
}

/// The format version that this program writes.
const VERSION: u32 = 2;

/// What we wrote into one owned folder, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    version: u32,
    /// The environment that owns the folder.
    pub environment: String,
    /// The folder that it was written for: a person may copy or move one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// What generated the files.
    pub generator: GeneratorStamp,
    /// What they were made from, and who wrote them.
    #[serde(default)]
    pub publication: PublicationStamp,
    /// The images of the containers, for whoever asks what runs there. Absent where
    /// an earlier version wrote the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<BTreeSet<String>>,
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
    #[error("it has format version {0}; this program knows 1 to {VERSION}")]
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
            folder: None,
            generator,
            publication,
            images: None,
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
        match head.version {
            // It knew less of the source and the writer, and nothing else. The
            // current format is written with the next content.
            1 => Ok(Self {
                version: VERSION,
                ..serde_json::from_slice(bytes)?
            }),
            VERSION => Ok(serde_json::from_slice(bytes)?),
            other => Err(LedgerError::Version(other)),
        }
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
    use crate::model::WriterStamp;

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
                writer: WriterStamp {
                    run: Some(7),
                    ..WriterStamp::default()
                },
                ..PublicationStamp::default()
            },
            BTreeMap::from([(RelPath::parse("a/b.yaml").unwrap(), file)]),
        );
        assert_eq!(Ledger::parse(&ledger.to_bytes()).unwrap(), ledger);
    }

    #[test]
    fn a_ledger_of_the_first_format_is_read_as_the_current_one() {
        let text = r#"{"version": 1, "environment": "dev", "generator": {"name": "helm", "version": "0.1.0"},
            "publication": {"sourceRepository": "https://host/hld", "sourceCommit": "abc", "pipeline": "p", "run": 7},
            "files": {"a.yaml": {"blob": "ce013625030ba8dba906f756967f9e9ca394464a", "resources": {"v1 Secret x": "12"}}}}"#;
        let ledger = Ledger::parse(text.as_bytes()).unwrap();
        let PublicationStamp { source, writer } = &ledger.publication;
        assert_eq!(source.repository.as_deref(), Some("https://host/hld"));
        assert_eq!(source.commit.as_deref(), Some("abc"));
        assert_eq!(
            (writer.pipeline.as_deref(), writer.run),
            (Some("p"), Some(7))
        );
        assert_eq!(ledger.resources().count(), 1);
        let written = String::from_utf8(ledger.to_bytes()).unwrap();
        assert!(written.starts_with("{\n  \"version\": 2,"), "{written}");
        assert_eq!(Ledger::parse(written.as_bytes()).unwrap(), ledger);
    }

    #[rstest::rstest]
    #[case(".gitops-publisher", true)]
    #[case(".gitops-publisher-index", true)]
    #[case(".gitops-publisher.yaml", true)]
    #[case(".GitOps-Publisher", true)]
    #[case("gitops-publisher", false)]
    #[case(".gitops-publishe", false)]
    #[case("x.gitops-publisher", false)]
    #[case("é.gitops-publishers", false)]
    fn names_that_begin_like_the_ledger_are_ours(#[case] name: &str, #[case] reserved: bool) {
        assert_eq!(is_reserved(name), reserved);
    }

    #[test]
    fn a_newer_format_is_named_and_not_called_damaged() {
        let error = Ledger::parse(br#"{"version": 9, "anything": []}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has format version 9; this program knows 1 to 2"
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
