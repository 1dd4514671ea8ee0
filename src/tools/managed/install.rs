//! Bringing a version into the tool cache.

#![expect(
    clippy::disallowed_methods,
    reason = "programs and archives of the tool cache"
)]

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::cache::Slot;
use super::{Managed, Mode, OnProgress, Progress, Tool, pins, platform};
use crate::http::{Http, Sink};
use crate::model::RedactedUrl;
use crate::parallel::blocking;
use crate::tools::{Error, archive};

/// The largest archive that is downloaded.
const LARGEST: u64 = 256 << 20;

type Outcome = Result<PathBuf, Arc<Error>>;

/// Brings each program along once, however many ask for it at once.
pub(crate) struct Installer {
    managed: Managed,
    http: Http,
    outcomes: HashMap<Tool, OnceCell<Outcome>>,
}

impl fmt::Debug for Installer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installer")
            .field("mode", &self.managed.mode)
            .field("cache", &self.managed.cache)
            .finish_non_exhaustive()
    }
}

impl Installer {
    pub(crate) fn new(managed: Managed) -> Self {
        Self {
            http: Http::new(managed.http.clone()),
            outcomes: Tool::ALL.map(|tool| (tool, OnceCell::new())).into(),
            managed,
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.managed.mode
    }

    /// The program from the tool cache, into which it is downloaded unless
    /// that is ruled out. Fails for everybody when it fails once.
    pub(crate) async fn get(&self, tool: Tool) -> Result<PathBuf, Error> {
        let outcome = self.outcomes[&tool]
            .get_or_init(async || self.look(tool).await.map_err(Arc::new))
            .await;
        outcome.clone().map_err(Error::Shared)
    }

    async fn look(&self, tool: Tool) -> Result<PathBuf, Error> {
        let release = self.release(tool)?;
        if let Some(program) = release.slot.program() {
            return Ok(program);
        }
        if self.managed.mode == Mode::Offline {
            return Err(Error::Offline {
                tool,
                version: release.version,
                home: release.slot.home(),
            });
        }
        let expected = self.expected(&release)?;
        let cache = |source| Error::Cache {
            folder: release.slot.folder.clone(),
            source,
        };
        let lock = release.slot.lock().await.map_err(cache)?;
        if let Some(program) = release.slot.program() {
            return Ok(program);
        }
        let room = release.slot.room(lock.is_some()).map_err(cache)?;
        let file = room.path().join(&release.archive);
        let found = self.download(&release, &file).await?;
        if found != expected {
            return Err(Error::Checksum {
                url: Box::new(RedactedUrl::new(self.address(&release))),
                archive: release.archive,
                expected,
                found,
            });
        }
        // What is moved in is dropped there: the lock last, even if nobody waits.
        let work = move || {
            let program = unpack(&release, &file, room.path());
            drop(room);
            drop(lock);
            program
        };
        blocking(work).await
    }

    /// What is wanted, for this machine.
    fn release(&self, tool: Tool) -> Result<Release, Error> {
        let asked = self.managed.versions.get(&tool).map(|text| text.trim());
        let version = asked.unwrap_or(tool.default_version());
        let version = version.strip_prefix('v').unwrap_or(version);
        if !is_version(version) {
            return Err(Error::NoVersion {
                tool,
                version: version.to_owned(),
            });
        }
        let platform = self.managed.platform.ok_or(Error::NoPlatform { tool })?;
        Ok(Release {
            slot: Slot::new(&self.managed.cache, tool, version, platform),
            archive: platform.archive(tool, version),
            short: format!("{tool}-{version}-{platform}"),
            pin: pins::sum(tool, version, platform),
            version: version.to_owned(),
            tool,
        })
    }

    /// The sum that the archive must have, in lower case.
    fn expected(&self, release: &Release) -> Result<String, Error> {
        let given = [&release.archive, &release.short]
            .into_iter()
            .find_map(|key| self.managed.checksums.get_key_value(key));
        if let Some((key, sum)) = given {
            let sum = sum.trim().to_ascii_lowercase();
            let sum = sum.strip_prefix("sha256:").unwrap_or(&sum);
            if sum.len() != 64 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(Error::NoChecksum(key.clone()));
            }
            return Ok(sum.to_owned());
        }
        release
            .pin
            .map(str::to_owned)
            .ok_or_else(|| Error::Unpinned {
                published: platform::checksum_address(
                    release.tool,
                    &release.version,
                    &release.archive,
                ),
                archive: release.archive.clone(),
            })
    }

    fn address(&self, release: &Release) -> url::Url {
        let mirror = self.managed.mirror.as_ref();
        platform::address(release.tool, &release.version, &release.archive, mirror)
    }

    /// Downloads the archive into a file, and gives back its SHA-256.
    async fn download(&self, release: &Release, file: &Path) -> Result<String, Error> {
        let mut sink = Hashing {
            file: File::create(file).map_err(|source| Error::Cache {
                folder: release.slot.folder.clone(),
                source,
            })?,
            hash: Sha256::new(),
            archive: &release.archive,
            done: 0,
            total: None,
            progress: self.managed.progress.as_ref(),
        };
        let url = self.address(release);
        tracing::debug!(url = %RedactedUrl::new(url.clone()), "downloading");
        let length = self.http.download(&url, LARGEST, &mut sink).await;
        length.map_err(|source| Error::Download {
            archive: release.archive.clone(),
            source: Box::new(source),
        })?;
        let sum = sink.hash.finalize();
        Ok(sum.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

/// One version of one program for one machine.
struct Release {
    tool: Tool,
    version: String,
    archive: String,
    /// The other key that its checksum may have.
    short: String,
    pin: Option<&'static str>,
    slot: Slot,
}

/// Unpacks a checked archive beside its place and moves it there.
fn unpack(release: &Release, file: &Path, room: &Path) -> Result<PathBuf, Error> {
    let cache = |source| Error::Cache {
        folder: release.slot.folder.clone(),
        source,
    };
    let unpacked = room.join("unpacked");
    std::fs::create_dir(&unpacked).map_err(cache)?;
    let kind = archive::Kind::of(&release.archive).unwrap_or(archive::Kind::TarGz);
    let reader = io::BufReader::new(File::open(file).map_err(cache)?);
    archive::unpack(reader, kind, &unpacked, &archive::Limits::program()).map_err(|source| {
        Error::Archive {
            archive: release.archive.clone(),
            source,
        }
    })?;
    if release.slot.program_in(&unpacked).is_none() {
        return Err(Error::NoProgram {
            tool: release.tool,
            archive: release.archive.clone(),
        });
    }
    release.slot.settle(&unpacked, room).map_err(cache)?;
    release.slot.program().ok_or_else(|| Error::NoProgram {
        tool: release.tool,
        archive: release.archive.clone(),
    })
}

/// `3.21.4`, `5.0.0-rc.1`: nothing that means something in a path or URL.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let numbers: Vec<_> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
    numbers.len() == 3
        && numbers.iter().all(number)
        && text.len() <= 64
        && text.bytes().all(letters)
}

/// A file whose SHA-256 is known when it is written.
struct Hashing<'a> {
    file: File,
    hash: Sha256,
    archive: &'a str,
    done: u64,
    total: Option<u64>,
    progress: Option<&'a OnProgress>,
}

impl Hashing<'_> {
    fn tell(&self) {
        if let Some(progress) = self.progress {
            progress(Progress {
                archive: self.archive,
                done: self.done,
                total: self.total,
            });
        }
    }
}

impl Sink for Hashing<'_> {
    fn begin(&mut self, total: Option<u64>) -> io::Result<()> {
        use io::Seek as _;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.hash = Sha256::new();
        self.done = 0;
        self.total = total;
        self.tell();
        Ok(())
    }

    fn piece(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.done += bytes.len() as u64;
        self.tell();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("3.21.4", true)]
    #[case("5.0.0-rc.1", true)]
    #[case("3.21", false)]
    #[case("latest", false)]
    #[case("3.21.4/../../x", false)]
    #[case("3.21.4-a/b", false)]
    #[case("", false)]
    fn a_version_is_a_version(#[case] text: &str, #[case] fine: bool) {
        assert_eq!(is_version(text), fine);
    }
}
