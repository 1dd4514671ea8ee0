//! The walk over the component tree, level by level: what a level names is
//! installed before the next one is read, which may have come with it.

mod visit;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;

use super::access::Access;
use super::fetch::{Done, Fetcher, is_called};
use super::files::Files;
use super::lock::{Lock, Wanted};
use super::repositories::Repositories;
use super::standing::{self, Standing};
use super::touched::Touched;
use super::wish::{Asker, Wish};
use super::{Error, Fault, Installed, Options, Surroundings, Update, hooks};
use crate::definition::{Component, Generator, join};
use crate::parallel::blocking;
use crate::tools::Tools;

use visit::{Visit, below, inlined};

/// How deep components may nest.
const DEPTH: usize = 64;
/// How many things there may be to install.
const MOST: usize = 2000;
/// How many components there may be.
const COMPONENTS: usize = 50_000;
/// How many things are fetched at a time.
const PARALLEL: usize = 6;

/// An installation under way.
pub(super) struct Walk<'a> {
    files: Files,
    access: Access,
    repositories: Repositories<'a>,
    before: Lock,
    lock: Lock,
    targets: BTreeMap<PathBuf, (Wanted, String)>,
    touched: Touched,
    read: HashSet<PathBuf>,
    /// Names to update that were found.
    called: BTreeSet<String>,
    installed: Installed,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        tools: &'a Tools,
        options: &'a Options,
        around: &'a dyn Surroundings,
    ) -> Result<Self, Error> {
        let files = Files::new(&options.source, &options.confine)?;
        let before = Lock::load(&files)?;
        Ok(Self {
            files,
            access: Access::default(),
            repositories: Repositories::new(tools, options, around),
            before,
            lock: Lock::default(),
            targets: BTreeMap::new(),
            touched: Touched::default(),
            read: HashSet::new(),
            called: BTreeSet::new(),
            installed: Installed::default(),
        })
    }

    /// Installs everything.
    pub(super) async fn run(&mut self) -> Result<(), Error> {
        let mut level = vec![self.root()?];
        let mut components = 0;
        while !level.is_empty() {
            components += level.len();
            if components > COMPONENTS {
                return Err(Fault::TooMany(COMPONENTS).into());
            }
            self.level(&level).await?;
            level = self.below(&level)?;
        }
        if let Update::Only(names) = &self.repositories.options.update
            && let Some(name) = names.iter().find(|name| !self.called.contains(*name))
        {
            return Err(Fault::UnknownName(name.clone()).into());
        }
        let touched = std::mem::take(&mut self.touched);
        Ok(blocking(move || touched.settle()).await?)
    }

    /// Writes the lock file; of a whole run only what it installed stays in it.
    pub(super) fn save_lock(&self, whole: bool) -> Result<bool, Error> {
        let mut lock = self.lock.clone();
        if !whole {
            for (key, locked) in &self.before.installed {
                let kept = lock.installed.entry(key.clone());
                kept.or_insert_with(|| locked.clone());
            }
        }
        Ok(lock.save(&self.files.source, &self.before)?)
    }

    pub(super) fn into_installed(self) -> Installed {
        self.installed
    }

    fn root(&mut self) -> Result<Visit, Error> {
        let folder = self.files.source.clone();
        let component = self.files.component(&folder)?;
        let label = match component.name.as_str() {
            "" => ".".to_owned(),
            name => name.to_owned(),
        };
        self.read.insert(folder.clone());
        Ok(Visit {
            stands_in: component.method == "git" && component.generator == Generator::Component,
            component,
            chain: vec![folder.display().to_string()],
            folder,
            label,
            foreign: false,
            depth: 0,
        })
    }

    /// Installs what the components of one level name.
    async fn level(&mut self, level: &[Visit]) -> Result<(), Error> {
        let mut settled = HashSet::new();
        let mut wishes = Vec::new();
        for visit in level {
            if !visit.foreign {
                let loaded = self.access.load(&self.files, &visit.folder);
                loaded.map_err(|fault| fault.of(&visit.label))?;
            }
            let asked = self.wishes(visit)?;
            if !visit.component.before_install.is_empty() {
                settled.extend(in_order(&asked).await?);
            }
            self.hooks(visit, "before-install", &visit.component.before_install)
                .await?;
            for wish in asked {
                if self.is_new(&wish)? {
                    wishes.push(wish);
                }
            }
        }
        self.fetch(&wishes, &settled).await?;
        for visit in level {
            self.hooks(visit, "after-install", &visit.component.after_install)
                .await?;
        }
        Ok(())
    }

    /// What a component wants: the repositories that it lists, and what its own
    /// generator needs.
    fn wishes(&mut self, visit: &Visit) -> Result<Vec<Wish>, Error> {
        self.repositories.know(&visit.component.repositories);
        let asker = Asker {
            files: &self.files,
            folder: &visit.folder,
            foreign: visit.foreign,
            access: self.repositories.options.access,
            around: self.repositories.around,
        };
        let mut wishes = Vec::new();
        if visit.stands_in {
            let wish = asker.repository(&visit.component, &visit.label);
            wishes.extend(wish.map_err(|fault| fault.of(&visit.label))?);
            return Ok(wishes);
        }
        for entry in &visit.component.entries {
            let label = below(&visit.label, &entry.name);
            let wish = asker.repository(entry, &label);
            wishes.extend(wish.map_err(|fault| fault.of(&label))?);
        }
        let mut findings = Vec::new();
        let own = asker.own(&visit.component, &visit.label, &mut findings);
        wishes.extend(own.map_err(|fault| fault.of(&visit.label))?);
        self.installed.findings.extend(findings);
        Ok(wishes)
    }

    /// Whether nobody wanted this before. Two may want the same in one folder.
    fn is_new(&mut self, wish: &Wish) -> Result<bool, Error> {
        if let Some((wanted, other)) = self.targets.get(&wish.target) {
            if *wanted == wish.wanted {
                return Ok(false);
            }
            let fault = Fault::Clash {
                folder: wish.key.clone(),
                other: other.clone(),
            };
            return Err(fault.of(&wish.label));
        }
        if self.targets.len() >= MOST {
            return Err(Fault::TooMany(MOST).into());
        }
        let claim = (wish.wanted.clone(), wish.label.clone());
        self.targets.insert(wish.target.clone(), claim);
        if let Update::Only(names) = &self.repositories.options.update {
            let found = names.iter().filter(|name| is_called(wish, name));
            self.called.extend(found.cloned());
        }
        Ok(true)
    }

    async fn fetch(&mut self, wishes: &[Wish], settled: &HashSet<PathBuf>) -> Result<(), Error> {
        let fetcher = Fetcher {
            files: &self.files,
            access: &self.access,
            repositories: &self.repositories,
            lock: &self.before,
        };
        let fetcher = &fetcher;
        let installs = wishes.iter().map(|wish| async move {
            let settled = settled.contains(&wish.target);
            let result = fetcher.install(wish, settled).await;
            result.map_err(|fault| fault.of(&wish.label))
        });
        let mut results = futures_util::stream::iter(installs).buffered(PARALLEL);
        let mut failed = None;
        let mut outcomes = Vec::new();
        while let Some(result) = results.next().await {
            match result {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        drop(results);
        for (wish, outcome) in wishes.iter().zip(outcomes) {
            match outcome.done {
                Done::Fetched => {
                    let shown = outcome.locked.resolved.shown();
                    let around = self.repositories.around;
                    around.tell(&format!("Installed {} ({shown})", wish.key));
                    self.installed.fetched += 1;
                }
                Done::Unchanged => self.installed.unchanged += 1,
                Done::Left => {}
            }
            self.installed.findings.extend(outcome.findings);
            let key = wish.key.clone();
            self.lock.installed.insert(key, outcome.locked);
        }
        failed.map_or(Ok(()), Err)
    }

    async fn hooks(
        &mut self,
        visit: &Visit,
        hook: &'static str,
        lines: &[String],
    ) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let policy = self.repositories.options.hooks;
        if policy == super::HookPolicy::Run {
            self.touched.note(self.targets.keys(), &visit.folder)?;
            let around = self.repositories.around;
            around.tell(&format!("Running the {hook} hook of {}", visit.label));
        }
        let tools = self.repositories.tools;
        let around = self.repositories.around;
        let (root, folder) = (&*self.repositories.options.confine, &*visit.folder);
        let result = hooks::run(tools, around, policy, (root, folder), hook, lines).await;
        result.map_err(|fault| fault.of(&visit.label))
    }

    /// The components that those of a level list.
    fn below(&mut self, level: &[Visit]) -> Result<Vec<Visit>, Error> {
        let mut next = Vec::new();
        for visit in level {
            if visit.stands_in {
                let folder = join(
                    &visit.component.installed(&visit.folder),
                    &visit.component.path,
                );
                let found = self.in_folder(visit, &visit.component, &folder, &visit.label);
                next.extend(found.map_err(|fault| fault.of(&visit.label))?);
                continue;
            }
            for entry in &visit.component.entries {
                let label = below(&visit.label, &entry.name);
                if entry.generator == Generator::Component {
                    let folder = entry.folder(&visit.folder);
                    let found = self.in_folder(visit, entry, &folder, &label);
                    next.extend(found.map_err(|fault| fault.of(&label))?);
                } else if visit.depth >= DEPTH {
                    return Err(Fault::TooDeep(DEPTH).of(&label));
                } else {
                    next.push(inlined(visit, entry, label));
                }
            }
        }
        Ok(next)
    }

    /// A component with a file of its own; `None` when it was there before.
    fn in_folder(
        &mut self,
        parent: &Visit,
        entry: &Component,
        folder: &Path,
        label: &str,
    ) -> Result<Option<Visit>, Fault> {
        if parent.depth >= DEPTH {
            return Err(Fault::TooDeep(DEPTH));
        }
        let shown = self.files.show(folder);
        let real = self.files.real(folder)?;
        let folder = real.ok_or_else(|| Fault::ComponentMissing(shown.clone()))?;
        let git = entry.method == "git";
        let here = folder.display().to_string();
        if parent.chain.contains(&here) {
            return Err(Fault::Cycle(shown));
        }
        let mut chain = parent.chain.clone();
        chain.push(here);
        if git {
            let Component {
                source,
                branch,
                version,
                path,
                ..
            } = entry;
            let link = format!("{source} {branch} {version} {path}");
            if chain.contains(&link) {
                return Err(Fault::Cycle(source.clone()));
            }
            chain.push(link);
        }
        if !self.read.insert(folder.clone()) {
            return Ok(None);
        }
        Ok(Some(Visit {
            component: self.files.component(&folder)?,
            folder,
            label: label.to_owned(),
            foreign: parent.foreign || git,
            stands_in: false,
            chain,
            depth: parent.depth + 1,
        }))
    }
}

/// Those of the wished for folders that are as this program left them.
async fn in_order(wishes: &[Wish]) -> Result<Vec<PathBuf>, Error> {
    let targets: Vec<PathBuf> = wishes.iter().map(|wish| wish.target.clone()).collect();
    let found = blocking(move || -> Result<Vec<PathBuf>, Fault> {
        let mut fine = Vec::new();
        for target in targets {
            if matches!(standing::look(&target)?, Standing::Ours(_)) {
                fine.push(target);
            }
        }
        Ok(fine)
    });
    Ok(found.await?)
}
