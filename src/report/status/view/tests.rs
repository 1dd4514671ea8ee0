use super::*;
use crate::report::{ByHand, CommitStatus, PublishedStatus, RolloutNow, SourceStatus};

const NOW: i64 = 1_700_000_000;

fn commit(id: &str, age: i64) -> CommitStatus {
    CommitStatus::at(id.repeat(10), Some(NOW - age), NOW)
}

fn environment(name: &str, outcome: &'static str) -> EnvironmentStatus {
    EnvironmentStatus {
        not_in_file: false,
        name: name.to_owned(),
        folder: format!("clusters/{name}"),
        published: Some(PublishedStatus {
            commit: Some(commit("5f2c", 720)),
            source: SourceStatus {
                reference: Some("refs/heads/main".to_owned()),
                commit: Some(commit("a1b2", 7300)),
                behind: Some(0),
                ..SourceStatus::default()
            },
            images: Some(vec!["contoso/web:1.4.2".to_owned()]),
            ..PublishedStatus::default()
        }),
        problem: None,
        rollout: Some(RolloutNow {
            outcome,
            reasons: Vec::new(),
            ..RolloutNow::unknown("")
        }),
    }
}

fn incident() -> StatusReport {
    let mut qa = environment("qa", "pending");
    let rollout = qa.rollout.as_mut().unwrap();
    rollout.reasons = vec!["kustomization/qa has not reported on it; the newest commit that it reported on is 99aa99aa99".to_owned()];
    let published = qa.published.as_mut().unwrap();
    published.source.commit = Some(commit("0c0d", 30));
    published.source.behind = None;
    published.source.not_on_branch = true;
    published.source.uncommitted = true;
    let mut prod = environment("prod", "failed");
    let rollout = prod.rollout.as_mut().unwrap();
    rollout.reasons = vec!["kustomization/prod: health check failed <b> at 5f2c5f2c5f".to_owned()];
    rollout.last_rolled_out_commit = Some("77".repeat(20));
    let published = prod.published.as_mut().unwrap();
    published.source.commit = Some(commit("99aa", 300_000));
    published.source.behind = Some(12);
    published.commit = None;
    published.images = Some(vec!["contoso/web:1.4.0".to_owned(), "redis:7".to_owned()]);
    published.by_hand = ByHand {
        changed: vec!["web.yaml".to_owned()],
        removed: Vec::new(),
        added: (0..7).map(|at| format!("x{at}.yaml")).collect(),
    };
    let mut damaged = EnvironmentStatus {
        name: "old".to_owned(),
        folder: "old".to_owned(),
        problem: Some(
            "the ledger of the folder `old` cannot be read: it has format version 9".to_owned(),
        ),
        ..EnvironmentStatus::default()
    };
    damaged.published = None;
    let nothing = EnvironmentStatus {
        name: "stage".to_owned(),
        folder: "clusters/stage".to_owned(),
        ..EnvironmentStatus::default()
    };
    StatusReport {
        command: "status",
        branches: vec![
            BranchStatus {
                manifest_repo_url: "https://dev.azure.com/contoso/shop/_git/manifests".to_owned(),
                branch: "main".to_owned(),
                commit: Some(commit("5f2c", 720)),
                environments: vec![environment("dev", "rolledOut"), qa, prod, damaged, nothing],
                notes: vec!["the check runs cannot be read".to_owned()],
                ..BranchStatus::default()
            },
            BranchStatus {
                manifest_repo_url: "https://github.com/contoso/other".to_owned(),
                error: Some("reading the branches: the server does not answer".to_owned()),
                ..BranchStatus::default()
            },
        ],
    }
}

#[test]
fn a_terminal_shows_what_is_there_and_then_what_needs_a_look() {
    insta::assert_snapshot!(text(&incident()), @r"
    https://dev.azure.com/contoso/shop/_git/manifests, branch main, commit 5f2c5f2c5f (12 minutes ago)

    environment  source       age         behind       published       rollout          by hand
    dev          a1b2a1b2a1   2 hours     0            12 minutes ago  rolled out       no
    qa           0c0d0c0d0c+  30 seconds  not on main  12 minutes ago  pending          no
    prod         99aa99aa99   3 days      12           -               failed (edited)  8 files
    old          unreadable   -           -            -               -                -
    stage        nothing      -           -            -               -                -

    qa: pending: kustomization/qa has not reported on it; the newest commit that it reported on is 99aa99aa99
    qa: published with changes that are in no commit of the source
    prod: failed: kustomization/prod: health check failed <b> at 5f2c5f2c5f; commit 7777777777 was the last to be rolled out
    prod: by hand: changed web.yaml; added x0.yaml, x1.yaml, x2.yaml, x3.yaml, x4.yaml and 2 more. The rollout is that of the folder as it is now
    old: the ledger of the folder `old` cannot be read: it has format version 9
    stage: nothing is published in the folder `clusters/stage`
    note: the check runs cannot be read

    image              environments
    contoso/web:1.4.0  prod
    contoso/web:1.4.2  dev, qa
    redis:7            prod

    https://github.com/contoso/other
    cannot be read: reading the branches: the server does not answer
    ");
}

#[test]
fn a_page_shows_the_same() {
    insta::assert_snapshot!(markdown(&incident()), @r"
    ## GitOps: status

    ### https://dev.azure.com/contoso/shop/\_git/manifests, branch main, commit 5f2c5f2c5f (12 minutes ago)

    | Environment | Source | Age | Behind | Published | Rollout | By hand |
    |---|---|---|---|---|---|---|
    | `dev` | `a1b2a1b2a1` | 2 hours | 0 | 12 minutes ago | rolled out | no |
    | `qa` | `0c0d0c0d0c+` | 30 seconds | not on main | 12 minutes ago | pending | no |
    | `prod` | `99aa99aa99` | 3 days | 12 | - | **failed** (edited) | 8 files |
    | `old` | `unreadable` | - | - | - | - | - |
    | `stage` | `nothing` | - | - | - | - | - |

    - `qa`: pending: kustomization/qa has not reported on it; the newest commit that it reported on is 99aa99aa99
    - `qa`: published with changes that are in no commit of the source
    - `prod`: failed: kustomization/prod: health check failed ‹b› at 5f2c5f2c5f; commit 7777777777 was the last to be rolled out
    - `prod`: by hand: changed web.yaml; added x0.yaml, x1.yaml, x2.yaml, x3.yaml, x4.yaml and 2 more. The rollout is that of the folder as it is now
    - `old`: the ledger of the folder 'old' cannot be read: it has format version 9
    - `stage`: nothing is published in the folder 'clusters/stage'
    - the check runs cannot be read

    | Image | Environments |
    |---|---|
    | `contoso/web:1.4.0` | prod |
    | `contoso/web:1.4.2` | dev, qa |
    | `redis:7` | prod |

    ### https://github.com/contoso/other

    **cannot be read**: reading the branches: the server does not answer
    ");
}

#[rstest::rstest]
#[case(
    Some(3),
    false,
    Some("refs/heads/trunk"),
    "3",
    "`behind` counts on trunk, the default branch of the source"
)]
#[case(
    None,
    true,
    Some("refs/heads/trunk"),
    "not on trunk",
    "`behind` counts on trunk"
)]
#[case(
    None,
    false,
    None,
    "-",
    "so how far it is behind is not known; `git remote set-head origin --auto`"
)]
fn a_detached_head_is_told(
    #[case] behind: Option<usize>,
    #[case] not_on_branch: bool,
    #[case] default_branch: Option<&str>,
    #[case] cell: &str,
    #[case] said: &str,
) {
    let mut one = environment("dev", "rolledOut");
    let source = &mut one.published.as_mut().unwrap().source;
    source.reference = None;
    source.behind = behind;
    source.not_on_branch = not_on_branch;
    source.default_branch = default_branch.map(str::to_owned);
    assert_eq!(row(&one)[3], cell);
    let branch = BranchStatus {
        environments: vec![one],
        ..BranchStatus::default()
    };
    let remarks = remarks(&branch);
    let [(Some("dev"), remark)] = remarks.as_slice() else {
        panic!("{remarks:?}");
    };
    assert!(
        remark.starts_with("it was published from a detached HEAD"),
        "{remark}"
    );
    assert!(remark.contains(said), "{remark}");
}

#[test]
fn an_empty_repository_says_so() {
    let report = StatusReport {
        command: "status",
        branches: vec![BranchStatus {
            manifest_repo_url: "/srv/m.git".to_owned(),
            branch: "main".to_owned(),
            ..BranchStatus::default()
        }],
    };
    assert_eq!(
        text(&report),
        "/srv/m.git, branch main\nnothing is published here\n"
    );
    assert!(markdown(&report).ends_with("Nothing is published here.\n"));
}

#[rstest::rstest]
#[case(0, "0 seconds")]
#[case(1, "1 second")]
#[case(59, "59 seconds")]
#[case(60, "1 minute")]
#[case(3_599, "59 minutes")]
#[case(3_600, "1 hour")]
#[case(172_799, "47 hours")]
#[case(172_800, "2 days")]
#[case(8_640_000, "100 days")]
fn an_age_is_told_in_the_largest_unit_that_says_something(#[case] age: u64, #[case] said: &str) {
    assert_eq!(age_words(age), said);
}

#[test]
fn programs_get_commits_times_and_words() {
    let json = serde_json::to_value(incident()).unwrap();
    let prod = &json["branches"][0]["environments"][2];
    assert_eq!(prod["rollout"]["outcome"], "failed");
    assert_eq!(prod["published"]["source"]["behind"], 12);
    assert_eq!(prod["published"]["source"]["ref"], "refs/heads/main");
    assert_eq!(prod["published"]["source"]["commit"]["ageSeconds"], 300_000);
    assert_eq!(prod["published"]["byHand"]["changed"][0], "web.yaml");
    assert_eq!(json["branches"][1]["environments"], serde_json::json!([]));
}

#[test]
fn a_list_of_images_ends() {
    let mut one = environment("dev", "rolledOut");
    let images = (0..150).map(|at| format!("contoso/web:{at:03}"));
    one.published.as_mut().unwrap().images = Some(images.collect());
    let report = StatusReport {
        command: "status",
        branches: vec![BranchStatus {
            environments: vec![one],
            ..BranchStatus::default()
        }],
    };
    for shown in [text(&report), markdown(&report)] {
        assert_eq!(shown.matches("contoso/web:").count(), 100, "{shown}");
        assert!(shown.ends_with("\nand 50 more\n"), "{shown}");
    }
}

#[rstest::rstest]
#[case(Some(NOW - 40), Some(40))]
#[case(Some(NOW + 60), Some(0))]
#[case(Some(NOW + 86_400), None)]
#[case(Some(i64::MAX), None)]
#[case(Some(0), None)]
#[case(Some(-5), None)]
#[case(Some(i64::MIN), None)]
#[case(None, None)]
fn a_time_that_cannot_be_has_no_age(#[case] time: Option<i64>, #[case] age: Option<u64>) {
    let commit = CommitStatus::at("5f2c".to_owned(), time, NOW);
    assert_eq!(commit.age_seconds, age);
}
