//! Publishing to a large repository over HTTP, side by side with the script
//! that clones it: time, bytes, HTTP turns, connections and memory.
//!
//! `cargo bench --bench publish`, or with fewer rounds `-- 1`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    reason = "a measurement sets up the world and prints what it finds"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the git server does more than is needed here"
)]
#[path = "publishing/distance.rs"]
mod distance;
#[path = "publishing/layout.rs"]
mod layout;
#[path = "shared/measure.rs"]
mod measure;
#[path = "../tests/it"]
mod it {
    pub mod support;
}

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use it::support;
use layout::{FOLDER, Files};
use measure::{Run, best, median, millis};
use support::git_repository::{GitRepository, command, git};
use support::git_server::GitServer;

const TOKEN: &str = "measured";
const ONE_WAY: Duration = Duration::from_millis(25);

/// Who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Program,
    Script,
}

/// One measured run.
#[derive(Debug, Clone, Copy)]
struct Sample {
    run: Run,
    up: u64,
    down: u64,
    turns: usize,
    connections: u64,
}

struct Bench {
    server: GitServer,
    repository: GitRepository,
    /// The branch's tip before every run.
    base: String,
    near: String,
    far: String,
    before: PathBuf,
    after: PathBuf,
    scratch: tempfile::TempDir,
}

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok());
    let rounds: usize = rounds.unwrap_or(5);
    eprintln!("preparing the repository …");
    let bench = Bench::prepare();
    println!(
        "| job | network | by | time, median (best) ms | down B | up B | turns | connections | peak MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let cases = [
        ("65 changes", "loopback", true, false),
        ("65 changes", "50 ms round trip", true, true),
        ("nothing to publish", "loopback", false, false),
        ("nothing to publish", "50 ms round trip", false, true),
    ];
    let mut ratios = Vec::new();
    for (job, network, changes, far) in cases {
        let mut samples = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            samples[0].push(bench.sample(Who::Program, changes, far));
            samples[1].push(bench.sample(Who::Script, changes, far));
        }
        row(job, network, "gitops-publisher", &samples[0]);
        row(job, network, "script with git clone", &samples[1]);
        ratios.push((
            job,
            network,
            ratio(&samples, |it| it.run.time.as_nanos()),
            ratio(&samples, |it| u128::from(it.down)),
        ));
    }
    println!("\n| job | network | time, script to program | download, script to program |");
    println!("|---|---|---|---|");
    for (job, network, time, down) in ratios {
        println!("| {job} | {network} | {time:.1} | {down:.0} |");
    }
}

fn row(job: &str, network: &str, by: &str, samples: &[Sample]) {
    let times = || samples.iter().map(|sample| sample.run.time);
    let peak = samples.iter().filter_map(|sample| sample.run.peak).max();
    let peak = peak.map_or("-".to_owned(), |bytes| {
        format!("{:.1}", bytes as f64 / 1_048_576.0)
    });
    let middle = |of: fn(&Sample) -> u64| median(samples.iter().map(of));
    println!(
        "| {job} | {network} | {by} | {} ({}) | {} | {} | {} | {} | {peak} |",
        millis(median(times())),
        millis(best(times())),
        middle(|it| it.down),
        middle(|it| it.up),
        median(samples.iter().map(|it| it.turns)),
        middle(|it| it.connections),
    );
}

fn ratio(samples: &[Vec<Sample>; 2], of: fn(&Sample) -> u128) -> f64 {
    let [program, script] = samples
        .each_ref()
        .map(|all| median(all.iter().map(of)) as f64);
    script / program
}

impl Bench {
    fn prepare() -> Self {
        let server = GitServer::start();
        server.require("git", TOKEN);
        let repository = server.create("manifests");
        layout::fill(&repository);
        let scratch = tempfile::tempdir().unwrap();
        let near = server.url("manifests");
        let address = near
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap();
        let far = distance::start(address.parse().unwrap(), ONE_WAY);
        let folder = |name: &str, files: Files| {
            let folder = scratch.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            for (file, content) in files {
                std::fs::write(folder.join(file), content).unwrap();
            }
            folder
        };
        let mut bench = Self {
            before: folder("before", layout::before()),
            after: folder("after", layout::after()),
            far: format!("http://127.0.0.1:{far}/manifests"),
            base: String::new(),
            near,
            server,
            repository,
            scratch,
        };
        // The first publication takes the folder over; the following are measured.
        let mut first = bench.program(&bench.before, &bench.near);
        measure::time(first.args(["--foreign-files", "adopt"]));
        bench.base = bench.repository.tip("main").unwrap();
        let files = bench.repository.paths("main").len();
        let objects = bench
            .repository
            .git(&["rev-list", "--all", "--objects", "--count"]);
        eprintln!("{files} files, {} objects", objects.trim());
        bench
    }

    fn sample(&self, who: Who, changes: bool, far: bool) -> Sample {
        let source = if changes { &self.after } else { &self.before };
        let url = if far { &self.far } else { &self.near };
        self.repository
            .git(&["update-ref", "refs/heads/main", &self.base]);
        self.server.forget();
        let run = match who {
            Who::Program => measure::run(&mut self.program(source, url)),
            Who::Script => self.script(source, url),
        };
        let moved = self.repository.tip("main").unwrap() != self.base;
        assert_eq!(
            moved, changes,
            "{who:?}: the branch moves when something changes"
        );
        let (up, down) = self.server.bytes();
        Sample {
            run,
            up,
            down,
            turns: self.server.turns(),
            connections: self.server.connections(),
        }
    }

    fn program(&self, source: &Path, url: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gitops-publisher"));
        command
            .args([
                "publish",
                "--environments",
                "prod",
                "--generator",
                "manifests",
            ])
            .args([
                "--folder",
                FOLDER,
                "--git-host",
                "git",
                "--manifest-repo",
                url,
            ])
            .arg("--source")
            .arg(source)
            .env_clear()
            .env("GITOPS_TOKEN", TOKEN)
            .env("HOME", self.scratch.path())
            .env("TMPDIR", self.scratch.path())
            .current_dir(self.scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// What such scripts do: clone, replace the folder, add, commit, push.
    fn script(&self, source: &Path, url: &str) -> Run {
        let clone = self.scratch.path().join("clone");
        let url = url.replace("http://", &format!("http://git:{TOKEN}@"));
        let script = format!(
            "set -e\n\
             git clone -q {url} clone\n\
             rm -f clone/{FOLDER}/*.yaml\n\
             cp {}/*.yaml clone/{FOLDER}/\n\
             cd clone\n\
             git add -A\n\
             if git diff --cached --quiet; then exit 0; fi\n\
             git -c user.name=C -c user.email=c@contoso.com commit -q -m publish\n\
             git push -q origin main\n",
            source.display()
        );
        let mut shell = command("sh");
        shell
            .args(["-c", &script])
            .env("HOME", self.scratch.path())
            .current_dir(self.scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let time = measure::time(&mut shell);
        git(&clone, &["rev-parse", "HEAD"]);
        std::fs::remove_dir_all(&clone).unwrap();
        Run { time, peak: None }
    }
}
