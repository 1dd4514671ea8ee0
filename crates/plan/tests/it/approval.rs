//! The hash, the plan file, and what is refused as not approved.

use std::collections::BTreeMap;

use gitops_plan::{
    Approval, Effect, EnvironmentPlan, FILE_SCHEMA, FolderEffect, Intent, NoHash, NotApprovable,
    PlanHash, Removal, Run, RunPlan, SourceCommit,
};
use rstest::rstest;

use crate::read::planned;

fn effect(environment: &str) -> Effect {
    let (content, files) = gitops_plan::content([("web.yaml", b"x".as_slice())]);
    Effect {
        environment: environment.to_owned(),
        repository: "https://dev.azure.com/contoso/shop/_git/manifests".to_owned(),
        branch: "main".to_owned(),
        base_commit: Some("a".repeat(40)),
        folders: vec![FolderEffect {
            folder: environment.to_owned(),
            base_tree: Some("b".repeat(40)),
            output_tree: "c".repeat(40),
            content,
            files,
        }],
        adopts: false,
        source: SourceCommit {
            repository: Some("https://dev.azure.com/contoso/shop/_git/hld".to_owned()),
            commit: Some("d".repeat(40)),
        },
        tools: BTreeMap::from([("helm".to_owned(), "3.17.3".to_owned())]),
    }
}

fn removal() -> Removal {
    Removal {
        repository: "r".to_owned(),
        branch: "main".to_owned(),
        folder: "old".to_owned(),
        base_tree: None,
    }
}

fn hash(effects: &[Effect]) -> PlanHash {
    PlanHash::of(effects, &[])
}

fn run_plan(effects: &[Effect]) -> RunPlan {
    let environments = effects.iter().map(|effect| EnvironmentPlan {
        effect: effect.clone(),
        plan: Some(planned(
            "",
            "kind: A\napiVersion: v1\nmetadata: {name: a}\n",
        )),
    });
    let run = Run {
        pipeline: "shop/12".to_owned(),
        number: 345,
    };
    RunPlan::new(environments.collect(), vec![], vec![], Some(run))
}

/// What a hash alone says of other places and rules.
const OTHER: &str = "other environments are published than in the plan, to another repository, branch or folder, or with other rules for files of others";

/// What the change of one thing is called, and where a hash alone would see it.
type Change = fn(&mut Effect);

#[rstest]
#[case::another_name(|it: &mut Effect| it.environment = "dev2".to_owned(), "environment dev: it is in the plan, and this run leaves it out", OTHER)]
#[case::another_repository(|it: &mut Effect| it.repository = "other".to_owned(), "environment dev: it goes to other (branch main); in the plan, it goes to https://dev.azure.com/contoso/shop/_git/manifests (branch main)", OTHER)]
#[case::another_branch(|it: &mut Effect| it.branch = "next".to_owned(), "environment dev: it goes to https://dev.azure.com/contoso/shop/_git/manifests (branch next); in the plan, it goes to https://dev.azure.com/contoso/shop/_git/manifests (branch main)", OTHER)]
#[case::another_folder(|it: &mut Effect| it.folders[0].folder = "x".to_owned(), "environment dev: it owns `x`; in the plan, it owns `dev`", OTHER)]
#[case::files_of_others_go(|it: &mut Effect| it.adopts = true, "environment dev: this run removes files of others from its folder (`foreignFiles: adopt`); the plan keeps them", OTHER)]
#[case::another_base(|it: &mut Effect| it.folders[0].base_tree = Some("e".repeat(40)), "environment dev: the folder `dev` of the manifest repository was changed after the plan was made (in the plan: tree bbbbbbb; now: tree eeeeeee)", "folders in the manifest repository were changed after the plan was made")]
#[case::the_folder_is_gone(|it: &mut Effect| it.folders[0].base_tree = None, "environment dev: the folder `dev` of the manifest repository was changed after the plan was made (in the plan: tree bbbbbbb; now: no such folder)", "folders in the manifest repository were changed after the plan was made")]
#[case::another_tree(|it: &mut Effect| it.folders[0].output_tree = "e".repeat(40), "environment dev: it renders to something else than in the plan: its files are not the same", "environments render to something else than in the plan")]
#[case::other_content(|it: &mut Effect| (it.folders[0].content, it.folders[0].files) = gitops_plan::content([("web.yaml", b"y".as_slice()), ("new.yaml", b"".as_slice())]), "environment dev: it renders to something else than in the plan: `web.yaml` differs, `new.yaml` comes in addition", "environments render to something else than in the plan")]
#[case::no_file(|it: &mut Effect| (it.folders[0].content, it.folders[0].files) = gitops_plan::content([]), "environment dev: it renders to something else than in the plan: `web.yaml` is missing", "environments render to something else than in the plan")]
#[case::another_commit(|it: &mut Effect| it.source.commit = None, "environment dev: the source is at no commit; the plan was made at commit dddddddddddddddddddddddddddddddddddddddd", "the source is at another commit than in the plan")]
#[case::another_helm(|it: &mut Effect| drop(it.tools.insert("helm".to_owned(), "4.0.0".to_owned())), "environment dev: helm is 4.0.0; the plan was made with 3.17.3", "environments are rendered with other tools than the plan was")]
#[case::another_tool(|it: &mut Effect| drop(it.tools.insert("kustomize".to_owned(), "5.8.1".to_owned())), "environment dev: kustomize is 5.8.1; the plan did not use it", "environments are rendered with other tools than the plan was")]
fn each_thing_that_is_approved_changes_the_hash_and_is_named(
    #[case] change: Change,
    #[case] by_file: &str,
    #[case] by_hash: &str,
) {
    let approved = [effect("dev"), effect("prod")];
    let mut now = approved.clone();
    change(&mut now[0]);
    assert!(
        !hash(&approved).is_same(&hash(&now)),
        "the hash is the same"
    );
    let intent = Intent {
        effects: &now,
        removals: &[],
        settled: &[],
    };
    let said = |approval: &Approval| approval.check(intent).unwrap_err()[0].to_string();
    let file = Approval::of_plan(run_plan(&approved), None).unwrap();
    assert_eq!(said(&file), by_file);
    let text = hash(&approved).to_string();
    let alone = Approval::of_hash(PlanHash::parse(&text).unwrap());
    assert_eq!(said(&alone), by_hash);
    // The hash without what is behind it proves as much and names nothing.
    let short = PlanHash::parse(text.split_once('-').unwrap().0).unwrap();
    assert_eq!(
        said(&Approval::of_hash(short)),
        "the hash of what this run would publish differs from the approved one"
    );
}

/// Of one environment it is clear which one it is.
#[rstest]
#[case::another_branch(|it: &mut Effect| it.branch = "next".to_owned(), "environment dev: it was not in the plan, goes to another repository, branch or folder, or has other rules for files of others")]
#[case::another_base(|it: &mut Effect| it.folders[0].base_tree = None, "environment dev: its folder in the manifest repository was changed after the plan was made")]
#[case::another_tree(|it: &mut Effect| it.folders[0].output_tree = "e".repeat(40), "environment dev: it renders to something else than in the plan")]
#[case::another_commit(|it: &mut Effect| it.source.commit = None, "environment dev: the source is at another commit than in the plan")]
#[case::another_helm(|it: &mut Effect| it.tools.clear(), "environment dev: it is rendered with other tools than the plan was")]
fn the_hash_of_one_environment_names_it(#[case] change: Change, #[case] expected: &str) {
    let approved = [effect("dev")];
    let mut now = approved.clone();
    change(&mut now[0]);
    let intent = Intent {
        effects: &now,
        removals: &[],
        settled: &[],
    };
    let found = Approval::of_hash(hash(&approved)).check(intent);
    let said: Vec<_> = found.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(said, [expected]);
}

#[test]
fn the_hash_is_as_long_for_a_thousand_environments_as_for_one() {
    let effects: Vec<_> = (0..1000).map(|it| effect(&format!("e{it}"))).collect();
    assert_eq!(hash(&effects).to_string().len(), 89);
    assert_eq!(hash(&effects[..1]).to_string().len(), 89);
    let intent = Intent {
        effects: &effects[1..],
        removals: &[],
        settled: &[],
    };
    let said = |approved| {
        let found = Approval::of_hash(hash(approved)).check(intent);
        found.unwrap_err()[0].to_string()
    };
    assert_eq!(
        said(&effects[..]),
        "the plan is of 1000 environments, and this run of 999"
    );
    assert_eq!(
        said(&effects[..1]),
        "the plan is of 1 environment, and this run of 999"
    );
}

#[test]
fn what_is_not_approved_does_not_change_the_hash() {
    let (one, two) = (effect("dev"), effect("prod"));
    let mut other = one.clone();
    other.base_commit = None;
    other.source.repository = Some("another name of it".to_owned());
    other.folders[0].files.clear();
    assert_eq!(
        hash(&[one.clone(), two.clone()]),
        hash(&[two, other]),
        "order, tip and names"
    );
    // Two texts next to each other are not one.
    let mut shifted = one.clone();
    shifted.environment = "devh".to_owned();
    shifted.repository = one.repository[1..].to_owned();
    assert!(!hash(&[one]).is_same(&hash(&[shifted])));
}

#[test]
fn the_hash_is_the_same_in_every_version_of_the_program() {
    assert_eq!(
        hash(&[effect("dev")]).to_string(),
        "67f69d529c1e2ea5ef1af8b9e14bab4bbbb384fa08073df549e2f55d89e44023-24ed80e0afcc3ab5bfe70001"
    );
}

#[rstest]
#[case("")]
#[case("abc")]
#[case("none")]
#[case("zz")]
#[case("-")]
fn what_is_no_hash_is_none(#[case] text: &str) {
    assert_eq!(PlanHash::parse(text), None);
    let full = hash(&[effect("dev")]).to_string();
    assert_eq!(PlanHash::parse(&full[..63]), None);
    for short in [65, 70, 85, 88] {
        assert_eq!(PlanHash::parse(&full[..short]), None, "checks are cut off");
    }
    assert_eq!(PlanHash::parse(&format!("{full}0a")), None);
    assert_eq!(
        PlanHash::parse(&format!(" {}\n", full.to_uppercase())),
        PlanHash::parse(&full)
    );
}

#[test]
fn what_is_published_already_may_have_another_base() {
    let approved = [effect("dev"), effect("prod")];
    let mut now = approved.clone();
    now[0].folders[0].base_tree = Some("e".repeat(40));
    let check = |approval: &Approval, settled: &[&str]| {
        let settled: Vec<_> = settled.iter().map(|&name| name.to_owned()).collect();
        let intent = Intent {
            effects: &now,
            removals: &[],
            settled: &settled,
        };
        approval
            .check(intent)
            .map(|_| ())
            .map_err(|found| found[0].to_string())
    };
    let file = Approval::of_plan(run_plan(&approved), None).unwrap();
    let alone = Approval::of_hash(hash(&approved));
    assert!(check(&file, &[]).is_err() && check(&alone, &[]).is_err());
    assert_eq!(check(&file, &["dev"]), Ok(()));
    assert_eq!(check(&file, &["dev", "prod"]), Ok(()));
    assert_eq!(
        check(&alone, &["dev", "prod"]),
        Ok(()),
        "nothing is published"
    );
    assert_eq!(
        check(&alone, &["dev"]).unwrap_err(),
        "folders in the manifest repository are not as they were for the plan; environment dev is published already, and if that was done by this plan, only the plan file tells what was approved for the others"
    );
}

#[test]
fn folders_go_only_as_approved() {
    let effects = [effect("dev")];
    let alone = Approval::of_hash(hash(&effects));
    let removals = [removal()];
    let intent = Intent {
        effects: &effects,
        removals: &removals,
        settled: &[],
    };
    let said = alone.check(intent).unwrap_err()[0].to_string();
    assert_eq!(
        said,
        "this run removes other folders than the plan does, or they were changed after the plan was made"
    );
    let file = Approval::of_plan(run_plan(&effects), None).unwrap();
    let said = file.check(intent).unwrap_err()[0].to_string();
    assert_eq!(
        said,
        "the folder `old` of r (branch main) is removed by this run, and not by the plan"
    );
    // Each thing about a folder that goes is in the hash.
    let changes: [fn(&mut Removal); 4] = [
        |it| it.repository = "other".to_owned(),
        |it| it.branch = "next".to_owned(),
        |it| it.folder = "other".to_owned(),
        |it| it.base_tree = Some("e".repeat(40)),
    ];
    for change in changes {
        let mut other = removal();
        change(&mut other);
        let (own, other) = (
            PlanHash::of(&effects, &removals),
            PlanHash::of(&effects, &[other]),
        );
        assert!(!own.is_same(&other), "{own}");
    }
    let both = Approval::of_hash(PlanHash::of(&effects, &removals));
    assert_eq!(both.check(intent).unwrap().removals, removals);
    // With the file, too: what goes by the plan has to go.
    let plan = run_plan(&effects);
    let plan = RunPlan::new(
        plan.environments,
        vec![Removal {
            repository: effects[0].repository.clone(),
            ..removal()
        }],
        vec![],
        None,
    );
    let with_removal = Approval::of_plan(plan, None).unwrap();
    let stays = Intent {
        removals: &[],
        ..intent
    };
    assert_eq!(
        with_removal.check(stays).unwrap_err()[0].to_string(),
        "the folder `old` of https://dev.azure.com/contoso/shop/_git/manifests (branch main) is removed by the plan, and not by this run"
    );
    let settled = ["dev".to_owned()];
    let done = Intent {
        settled: &settled,
        ..stays
    };
    assert!(with_removal.check(done).is_ok());
    // Once all of it is done, the stage may run again; before, it may not go without them.
    for (settled, is_approved) in [(&settled[..], true), (&[][..], false)] {
        let again = Intent {
            removals: &[],
            settled,
            ..intent
        };
        assert_eq!(both.check(again).is_ok(), is_approved);
    }
    // What is published already approves no folder that goes.
    let mut moved = effects.clone();
    moved[0].folders[0].base_tree = None;
    let more = Intent {
        effects: &moved,
        removals: &removals,
        settled: &settled,
    };
    for approval in [&alone, &both, &file] {
        assert!(approval.check(more).is_err(), "{approval:?}");
    }
}

#[test]
fn each_attempt_is_held_against_the_approved_base() {
    let effects = [effect("dev")];
    let intent = Intent {
        effects: &effects,
        removals: &[],
        settled: &[],
    };
    let approved = Approval::of_hash(hash(&effects)).check(intent).unwrap();
    assert_eq!(approved.moved_base(&effects[0]), []);
    let mut moved = effect("dev");
    moved.folders[0].base_tree = None;
    assert_eq!(approved.moved_base(&moved).len(), 1);
    assert_eq!(approved.moved_base(&effect("other")).len(), 1);
    assert_eq!(approved.removals_beyond(&[removal()]).len(), 1);
}

#[test]
fn a_plan_file_is_as_its_schema_says_and_reads_back() {
    let plan = run_plan(&[effect("dev")]);
    let text = plan.to_json();
    let schema: serde_json::Value = serde_json::from_str(FILE_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&serde_json::from_str(&text).unwrap())
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(RunPlan::from_json(&text).unwrap(), plan);
    let reason = |environment: &str, reason: &str| NoHash {
        environment: environment.to_owned(),
        reason: reason.to_owned(),
    };
    let reasons = vec![
        reason("dev", "why"),
        reason("qa", "other"),
        reason("prod", "why"),
    ];
    let without = RunPlan::new(plan.environments, vec![removal()], reasons, None);
    let text = without.to_json();
    assert!(validator.is_valid(&serde_json::from_str(&text).unwrap()));
    assert_eq!(RunPlan::from_json(&text).unwrap(), without);
    assert_eq!(
        Approval::of_plan(without, None).unwrap_err(),
        NotApprovable::NoHash(vec![
            "environments dev, prod: why".to_owned(),
            "environment qa: other".to_owned(),
        ])
    );
}

#[rstest]
#[case::cut(|text: String| text[..text.len() / 2].to_owned(), "it ends in the middle, so it was not written or copied completely")]
#[case::empty(|_: String| String::new(), "it ends in the middle, so it was not written or copied completely")]
#[case::no_json(|_: String| "secret: x".to_owned(), "it is not the JSON of a plan (line 1, column 1)")]
#[case::other_json(|_: String| "[1]".to_owned(), "it is not a plan file")]
#[case::plan_of_one_environment(|_: String| r#"{"version": 1, "summary": {}}"#.to_owned(), "it is not a plan file")]
#[case::newer(|text: String| text.replace("\"version\": 1,\n  \"hash\"", "\"version\": 2,\n  \"hash\""), "it has version 2, and this program reads version 1")]
#[case::edited(|text: String| text.replace("\"branch\": \"main\"", "\"branch\": \"mine\""), "it was changed after it was written")]
#[case::edited_text(|text: String| text.replace("\"action\": \"created\"", "\"action\": \"changed\""), "it was changed after it was written")]
#[case::edited_with_care(|text: String| edited_with_care(&text), "its hash is not the hash of what it describes, so it was changed after it was written")]
fn a_plan_file_that_is_none_is_refused(#[case] change: fn(String) -> String, #[case] said: &str) {
    let text = change(run_plan(&[effect("dev")]).to_json());
    assert_eq!(RunPlan::from_json(&text).unwrap_err().to_string(), said);
}

/// Another branch, and the checksum that belongs to it.
fn edited_with_care(text: &str) -> String {
    let mut plan = RunPlan::from_json(text).unwrap();
    "mine".clone_into(&mut plan.environments[0].effect.branch);
    plan.to_json()
}

#[test]
fn the_hash_and_the_file_have_to_be_of_one_plan() {
    let plan = run_plan(&[effect("dev")]);
    let own = hash(&[effect("dev")]);
    assert!(Approval::of_plan(plan.clone(), Some(&own)).is_ok());
    let other = hash(&[effect("qa")]);
    assert_eq!(
        Approval::of_plan(plan, Some(&other)).unwrap_err(),
        NotApprovable::AnotherHash
    );
}

#[test]
fn the_order_in_which_things_are_found_is_not_in_the_hash() {
    let (one, mut other) = (removal(), removal());
    other.folder = "older".to_owned();
    let effects = [effect("dev")];
    let there = PlanHash::of(&effects, &[one.clone(), other.clone()]);
    assert!(there.is_same(&PlanHash::of(&effects, &[other, one])));
    let files = [("a", b"x".as_slice()), ("b", b"y".as_slice())];
    let [first, second] = files;
    assert_eq!(
        gitops_plan::content(files),
        gitops_plan::content([second, first])
    );
}

#[test]
fn a_plan_of_nothing_has_no_hash() {
    assert_eq!(RunPlan::new(vec![], vec![], vec![], None).hash, None);
}

#[test]
fn what_is_published_already_excuses_its_base_and_nothing_else() {
    let approved = [effect("dev")];
    let mut now = approved.clone();
    now[0].folders[0].base_tree = None;
    now[0].source.commit = Some("e".repeat(40));
    let settled = ["dev".to_owned()];
    let intent = Intent {
        effects: &now,
        removals: &[],
        settled: &settled,
    };
    let file = Approval::of_plan(run_plan(&approved), None).unwrap();
    let found = file.check(intent).unwrap_err();
    let found: Vec<_> = found.iter().map(|one| one.part).collect();
    assert_eq!(found, [gitops_plan::Part::Source]);
}
