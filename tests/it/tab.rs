//! The page of the plan, and the tab that shows it on the page of a run, in a real
//! browser.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::support::browser::Browser;
use crate::support::loopback::Loopback;
use crate::support::program::Workspace;

const HOST: &str = include_str!("tab/host.html");
const PROJECT: &str = "5ec2bb54-3d1b-4dd1-8d3a-9d2a3d6f7d11";
const IDS: &str = "11111111-1111-1111-1111-111111111111/22222222-2222-2222-2222-222222222222";

/// What is served, and what was asked for.
#[derive(Default)]
struct Served {
    /// The attachments of the run: names and pages.
    attached: Vec<(&'static str, String)>,
    /// What the REST API answers instead, when it refuses.
    refusal: Option<u16>,
    asked: Vec<(String, Option<String>)>,
}

/// One server for the page around the tab, the files of the tab, and the REST API.
struct Site {
    loopback: Loopback,
    served: Arc<Mutex<Served>>,
}

impl Site {
    fn start(attached: Vec<(&'static str, String)>) -> Self {
        let served = Arc::new(Mutex::new(Served {
            attached,
            ..Served::default()
        }));
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&served));
        Self {
            loopback: Loopback::serve(app),
            served,
        }
    }

    fn port(&self) -> u16 {
        self.loopback.address.port()
    }

    /// The page of a run with the tab in it. The tab has another origin, as at the host.
    fn address(&self, more: &str) -> String {
        let port = self.port();
        format!(
            "http://localhost:{port}/host?tab=http://127.0.0.1:{port}/tab/index.html&api=http://127.0.0.1:{port}/contoso{more}"
        )
    }

    fn asked(&self) -> Vec<(String, Option<String>)> {
        self.served.lock().unwrap().asked.clone()
    }

    /// The requests to the REST API.
    fn calls(&self) -> Vec<(String, Option<String>)> {
        let asked = self.asked().into_iter();
        asked.filter(|(path, _)| path.contains("/_apis/")).collect()
    }
}

async fn answer(State(served): State<Arc<Mutex<Served>>>, request: Request) -> Response {
    let path = request.uri().to_string();
    let reply = |status: StatusCode, kind: &str, body: String| {
        Response::builder()
            .status(status)
            .header("Content-Type", kind)
            .header("Access-Control-Allow-Origin", "*")
            .header("Access-Control-Allow-Headers", "authorization")
            .body(Body::from(body))
            .unwrap()
    };
    if request.method() == "OPTIONS" {
        return reply(StatusCode::OK, "text/plain", String::new());
    }
    let token = request.headers().get("Authorization");
    let token = token.map(|token| token.to_str().unwrap().to_owned());
    let mut served = served.lock().unwrap();
    served.asked.push((path.clone(), token));
    let plain = path.split('?').next().unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"));
    if plain == "/host" {
        return reply(StatusCode::OK, "text/html", HOST.to_owned());
    }
    if let Some(name) = plain.strip_prefix("/tab/") {
        let kind = match name.rsplit('.').next() {
            Some("html") => "text/html",
            Some("css") => "text/css",
            _ => "application/javascript",
        };
        let body = std::fs::read_to_string(format!("{root}/tab/{name}")).unwrap();
        return reply(StatusCode::OK, kind, body);
    }
    if let Some(status) = served.refusal.filter(|_| plain.contains("/_apis/")) {
        let status = StatusCode::from_u16(status).unwrap();
        return reply(status, "text/plain", String::new());
    }
    if plain.ends_with("/attachments/gitops.plan") {
        // Another address than the one that was asked, which must not get the token.
        let link = |name: &str| {
            format!(
                "http://192.0.2.1/contoso/_apis/build/builds/100/{IDS}/attachments/gitops.plan/{name}"
            )
        };
        let attached = served.attached.iter();
        let list: Vec<_> = attached
            .map(|(name, _)| serde_json::json!({"name": name, "_links": {"self": {"href": link(name)}}}))
            .collect();
        let list = serde_json::json!({"count": list.len(), "value": list});
        return reply(StatusCode::OK, "application/json", list.to_string());
    }
    let name = plain.rsplit('/').next().unwrap();
    let name = percent_encoding::percent_decode_str(name)
        .decode_utf8()
        .unwrap();
    match served.attached.iter().find(|(own, _)| *own == name) {
        Some((_, page)) => reply(StatusCode::OK, "application/octet-stream", page.clone()),
        None => reply(StatusCode::NOT_FOUND, "text/plain", String::new()),
    }
}

/// The page that a task attaches: one Deployment with a risk, one Service that goes, and
/// twelve settings that come.
fn attached() -> String {
    let workspace = Workspace::new();
    let web = |replicas: u32, image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: '{image}'}}]}}\n"
        )
    };
    workspace
        .write("src/web.yaml", &web(3, "contoso.azurecr.io/web:1.0"))
        .write("src/gone.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: gone, namespace: shop}\nspec: {ports: [{port: 80}]}\n")
        .write("gitops.yaml", "source: src\nenvironments: {dev: , qa: }\n");
    workspace.git(&["init", "--quiet", "--bare", "m.git"]);
    let folder = workspace.path().join("m.git").display().to_string();
    let task = |command: &str| workspace.task(&[("command", command), ("manifestRepo", &folder)]);
    task("publish").succeed();
    workspace.remove("src/gone.yaml");
    let noted = web(1, "contoso.azurecr.io/web:2.0").replace(
        "namespace: shop}",
        "namespace: shop, annotations: {note: '<b>x</b>'}}",
    );
    workspace.write("src/web.yaml", &noted);
    for n in 0..12 {
        workspace.write(
            &format!("src/settings{n}.yaml"),
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings{n}, namespace: shop}}\ndata: {{html: '<b>x</b>'}}\n"),
        );
    }
    let ended = task("plan").succeed();
    let start = "##vso[task.addattachment type=gitops.plan;name=plan dev, qa]";
    let line = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(start));
    let path = line.unwrap_or_else(|| panic!("no page: {}", ended.stdout));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_tab_shows_the_attached_plan_in_a_frame_of_its_own() {
    let Some(browser) = Browser::start(1200, 900) else {
        return;
    };
    let site = Site::start(vec![("plan dev, qa", attached())]);
    browser.open(&site.address("&theme=dark&build=late"));
    browser.enter("#tab");
    let frame = browser.element("iframe");
    assert!(frame.is_object());
    let sandbox = browser.run("return document.querySelector('iframe').getAttribute('sandbox')");
    assert_eq!(sandbox, "allow-scripts");
    browser.enter("iframe");
    browser.element("details[data-entry]");
    assert_eq!(
        browser.run("return document.querySelector('h1').textContent"),
        "GitOps plan: dev, qa"
    );
    // Neither the page around it nor its storage is within reach.
    let origin = browser.run("try { return [location.href, window.origin, String(parent.document)] } catch (error) { return [location.href, window.origin, error.name] }");
    assert_eq!(
        origin,
        serde_json::json!(["about:srcdoc", "null", "SecurityError"])
    );
    let back = browser.run("return getComputedStyle(document.body).backgroundColor");
    assert_eq!(back, "rgb(22, 24, 28)", "the theme of the page around it");

    let token = Some("Bearer token-of-the-person".to_owned());
    let builds = format!("/contoso/{PROJECT}/_apis/build/builds/100");
    let version = "api-version=7.0-preview.2";
    let expected = [
        format!("{builds}/attachments/gitops.plan?{version}"),
        format!("{builds}/{IDS}/attachments/gitops.plan/plan%20dev%2C%20qa?{version}"),
    ];
    assert_eq!(site.calls(), expected.map(|path| (path, token.clone())));
}

#[test]
fn the_page_can_be_searched_and_folded_and_fits_a_phone() {
    let Some(browser) = Browser::start(500, 800) else {
        return;
    };
    let site = Site::start(vec![("plan dev, qa", attached())]);
    browser.open(&site.address("&build=bare"));
    browser.enter("#tab");
    browser.enter("iframe");
    browser.element("#tools:not([hidden])");
    let names = "return Array.from(document.querySelectorAll('details[data-entry]:not([hidden])'), (e) => e.querySelector('.name').textContent)";
    let all = browser.run(names);
    assert_eq!(all.as_array().unwrap().len(), 14);
    assert_eq!(all[0], "Deployment shop/web");
    let open = "return document.querySelectorAll('details[data-entry][open]').length";
    // What is risky or goes is unfolded; the rest is, too, where there is little of it.
    let unfolded = browser.run(open).as_u64().unwrap();
    assert!((1..14).contains(&unfolded), "{unfolded}");
    browser.run("document.getElementById('unfold').click()");
    assert_eq!(browser.run(open), 14);
    browser.run("document.getElementById('fold').click()");
    assert_eq!(browser.run(open), 0);
    browser.type_into("#search", "web:2.0");
    assert_eq!(
        browser.run(names),
        serde_json::json!(["Deployment shop/web"])
    );
    browser.wait("document.getElementById('found').textContent.endsWith('shown')");
    assert_eq!(browser.run(open), 1, "what was found is unfolded");
    browser.run("const box = document.getElementById('search'); box.value = ''; box.dispatchEvent(new Event('input'))");
    assert_eq!(browser.run(names).as_array().unwrap().len(), 14);
    browser.run("document.getElementById('unfold').click()");
    let wide = browser.run("return [document.documentElement.scrollWidth, innerWidth]");
    assert!(wide[0].as_u64() <= wide[1].as_u64(), "{wide}");
    // What the manifest holds is text, and every control has a name.
    assert!(browser.run("return document.body.textContent.includes('<b>x</b>')") == true);
    let nameless = "return Array.from(document.querySelectorAll('input, button, select')).filter((e) => !(e.labels && e.labels.length) && !e.textContent.trim()).length";
    assert_eq!(browser.run(nameless), 0);
}

#[test]
fn a_hostile_attachment_reaches_nothing() {
    let Some(browser) = Browser::start(1200, 900) else {
        return;
    };
    let site = Site::start(Vec::new());
    let away = format!("http://127.0.0.1:{}/leak", site.port());
    let hostile = format!(
        "<meta http-equiv=\"refresh\" content=\"1;url={away}-refresh\"><img src=\"{away}-image\"><link rel=\"stylesheet\" href=\"{away}-style\"><script src=\"{away}-script\"></script><iframe src=\"{away}-frame\"></iframe><form action=\"{away}-form\"></form><script>
        document.title = 'ran';
        fetch('{away}-fetch').catch(() => {{}});
        navigator.sendBeacon('{away}-beacon');
        try {{ window.open('{away}-window'); }} catch (_) {{}}
        try {{ top.location = '{away}-top'; }} catch (_) {{}}
        document.forms[0].submit();
        parent.postMessage(JSON.stringify({{ id: 1, result: {{}} }}), '*');
        setTimeout(() => {{ location = '{away}-self'; }}, 200);
        </script>"
    );
    site.served.lock().unwrap().attached = vec![("hostile", hostile)];
    browser.open(&site.address(""));
    browser.enter("#tab");
    browser.enter("iframe");
    // It was shown until it tried to go elsewhere, which the policy of the tab refuses.
    browser.wait("location.protocol === 'chrome-error:'");
    browser.leave();
    assert_eq!(
        browser.run("return document.title"),
        "A stand-in for the page of a run"
    );
    let leaks: Vec<_> = site
        .asked()
        .into_iter()
        .filter(|(path, _)| path.contains("leak"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}

#[rstest::rstest]
#[case::no_plan(None, "This run has no plan")]
#[case::refused(Some(403), "The plan cannot be shown: the server answered with 403")]
fn the_tab_says_why_it_shows_no_plan(#[case] refusal: Option<u16>, #[case] said: &str) {
    let Some(browser) = Browser::start(800, 600) else {
        return;
    };
    let site = Site::start(Vec::new());
    site.served.lock().unwrap().refusal = refusal;
    browser.open(&site.address(""));
    browser.enter("#tab");
    browser.element("#bar:not([hidden])");
    browser.wait("!document.getElementById('said').textContent.startsWith('Loading')");
    let shown = browser.run("return document.getElementById('said').textContent");
    assert!(shown.as_str().unwrap().starts_with(said), "{shown}");

    // A later look finds it.
    {
        let mut served = site.served.lock().unwrap();
        served.refusal = None;
        served.attached = vec![
            ("one", "<p>first".to_owned()),
            ("two", "<p>second".to_owned()),
        ];
    }
    browser.run("document.getElementById('reload').click()");
    browser.enter("iframe");
    browser.wait("document.body.textContent === 'first'");
    browser.leave();
    browser.enter("#tab");
    browser.run("const menu = document.getElementById('plans'); menu.value = '1'; menu.dispatchEvent(new Event('change'))");
    browser.wait("document.getElementById('said').hidden");
    browser.enter("iframe");
    browser.wait("document.body.textContent === 'second'");
}
