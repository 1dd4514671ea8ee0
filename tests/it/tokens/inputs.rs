//! Task inputs: the names and words of every version mean the same thing.

use std::collections::BTreeMap;
use std::path::Path;

use gitops_publisher::tokens::{Bom, Escape, Job, Level, Missing, from_inputs};

fn job(inputs: &[(&str, &str)]) -> Result<Job, String> {
    let inputs: BTreeMap<String, String> = [("sources", "x")]
        .iter()
        .chain(inputs)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    from_inputs(&inputs, Path::new("/folder")).map_err(|error| error.to_string())
}

#[test]
fn names_are_taken_in_any_case_as_the_agent_gives_them() {
    let job = job(&[
        ("ROOTDIRECTORY", "src"),
        ("TARGETFILES", ""),
        ("WRITEBOM", "TRUE"),
    ])
    .unwrap();
    assert_eq!(job.root, Path::new("/folder/src"));
    assert_eq!(job.options.bom, Bom::Add);
}

#[rstest::rstest]
#[case("rm", "__", "__")]
#[case("doubleunderscores", "__", "__")]
#[case("githubactions", "${{", "}}")]
#[case("azpipelines", "$(", ")")]
#[case("octopus", "#{", "}")]
fn patterns_of_all_versions_are_known(
    #[case] name: &str,
    #[case] prefix: &str,
    #[case] suffix: &str,
) {
    let delimiters = job(&[("tokenPattern", name)]).unwrap().options.delimiters;
    assert_eq!((&*delimiters.prefix, &*delimiters.suffix), (prefix, suffix));
}

#[rstest::rstest]
#[case(&[("tokenPrefix", "<"), ("tokenSuffix", ">")], "<", ">")]
#[case(&[("tokenPrefix", "${")], "${", "}#")]
#[case(&[("tokenSuffix", "}")], "#{", "}")]
fn delimiters_without_a_pattern_count_as_in_version_3(
    #[case] inputs: &[(&str, &str)],
    #[case] prefix: &str,
    #[case] suffix: &str,
) {
    let delimiters = job(inputs).unwrap().options.delimiters;
    assert_eq!((&*delimiters.prefix, &*delimiters.suffix), (prefix, suffix));
}

#[rstest::rstest]
#[case("actionOnMissing", "continue", Level::Off)]
#[case("actionOnMissing", "fail", Level::Error)]
#[case("missingVarLog", "info", Level::Info)]
#[case("missingVarLog", "error", Level::Error)]
fn the_words_for_missing_variables_are_known(
    #[case] name: &str,
    #[case] word: &str,
    #[case] level: Level,
) {
    assert_eq!(job(&[(name, word)]).unwrap().options.missing_log, level);
}

#[rstest::rstest]
#[case(&[("keepToken", "true")], Missing::Keep)]
#[case(&[("defaultValue", "x")], Missing::Default("x".to_owned()))]
#[case(&[("missingVarAction", "replace"), ("missingVarDefault", "y")], Missing::Default("y".to_owned()))]
#[case(&[("useLegacyEmptyFeature", "false"), ("defaultValue", "x")], Missing::Nothing)]
fn what_stands_in_is_said_in_the_words_of_any_version(
    #[case] inputs: &[(&str, &str)],
    #[case] missing: Missing,
) {
    assert_eq!(job(inputs).unwrap().options.missing, missing);
}

#[rstest::rstest]
#[case("actionOnNoFiles", "fail", Level::Error)]
#[case("ifNoFilesFound", "warn", Level::Warn)]
#[case("ifNoFilesFound", "ignore", Level::Info)]
fn the_words_for_no_files_are_known(#[case] name: &str, #[case] word: &str, #[case] level: Level) {
    assert_eq!(job(&[(name, word)]).unwrap().if_no_files, level);
}

#[test]
fn the_other_old_words_are_known() {
    let job = job(&[
        ("escapeType", "none"),
        ("verbosity", "detailed"),
        ("encoding", "win1252"),
        ("enableTransforms", "true"),
        ("transformPrefix", "["),
        ("transformSuffix", "]"),
        ("enableRecursion", "true"),
        ("variableSeparator", ":"),
        ("enableTelemetry", "false"),
        ("emptyValue", "(none)"),
        ("useAdditionalVariablesOnly", "true"),
    ])
    .unwrap();
    assert_eq!(job.options.escape, Escape::Off);
    assert_eq!(job.log_level, Level::Debug);
    assert_eq!(job.options.encoding.unwrap().name(), "windows-1252");
    assert_eq!(job.options.transforms.unwrap().prefix, "[");
    assert!(job.options.recursive && job.given_only);
    assert_eq!(job.separator, ":");
    assert_eq!(job.options.legacy_empty.unwrap().marker, "(none)");
}

#[rstest::rstest]
#[case(&[("compatibility", "v2")], "replacing tokens: compatibility cannot be \"v2\"; it takes v3, v4, v5, v6, or nothing")]
#[case(&[("failOn", "noTokens, never")], "replacing tokens: failOn cannot be \"never\"; it takes missing, noTokens, noFiles, unusedVariable")]
#[case(&[("sources", "")], "replacing tokens: sources names no file")]
#[case(&[("ifNoFilesFound", "panic")], "replacing tokens: ifNoFilesFound cannot be \"panic\"; it takes ignore, warn, error (or continue, fail)")]
fn words_that_nobody_knows_are_refused(#[case] inputs: &[(&str, &str)], #[case] message: &str) {
    assert_eq!(job(inputs).unwrap_err(), message);
}
