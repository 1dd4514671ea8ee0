//! The layout rules of ARCHITECTURE.md, read from the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rows of the table in ARCHITECTURE.md: a module, and the modules that it may
/// use. `None` stands for everything, or for words that the rows of others explain.
fn table() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| module | owns | may use |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let quoted = |cell: &str| -> BTreeSet<String> {
        let names = cell.split('`').skip(1).step_by(2);
        names
            .map(|name| name.replace(".rs", "").replace('/', ""))
            .collect()
    };
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [module, _, uses] = cells[..] else {
            panic!("not three cells: {row}");
        };
        let module = quoted(module).pop_first().expect("a module has a name");
        let open = uses.trim() == "everything";
        (module, (!open).then(|| quoted(uses)))
    })
    .collect()
}

/// Files longer than this do more than one thing.
const LINES: usize = 400;

/// The Rust files of a folder, without those that only hold unit tests.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|path| !path.ends_with("tests.rs"));
    files
}

/// The Rust files of a folder, tests among them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all.sort();
    all
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The sources of every crate of the workspace that is no fuzz target.
fn crates() -> Vec<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let below = workspace.join("crates").read_dir().unwrap();
    let below = below.map(|entry| entry.unwrap().path().join("src"));
    let mut all: Vec<_> = below.filter(|folder| folder.is_dir()).collect();
    all.push(workspace.join("packaging/src"));
    all.push(root());
    all
}

fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it")
}

/// The room that a file belongs to: the first part of its path.
fn room(path: &Path) -> String {
    let first = path
        .strip_prefix(root())
        .unwrap()
        .iter()
        .next()
        .unwrap()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Whether a file is the one that is named, or lies in the folder or is the module file
/// beside it.
fn lies_in(name: &str, place: &str) -> bool {
    let Some(module) = place.strip_suffix('/') else {
        return name == place;
    };
    name.starts_with(place) || name.strip_suffix(".rs") == Some(module)
}

/// The modules that a source text names as `crate::module`, and our other crates, by
/// the names that the page has for them.
fn used(text: &str) -> Vec<String> {
    let word = |rest: &str| {
        rest.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let paths = ["crate::", "gitops_publisher::"];
    let paths = paths.into_iter().flat_map(|path| text.match_indices(path));
    let modules = paths.flat_map(|(at, found)| {
        let rest = &text[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(list) => list
                .split('}')
                .next()
                .unwrap()
                .split(',')
                .map(word)
                .collect(),
            None => vec![word(rest)],
        }
    });
    let crates = ["gitops_plan", "gitops_rollout"]
        .into_iter()
        .filter(|name| text.contains(&format!("{name}::")))
        .map(|name| name.replace('_', "-"));
    modules.chain(crates).collect()
}

/// The text of a source without its unit tests.
pub(crate) fn without_tests(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

#[test]
fn dependencies_are_those_that_the_page_names() {
    let table = table();
    let mut unnamed = BTreeSet::new();
    let mut unused = table.clone();
    for path in sources(&root()) {
        let room = room(&path);
        let Some(allowed) = table.get(&room) else {
            assert!(
                ["lib", "error"].contains(&room.as_str()),
                "ARCHITECTURE.md has no row for {}",
                path.display()
            );
            continue;
        };
        let Some(allowed) = allowed else { continue };
        for other in used(&without_tests(&path)) {
            if other == room || ["", "error"].contains(&other.as_str()) {
                continue;
            }
            if !allowed.contains(&other) {
                unnamed.insert(format!("{room} uses {other} ({})", path.display()));
            }
            if let Some(Some(left)) = unused.get_mut(&room) {
                left.remove(&other);
            }
        }
    }
    assert!(
        unnamed.is_empty(),
        "not in the table of ARCHITECTURE.md: {unnamed:#?}"
    );
    unused.retain(|_, left| left.as_ref().is_some_and(|left| !left.is_empty()));
    assert!(
        unused.is_empty(),
        "in the table of ARCHITECTURE.md, and not used: {unused:#?}"
    );
}

#[test]
fn the_table_has_no_circle() {
    let table = table();
    let mut left: BTreeSet<_> = table.keys().cloned().collect();
    while let Some(leaf) = left.iter().find(|module| {
        let uses = table[*module].as_ref();
        uses.is_none_or(|uses| uses.is_disjoint(&left))
    }) {
        let leaf = leaf.clone();
        left.remove(&leaf);
    }
    assert!(left.is_empty(), "these use each other: {left:?}");
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let mut wrong = Vec::new();
    for path in crates().iter().flat_map(|top| sources(top)) {
        let text = without_tests(&path);
        if !text.starts_with("//!") {
            wrong.push(format!(
                "{} does not start with its purpose",
                path.display()
            ));
        }
        if text.lines().count() > LINES {
            wrong.push(format!(
                "{} has {} lines",
                path.display(),
                text.lines().count()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_of_one_host_stay_in_its_room() {
    let rooms = |path: &Path| {
        path.strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    let mut wrong = Vec::new();
    for path in sources(&root()) {
        let name = rooms(&path);
        let text = without_tests(&path);
        let at_home = ["agent/", "host/", "cli/"]
            .iter()
            .any(|place| lies_in(&name, place));
        if !at_home
            && ["SYSTEM_", "BUILD_BUILDID", "##vso", "TF401019"]
                .iter()
                .any(|word| text.contains(word))
        {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The compiler passes over a file that no other one names, and its tests with it.
#[test]
fn every_file_is_named_by_another_one() {
    let mut left_out = Vec::new();
    for top in crates().into_iter().chain([tests()]) {
        for path in files(&top) {
            let folder = path.parent().unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let parents = if folder == top {
                if ["lib", "main"].contains(&name) {
                    continue;
                }
                vec![top.join("lib.rs"), top.join("main.rs")]
            } else {
                vec![folder.with_extension("rs")]
            };
            let texts = parents.iter().map(std::fs::read_to_string);
            let end = format!("mod {name};");
            let mut texts = texts.flatten();
            if !texts.any(|text| text.lines().any(|line| line.ends_with(&end))) {
                left_out.push(path.display().to_string());
            }
        }
    }
    assert!(left_out.is_empty(), "{}", left_out.join("\n"));
}

/// What stands in front of a case is of that case alone: with `#[tokio::test]` there,
/// the first case is a test, and the others are not.
#[test]
fn every_case_is_a_test() {
    let mut wrong = Vec::new();
    let tops = crates().into_iter().chain([tests()]);
    for path in tops.flat_map(|top| files(&top)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut runtime = None;
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.starts_with("#[tokio::test") {
                runtime = Some(at + 1);
            } else if line.contains("fn ") {
                runtime = None;
            } else if let Some(line_number) = runtime.filter(|_| line.starts_with("#[case")) {
                wrong.push(format!("{}, line {line_number}", path.display()));
                runtime = None;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What opens or looks at files by path.
const OPENS: [&str; 14] = [
    "fs::read(",
    "fs::read_to_string(",
    "File::open(",
    "fs::read_dir(",
    ".read_dir()",
    "canonicalize(",
    "fs::metadata(",
    "symlink_metadata(",
    "fs::copy(",
    "read_link(",
    ".is_file()",
    ".is_dir()",
    ".exists()",
    "tokio::fs",
];

/// The files that may do that, and what it is that they open. Everything else
/// that a file of the source can name is opened by `source` alone.
const OPENERS: &[(&str, &str)] = &[
    ("git/checkout.rs", "a file that is held against its commit"),
    ("temporary/", "what earlier runs left beside their results"),
    ("source/", "this is the one reader"),
    (
        "cli/",
        "what the command line names, and the settings file's own place",
    ),
    (
        "git/",
        "repositories that the caller names, and private ones",
    ),
    (
        "report/output.rs",
        "the output folder that the caller names",
    ),
    ("tools/", "programs, the tool cache, and private folders"),
    ("generate/cache.rs", "the cache's own entries"),
    (
        "generate/helm/archive.rs",
        "entries of an archive in memory",
    ),
    ("generate/helm/calls.rs", "the private copy of a chart"),
    (
        "generate/helm/dependencies.rs",
        "the private copy of a chart",
    ),
    ("generate/helm/private.rs", "the private copy of a chart"),
    ("generate/kustomize.rs", "the private copy of an overlay"),
    (
        "generate/jsonnet/files.rs",
        "whether a source that was looked up is a folder",
    ),
    ("install/", "what it installed itself"),
    (
        "tokens/",
        "the command `tokens`, whose files the caller names; the private copy",
    ),
];

#[test]
fn files_that_the_source_names_are_opened_by_its_reader_only() {
    let mut wrong = Vec::new();
    let mut idle: Vec<_> = OPENERS.iter().map(|(place, _)| *place).collect();
    for path in sources(&root()) {
        let name = path.strip_prefix(root()).unwrap();
        let name = name.to_string_lossy().replace('\\', "/");
        let text = without_tests(&path);
        let code = text.lines().filter(|line| !line.trim().starts_with("//"));
        let opens = |line: &str| OPENS.iter().any(|call| line.contains(call));
        let found: Vec<_> = code.filter(|line| opens(line)).collect();
        if found.is_empty() {
            continue;
        }
        match OPENERS.iter().find(|(place, _)| lies_in(&name, place)) {
            Some((place, _)) => idle.retain(|other| other != place),
            None => wrong.push(format!("{name}: {}", found.join("; "))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(idle.is_empty(), "no longer needed: {}", idle.join(", "));
}
