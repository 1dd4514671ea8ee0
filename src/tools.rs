//! External programs: finding them and running them.
//!
//! Owns every child process of the product; nothing else starts one. Brings
//! `helm` and `kustomize` along when they are not there, checked by their
//! SHA-256 (`managed`), and unpacks archives (`archive`). A child
//! sees no more of the world than it needs: an allow-listed environment, a
//! private home and temporary folder that vanish afterwards, no standard
//! input, and on Linux no file that its call does not name (`confine`). Dropping the future of [`Tools::run`] kills the child and
//! everything that it started. May not print, and knows nothing of the
//! stages that call it.

pub mod archive;
mod child;
mod confine;
mod error;
mod managed;
mod output;
mod search;
mod temporary;
mod version;
mod worker;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;
use url::Url;

pub use crate::http::Addresses;
use crate::http::{self, Http, NotPublic};
use confine::{Cage, Strength};
pub use error::Error;
pub use managed::{Managed, Mode, OnProgress, Platform, Progress, Tool};
pub use output::{Invocation, Output, Status};
use temporary::Temporary;
pub use worker::{Ending, Worker};

/// Where programs are found and what their environment looks like.
///
/// Cheap to clone; clones share the limit on programs that run at once.
#[derive(Debug, Clone)]
pub struct Tools {
    search_path: OsString,
    environment: Vec<(OsString, OsString)>,
    user_environment: Vec<(OsString, OsString)>,
    temporary: Arc<Temporary>,
    own_program: Option<PathBuf>,
    programs: BTreeMap<Tool, PathBuf>,
    installer: Option<Arc<managed::Installer>>,
    versions: version::Known,
    addresses: Addresses,
    http: Arc<Http>,
    slots: Arc<Semaphore>,
    confinement: Confinement,
    on_weakness: Option<OnWeakness>,
    told: Arc<AtomicBool>,
    kept: Option<Arc<http::Relay>>,
}

/// Told once when children are not confined, or not wholly.
#[derive(Clone)]
struct OnWeakness(Arc<dyn Fn(&str) + Send + Sync>);

impl std::fmt::Debug for OnWeakness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnWeakness")
    }
}

/// Whether children are confined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confinement {
    /// As far as the system can.
    #[default]
    System,
    /// As on a system that cannot.
    Absent,
}

impl Tools {
    /// Tools on `search_path` (in the form of `PATH`), with temporary files
    /// below `temp_root`. Children see no variable but those that are added
    /// with [`Tools::environment`] and those that make up their private home.
    pub fn new(search_path: impl Into<OsString>, temp_root: impl Into<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            search_path: search_path.into(),
            environment: Vec::new(),
            user_environment: Vec::new(),
            temporary: Arc::new(Temporary::below(temp_root.into())),
            own_program: None,
            programs: BTreeMap::new(),
            installer: None,
            versions: version::Known::default(),
            addresses: Addresses::Any,
            http: Arc::new(Http::new(http::Options::new(USER_AGENT))),
            slots: Arc::new(Semaphore::new(cores)),
            confinement: Confinement::default(),
            on_weakness: None,
            told: Arc::default(),
            kept: None,
        }
    }

    /// Adds variables that every child sees (proxies, `SystemRoot`, …).
    /// `PATH` is always there; the private home cannot be overridden.
    #[must_use]
    pub fn environment<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter();
        self.environment
            .extend(variables.map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Sets the variables that programs see which act in the user's name
    /// ([`Invocation::in_users_name`]): the home, the agent that holds keys.
    #[must_use]
    pub fn user_environment<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter();
        self.user_environment
            .extend(variables.map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Whether a program that acts in the user's name sees this variable.
    pub fn has_user_variable(&self, name: &str) -> bool {
        let mut names = self.user_environment.iter();
        names.any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Names this program itself, for [`Tools::worker`].
    #[must_use]
    pub fn own_program(mut self, program: Option<PathBuf>) -> Self {
        self.own_program = program;
        self
    }

    /// Uses this helm, whatever is on the search path.
    #[must_use]
    pub fn helm(self, program: Option<PathBuf>) -> Self {
        self.program(Tool::Helm, program)
    }

    /// Uses this program, whatever is on the search path.
    #[must_use]
    pub fn program(mut self, tool: Tool, program: Option<PathBuf>) -> Self {
        match program {
            Some(program) => self.programs.insert(tool, program),
            None => self.programs.remove(&tool),
        };
        self
    }

    /// Brings programs along that are not there. Without it, they are looked
    /// for on the search path only.
    #[must_use]
    pub fn managed(mut self, managed: Managed) -> Self {
        self.installer = Some(Arc::new(managed::Installer::new(managed)));
        self
    }

    /// Says where programs and requests may go to fetch what the source names.
    #[must_use]
    pub fn addresses(self, addresses: Addresses) -> Self {
        let http = Arc::new(self.http.within(addresses));
        Self {
            addresses,
            http,
            ..self
        }
    }

    /// Says how requests for what the source names are sent.
    #[must_use]
    pub fn network(self, options: http::Options) -> Self {
        let http = Arc::new(Http::new(options).within(self.addresses));
        Self { http, ..self }
    }

    /// What fetches what the source names, where no program has to do that.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Whether what the source names is asked for on the public internet only.
    pub fn asks_public_addresses_only(&self) -> bool {
        self.addresses == Addresses::Public
    }

    /// Refuses an address that the source names and that no program may be
    /// sent to. `host` is a URL, or the `user@host:path` of a repository.
    pub async fn check_address(&self, host: &str) -> Result<(), Error> {
        let url = Url::parse(host).ok().filter(Url::has_host);
        let url = if let Some(url) = url {
            url
        } else {
            let host = host.split([':', '/']).next().unwrap_or(host);
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            Url::parse(&format!("ssh://{host}/")).map_err(|_| NotPublic {
                host: host.to_owned(),
            })?
        };
        Ok(self.addresses.check(&url).await?)
    }

    /// Keeps what children reach the network through as long as these tools.
    #[must_use]
    pub fn keeping(mut self, relay: Option<http::Relay>) -> Self {
        self.kept = relay.map(Arc::new);
        self
    }

    /// Confines children, or behaves as on a system that cannot.
    #[must_use]
    pub fn confinement(mut self, confinement: Confinement) -> Self {
        self.confinement = confinement;
        self
    }

    /// Calls this once, when a child runs that is not wholly confined.
    #[must_use]
    pub fn on_weakness(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_weakness = Some(OnWeakness(Arc::new(tell)));
        self
    }

    /// Whether nothing may be downloaded.
    pub fn is_offline(&self) -> bool {
        let mode = self.installer.as_ref().map(|installer| installer.mode());
        mode == Some(Mode::Offline)
    }

    /// A file that only this user can read, gone when the value is dropped.
    /// For what a program must read from a file and nobody else should see.
    ///
    /// # Errors
    ///
    /// [`Error::Temporary`] when it cannot be made.
    pub fn private_file(&self, suffix: &str, content: &[u8]) -> Result<tempfile::TempPath, Error> {
        self.temporary.file(suffix, content)
    }

    /// A folder that only this user can enter, gone when the value is dropped, and
    /// removed by the next run when this one is killed: in memory where there is room,
    /// as what it is for may hold secrets.
    ///
    /// # Errors
    ///
    /// [`Error::Temporary`] when it cannot be made.
    pub fn private_folder(&self) -> Result<tempfile::TempDir, Error> {
        self.temporary.folder("")
    }

    /// The same on disk, for what may be large and holds no secrets.
    ///
    /// # Errors
    ///
    /// [`Error::Temporary`] when it cannot be made.
    pub fn scratch_folder(&self) -> Result<tempfile::TempDir, Error> {
        self.temporary.on_disk()
    }

    /// Runs a program to its end and returns what it wrote, whatever its exit
    /// status. At most as many run at once as the machine has cores.
    pub async fn run(&self, invocation: &Invocation) -> Result<Output, Error> {
        // An error would mean that somebody closed the semaphore; nobody does.
        let _slot = self.slots.acquire().await.ok();
        let home = self.temporary.folder("home-")?;
        let environment = self.child_environment(home.path(), invocation);
        tracing::debug!(program = %invocation.program.display(), args = ?invocation.args, "running");
        let (output, strength) =
            child::run(invocation, &environment, self.cage(invocation, home.path())).await?;
        let known = match self.confinement {
            Confinement::System => strength,
            Confinement::Absent => Some(Strength::Nothing),
        };
        self.tell(known.filter(|_| !invocation.in_users_name));
        tracing::debug!(status = %output.status, stdout = output.stdout.len(), "ended");
        Ok(output)
    }

    /// The restriction of a child; what acts in the user's name has none.
    fn cage(&self, invocation: &Invocation, home: &Path) -> Option<Cage> {
        if invocation.in_users_name || self.confinement == Confinement::Absent {
            return None;
        }
        let mut search: Vec<_> = std::env::split_paths(&self.search_path).collect();
        // What variables say about libraries and certificates has to be there, too.
        let named = ["LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"];
        let values = self
            .environment
            .iter()
            .filter(|(name, _)| named.iter().any(|it| name == it));
        search.extend(values.flat_map(|(_, value)| std::env::split_paths(value)));
        let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
        Some(Cage::new(
            &invocation.reach,
            &invocation.program,
            &search,
            &home,
        ))
    }

    fn tell(&self, strength: Option<Strength>) {
        if let (Some(text), Some(tell)) = (strength.and_then(Strength::told), &self.on_weakness)
            && !self.told.swap(true, Ordering::Relaxed)
        {
            tell.0(text);
        }
    }

    /// All variables that a child with this home sees.
    fn child_environment(&self, home: &Path, invocation: &Invocation) -> Vec<(OsString, OsString)> {
        let mut variables = self.environment.clone();
        variables.push(("PATH".into(), self.search_path.clone()));
        for (name, folder) in PRIVATE_FOLDERS {
            variables.push((name.into(), home.join(folder).into_os_string()));
        }
        // The same output everywhere, and no cluster to ask.
        for (name, value) in [("LC_ALL", "C"), ("TZ", "UTC"), ("GIT_TERMINAL_PROMPT", "0")] {
            variables.push((name.into(), value.into()));
        }
        if invocation.in_users_name {
            variables.extend(self.user_environment.iter().cloned());
        }
        variables.extend(invocation.environment.iter().cloned());
        variables
    }
}

/// Who requests say that they are from.
const USER_AGENT: &str = concat!("gitops-publisher/", env!("CARGO_PKG_VERSION"));

/// Variables that name a place to keep things, and where that is in the
/// private home. The empty text is the home itself.
const PRIVATE_FOLDERS: [(&str, &str); 15] = [
    ("HOME", ""),
    ("USERPROFILE", ""),
    ("TMPDIR", ""),
    ("TEMP", ""),
    ("TMP", ""),
    ("APPDATA", "appdata"),
    ("LOCALAPPDATA", "localappdata"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_STATE_HOME", "state"),
    ("HELM_CONFIG_HOME", "helm/config"),
    ("HELM_CACHE_HOME", "helm/cache"),
    ("HELM_DATA_HOME", "helm/data"),
    ("KUBECONFIG", "no-kubeconfig"),
];

/// A program's name for messages: the file name of its path.
fn shown(program: &Path) -> std::borrow::Cow<'_, str> {
    program
        .file_name()
        .map_or_else(|| program.to_string_lossy(), OsStr::to_string_lossy)
}

#[cfg(all(test, unix))]
mod tests;
