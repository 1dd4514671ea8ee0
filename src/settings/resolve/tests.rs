//! Layers in, validated settings or a refusal out.

use super::super::layer::Origin;
use super::*;
use crate::settings::{Data, Value};

fn layer(origin: &Origin, values: &[(&str, &str)]) -> Layer {
    let value = |text: &str| Value {
        data: Data::List(text.split(',').map(str::to_owned).collect()),
        origin: origin.clone(),
    };
    values
        .iter()
        .map(|(id, text)| ((*id).to_owned(), value(text)))
        .collect()
}

fn flags(values: &[(&str, &str)]) -> Layer {
    layer(&Origin::Flag("x".into()), values)
}

fn file(environments: &[(&str, &[(&str, &str)])]) -> FileSettings {
    FileSettings {
        environments: environments
            .iter()
            .map(|(name, values)| ((*name).to_owned(), flags(values)))
            .collect(),
        ..FileSettings::default()
    }
}

#[test]
fn an_environment_owns_the_folder_of_its_name_unless_told_otherwise() {
    let settings = resolve(
        &Layer::new(),
        &file(&[
            ("dev", &[]),
            (
                "prod",
                &[("folder", "clusters/prod"), ("max_removed_percent", "5")],
            ),
        ]),
        &Layer::new(),
        false,
    )
    .unwrap();
    let folders: Vec<_> = settings
        .environments
        .iter()
        .map(|e| e.folder.to_string())
        .collect();
    assert_eq!(folders, ["dev", "clusters/prod"]);
    assert_eq!(settings.environments[1].brakes.max_removed_percent, 5);
}

#[test]
fn a_flag_beats_the_section_of_the_environment() {
    let given = flags(&[("branch", "hotfix"), ("manifest_repo", "a/b")]);
    let settings = resolve(
        &given,
        &file(&[("dev", &[("branch", "main")])]),
        &Layer::new(),
        false,
    )
    .unwrap();
    assert_eq!(
        settings.environments[0]
            .target
            .as_ref()
            .unwrap()
            .branch
            .as_deref(),
        Some("hotfix")
    );
}

#[test]
fn blanks_in_fab_envs_make_several_configurations_as_in_the_old_script() {
    let old = layer(
        &Origin::Variable("FAB_ENVS"),
        &[("environments", "dev,prod west")],
    );
    let settings = resolve(&Layer::new(), &FileSettings::default(), &old, false).unwrap();
    let shown: Vec<_> = settings
        .environments
        .iter()
        .map(|e| {
            (
                e.name.as_str(),
                e.sources[0].fabrikate_environments.join("+"),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("dev", "dev".to_owned()),
            ("prod-west", "prod+west".to_owned())
        ]
    );
}

#[test]
fn variables_of_jsonnet_are_names_and_values() {
    let settings = |text: &str| {
        let value = Value::text(text, Origin::Flag("x".into()));
        let given = Layer::from([("jsonnet_variables".to_owned(), value)]);
        resolve(&given, &file(&[("dev", &[])]), &Layer::new(), false)
    };
    let resolved = settings("hosts=a,b=c").unwrap();
    let variables = &resolved.environments[0].sources[0].jsonnet.variables;
    assert_eq!(*variables, [("hosts".to_owned(), "a,b=c".to_owned())]);
    let error = settings("secret").unwrap_err().to_string();
    assert_eq!(
        error,
        "environment dev: item 1 of the flag `--x` is not of the form `name=value`"
    );
}

#[rstest::rstest]
#[case("allow_hooks")]
#[case("helm")]
#[case("token_file")]
#[case("take_over")]
fn an_untrusted_file_decides_nothing_dangerous(#[case] id: &str) {
    let settings = file(&[("dev", &[(id, "true")])]);
    let error = resolve(&Layer::new(), &settings, &Layer::new(), true).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "is not accepted in pull request builds, because the file is untrusted there"
        ),
        "{error}"
    );
    assert!(resolve(&flags(&[(id, "true")]), &settings, &Layer::new(), true).is_ok());
}

#[test]
fn a_misspelt_environment_is_answered_with_the_one_that_was_meant() {
    let file = file(&[("staging", &[] as &[_]), ("production", &[])]);
    let given = flags(&[("environments", "prodcution")]);
    let error = resolve(&given, &file, &Layer::new(), false).unwrap_err();
    assert_eq!(
        error.all_hints(),
        ["did you mean `production`? it has: staging, production"]
    );
}

#[rstest::rstest]
#[case(flags(&[]), &[], "no environment is named")]
#[case(flags(&[("environments", "qa")]), &[("dev", &[] as &[_])], "there is no environment `qa` in the settings file")]
#[case(flags(&[("environments", "qa,qa")]), &[], "the environment `qa` is named twice")]
#[case(flags(&[("environments", "../x")]), &[], "environment `../x`: \"../x\" is not a safe relative path: it has a `.` or `..` segment")]
#[case(flags(&[]), &[("dev", &[("folder", "a")] as &[_]), ("prod", &[("folder", "a/b")])],
    "the environments `dev` and `prod` would own the same folder: `a` and `a/b`, which is inside it or around it")]
#[case(flags(&[]), &[("dev", &[("folder", "x/con")] as &[_])],
    "environment dev: its folder `x/con` cannot be checked out on Windows: `con` is the name of a device there")]
#[case(flags(&[]), &[("dev", &[("folder", "a.")] as &[_])],
    "environment dev: its folder `a.` cannot be checked out on Windows: `a.` ends with a dot or a space")]
#[case(flags(&[]), &[("dev.", &[] as &[_])],
    "environment dev.: its folder `dev.` cannot be checked out on Windows: `dev.` ends with a dot or a space")]
#[case(flags(&[]), &[("dev", &[("definition_folder", "a?b")] as &[_])],
    "environment dev: its definitionFolder `a?b` cannot be checked out on Windows: `a?b` contains `?`")]
#[case(flags(&[]), &[("dev", &[("folder", "é")] as &[_]), ("prod", &[("folder", "e\u{301}/x")])],
    "the environments `dev` and `prod` would own the same folder: `é` and `e\u{301}/x`, which is inside it or around it")]
#[case(flags(&[]), &[("dev", &[("definition_folder", "dev/source")] as &[_])],
    "environment dev: its folder `dev` and its definitionFolder `dev/source` are the same, or one is in the other")]
#[case(flags(&[]), &[("dev", &[("definition_folder", "prod")] as &[_]), ("prod", &[])],
    "the environments `dev` and `prod` would own the same folder: `prod`")]
fn what_cannot_work_is_refused(
    #[case] given: Layer,
    #[case] environments: &[(&str, &[(&str, &str)])],
    #[case] said: &str,
) {
    let error = resolve(&given, &file(environments), &Layer::new(), false).unwrap_err();
    assert_eq!(error.to_string(), said);
}

/// A source's name and settings.
type Item<'a> = (Option<&'a str>, &'a [(&'a str, &'a str)]);

/// A file whose environment `dev` is made of these sources.
fn file_with_sources(sources: &[Item<'_>]) -> FileSettings {
    let item = |(name, values): &Item<'_>| crate::settings::SourceLayer {
        name: name.map(str::to_owned),
        layer: flags(values),
    };
    FileSettings {
        sources: Some(sources.iter().map(item).collect()),
        ..file(&[("dev", &[("generator", "manifests")])])
    }
}

#[test]
fn a_source_takes_from_its_environment_what_it_does_not_say() {
    let file = file_with_sources(&[
        (None, &[("source", "apps/web")]),
        (
            Some("lib"),
            &[("source", "apps/api"), ("generator", "jsonnet")],
        ),
    ]);
    let shown = |given: &Layer| {
        let settings = resolve(given, &file, &Layer::new(), false).unwrap();
        let sources = settings.environments[0].sources.iter();
        sources
            .map(|s| format!("{} {} {}", s.name, name_of(s.generator), s.source.display()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&Layer::new()),
        ["web manifests apps/web", "lib jsonnet apps/api"]
    );
    assert_eq!(
        shown(&flags(&[("source", "other")])),
        ["other manifests other"],
        "a source that is named on the command line is the only one"
    );
}

#[rstest::rstest]
#[case(&[("kustomize_overlay", "overlays/dev")], "kustomize")]
#[case(&[("chart", "oci://contoso.azurecr.io/web")], "helm")]
#[case(&[("kustomize_overlay", "overlays/dev"), ("generator", "manifests")], "manifests")]
#[case(&[], "auto")]
fn a_setting_of_one_generator_alone_says_which_it_is(
    #[case] dev: &[(&str, &str)],
    #[case] generator: &str,
) {
    let file = file(&[("dev", dev)]);
    let settings = resolve(&Layer::new(), &file, &Layer::new(), false).unwrap();
    let source = &settings.environments[0].sources[0];
    assert_eq!(name_of(source.generator), generator);
}

fn name_of(generator: Option<crate::generate::Kind>) -> &'static str {
    generator.map_or("auto", crate::generate::Kind::name)
}

#[test]
fn two_sources_of_one_name_are_refused() {
    let file = file_with_sources(&[
        (None, &[("source", "web/chart")]),
        (None, &[("source", "api/chart")]),
    ]);
    let error = resolve(&Layer::new(), &file, &Layer::new(), false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment dev: two of its sources are called `chart`"
    );
}

#[rstest::rstest]
#[case(
    &[("mode", "auto"), ("head_branch", "main"), ("branch", "main"), ("manifest_repo", "a/b")],
    &[],
    "environment dev: the pull request's source and target branch are both \"main\""
)]
#[case(
    &[("mode", "pullRequest"), ("head_branch", "x"), ("manifest_repo", "a/b")],
    &[("mode", "auto"), ("head_branch", "refs/heads/x"), ("manifest_repo", "a/b")],
    "the environments `dev` and `prod` would use the same branch \"x\" for their pull requests"
)]
#[case(
    &[("mode", "pullRequest"), ("head_branch", "live"), ("manifest_repo", "a/b")],
    &[("branch", "live"), ("manifest_repo", "a/b")],
    "environment dev: its pull request would come from the branch \"live\", which the environment `prod` is published to"
)]
#[case(
    &[("branch", "live"), ("manifest_repo", "a/b")],
    &[("mode", "auto"), ("head_branch", "live"), ("manifest_repo", "a/b")],
    "environment prod: its pull request would come from the branch \"live\", which the environment `dev` is published to"
)]
#[case(
    &[("mode", "pullRequest"), ("head_branch", "{environment}"), ("branch", "prod"), ("manifest_repo", "a/b")],
    &[("mode", "pullRequest"), ("head_branch", "{environment}"), ("branch", "live"), ("manifest_repo", "a/b")],
    "environment prod: its pull request would come from the branch \"prod\", which the environment `dev` is published to"
)]
#[case(
    &[("mode", "pullRequest"), ("pull_request_per", "change"), ("head_branch", "refs/heads/live"), ("manifest_repo", "a/b")],
    &[("mode", "pullRequest"), ("branch", "live"), ("manifest_repo", "a/b")],
    "environment dev: its pull request would come from the branch \"live\", which the environment `prod` is published to"
)]
#[case(
    &[("mode", "auto"), ("head_branch", "gitops/prod"), ("manifest_repo", "a/b")],
    &[("branch", "gitops/prod"), ("manifest_repo", "a/b")],
    "environment dev: its pull request would come from the branch \"gitops/prod\", which the environment `prod` is published to"
)]
#[case(
    &[("mode", "pullRequest"), ("head_branch", "GitOps/X"), ("manifest_repo", "a/b")],
    &[("mode", "auto"), ("head_branch", "gitops/x"), ("manifest_repo", "a/b")],
    "the environments `dev` and `prod` would use the branches \"GitOps/X\" and \"gitops/x\" for their pull requests: they differ only in case or in how a letter is composed, and are one branch on Windows or macOS"
)]
#[case(
    &[("mode", "pullRequest"), ("manifest_repo", "a/b")],
    &[("mode", "auto"), ("head_branch", "gitops/dev/prod"), ("manifest_repo", "a/b")],
    "the environments `dev` and `prod` would use the branches \"gitops/dev\" and \"gitops/dev/prod\" for their pull requests: git cannot hold both, since one of them is where the folder of the other would be"
)]
#[case(
    &[("mode", "pullRequest"), ("pull_request_per", "change"), ("head_branch", "gitops"), ("manifest_repo", "a/b")],
    &[("mode", "pullRequest"), ("manifest_repo", "a/b")],
    "the environments `dev` and `prod` would use the branches \"gitops\" and \"gitops/prod\" for their pull requests: git cannot hold both, since one of them is where the folder of the other would be"
)]
#[case(
    &[("mode", "pullRequest"), ("head_branch", "Live"), ("manifest_repo", "a/b")],
    &[("branch", "live"), ("manifest_repo", "a/b")],
    "environment dev: its pull request would come from the branch \"Live\", and the environment `prod` is published to the branch \"live\": they differ only in case or in how a letter is composed, and are one branch on Windows or macOS"
)]
#[case(
    &[("mode", "auto"), ("head_branch", "live/dev"), ("branch", "live"), ("manifest_repo", "a/b")],
    &[],
    "environment dev: the pull request's source and target branch are \"live/dev\" and \"live\": git cannot hold both, since one of them is where the folder of the other would be"
)]
#[case(&[("work_items", "AB#12,twelve")], &[], "environment dev: an item of `workItems` is \"twelve\"")]
fn pull_requests_that_cannot_work_are_refused(
    #[case] dev: &[(&str, &str)],
    #[case] prod: &[(&str, &str)],
    #[case] said: &str,
) {
    let file = file(&[("dev", dev), ("prod", prod)]);
    let error = resolve(&Layer::new(), &file, &Layer::new(), false).unwrap_err();
    assert_eq!(error.to_string(), said);
}

#[test]
fn an_environment_has_a_head_branch_of_its_own() {
    let file = file(&[("dev", &[]), ("prod", &[("mode", "pullRequest")])]);
    let settings = resolve(&Layer::new(), &file, &Layer::new(), false).unwrap();
    let heads: Vec<_> = settings
        .environments
        .iter()
        .map(|environment| environment.pull_request.head_branch.as_str())
        .collect();
    assert_eq!(heads, ["gitops/dev", "gitops/prod"]);
}

#[rstest::rstest]
#[case("charts/web", "web")]
#[case("apps/app.v1", "app.v1")]
#[case("plain/web.yaml", "web")]
#[case(".", "manifests")]
fn a_source_is_called_like_its_folder_or_file(#[case] source: &str, #[case] name: &str) {
    let given = flags(&[("source", source), ("environments", "dev")]);
    let settings = resolve(&given, &FileSettings::default(), &Layer::new(), false);
    assert_eq!(settings.unwrap().environments[0].sources[0].name, name);
}
