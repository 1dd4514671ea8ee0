//! Files of public repositories, edited and edited back: the same bytes, and meanwhile one line
//! that differs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gitops_publisher::model::RelPath;
use gitops_publisher::text::yaml::{self, Dialect, Value};
use gitops_publisher::text::{Form, Kind, Node};
use gitops_publisher::update::values::{self, Edit};

/// So many values of each file are edited.
const EACH: usize = 2;

/// A single value, and the way to it.
struct Leaf {
    field: String,
    text: String,
    form: Form,
    line: usize,
}

fn leaves(node: &Node, field: &str, found: &mut Vec<Leaf>) {
    match &node.kind {
        Kind::Scalar(text, form) if !field.is_empty() && !node.is_null() => found.push(Leaf {
            field: field.to_owned(),
            text: text.clone(),
            form: *form,
            line: node.line,
        }),
        Kind::Scalar(..) => {}
        Kind::Sequence(items) => {
            for (at, item) in items.iter().enumerate().filter(|_| !field.is_empty()) {
                leaves(item, &format!("{field}[{at}]"), found);
            }
        }
        Kind::Mapping(pairs) => {
            for (key, value) in pairs {
                let Some(key) = key
                    .text()
                    .filter(|key| !key.is_empty() && !key.contains('"'))
                else {
                    continue;
                };
                let dot = if field.is_empty() { "" } else { "." };
                leaves(value, &format!("{field}{dot}\"{key}\""), found);
            }
        }
    }
}

/// Another value of the same type; `None` where the old one is spelled in a way of its own,
/// such as `0644`.
fn other(leaf: &Leaf) -> Option<String> {
    match Value::single(&leaf.text, leaf.form, Dialect::Kubernetes) {
        Value::Int(number) if number.to_string() == leaf.text => Some((number ^ 1).to_string()),
        Value::Bool(value) if value.to_string() == leaf.text => Some((!value).to_string()),
        Value::Str(text) if !text.contains(['\n', '\r', '\t']) && !text.is_empty() => {
            Some("contoso-1.2.3".to_owned())
        }
        _ => None,
    }
}

fn set(path: &RelPath, text: &str, field: &str, value: &str) -> Result<(String, usize), String> {
    let edit = Edit::of(Some(path.as_str()), None, field, value).map_err(|it| it.to_string())?;
    let texts = BTreeMap::from([(path.clone(), text.to_owned())]);
    let changes = values::apply(&[edit], &texts).map_err(|it| it.to_string())?;
    let new = changes
        .files
        .into_values()
        .next()
        .ok_or("nothing changed")?;
    Ok((new, changes.set[0].line))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = folder.read_dir().unwrap().map(|it| it.unwrap()).collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() && values::is_editable(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
}

#[test]
fn files_of_others_are_edited_and_edited_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures");
    if !root.is_dir() {
        println!("skipped: ../shared/fixtures is not there");
        return;
    }
    let mut all = Vec::new();
    files(&root, &mut all);
    let (mut seen, mut edited, mut done, mut refused) = (BTreeSet::new(), 0, 0, BTreeMap::new());
    for place in all {
        let Ok(text) = std::fs::read_to_string(&place) else {
            continue;
        };
        // A file that is there twice teaches nothing new.
        if text.len() > 20_000 || !seen.insert(text.clone()) {
            continue;
        }
        let Ok(documents) = yaml::parse(&text) else {
            continue;
        };
        let [document] = documents.as_slice() else {
            continue;
        };
        let mut found = Vec::new();
        leaves(&document.root, "", &mut found);
        let name = place.file_name().unwrap().to_str().unwrap();
        let path = RelPath::parse(name).unwrap();
        let step = (found.len() / EACH).max(1);
        let mut any = false;
        for leaf in found.iter().step_by(step) {
            let Some(value) = other(leaf) else { continue };
            let place = format!("{}, line {}, {}", place.display(), leaf.line, leaf.field);
            let (new, line) = match set(&path, &text, &leaf.field, &value) {
                Ok(new) => new,
                Err(said) => {
                    *refused.entry(reason(&said, &place)).or_insert(0) += 1;
                    continue;
                }
            };
            let differs = |(at, (old, new)): (usize, (&str, &str))| (old != new).then_some(at + 1);
            let lines = text.split('\n').zip(new.split('\n')).enumerate();
            let differing: Vec<_> = lines.filter_map(differs).collect();
            let count = |text: &str| text.matches('\n').count();
            if count(&text) != count(&new) {
                // A value of several lines becomes one of one line.
                *refused.entry("several lines".to_owned()).or_insert(0) += 1;
                continue;
            }
            assert_eq!(differing, [line], "{place}");
            let (back, _) = set(&path, &new, &leaf.field, &leaf.text)
                .unwrap_or_else(|said| panic!("{place}: {said}"));
            let raw = text.split('\n').nth(line - 1).unwrap();
            if back != text && raw.contains('\\') {
                *refused.entry("escapes".to_owned()).or_insert(0) += 1;
                continue;
            }
            let quoted = format!("\"{}\"", leaf.text);
            if back.replacen(&quoted, &leaf.text, 1) == text && back != text {
                // Some readers take it for something else, such as a time.
                *refused.entry("quotes".to_owned()).or_insert(0) += 1;
                continue;
            }
            let now = back.split('\n').nth(line - 1).unwrap();
            assert!(back == text, "{place}\n{raw}\n{now}");
            any = true;
            done += 1;
        }
        edited += usize::from(any);
    }
    println!("{done} values in {edited} files; not: {refused:?}");
    assert!(
        edited >= 200 && done >= 500,
        "{done} values in {edited} files"
    );
    let not: usize = refused.values().sum();
    assert!(not * 10 < done, "{refused:?}");
}

/// Why a value cannot be edited by itself, of the few reasons that there are.
fn reason(said: &str, place: &str) -> String {
    let known = [
        "through an anchor",
        "is a block of text",
        "Semantic Versioning",
        "is not a version of a chart",
        "is not a digest",
        "that SOPS encrypts",
    ];
    let found = known.iter().find(|known| said.contains(**known));
    (*found.unwrap_or_else(|| panic!("{place}: {said}"))).to_owned()
}
