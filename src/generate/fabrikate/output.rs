//! From what the components generated to a file set.

use std::collections::HashMap;
use std::sync::Arc;

use super::walk::{Visit, below};
use super::{Content, Error, Fault, Origins};
use crate::model::{FileSet, Finding, RelPath};

/// Puts each component's content at its place. Where an inlined entry has
/// its parent's name, the entry's file counts, as it does in Fabrikate; any
/// other two components with one file are an error.
pub(super) fn assemble(
    visits: &[Arc<Visit>],
    contents: impl Iterator<Item = Content>,
) -> Result<(FileSet, Vec<Finding>, Origins), Error> {
    let mut files = FileSet::new();
    let mut findings = Vec::new();
    let mut origins = Origins::default();
    let mut owners: HashMap<RelPath, usize> = HashMap::with_capacity(visits.len());
    for (at, (visit, content)) in visits.iter().zip(contents).enumerate() {
        findings.extend(content.findings);
        let path = file_of(visit).map_err(|fault| fault.of(&visit.label))?;
        if let Some(owner) = owners.insert(path.clone(), at) {
            if !is_above(visits, owner, at) {
                let fault = Fault::Duplicate {
                    file: path.to_string(),
                    other: visits[owner].label.clone(),
                };
                return Err(fault.of(&visit.label));
            }
            if files.get(&path).is_some_and(|covered| !covered.is_empty()) {
                findings.push(Finding::warning(
                    &visit.label,
                    format!(
                        "it writes `{path}` over what the component `{}` above it generated",
                        visits[owner].label
                    ),
                ));
            }
        }
        origins.add(path.clone(), content.starts);
        files.insert(path, content.text);
    }
    Ok((files, findings, origins))
}

fn file_of(visit: &Visit) -> Result<RelPath, Fault> {
    let name = &visit.component.name;
    if name.contains('/')
        && !name
            .split('/')
            .any(|segment| matches!(segment, "" | "." | ".."))
    {
        return Err(Fault::NameHasSlash(name.clone()));
    }
    Ok(RelPath::parse(&below(
        &visit.output,
        &format!("{name}.yaml"),
    ))?)
}

fn is_above(visits: &[Arc<Visit>], above: usize, at: usize) -> bool {
    let parents = std::iter::successors(visits[at].parent, |&parent| visits[parent].parent);
    parents.into_iter().any(|parent| parent == above)
}
