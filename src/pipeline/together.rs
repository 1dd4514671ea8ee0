//! What several environments have in common is told once.
//!
//! Owns how environments are named in front of a finding or an error. Twenty
//! environments of one chart would otherwise say everything twenty times.

use crate::context::Context;
use crate::error::Error;
use crate::model::Finding;

/// At most this many names are written out.
const NAMES: usize = 5;

/// The findings of all environments, each once, in the order of the first that
/// has it.
pub(super) fn findings<'a>(
    environments: impl IntoIterator<Item = (&'a str, &'a [Finding])>,
) -> Vec<Finding> {
    let mut total = 0;
    let mut found: Vec<(Vec<&str>, Finding)> = Vec::new();
    for (name, own) in environments {
        total += 1;
        for finding in own {
            let finding = local(name, finding);
            match found.iter_mut().find(|(_, known)| *known == finding) {
                Some((names, _)) if names.last() == Some(&name) => {}
                Some((names, _)) => names.push(name),
                None => found.push((vec![name], finding)),
            }
        }
    }
    let told = |(names, finding): (Vec<&str>, Finding)| {
        let here = called(&names, total);
        Finding {
            place: Some(match finding.place {
                Some(place) => format!("{here}, {place}"),
                None => here,
            }),
            ..finding
        }
    };
    found.into_iter().map(told).collect()
}

/// A finding whose place does not name the environment itself.
fn local(name: &str, finding: &Finding) -> Finding {
    let itself = |place: &String| *place == format!("environment {name}");
    Finding {
        place: finding.place.clone().filter(|place| !itself(place)),
        ..finding.clone()
    }
}

/// The errors of some of `total` environments, each once. They name their
/// environment in front, as `environment dev: …`, where nothing else does.
pub(super) fn errors(failed: Vec<(String, Error)>, total: usize) -> Vec<Error> {
    let mut found: Vec<(Vec<String>, String, Error)> = Vec::new();
    for (name, error) in failed {
        let said = error.to_string();
        let prefix = format!("environment {name}: ");
        let said = said.strip_prefix(&prefix).unwrap_or(&said).to_owned();
        let same = |(_, known, other): &&mut (Vec<String>, String, Error)| {
            *known == said && other.all_hints() == error.all_hints()
        };
        match found.iter_mut().find(same) {
            Some((names, ..)) => names.push(name),
            None => found.push((vec![name], said, error)),
        }
    }
    let told = |(names, said, error): (Vec<String>, String, Error)| {
        if names.len() == 1 {
            return error;
        }
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        Error::message(error.kind(), format!("{}: {said}", called(&names, total)))
            .hints(error.all_hints().iter().cloned())
    };
    found.into_iter().map(told).collect()
}

/// What some of `total` environments are called together.
fn called(names: &[&str], total: usize) -> String {
    match names {
        [name] => format!("environment {name}"),
        [first @ .., last] if names.len() <= NAMES => {
            format!("environments {} and {last}", first.join(", "))
        }
        names if names.len() == total => format!("all {total} environments"),
        names => format!(
            "environments {} and {} more",
            names[..NAMES - 1].join(", "),
            names.len() + 1 - NAMES
        ),
    }
}

/// One error for several: all of them are shown, and the run ends with one.
pub(super) fn one_error(context: &Context, mut errors: Vec<Error>) -> Result<(), Error> {
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.remove(0)),
        number => {
            for error in &errors {
                context.reporter.error(error);
            }
            let said = format!("{number} environments were stopped; nothing was published");
            Err(Error::message(errors[0].kind(), said))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn shown(environments: &[(&str, &[Finding])]) -> Vec<String> {
        let environments = environments.iter().copied();
        let told = findings(environments);
        told.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_finding_that_several_environments_have_names_them_all() {
        let both = Finding::warning("web", "`namespace` is not set");
        let one = Finding::warning("environment prod", "it is in no component");
        let other = Finding::warning("web", "another");
        assert_eq!(
            shown(&[
                ("dev", &[both.clone(), both.clone()]),
                ("prod", &[other, both, one]),
            ]),
            [
                "environments dev and prod, web: `namespace` is not set",
                "environment prod, web: another",
                "environment prod: it is in no component",
            ]
        );
    }

    #[test]
    fn many_environments_are_counted() {
        let same = [Finding::warning("web", "old")];
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let mut environments: Vec<(&str, &[Finding])> =
            names.iter().map(|name| (*name, &same[..])).collect();
        assert_eq!(shown(&environments), ["all 7 environments, web: old"]);
        environments.push(("h", &[]));
        assert_eq!(
            shown(&environments),
            ["environments a, b, c, d and 3 more, web: old"]
        );
    }

    #[test]
    fn an_error_of_several_environments_is_one_with_its_hints() {
        let error = |name: &str, said: &str| {
            let error = Error::message(Kind::Input, said).hint("install it");
            (
                name.to_owned(),
                error.context(format!("environment {name}")),
            )
        };
        let failed = vec![
            error("dev", "no helm"),
            error("qa", "no chart"),
            error("prod", "no helm"),
        ];
        let errors = errors(failed, 4);
        let said: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "environments dev and prod: no helm",
                "environment qa: no chart"
            ]
        );
        assert_eq!(errors[0].all_hints(), ["install it"]);
    }
}
