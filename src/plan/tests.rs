//! The rules of ownership, case by case.

use std::collections::BTreeMap;

use super::*;
use crate::model::{EntryMode, FolderEntry, RelPath, ResourceChange, ResourceId};

const DEPLOYMENT: &str = "apps/v1 Deployment shop/web";
const SERVICE: &str = "v1 Service shop/web";

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// A rendered environment in which every file holds one resource.
struct Environment {
    folder: Folder,
    files: FileSet,
    resources: Vec<Resource>,
    generator: GeneratorStamp,
    publication: PublicationStamp,
}

impl Environment {
    fn of(files: &[(&str, &str, &str)]) -> Self {
        let mut set = FileSet::new();
        let mut resources = Vec::new();
        for (file, id, content) in files {
            set.insert(path(file), content.as_bytes().to_vec());
            resources.push(Resource {
                id: ResourceId::parse(id).unwrap(),
                file: path(file),
                line: 1,
                digest: format!("hash of {content}"),
                images: Vec::new(),
            });
        }
        Self {
            folder: Folder::parse("dev").unwrap(),
            files: set,
            resources,
            generator: GeneratorStamp::default(),
            publication: PublicationStamp::default(),
        }
    }

    fn desired(&self) -> Desired<'_> {
        Desired {
            environment: "dev",
            folder: &self.folder,
            is_folder_of_file: true,
            files: &self.files,
            resources: &self.resources,
            generator: &self.generator,
            publication: &self.publication,
            is_same_repository: &|one, other| one == other,
        }
    }

    /// The folder after this environment was published.
    fn published(&self) -> FolderState {
        let plan = folder(Options::default(), &self.desired(), &FolderState::default()).unwrap();
        FolderState {
            entries: entries(
                self.files
                    .iter()
                    .map(|(path, content)| (path.as_str(), &content[..])),
            ),
            ledger: plan.ledger,
            ..FolderState::default()
        }
    }
}

fn entries<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> BTreeMap<RelPath, FolderEntry> {
    let entry = |content| FolderEntry {
        mode: EntryMode::File,
        id: ObjectId::of_blob(content),
    };
    files
        .into_iter()
        .map(|(name, content)| (path(name), entry(content)))
        .collect()
}

fn shop() -> Environment {
    Environment::of(&[
        ("web.yaml", DEPLOYMENT, "replicas: 1"),
        ("svc.yaml", SERVICE, "port: 80"),
    ])
}

#[test]
fn the_first_publication_adds_everything() {
    let plan = folder(
        Options::default(),
        &shop().desired(),
        &FolderState::default(),
    )
    .unwrap();
    assert_eq!(plan.files.len(), 2);
    assert_eq!(plan.count(ResourceChange::Added), 2);
    assert!(plan.ledger.is_some());
}

#[test]
fn publishing_the_same_again_changes_nothing() {
    let mut again = shop();
    again.publication.writer.run = Some(99);
    again.generator.version = "2".to_owned();
    let plan = folder(Options::default(), &again.desired(), &shop().published()).unwrap();
    assert!(
        plan.is_empty(),
        "a new run or generator version alone is no content: {plan:?}"
    );
}

#[test]
fn a_plan_names_the_resources_that_change_and_those_that_go() {
    let next = Environment::of(&[("web.yaml", DEPLOYMENT, "replicas: 2")]);
    let plan = folder(Options::default(), &next.desired(), &shop().published()).unwrap();
    assert_eq!(plan.resources_before, 2);
    assert_eq!(
        plan.resources,
        BTreeMap::from([
            (
                ResourceId::parse(DEPLOYMENT).unwrap(),
                ResourceChange::Changed
            ),
            (ResourceId::parse(SERVICE).unwrap(), ResourceChange::Removed),
        ])
    );
    assert_eq!(
        plan.files,
        BTreeMap::from([
            (path("web.yaml"), FileChange::Changed),
            (path("svc.yaml"), FileChange::Removed),
        ])
    );
}

#[test]
fn a_resource_that_moves_to_another_file_is_no_change_for_the_cluster() {
    let next = Environment::of(&[
        ("moved.yaml", DEPLOYMENT, "replicas: 1"),
        ("svc.yaml", SERVICE, "port: 80"),
    ]);
    let plan = folder(Options::default(), &next.desired(), &shop().published()).unwrap();
    assert!(plan.resources.is_empty());
    assert_eq!(plan.files.len(), 2);
}

#[test]
fn files_that_we_did_not_write_are_left_alone() {
    let mut state = shop().published();
    state
        .entries
        .extend(entries([("README.md", b"by hand".as_slice())]));
    let plan = folder(Options::default(), &shop().desired(), &state).unwrap();
    assert!(plan.is_empty());
}

#[test]
fn a_folder_in_use_is_not_taken_over_unasked() {
    let state = FolderState {
        entries: entries([("README.md", b"x".as_slice()), ("web.yaml", b"replicas: 1")]),
        ledger: None,
        ..FolderState::default()
    };
    let error = folder(Options::default(), &shop().desired(), &state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the folder `dev` of the manifest repository already holds 1 file that gitops-publisher did not write: README.md"
    );
    let keep = Options {
        foreign_files: ForeignFiles::Keep,
        ..Options::default()
    };
    let plan = folder(keep, &shop().desired(), &state).unwrap();
    assert_eq!(
        plan.files,
        BTreeMap::from([(path("svc.yaml"), FileChange::Added)])
    );
    let adopt = Options {
        foreign_files: ForeignFiles::Adopt,
        ..Options::default()
    };
    let plan = folder(adopt, &shop().desired(), &state).unwrap();
    assert_eq!(plan.files[&path("README.md")], FileChange::Removed);
}

#[rstest::rstest]
#[case::at_the_path("web.yaml")]
#[case::above_the_path("dir")]
#[case::below_the_path("svc.yaml/readme")]
fn a_foreign_file_in_the_way_stops_the_run(#[case] foreign: &str) {
    let environment = Environment::of(&[
        ("web.yaml", DEPLOYMENT, "replicas: 1"),
        ("svc.yaml", SERVICE, "port: 80"),
        ("dir/cm.yaml", "v1 ConfigMap shop/cm", "a: b"),
    ]);
    let state = FolderState {
        entries: entries([(foreign, b"by hand".as_slice())]),
        ledger: None,
        ..FolderState::default()
    };
    let keep = Options {
        foreign_files: ForeignFiles::Keep,
        ..Options::default()
    };
    let error = folder(keep, &environment.desired(), &state).unwrap_err();
    assert!(
        matches!(&error, Error::InTheWay { files, .. } if files == &[path(foreign)]),
        "{error}"
    );
}

#[rstest::rstest]
#[case::changed(Some(b"replicas: 9".as_slice()))]
#[case::removed(None)]
fn a_hand_edit_stops_the_run_unless_it_may_be_overwritten(#[case] content: Option<&[u8]>) {
    let mut state = shop().published();
    state.entries.remove(&path("web.yaml"));
    state
        .entries
        .extend(entries(content.map(|content| ("web.yaml", content))));
    let next = Environment::of(&[
        ("web.yaml", DEPLOYMENT, "replicas: 2"),
        ("svc.yaml", SERVICE, "port: 80"),
    ]);
    let error = folder(Options::default(), &next.desired(), &state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 file in the folder `dev` of the manifest repository changed since gitops-publisher wrote it: web.yaml"
    );
    let overwrite = Options {
        hand_edits: HandEdits::Overwrite,
        ..Options::default()
    };
    let plan = folder(overwrite, &next.desired(), &state).unwrap();
    assert!(plan.writes.contains_key(&path("web.yaml")));
}

#[test]
fn a_hand_edit_that_is_what_we_would_write_is_welcome() {
    let mut state = shop().published();
    state
        .entries
        .extend(entries([("web.yaml", b"replicas: 2".as_slice())]));
    let next = Environment::of(&[
        ("web.yaml", DEPLOYMENT, "replicas: 2"),
        ("svc.yaml", SERVICE, "port: 80"),
    ]);
    let plan = folder(Options::default(), &next.desired(), &state).unwrap();
    assert!(plan.is_empty());
    // It is no edit any more once the ledger has it.
    let overwrite = Options {
        hand_edits: HandEdits::Overwrite,
        ..Options::default()
    };
    let plan = folder(overwrite, &next.desired(), &state).unwrap();
    assert!(plan.files.is_empty());
    state.ledger = Some(plan.ledger.unwrap());
    assert!(
        folder(overwrite, &next.desired(), &state)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_folder_with_the_right_bytes_and_no_ledger_becomes_ours() {
    let state = FolderState {
        ledger: None,
        ..shop().published()
    };
    let plan = folder(Options::default(), &shop().desired(), &state).unwrap();
    assert!(plan.files.is_empty());
    assert!(plan.ledger.is_some());
    assert_eq!(plan.resources, BTreeMap::new());
}

#[test]
fn what_replaces_an_adopted_file_is_changed_and_not_added() {
    let environment = Environment::of(&[
        ("same.yaml", DEPLOYMENT, "replicas: 1"),
        ("other.yaml", SERVICE, "port: 80"),
        ("new.yaml", "v1 ConfigMap shop/web", "data: {}"),
    ]);
    let state = FolderState {
        entries: entries([
            ("same.yaml", b"replicas: 1".as_slice()),
            ("other.yaml", b"port: 8080"),
        ]),
        ..FolderState::default()
    };
    let adopt = Options {
        foreign_files: ForeignFiles::Adopt,
        ..Options::default()
    };
    let plan = folder(adopt, &environment.desired(), &state).unwrap();
    let shown: Vec<_> = plan
        .resources
        .iter()
        .map(|(id, change)| format!("{id} {change:?}"))
        .collect();
    assert_eq!(
        shown,
        ["v1 ConfigMap shop/web Added", "v1 Service shop/web Changed"]
    );
    assert!(!plan.is_new_folder);
}

#[test]
fn a_folder_of_another_environment_is_not_taken_unasked() {
    let state = shop().published();
    let qa = shop();
    let desired = Desired {
        environment: "qa",
        ..qa.desired()
    };
    let error = folder(Options::default(), &desired, &state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the folder `dev` of the manifest repository belongs to the environment `dev`"
    );
    let adopt = Options {
        foreign_files: ForeignFiles::Adopt,
        ..Options::default()
    };
    assert!(folder(adopt, &desired, &state).is_ok());
}

#[rstest::rstest]
#[case::adopting_would_empty_it(ForeignFiles::Adopt, "web.yaml")]
#[case::we_would_write_into_it(ForeignFiles::Keep, "qa/web.yaml")]
#[case::we_would_write_deeper_into_it(ForeignFiles::Keep, "qa/in/web.yaml")]
#[case::we_would_write_over_it(ForeignFiles::Keep, "qa")]
#[case::we_would_put_ours_around_it(ForeignFiles::Keep, "web.yaml")]
#[case::we_would_put_ours_around_it_unasked(ForeignFiles::Fail, "web.yaml")]
fn an_owned_folder_inside_is_never_touched(
    #[case] foreign_files: ForeignFiles,
    #[case] file: &str,
) {
    let environment = Environment::of(&[(file, DEPLOYMENT, "replicas: 1")]);
    let state = FolderState {
        entries: entries([("qa/a.yaml", b"a: 1".as_slice())]),
        inner: vec![path("qa")],
        ..FolderState::default()
    };
    let options = Options {
        foreign_files,
        ..Options::default()
    };
    let error = folder(options, &environment.desired(), &state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the folder `dev` of the manifest repository holds the owned folder `qa` of another environment"
    );
}

/// What stands in an inner folder, of what our ledger lists there.
#[rstest::rstest]
#[case::as_we_wrote_it(&[("in/x.yaml", "x: 1")])]
#[case::changed_by_its_owner(&[("in/x.yaml", "x: 2")])]
#[case::gone(&[])]
#[case::more_of_it(&[("in/x.yaml", "x: 1"), ("in/deep/y.yaml", "y: 1"), ("in/z.txt", "")])]
#[case::nothing_of_ours(&[("in/y.yaml", "y: 1")])]
#[case::beside_a_name_that_begins_alike(&[("in/x.yaml", "x: 1"), ("inside.txt", "")])]
fn what_our_ledger_lists_in_an_inner_folder_is_not_ours(#[case] inside: &[(&str, &str)]) {
    let before = Environment::of(&[
        ("web.yaml", DEPLOYMENT, "replicas: 1"),
        ("in/x.yaml", SERVICE, "x: 1"),
    ]);
    let mut state = before.published();
    state.entries.remove(&path("in/x.yaml"));
    let inside = inside.iter().map(|(name, text)| (*name, text.as_bytes()));
    state.entries.extend(entries(inside));
    state.inner = vec![path("in")];
    let next = Environment::of(&[("web.yaml", DEPLOYMENT, "replicas: 2")]);
    let plan = folder(Options::default(), &next.desired(), &state).unwrap();
    let files: Vec<_> = plan.files.keys().map(RelPath::as_str).collect();
    assert_eq!(files, ["web.yaml"]);
    assert_eq!(plan.resources_before, 1);
    assert_eq!(plan.count(ResourceChange::Removed), 0);
    let kept = plan.ledger.unwrap();
    assert_eq!(kept.files.keys().collect::<Vec<_>>(), [&path("web.yaml")]);
}

#[rstest::rstest]
#[case::another_environment("qa", "https://contoso.com/hld", true)]
#[case::another_source("dev", "https://contoso.com/other", true)]
#[case::the_same("dev", "https://contoso.com/hld", false)]
fn a_folder_in_one_of_another_is_not_ours(
    #[case] environment: &str,
    #[case] repository: &str,
    #[case] refused: bool,
) {
    let mut ours = shop();
    ours.folder = Folder::parse("a/b").unwrap();
    ours.publication.source.repository = Some("https://contoso.com/hld".to_owned());
    let mut ledger = shop().published().ledger.unwrap();
    ledger.environment = environment.to_owned();
    ledger.publication.source.repository = Some(repository.to_owned());
    let state = FolderState {
        outer: vec![(Folder::parse("a").unwrap(), ledger)],
        ..FolderState::default()
    };
    let found = folder(Options::default(), &ours.desired(), &state);
    let said = format!(
        "the folder `a/b` of the manifest repository lies in the folder `a`, which belongs to the environment `{environment}` of {repository}"
    );
    let error = found.map_err(|error| error.to_string()).err();
    assert_eq!(error, refused.then_some(said));
}
