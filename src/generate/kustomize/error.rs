//! Why an overlay could not be built.

use crate::fetch;
use crate::text::SyntaxError;
use crate::tools;

/// Where something is said: a file as seen from the source, and a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The kustomization, or the file that it names.
    pub file: String,
    /// Line from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`, line {}", self.file, self.line)
    }
}

/// Why an overlay could not be built.
#[derive(Debug, thiserror::Error)]
pub enum KustomizeFault {
    /// A folder without a kustomization.
    #[error("there is no kustomization.yaml in `{0}`")]
    NoKustomization(String),
    /// A folder with several kustomizations.
    #[error("there are {names} in `{folder}`, and only one of them may be there")]
    Several {
        /// The folder.
        folder: String,
        /// The files.
        names: String,
    },
    /// A field that is in no list, or spelt differently.
    #[error("{place}: unknown field `{name}` in {owner}{}", did_you_mean(*.meant))]
    UnknownField {
        /// Where it stands.
        place: Place,
        /// The field.
        name: String,
        /// What has it.
        owner: String,
        /// The field that it may be meant to be.
        meant: Option<&'static str>,
    },
    /// A value of another form.
    #[error("{place}: `{field}` is {found}, but {expected} is expected")]
    Shape {
        /// Where it stands.
        place: Place,
        /// The field.
        field: String,
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A number, boolean, list or map where a text should be.
    #[error("{place}: `{field}` is {found}, but text is expected")]
    NotText {
        /// Where it stands.
        place: Place,
        /// The field.
        field: String,
        /// What it is.
        found: String,
    },
    /// A character on which readers of YAML disagree.
    #[error(
        "{place}: the character U+{code:04X} ends the line for some readers of YAML and not for others"
    )]
    Character {
        /// Where it stands.
        place: Place,
        /// The character.
        code: u32,
    },
    /// A key that its map has twice, of which Kustomize takes the last.
    #[error("{place}: the key `{key}` is there already, in line {first}")]
    Repeated {
        /// Where it stands.
        place: Place,
        /// The key.
        key: String,
        /// The line of the one before it.
        first: usize,
    },
    /// A kustomization in several documents.
    #[error("`{0}` holds more than one document, and Kustomize reads only the first")]
    Documents(String),
    /// One file in two roles.
    #[error(
        "`{0}` is both a kustomization or plugin configuration and a file that is used as it is"
    )]
    TwoRoles(String),
    /// An address that is none.
    #[error(
        "{place}: `{field}` names `{entry}`, which is neither a path nor the address of a repository"
    )]
    Address {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry, without credentials.
        entry: String,
    },
    /// A repository that could not be fetched.
    #[error("{place}: `{entry}` could not be fetched ({status}){}", super::super::error::quoted(.said))]
    Fetch {
        /// Where it is named.
        place: Place,
        /// The entry, without credentials.
        entry: String,
        /// How git ended.
        status: tools::Status,
        /// What git said.
        said: String,
    },
    /// A kustomization that is no map.
    #[error("`{0}` is not a kustomization")]
    NoMap(String),
    /// An overlay that is not in the source.
    #[error("the overlay `{0}` is not a folder in the source")]
    Overlay(String),
    /// An entry that is not there.
    #[error("{place}: `{field}` names `{entry}`, which does not exist")]
    Missing {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry.
        entry: String,
    },
    /// A folder where a file should be.
    #[error("{place}: `{field}` names `{entry}`, which is a folder, and a file is expected")]
    NoFile {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry.
        entry: String,
    },
    /// A file where a folder should be.
    #[error(
        "{place}: `{field}` names `{entry}`, which is a file, and a folder with a kustomization is expected"
    )]
    NoFolder {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry.
        entry: String,
    },
    /// An entry that leads out of the confining folder.
    #[error("{place}: `{field}` names `{entry}`, which leads out of `{root}`")]
    Outside {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry.
        entry: String,
        /// The folder that nothing is read outside of.
        root: String,
    },
    /// A name that Kustomize, or helm, may take for something else than a path.
    #[error(
        "{place}: `{field}` leads to `{path}`, and {} may mean something else to Kustomize or helm than a part of a name", disputed(*.character)
    )]
    Name {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The path from the kustomization, with escapes.
        path: String,
        /// The character; `None` for bytes that are no text.
        character: Option<char>,
    },
    /// A file whose name does not say what it is read as, with tokens in it.
    #[error(
        "{place}: `{field}` names `{entry}`, whose tokens were not replaced as in a file of the format that it is read in"
    )]
    Format {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry.
        entry: String,
        /// How the names of such files end.
        ends: &'static str,
    },
    /// A file that Kustomize's own rule forbids.
    #[error(
        "{place}: `{field}` names the file `{entry}`, which is not in or below the folder of its kustomization"
    )]
    Restricted {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry.
        entry: String,
        /// It is in the checkout, and not in something that was fetched.
        own: bool,
    },
    /// Something from the network that may change at any time.
    #[error(
        "{place}: `{field}` names `{entry}`, which comes from elsewhere and is not pinned to a commit"
    )]
    Unpinned {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry, without credentials.
        entry: String,
    },
    /// A single file over HTTP.
    #[error("{place}: `{field}` names `{entry}`, a file on a server, which cannot be pinned")]
    RemoteFile {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry, without credentials.
        entry: String,
        /// It is one that settings can allow.
        served: bool,
    },
    /// Something that anybody on the way could change.
    #[error(
        "{place}: `{field}` names `{entry}`, which would come without encryption, and nothing else proves what it is"
    )]
    Plain {
        /// Where it is named.
        place: Place,
        /// The field.
        field: &'static str,
        /// The entry, without credentials.
        entry: String,
    },
    /// A reference that is no tag.
    #[error("{place}: `{tag}` is not a tag of {entry}")]
    NoTag {
        /// Where it is named.
        place: Place,
        /// The repository.
        entry: String,
        /// What was asked for.
        tag: String,
    },
    /// A tag that led to two commits in one run.
    #[error(
        "{place}: the tag `{tag}` of {entry} was moved during this run, from the commit {} to {}",
        .commits[0],
        .commits[1]
    )]
    Moved {
        /// Where it is named.
        place: Place,
        /// The repository.
        entry: String,
        /// The tag.
        tag: String,
        /// What it was at first, and then.
        commits: Box<[String; 2]>,
    },
    /// A file of a server that could not be fetched.
    #[error("{place}: `{entry}` could not be fetched: {source}")]
    Download {
        /// Where it is named.
        place: Place,
        /// The entry, without credentials.
        entry: String,
        /// Why.
        source: Box<fetch::Error>,
    },
    /// A file of a server that holds no resources.
    #[error("{place}: `{entry}` is malformed: {reason}")]
    Served {
        /// Where it is named.
        place: Place,
        /// The entry, without credentials.
        entry: String,
        /// Why.
        reason: String,
    },
    /// Something from the network, and there is none.
    #[error("{place}: `{entry}` comes from the network, and nothing may be downloaded")]
    Offline {
        /// Where it is named.
        place: Place,
        /// The entry or chart.
        entry: String,
    },
    /// An address with credentials: they would be arguments of programs.
    #[error("{place}: `{entry}` is written with credentials, and none are taken from a source")]
    Credentials {
        /// Where it is named.
        place: Place,
        /// The address, without them.
        entry: String,
    },
    /// Something that would run a program.
    #[error("{place}: {what} would run a program, and nothing from a source runs")]
    Plugin {
        /// Where it is named.
        place: Place,
        /// What it is.
        what: String,
    },
    /// A chart from a repository without an exact version.
    #[error("{place}: the chart `{chart}` comes from a repository, and {version}")]
    ChartVersion {
        /// Where it is named.
        place: Place,
        /// The chart.
        chart: String,
        /// What its version is.
        version: String,
    },
    /// A chart that is nowhere.
    #[error("{place}: the chart `{chart}` is not in `{home}`, and has no `repo`")]
    ChartMissing {
        /// Where it is named.
        place: Place,
        /// The chart.
        chart: String,
        /// The folder with charts.
        home: String,
    },
    /// A chart that cannot be fetched or found.
    #[error("{place}: {message}")]
    Chart {
        /// Where it is named.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// Kustomizations nested deeper, or naming more, than is sensible.
    #[error("the overlay has more than {0}")]
    TooMany(&'static str),
    /// Kustomize failed.
    #[error("kustomize could not build `{overlay}` ({status}){}", super::super::error::quoted(.said))]
    Failed {
        /// The overlay.
        overlay: String,
        /// How it ended.
        status: tools::Status,
        /// What it said, with paths as seen from the source.
        said: String,
        /// What to do, where that is known.
        hint: Option<&'static str>,
    },
    /// What it wrote is not YAML.
    #[error("what kustomize built from `{overlay}` is malformed, {source}")]
    Built {
        /// The overlay.
        overlay: String,
        /// Where and why.
        source: SyntaxError,
    },
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn disputed(character: Option<char>) -> String {
    match character {
        Some(c) if c.is_ascii_graphic() => format!("`{c}`"),
        Some(c) => format!("the character U+{:04X}", u32::from(c)),
        None => "what is not UTF-8".to_owned(),
    }
}
