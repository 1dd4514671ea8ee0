//! Why manifests could not be generated.

mod hints;

use std::fmt;

use super::KustomizeFault;
use crate::definition;
use crate::error::Kind;
use crate::model::PathError;
use crate::source;
use crate::text::SyntaxError;
use crate::tools;

use super::{FieldFault, HelmFault};

/// A failure of the generate stage, with the component that it is about.
#[derive(Debug)]
pub struct Error {
    /// Path of the Fabrikate component, from the root.
    pub component: Option<String>,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong. Files are shown as seen from the source.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The source does not exist.
    #[error("the source `{0}` does not exist")]
    SourceMissing(String),
    /// The source is a file, and the generator needs a folder.
    #[error("the source `{0}` is a file, but a folder is needed")]
    SourceIsFile(String),
    /// A single file as source that is not a manifest.
    #[error("the source `{0}` is neither a folder nor a .yaml, .yml or .json file")]
    SourceKind(String),
    /// A cluster's objects, and no settings for them.
    #[error("the generator `{0}` writes what the settings of a cluster say, and there are none")]
    NoCluster(&'static str),
    /// No Jsonnet program.
    #[error("there is no Jsonnet program in the source `{0}`: no file at its top ends in .jsonnet")]
    NoProgram(String),
    /// A folder that settings name does not exist.
    #[error("the folder `{0}` does not exist")]
    FolderMissing(String),
    /// A Jsonnet program could not be evaluated.
    #[error("the program `{program}` failed: {message}{}", indented(.trace))]
    Jsonnet {
        /// The program's file name.
        program: String,
        /// What went wrong.
        message: String,
        /// Where, innermost first: `file:line:column`, and what it is in.
        trace: Vec<String>,
        /// What to do.
        hint: Option<String>,
    },
    /// The value of a Jsonnet program is not made of resources.
    #[error("the program `{program}` yields {message}")]
    Program {
        /// The program's file name.
        program: String,
        /// What it yields, and where.
        message: String,
    },
    /// A file of the source is not read.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// A file whose name does not say what it is read as, with tokens in it.
    #[error("the tokens of `{0}` were not replaced as in a file of the format that it is read in")]
    Unfit(String),
    /// Not text.
    #[error("`{0}` is not UTF-8 text")]
    NotText(String),
    /// A document among manifests that is none.
    #[error("{place} is not a Kubernetes resource: {lack}")]
    NoResource {
        /// File and line.
        place: String,
        /// What it lacks.
        lack: &'static str,
    },
    /// A duplicate key in a map, in a file that is about to be rewritten.
    #[error(
        "`{file}`, line {line}: the key `{key}` is in the same map as another one in line {first}"
    )]
    RepeatedKey {
        /// The file.
        file: String,
        /// The line of the later one.
        line: usize,
        /// The key.
        key: String,
        /// The line of the one before.
        first: usize,
    },
    /// Fields that the API server would refuse.
    #[error("{}", listed(.0))]
    Fields(Vec<(String, FieldFault)>),
    /// A name cannot be a path in the output.
    #[error("its name cannot be a file name: {0}")]
    Name(#[from] PathError),
    /// A component's name has a separator.
    #[error("its name {0:?} cannot be a file name: it contains a `/`")]
    NameHasSlash(String),
    /// Malformed YAML or JSON.
    #[error("`{file}` is malformed, {source}")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why.
        source: SyntaxError,
    },
    /// Well-formed, but not what it should be.
    #[error("`{file}`{place}: {message}")]
    Shape {
        /// The file.
        file: String,
        /// `, line 3, column 5`, or nothing.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A component or configuration file that is not as it should be.
    #[error(transparent)]
    Definition(#[from] definition::Fault),
    /// No component file.
    #[error("there is neither a component.yaml nor a component.json in `{folder}`")]
    ComponentMissing {
        /// The folder.
        folder: String,
        /// How it would have come there: the entry's method, or `url` for a
        /// URL without one.
        method: String,
    },
    /// Two layers of configuration do not fit.
    #[error("`{key}` is {above} in a higher layer, but {below} in `{file}`")]
    Clash {
        /// The key's path.
        key: String,
        /// What the higher layer has.
        above: &'static str,
        /// What the lower layer has.
        below: &'static str,
        /// The lower layer's file.
        file: String,
    },
    /// A component that contains itself.
    #[error(
        "it loads `{0}`, which is one of the components that it is in: the definition never ends"
    )]
    Cycle(String),
    /// Nested deeper than anybody can follow.
    #[error("it is nested more than {0} levels deep")]
    TooDeep(usize),
    /// More components than is sensible.
    #[error("the definition has more than {0} components")]
    TooMany(usize),
    /// A static component's folder has a folder in it.
    #[error(
        "the static folder `{folder}` contains the folder `{name}`; Fabrikate reads files only"
    )]
    Subfolder {
        /// The static folder.
        folder: String,
        /// What is in it.
        name: String,
    },
    /// A static component's folder is not there.
    #[error("the static folder `{0}` does not exist")]
    StaticMissing(String),
    /// Two components write one file.
    #[error("it writes `{file}`, which the component `{other}` writes too")]
    Duplicate {
        /// The output file.
        file: String,
        /// The other component.
        other: String,
    },
    /// The source wants to run something, and may not.
    #[error("it has a {0} hook, and hooks may not run here")]
    HookRefused(&'static str),
    /// A hook failed.
    #[error("its {hook} hook `{line}` failed with {status}{}", quoted(.tail))]
    HookFailed {
        /// `before-generate` or `after-generate`.
        hook: &'static str,
        /// The shell line.
        line: String,
        /// How it ended.
        status: tools::Status,
        /// The end of what it wrote.
        tail: String,
    },
    /// Helm failed.
    #[error("helm could not render the chart `{chart}` as release `{release}` ({status}){}", quoted(.output))]
    HelmFailed {
        /// The chart's folder.
        chart: String,
        /// The release.
        release: String,
        /// How it ended.
        status: tools::Status,
        /// The end of what it said.
        output: String,
        /// Whether the chart is not there at all.
        missing: bool,
    },
    /// A release name that helm would take for an option.
    #[error("its name {0:?} starts with `-` and cannot be a Helm release")]
    ReleaseName(String),
    /// Helm rendered nothing.
    #[error("the chart `{0}` yields no document")]
    EmptyChart(String),
    /// What helm wrote is not YAML.
    #[error("what helm rendered from `{chart}` is malformed in document {document}, {source}")]
    Rendered {
        /// The chart's folder.
        chart: String,
        /// The number of the document, from 1.
        document: usize,
        /// Where in it, and why.
        source: SyntaxError,
    },
    /// `metadata` is not a map.
    #[error(
        "a namespace cannot be injected into document {document} of `{chart}`: its metadata is {found}"
    )]
    Metadata {
        /// The chart's folder.
        chart: String,
        /// The number of the document, from 1.
        document: usize,
        /// What it is.
        found: &'static str,
    },
    /// A chart could not be rendered.
    #[error(transparent)]
    Chart(Box<HelmFault>),
    /// An environment without a configuration file.
    #[error("there is no configuration file for the environment {0} in any component")]
    UnknownEnvironment(String),
    /// An overlay could not be built.
    #[error(transparent)]
    Kustomize(Box<KustomizeFault>),
    /// A program could not be run.
    #[error(transparent)]
    Tool(#[from] tools::Error),
}

/// Quoted output on lines of its own, when there is any.
pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(":\n{text}")
    }
}

/// So many faults are shown.
const FAULTS_SHOWN: usize = 20;

/// The place of each fault and what is wrong, on lines of their own.
fn listed(faults: &[(String, FieldFault)]) -> String {
    let shown = faults.iter().take(FAULTS_SHOWN);
    let mut lines: Vec<String> = shown
        .map(|(file, fault)| format!("`{file}`, line {}: {fault}", fault.line))
        .collect();
    if faults.len() > FAULTS_SHOWN {
        lines.push(format!("and {} more", faults.len() - FAULTS_SHOWN));
    }
    lines.join("\n  ")
}

/// Each line on a line of its own.
fn indented(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str("\n  ");
        text.push_str(line);
        text
    })
}

impl Fault {
    /// This fault in this component.
    pub(super) fn of(self, component: &str) -> Error {
        Error {
            component: Some(component.to_owned()),
            fault: self,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Tool(error) => error.kind(),
            Self::Chart(fault) => fault.kind(),
            Self::Kustomize(fault) => fault.kind(),
            Self::HookRefused(_) => Kind::Policy,
            _ => Kind::Input,
        }
    }
}

impl From<HelmFault> for Fault {
    fn from(fault: HelmFault) -> Self {
        Self::Chart(Box::new(fault))
    }
}

impl From<KustomizeFault> for Fault {
    fn from(fault: KustomizeFault) -> Self {
        Self::Kustomize(Box::new(fault))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self {
            component: None,
            fault,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.component {
            Some(component) => write!(f, "component `{component}`: {}", self.fault),
            None => write!(f, "{}", self.fault),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.fault.source()
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let (kind, hints) = (error.fault.kind(), error.fault.hints());
        Self::new(kind, error).hints(hints)
    }
}
