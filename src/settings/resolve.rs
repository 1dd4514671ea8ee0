//! From layers to validated settings, one set per environment.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::check::Brakes;
use crate::error::{Error, Kind};
use crate::generate::JsonnetOptions;
use crate::host::{self, Place};
use crate::model::{Folder, RelPath};
use crate::plan;
use crate::tokens;

use super::definition::{
    EnvironmentArgs, GeneratorSetting, GitHostSetting, LeftoverSetting, RunArgs,
};
use super::file::FileSettings;
use super::layer::{Layer, Origin, parse};

/// Everything a run needs to know, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Settings of the whole run.
    pub run: RunArgs,
    /// The environments to render, in the order they were named.
    pub environments: Vec<EnvironmentSettings>,
}

/// One environment, validated.
#[derive(Debug, Clone)]
pub struct EnvironmentSettings {
    /// The environment's name.
    pub name: String,
    /// The folder with the templates.
    pub source: PathBuf,
    /// What turns it into manifests.
    pub generator: GeneratorSetting,
    /// The configurations of a Fabrikate definition, most important first.
    pub fabrikate_environments: Vec<String>,
    /// What Jsonnet programs are given.
    pub jsonnet: JsonnetOptions,
    /// How its tokens are replaced.
    pub tokens: TokenSettings,
    /// Hooks may run on a pull request build.
    pub allow_hooks: bool,
    /// A Helm chart may render to nothing.
    pub allow_empty_charts: bool,
    /// A configuration that is nowhere is an error.
    pub require_configuration: bool,
    /// The folder it owns in the manifest repository.
    pub folder: Folder,
    /// Where it is published to; absent when no manifest repository is set.
    pub target: Option<Target>,
    /// How to treat files that are not as we left them.
    pub ownership: plan::Options,
    /// What stops a publication.
    pub brakes: Brakes,
}

impl EnvironmentSettings {
    /// Whether both are published to one branch, as far as the settings tell.
    pub fn goes_with(&self, other: &EnvironmentSettings) -> bool {
        match (&self.target, &other.target) {
            (Some(one), Some(two)) => one.is_same_branch(two),
            (None, None) => true,
            _ => false,
        }
    }
}

/// Token replacement in the source of one environment.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// Whether it happens at all.
    pub enabled: bool,
    /// How.
    pub options: tokens::Options,
    /// What a token without variable means in the end.
    pub leftover: LeftoverSetting,
    /// Variables of the settings file: for every environment, then for this one.
    pub variables: (tokens::Layer, tokens::Layer),
    /// Patterns of files with variables.
    pub files: Vec<String>,
}

/// A branch of a manifest repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The repository as the user wrote it.
    pub repository: String,
    /// The repository in its one form: URL or absolute path.
    pub place: String,
    /// The branch; the default branch when absent.
    pub branch: Option<String>,
    /// Where the repository lives.
    pub host: GitHostSetting,
    /// The user name for hosts of kind `git`.
    pub user: Option<String>,
    /// Nothing but the settings file names the repository.
    pub named_by_file: bool,
}

impl Target {
    /// Whether both are one branch, as far as the settings tell.
    pub fn is_same_branch(&self, other: &Target) -> bool {
        self.place == other.place && self.branch == other.branch
    }

    /// A repository at a local path.
    pub fn local(path: &str) -> Self {
        Self {
            repository: path.to_owned(),
            place: absolute(Path::new(path)),
            branch: None,
            host: GitHostSetting::Git,
            user: None,
            named_by_file: false,
        }
    }
}

/// Puts the layers together.
///
/// `given` is what the command line or the task inputs say, `old` the
/// variables of the old scripts.
///
/// `untrusted` says that anybody may have written the settings file, as on a
/// build of a pull request: settings that run programs or name secrets are
/// then taken from the other doors only.
pub fn resolve(
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
    untrusted: bool,
) -> Result<Settings, Error> {
    let mut run: RunArgs = parse(&[given, &file.top, old])?;
    drop_empty(&mut run.environments);
    drop_empty(&mut run.explain);
    if untrusted {
        refuse_dangerous(given, &file.top)?;
    }
    let nothing = Layer::new();
    let mut environments = Vec::new();
    for (name, configurations) in names(&run, given, file, old)? {
        let own = file.environments.get(&name).unwrap_or(&nothing);
        if untrusted {
            refuse_dangerous(given, own)?;
        }
        let mut args: EnvironmentArgs = parse(&[given, own, &file.top, old])?;
        for list in [
            &mut args.fabrikate_environments,
            &mut args.protected_kinds,
            &mut args.variable_files,
            &mut args.jsonnet_paths,
            &mut args.jsonnet_variables,
            &mut args.jsonnet_arguments,
        ] {
            drop_empty(list);
        }
        let named_by_file = !given.contains_key("manifest_repo")
            && [own, &file.top]
                .iter()
                .any(|layer| layer.contains_key("manifest_repo"));
        let variables = file.variables(&name);
        let mut settings = environment(name, configurations, variables, args)?;
        if let Some(target) = &mut settings.target {
            target.named_by_file = named_by_file;
        }
        environments.push(settings);
    }
    refuse_overlaps(&environments)?;
    Ok(Settings { run, environments })
}

/// What an empty list leaves behind in clap.
fn drop_empty(list: &mut Vec<String>) {
    list.retain(|item| !item.is_empty());
}

/// Settings that a file nobody has reviewed must not decide.
const DANGEROUS: [&str; 3] = ["allow_hooks", "helm", "token_file"];

/// Refuses dangerous settings of an untrusted file, unless a stronger door
/// has them.
fn refuse_dangerous(given: &Layer, file: &Layer) -> Result<(), Error> {
    let found = DANGEROUS
        .iter()
        .find(|id| file.contains_key(**id) && !given.contains_key(**id));
    let Some(value) = found.and_then(|id| file.get(*id)) else {
        return Ok(());
    };
    let said = format!(
        "{} is not obeyed on a build of a pull request, where anybody may have written it",
        value.origin
    );
    Err(Error::message(Kind::Policy, said).hint("set the input of that name on the task"))
}

/// The environments of this run, each with the Fabrikate configurations that
/// its name stands for.
fn names(
    run: &RunArgs,
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
) -> Result<IndexMap<String, Vec<String>>, Error> {
    let asked_by_variable = !given.contains_key("environments")
        && old
            .get("environments")
            .is_some_and(|value| matches!(value.origin, Origin::Variable(_)));
    if !file.environments.is_empty() && (run.environments.is_empty() || asked_by_variable) {
        return Ok(file
            .environments
            .keys()
            .map(|name| (name.clone(), vec![name.clone()]))
            .collect());
    }
    let mut names = IndexMap::new();
    for name in &run.environments {
        if !file.environments.is_empty() && !file.environments.contains_key(name) {
            let known: Vec<_> = file.environments.keys().map(String::as_str).collect();
            return Err(Error::message(
                Kind::Usage,
                format!("there is no environment `{name}` in the settings file"),
            )
            .hint(format!("it has: {}", known.join(", "))));
        }
        // The old script passed each item unquoted: blanks made several configurations.
        let words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
        let (name, words) = if asked_by_variable {
            (words.join("-"), words)
        } else {
            (name.clone(), vec![name.clone()])
        };
        if names.insert(name.clone(), words).is_some() {
            return Err(Error::message(
                Kind::Usage,
                format!("the environment `{name}` is named twice"),
            ));
        }
    }
    if names.is_empty() {
        return Err(Error::message(Kind::Usage, "no environment is named").hint(
            "name at least one with `environments`, such as `dev`, or list them in `gitops.yaml`",
        ));
    }
    Ok(names)
}

/// Validates the settings of one environment.
fn environment(
    name: String,
    configurations: Vec<String>,
    variables: (tokens::Layer, tokens::Layer),
    args: EnvironmentArgs,
) -> Result<EnvironmentSettings, Error> {
    let wrong = |error| {
        Error::new(
            Kind::Usage,
            anyhow::Error::new(error).context(format!("environment `{name}`")),
        )
    };
    RelPath::parse(&name).map_err(wrong)?;
    let folder = Folder::parse(args.folder.as_deref().unwrap_or(&name)).map_err(wrong)?;
    let tokens = token_settings(&args, variables)?;
    let jsonnet = jsonnet(&args).map_err(|error| error.context(format!("environment {name}")))?;
    let target = match args.manifest_repo {
        Some(repository) => Some(Target {
            place: place(&repository, args.git_host)
                .map_err(|error| error.context(format!("environment {name}")))?,
            repository,
            branch: args
                .branch
                .map(|name| name.trim_start_matches("refs/heads/").to_owned()),
            host: args.git_host,
            user: args.git_user,
            named_by_file: false,
        }),
        None => None,
    };
    let own = !args.fabrikate_environments.is_empty();
    Ok(EnvironmentSettings {
        source: args.source,
        generator: args.generator,
        fabrikate_environments: if own {
            args.fabrikate_environments
        } else {
            configurations
        },
        jsonnet,
        tokens,
        allow_hooks: args.allow_hooks,
        allow_empty_charts: args.allow_empty_charts,
        require_configuration: args.require_configuration,
        folder,
        target,
        ownership: plan::Options {
            foreign_files: args.foreign_files,
            hand_edits: args.hand_edits,
        },
        brakes: Brakes {
            allow_empty: args.allow_empty,
            allow_removal: args.allow_removal,
            max_removed_percent: args.max_removed_percent,
            protected_kinds: args.protected_kinds,
        },
        name,
    })
}

/// The one form of a repository that users can write in several ways.
fn place(repository: &str, host: GitHostSetting) -> Result<String, Error> {
    Ok(match host::resolve(repository, host.kind())?.place {
        Place::Url(url) => url.to_string().trim_end_matches('/').to_owned(),
        Place::Path(path) => absolute(&path),
    })
}

/// A path without `.` and independent of the working folder.
fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute.display().to_string()
}

/// Validates how tokens are replaced. A missing variable leaves its token,
/// and the manifests are searched for what is left: a token in a part of the
/// source that is not rendered does no harm.
fn token_settings(
    args: &EnvironmentArgs,
    variables: (tokens::Layer, tokens::Layer),
) -> Result<TokenSettings, Error> {
    let prefix = args.token_prefix.as_deref();
    let suffix = args.token_suffix.as_deref();
    let mut options = tokens::Options::of_pattern(&args.token_pattern, prefix, suffix)?;
    options.missing = tokens::Missing::Keep;
    options.recursive = args.recursive;
    if args.transforms {
        options.transforms = Some(tokens::Delimiters::new("transform", "(", ")")?);
    }
    options.check()?;
    Ok(TokenSettings {
        enabled: args.replace_tokens,
        options,
        leftover: args.leftover_tokens,
        variables,
        files: args.variable_files.clone(),
    })
}

/// What Jsonnet programs are given.
fn jsonnet(args: &EnvironmentArgs) -> Result<JsonnetOptions, Error> {
    let pairs = |setting, items: &[String]| {
        let pair = |item: &String| match item.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            // The text may be a secret.
            _ => Err(Error::message(
                Kind::Usage,
                format!("an item of `{setting}` is no `name=value`"),
            )
            .hint("write each on a line of its own")),
        };
        items.iter().map(pair).collect::<Result<Vec<_>, _>>()
    };
    Ok(JsonnetOptions {
        paths: args.jsonnet_paths.iter().map(PathBuf::from).collect(),
        variables: pairs("jsonnetVariables", &args.jsonnet_variables)?,
        arguments: pairs("jsonnetArguments", &args.jsonnet_arguments)?,
    })
}

/// Two environments cannot own the same files.
fn refuse_overlaps(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    for (at, one) in environments.iter().enumerate() {
        let clash = environments[..at]
            .iter()
            .find(|other| other.goes_with(one) && other.folder.overlaps(&one.folder));
        if let Some(other) = clash {
            return Err(Error::message(
                Kind::Usage,
                format!(
                    "the environments `{}` and `{}` would own the same folder: `{}` and `{}`",
                    other.name, one.name, other.folder, one.folder
                ),
            )
            .hint("give each environment a `folder` of its own, none inside another"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Value;

    fn layer(origin: &Origin, values: &[(&str, &str)]) -> Layer {
        let value = |text: &str| Value {
            texts: text.split(',').map(str::to_owned).collect(),
            origin: origin.clone(),
        };
        values
            .iter()
            .map(|(id, text)| ((*id).to_owned(), value(text)))
            .collect()
    }

    fn flags(values: &[(&str, &str)]) -> Layer {
        layer(&Origin::Flag("x".into()), values)
    }

    fn file(environments: &[(&str, &[(&str, &str)])]) -> FileSettings {
        FileSettings {
            environments: environments
                .iter()
                .map(|(name, values)| ((*name).to_owned(), flags(values)))
                .collect(),
            ..FileSettings::default()
        }
    }

    #[test]
    fn an_environment_owns_the_folder_of_its_name_unless_told_otherwise() {
        let settings = resolve(
            &Layer::new(),
            &file(&[
                ("dev", &[]),
                (
                    "prod",
                    &[("folder", "clusters/prod"), ("max_removed_percent", "5")],
                ),
            ]),
            &Layer::new(),
            false,
        )
        .unwrap();
        let folders: Vec<_> = settings
            .environments
            .iter()
            .map(|e| e.folder.to_string())
            .collect();
        assert_eq!(folders, ["dev", "clusters/prod"]);
        assert_eq!(settings.environments[1].brakes.max_removed_percent, 5);
    }

    #[test]
    fn a_flag_beats_the_section_of_the_environment() {
        let given = flags(&[("branch", "hotfix"), ("manifest_repo", "a/b")]);
        let settings = resolve(
            &given,
            &file(&[("dev", &[("branch", "main")])]),
            &Layer::new(),
            false,
        )
        .unwrap();
        assert_eq!(
            settings.environments[0]
                .target
                .as_ref()
                .unwrap()
                .branch
                .as_deref(),
            Some("hotfix")
        );
    }

    #[test]
    fn blanks_in_fab_envs_make_several_configurations_as_in_the_old_script() {
        let old = layer(
            &Origin::Variable("FAB_ENVS"),
            &[("environments", "dev,prod west")],
        );
        let settings = resolve(&Layer::new(), &FileSettings::default(), &old, false).unwrap();
        let shown: Vec<_> = settings
            .environments
            .iter()
            .map(|e| (e.name.as_str(), e.fabrikate_environments.join("+")))
            .collect();
        assert_eq!(
            shown,
            [
                ("dev", "dev".to_owned()),
                ("prod-west", "prod+west".to_owned())
            ]
        );
    }

    #[test]
    fn variables_of_jsonnet_are_names_and_values() {
        let settings = |text: &str| {
            let value = Value {
                texts: vec![text.to_owned()],
                origin: Origin::Flag("x".into()),
            };
            let given = Layer::from([("jsonnet_variables".to_owned(), value)]);
            resolve(&given, &file(&[("dev", &[])]), &Layer::new(), false)
        };
        let resolved = settings("hosts=a,b=c").unwrap();
        let variables = &resolved.environments[0].jsonnet.variables;
        assert_eq!(*variables, [("hosts".to_owned(), "a,b=c".to_owned())]);
        let error = settings("secret").unwrap_err().to_string();
        assert_eq!(
            error,
            "environment dev: an item of `jsonnetVariables` is no `name=value`"
        );
    }

    #[rstest::rstest]
    #[case("allow_hooks")]
    #[case("helm")]
    #[case("token_file")]
    fn an_untrusted_file_decides_nothing_dangerous(#[case] id: &str) {
        let settings = file(&[("dev", &[(id, "true")])]);
        let error = resolve(&Layer::new(), &settings, &Layer::new(), true).unwrap_err();
        assert!(
            error.to_string().ends_with(
                "is not obeyed on a build of a pull request, where anybody may have written it"
            ),
            "{error}"
        );
        assert!(resolve(&flags(&[(id, "true")]), &settings, &Layer::new(), true).is_ok());
    }

    #[rstest::rstest]
    #[case(flags(&[]), &[], "no environment is named")]
    #[case(flags(&[("environments", "qa")]), &[("dev", &[] as &[_])], "there is no environment `qa` in the settings file")]
    #[case(flags(&[("environments", "qa,qa")]), &[], "the environment `qa` is named twice")]
    #[case(flags(&[("environments", "../x")]), &[], "environment `../x`: \"../x\" is not a safe relative path: it has a `.` or `..` segment")]
    #[case(flags(&[]), &[("dev", &[("folder", "a")] as &[_]), ("prod", &[("folder", "a/b")])],
        "the environments `dev` and `prod` would own the same folder: `a` and `a/b`")]
    fn what_cannot_work_is_refused(
        #[case] given: Layer,
        #[case] environments: &[(&str, &[(&str, &str)])],
        #[case] said: &str,
    ) {
        let error = resolve(&given, &file(environments), &Layer::new(), false).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}
