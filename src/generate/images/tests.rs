//! Which references change, and that nothing else does.

use super::*;
use crate::error;
use crate::generate::Kind;

const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const OLD: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

fn images(items: &[&str]) -> Images {
    let items: Vec<_> = items.iter().map(|item| item.replace("ONE", ONE)).collect();
    Images::parse(&items).unwrap()
}

fn part(file: &str, text: &str) -> Part {
    let file = RelPath::parse(file).unwrap();
    Part {
        label: "base".to_owned(),
        files: [(file, Bytes::from(text.to_owned()))].into_iter().collect(),
        kind: Kind::Manifests,
    }
}

fn set_in(
    file: &str,
    text: &str,
    given: &Images,
    paths: &[&str],
) -> Result<(String, Report), Error> {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| ImagePath::parse(path).unwrap())
        .collect();
    let mut parts = [part(file, text)];
    let report = set_images(&mut parts, given, &paths)?;
    let content = parts[0].files.iter().next().unwrap().1.clone();
    Ok((String::from_utf8(content.to_vec()).unwrap(), report))
}

fn set(text: &str, items: &[&str]) -> String {
    set_in("a.yaml", text, &images(items), &[]).unwrap().0
}

fn said(error: Error) -> String {
    let error = error::Error::from(error);
    format!("{error}\n-> {}", error.all_hints().join("\n-> "))
}

#[rstest::rstest]
#[case("nginx", "nginx=1.27", "nginx:1.27")]
#[case("nginx:1.2", "nginx:1.27", "nginx:1.27")]
#[case(
    "docker.io/library/nginx:1.2",
    "nginx=1.27",
    "docker.io/library/nginx:1.27"
)]
#[case("nginx:1.2", "index.docker.io/library/nginx=1.27", "nginx:1.27")]
#[case("contoso/nginx:1.2", "nginx=1.27", "contoso/nginx:1.2")]
#[case("nginx-exporter:1.2", "nginx=1.27", "nginx-exporter:1.2")]
#[case("r.io:5000/web", "r.io:5000/web=v2", "r.io:5000/web:v2")]
#[case("r.io:5000/web:v1", "r.io:5000/web:v2", "r.io:5000/web:v2")]
#[case("web:v1@OLD", "web=v2", "web:v2")]
#[case("web:v1", "web@ONE", "web@ONE")]
#[case("web:v1", "web=ONE", "web@ONE")]
#[case("web:v1", "web=@ONE", "web@ONE")]
#[case("web:v1", "web=v2@ONE", "web:v2@ONE")]
#[case("web:v1", "web=:v2", "web:v2")]
#[case(
    "web:v1@OLD",
    "web=contoso.azurecr.io/web",
    "contoso.azurecr.io/web:v1@OLD"
)]
#[case(
    "web:v1",
    "web=contoso.azurecr.io/shop:v2@ONE",
    "contoso.azurecr.io/shop:v2@ONE"
)]
#[case("web:v1", "web=shop:v2", "shop:v2")]
fn an_image_is_set_by_its_name(#[case] before: &str, #[case] item: &str, #[case] after: &str) {
    let fill = |text: &str| text.replace("ONE", ONE).replace("OLD", OLD);
    let text = |image: &str| format!("containers: [{{image: '{}'}}]\n", fill(image));
    assert_eq!(set(&text(before), &[item]), text(after));
}

#[rstest::rstest]
#[case("web", "it has neither tag nor digest")]
#[case("web=", "the tag is empty")]
#[case("web:", "the tag is empty")]
#[case("=v1", "there is no name of an image")]
#[case("Web=v1", "the name of an image is lower case")]
#[case("web=v 1", "it has no valid tag")]
#[case("web=v1@sha256:12", "a digest is `sha256:` and 64 hexadecimal digits")]
#[case("web:1=v1", "there is a tag on the left of `=`")]
#[case("web=r.io/a:", "the tag is empty")]
fn an_item_that_says_nothing_sensible_is_refused(#[case] item: &str, #[case] reason: &str) {
    assert_eq!(
        said(Images::parse(&[item.to_owned()]).unwrap_err()),
        format!(
            "`images`: {item:?}: {reason}\n-> write `name=tag`, `name@sha256:…`, or `name=registry/name:tag`"
        )
    );
}

const EVERYWHERE: &str = "\
# shop
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers:
          - {name: a, image: web}   # flow
          containers:
          - name: b
            image: \"web:1\" # quoted
            env: [{name: IMAGE, value: web:1}]
          - name: c
            image:   web:1
          ephemeralContainers:
            - image: 'web:1'
          volumes:
          - name: d
            image: {pullPolicy: Always, reference: web:1}
---
apiVersion: v1
kind: List
items:
- kind: Pod
  spec:
    containers:
    - image: >-
        web:1
    imagePullSecrets: [{name: web}]
---
kind: ConfigMap
data: {image: web:1, containers: web:1}
";

#[test]
fn images_are_set_wherever_a_pod_is_and_nothing_else_changes() {
    let after = set(EVERYWHERE, &["web=v2"]);
    let changed: Vec<_> = EVERYWHERE
        .lines()
        .zip(after.lines())
        .filter(|(old, new)| old != new)
        .map(|(_, new)| new.trim())
        .collect();
    assert_eq!(
        changed,
        [
            "- {name: a, image: \"web:v2\"}   # flow",
            "image: \"web:v2\" # quoted",
            "image:   web:v2",
            "- image: 'web:v2'",
            "image: {pullPolicy: Always, reference: \"web:v2\"}",
            "web:v2",
        ]
    );
    assert_eq!(after.lines().count(), EVERYWHERE.lines().count());
}

#[test]
fn json_is_edited_in_place() {
    let text = "{\n\t\"spec\": {\"containers\": [ {\"image\":\"contoso\\/web:1\"} ] }\n}\n";
    let (after, report) = set_in("a.json", text, &images(&["contoso/web=2"]), &[]).unwrap();
    assert_eq!(after, text.replace("contoso\\/web:1", "contoso/web:2"));
    let change = &report.changes[0];
    assert_eq!(
        (change.line, change.from.as_str(), change.to.as_str()),
        (2, "contoso/web:1", "contoso/web:2")
    );
}

const RESOURCE: &str = "\
apiVersion: shop.contoso.com/v1
kind: Shop
metadata: {name: main}
spec:
  image: web:1
  images: [web:1, {name: web:1}]
  chart:
    image:
      repository: web
      tag: 1.10 # number
  more:
  - repository: web
    version: {tag: \"1\"}
  - repository: api
";

#[rstest::rstest]
#[case("Shop:spec.image", "image: web:v2")]
#[case("Shop.shop.contoso.com:spec.image", "image: web:v2")]
#[case("Shop.contoso.com:spec.image", "")]
#[case("Store:spec.image", "")]
#[case("Shop:spec.images[]", "images: [\"web:v2\", {name: web:1}]")]
#[case("Shop:spec.images[].name", "images: [web:1, {name: \"web:v2\"}]")]
#[case("Shop:spec.nothing.there[]", "")]
#[case(
    "Shop:spec.chart.image.repository,spec.chart.image.tag",
    "tag: v2 # number"
)]
#[case(
    "Shop:spec.more[].repository,spec.more[].version.tag",
    "version: {tag: \"v2\"}"
)]
fn custom_resources_have_images_at_declared_paths(#[case] path: &str, #[case] line: &str) {
    let (after, _) = set_in("a.yaml", RESOURCE, &images(&["web=v2"]), &[path]).unwrap();
    let changed: Vec<_> = RESOURCE
        .lines()
        .zip(after.lines())
        .filter(|(old, new)| old != new)
        .map(|(_, new)| new.trim())
        .collect();
    assert_eq!(changed.join("\n"), line);
}

#[test]
fn a_split_image_takes_name_tag_and_digest() {
    let path = "Shop:spec.chart.image.repository,spec.chart.image.tag";
    let given = images(&["web=contoso.azurecr.io/web:1.10@ONE"]);
    let (after, _) = set_in("a.yaml", RESOURCE, &given, &[path]).unwrap();
    let expected = format!("repository: contoso.azurecr.io/web\n      tag: 1.10@{ONE} # number\n");
    assert!(after.contains(&expected), "{after}");
    let (after, report) = set_in("a.yaml", RESOURCE, &images(&["web=1.10"]), &[path]).unwrap();
    assert!(after.contains("tag: \"1.10\" # number\n"), "{after}");
    assert_eq!(report.changes.len(), 1);
}

#[rstest::rstest]
#[case(
    "Shop:spec.more[].repository,spec.more[].version.tag",
    "api=v2",
    "the source `base`, `a.yaml`: Shop main names the image `api`, but has no `spec.more[].version.tag` to set\n\
     -> add the field to the source; any value will do"
)]
#[case(
    "Shop:spec.chart.image.repository,spec.chart.image.tag",
    "web=ONE",
    "the source `base`, `a.yaml`: Shop main: the image `web` is set by digest alone, but `spec.chart.image.tag` takes a tag\n\
     -> give the tag as well: `name=tag@sha256:…`"
)]
fn a_split_image_that_cannot_be_set_is_an_error(
    #[case] path: &str,
    #[case] item: &str,
    #[case] message: &str,
) {
    let error = set_in("a.yaml", RESOURCE, &images(&[item]), &[path]).unwrap_err();
    assert_eq!(said(error), message);
}

#[test]
fn an_image_that_something_else_shares_is_an_error() {
    let text = "containers:\n- image: &web web:1\nlabel: *web\n";
    let error = set_in("a.yaml", text, &images(&["web=2"]), &[]).unwrap_err();
    assert_eq!(
        said(error),
        "the source `base`, `a.yaml`: the image at line 2, column 15 cannot be changed on its own\n\
         -> something else in the file uses the value through an anchor, or it ends in a line break: write the image out where it is used"
    );
}

#[test]
fn what_cannot_hold_a_named_image_is_not_even_read() {
    let odd = "not: [parsed, nginx";
    assert_eq!(set(odd, &["web=2"]), odd);
    assert_eq!(set(odd, &[]), odd);
    let error = set_in("a.yaml", odd, &images(&["nginx=2"]), &[]).unwrap_err();
    assert!(said(error).starts_with("the source `base`: `a.yaml` is malformed, line 1"));
}

#[test]
fn a_name_behind_an_escape_is_found() {
    let text = "containers: [{image: \"w\\x65b:1\"}]\n";
    assert_eq!(set(text, &["web=2"]), "containers: [{image: \"web:2\"}]\n");
}

#[test]
fn an_image_that_occurs_nowhere_is_a_finding() {
    let mut given = images(&["web=2", "api=2"]);
    given.add_file("built.txt", "db:1\nweb:3\n").unwrap();
    given.add_file("other.txt", "cache:1\nqueue:1\n").unwrap();
    let (_, report) = set_in(
        "a.yaml",
        "containers: [{image: web:2}, {image: db}]",
        &given,
        &[],
    )
    .unwrap();
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "`images`: the image `api` occurs in no manifest",
            "`other.txt`: none of its images occurs in a manifest",
        ]
    );
    assert_eq!(report.changes.len(), 1);
}

#[test]
fn the_setting_wins_over_files_and_files_must_agree() {
    let mut given = images(&["web=2"]);
    given.add_file("a.txt", "web:3\napi:1\n").unwrap();
    given
        .add_file("b.txt", "docker.io/library/api:1\n")
        .unwrap();
    assert_eq!(
        said(given.add_file("c.txt", "\napi:2\n").unwrap_err()),
        "the image `api` is set to `api:1` by `a.txt`, line 2 and to `api:2` by `c.txt`, line 2\n\
         -> keep one of them; `images` wins over `imageFiles`"
    );
    let items = ["web=1".to_owned(), "web=2".to_owned()];
    assert!(matches!(Images::parse(&items), Err(Error::Conflict { .. })));
}

#[rstest::rstest]
#[case("<<: *b")]
#[case("!!merge <<: *b")]
#[case("<<: [*b]")]
#[case("!<tag:yaml.org,2002:merge> <<: *b")]
#[case("!!merge '<<': [{tty: true}, *b]")]
fn an_image_behind_a_merge_key_is_set_where_it_is_written(#[case] merge: &str) {
    let text = |image: &str| {
        format!(
            "kind: Pod\nspec:\n  initContainers:\n  - &b {{name: a, image: '{image}'}}\n  containers:\n  - {{{merge}, name: b}}\n"
        )
    };
    assert_eq!(set(&text("web:v1"), &["web=v2"]), text("web:v2"));
}

#[test]
fn an_image_that_a_merge_key_brings_to_a_container_alone_cannot_change_by_itself() {
    let text = "x-base: &b {image: web:v1}\nkind: Pod\nspec:\n  containers:\n  - {!!merge <<: *b, name: b}\n";
    let error = set_in("a.yaml", text, &images(&["web=v2"]), &[]).unwrap_err();
    assert!(matches!(error, Error::Shared { .. }), "{error}");
}
