//! Flags, inputs and variables in, layers out.

use super::*;
use crate::settings::definition::EnvironmentArgs;
use crate::settings::parse;
use clap::Args as _;

fn definition() -> Command {
    EnvironmentArgs::augment_args(Command::new("x"))
}

#[test]
fn an_input_that_equals_its_default_was_not_given() {
    let layer = from_inputs(
        &definition(),
        &Environment::from([
            ("INPUT_GENERATOR", "auto"),
            ("INPUT_ALLOWEMPTY", "False"),
            (
                "INPUT_PROTECTEDKINDS",
                "Namespace,CustomResourceDefinition,PersistentVolume,PersistentVolumeClaim,Kustomization",
            ),
            ("INPUT_BRANCH", "live"),
        ]),
    )
    .unwrap();
    assert_eq!(layer.keys().collect::<Vec<_>>(), ["branch"]);
}

#[test]
fn a_list_may_be_written_over_several_lines() {
    let layer = from_inputs(
        &definition(),
        &Environment::from([("INPUT_PROTECTEDKINDS", "Namespace\r\n Secret,Job\n")]),
    )
    .unwrap();
    let args: EnvironmentArgs = parse(&[&layer]).unwrap();
    assert_eq!(args.protected_kinds, ["Namespace", "Secret", "Job"]);
}

#[test]
fn blanks_around_the_items_of_a_list_do_not_count() {
    let matches = definition().get_matches_from(["x", "--protected-kinds", "Namespace, Secret"]);
    let layer = from_matches(&definition(), &matches);
    assert_eq!(layer["protected_kinds"].texts(), ["Namespace", "Secret"]);
}

#[test]
fn a_variable_that_does_not_exist_is_named() {
    let error = from_inputs(
        &definition(),
        &Environment::from([("INPUT_MANIFESTREPO", "$(manifestRepo)")]),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the input `manifestRepo` contains `$(manifestRepo)`, a variable that this run does not have"
    );
}

#[test]
fn the_variables_of_the_old_scripts_still_work() {
    let layer = from_old_variables(
        &definition(),
        &Environment::from([("AKS_MANIFEST_REPO", "a/b"), ("GIT_HOST", "github")]),
    );
    let args: EnvironmentArgs = parse(&[&layer]).unwrap();
    assert_eq!(args.manifest_repo.as_deref(), Some("a/b"));
}

#[rstest::rstest]
#[case("vars/*.{yaml,json}", &["vars/*.{yaml,json}"])]
#[case("a.yaml, vars/*.{yaml,json},b.yaml", &["a.yaml", "vars/*.{yaml,json}", "b.yaml"])]
#[case("{a,{b,c}}/x,y", &["{a,{b,c}}/x", "y"])]
#[case("a{b,c\nd}e,f", &["a{b", "c", "d}e", "f"])]
#[case("a},{b", &["a}", "{b"])]
#[case(" a ,, b\n\nc ", &["a", "b", "c"])]
fn a_comma_in_the_braces_of_a_pattern_does_not_end_an_item(
    #[case] text: &str,
    #[case] items: &[&str],
) {
    let inputs = Environment::from([("INPUT_VARIABLEFILES", text)]);
    let layer = from_inputs(&definition(), &inputs).unwrap();
    assert_eq!(layer["variable_files"].texts(), items);
    let matches = definition().get_matches_from(["x", "--variable-files", text]);
    let layer = from_matches(&definition(), &matches);
    assert_eq!(
        layer["variable_files"].texts(),
        items,
        "on the command line"
    );
}

#[test]
fn a_flag_that_is_given_several_times_adds_to_its_list() {
    let typed = ["x", "--labels", "a,b", "--labels", "c", "--folder=f"];
    let layer = from_matches(&definition(), &definition().get_matches_from(typed));
    assert_eq!(layer["labels"].texts(), ["a", "b", "c"]);
    assert_eq!(layer["folder"].data, Data::Text("f".to_owned()));
}
