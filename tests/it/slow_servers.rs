//! Servers that answer, but never come to an end.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use gitops_publisher::http::{Error, Http, Options, Request, Slowest};

/// A server that answers every request with a body that comes one byte at a time.
fn dripping(pause: Duration) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000000\r\n\r\n";
                let mut alive = stream.write_all(head.as_bytes()).is_ok();
                while alive {
                    std::thread::sleep(pause);
                    alive = stream.write_all(b"x").is_ok();
                }
            });
        }
    });
    url::Url::parse(&format!("http://{address}/chart.tgz")).unwrap()
}

fn options() -> Options {
    let mut options = Options::new("tests");
    options.slowest = Slowest {
        time: Duration::from_secs(1),
        bytes: 1000,
    };
    options
}

async fn get(options: Options, url: &url::Url) -> Error {
    let http = Http::new(options);
    let mut response = http.send(&Request::get(url.clone())).await.unwrap();
    response.bytes(1 << 20).await.unwrap_err()
}

#[tokio::test]
async fn a_download_that_drips_is_given_up() {
    let url = dripping(Duration::from_millis(50));
    let start = Instant::now();
    let error = get(options(), &url).await;
    assert_eq!(
        error.to_string(),
        format!("GET {url} sent less than 1000 bytes in 1 seconds and was given up")
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    let error = gitops_publisher::error::Error::from(error);
    assert_eq!(
        error.all_hints(),
        ["check the address, the network and the proxy settings, then run again"]
    );
}

#[tokio::test]
async fn an_answer_has_its_time_however_steadily_it_comes() {
    let url = dripping(Duration::from_millis(1));
    let mut options = options();
    options.slowest.bytes = 1;
    options.answer_timeout = Duration::from_secs(2);
    let error = get(options, &url).await;
    assert_eq!(
        error.to_string(),
        format!("GET {url} failed: no answer within 2 seconds")
    );
}

#[tokio::test]
async fn a_slow_download_that_keeps_the_pace_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 6000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..30 {
            std::thread::sleep(Duration::from_millis(50));
            stream.write_all(&[b'x'; 200]).unwrap();
        }
    });
    let http = Http::new(options());
    let request = Request::get(url::Url::parse(&url).unwrap());
    let body = http.send(&request).await.unwrap().bytes(1 << 20).await;
    assert_eq!(body.unwrap().len(), 6000);
}
