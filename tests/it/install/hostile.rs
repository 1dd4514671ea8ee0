//! Definitions, repositories and archives that mean harm.

use super::*;
use crate::support::web_server::{WebServer, packed};

#[rstest::rstest]
#[case("../evil", "its name or that of its chart cannot be")]
#[case("a/b", "contains a `/`")]
#[case(".git", "its name or that of its chart cannot be")]
#[case("", "its name or that of its chart cannot be")]
fn names_do_not_lead_out(#[case] name: &str, #[case] said: &str) {
    let server = GitServer::start();
    web(&server);
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: '{name}', method: git, source: '{}'}}\n",
        server.url("web")
    ));
    assert_said(&install(&workspace, &[]).fail(), said);
    assert_eq!(server.turns(), 0);
}

#[rstest::rstest]
#[case("https://127.0.0.1:9/charts")]
#[case("oci://127.0.0.1:9/charts")]
fn nor_do_names_of_charts(#[case] source: &str) {
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: cache, type: helm, method: helm, source: '{source}', path: ../x}}\n"
    ));
    assert_said(
        &install(&workspace, &[]).fail(),
        "is not a safe relative path",
    );
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_that_leads_out_of_the_checkout() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), workspace.path().join("components")).unwrap();
    assert_said(&install(&workspace, &[]).fail(), "leads out of");
    assert_eq!(outside.path().read_dir().unwrap().count(), 0);
}

#[test]
fn definitions_that_never_end_are_refused() {
    let server = GitServer::start();
    let own = format!(
        "name: web\nsubcomponents:\n- {{name: web, method: git, source: '{}'}}\n",
        server.url("web")
    );
    server
        .create("web")
        .commit("main", "x", &[("component.yaml", "100644", &own)]);
    let workspace = uses_web(&server, "");
    assert_said(
        &install(&workspace, &[]).fail(),
        "the definition never ends",
    );
    let local = definition("name: shop\nsubcomponents:\n- {name: a, source: ./}\n");
    assert_said(&install(&local, &[]).fail(), "the definition never ends");
}

/// A few lines name as much as anybody likes, when each repository names the next one
/// several times.
#[rstest::rstest]
#[case::at_once(2001, 1)]
#[case::two_levels(45, 2)]
#[case::a_few_more(50, 2)]
#[case::a_hundred_hundreds(100, 2)]
#[case::three_levels(13, 3)]
#[case::three_levels_and_a_few_more(14, 3)]
fn a_definition_that_grows_without_end_is_refused(#[case] entries: usize, #[case] levels: usize) {
    let server = GitServer::start();
    let list = |level: usize| {
        let url = server.url(&format!("level-{level}"));
        let entry = |at| format!("- {{name: e{at}, method: git, source: '{url}'}}\n");
        let all: String = (0..entries).map(entry).collect();
        format!("name: shop\nsubcomponents:\n{all}")
    };
    for level in 1..=levels {
        let own = if level == levels {
            "name: last\n".to_owned()
        } else {
            list(level + 1)
        };
        let repository = server.create(&format!("level-{level}"));
        repository.commit("main", "x", &[("component.yaml", "100644", &own)]);
    }
    let ended = install(&definition(&list(1)), &[]).fail();
    assert_said(
        &ended,
        "the definition names more than 2000 things to install",
    );
}

#[rstest::rstest]
#[case::as_deep_as_it_may_be(64, true)]
#[case::one_level_more(65, false)]
#[case::twice_as_deep(128, false)]
fn a_definition_is_not_deeper_than_anybody_follows(#[case] levels: usize, #[case] fine: bool) {
    let workspace = definition("name: shop\nsubcomponents:\n- {name: a, source: ./level-1}\n");
    for level in 1..=levels {
        let next = format!(
            "subcomponents:\n- {{name: a, source: ../level-{}}}\n",
            level + 1
        );
        let next = if level == levels { "" } else { &next };
        let file = format!("level-{level}/component.yaml");
        workspace.write(&file, &format!("name: level-{level}\n{next}"));
    }
    let ended = install(&workspace, &[]).run();
    assert_eq!(ended.code == Some(0), fine, "{ended:?}");
    if !fine {
        assert_said(&ended, "it is nested more than 64 levels deep");
    }
}

#[test]
fn two_entries_cannot_share_a_folder() {
    let server = GitServer::start();
    web(&server);
    let url = server.url("web");
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: a, method: git, source: '{url}'}}\n- {{name: a, method: git, source: '{url}', branch: main}}\n"
    ));
    let ended = install(&workspace, &[]).fail();
    assert_said(
        &ended,
        "it is installed in `components/a`, where `shop/a` puts something else",
    );
}

#[test]
fn a_component_from_elsewhere_cannot_name_paths_of_this_machine() {
    let server = GitServer::start();
    server.create("web").commit(
        "main",
        "x",
        &[(
            "component.yaml",
            "100644",
            "name: web\nsubcomponents:\n- {name: x, method: git, source: /srv/secret.git}\n",
        )],
    );
    let workspace = uses_web(&server, "");
    let ended = install(&workspace, &[]).fail();
    assert_said(
        &ended,
        "is a path, and it is listed by a component that comes from elsewhere",
    );
}

#[rstest::rstest]
#[case(packed(&[("redis/Chart.yaml", "name: redis\n"), ("redis/../../evil", "x")]), "cannot be unpacked")]
#[case(packed(&[("/etc/evil", "x")]), "cannot be unpacked")]
#[case(packed(&[("other/Chart.yaml", "name: other\n")]), "holds no chart `redis`")]
#[case(packed(&[("redis/Chart.yaml", "name: redis\n")])[..60].to_vec(), "cannot be unpacked")]
#[case(b"not an archive".to_vec(), "cannot be unpacked")]
fn archives_that_are_not_what_they_should_be(#[case] archive: Vec<u8>, #[case] said: &str) {
    let server = WebServer::start();
    server.charts("charts", &[("redis", "1.0.0", &archive)]);
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: cache, type: helm, method: helm, source: '{}', path: redis}}\n",
        server.url("charts")
    ));
    assert_said(&install(&workspace, &[]).fail(), said);
    let left = workspace
        .path()
        .join("helm_repos")
        .read_dir()
        .unwrap()
        .count();
    assert_eq!(left, 0);
    assert!(!workspace.path().parent().unwrap().join("evil").exists());
}

#[rstest::rstest]
#[case("entries: []\n", "has no chart `redis`")]
#[case("<html>", "is not the index of a chart repository")]
#[case("entries: {redis: [{version: 1.0.0}]}\n", "it has no address")]
#[case(
    "entries: {redis: [{version: 1.0.0, urls: ['file:///etc/passwd']}]}\n",
    "has the scheme \"file\""
)]
fn indexes_that_are_none(#[case] index: &str, #[case] said: &str) {
    let server = WebServer::start();
    server.put("charts/index.yaml", index);
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: cache, type: helm, method: helm, source: '{}', path: redis}}\n",
        server.url("charts")
    ));
    assert_said(&install(&workspace, &[]).fail(), said);
}
