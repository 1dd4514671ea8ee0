//! Secrets that stand in lists of words, in headers and in the names of fields.

use gitops_plan::view::{Detail, View, markdown, text};

use crate::examples::*;
use crate::read::planned;

const OLD: &str = "0LDs3cr3tAAA";
const NEW: &str = "NEWs3cr3tBBB";

/// Manifests with a secret at `SECRET`.
fn places() -> Vec<(&'static str, String)> {
    let widget = |spec: &str| other("contoso.com/v1", "Widget", spec);
    let command = |words: &str| container(&format!("command: [{words}]"));
    let args = |command: &str, words: &str| {
        container(&format!("command: [{command}]\n        args: [{words}]"))
    };
    let probe =
        |words: &str| container(&format!("livenessProbe: {{exec: {{command: [{words}]}}}}"));
    let file = |text: &str| {
        config(&format!(
            "'a.txt': {}",
            serde_json::to_string(text).unwrap()
        ))
    };
    let manifest = |text: &str| file(text).replace("a.txt", "a.yaml");
    let crd = |schema: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.contoso.com}}\nspec: {{group: contoso.com, names: {{kind: Widget}}, versions: [{{name: v1, schema: {{openAPIV3Schema: {{properties: {{spec: {{properties: {schema}}}}}}}}}}}]}}\n---\n"
        )
    };
    let mut all = Vec::new();
    let mut of = |sort, manifests: Vec<String>| {
        all.extend(manifests.into_iter().map(|one| (sort, one)));
    };
    of(
        "words",
        vec![
            command("redis-cli, -a, SECRET"),
            command("mysqladmin, -uroot, -pSECRET, ping"),
            command("curl, -u, 'admin:SECRET', 'http://localhost'"),
            command("/usr/bin/sshpass, -p, SECRET, ssh, host"),
            command("docker, login, -u, me, -p, SECRET, a.io"),
            command("mongosh, -u, me, -p, SECRET"),
            command("ldapsearch, -x, -w, SECRET"),
            command("app, --password, SECRET"),
            command("sh, -c, 'redis-cli -a SECRET ping'"),
            probe("redis-cli, -a, SECRET, ping"),
            probe("mysqladmin, '-uroot', '-pSECRET', ping"),
            args("redis-cli", "-a, SECRET"),
            args("app, --password", "SECRET"),
            args("app", "--token, SECRET, --port, '1'"),
            widget("{run: [redis-cli, -a, SECRET]}"),
            manifest("run:\n- redis-cli\n- -a\n- SECRET\n"),
            config("'a.json': '{\"run\": [\"redis-cli\", \"-a\", \"SECRET\"]}'"),
        ],
    );
    of(
        "headers",
        vec![
            widget("{headers: {Authorization: 'Basic SECRET'}}"),
            widget("{headers: {Authorization: 'SECRET'}}"),
            widget("{headers: {Proxy-Authorization: 'Basic SECRET'}}"),
            widget("{headers: {Cookie: 'sid=SECRET'}}"),
            widget("{headers: {customRequestHeaders: {Authorization: 'Basic SECRET'}}}"),
            widget("{headers: [{name: Authorization, values: ['Basic SECRET']}]}"),
            widget("{headers: [{name: Authorization, value: 'Basic SECRET'}]}"),
            widget("{headers: [{header: Authorization, value: 'Basic SECRET'}]}"),
            widget("{headers: {set: [{name: cookie, value: 'SECRET'}]}}"),
            container(
                "livenessProbe: {httpGet: {path: /, port: 80, httpHeaders: [{name: Authorization, value: 'Basic SECRET'}]}}",
            ),
            file("headers:\n  Authorization: Basic SECRET\n"),
            file("headers:\n- name: Authorization\n  value: Basic SECRET\n"),
            file("headers:\n- header: Authorization\n  values: [Basic SECRET]\n"),
            config("'a.json': '{\"Cookie\": \"sid=SECRET\", \"Authorization\": \"Basic SECRET\"}'"),
            file("GET / HTTP/1.1\nCookie: sid=SECRET; a=b\n"),
            file("curl -H 'Cookie: sid=SECRET' http://localhost\n# x\n"),
            file("# a\n{{ x }}\n- name: Authorization\n  value: Basic SECRET\n"),
            file("# a\n{{ x }}\n- name: Authorization\n  values: [Basic SECRET]\n"),
        ],
    );
    of(
        "scripts",
        vec![
            file("a\nkeytool -storepass SECRET -list\nb\n"),
            file("a\nrun.exe -Password SECRET\nb\n"),
            file("a\ncurl -su admin:SECRET http://localhost\nb\n"),
            file("a\nhtpasswd -bn admin SECRET > /etc/users\nb\n"),
            file("a\necho root:SECRET | chpasswd\nb\n"),
            file("a {{ x }}\nkind: &a Secret\ndata:\n  a: SECRET\n"),
            file("a {{ x }}\nkind: !!str Secret\ndata:\n  a: SECRET\n"),
            file("a {{ x }}\nkind: SecretList\nitems:\n- data:\n    a: SECRET\n"),
        ],
    );
    let set = crd("{tokens: {type: array, x-kubernetes-list-type: set}}");
    let map = crd(
        "{users: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [token]}}",
    );
    of(
        "names",
        vec![
            format!("{set}{}", widget("{tokens: [SECRET]}")),
            format!("{set}{}", widget("{tokens: [a, SECRET]}")),
            format!("{map}{}", widget("{users: [{token: SECRET, a: 1}]}")),
            widget("{tokens: {SECRET: admin}}"),
            widget("{tokens: {SECRET: admin, b: c}}"),
            widget("{x: {apiKeys: {SECRET: {role: admin}, b: {role: c}}}}"),
            widget("{tokens: [{name: SECRET, role: admin}]}"),
            widget("{tokens: [{name: SECRET, role: admin}, {name: b, role: c}]}"),
        ],
    );
    all
}

#[test]
fn a_secret_among_words_headers_and_names_is_not_shown() {
    let mut seen = Vec::new();
    for (sort, place) in places() {
        let (old, new) = (place.replace("SECRET", OLD), place.replace("SECRET", NEW));
        let documents = || place.split("---\n");
        let rest = config("x: y");
        // What a CRD declares stays.
        let declared = documents().next().filter(|_| documents().count() > 1);
        let without = format!("{}---\n{rest}", declared.unwrap_or(&rest));
        let bare = place.contains("Widget").then(|| {
            let start = place.rfind("spec:").unwrap();
            format!("{}spec: {{y: 1}}\n", &place[..start])
        });
        let mut pairs = vec![
            (old.clone(), new.clone()),
            (without.clone(), new.clone()),
            (old.clone(), without),
        ];
        if let Some(bare) = bare {
            pairs.extend([(bare.clone(), new), (old, bare)]);
        }
        for (before, after) in pairs {
            let plan = planned(&before, &after);
            assert!(!plan.is_empty(), "{place}");
            let plans = [("", &plan)];
            let full = View {
                detail: Detail::Full,
                ..View::default()
            };
            let shown = text(&plans, full);
            let all = [
                serde_json::to_string(&plan).unwrap(),
                markdown(&plans, View::default()),
                shown.clone(),
            ];
            if all.iter().any(|one| one.contains(OLD) || one.contains(NEW)) {
                seen.push(format!("{sort}:\n{place}\n{shown}"));
            }
        }
    }
    assert!(
        seen.is_empty(),
        "{} of them:\n{}",
        seen.len(),
        seen.join("\n")
    );
}

/// What only looks like a secret is shown.
#[test]
fn what_is_no_secret_is_shown() {
    let widget = |spec: &str| other("contoso.com/v1", "Widget", spec);
    let command = |words: &str| container(&format!("command: [{words}]"));
    let cases = [
        (command("tar, -p, VALUE")),
        (command("redis-cli, -p, VALUE")),
        (command("mysqladmin, -u, VALUE")),
        (command("app, --port, VALUE")),
        (widget("{security: {authorization: VALUE}}").replace("VALUE", "enabled")),
        (widget("{headers: {Accept: 'VALUE'}}")),
        (widget("{headers: [{name: Accept, value: VALUE}]}")),
        (widget("{secrets: [{name: VALUE}]}")),
        (widget("{tokens: {ttl: 5, type: VALUE}}")),
    ];
    for place in cases {
        let (old, new) = if place.contains("VALUE") {
            (
                place.replace("VALUE", "some-word"),
                place.replace("VALUE", "other-word"),
            )
        } else {
            (place.clone(), place.replace("enabled", "disabled"))
        };
        let plan = planned(&old, &new);
        let shown = text(&[("", &plan)], View::default());
        assert!(
            shown.contains("other-word") || shown.contains("disabled"),
            "{place}\n{shown}"
        );
    }
}
