//! The first answer of a git server: its branches and what it can do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::Fault;
use super::pkt::Pkt;
use super::report::tidy;
use crate::model::ObjectId;

/// What is said while this is read.
pub(super) const DOING: &str = "reading the list of branches";

/// What a server can do, in its own words.
#[derive(Debug, Clone, Default)]
pub(super) struct Capabilities(Vec<String>);

impl Capabilities {
    /// Whether the server offers `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }

    /// The value of `name=value`, first occurrence.
    fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find_map(|known| known.strip_prefix(name)?.strip_prefix('='))
    }

    /// The branch that HEAD points to.
    fn head(&self) -> Option<&str> {
        let symrefs = self
            .0
            .iter()
            .filter_map(|known| known.strip_prefix("symref=HEAD:"));
        symrefs
            .into_iter()
            .find_map(|target| target.strip_prefix("refs/heads/"))
    }
}

/// What a tag points to.
#[derive(Debug, Clone, Copy)]
struct Tag {
    /// The object that the reference names, a commit or a tag object.
    id: ObjectId,
    /// What a tag object points to in the end, when the server says so.
    peeled: Option<ObjectId>,
}

/// A commit that a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    /// What a server hands out: the commit, or the tag object before it.
    pub(super) want: ObjectId,
    /// The commit itself.
    pub(super) commit: ObjectId,
}

impl Named {
    fn commit(id: ObjectId) -> Self {
        Self {
            want: id,
            commit: id,
        }
    }
}

/// The branches and tags of a repository.
#[derive(Debug, Default)]
pub(super) struct Advertisement {
    pub(super) capabilities: Capabilities,
    branches: BTreeMap<String, ObjectId>,
    tags: BTreeMap<String, Tag>,
    head: Option<ObjectId>,
    any: bool,
    started: bool,
}

impl Advertisement {
    /// Takes one packet after the `# service=` section.
    pub(super) fn take(&mut self, packet: &Pkt) -> Result<(), Fault> {
        let text = packet.text();
        if *packet == Pkt::Flush || text == "version 1" {
            return Ok(());
        }
        if let Some(said) = text.strip_prefix("ERR ") {
            return Err(Fault::NotARepository(tidy(said)));
        }
        let (line, capabilities) = text.split_once('\0').unwrap_or((&text, ""));
        if !self.started {
            self.started = true;
            self.capabilities = Capabilities(
                capabilities
                    .split_ascii_whitespace()
                    .map(str::to_owned)
                    .collect(),
            );
            if let Some(format) = self
                .capabilities
                .value("object-format")
                .filter(|&format| format != "sha1")
            {
                return Err(Fault::ObjectFormat(format.to_owned()));
            }
        }
        self.take_line(line)
    }

    /// Whether the server said nothing at all, not even what it can do.
    pub(super) fn is_silent(&self) -> bool {
        !self.started
    }

    /// Takes an id and a name.
    fn take_line(&mut self, line: &str) -> Result<(), Fault> {
        let Some((id, name)) = line.split_once(' ') else {
            return other_line(line);
        };
        if id.len() == 64 {
            return Err(Fault::ObjectFormat("sha256".to_owned()));
        }
        let id = ObjectId::parse(id)
            .ok_or_else(|| Fault::protocol(DOING, format!("unexpected line {:?}", tidy(line))))?;
        if name == "capabilities^{}" {
            return Ok(());
        }
        self.any = true;
        if name == "HEAD" {
            self.head = Some(id);
        } else if let Some(branch) = name.strip_prefix("refs/heads/") {
            self.branches.insert(branch.to_owned(), id);
        } else if let Some(tag) = name.strip_prefix("refs/tags/") {
            self.take_tag(tag, id);
        }
        Ok(())
    }

    /// Takes the list that `git ls-remote --symref` prints.
    pub(super) fn listed(text: &str) -> Result<Self, Fault> {
        let mut list = Self::default();
        for line in text.lines() {
            match line.split_once('\t') {
                Some((head, "HEAD")) if head.starts_with("ref: ") => {
                    let target = head.trim_start_matches("ref: ");
                    list.capabilities.0.push(format!("symref=HEAD:{target}"));
                }
                Some((id, name)) => list.take_line(&format!("{id} {name}"))?,
                None => list.take_line(line)?,
            }
        }
        Ok(list)
    }

    /// A tag object is followed by a line with what it points to.
    fn take_tag(&mut self, name: &str, id: ObjectId) {
        match name.strip_suffix("^{}") {
            None => {
                let tag = Tag { id, peeled: None };
                self.tags.insert(name.to_owned(), tag);
            }
            Some(name) => {
                if let Some(tag) = self.tags.get_mut(name) {
                    tag.peeled = Some(id);
                }
            }
        }
    }

    /// The names of all branches.
    pub(super) fn branches(&self) -> Arc<[String]> {
        self.branches.keys().cloned().collect()
    }

    /// The tip of a branch.
    pub(super) fn branch(&self, name: &str) -> Option<Named> {
        self.branches.get(name).copied().map(Named::commit)
    }

    /// The commit of a tag.
    pub(super) fn tag(&self, name: &str) -> Option<Named> {
        self.tags.get(name).map(|tag| Named {
            want: tag.id,
            commit: tag.peeled.unwrap_or(tag.id),
        })
    }

    /// What a clone would check out.
    pub(super) fn default_tip(&self) -> Option<Named> {
        let branch = self.default_branch();
        let tip = branch.and_then(|name| self.branches.get(&name).copied());
        tip.or(self.head).map(Named::commit)
    }

    /// What branches and tags name, each once.
    pub(super) fn every_tip(&self) -> BTreeSet<ObjectId> {
        let tags = self.tags.values().map(|tag| tag.id);
        self.branches.values().copied().chain(tags).collect()
    }

    /// Whether there is no reference at all.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    /// Where to read and what to push to: the branch's name, the commit to
    /// build on, and whether the branch exists.
    pub(super) fn choose(
        &self,
        wanted: Option<&str>,
    ) -> Result<(String, Option<ObjectId>, bool), Fault> {
        choose(
            wanted,
            self.default_branch(),
            &|name| self.branches.get(name).copied(),
            !self.any,
        )
    }

    /// The default branch: what HEAD points to, or on servers that do not say,
    /// the likeliest branch at the same commit.
    pub(super) fn default_branch(&self) -> Option<String> {
        if let Some(head) = self.capabilities.head() {
            let exists = self.branches.contains_key(head) || !self.any;
            return exists.then(|| head.to_owned()).or_else(|| self.stand_in());
        }
        let Some(head) = self.head else {
            return self.stand_in();
        };
        self.likely()
            .find(|name| self.branches.get(name) == Some(&head))
    }

    /// The branches, those with the usual names first.
    fn likely(&self) -> impl Iterator<Item = String> {
        let usual = ["main", "master"].into_iter().map(str::to_owned);
        usual.chain(self.branches.keys().cloned())
    }

    /// The branch to take where HEAD names none that exists: the only one, or
    /// one with a usual name.
    fn stand_in(&self) -> Option<String> {
        let mut found = self
            .likely()
            .filter(|name| self.branches.contains_key(name));
        let first = found.next()?;
        let usual = ["main", "master"].contains(&first.as_str());
        (usual || self.branches.len() == 1).then_some(first)
    }
}

/// A line without a name: servers that are shallow themselves send one.
fn other_line(line: &str) -> Result<(), Fault> {
    if line.starts_with("shallow ") {
        return Ok(());
    }
    Err(Fault::protocol(
        DOING,
        format!("unexpected line {:?}", tidy(line)),
    ))
}

/// The rules for branches that both transports share.
pub(super) fn choose(
    wanted: Option<&str>,
    default: Option<String>,
    tip_of: &dyn Fn(&str) -> Option<ObjectId>,
    empty: bool,
) -> Result<(String, Option<ObjectId>, bool), Fault> {
    let wanted = wanted.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    if let Some(name) = wanted
        && !git2::Reference::is_valid_name(&format!("refs/heads/{name}"))
    {
        return Err(Fault::InvalidBranch(name.to_owned()));
    }
    if empty {
        let name = wanted.map(str::to_owned).or(default);
        return Ok((name.unwrap_or_else(|| "main".to_owned()), None, false));
    }
    let name = match wanted {
        Some(name) => name.to_owned(),
        None => default.clone().ok_or(Fault::NoDefaultBranch)?,
    };
    if let Some(tip) = tip_of(&name) {
        return Ok((name, Some(tip), true));
    }
    // Without a default branch to start from, the branch starts empty.
    let base = default.as_deref().and_then(tip_of);
    Ok((name, base, false))
}

#[cfg(test)]
mod tests;
