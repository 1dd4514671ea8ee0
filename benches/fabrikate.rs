//! Rendering a Fabrikate definition of 1,000 static components with 4,000
//! documents, and how long the program takes to start.
//!
//! `cargo bench --bench fabrikate`. With `FAB` set to a Fabrikate program, that
//! is measured in the same run, round by round.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a measurement sets up the world and prints what it finds"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(unreachable_pub, dead_code, reason = "shared with another measurement")]

#[path = "shared/measure.rs"]
mod measure;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gitops_publisher::generate;
use gitops_publisher::tools::Tools;
use measure::{best, median, millis};

const COMPONENTS: usize = 1000;
const DOCUMENTS: usize = 4;
const ROUNDS: usize = 7;
const STARTS: usize = 41;

fn main() {
    let scratch = tempfile::tempdir().unwrap();
    let definition = scratch.path().join("definition");
    let smallest = scratch.path().join("smallest");
    write_definition(&definition, COMPONENTS);
    write_definition(&smallest, 0);
    let fab = std::env::var_os("FAB");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut library, mut program, mut peer) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        library.push(runtime.block_on(through_the_library(&definition)));
        program.push(measure::run(&mut our(
            &definition,
            &["fab", "generate", "prod"],
        )));
        if let Some(fab) = &fab {
            std::fs::remove_dir_all(definition.join("generated")).unwrap();
            let mut command = quiet(Command::new(fab), &definition);
            peer.push(measure::time(command.args(["generate", "prod"])));
        }
    }
    let peak = program.iter().filter_map(|run| run.peak).max().unwrap_or(0);
    println!("| job | time, median (best) ms |\n|---|---|");
    row("1,000 components, 4,000 documents: library", &library);
    let times: Vec<_> = program.iter().map(|run| run.time).collect();
    row("the same: `gitops-publisher fab generate`", &times);
    let generated = runtime.block_on(generated(&definition));
    row("those laid out: a file per resource", &laid_out(&generated));
    row("those with one image set", &with_an_image(&generated));
    if !peer.is_empty() {
        row("the same: `$FAB generate`", &peer);
    }
    let starts = |arguments: &[&str]| -> Vec<Duration> {
        let start = |_| measure::time(&mut our(&smallest, arguments));
        (0..STARTS).map(start).collect()
    };
    row("start-up: `--version`", &starts(&["--version"]));
    row("start-up: `schema`", &starts(&["schema"]));
    row(
        "one component without files: `fab generate`",
        &starts(&["fab", "generate", "prod"]),
    );
    println!(
        "\nPeak memory of `fab generate`: {:.1} MiB",
        peak as f64 / 1_048_576.0
    );
}

fn row(job: &str, times: &[Duration]) {
    let (middle, least) = (median(times.iter().copied()), best(times.iter().copied()));
    println!("| {job} | {} ({}) |", millis(middle), millis(least));
}

/// How long it takes to give each resource a file.
fn laid_out(part: &generate::Part) -> Vec<Duration> {
    let round = |_| {
        let parts = vec![part.clone()];
        let start = Instant::now();
        let (files, _) = generate::lay_out(parts, generate::Layout::Resource).unwrap();
        assert_eq!(files.len(), COMPONENTS * DOCUMENTS);
        start.elapsed()
    };
    (0..ROUNDS).map(round).collect()
}

/// How long it takes to set the image of one component.
fn with_an_image(part: &generate::Part) -> Vec<Duration> {
    let items = ["contoso.azurecr.io/part-0007=2".to_owned()];
    let images = generate::Images::parse(&items).unwrap();
    let round = |_| {
        let mut parts = [part.clone()];
        let start = Instant::now();
        let report = generate::set_images(&mut parts, &images, &[]).unwrap();
        assert_eq!(report.changes.len(), DOCUMENTS);
        start.elapsed()
    };
    (0..ROUNDS).map(round).collect()
}

async fn generated(definition: &Path) -> generate::Part {
    let options = generate::Options {
        kind: Some(generate::Kind::Fabrikate),
        ..generate::Options::new(definition, "prod")
    };
    let tools = Tools::new("", std::env::temp_dir());
    generate::Part {
        label: "definition".to_owned(),
        files: generate::run(&tools, &options).await.unwrap().files,
        kind: generate::Kind::Fabrikate,
    }
}

async fn through_the_library(definition: &Path) -> Duration {
    let start = Instant::now();
    let tools = Tools::new("", std::env::temp_dir());
    let options = generate::Options {
        kind: Some(generate::Kind::Fabrikate),
        ..generate::Options::new(definition, "prod")
    };
    let generated = generate::run(&tools, &options).await.unwrap();
    assert!(
        generated.files.len() >= COMPONENTS,
        "{}",
        generated.files.len()
    );
    start.elapsed()
}

fn our(folder: &Path, arguments: &[&str]) -> Command {
    let program = Command::new(env!("CARGO_BIN_EXE_gitops-publisher"));
    let mut command = quiet(program, folder);
    command.args(arguments);
    command
}

fn quiet(mut command: Command, folder: &Path) -> Command {
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A definition with this many static components of four documents each.
fn write_definition(folder: &Path, components: usize) {
    let mut root = "name: shop\n".to_owned();
    if components > 0 {
        root.push_str("subcomponents:\n");
    }
    std::fs::create_dir_all(folder.join("config")).unwrap();
    std::fs::write(folder.join("config/prod.yaml"), "config: {}\n").unwrap();
    for component in 0..components {
        let name = format!("part-{component:04}");
        writeln!(root, "- {{name: {name}, type: static, path: ./{name}}}").unwrap();
        std::fs::create_dir(folder.join(&name)).unwrap();
        for document in 0..DOCUMENTS {
            let text = manifest(&name, document);
            std::fs::write(folder.join(format!("{name}/{document}.yaml")), text).unwrap();
        }
    }
    std::fs::write(folder.join("component.yaml"), root).unwrap();
}

fn manifest(component: &str, document: usize) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {component}-{document}\n  \
         namespace: shop\n  labels: {{app: {component}}}\nspec:\n  replicas: 2\n  template:\n    \
         spec:\n      containers:\n      - name: main\n        image: contoso.azurecr.io/{component}:1\n        \
         env:\n"
    );
    for variable in 0..10 {
        writeln!(text, "        - name: VARIABLE_{variable}\n          value: \"value {variable} of {component}\"").unwrap();
    }
    text
}
