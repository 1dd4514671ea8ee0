//! The `jsonnet` generator: feature by feature, every way to fail, and against
//! what go-jsonnet recorded.

mod bounds;
mod features;
mod recorded;
mod refused;
mod standard_library;

use std::path::{Path, PathBuf};

use gitops_publisher::generate::{self, Error, Generated, JsonnetOptions, Kind, Options};
use gitops_publisher::tools::Tools;

/// A folder of our own programs.
fn case(name: &str) -> PathBuf {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/cases/jsonnet"
    ))
    .join(name)
}

/// Options for a source that nothing is read outside of.
fn options(source: &Path) -> Options {
    let folder = if source.is_dir() {
        source
    } else {
        source.parent().unwrap()
    };
    Options {
        kind: Some(Kind::Jsonnet),
        confine: Some(folder.to_path_buf()),
        ..Options::new(source, "dev")
    }
}

async fn run(options: &Options) -> Result<Generated, Error> {
    let program = env!("CARGO_BIN_EXE_gitops-publisher");
    let tools = Tools::new("", "/nowhere").own_program(Some(program.into()));
    generate::run(&tools, options).await
}

/// The files, by name.
async fn files(options: &Options) -> Vec<(String, String)> {
    let generated = run(options).await.unwrap();
    let show = |(path, content): (&gitops_publisher::model::RelPath, &bytes::Bytes)| {
        (
            path.to_string(),
            String::from_utf8(content.to_vec()).unwrap(),
        )
    };
    generated.files.iter().map(show).collect()
}

/// The one file that a program makes.
async fn only(options: &Options) -> String {
    let mut files = files(options).await;
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0).1
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
