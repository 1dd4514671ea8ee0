//! One commit status or check run, in words that all hosts share. Plain data.

/// What a status is about, as its writer calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    /// Azure DevOps has it apart from the name; elsewhere it is absent.
    pub genre: Option<String>,
    /// The name.
    pub name: String,
}

impl Context {
    /// A context of a host that has no genres.
    pub fn named(name: &str) -> Self {
        Self {
            genre: None,
            name: name.to_owned(),
        }
    }

    /// A context with a genre.
    pub fn with_genre(genre: &str, name: &str) -> Self {
        Self {
            genre: Some(genre.to_owned()).filter(|genre| !genre.is_empty()),
            name: name.to_owned(),
        }
    }

    /// Genre and name in one, as people see it.
    pub fn full(&self) -> String {
        match &self.genre {
            Some(genre) => format!("{genre}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What the host shows as the state of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It is not decided.
    Pending,
    /// It went well.
    Succeeded,
    /// It did not.
    Failed,
    /// It could not be found out.
    Error,
    /// It is not about this commit, or a word that is not known.
    Other,
}

/// One status of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Report {
    /// What it is about.
    pub context: Context,
    /// What the host shows.
    pub state: State,
    /// The writer's words.
    pub description: String,
    /// By what the host identifies who wrote it, never a name that people choose
    /// for themselves; empty when the host does not say.
    pub author: Vec<String>,
    /// What the author is called, for messages.
    pub author_name: String,
    /// Where to read more.
    pub link: Option<String>,
    /// Orders the statuses of one context on one commit: the host's time or
    /// number, whichever it has. Compared with nothing else.
    pub order: u64,
    /// When the caller first saw it, in seconds on the caller's clock.
    pub seen: u64,
}
