//! Task inputs and service connections, as the agent hands them over.

use crate::model::Secret;

use super::Environment;

/// The value of an input; `None` when it was not given.
///
/// `manifestRepo` is seen as `INPUT_MANIFESTREPO`. Line ends are those of
/// the browser it was typed in, so they are made plain.
pub fn input(environment: &Environment, name: &str) -> Option<String> {
    let value = environment.get(&format!("INPUT_{}", mangle(name)))?;
    let value = value.replace("\r\n", "\n");
    (!value.trim().is_empty()).then_some(value)
}

/// The agent's form of an input or variable name.
pub(super) fn mangle(name: &str) -> String {
    name.replace(['.', ' '], "_").to_uppercase()
}

/// The first `$(name)` left in a value: the agent replaces every variable that
/// exists, so one that is still there does not.
pub fn unresolved_macro(value: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(start) = value[from..].find("$(").map(|at| from + at) {
        let end = value[start..].find(')').map(|at| start + at)?;
        let name = &value[start + 2..end];
        let word = |c: char| c.is_ascii_alphanumeric() || "._- ".contains(c);
        if !name.is_empty() && name.chars().all(word) {
            return Some(&value[start..=end]);
        }
        from = start + 2;
    }
    None
}

/// The first expression of Azure Pipelines left in a value: `$(name)`, which the
/// agent replaces where the variable exists, `${{ … }}` and `$[ … ]`, which the
/// server evaluates before.
/// See [define variables](https://learn.microsoft.com/azure/devops/pipelines/process/variables#understand-variable-syntax).
pub fn unresolved(value: &str) -> Option<&str> {
    let between = |open: &str, close: &str| {
        let start = value.find(open)?;
        let inside = start + open.len();
        let end = inside + value[inside..].find(close)?;
        let is_something = !value[inside..end].trim().is_empty();
        is_something.then(|| &value[start..end + close.len()])
    };
    unresolved_macro(value)
        .or_else(|| between("${{", "}}"))
        .or_else(|| between("$[", "]"))
}

/// User name and token of the service connection that an input names.
///
/// The connection types differ in the parameter that holds the token; the
/// agent upper-cases the parameter and leaves the connection's id as it is.
pub fn connection_token(
    environment: &Environment,
    input_name: &str,
) -> Option<(Option<String>, Secret)> {
    let id = input(environment, input_name)?;
    let parameter = |key: &str| environment.get(&format!("ENDPOINT_AUTH_PARAMETER_{id}_{key}"));
    let token = ["ACCESSTOKEN", "APITOKEN", "PASSWORD"]
        .into_iter()
        .find_map(parameter)?;
    Some((parameter("USERNAME").map(str::to_owned), Secret::new(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_found_under_its_mangled_name_and_empty_means_not_given() {
        let environment = Environment::from([("INPUT_MANIFESTREPO", "a/b"), ("INPUT_BRANCH", " ")]);
        assert_eq!(input(&environment, "manifestRepo").as_deref(), Some("a/b"));
        assert_eq!(input(&environment, "branch"), None);
    }

    #[rstest::rstest]
    #[case("$(manifestRepo)", Some("$(manifestRepo)"))]
    #[case("https://$(Build.Repository.Name)/x", Some("$(Build.Repository.Name)"))]
    #[case("$(date +%s) $(x)", Some("$(x)"))]
    #[case("costs $5 (net)", None)]
    #[case("$(", None)]
    fn a_variable_that_does_not_exist_is_noticed(#[case] value: &str, #[case] found: Option<&str>) {
        assert_eq!(unresolved_macro(value), found);
    }

    #[rstest::rstest]
    #[case("$(env)", Some("$(env)"))]
    #[case("clusters/${{ parameters.env }}", Some("${{ parameters.env }}"))]
    #[case("${{x}}", Some("${{x}}"))]
    #[case("$[variables.env]", Some("$[variables.env]"))]
    #[case("a/$[x]/b", Some("$[x]"))]
    #[case("$[]", None)]
    #[case("${{ }}", None)]
    #[case("${x}", None)]
    #[case("$x", None)]
    #[case("$[", None)]
    #[case("a$b]", None)]
    fn an_expression_that_nobody_evaluated_is_noticed(
        #[case] value: &str,
        #[case] found: Option<&str>,
    ) {
        assert_eq!(unresolved(value), found);
    }

    #[test]
    fn a_connection_gives_its_token_whatever_its_type_calls_it() {
        let environment = Environment::from([
            ("INPUT_GITCONNECTION", "0a1b"),
            ("ENDPOINT_AUTH_PARAMETER_0a1b_USERNAME", "ci"),
            ("ENDPOINT_AUTH_PARAMETER_0a1b_PASSWORD", "p4ss"),
        ]);
        let (user, token) = connection_token(&environment, "gitConnection").unwrap();
        assert_eq!((user.as_deref(), token.expose()), (Some("ci"), "p4ss"));
    }
}
