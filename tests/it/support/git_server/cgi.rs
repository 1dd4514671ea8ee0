//! `git http-backend` as a CGI program.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;

use crate::support::git_repository::{command, git};

/// Answers one request from the repositories below `root`.
pub async fn run(root: &Path, head: &Parts, body: Bytes, newest: bool) -> Response {
    let mut backend = command(program().to_str().unwrap());
    let header = |name: &str| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    backend
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("HOME", root)
        .env("REMOTE_USER", "tester")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("PATH_INFO", head.uri.path())
        .env("QUERY_STRING", head.uri.query().unwrap_or_default())
        .env("REQUEST_METHOD", head.method.as_str())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"));
    if newest {
        backend.env("GIT_PROTOCOL", header("git-protocol"));
    }
    let mut child = tokio::process::Command::from(backend)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = tokio::spawn(async move { drop(stdin.write_all(&body).await) });
    if head.uri.path().ends_with("/git-upload-pack") {
        return pass_on(child).await;
    }
    let output = child.wait_with_output().await.unwrap();
    feeder.await.unwrap();
    parse(output.stdout)
}

/// Passes a fetch on while git makes it, as any server does: packs are large.
async fn pass_on(mut child: Child) -> Response {
    let mut stdout = child.stdout.take().unwrap();
    let mut start = Vec::new();
    while !start.windows(4).any(|window| window == b"\r\n\r\n") {
        if stdout.read_buf(&mut start).await.unwrap() == 0 {
            break;
        }
    }
    let (head, first) = parse(start).into_parts();
    let first = axum::body::to_bytes(first, usize::MAX).await.unwrap();
    let rest = futures_util::stream::unfold((stdout, child), |(mut stdout, mut child)| async {
        let mut piece = Vec::with_capacity(64 * 1024);
        if matches!(stdout.read_buf(&mut piece).await, Ok(1..)) {
            return Some((Ok(Bytes::from(piece)), (stdout, child)));
        }
        drop(child.wait().await);
        None
    });
    let first = futures_util::stream::iter([Ok::<_, std::io::Error>(first)]);
    Response::from_parts(head, Body::from_stream(first.chain(rest)))
}

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        Path::new(git(Path::new("."), &["--exec-path"]).trim()).join("git-http-backend")
    })
}

/// CGI output: headers, an empty line, the body.
fn parse(output: Vec<u8>) -> Response {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else {
        return Response::builder()
            .status(500)
            .body(Body::from(output))
            .unwrap();
    };
    let mut response = Response::builder();
    for line in std::str::from_utf8(&output[..end]).unwrap().split("\r\n") {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value.split(' ').next().unwrap().parse::<u16>().unwrap()),
            _ => response.header(name, value),
        };
    }
    response
        .body(Body::from(Bytes::from(output).slice(end + 4..)))
        .unwrap()
}
