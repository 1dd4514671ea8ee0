//! What is refused before Kustomize runs: no program is there in these tests.

use rstest::rstest;

use super::{offline, refusal, refusal_by};
use crate::fabrikate::source;

const ID: &str = "0123456789012345678901234567890123456789";

/// The refusal of an overlay with this kustomization, in a checkout that has
/// a base and some files beside it.
async fn refused(kustomization: &str) -> (String, Vec<String>) {
    let shop = source(&[
        ("base/kustomization.yaml", "resources: []\n"),
        ("base/a.yaml", "a: b\n"),
        ("overlays/dev/kustomization.yaml", kustomization),
        (
            "overlays/dev/exec.yaml",
            "apiVersion: contoso.com/v1\nkind: Renderer\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./render}\n",
        ),
        (
            "overlays/dev/plugin.yaml",
            "apiVersion: contoso.com/v1\nkind: Sealer\nmetadata: {name: x}\n",
        ),
        (
            "overlays/dev/patcher.yaml",
            "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: ../../base/a.yaml\n",
        ),
        (
            "overlays/dev/plugins/kustomization.yaml",
            "resources: [p.yaml]\n",
        ),
        (
            "overlays/dev/plugins/p.yaml",
            "apiVersion: contoso.com/v1\nkind: Sealer\nmetadata: {name: x}\n",
        ),
    ]);
    refusal(shop.path(), "overlays/dev").await
}

#[rstest]
#[case("https://github.com/contoso/web//base?ref=v1.2.3")]
#[case("github.com/contoso/web//base")]
#[case("git@github.com:contoso/web.git")]
#[case("ssh://git@ssh.dev.azure.com/v3/contoso/shop/web")]
#[case("git::https://dev.azure.com/contoso/shop/_git/web?ref=main")]
#[tokio::test]
async fn a_base_from_elsewhere_is_pinned_to_a_commit(
    #[case] entry: &str,
    #[values("resources", "bases", "components")] field: &str,
) {
    let (message, hints) = refused(&format!("{field}:\n- '{entry}'\n")).await;
    assert_eq!(
        message,
        format!(
            "`kustomization.yaml`, line 2: `{field}` names `{entry}`, which comes from elsewhere and is not pinned to a commit"
        )
    );
    assert!(hints[0].contains("full id of a commit"), "{hints:?}");
    assert!(hints[0].contains("`kustomizeAllow: tags`"), "{hints:?}");
}

#[tokio::test]
async fn credentials_of_a_base_are_not_shown() {
    let (message, _) = refused("resources: ['https://me:pat@host/web?ref=main']\n").await;
    assert!(
        message.contains("`https://host/web?ref=main`") && !message.contains("pat"),
        "{message}"
    );
}

#[tokio::test]
async fn a_pinned_base_with_credentials_is_refused() {
    let entry = format!("https://pat@host/web?ref={ID}");
    let (message, hints) = refused(&format!("resources: ['{entry}']\n")).await;
    assert_eq!(
        message,
        format!(
            "`kustomization.yaml`, line 1: `https://host/web?ref={ID}` is written with credentials, and none are taken from a source"
        )
    );
    assert!(hints[0].contains("take them out"), "{hints:?}");
}

#[rstest]
#[case("resources")]
#[case("crds")]
#[case("configurations")]
#[case("patchesStrategicMerge")]
#[tokio::test]
async fn a_file_on_a_server_is_refused_even_with_a_ref(#[case] field: &str) {
    let entry = format!("https://host/a.yaml?ref={ID}");
    let (message, hints) = refused(&format!("{field}: ['{entry}']\n")).await;
    assert_eq!(
        message,
        format!(
            "`kustomization.yaml`, line 1: `{field}` names `{entry}`, a file on a server, which cannot be pinned"
        )
    );
    let hint = "copy the file into the source, or set `kustomizeAllow: urls`";
    assert_eq!(hints, [hint]);
}

#[tokio::test]
async fn a_pinned_base_is_fetched_by_git_unless_there_is_no_network() {
    let kustomization = format!("resources: ['https://github.com/contoso/web?ref={ID}']\n");
    let (message, _) = refused(&kustomization).await;
    assert_eq!(message, "`git` was not found on PATH");

    let shop = source(&[("kustomization.yaml", &kustomization)]);
    let (message, hints) = refusal_by(&offline(shop.path()), shop.path(), "").await;
    assert_eq!(
        message,
        format!(
            "`kustomization.yaml`, line 1: `https://github.com/contoso/web?ref={ID}` comes from the network, and nothing may be downloaded"
        )
    );
    assert!(hints[0].contains("copy it into the source"), "{hints:?}");
}

#[rstest]
#[case("resources", "../../../elsewhere")]
#[case("resources", "/etc")]
#[case("components", "../../../../../../../etc")]
#[case("resources", "file:///srv/repository")]
#[case("configurations", "../../../secret.yaml")]
#[tokio::test]
async fn nothing_outside_the_checkout_is_read(#[case] field: &str, #[case] entry: &str) {
    let (message, hints) = refused(&format!("namespace: a\n{field}: ['{entry}']\n")).await;
    assert!(
        message.starts_with(&format!(
            "`kustomization.yaml`, line 2: `{field}` names `{entry}`, which leads out of `"
        )),
        "{message}"
    );
    assert!(hints[0].contains("outside the checkout"), "{hints:?}");
}

#[cfg(unix)]
#[rstest]
#[case("resources: [link]\n", "which leads out of")]
#[case("resources: [link/a.yaml]\n", "which leads out of")]
#[case(
    "configMapGenerator: [{name: a, files: [key=link.txt]}]\n",
    "which leads out of"
)]
#[tokio::test]
async fn a_link_out_of_the_checkout_is_refused(#[case] text: &str, #[case] reason: &str) {
    let elsewhere = source(&[
        ("kustomization.yaml", "resources: []\n"),
        ("a.yaml", "a: b\n"),
        ("secret", "x"),
    ]);
    let shop = source(&[("kustomization.yaml", text)]);
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, shop.path().join(name)).unwrap();
    };
    link(elsewhere.path(), "link");
    link(&elsewhere.path().join("secret"), "link.txt");
    let (message, _) = refusal(shop.path(), "").await;
    assert!(
        message.starts_with("`kustomization.yaml`, line 1: ") && message.contains(reason),
        "{message}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_another_folder_of_the_checkout_does_not_lift_kustomizes_restriction() {
    let shop = source(&[
        ("base/a.yaml", "a: b\n"),
        ("dev/kustomization.yaml", "resources: [a.yaml]\n"),
    ]);
    std::os::unix::fs::symlink("../base/a.yaml", shop.path().join("dev/a.yaml")).unwrap();
    let (message, _) = refusal(shop.path(), "dev").await;
    assert!(message.contains("which is not in or below"), "{message}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_kustomization_that_is_a_link_out_is_refused() {
    let elsewhere = source(&[("k.yaml", "resources: []\n")]);
    let shop = source(&[("a.yaml", "")]);
    let link = shop.path().join("kustomization.yaml");
    std::os::unix::fs::symlink(elsewhere.path().join("k.yaml"), link).unwrap();
    let (message, _) = refusal(shop.path(), "").await;
    assert!(
        message.starts_with("`kustomization.yaml` leads out of `"),
        "{message}"
    );
}

#[rstest]
#[case("resources", "resources: [../../base/a.yaml]\n")]
#[case("patches", "patches: [{path: ../../base/a.yaml}]\n")]
#[case(
    "configMapGenerator",
    "configMapGenerator: [{name: a, envs: [../../base/a.yaml]}]\n"
)]
#[tokio::test]
async fn kustomizes_own_restriction_is_explained(#[case] field: &str, #[case] text: &str) {
    let (message, hints) = refused(text).await;
    assert_eq!(
        message,
        format!(
            "`kustomization.yaml`, line 1: `{field}` names the file `../../base/a.yaml`, which is not in or below the folder of its kustomization"
        )
    );
    assert!(hints[0].contains("kustomization.yaml"), "{hints:?}");
    assert!(
        hints[0].contains("`kustomizeAllow: filesOutsideRoot`"),
        "{hints:?}"
    );
}

#[rstest]
#[case(
    "generators: [exec.yaml]\n",
    "`exec.yaml`, line 1: the function `Renderer` would run a program, and nothing from a source runs"
)]
#[case(
    "transformers: [plugin.yaml]\n",
    "`plugin.yaml`, line 1: the plugin `Sealer` would run a program, and nothing from a source runs"
)]
#[case(
    "validators:\n- |-\n  apiVersion: contoso.com/v1\n  kind: Check\n  metadata: {name: x}\n",
    "`kustomization.yaml`, line 3: the plugin `Check` would run a program, and nothing from a source runs"
)]
#[case(
    "generators: [plugins]\n",
    "`plugins/p.yaml`, line 1: the plugin `Sealer` would run a program, and nothing from a source runs"
)]
#[case(
    "helmGlobals: {configHome: config}\n",
    "`kustomization.yaml`, line 1: `configHome` can hold plugins of helm, which would run a program, and nothing from a source runs"
)]
#[case(
    "helmChartInflationGenerator: [{chartName: a, helmBin: ./evil}]\n",
    "`kustomization.yaml`, line 1: `helmBin` of a chart would run a program, and nothing from a source runs"
)]
#[tokio::test]
async fn what_runs_programs_is_refused(#[case] text: &str, #[case] expected: &str) {
    let (message, hints) = refused(text).await;
    assert_eq!(message, expected);
    assert_eq!(hints, ["use a built-in generator or transformer"]);
}

#[tokio::test]
async fn files_that_built_in_plugins_name_are_looked_at_too() {
    let (message, _) = refused("transformers: [patcher.yaml]\n").await;
    assert!(
        message.starts_with("`patcher.yaml`, line 4: `transformers` names the file `../../base/a.yaml`, which is not in"),
        "{message}"
    );
}

#[rstest]
#[case(
    "resources: [gone.yaml]\n",
    "`resources` names `gone.yaml`, which does not exist",
    "check the spelling"
)]
#[case(
    "secretGenerator:\n- name: a\n  envs: [.env]\n",
    "`secretGenerator` names `.env`, which does not exist",
    "often not committed"
)]
#[case(
    "resources: [git.contoso.com/web/base]\n",
    "`resources` names `git.contoso.com/web/base`, which does not exist",
    "check the spelling"
)]
#[tokio::test]
async fn what_is_not_there_is_named_with_its_place(
    #[case] text: &str,
    #[case] reason: &str,
    #[case] hint: &str,
) {
    let (message, hints) = refused(text).await;
    assert!(
        message.starts_with("`kustomization.yaml`, line ") && message.ends_with(reason),
        "{message}"
    );
    assert!(hints[0].contains(hint), "{hints:?}");
}

#[tokio::test]
async fn a_folder_without_a_kustomization_or_with_two_is_refused() {
    let shop = source(&[
        ("kustomization.yaml", "resources: [base]\n"),
        ("base/a.yaml", "a: b\n"),
        ("two/kustomization.yaml", ""),
        ("two/Kustomization", ""),
    ]);
    let (message, _) = refusal(shop.path(), "").await;
    assert_eq!(message, "there is no kustomization.yaml in `base`");
    let (message, _) = refusal(shop.path(), "two").await;
    assert!(
        message.starts_with("there are kustomization.yaml and Kustomization in `"),
        "{message}"
    );
}

#[tokio::test]
async fn bases_that_name_each_other_end() {
    let shop = source(&[
        ("a/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../a]\n"),
    ]);
    let (message, _) = refusal(shop.path(), "a").await;
    assert_eq!(
        message, "`kustomize` was not found on PATH",
        "left to Kustomize"
    );
}

/// What Kustomize would take for the text of a plugin that reads a file.
#[cfg(unix)]
const PLUGIN: &str = "a\napiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nname: stolen\nfiles: [k=/etc/hostname]";

#[cfg(unix)]
#[rstest]
#[case::a_plugin("generators", PLUGIN, "the character U+000A")]
#[case::a_line("resources", "a\nb", "the character U+000A")]
#[case::a_return("transformers", "a\rb", "the character U+000D")]
#[case::a_next_line("validators", "a\u{85}b", "the character U+0085")]
#[case::a_separator("components", "a\u{2028}b", "the character U+2028")]
#[case::a_mark("resources", "\u{feff}a", "the character U+FEFF")]
#[case::a_map("generators", "kind: x", "`:`")]
#[case::a_way_up("resources", r"..\..\..\outside", r"`\`")]
#[case::a_drive("resources", "C:", "`:`")]
#[case::quotes("resources", "a\"b", "`\"`")]
#[tokio::test]
async fn a_name_that_kustomize_may_read_as_more_is_refused(
    #[case] field: &str,
    #[case] name: &str,
    #[case] character: &str,
    #[values(true, false)] linked: bool,
) {
    let shop = source(&[]);
    let folder = shop.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("kustomization.yaml"), "resources: []\n").unwrap();
    std::os::unix::fs::symlink(name, shop.path().join("link")).unwrap();
    let entry = if linked { "link" } else { name };
    let entry = serde_json::to_string(entry).unwrap();
    std::fs::write(
        shop.path().join("kustomization.yaml"),
        format!("{field}: [{entry}]\n"),
    )
    .unwrap();
    let (message, hints) = refusal(shop.path(), "").await;
    // Written out, some are refused before: as the text of a plugin, or by YAML.
    if linked || !name.contains(['\n', '\u{85}', '\u{2028}']) && name != "kind: x" {
        let expected = format!(
            "`kustomization.yaml`, line 1: `{field}` leads to `{}`, and {character} may mean something else to Kustomize or helm than a part of a name",
            name.escape_debug()
        );
        assert_eq!(message, expected);
        assert_eq!(hints[0], "rename the file or folder");
    }
}

#[cfg(unix)]
#[rstest]
#[case::of_a_generator("configMapGenerator: [{name: a, files: [NAME]}]\n", r"..\..\x", r"`\`")]
#[case::of_a_patch("patches: [{path: NAME}]\n", r"..\x", r"`\`")]
#[case::of_a_schema("openapi: {path: NAME}\n", "a\tb", "the character U+0009")]
#[case::of_values("helmCharts: [{name: c, valuesFile: NAME}]\n", "a,b.yaml", "`,`")]
#[case::of_more_values(
    "helmCharts: [{name: c, valuesFile: v, additionalValuesFiles: [v, NAME]}]\n",
    "v,etc/c.json",
    "`,`"
)]
#[case::of_the_older_form(
    "helmChartInflationGenerator: [{chartName: c, values: NAME}]\n",
    "v,x",
    "`,`"
)]
#[tokio::test]
async fn nor_may_a_file_have_such_a_name(
    #[case] text: &str,
    #[case] name: &str,
    #[case] character: &str,
) {
    let shop = source(&[
        ("charts/c/Chart.yaml", "name: c\nversion: 1.0.0\n"),
        ("v", ""),
    ]);
    let path = shop.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "a: b\n").unwrap();
    let text = text.replace("NAME", &serde_json::to_string(name).unwrap());
    std::fs::write(shop.path().join("kustomization.yaml"), text).unwrap();
    let (message, _) = refusal(shop.path(), "").await;
    assert!(
        message.contains(&format!(
            "leads to `{}`, and {character} may",
            name.escape_debug()
        )),
        "{message}"
    );
}

#[rstest]
#[case("p{{ env \"PATH\" | sha256sum }}")]
#[case("{{ getHostByName \"localhost\" }}")]
#[case("{{randAlpha 6 | lower}}")]
#[case("{{- now }}")]
#[case("web-{{ .Release.Revision }}")]
#[tokio::test]
async fn the_name_of_a_release_is_no_template(#[case] template: &str) {
    let chart = format!("[{{name: c, nameTemplate: '{template}'}}]");
    for field in ["helmCharts: ", "helmChartInflationGenerator: "] {
        let shop = source(&[
            ("charts/c/Chart.yaml", "name: c\nversion: 1.0.0\n"),
            ("kustomization.yaml", &format!("{field}{chart}\n")),
        ]);
        let (message, _) = refusal(shop.path(), "").await;
        assert!(
            message.contains("`nameTemplate` is a template, which may read what no chart may"),
            "{message}"
        );
    }
}

#[rstest]
#[case("resources: []\nnamespace: a\nresources: []\n", 3, "resources", 1)]
#[case("images:\n- name: a\n  newTag: b\n  newTag: c\n", 4, "newTag", 3)]
#[case("commonLabels: {a: b, c: d, a: e}\n", 1, "a", 1)]
#[case(
    "patches:\n- path: a.yaml\n  target: {kind: A, kind: B}\n",
    3,
    "kind",
    3
)]
#[case("namespace: a\n'namespace': b\n", 2, "namespace", 1)]
#[case(
    "configMapGenerator:\n- name: a\n  files: []\n  files: [exec.yaml]\n",
    4,
    "files",
    3
)]
#[tokio::test]
async fn a_key_that_is_there_twice_is_refused(
    #[case] text: &str,
    #[case] line: usize,
    #[case] key: &str,
    #[case] first: usize,
) {
    let (message, hints) = refused(text).await;
    let expected = format!(
        "`kustomization.yaml`, line {line}: the key `{key}` is there already, in line {first}"
    );
    assert_eq!(message, expected);
    assert_eq!(hints[0], "put all of it under one of the two");
}
