use super::*;

const A: &str = "ce013625030ba8dba906f756967f9e9ca394464a";
const B: &str = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

fn read(lines: &[String]) -> Result<Advertisement, Fault> {
    let mut advertisement = Advertisement::default();
    for line in lines {
        advertisement.take(&Pkt::Data(line.clone().into()))?;
    }
    Ok(advertisement)
}

#[test]
fn the_default_branch_is_what_head_points_to() {
    let refs = read(&[
        format!("{A} HEAD\0multi_ack symref=HEAD:refs/heads/live filter\n"),
        format!("{B} refs/heads/dev\n"),
        format!("{A} refs/heads/live\n"),
    ])
    .unwrap();
    let a = ObjectId::parse(A);
    assert_eq!(refs.choose(None).unwrap(), ("live".into(), a, true));
    assert_eq!(
        refs.choose(Some("refs/heads/dev")).unwrap(),
        ("dev".into(), ObjectId::parse(B), true)
    );
    assert_eq!(refs.choose(Some("new")).unwrap(), ("new".into(), a, false));
    assert!(refs.capabilities.has("filter") && !refs.capabilities.has("symref"));
}

#[test]
fn without_symref_the_usual_branch_at_the_same_commit_is_taken() {
    let lines = [
        format!("{A} HEAD\0multi_ack\n"),
        format!("{A} refs/heads/a\n"),
        format!("{A} refs/heads/master\n"),
    ];
    assert_eq!(read(&lines).unwrap().choose(None).unwrap().0, "master");
}

#[test]
fn an_empty_repository_starts_with_main() {
    let lines = [format!("{} capabilities^{{}}\0multi_ack\n", "0".repeat(40))];
    assert_eq!(
        read(&lines).unwrap().choose(None).unwrap(),
        ("main".into(), None, false)
    );
}

#[test]
fn branches_without_a_default_need_a_name() {
    let refs = read(&[
        format!("{A} refs/heads/dev\0multi_ack\n"),
        format!("{A} refs/heads/qa\n"),
    ])
    .unwrap();
    assert!(matches!(refs.choose(None), Err(Fault::NoDefaultBranch)));
    assert_eq!(
        refs.choose(Some("new")).unwrap(),
        ("new".into(), None, false)
    );
    assert!(refs.choose(Some("dev")).is_ok());
    assert!(matches!(
        refs.choose(Some("a..b")),
        Err(Fault::InvalidBranch(_))
    ));
}

#[test]
fn where_head_names_nothing_the_only_branch_serves() {
    let refs = read(&[format!("{A} refs/heads/live\0multi_ack\n")]).unwrap();
    assert_eq!(refs.choose(None).unwrap().0, "live");
    let a = ObjectId::parse(A);
    assert_eq!(refs.choose(Some("new")).unwrap(), ("new".into(), a, false));
}

#[test]
fn the_list_of_the_git_program_is_read_too() {
    let text = format!(
        "ref: refs/heads/live\tHEAD\n{A}\tHEAD\n{B}\trefs/heads/dev\n{A}\trefs/heads/live\n"
    );
    let refs = Advertisement::listed(&text).unwrap();
    let a = ObjectId::parse(A);
    assert_eq!(refs.choose(None).unwrap(), ("live".into(), a, true));
    assert!(Advertisement::listed("").unwrap().choose(None).is_ok());
    assert!(Advertisement::listed("welcome\tto our server\n").is_err());
}

#[test]
fn tags_lead_to_commits_and_are_wanted_as_they_are_named() {
    let refs = read(&[
        format!("{A} HEAD\0multi_ack\n"),
        format!("{A} refs/heads/main\n"),
        format!("{B} refs/tags/v1\n"),
        format!("{A} refs/tags/v1^{{}}\n"),
        format!("{B} refs/tags/light\n"),
    ])
    .unwrap();
    let (a, b) = (ObjectId::parse(A).unwrap(), ObjectId::parse(B).unwrap());
    assert_eq!(refs.tag("v1"), Some(Named { want: b, commit: a }));
    assert_eq!(refs.tag("light"), Some(Named::commit(b)));
    assert_eq!(refs.branch("v1"), None);
    assert_eq!(refs.default_tip(), Some(Named::commit(a)));
    assert_eq!(refs.every_tip(), BTreeSet::from([a, b]));
}

#[test]
fn other_object_formats_are_named() {
    let lines = [format!("{A} HEAD\0object-format=sha256\n")];
    assert_eq!(
        read(&lines).unwrap_err().to_string(),
        "it uses the object format sha256; only sha1 is supported"
    );
}
