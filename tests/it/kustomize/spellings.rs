//! Kustomizations in every spelling that Go's readers of YAML and JSON take:
//! what Kustomize reads is what was checked, whatever the spelling.

use std::path::Path;

use rstest::rstest;

use super::{documents, options, present, run};
use crate::fabrikate::source;
use crate::support::file_server::FileServer;

/// What stands outside the checkout, and must never be in an output.
const CANARY: &str = "canary-7f3a";

/// Fields with a value that leads out of the checkout. `SERVER` is an address.
const ASTRAY: [(&str, &str); 19] = [
    ("resources", "[../../outside]"),
    ("resources", "[SERVER/canary.yaml]"),
    ("bases", "[../../outside]"),
    ("components", "[../../outside/component]"),
    ("generators", "[../../outside]"),
    ("transformers", "[../../outside]"),
    ("validators", "[../../outside]"),
    ("crds", "[SERVER/canary.yaml]"),
    ("configurations", "[SERVER/canary.yaml]"),
    ("patches", "[{path: SERVER/canary.yaml}]"),
    ("patchesStrategicMerge", "[SERVER/canary.yaml]"),
    (
        "patchesJson6902",
        "[{path: SERVER/canary.yaml, target: {kind: ConfigMap, name: a}}]",
    ),
    (
        "configMapGenerator",
        "[{name: c, files: [x=SERVER/canary.yaml]}]",
    ),
    ("secretGenerator", "[{name: c, envs: [SERVER/canary.yaml]}]"),
    ("replacements", "[{path: SERVER/canary.yaml}]"),
    ("openapi", "{path: SERVER/canary.yaml}"),
    ("helmGlobals", "{configHome: ../../outside}"),
    (
        "helmCharts",
        "[{name: web, releaseName: '--post-renderer=../../outside/run'}]",
    ),
    (
        "helmChartInflationGenerator",
        "[{chartName: web, helmBin: ../../outside/run}]",
    ),
];

/// Spellings of a field that are one field for Go.
fn spellings(field: &str) -> Vec<String> {
    let mut all = vec![
        field.to_uppercase(),
        title(field),
        alternating(field, 0),
        alternating(field, 1),
    ];
    for (plain, folds) in [('s', '\u{17f}'), ('k', '\u{212a}'), ('S', '\u{17f}')] {
        if field.contains(plain) {
            all.push(field.replace(plain, &folds.to_string()));
            all.push(field.replacen(plain, &folds.to_string(), 1));
            all.push(
                field
                    .to_uppercase()
                    .replace(plain.to_ascii_uppercase(), &folds.to_string()),
            );
        }
    }
    all.retain(|spelling| spelling != field);
    all.sort();
    all.dedup();
    all
}

fn title(field: &str) -> String {
    let mut letters = field.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn alternating(field: &str, odd: usize) -> String {
    let letters = field.chars().enumerate();
    let cased = letters.map(|(at, c)| {
        if at % 2 == odd {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    });
    cased.collect()
}

/// A document that has a field with this value, written in every way.
fn layouts(field: &str, value: &str) -> Vec<String> {
    let escaped: String = field
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    let mut all = vec![
        format!("namePrefix: p-\n{field}: {value}\n"),
        format!("{{namePrefix: p-, {field}: {value}}}"),
        format!("namePrefix: p-\n\"{field}\": {value}\n"),
        format!("namePrefix: p-\n'{field}': {value}\n"),
        format!("namePrefix: p-\n\"{escaped}\": {value}\n"),
        format!("namePrefix: p-\n? {field}\n: {value}\n"),
        format!("namePrefix: p-\n!!str {field}: {value}\n"),
        format!("namePrefix: p-\n!x {field}: {value}\n"),
        format!("namePrefix: p-\n&k {field}: &v {value}\n"),
        format!("namePrefix: p-\n<<: {{{field}: {value}}}\n"),
        format!("namePrefix: p-\n<<: [{{namePrefix: p-}}, {{{field}: {value}}}]\n"),
        format!("namePrefix: p-\n!!merge <<: {{{field}: {value}}}\n"),
        format!("\u{feff}namePrefix: p-\n{field}: {value}\n"),
        format!("%YAML 1.1\n---\nnamePrefix: p-\n{field}: {value}\n...\n"),
        format!("---\nnamePrefix: p-\n---\n{field}: {value}\n"),
        format!("---\n{field}: {value}\n---\nnamePrefix: p-\n"),
        format!("---\n---\n{field}: {value}\n"),
        format!("namePrefix: p-\r{field}: {value}\r"),
        format!("namePrefix: p-\r\n{field}: {value}\r\n"),
    ];
    for line_break in ['\u{85}', '\u{2028}', '\u{2029}', '\r', '\u{b}', '\u{c}'] {
        all.push(format!(
            "namePrefix: p- # a comment{line_break}{field}: {value}\n"
        ));
        all.push(format!(
            "# a comment{line_break}{field}: {value}\nnamePrefix: p-\n"
        ));
        all.push(format!("namePrefix: p-{line_break}{field}: {value}\n"));
    }
    all
}

/// The same field twice: with a value that is fine, and with another one.
fn twice(field: &str, spelling: &str, value: &str) -> [String; 3] {
    let fine = match field {
        "resources" | "bases" => "[base]",
        "openapi" | "helmGlobals" => "{}",
        _ => "[]",
    };
    [
        format!("{field}: {fine}\n{spelling}: {value}\nnamePrefix: p-\n"),
        format!("{spelling}: {value}\n{field}: {fine}\nnamePrefix: p-\n"),
        format!("x: &x {{{spelling}: {value}}}\n<<: *x\n{field}: {fine}\nnamePrefix: p-\n"),
    ]
}

/// A checkout in a folder of its own, with something outside.
fn place() -> tempfile::TempDir {
    let canary = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {CANARY}}}}}\n");
    source(&[
        ("outside/kustomization.yaml", "resources: [a.yaml]\n"),
        ("outside/a.yaml", &canary),
        (
            "outside/component/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [a.yaml]\n",
        ),
        ("outside/component/a.yaml", &canary),
        ("shop/dev/base/kustomization.yaml", "resources: [a.yaml]\n"),
        (
            "shop/dev/base/a.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
        ),
        (
            "shop/dev/charts/web/Chart.yaml",
            "{apiVersion: v2, name: web, version: 1.0.0}\n",
        ),
    ])
}

fn write(place: &Path, text: &str) {
    std::fs::write(place.join("shop/dev/kustomization.yaml"), text).unwrap();
}

/// Whether Kustomize alone, without any check, reads what is outside.
fn read_by_kustomize(place: &Path) -> bool {
    let tools = crate::fabrikate::tools(Path::new(""));
    let (program, verb) = match tools.find("kustomize") {
        Ok(program) => (program, "build"),
        Err(_) => (tools.find("kubectl").unwrap(), "kustomize"),
    };
    let run = std::process::Command::new(program)
        .arg(verb)
        .arg(place.join("shop/dev"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&run.stdout).contains(CANARY)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_field_leads_kustomize_out_of_the_checkout() {
    if !present() {
        return;
    }
    let (place, server) = (place(), FileServer::start());
    server.put("/canary.yaml", CANARY);
    let (mut tried, mut refused, mut dangerous) = (0, 0, 0);
    for (field, value) in ASTRAY {
        let value = value.replace("SERVER", &server.url(""));
        let mut texts = Vec::new();
        for spelling in spellings(field) {
            texts.extend(layouts(&spelling, &value).into_iter().take(3));
            texts.extend(twice(field, &spelling, &value));
        }
        texts.extend(layouts(field, &value));
        for text in texts {
            write(place.path(), &text);
            tried += 1;
            // What it would do on its own shows that the cases are real.
            if (field, tried % 7) == ("bases", 0) && read_by_kustomize(place.path()) {
                dangerous += 1;
            }
            let made = run(&options(&place.path().join("shop"), "dev")).await;
            match made {
                Ok(made) => {
                    let files = made.files.iter();
                    let contents =
                        files.map(|(_, file)| String::from_utf8_lossy(file).into_owned());
                    assert!(!contents.collect::<String>().contains(CANARY), "{text}");
                }
                Err(error) => {
                    refused += 1;
                    let message = error.to_string();
                    assert!(!message.contains(CANARY), "{text}: {message}");
                }
            }
        }
    }
    assert_eq!(server.requests(), [""; 0], "nothing was fetched");
    println!(
        "{tried} kustomizations, {refused} refused; {dangerous} of a sample are read by Kustomize alone"
    );
    assert!(
        tried >= 500 && dangerous >= 5,
        "{tried} tried, {dangerous} dangerous"
    );
}

/// What is fine comes out the same however it is written, or is refused by name.
#[tokio::test(flavor = "multi_thread")]
async fn a_fine_kustomization_comes_out_the_same_however_it_is_written() {
    if !present() {
        return;
    }
    let place = place();
    write(place.path(), "namePrefix: p-\nresources: [base]\n");
    let options = options(&place.path().join("shop"), "dev");
    let canonical = documents(&super::only(&run(&options).await.unwrap()));
    let mut equal = 0;
    for text in layouts("resources", "[base]") {
        write(place.path(), &text);
        match run(&options).await {
            Ok(made) => {
                assert_eq!(documents(&super::only(&made)), canonical, "{text:?}");
                equal += 1;
            }
            Err(error) => {
                let message = error.to_string();
                assert!(
                    message.contains("`kustomization.yaml`")
                        || message.contains("kustomization.yaml:"),
                    "{text:?}: {message}"
                );
            }
        }
    }
    assert!(equal >= 10, "{equal}");
}

#[rstest]
#[case(
    "Resources: [base]\n",
    "line 1: unknown field `Resources` in a kustomization; did you mean `resources`?"
)]
#[case(
    "BASES: [base]\n",
    "line 1: unknown field `BASES` in a kustomization; did you mean `bases`?"
)]
#[case(
    "namespace: a\nre\u{17f}ource\u{17f}: [base]\n",
    "line 2: unknown field `re\u{17f}ource\u{17f}` in a kustomization; did you mean `resources`?"
)]
#[case(
    "\u{212a}ind: Component\n",
    "line 1: unknown field `\u{212a}ind` in a kustomization; did you mean `kind`?"
)]
#[case(
    "images:\n- name: a\n  newtag: b\n",
    "line 3: unknown field `newtag` in `images`; did you mean `newTag`?"
)]
#[case(
    "patches: [{Path: a.yaml}]\n",
    "line 1: unknown field `Path` in `patches`; did you mean `path`?"
)]
#[case(
    "configMapGenerator: [{name: a, Files: [a]}]\n",
    "line 1: unknown field `Files` in `configMapGenerator`; did you mean `files`?"
)]
#[case(
    "helmGlobals: {confighome: a}\n",
    "line 1: unknown field `confighome` in `helmGlobals`"
)]
#[case(
    "replacements: [{source: {Kind: a}}]\n",
    "line 1: unknown field `Kind` in `replacements`; did you mean `kind`?"
)]
#[case("xyz: 1\n", "line 1: unknown field `xyz` in a kustomization")]
#[case(
    "{namePrefix: a, Generators: [x]}\n",
    "line 1: unknown field `Generators` in a kustomization; did you mean `generators`?"
)]
#[case(
    "transformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: x}\n  Path: a\n",
    "line 3: unknown field `Path` in `transformers`; did you mean `path`?"
)]
#[case(
    "images: [{name: a, newTag: 1.10}]\n",
    "line 1: `newTag` is a number, but text is expected"
)]
#[case(
    "commonLabels: {a: true}\n",
    "line 1: `commonLabels` is `true` or `false`, but text is expected"
)]
#[case(
    "resources: base\n",
    "line 1: `resources` is a single value, but a list is expected"
)]
#[case(
    "images: {a: b}\n",
    "line 1: `images` is a map, but a list is expected"
)]
#[case(
    "helmCharts: [{name: web, releaseName: --post-renderer=x}]\n",
    "line 1: `releaseName` begins with `-`, and no release's name does"
)]
#[case(
    "helmChartInflationGenerator: [{chartName: web, helmHome: x}]\n",
    "line 1: `helmHome` of a chart would run a program, and nothing from a source runs"
)]
#[tokio::test]
async fn what_is_spelt_otherwise_is_refused_by_name(#[case] text: &str, #[case] reason: &str) {
    let place = place();
    write(place.path(), text);
    let (message, _) = super::refusal(&place.path().join("shop"), "dev").await;
    assert_eq!(message, format!("`kustomization.yaml`, {reason}"));
}

#[rstest]
#[case('\u{85}', "U+0085")]
#[case('\u{2028}', "U+2028")]
#[case('\u{2029}', "U+2029")]
#[case('\u{b}', "U+000B")]
#[tokio::test]
async fn characters_that_readers_dispute_are_refused_by_name(
    #[case] character: char,
    #[case] name: &str,
    #[values(
        "resources: [base] # a{}bases: [../../outside]\n",
        "namePrefix: 'a{}'\n"
    )]
    text: &str,
) {
    let place = place();
    write(place.path(), &text.replace("{}", &character.to_string()));
    let (message, hints) = super::refusal(&place.path().join("shop"), "dev").await;
    assert_eq!(
        message,
        format!(
            "`kustomization.yaml`, line 1: the character {name} ends the line for some readers of YAML and not for others"
        )
    );
    assert_eq!(
        hints,
        ["take it out, or write it as an escape in double quotes"]
    );
}

#[tokio::test]
async fn several_documents_are_refused_as_kustomize_reads_one() {
    let place = place();
    write(
        place.path(),
        "resources: [base]\n---\nresources: [../../outside]\n",
    );
    let (message, hints) = super::refusal(&place.path().join("shop"), "dev").await;
    assert_eq!(
        message,
        "`kustomization.yaml` holds more than one document, and Kustomize reads only the first"
    );
    assert_eq!(hints, ["put each kustomization into a folder of its own"]);
}

/// What plugins are configured with cannot be changed after it was checked.
#[tokio::test]
async fn a_folder_of_plugins_may_only_list_them() {
    let place = place();
    write(place.path(), "resources: [base]\ngenerators: [plugins]\n");
    let plugins = place.path().join("shop/dev/plugins");
    std::fs::create_dir(&plugins).unwrap();
    std::fs::write(
        plugins.join("kustomization.yaml"),
        "resources: [p.yaml]\npatches: [{patch: '[]', target: {kind: x}}]\n",
    )
    .unwrap();
    let plugin = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nname: x\n";
    std::fs::write(plugins.join("p.yaml"), plugin).unwrap();
    let (message, _) = super::refusal(&place.path().join("shop"), "dev").await;
    assert_eq!(
        message,
        "`plugins/kustomization.yaml`, line 2: unknown field `patches` in a kustomization of plugins"
    );
}

/// A chart may stand where kustomizations do; what Kustomize reads is ours.
#[tokio::test]
async fn a_file_in_two_roles_is_refused() {
    let place = place();
    write(
        place.path(),
        "resources: [base]\nconfigMapGenerator: [{name: a, files: [kustomization.yaml]}]\n",
    );
    let (message, _) = super::refusal(&place.path().join("shop"), "dev").await;
    assert_eq!(
        message,
        "`kustomization.yaml` is both a kustomization or plugin configuration and a file that is used as it is"
    );
}
