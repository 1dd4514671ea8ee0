//! A proxy on this machine for the programs that we start.
//!
//! The agent's proxy may want a password, which no program of a source may
//! see, and its list of what to bypass cannot be written as `NO_PROXY`. So
//! programs are given this one, with a password of its own that is worth
//! nothing elsewhere; it decides address by address and adds what the agent's
//! proxy wants.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::Proxy;

/// The longest head of a request.
const HEAD: usize = 64 << 10;

/// A relay that ends with this value.
#[derive(Debug)]
pub struct Relay {
    address: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Relay {
    /// Starts one before this proxy; `None` where its address is not `http://`.
    pub fn start(proxy: Proxy) -> Option<Self> {
        let upstream = Url::parse(&proxy.url).ok();
        let upstream = upstream.filter(|url| url.scheme() == "http")?;
        let upstream = (
            upstream.host_str()?.trim_matches(['[', ']']).to_owned(),
            upstream.port_or_known_default()?,
        );
        tokio::runtime::Handle::try_current().ok()?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).ok()?;
        listener.set_nonblocking(true).ok()?;
        let port = listener.local_addr().ok()?.port();
        let listener = TcpListener::from_std(listener).ok()?;
        let mut random = [0; 18];
        aws_lc_rs::rand::fill(&mut random).ok()?;
        let password = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random);
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("run:{password}"));
        let way = Arc::new(Way {
            authorization: proxy.authorization(),
            expected: format!("Basic {pair}"),
            proxy,
            upstream,
        });
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let way = Arc::clone(&way);
                // A connection that breaks is the program's to report.
                tokio::spawn(async move { way.serve(client).await });
            }
        });
        let address = format!("http://run:{password}@127.0.0.1:{port}");
        Some(Self { address, task })
    }

    /// For `HTTP_PROXY` and `HTTPS_PROXY`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

struct Way {
    proxy: Proxy,
    upstream: (String, u16),
    authorization: Option<String>,
    expected: String,
}

/// The first line of a request and its headers, without those for a proxy.
struct Head<'t> {
    method: &'t str,
    target: &'t str,
    version: &'t str,
    headers: Vec<&'t str>,
    allowed: bool,
}

impl Way {
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let Some((head, rest)) = read_head(&mut client).await? else {
            return answer(&mut client, "431 Request Header Fields Too Large", "").await;
        };
        let Some(head) = self.parse(&head) else {
            return answer(&mut client, "400 Bad Request", "").await;
        };
        if !head.allowed {
            let asked = "Proxy-Authenticate: Basic realm=\"run\"\r\n";
            return answer(&mut client, "407 Proxy Authentication Required", asked).await;
        }
        let connect = head.method.eq_ignore_ascii_case("CONNECT");
        let url = if connect {
            Url::parse(&format!("https://{}/", head.target))
        } else {
            Url::parse(head.target)
        };
        let Some(url) = url.ok().filter(|url| url.host().is_some()) else {
            return answer(&mut client, "400 Bad Request", "").await;
        };
        let direct = self.proxy.bypass.covers(&url);
        let (host, port) = if direct {
            let host = url.host_str().unwrap_or_default();
            let port = url.port_or_known_default().unwrap_or(443);
            (host.trim_matches(['[', ']']).to_owned(), port)
        } else {
            self.upstream.clone()
        };
        let Ok(mut server) = TcpStream::connect((host.as_str(), port)).await else {
            return answer(&mut client, "502 Bad Gateway", "").await;
        };
        if connect && direct {
            client
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await?;
        } else {
            let text = self.forwarded(&head, &url, direct, connect);
            server.write_all(text.as_bytes()).await?;
        }
        server.write_all(&rest).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }

    /// The head as the next server gets it.
    fn forwarded(&self, head: &Head<'_>, url: &Url, direct: bool, connect: bool) -> String {
        let path = url.path();
        let own = url
            .query()
            .map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        let target = if direct { own.as_str() } else { head.target };
        let mut text = format!("{} {target} {}\r\n", head.method, head.version);
        for header in &head.headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !connect {
            // The next request may be for another server.
            text.push_str("Connection: close\r\n");
        }
        if let Some(authorization) = self.authorization.as_ref().filter(|_| !direct) {
            text.push_str("Proxy-Authorization: ");
            text.push_str(authorization);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text
    }

    fn parse<'t>(&self, head: &'t str) -> Option<Head<'t>> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        let mut parsed = Head {
            method,
            target,
            version,
            headers: Vec::new(),
            allowed: false,
        };
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "proxy-authorization" => parsed.allowed = value.trim() == self.expected,
                "proxy-connection" => {}
                "connection" | "keep-alive" if !method.eq_ignore_ascii_case("CONNECT") => {}
                _ => parsed.headers.push(line),
            }
        }
        Some(parsed)
    }
}

/// The head of a request as text, and what came after it; `None` when it is
/// too long or no text.
async fn read_head(client: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    loop {
        if let Some(end) = memchr::memmem::find(&all, b"\r\n\r\n") {
            let rest = all.split_off(end + 4);
            all.truncate(end);
            return Ok(String::from_utf8(all).ok().map(|head| (head, rest)));
        }
        if all.len() > HEAD || client.read_buf(&mut all).await? == 0 {
            return Ok(None);
        }
    }
}

async fn answer(client: &mut TcpStream, status: &str, headers: &str) -> io::Result<()> {
    let text =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");
    client.write_all(text.as_bytes()).await
}
