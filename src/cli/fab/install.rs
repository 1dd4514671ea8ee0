//! `fab install`: brings what a definition names to where `fab generate` and
//! the other commands expect it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Command, ValueHint};

use crate::agent::{self, Environment};
use crate::cli::{network, tools};
use crate::error::{Error, Kind};
use crate::host::Authorization;
use crate::http;
use crate::install::{self, AccessPolicy, HookPolicy, Update};
use crate::model::Secret;
use crate::report::Reporter;
use crate::settings::definition::ToolArgs;
use crate::settings::{from_inputs, parse};
use crate::source::{root_for, working_folder};

/// What to install.
#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    /// The folder with the component file. The working directory when not given.
    #[arg(value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,

    /// Take what the sources give now and renew the lock file: for everything,
    /// or only for the entries of these names.
    #[arg(long, value_name = "NAMES", num_args = 0.., require_equals = true, value_delimiter = ',')]
    update: Option<Vec<String>>,

    /// Replace folders that were changed by hand.
    #[arg(long)]
    force: bool,

    /// On a build of a pull request, run the definition's hooks too. They are
    /// whatever its author wrote.
    #[arg(long)]
    allow_hooks: bool,

    /// On a build of a pull request, send the tokens that access.yaml names.
    /// They go where its author says.
    #[arg(long)]
    allow_access: bool,

    /// The programs that charts of registries need.
    #[command(flatten)]
    tools: ToolArgs,
}

/// Installs below the folder of the definition.
pub(super) async fn run(
    args: InstallArgs,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<(), Error> {
    let source = args.folder.unwrap_or_else(|| PathBuf::from("."));
    let pull_request = agent::is_pull_request(environment);
    let update = match args.update {
        None => Update::Nothing,
        Some(names) if names.is_empty() => Update::Everything,
        Some(names) => Update::Only(names),
    };
    let options = install::Options {
        confine: root_for(&real(&source)?, &working_folder()),
        source,
        hooks: if pull_request && !args.allow_hooks {
            HookPolicy::Refuse
        } else {
            HookPolicy::Run
        },
        access: if pull_request && !args.allow_access {
            AccessPolicy::Refuse
        } else {
            AccessPolicy::Use
        },
        update,
        force: args.force,
        http: http::Options {
            addresses: tools::addresses(&args.tools, environment),
            ..network::http_options(environment, None, reporter)?
        },
        temp_root: environment.temp_root(),
    };
    let tools = tools::tools(&args.tools, environment, &options.http, reporter)?;
    let around = Around {
        environment,
        reporter,
    };
    let installed = install::run(&tools, &options, &around).await?;
    for finding in &installed.findings {
        reporter.warning(&finding.to_string());
    }
    let lock = if installed.lock_written {
        format!("; {} is written, commit it", install::LOCK_FILE)
    } else {
        String::new()
    };
    reporter.info(&format!(
        "Installed {}, unchanged {}{lock}",
        installed.fetched, installed.unchanged
    ));
    Ok(())
}

/// Installs as a task of a pipeline, with the inputs that it shares with the
/// other commands.
pub(in crate::cli) async fn task(
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<(), Error> {
    let definition = ToolArgs::augment_args(Command::new("install"));
    let args = InstallArgs {
        folder: agent::input(environment, "source").map(PathBuf::from),
        update: None,
        force: false,
        allow_hooks: agent::input(environment, "allowHooks").as_deref() == Some("true"),
        allow_access: false,
        tools: parse(&[&from_inputs(&definition, environment)?])?,
    };
    run(args, environment, reporter).await
}

/// The real path of the folder.
fn real(folder: &Path) -> Result<PathBuf, Error> {
    folder.canonicalize().map_err(|source| {
        let said = format!("cannot find the folder {}", folder.display());
        let error = match source.kind() {
            std::io::ErrorKind::NotFound => Error::message(Kind::Usage, said),
            _ => Error::new(Kind::Usage, anyhow::Error::new(source).context(said)),
        };
        error.hint("name the folder with the component file, relative to the working directory")
    })
}

/// The environment and the way out, as installing sees them.
struct Around<'a> {
    environment: &'a Environment,
    reporter: &'a Reporter,
}

impl install::Surroundings for Around<'_> {
    fn token(&self, variable: &str) -> Option<Secret> {
        // A task is given secret variables without having to name them.
        let of_task = || {
            let mut all = agent::variables(self.environment).into_iter();
            let found = all.find(|found| found.name.eq_ignore_ascii_case(variable))?;
            Some(found.value)
        };
        let given = self.environment.get(variable).map(str::to_owned);
        let value = given.or_else(of_task)?;
        // A pipeline leaves `$(NAME)` as it is when there is no such variable.
        agent::unresolved_macro(&value)
            .is_none()
            .then(|| Secret::new(&value))
    }

    fn mask(&self, secret: &Secret) {
        self.reporter.mask(secret);
    }

    fn mask_forms(&self, authorization: &Authorization) {
        self.reporter
            .mask_with(|redactor| authorization.register(redactor));
    }

    fn tell(&self, text: &str) {
        self.reporter.info(text);
    }

    fn warn(&self, text: &str) {
        self.reporter.warning(text);
    }
}
