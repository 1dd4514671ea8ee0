//! Shows how long a definition of 1,000 static components with 4,000
//! documents takes: `cargo run --release --example measure_fabrikate [times]`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement makes its own input and shows its result"
)]

use std::fmt::Write as _;
use std::time::Instant;

use gitops_publisher::generate::{self, Options};
use gitops_publisher::tools::Tools;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut component = "name: root\nsubcomponents:\n".to_owned();
    for at in 0..1000 {
        let _ = writeln!(component, "- name: c{at}\n  source: ./c{at}");
        let below = root.join(format!("c{at}"));
        std::fs::create_dir_all(below.join("manifests")).unwrap();
        std::fs::create_dir_all(below.join("config")).unwrap();
        let file = format!("name: c{at}\ntype: static\npath: manifests\n");
        std::fs::write(below.join("component.yaml"), file).unwrap();
        std::fs::write(below.join("config/common.yaml"), "config:\n  a: 1\n").unwrap();
        for document in 0..4 {
            let text = format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{at}-{document}\n  namespace: shop\ndata:\n  text: {}\n",
                "x".repeat(600)
            );
            std::fs::write(below.join(format!("manifests/{document}.yaml")), text).unwrap();
        }
    }
    std::fs::write(root.join("component.yaml"), component).unwrap();
    std::fs::create_dir(root.join("config")).unwrap();
    std::fs::write(root.join("config/prod.yaml"), "").unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tools = Tools::new("", std::env::temp_dir());
    let options = Options::new(root, "prod");
    let times = std::env::args()
        .nth(1)
        .map_or(10, |times| times.parse().unwrap());
    for _ in 0..times {
        let start = Instant::now();
        let generated = runtime.block_on(generate::run(&tools, &options)).unwrap();
        let generating = start.elapsed();
        let start = Instant::now();
        let (resources, _) = generate::resources(&generated.files, generate::Policy::Warn).unwrap();
        println!(
            "{} files in {generating:.1?}; {} resources read in {:.1?}",
            generated.files.len(),
            resources.len(),
            start.elapsed()
        );
    }
}
