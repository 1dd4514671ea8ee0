//! The proxy that programs are given: it goes the way that the agent means,
//! with the password that they never see.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use gitops_publisher::http::{Bypass, Proxy, Relay};
use gitops_publisher::model::Secret;

use crate::support::file_server::FileServer;
use crate::support::program::Workspace;

/// A proxy that answers once, and hands over what it was asked.
fn upstream(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        client.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(head).unwrap()
    });
    (url, asked)
}

fn relay(url: &str, bypass: &[&str]) -> Relay {
    let list: Vec<_> = bypass.iter().map(|&entry| entry.to_owned()).collect();
    let bypass = if list.is_empty() {
        Bypass::default()
    } else {
        Bypass::of_agent(&list).0
    };
    Relay::start(Proxy {
        url: url.to_owned(),
        user: Some("svc".to_owned()),
        password: Some(Secret::new("hunter2")),
        bypass,
    })
    .unwrap()
}

/// Asks the relay; `authorization` is that of its own address.
async fn ask(relay: &Relay, request: String, with_password: bool) -> String {
    use base64::Engine as _;
    let address = relay.address().strip_prefix("http://").unwrap().to_owned();
    let (pair, server) = address.split_once('@').unwrap();
    let pair = base64::engine::general_purpose::STANDARD.encode(pair);
    let header = format!("Proxy-Authorization: Basic {pair}\r\n");
    let header = if with_password { header } else { String::new() };
    let request = request.replace('\n', "\r\n") + &header + "\r\n";
    let server = server.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(server).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    asked.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_goes_through_the_proxy_with_its_password() {
    let (url, asked) = upstream("HTTP/1.1 200 OK\r\n\r\nhello");
    let relay = relay(&url, &[]);
    let request = "CONNECT charts.contoso.com:443 HTTP/1.1\nHost: charts.contoso.com\n";
    let answer = ask(&relay, request.to_owned(), true).await;
    assert!(answer.ends_with("hello"), "{answer}");
    assert_eq!(
        asked.join().unwrap(),
        "CONNECT charts.contoso.com:443 HTTP/1.1\r\nHost: charts.contoso.com\r\nProxy-Authorization: Basic c3ZjOmh1bnRlcjI=\r\n\r\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_request_goes_through_the_proxy_with_its_password() {
    let (url, asked) = upstream("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let relay = relay(&url, &[]);
    let request = "GET http://charts.contoso.com/index.yaml?a=b HTTP/1.1\nHost: charts.contoso.com\nProxy-Connection: keep-alive\n";
    ask(&relay, request.to_owned(), true).await;
    assert_eq!(
        asked.join().unwrap(),
        "GET http://charts.contoso.com/index.yaml?a=b HTTP/1.1\r\nHost: charts.contoso.com\r\nConnection: close\r\nProxy-Authorization: Basic c3ZjOmh1bnRlcjI=\r\n\r\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_list_names_is_reached_directly_and_without_the_password() {
    let server = FileServer::start();
    server.put("/index.yaml", "entries");
    // Nobody listens at the proxy's address.
    let relay = relay("http://127.0.0.1:9", &[r"127\.0\.0\.1"]);
    let request = format!("GET {}/index.yaml HTTP/1.1\nHost: x\n", server.url(""));
    let answer = ask(&relay, request, true).await;
    assert!(answer.ends_with("entries"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_password_for_it_gets_nothing() {
    let server = FileServer::start();
    let relay = relay("http://127.0.0.1:9", &[r"127\.0\.0\.1"]);
    for request in [
        format!("GET {}/index.yaml HTTP/1.1\nHost: x\n", server.url("")),
        "CONNECT charts.contoso.com:443 HTTP/1.1\n".to_owned(),
    ] {
        let answer = ask(&relay, request, false).await;
        assert!(
            answer.starts_with("HTTP/1.1 407 Proxy Authentication Required\r\n"),
            "{answer}"
        );
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_so() {
    let relay = relay("http://127.0.0.1:9", &[]);
    for (request, status) in [
        ("x\n", "400 Bad Request"),
        ("GET /index.yaml HTTP/1.1\n", "400 Bad Request"),
        (
            "CONNECT charts.contoso.com:443 HTTP/1.1\n",
            "502 Bad Gateway",
        ),
    ] {
        let answer = ask(&relay, request.to_owned(), true).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{request}: {answer}"
        );
    }
}

/// A program goes the agent's way without its password, and its list of what to
/// bypass is no list that a program can read.
#[cfg(unix)]
#[rstest::rstest]
#[case::plain(&[])]
#[case::with_a_password(&[("AGENT_PROXYUSERNAME", "svc"), ("AGENT_PROXYPASSWORD", "hunter2")])]
#[case::with_a_list(&[("AGENT_PROXYBYPASSLIST", "[\"127\\\\.0\\\\.0\\\\.1\"]")])]
#[case::beside_a_proxy_of_variables(&[("HTTPS_PROXY", "http://other:8080"), ("all_proxy", "http://other:8080")])]
#[case::beside_a_list_of_variables(&[("NO_PROXY", "*"), ("no_proxy", "contoso.com")])]
#[case::with_all_of_it(&[("AGENT_PROXYUSERNAME", "svc"), ("AGENT_PROXYPASSWORD", "hunter2"), ("AGENT_PROXYBYPASSLIST", "[\"a\"]"), ("no_proxy", "*")])]
fn programs_are_given_the_relay_and_nothing_else(#[case] variables: &[(&str, &str)]) {
    let shop = Workspace::new();
    shop.write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let helm = tempfile::tempdir().unwrap();
    let helm = crate::fabrikate::script(
        helm.path(),
        "echo 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  seen: |'\n\
         env | grep -i proxy | sort | sed 's/^/    /'",
    );
    let flags = ["render", "--environments", "dev", "--helm"];
    let run = shop.program(&[&flags[..], &[&helm.display().to_string()]].concat());
    let run = run.variable("AGENT_PROXYURL", "http://proxy.contoso.com:8080");
    let given = variables.iter();
    let run = given.fold(run, |run, (name, value)| run.variable(name, value));
    let ended = run.succeed();
    let seen = ended.stdout.lines().filter(|line| line.starts_with("    "));
    let seen: Vec<_> = seen
        .filter_map(|line| line.trim().split_once('='))
        .collect();
    let names: Vec<_> = seen.iter().map(|(name, _)| *name).collect();
    let all = ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"];
    assert_eq!(names, all, "{ended:?}");
    for (_, address) in &seen {
        let (_, server) = address.split_once('@').unwrap();
        assert!(server.starts_with("127.0.0.1:"), "{address}");
        assert_eq!(*address, seen[0].1);
    }
    assert!(!ended.stdout.contains("hunter2"), "{ended:?}");
}
