//! One edit as people write it: `[FILES] [KIND [NAMESPACE/]NAME] FIELD=VALUE`.

use super::{Refusal, Way};
use crate::text::glob::{Glob, GlobOptions};

/// What to set, and where.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The files that are looked at; every file when not given.
    pub(super) files: Option<Files>,
    /// The object that is meant.
    pub(super) object: Option<Object>,
    /// The field.
    pub(super) way: Way,
    /// What it comes to hold.
    pub(super) value: String,
}

/// Some files of the repository.
#[derive(Debug, Clone)]
pub(super) struct Files {
    text: String,
    /// `None` for a path without wildcards.
    glob: Option<Glob>,
}

/// An object of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

const GLOB: GlobOptions = GlobOptions {
    case_insensitive: false,
    dot: true,
    braces: true,
};

/// What helps where a line is not an edit.
const FORM: &str = "write `[FILES] [KIND [NAMESPACE/]NAME] FIELD=VALUE`, for example `HelmRelease shop/web version=1.4.2` or `apps/web/kustomization.yaml image=contoso.azurecr.io/web:1.4.2`";

impl Edit {
    /// Reads one line.
    ///
    /// # Errors
    /// When it is not an edit.
    pub fn parse(line: &str) -> Result<Self, Refusal> {
        let mut rest = line.trim();
        let (mut files, mut object) = (None, None);
        let (first, after) = next(rest);
        if !is_kind(first) && !after.is_empty() && !is_assignment(first) {
            files = Some(first);
            rest = after;
        }
        let (first, after) = next(rest);
        if is_kind(first) && !after.is_empty() {
            let (name, after) = next(after);
            object = Some((first, name));
            rest = after;
        }
        let wrong = |reason: &str| Self::wrong(line, reason);
        let (way, value) = Way::parse(rest).map_err(wrong)?;
        let value = value.ok_or_else(|| wrong("there is no `=`"))?;
        let object = object.map(|(kind, name)| format!("{kind} {name}"));
        Self::new(files, object.as_deref(), way, value.trim()).map_err(|refusal| refusal.hint(FORM))
    }

    /// Puts the parts of an edit together, as a settings file has them.
    ///
    /// # Errors
    /// When nothing is selected, or a part is not what it has to be.
    pub fn of(
        files: Option<&str>,
        object: Option<&str>,
        field: &str,
        value: &str,
    ) -> Result<Self, Refusal> {
        let (way, rest) = Way::parse(field).map_err(|reason| Self::wrong(field, reason))?;
        if rest.is_some() {
            return Err(Self::wrong(field, "a field has no `=`"));
        }
        Self::new(files, object, way, value)
    }

    fn new(
        files: Option<&str>,
        object: Option<&str>,
        way: Way,
        value: &str,
    ) -> Result<Self, Refusal> {
        let files = files.map(Files::parse).transpose()?;
        let object = object.map(Object::parse).transpose()?;
        if files.is_none() && object.is_none() {
            return Err(Refusal::new(format!(
                "`{way}` is to be set, and neither a file nor an object is named"
            )));
        }
        let edit = Self {
            files,
            object,
            way,
            value: value.to_owned(),
        };
        match value {
            "" => Err(Refusal::new(format!("the value of `{edit}` is empty")).hint(
                "a variable that it is made of may not be set; to write an empty text, give `\"\"`",
            )),
            "\"\"" => Ok(Self {
                value: String::new(),
                ..edit
            }),
            _ if value.contains(['\n', '\r']) => Err(Refusal::new(format!(
                "the value of `{edit}` has several lines"
            ))
            .hint("only values of one line can be set")),
            _ => Ok(edit),
        }
    }

    fn wrong(line: &str, reason: &str) -> Refusal {
        // The value may be long, or a secret.
        let shown = line.split('=').next().unwrap_or_default().trim();
        Refusal::new(format!("`{shown}` cannot be read as an edit: {reason}")).hint(FORM)
    }

    /// Whether a file is looked at.
    pub fn wants(&self, path: &str) -> bool {
        match &self.files {
            None => true,
            Some(Files {
                glob: Some(glob), ..
            }) => glob.matches(path),
            Some(Files { text, .. }) => text == path,
        }
    }

    /// Whether a file that cannot be read may hold what it means.
    pub fn may_be_in(&self, path: &str, text: &str) -> bool {
        // A template of a chart is no manifest before it is rendered.
        let is_template = text.contains("{{") && path.split('/').any(|part| part == "templates");
        let speaks = self.object.as_ref().is_none_or(|object| {
            let sign = self
                .policy()
                .map_or(object.kind.as_str(), |_| "$imagepolicy");
            text.contains(sign) && text.contains(&object.name)
        });
        let is_named = self.file() == Some(path);
        self.wants(path) && speaks && (is_named || !is_template)
    }

    /// The one file that it names.
    pub fn file(&self) -> Option<&str> {
        let files = self.files.as_ref()?;
        files.glob.is_none().then_some(files.text.as_str())
    }

    /// Whether it means this object, whatever the file.
    pub fn means(&self, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        self.object.as_ref().is_some_and(|object| {
            let own = object.namespace.as_deref();
            object.kind == kind && object.name == name && (own.is_none() || own == namespace)
        })
    }

    /// What it sets, whatever the value: an image has several places in a file.
    pub fn place(&self) -> String {
        if !self.way.is("image") {
            return self.to_string();
        }
        let name = self.value.split('@').next().unwrap_or_default();
        let name = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name,
            _ => name,
        };
        format!("{self} {}", name.split('=').next().unwrap_or_default())
    }

    /// The name of what it sets a value of: the object's, or the file's.
    pub fn subject(&self) -> String {
        match (&self.object, &self.files) {
            (Some(object), _) => match &object.namespace {
                Some(namespace) => format!("{namespace}/{}", object.name),
                None => object.name.clone(),
            },
            (None, Some(files)) => files.text.clone(),
            (None, None) => String::new(),
        }
    }

    /// As it is written, with its value.
    pub fn spelled(&self) -> String {
        format!("{self}={}", self.value)
    }

    /// Whether several places may be meant.
    pub(super) fn is_wide(&self) -> bool {
        self.files
            .as_ref()
            .is_some_and(|files| files.glob.is_some())
    }

    /// The image policy of Flux whose markers show the places.
    pub(super) fn policy(&self) -> Option<&Object> {
        let object = self.object.as_ref()?;
        (object.kind == "ImagePolicy" && self.way.is("image")).then_some(object)
    }
}

impl Files {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.strip_prefix("./").unwrap_or(text);
        let glob = text
            .contains(['*', '?', '{', '['])
            .then(|| Glob::parse(text, GLOB))
            .transpose()
            .map_err(|error| Refusal::new(error.to_string()))?;
        Ok(Self {
            text: text.to_owned(),
            glob,
        })
    }
}

impl Object {
    /// Reads `Kind name` or `Kind namespace/name`.
    fn parse(text: &str) -> Result<Self, Refusal> {
        let (kind, name) = next(text);
        let wrong = || {
            Refusal::new(format!("{text:?} does not name an object"))
                .hint("write its kind and its name, for example `HelmRelease shop/web`")
        };
        if !is_kind(kind) || name.is_empty() || name.contains(char::is_whitespace) {
            return Err(wrong());
        }
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, name),
        };
        if name.is_empty() || name.contains(['/', '=']) || namespace == Some("") {
            return Err(wrong());
        }
        Ok(Self {
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

/// The first word, and what follows it.
fn next(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// Whether a word is a kind: files with such a name cannot be edited.
fn is_kind(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Whether a word is a field with its value already.
fn is_assignment(word: &str) -> bool {
    matches!(Way::parse(word), Ok((_, Some(_))))
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// Without the value.
impl std::fmt::Display for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(files) = &self.files {
            write!(f, "{} ", files.text)?;
        }
        if let Some(object) = &self.object {
            write!(f, "{object} ")?;
        }
        write!(f, "{}", self.way)
    }
}
