//! What each edit changes, and what each that cannot be made says.

use std::collections::BTreeMap;

use super::*;

mod refused;

fn texts(files: &[(&str, &str)]) -> BTreeMap<RelPath, String> {
    let file = |(path, text): &(&str, &str)| (RelPath::parse(path).unwrap(), (*text).to_owned());
    files.iter().map(file).collect()
}

fn run(lines: &[&str], files: &[(&str, &str)]) -> Result<Changes, Refusal> {
    let edits: Vec<_> = lines
        .iter()
        .map(|line| Edit::parse(line))
        .collect::<Result<_, _>>()?;
    apply(&edits, &texts(files))
}

/// The new text of the only file.
fn edited(line: &str, file: &str, text: &str) -> String {
    let changes = run(&[line], &[(file, text)]).unwrap();
    let [(_, new)] = <[_; 1]>::try_from(changes.files.into_iter().collect::<Vec<_>>()).unwrap();
    new
}

/// The message and the remedy.
fn refused(line: &str, files: &[(&str, &str)]) -> String {
    let refusal = run(&[line], files).unwrap_err();
    format!(
        "{refusal} | {}",
        refusal.hint.as_deref().unwrap_or_default()
    )
}

fn warnings(line: &str, files: &[(&str, &str)]) -> Vec<String> {
    let changes = run(&[line], files).unwrap();
    changes.warnings.iter().map(ToString::to_string).collect()
}

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  releaseName: web # never change
  chart:
    spec:
      chart: web
      version: 1.4.1 # the pipeline sets this
      sourceRef: {kind: HelmRepository, name: charts}
  values:
    replicas: 2
    image: {tag: \"1.9\"}
";

const OLD: &str = "apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  chart:\n    repository: https://charts.contoso.com\n    name: web\n    version: '1.4.1'\n";

const GIT: &str = "apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nmetadata: {name: git}\nspec:\n  chart:\n    git: git@github.com:contoso/web\n    ref: main\n";

const OCI: &str = "kind: OCIRepository\napiVersion: source.toolkit.fluxcd.io/v1\nmetadata: {name: web}\nspec:\n  url: oci://contoso.azurecr.io/web\n  ref:\n    tag: 1.4.1\n";

const FLUX: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec:\n  images:\n  - {name: contoso.io/web, newTag: v1}\n";

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source:
    chart: web
    targetRevision: 1.4.1
    helm:
      valuesObject: {replicas: 2}
      parameters:
      - {name: image.tag, value: \"1.9\"}
";

const SET: &str = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web}
spec:
  template:
    spec:
      sources:
      - chart: web
        targetRevision: 1.4.1
      - ref: values
        targetRevision: main
";

const KUSTOMIZATION: &str = "resources: [web.yaml]
images:
- name: web
  newName: contoso.azurecr.io/web
  newTag: v1.9   # the image
- name: contoso.azurecr.io/job
  newTag: \"7\"
  digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
";

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

#[rstest::rstest]
#[case::flux(
    "HelmRelease shop/web version=1.4.2",
    RELEASE,
    "version: 1.4.1 #",
    "version: 1.4.2 #"
)]
#[case::by_path(
    "release.yaml spec.chart.spec.version=1.4.2",
    RELEASE,
    "version: 1.4.1 #",
    "version: 1.4.2 #"
)]
#[case::a_version_is_a_string(
    "HelmRelease web version=1.10",
    RELEASE,
    "version: 1.4.1 #",
    "version: \"1.10\" #"
)]
#[case::values(
    "HelmRelease shop/web values.image.tag=1.10",
    RELEASE,
    "tag: \"1.9\"",
    "tag: \"1.10\""
)]
#[case::a_number_stays_one(
    "HelmRelease shop/web values.replicas=3",
    RELEASE,
    "replicas: 2",
    "replicas: 3"
)]
#[case::helm_operator("HelmRelease web version=1.4.2", OLD, "'1.4.1'", "'1.4.2'")]
#[case::helm_operator_with_git("HelmRelease git version=v2", GIT, "ref: main", "ref: v2")]
#[case::oci("OCIRepository web version=1.4.2", OCI, "tag: 1.4.1", "tag: 1.4.2")]
#[case::flux_kustomization(
    "Kustomization apps image=contoso.io/web:v2",
    FLUX,
    "newTag: v1",
    "newTag: v2"
)]
#[case::argo_cd(
    "Application argocd/web version=1.4.2",
    APPLICATION,
    "Revision: 1.4.1",
    "Revision: 1.4.2"
)]
#[case::argo_cd_object(
    "Application web values.replicas=3",
    APPLICATION,
    "replicas: 2",
    "replicas: 3"
)]
#[case::argo_cd_parameter(
    "Application web values.image.tag=2",
    APPLICATION,
    "value: \"1.9\"",
    "value: \"2\""
)]
#[case::the_only_chart(
    "ApplicationSet web version=1.4.2",
    SET,
    "Revision: 1.4.1",
    "Revision: 1.4.2"
)]
#[case::one_of_several(
    "ApplicationSet web spec.template.spec.sources[ref=values].targetRevision=1e3",
    SET,
    "Revision: main",
    "Revision: \"1e3\""
)]
fn one_value_changes(#[case] line: &str, #[case] text: &str, #[case] old: &str, #[case] new: &str) {
    assert_eq!(text.matches(old).count(), 1);
    assert_eq!(edited(line, "release.yaml", text), text.replace(old, new));
}

#[rstest::rstest]
#[case(
    "image=contoso.azurecr.io/web:v2.0",
    "newTag: v1.9   #",
    "newTag: v2.0   #"
)]
#[case(
    "image=web=contoso.azurecr.io/shop:v1.9",
    "newName: contoso.azurecr.io/web",
    "newName: contoso.azurecr.io/shop"
)]
#[case("images[name=web].newTag=8", "newTag: v1.9", "newTag: \"8\"")]
fn an_image_of_a_kustomization(#[case] field: &str, #[case] old: &str, #[case] new: &str) {
    let line = format!("web/kustomization.yaml {field}");
    let text = edited(&line, "web/kustomization.yaml", KUSTOMIZATION);
    assert_eq!(text, KUSTOMIZATION.replace(old, new));
}

#[test]
fn a_tag_and_its_digest_change_together() {
    let line = format!("kustomization.yaml image=contoso.azurecr.io/job:8@{DIGEST}");
    let text = edited(&line, "kustomization.yaml", KUSTOMIZATION);
    let zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let meant = KUSTOMIZATION
        .replace("\"7\"", "\"8\"")
        .replace(zeros, DIGEST);
    assert_eq!(text, meant);
}

#[test]
fn markers_of_flux_get_the_parts_that_they_name() {
    let text = "a: web:1 # {\"$imagepolicy\": \"flux-system:web\"}
b: {tag: x} # {\"$imagepolicy\": \"flux-system:web:tag\"}
c: web # {\"$imagepolicy\": \"flux-system:web:name\"}
d: web:1 # {\"$imagepolicy\": \"flux-system:other\"}
e: '# {\"$imagepolicy\": \"flux-system:web\"}'
";
    let meant = text
        .replace("a: web:1", "a: contoso.io/web:2")
        .replace("tag: x", "tag: \"2\"")
        .replace("c: web ", "c: contoso.io/web ");
    let line = "ImagePolicy flux-system/web image=contoso.io/web:2";
    assert_eq!(edited(line, "web.yaml", text), meant);
}

#[rstest::rstest]
#[case::windows(
    "\u{feff}# hi\r\ntag: a # x\r\nb: 1",
    "\u{feff}# hi\r\ntag: v2 # x\r\nb: 1"
)]
#[case::json_like("{\"tag\": 1.5,\n \"b\": [1]}", "{\"tag\": v2,\n \"b\": [1]}")]
#[case::spaced("tag:    'a'   # x\n\n\n# end", "tag:    'v2'   # x\n\n\n# end")]
#[case::several_documents("---\nb: 1\n---\ntag: a\n...\n", "---\nb: 1\n---\ntag: v2\n...\n")]
#[case::unshared_anchor("tag: &t a\nb: 1\n", "tag: &t v2\nb: 1\n")]
fn all_other_bytes_stay(#[case] text: &str, #[case] meant: &str) {
    assert_eq!(edited("v.yaml tag=v2", "v.yaml", text), meant);
}

#[test]
fn json_keeps_its_bytes_and_types() {
    let text = "{\n\t\"version\": \"1.0.0\", \"n\": 12,\n\t\"e\": 1.50\n}";
    let changes = run(
        &["p.json version=2.0", "p.json n=13", "p.json e=2.0"],
        &[("p.json", text)],
    );
    let files = changes.unwrap().files;
    let meant = text
        .replace("1.0.0", "2.0")
        .replace("12", "13")
        .replace("1.50", "2.0");
    assert_eq!(files.values().next(), Some(&meant));
}

#[rstest::rstest]
#[case::basic("tool.version=2.0", "version = \"1.0\"", "version = \"2.0\"")]
#[case::literal("tool.name=it's", "'web'", "\"it's\"")]
#[case::number("tool.count=4", "count = 3", "count = 4")]
#[case::switch("tool.on=false", "on = true", "on = false")]
#[case::inline("images[name=web].tag=v2", "tag = 'v1'", "tag = 'v2'")]
#[case::array("tool.list[1]=c", "\"b\"", "\"c\"")]
fn toml_keeps_its_bytes_and_types(#[case] field: &str, #[case] old: &str, #[case] new: &str) {
    let text = "\u{feff}# it\r\n[tool]\r\nversion = \"1.0\"   # x\r\nname = 'web'\r\ncount = 3\r\non = true\r\nlist = [\"a\", \"b\"]\r\nlong = \"\"\"\r\nx\"\"\"\r\n\r\n[[images]]\r\nname = \"web\"\r\ntag = 'v1'";
    assert_eq!(text.matches(old).count(), 1);
    let line = format!("a.toml {field}");
    assert_eq!(edited(&line, "a.toml", text), text.replace(old, new));
    assert_eq!(
        refused("a.toml tool.long=y", &[("a.toml", text)]),
        "a.toml, line 8: `tool.long` is a block of text, which is not edited | write the value in the line of its key"
    );
}

#[rstest::rstest]
#[case("a.yaml", "v: true", "False", "v: false")]
#[case("a.yaml", "v: true", "no", "v: false")]
#[case("a.yaml", "v: off", "on", "v: true")]
#[case("a.yaml", "v: yes", "FALSE", "v: false")]
#[case("a.json", "{\"v\": true}", "False", "{\"v\": false}")]
#[case("a.toml", "v = true", "False", "v = false")]
#[case("a.yaml", "v: 1.5", "2.0", "v: 2.0")]
#[case("a.yaml", "v: 1.5", "1.10", "v: 1.10")]
#[case("a.yaml", "v: 1.5", "1e3", "v: 1e3")]
#[case("a.yaml", "v: 0755", "0644", "v: 0644")]
#[case("a.yaml", "v: 0x1F", "0x2F", "v: 0x2F")]
#[case("a.yaml", "v: 1", "-1", "v: -1")]
#[case("a.yaml", "v: -1", "-0", "v: -0")]
#[case("a.yaml", "imageTag: 1.9", "1.10", "imageTag: \"1.10\"")]
#[case("a.yaml", "version: 1.9", "abc", "version: abc")]
#[case("a.yaml", "version: 2", "3", "version: 3")]
#[case("a.yaml", "version: 2", "1e3", "version: \"1e3\"")]
#[case("a.yaml", "useTag: true", "False", "useTag: false")]
#[case("a.yaml", "v: 2020-01-01", "2021-01-01", "v: \"2021-01-01\"")]
#[case("a.json", "{\"v\": 1.5}", "2.0", "{\"v\": 2.0}")]
#[case("a.json", "{\"v\": 1}", "-1e3", "{\"v\": -1e3}")]
#[case("a.toml", "v = 0x1F", "0x2F", "v = 0x2F")]
#[case("a.toml", "v = 0x1F", "32", "v = 32")]
#[case("a.toml", "v = 1_000", "2_000", "v = 2_000")]
#[case("a.toml", "v = 1.5", "2.0", "v = 2.0")]
#[case("a.toml", "v = 1.5", "inf", "v = inf")]
#[case("a.toml", "v = 2020-01-01", "2021-01-01", "v = 2021-01-01")]
#[case("a.toml", "v = '2020-01-01'", "2021-01-01", "v = '2021-01-01'")]
#[case("a.toml", "v = 1", "9223372036854775807", "v = 9223372036854775807")]
fn a_value_keeps_its_type(
    #[case] file: &str,
    #[case] text: &str,
    #[case] value: &str,
    #[case] new: &str,
) {
    let key = text.trim_start_matches(['{', '"']);
    let key = key.split(['"', ':', ' ']).next().unwrap_or_default();
    let (old, new) = (format!("{text}\n"), format!("{new}\n"));
    assert_eq!(edited(&format!("{file} {key}={value}"), file, &old), new);
}

#[rstest::rstest]
#[case("a.yaml", "v: true", "0", "a boolean")]
#[case("a.yaml", "v: yes", "maybe", "a boolean")]
#[case("a.yaml", "v: 2", "abc", "a number")]
#[case("a.yaml", "v: 2", "true", "a number")]
#[case("a.yaml", "v: 2", "1.2.3", "a number")]
#[case("a.json", "{\"v\": 1}", "0755", "a number")]
#[case("a.json", "{\"v\": 1}", "0x1F", "a number")]
#[case("a.json", "{\"v\": true}", "1", "a boolean")]
#[case("a.toml", "v = 1", "0755", "a number")]
#[case("a.toml", "v = 1", "9223372036854775808", "a number")]
#[case("a.toml", "v = 1", "0xFFFFFFFFFFFFFFFF", "a number")]
#[case("a.toml", "v = 1", "2 # two", "a number")]
#[case("a.toml", "v = 2020-01-01", "soon", "a date or time")]
fn a_value_of_another_type_is_refused(
    #[case] file: &str,
    #[case] text: &str,
    #[case] value: &str,
    #[case] what: &str,
) {
    let remedy = match what {
        "a boolean" => "give `true` or `false`",
        "a number" => "give a number",
        _ => "give one",
    };
    let said = format!(
        "{file}, line 1: `v` is {what}, and `{value}` is none | {remedy}; where a text is meant, write the value in quotes once by hand"
    );
    assert_eq!(refused(&format!("{file} v={value}"), &[(file, text)]), said);
}

#[test]
fn another_spelling_of_a_boolean_is_no_change() {
    let changes = run(&["a.yaml v=True"], &[("a.yaml", "v: yes\n")]).unwrap();
    assert!(changes.files.is_empty() && changes.unchanged == 1);
}

#[test]
fn what_is_set_already_is_no_change() {
    let lines = [
        "HelmRelease shop/web version=1.4.1",
        "HelmRelease shop/web values.replicas=2",
        "HelmRelease shop/web values.image.tag=1.9",
    ];
    let changes = run(&lines, &[("a.yaml", RELEASE)]).unwrap();
    assert!(changes.files.is_empty() && changes.set.is_empty());
    assert_eq!(changes.unchanged, 3);
}

#[test]
fn a_pattern_of_files_means_every_file_that_has_the_field() {
    let files = [
        ("prod/weu/values.yaml", "tag: a\n"),
        ("prod/neu/values.yaml", "tag: b\n"),
        ("prod/neu/other.yaml", "x: b\n"),
        ("dev/values.yaml", "tag: c\n"),
    ];
    let changes = run(&["prod/** tag=v2"], &files).unwrap();
    let set: Vec<_> = changes
        .set
        .iter()
        .map(|one| {
            format!(
                "{}:{} {} {} {}",
                one.file, one.line, one.field, one.before, one.after
            )
        })
        .collect();
    assert_eq!(
        set,
        [
            "prod/neu/values.yaml:1 tag b v2",
            "prod/weu/values.yaml:1 tag a v2"
        ]
    );
}

#[test]
fn later_edits_see_what_earlier_ones_did() {
    let lines = ["a.yaml l[n=x].n=z", "a.yaml l[n=z].v=3"];
    let changes = run(&lines, &[("a.yaml", "l: [{n: x, v: 1}, {n: y, v: 2}]\n")]).unwrap();
    assert_eq!(
        changes.files.values().next().unwrap(),
        "l: [{n: z, v: 3}, {n: y, v: 2}]\n"
    );
}

#[rstest::rstest]
#[case(
    "version=1",
    "`version` is to be set, and neither a file nor an object is named | write `[FILES] [KIND [NAMESPACE/]NAME] FIELD=VALUE`"
)]
#[case(
    "a.yaml version",
    "`a.yaml version` cannot be read as an edit: there is no `=` | write"
)]
#[case(
    "HelmRelease shop/web version=",
    "the value of `HelmRelease shop/web version` is empty | a variable that it is made of may not be set; to write an empty text, give `\"\"`"
)]
#[case(
    "HelmRelease shop/ version=1",
    "\"HelmRelease shop/\" does not name an object | write its kind and its name, for example `HelmRelease shop/web`"
)]
#[case(
    "HelmRelease shop/web version=latest",
    "a.yaml, HelmRelease shop/web: the version \"latest\" does not follow Semantic Versioning | a chart's version has three numbers"
)]
#[case(
    "HelmRelease shop/wab version=1",
    "no file has HelmRelease shop/wab | check kind, namespace and name, and the branch"
)]
#[case(
    "HelmRelease dev/web version=1",
    "no file has HelmRelease dev/web | one of that kind and name is in `shop` (a.yaml); where a kustomization sets the namespace, leave it out"
)]
#[case(
    "b.yaml HelmRelease shop/web version=1",
    "b.yaml has no HelmRelease shop/web | check kind"
)]
#[case(
    "HelmRelease shop/web spec.chart.spec.verison=1",
    "a.yaml, HelmRelease shop/web: there is no key `verison` in `spec.chart.spec`; did you mean `version`? | check the path. Values are changed, never added: write the key once by hand"
)]
#[case(
    "HelmRelease shop/web spec.chart=1",
    "a.yaml, HelmRelease shop/web: `spec.chart` is a map, not a single value | name one value in it"
)]
#[case(
    "a.yaml spec.nothing=1",
    "a.yaml: there is no key `nothing` in `spec` | check the path"
)]
fn an_edit_that_means_nothing_says_so(#[case] line: &str, #[case] said: &str) {
    let found = refused(line, &[("a.yaml", RELEASE), ("b.yaml", "x: 1\n")]);
    assert!(found.starts_with(said), "{found}");
}

#[rstest::rstest]
#[case::shared(
    "v: &a x\nw: *a\n",
    "a.yaml, line 1: `v` cannot be changed on its own: other places share it through an anchor or a merge key | write the value out at the places that share it, or edit the file by hand"
)]
#[case::merged(
    "b: &b {v: x}\n<<: *b\n",
    "a.yaml, line 1: `v` cannot be changed on its own"
)]
#[case::block(
    "v: |\n  x\n",
    "a.yaml, line 2: `v` is a block of text, which is not edited | write the value in the line of its key"
)]
#[case::stripped(
    "v: |-\n  x\n  z\n",
    "a.yaml, line 2: `v` is a block of text, which is not edited"
)]
#[case::folded(
    "v: >- # why\n  x\nw: 1\n",
    "a.yaml, line 2: `v` is a block of text, which is not edited"
)]
#[case::empty(
    "v:\nw: 1\n",
    "a.yaml: `v` has no value yet | values are changed, never added: write one once by hand"
)]
#[case::malformed("v: [\n", "`a.yaml v`: a.yaml, line ")]
#[case::twice(
    "v: x\n---\nv: y\n",
    "`a.yaml v` fits several documents, and one is meant: a.yaml, line 1; a.yaml, line 3 | name the object in front of the field: its kind, and its name"
)]
fn a_value_that_cannot_change_by_itself_is_refused(#[case] text: &str, #[case] said: &str) {
    let found = refused("a.yaml v=z", &[("a.yaml", text)]);
    assert!(found.starts_with(said), "{found}");
}

#[test]
fn one_object_in_two_files_needs_a_file() {
    let files = [("dev/a.yaml", RELEASE), ("prod/a.yaml", RELEASE)];
    assert_eq!(
        refused("HelmRelease shop/web version=2.0.0", &files),
        "`HelmRelease shop/web version` fits several documents, and one is meant: dev/a.yaml, line 1; prod/a.yaml, line 1 | name the namespace, too, or the file in front of the kind"
    );
    let changes = run(&["prod/a.yaml HelmRelease shop/web version=2.0.0"], &files).unwrap();
    assert_eq!(changes.files.len(), 1);
    let changes = run(&["*/a.yaml HelmRelease shop/web version=2.0.0"], &files).unwrap();
    assert_eq!(changes.files.len(), 2);
}

#[rstest::rstest]
#[case::by_reference(
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec: {chartRef: {kind: OCIRepository, name: shop}}\n",
    "HelmRelease web version=2.0.0",
    "a.yaml, HelmRelease web: the release takes its chart from OCIRepository `shop` (`chartRef`), which has the version | set it there: `OCIRepository shop version=2.0.0`"
)]
#[case::digest(
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web}\nspec: {ref: {tag: '1', digest: x}}\n",
    "OCIRepository web version=2.0.0",
    "a.yaml, OCIRepository web: `spec.ref.digest` is set, and wins over every version | give the digest, too: `version=1.4.2@sha256:…`; or take it out of the file"
)]
#[case::sources(
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {sources: [{ref: a}, {ref: b}]}\n",
    "Application web version=2.0.0",
    "a.yaml, Application web: there are 2 sources, and one is meant | name the field by its path, for example `spec.sources[chart=web].targetRevision`"
)]
#[case::block(
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {source: {helm: {values: 'a: 1'}}}\n",
    "Application web values.a=2",
    "a.yaml, Application web: neither `spec.source.helm.valuesObject` nor `spec.source.helm.parameters` has `a` | `helm.values` is one block of text, which is not edited: move the value to `valuesObject` or `parameters`"
)]
#[case::no_entry(
    KUSTOMIZATION,
    "kustomization.yaml image=contoso/x:1",
    "kustomization.yaml: `images` has no entry for `contoso/x` | it lists: web, contoso.azurecr.io/job. Add the entry once, with `name` and `newTag`; `image=NAME=IMAGE` names an entry by its `name`"
)]
#[case::pinned(
    KUSTOMIZATION,
    "kustomization.yaml image=contoso.azurecr.io/job:8",
    "kustomization.yaml: the entry for `contoso.azurecr.io/job` in `images` pins a digest, which wins over the tag | give the digest, too: `image=NAME:TAG@DIGEST`"
)]
#[case::no_tag(
    KUSTOMIZATION,
    "kustomization.yaml image=contoso.azurecr.io/web",
    "\"contoso.azurecr.io/web\" is not an image with a tag or a digest | write `NAME:TAG`"
)]
#[case::no_marker(
    RELEASE,
    "ImagePolicy flux-system/web image=web:1",
    "`ImagePolicy flux-system/web image`: no file has a marker of this policy | write it behind the value: `# {\"$imagepolicy\": \"flux-system:web\"}`"
)]
#[case::no_namespace(
    RELEASE,
    "ImagePolicy web image=web:1",
    "`ImagePolicy web image`: markers name a policy with its namespace | write `ImagePolicy flux-system/web`"
)]
#[case::no_digest(
    "a: x # {\"$imagepolicy\": \"f:web:digest\"}\n",
    "ImagePolicy f/web image=web:1",
    "a.yaml, line 1: the marker asks for the digest of the image, and \"web:1\" has none | give both: `image=NAME:TAG@DIGEST`"
)]
#[case::marker_alone(
    "# {\"$imagepolicy\": \"f:web\"}\na: x\n",
    "ImagePolicy f/web image=web:1",
    "a.yaml, line 1: no value that can be set stands in front of the marker | a marker stands behind its value, in the same line"
)]
fn an_edit_that_would_have_no_effect_is_refused(
    #[case] text: &str,
    #[case] line: &str,
    #[case] said: &str,
) {
    let file = if text == KUSTOMIZATION {
        "kustomization.yaml"
    } else {
        "a.yaml"
    };
    let found = refused(line, &[(file, text)]);
    assert!(found.starts_with(said), "{found}");
}

const IMAGES: &str = "images:\n- {name: a, newName: x}\n- {name: b, newName: x}\n- {name: c, newTag: '1'}\n- {name: d, digest: z}\n- {name: d, newTag: '1'}\n";

#[rstest::rstest]
#[case(
    "image=x:1",
    "`images` has several entries for `x`, and one is meant | name the entry by its `name`: `image=NAME=IMAGE`"
)]
#[case(
    "image=d=d:1",
    "`images` has several entries for `d`, and one is meant | name the entry"
)]
#[case(
    "image=a=x:1",
    "the entry for `a` in `images` has no `newTag` | values are changed, never added: write `newTag` once by hand"
)]
#[case(
    "image=c=x:2",
    "the entry for `c` in `images` has no `newName` | values are changed"
)]
#[case(
    "image=c@sha256:00000000000000000000000000000000",
    "the entry for `c` in `images` has no `digest` | values are changed"
)]
fn an_entry_of_images_has_what_is_set(#[case] field: &str, #[case] said: &str) {
    let line = format!("kustomization.yaml {field}");
    let found = refused(&line, &[("kustomization.yaml", IMAGES)]);
    let said = format!("kustomization.yaml: {said}");
    assert!(found.starts_with(&said), "{found}");
}

#[rstest::rstest]
#[case("{semver: '1'}", "version=2.x", "{semver: '2.x'}")]
#[case(
    "{tag: '1', digest: z}",
    "version=2@sha256:00000000000000000000000000000000",
    "{tag: '2', digest: sha256:00000000000000000000000000000000}"
)]
#[case(
    "{semver: '1', digest: z}",
    "version=2@sha256:00000000000000000000000000000000",
    "{semver: '2', digest: sha256:00000000000000000000000000000000}"
)]
#[case(
    "{digest: z}",
    "version=sha256:00000000000000000000000000000000",
    "{digest: sha256:00000000000000000000000000000000}"
)]
#[case("{tag: '1'}", "spec.ref.tag=1.10", "{tag: '1.10'}")]
fn an_oci_repository_keeps_what_it_pins(#[case] old: &str, #[case] field: &str, #[case] new: &str) {
    let text = |reference: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: web}}\nspec: {{ref: {reference}}}\n"
        )
    };
    let line = format!("OCIRepository web {field}");
    // A colon in braces gets quotes for readers of any age.
    let found = edited(&line, "a.yaml", &text(old)).replace('"', "");
    assert_eq!(found, text(new));
}

#[rstest::rstest]
#[case(
    "{tag: '1'}",
    "version=2@sha256:0",
    "`spec.ref` has no `digest` | values are changed, never added: write `digest` once by hand"
)]
#[case(
    "{branch: x}",
    "version=2",
    "`spec.ref` has neither `tag` nor `semver` | values are changed, never added: write `tag` once by hand"
)]
#[case(
    "{semver: '1'}",
    "version=latest",
    "the version \"latest\" does not follow Semantic Versioning | a chart's version has"
)]
fn an_oci_repository_without_the_field_is_refused(
    #[case] reference: &str,
    #[case] field: &str,
    #[case] said: &str,
) {
    let text = format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: web}}\nspec: {{ref: {reference}}}\n"
    );
    let found = refused(&format!("OCIRepository web {field}"), &[("a.yaml", &text)]);
    assert!(
        found.starts_with(&format!("a.yaml, OCIRepository web: {said}")),
        "{found}"
    );
}

#[rstest::rstest]
#[case(
    None,
    None,
    "a",
    "b",
    "`a` is to be set, and neither a file nor an object is named"
)]
#[case(
    Some("a.yaml"),
    None,
    "a=1",
    "b",
    "`a` cannot be read as an edit: a field has no `=`"
)]
#[case(
    Some("a.yaml"),
    None,
    "a",
    "b\nc",
    "the value of `a.yaml a` has several lines"
)]
#[case(
    None,
    Some("HelmRelease"),
    "a",
    "b",
    "\"HelmRelease\" does not name an object"
)]
#[case(
    None,
    Some("HelmRelease a/b/c"),
    "a",
    "b",
    "\"HelmRelease a/b/c\" does not name an object"
)]
fn parts_of_the_settings_file_are_checked(
    #[case] files: Option<&str>,
    #[case] object: Option<&str>,
    #[case] field: &str,
    #[case] value: &str,
    #[case] said: &str,
) {
    let refusal = Edit::of(files, object, field, value).unwrap_err();
    assert_eq!(refusal.to_string(), said);
}

#[test]
fn branches_are_for_what_is_set_whatever_the_value() {
    let place = |line: &str| Edit::parse(line).unwrap().place();
    assert_eq!(place("a.yaml b=1"), place("a.yaml b=2"));
    let image = |image: &str| place(&format!("kustomization.yaml image={image}"));
    assert_eq!(
        image("contoso.io:5000/web:1"),
        image("contoso.io:5000/web:2@sha256:0")
    );
    assert_eq!(
        image("web=contoso.io/web:1"),
        image("web=contoso.io/shop:2")
    );
    assert_ne!(image("contoso.io/web:1"), image("contoso.io/job:1"));
}

#[test]
fn what_has_consequences_is_said() {
    let beta = RELEASE
        .replace("io/v2", "io/v2beta1")
        .replace("      version", "      valuesFile: a.yaml\n      version")
        .replace(
            "the pipeline sets this",
            "{\"$imagepolicy\": \"flux-system:web:tag\"}",
        );
    let repository = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: shop}\nspec: {url: https://contoso.azurecr.io/helm/v1/repo}\n";
    let files = [("a.yaml", beta.as_str()), ("charts.yaml", repository)];
    let mut said = warnings("HelmRelease shop/web version=2.0.0", &files);
    said.extend(warnings(
        "HelmRelease shop/web spec.releaseName=x",
        &[("a.yaml", RELEASE)],
    ));
    let old = OLD.replace(
        "https://charts.contoso.com",
        "https://contoso.azurecr.io/helm",
    );
    said.extend(warnings(
        "HelmRelease web version=2.0.0",
        &[("a.yaml", &old)],
    ));
    let automation = "kind: ImageUpdateAutomation\na: x # {\"$imagepolicy\": \"f:web\"}\n";
    said.extend(warnings(
        "ImagePolicy f/web image=web:1",
        &[("a.yaml", automation)],
    ));
    let chart = "dependencies:\n- name: redis\n  version: 1.0.0\n";
    said.extend(warnings(
        "Chart.yaml dependencies[name=redis].version=1.1.0",
        &[("Chart.yaml", chart)],
    ));
    let updated = APPLICATION.replace(
        "namespace: argocd",
        "annotations: {argocd-image-updater.argoproj.io/image-list: web}",
    );
    said.extend(warnings(
        "Application web values.image.tag=2",
        &[("a.yaml", &updated)],
    ));
    insta::assert_snapshot!(said.join("\n"));
}
