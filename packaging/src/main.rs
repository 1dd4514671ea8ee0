//! The command: builds the package, prints what the binaries weigh, and fails
//! above the limits.

use std::fmt::{Display, Write as _};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use sha2::{Digest as _, Sha256};
use vsix::archive;
use vsix::extension::Extension;
use vsix::platform::{Binary, MAX_BINARY, MAX_PACKAGE, Platform};

/// Builds the Marketplace extension package, byte for byte reproducibly.
#[derive(Debug, Parser)]
struct Args {
    /// Where the package goes.
    #[arg(long, default_value = "target/gitops.vsix")]
    out: PathBuf,
    /// Folder with vss-extension.json.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// A binary to pack, such as linux-x64=target/release/gitops-publisher.
    #[arg(long = "bin", value_name = "PLATFORM=PATH")]
    binaries: Vec<Binary>,
    /// Fail unless there is a binary for every platform.
    #[arg(long)]
    require_all: bool,
    /// Check everything and write nothing.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(report) => {
            print(&report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            fail(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
fn print(report: &str) {
    println!("{report}");
}

#[expect(clippy::print_stderr, reason = "the only place that reports a failure")]
fn fail(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

fn run(args: &Args) -> anyhow::Result<String> {
    require_platforms(args)?;
    let extension = Extension::read(&args.root)?;
    let parts = extension.parts(&args.root, &args.binaries)?;
    let package = archive::write(&parts)?;
    let sizes = archive::verify(&package, &parts)?;

    let mut rows = vec![row("platform", "bytes", "compressed", "at most")];
    let mut too_large = Vec::new();
    for platform in Platform::ALL {
        let suffix = platform.binary();
        let Some((name, part)) = parts.iter().find(|(name, _)| name.ends_with(&suffix)) else {
            rows.push(row(platform, "not given", "", ""));
            continue;
        };
        rows.push(row(platform, part.bytes.len(), sizes[name], MAX_BINARY));
        if sizes[name] > MAX_BINARY {
            too_large.push(platform.name());
        }
    }
    let size = package.len() as u64;
    rows.push(row("package", "", size, MAX_PACKAGE));
    if size > MAX_PACKAGE {
        too_large.push("package");
    }
    if !too_large.is_empty() {
        bail!("too large: {}\n{}", too_large.join(", "), rows.join("\n"));
    }
    if !args.check {
        #[expect(
            clippy::disallowed_methods,
            reason = "the package is what this command writes"
        )]
        fs::write(&args.out, &package)
            .with_context(|| format!("writing {}", args.out.display()))?;
        let digest = Sha256::digest(&package)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        rows.push(format!("{} sha256 {digest}", args.out.display()));
    }
    Ok(rows.join("\n"))
}

fn row(
    name: impl Display,
    bytes: impl Display,
    compressed: impl Display,
    most: impl Display,
) -> String {
    let cells = [bytes.to_string(), compressed.to_string(), most.to_string()];
    let [bytes, compressed, most] = cells;
    format!("{name:<14}{bytes:>14}{compressed:>14}{most:>14}")
        .trim_end()
        .to_owned()
}

fn require_platforms(args: &Args) -> anyhow::Result<()> {
    let given = |p: Platform| args.binaries.iter().filter(|b| b.platform == p).count();
    for platform in Platform::ALL {
        ensure!(given(platform) < 2, "{platform} is given twice");
        ensure!(
            !args.require_all || given(platform) == 1,
            "there is no binary for {platform}"
        );
    }
    Ok(())
}
