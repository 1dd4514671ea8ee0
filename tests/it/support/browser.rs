//! A real Chromium without a window, driven by its own driver in the standard protocol
//! (`WebDriver`).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A browser; it ends with the value.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// What it keeps goes with it.
    profile: tempfile::TempDir,
}

/// The key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Starts a browser with a window of this size; none where there is no Chromium.
    pub fn start(width: u32, height: u32) -> Option<Self> {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()
            .or_else(|| {
                println!("skipped: there is no chromedriver (Debian: chromium-driver)");
                None
            })?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            port: port.unwrap(),
            session: String::new(),
            profile,
        };
        let folder = browser.profile.path().display().to_string();
        // The tests may run as root in a container, where Chromium has no sandbox of its own.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            &format!("--user-data-dir={folder}"),
            &format!("--window-size={width},{height}"),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "timeouts": {"implicit": 20_000, "script": 20_000},
        }}});
        match browser.send("POST", "/session", &wanted) {
            Ok(started) => {
                let id = started["sessionId"].as_str().unwrap();
                id.clone_into(&mut browser.session);
                Some(browser)
            }
            Err(error) => {
                println!("skipped: Chromium does not start: {error}");
                None
            }
        }
    }

    pub fn open(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// Goes into the frame that a selector finds in the current one, as soon as it is there.
    pub fn enter(&self, selector: &str) {
        let element = self.element(selector);
        self.ask("POST", "/frame", &json!({ "id": element }));
    }

    /// Goes back to the whole page.
    pub fn leave(&self) {
        self.ask("POST", "/frame", &json!({ "id": null }));
    }

    /// Waits until there is such an element.
    pub fn element(&self, selector: &str) -> Value {
        let wanted = json!({"using": "css selector", "value": selector});
        let element = self.ask("POST", "/element", &wanted);
        assert!(element[ELEMENT].is_string(), "{element}");
        element
    }

    /// Runs a script in the current frame and gives back what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.ask(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
    }

    /// Waits until an expression is true in the current frame, which may load anew
    /// meanwhile.
    pub fn wait(&self, expression: &str) {
        let path = format!("/session/{}/execute/sync", self.session);
        let script = json!({"script": format!("return Boolean({expression})"), "args": []});
        let until = Instant::now() + Duration::from_secs(20);
        while self.send("POST", &path, &script) != Ok(json!(true)) {
            assert!(Instant::now() < until, "never true: {expression}");
        }
    }

    /// Types into an element.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        let id = element[ELEMENT].as_str().unwrap();
        self.ask(
            "POST",
            &format!("/element/{id}/value"),
            &json!({ "text": text }),
        );
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        let answer = self.send(method, &path, body);
        answer.unwrap_or_else(|error| panic!("{path} {body}: {error}"))
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            let line = line.trim_end().to_lowercase();
            if let Some(given) = line.strip_prefix("content-length:") {
                length = given.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        let answer: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let value = answer["value"].clone();
        match value.get("error") {
            Some(error) if error.is_string() => Err(value.to_string()),
            _ => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.send("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
