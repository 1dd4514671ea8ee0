//! What stands for something else in the text of a setting: `{environment}` for
//! the environment's name, and the expressions of Azure Pipelines.
//!
//! Owns that what stands for nothing is an error that names it. Data and free
//! text, as the marks of a setting say, may hold what they like.

use crate::agent;
use crate::error::{Error, Kind};

use super::definition::{of_environments, of_runs};
use super::layer::{Data, Layer, Origin, Value};

/// Stands for the environment's name.
const ENVIRONMENT: &str = "{environment}";

/// The settings of an environment, with its name in place of `{environment}`.
pub(super) fn filled(layer: &Layer, environment: &str) -> Result<Layer, Error> {
    let mut filled = layer.clone();
    for (id, marks) in of_environments() {
        let Some(value) = filled.get_mut(id.as_str()) else {
            continue;
        };
        if marks.literal {
            continue;
        }
        for text in texts(&mut value.data) {
            *text = fill(text, environment);
        }
        if !marks.free {
            refuse_unknown(value)?;
        }
    }
    Ok(filled)
}

/// Refuses expressions that nobody evaluated in a layer.
pub(super) fn refuse_unresolved(layer: &Layer) -> Result<(), Error> {
    let checked = of_runs()
        .iter()
        .filter(|(_, marks)| !marks.literal && !marks.free);
    for (id, _) in checked {
        let Some(value) = layer.get(id.as_str()) else {
            continue;
        };
        let found = value
            .texts()
            .iter()
            .find_map(|text| agent::unresolved(text));
        if let Some(expression) = found {
            return Err(unresolved(&value.origin, expression));
        }
    }
    Ok(())
}

/// The name of an environment, which may stand as a key in the file.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let message = match (agent::unresolved(name), unknown(name)) {
        (Some(expression), _) => format!(
            "the name of an environment contains `{expression}`, a pipeline expression that was not evaluated"
        ),
        (None, Some(placeholder)) => format!(
            "the name of an environment contains `{placeholder}`; placeholders stand for something in other settings and not in this name"
        ),
        (None, None) => return Ok(()),
    };
    Err(Error::message(Kind::Usage, message).hint("write the environment's name itself"))
}

fn unresolved(origin: &Origin, expression: &str) -> Error {
    let in_file = matches!(origin, Origin::File { .. });
    let (what, hint) = if in_file {
        (
            "which is not evaluated in this file",
            "set the input of that name on the task; `{environment}` stands for the environment's name",
        )
    } else {
        (
            "a pipeline expression that was not evaluated",
            "write the value itself",
        )
    };
    let message = format!("{origin} contains `{expression}`, {what}");
    Error::message(Kind::Usage, message).hint(hint)
}

fn texts(data: &mut Data) -> &mut [String] {
    match data {
        Data::Text(text) => std::slice::from_mut(text),
        Data::List(items) => items,
        Data::Map(_) => &mut [],
    }
}

/// `{environment}` is filled in; `{{environment}}` belongs to somebody's template.
fn fill(text: &str, environment: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ENVIRONMENT) {
        let (before, after) = (&rest[..at], &rest[at + ENVIRONMENT.len()..]);
        filled.push_str(before);
        let is_doubled = before.ends_with('{') && after.starts_with('}');
        filled.push_str(if is_doubled { ENVIRONMENT } else { environment });
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Refuses `{env}` and the like: they would become part of a name.
fn refuse_unknown(value: &Value) -> Result<(), Error> {
    let Some(unknown) = value.texts().iter().find_map(|text| unknown(text)) else {
        return Ok(());
    };
    let message = format!(
        "{} contains the unknown placeholder `{unknown}`",
        value.origin
    );
    Err(Error::message(Kind::Usage, message)
        .hint("`{environment}` stands for the environment's name; there is no other placeholder"))
}

/// The first word in braces.
fn unknown(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(start) = text[from..].find('{').map(|at| from + at) {
        let length = text[start + 1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let end = start + 1 + length;
        if length > 0 && text[end..].starts_with('}') {
            return Some(&text[start..=end]);
        }
        from = start + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("clusters/{environment}", "clusters/dev")]
    #[case("{environment}", "dev")]
    #[case("{environment}-{environment}", "dev-dev")]
    #[case("{{environment}}", "{{environment}}")]
    #[case("{{environment},x}", "{dev,x}")]
    #[case("{Environment}", "{Environment}")]
    #[case("plain", "plain")]
    fn the_name_is_filled_in(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(fill(text, "dev"), expected);
    }

    #[rstest::rstest]
    #[case("{environment}", Some("{environment}"))]
    #[case("a-{environment}", Some("{environment}"))]
    #[case("{{environment}}", Some("{environment}"))]
    #[case("{env}", Some("{env}"))]
    #[case("{Environment}-weu", Some("{Environment}"))]
    #[case("weu/{name_1}", Some("{name_1}"))]
    #[case("{}", None)]
    #[case("dev", None)]
    fn the_name_of_an_environment_has_no_placeholder(
        #[case] name: &str,
        #[case] found: Option<&str>,
    ) {
        let said = check_name(name).map_err(|error| error.to_string());
        let wanted = found.map(|found| {
            format!(
                "the name of an environment contains `{found}`; placeholders stand for something in other settings and not in this name"
            )
        });
        assert_eq!(said.err(), wanted);
    }

    #[rstest::rstest]
    #[case("a/{env}", Some("{env}"))]
    #[case("{Environment}", Some("{Environment}"))]
    #[case("{a,b} {env_name}", Some("{env_name}"))]
    #[case("{}", None)]
    #[case("{a,b}", None)]
    #[case("a{b", None)]
    #[case("{ü}", None)]
    fn another_word_in_braces_is_noticed(#[case] text: &str, #[case] found: Option<&str>) {
        assert_eq!(unknown(text), found);
    }
}
