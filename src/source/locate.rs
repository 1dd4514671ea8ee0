//! Where a path leads, step by step, without ever touching what is outside.
//!
//! `..` and links mean what they mean to the operating system. The folders
//! above a root are known by their names only: a path may pass through them
//! back into the root, and nothing there is looked at.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::handle::{Handle, Kind};
use super::root::{real, whole};
use super::{Answer, Error};

/// How many links a path may lead through; that of Linux.
const LINKS: usize = 40;

/// A folder that may be read.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) path: PathBuf,
    /// Its path as the caller names it, which may lead through links.
    pub(super) named: PathBuf,
    pub(super) handle: Arc<Handle>,
    /// The folder that it is a private copy of.
    pub(super) copy_of: Option<PathBuf>,
}

impl Root {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let fault = |source| Error::Read {
            file: path.display().to_string(),
            source,
        };
        let named = whole(path).map_err(fault)?;
        let path = real(path).map_err(fault)?;
        let handle = Handle::open(&path).map_err(fault)?;
        Ok(Self {
            path,
            named,
            handle: Arc::new(handle),
            copy_of: None,
        })
    }
}

/// Something that is there.
pub(super) struct Spot {
    /// The root that it lies in, and its place below, without links.
    pub(super) root: usize,
    pub(super) below: PathBuf,
    pub(super) kind: Kind,
    /// It, when it is a folder.
    pub(super) folder: Option<Arc<Handle>>,
    /// The folder that holds it, and its name there; absent for a root.
    pub(super) at: Option<(Arc<Handle>, OsString)>,
}

/// What a path leads to.
pub(super) enum Located {
    There(Spot),
    Absent,
}

/// Why it is not known where a path leads.
pub(super) enum Failed {
    Outside,
    Git,
    Read(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// The root that a path without `..` plainly lies in.
pub(super) fn plainly_below<'p>(roots: &[Root], path: &'p Path) -> Option<(usize, &'p Path)> {
    let inner = roots
        .iter()
        .enumerate()
        .find_map(|(at, root)| Some((at, path.strip_prefix(&root.path).ok()?)))?;
    let plain = |part: Component<'_>| matches!(part, Component::Normal(name) if !is_git(name));
    let any = !inner.1.as_os_str().is_empty();
    (any && inner.1.components().all(plain)).then_some(inner)
}

/// Whether a path lies in one of the roots by its letters.
pub(super) fn is_inside(roots: &[Root], path: &Path) -> bool {
    let mut roots = roots.iter();
    roots.any(|root| path.starts_with(&root.path) || path.starts_with(&root.named))
}

/// The path without `.` and `..`, as far as its letters tell.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// A position on the way.
enum At {
    /// In a folder above the roots, or beside them.
    Above(PathBuf),
    /// In a root: the folders down to here.
    In(usize, Vec<(OsString, Arc<Handle>)>),
}

/// Follows a path. `note` is told what was seen on the way.
pub(super) fn locate(
    roots: &[Root],
    path: &Path,
    note: &dyn Fn(usize, &Path, Answer),
) -> Result<Located, Failed> {
    let mut rest = Vec::new();
    push(&mut rest, path);
    let mut at = At::Above(PathBuf::new());
    let mut links = 0;
    while let Some(step) = rest.pop() {
        at = match (step, at) {
            (Step::Top(top), _) => above_or_in(roots, top)?,
            (Step::Up, At::Above(mut path)) => {
                path.pop();
                above_or_in(roots, path)?
            }
            (Step::Up, At::In(root, mut folders)) => {
                if folders.pop().is_some() {
                    At::In(root, folders)
                } else {
                    let mut path = roots[root].path.clone();
                    path.pop();
                    above_or_in(roots, path)?
                }
            }
            (Step::Down(name), At::Above(path)) => above_or_in(roots, path.join(name))?,
            (Step::Down(name), At::In(root, mut folders)) => {
                if is_git(&name) {
                    return Err(Failed::Git);
                }
                let here = folders.last().map_or(&roots[root].handle, |(_, it)| it);
                let here = Arc::clone(here);
                let mut below: PathBuf = folders.iter().map(|(name, _)| name).collect();
                below.push(&name);
                match here.look(&name) {
                    Ok(Kind::Link) => {
                        links += 1;
                        if links > LINKS {
                            return Err(io::Error::other("too many symbolic links").into());
                        }
                        let target = here.target(&name)?;
                        note(root, &below, Answer::Link(target.clone()));
                        push(&mut rest, &target);
                        At::In(root, folders)
                    }
                    Ok(Kind::Folder) => {
                        let folder = here.folder(&name)?;
                        folders.push((name, Arc::new(folder)));
                        At::In(root, folders)
                    }
                    Ok(kind) => {
                        note(root, &below, Answer::There(kind));
                        if !rest.is_empty() {
                            // As below a folder that is not there.
                            return Ok(Located::Absent);
                        }
                        return Ok(Located::There(Spot {
                            root,
                            below,
                            kind,
                            folder: None,
                            at: Some((here, name)),
                        }));
                    }
                    Err(error) if is_absent(&error) => {
                        note(root, &below, Answer::Absent);
                        return Ok(Located::Absent);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
    }
    let At::In(root, folders) = at else {
        return Err(Failed::Outside);
    };
    let below: PathBuf = folders.iter().map(|(name, _)| name).collect();
    note(root, &below, Answer::There(Kind::Folder));
    let folder = folders.last().map_or(&roots[root].handle, |(_, it)| it);
    Ok(Located::There(Spot {
        root,
        kind: Kind::Folder,
        folder: Some(Arc::clone(folder)),
        at: None,
        below,
    }))
}

/// One step of a path.
enum Step {
    Top(PathBuf),
    Up,
    Down(OsString),
}

/// Puts the steps of a path before the others, the first one last.
fn push(rest: &mut Vec<Step>, path: &Path) {
    let from = rest.len();
    let mut top = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Prefix(_) => top.push(part),
            Component::RootDir => {
                top.push(part);
                rest.push(Step::Top(std::mem::take(&mut top)));
            }
            Component::CurDir => {}
            Component::ParentDir => rest.push(Step::Up),
            Component::Normal(name) => rest.push(Step::Down(name.to_owned())),
        }
    }
    rest[from..].reverse();
}

/// The position at a path of which nothing but the name is known.
fn above_or_in(roots: &[Root], path: PathBuf) -> Result<At, Failed> {
    let is = |root: &Root| root.path == path || root.named == path;
    if let Some(root) = roots.iter().position(is) {
        return Ok(At::In(root, Vec::new()));
    }
    let leads_to = |root: &Root| root.path.starts_with(&path) || root.named.starts_with(&path);
    if roots.iter().any(leads_to) {
        return Ok(At::Above(path));
    }
    Err(Failed::Outside)
}

/// Whether a name is that of git's own folder, to any file system: some ignore
/// case, some points and spaces at the end, some characters without width, and
/// some have a short name for it.
fn is_git(name: &OsStr) -> bool {
    let Some(text) = name.to_str() else {
        return false;
    };
    let without_width = |c: &char| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let plain: String = text.chars().filter(without_width).collect();
    let plain = plain.split(':').next().unwrap_or_default();
    let plain = plain.trim_end_matches(['.', ' ']);
    plain.eq_ignore_ascii_case(".git") || plain.eq_ignore_ascii_case("git~1")
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    )
}
