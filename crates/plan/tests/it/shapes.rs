//! Secrets in texts of configuration: a value that changes is not shown where its name, its
//! place or its form says what it is, over lines as well; everything else is.

use gitops_plan::view::{View, text};

use crate::read::planned;

const OLD: &str = "0LDs3cr3tAAA";
const NEW: &str = "NEWs3cr3tBBB";

/// What is shown when a text of a `ConfigMap` changes.
fn shown(key: &str, old: &str, new: &str) -> String {
    let config = |text: &str| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{{key}: {text}}}}}"
        )
    };
    let plan = planned(&config(old), &config(new));
    assert!(!plan.is_empty(), "{old}");
    let json = serde_json::to_string(&plan).unwrap();
    format!("{json}\n{}", text(&[("", &plan)], View::default()))
}

/// Texts with a secret at `SECRET`, by kind.
const SHAPES: &[(&str, &[&str])] = &[
    (
        "a private key",
        &[
            "LONG-----BEGIN RSA PRIVATE KEY-----\nMIIabcSECRET\n-----END RSA PRIVATE KEY-----\n",
            "LONG-----BEGIN PRIVATE KEY-----\na\nbSECRET\nc\n-----END PRIVATE KEY-----\nport: 1\n",
            "a\n  -----BEGIN EC PRIVATE KEY-----\n  MHcSECRET\n  -----END EC PRIVATE KEY-----\nb\n",
            "key = \"-----BEGIN PRIVATE KEY-----\\nMIISECRET\\n-----END PRIVATE KEY-----\"\nb\n",
            "LONG-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQSECRET\n-----END PGP PRIVATE KEY BLOCK-----\n",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3SECRET\n",
        ],
    ),
    (
        "a value below its name",
        &[
            "user: a\npassword: |\n  SECRET\nport: 1\n",
            "user: a\npassword: >-\n  foo\n  SECRET\nport: 1\n",
            "user: a\npasswords:\n  - a\n  - SECRET\nport: 1\n",
            "user: a\npasswords:\n- a\n- SECRET\nport: 1\n",
            "a:\n  clientSecret: |2\n\n    SECRET\n  b: 1\n",
            "a:\n  token: &t\n    SECRET\n  b: 1\n",
            "a\n<password>\nSECRET\n</password>\nb\n",
            "a\n<password>foo\nSECRET</password>\nb\n",
            "a\npasswords = [\n  \"a\",\n  \"SECRET\",\n]\nb\n",
            "a\nTOKENS=(\n  a\n  SECRET\n)\nb\n",
        ],
    ),
    (
        "a value over several lines",
        &[
            "a=1\npassword = \"\"\"\nSECRET\n\"\"\"\nb=2\n",
            "a=1\npassword = '''\nfoo\nSECRET'''\nb=2\n",
            "a: 1\npassword: \"foo\n  SECRET\"\nb: 2\n",
            "a=1\nexport TOKEN='foo\nSECRET'\nb=2\n",
            "a=1\npassword = foo\\\n  SECRET\nb = 2\n",
            "a=1\ndb.password=foo\\\n  bar\\\n  SECRET\nb=2\n",
        ],
    ),
    (
        "a name and a value beside each other",
        &[
            "<a>\n<add key=\"Password\" value=\"SECRET\"/>\n</a>\n",
            "<a>\n<add key=\"ApiKey\"\n  value=\"SECRET\" />\n</a>\n",
            "<a>\n<setting name=\"Password\"><value>SECRET</value></setting>\n</a>\n",
            "env:\n- name: DB_PASSWORD\n  value: SECRET\n- name: B\n",
            "env: [{name: DB_PASSWORD, value: SECRET}]\n# x\n",
            "x({\"name\": \"TOKEN\", \"value\": \"SECRET\"})\n",
            "<a>\n<password>SECRET</password>\n</a>\n",
        ],
    ),
    (
        "an option of a program",
        &[
            "#!/bin/sh\nfoo --password \\\n  SECRET\nexit\n",
            "#!/bin/sh\nfoo --password \\\n  SECRET \\\n  --port 1\nexit\n",
            "#!/bin/sh\nfoo --db-password=SECRET --port 1\nexit\n",
            "#!/bin/sh\ncurl -u user:SECRET https://x\nfoo\n",
            "#!/bin/sh\ncurl --user user:SECRET https://x\nfoo\n",
            "#!/bin/sh\ncurl -s \\\n  -u user:SECRET \\\n  https://x\nfoo\n",
            "#!/bin/sh\n/usr/bin/mysql -uroot -pSECRET\nfoo\n",
            "#!/bin/sh\nmysqldump \\\n  -u root \\\n  -pSECRET db\nfoo\n",
            "#!/bin/sh\nsshpass -p SECRET ssh x\nfoo\n",
            "#!/bin/sh\ndocker login -u a -p SECRET reg\nfoo\n",
            "#!/bin/sh\nredis-cli -h x -a SECRET ping\nfoo\n",
            "#!/bin/sh\nPGPASSWORD=SECRET psql\nfoo\n",
            "#!/bin/sh\nopenssl rsa -passin pass:SECRET -in x\nfoo\n",
            "#!/bin/sh\nhtpasswd -cb f user SECRET\nfoo\n",
            "#!/bin/sh\nsqlcmd -S x -U sa -P SECRET\nfoo\n",
            "#!/bin/sh\naz login --service-principal -u x -p \\\n  SECRET \\\n  --tenant y\nfoo\n",
        ],
    ),
    (
        "a header",
        &[
            "#!/bin/sh\ncurl -H \"Authorization: Bearer SECRET\" https://x\nfoo\n",
            "#!/bin/sh\ncurl -H 'Authorization: Basic SECRET' https://x\nfoo\n",
            "a\nauthorization: SECRET\nb\n",
            "a\nx = { Authorization = \"token SECRET\" }\nb\n",
            "a\ncurl -H 'X-Api-Key: SECRET' x\nb\n",
            "a\nproxy_set_header Authorization \"Bearer SECRET\";\nb\n",
            "a\nsend(\"Bearer SECRET\")\nb\n",
        ],
    ),
    (
        "an address",
        &[
            "a\npostgres://user:SECRET@host/db\nb\n",
            "a\nredis://:SECRET@host/0\nb\n",
            "a\npostgres://user:p/SECRET@host/db\nb\n",
            "a\nurl = \"https://SECRET@github.com/a/b\"\nb\n",
            "a\ndsn: user:SECRET@tcp(host:3306)/db\nb\n",
            "a\nuser:SECRET@unix(/tmp/s)/db\nb\n",
            "a\nhttps://x.blob.example/y?sv=1&sig=SECRET&x=1\nb\n",
            "a\nhttps://x.example/api?code=SECRET\nb\n",
            "a\nhttps://x.example/api?x=1&key=SECRET\nb\n",
            "a\njdbc:postgresql://host/db?user=a&password=SECRET\nb\n",
        ],
    ),
    (
        "a connection string",
        &[
            "a\nx = InstrumentationKey=SECRET;IngestionEndpoint=https://x\nb\n",
            "a\nx: Server=a;User Id=b;Password=SECRET;\nb\n",
            "a\nx: Server=a;User Id=b;Pwd=SECRET\nb\n",
            "a\nDefaultEndpointsProtocol=https;AccountName=x;AccountKey=SECRET==;EndpointSuffix=y\nb\n",
            "a\nEndpoint=sb://x;SharedAccessKeyName=Root;SharedAccessKey=SECRET=\nb\n",
            "a\nredis:6379,password=SECRET,ssl=True\nb\n",
            "a\nBlobEndpoint=https://x;SharedAccessSignature=sv=1&sig=SECRET\nb\n",
        ],
    ),
    (
        "a file of a program",
        &[
            "machine x login y password SECRET\nb\n",
            "machine x\n  login y\n  password SECRET\nb\n",
            "default login y password SECRET\nb\n",
            "//registry/:_authToken=SECRET\nb\n",
            "host:5432:db:user:SECRET\nb\n",
            "*:*:*:user:SECRET\nb\n",
            "a\nrequirepass SECRET\nb\n",
            "a\nmasterauth SECRET\nb\n",
            "a\nconfig set requirepass SECRET\nb\n",
            "a\nset $password \"SECRET\";\nb\n",
            "a\nproxy_set_header X-Api-Key SECRET;\nb\n",
            "A=1\nexport DB_PASSWORD=SECRET\n",
            "FROM x\nENV API_TOKEN SECRET\nRUN y\n",
        ],
    ),
    (
        "a token of known form",
        &[
            "a\nx = ghp_SECRETSECRETSECRET\nb\n",
            "a\nfoo glpat-SECRETSECRET bar\nb\n",
            "a\n\"eyJhbGci.eyJSECRET.SECRETSECRET\"\nb\n",
            "a\nhvs.SECRETSECRET\nb\n",
            "a\nfoo(xoxb-SECRETSECRET)\nb\n",
            "a\nabc8Q~SECRETSECRETSECRET\nb\n",
        ],
    ),
];

#[test]
fn a_secret_in_a_text_is_not_shown() {
    let mut seen = Vec::new();
    for (kind, shapes) in SHAPES {
        assert!(shapes.len() >= 6, "{kind}");
        for shape in *shapes {
            let shape = shape.replace("LONG", &"line\n".repeat(4_000));
            let with = |secret: &str| shape.replace("SECRET", secret);
            for key in ["config", "run.sh", "a.txt"] {
                let shown = shown(key, &with(OLD), &with(NEW));
                if shown.contains("s3cr3t") {
                    let tail = shown.lines().skip(1).collect::<Vec<_>>().join("\n");
                    seen.push(format!("{kind}: {shape:?}\n{tail}"));
                }
            }
        }
    }
    seen.dedup();
    assert!(
        seen.is_empty(),
        "{} of them:\n{}",
        seen.len(),
        seen.join("\n")
    );
}

/// Texts in which a change at `VALUE` is what people have to see.
const PLAIN: &[&str] = &[
    "user: a\npassword: |\n  x\nport: VALUE\n",
    "passwords:\n- a\nports:\n- VALUE\n",
    "a=1\npassword = \"\"\"\nx\n\"\"\"\nport=VALUE\n",
    "a\n-----BEGIN CERTIFICATE-----\nVALUE\n-----END CERTIFICATE-----\nb\n",
    "#!/bin/sh\nmkdir -p VALUE\nfoo\n",
    "#!/bin/sh\ndocker run -p VALUE:80 -u a:b x\nfoo\n",
    "#!/bin/sh\nfoo --password \\\n  x \\\n  --port VALUE\nexit\n",
    "a\nhttps://contoso@dev.azure.com/contoso/VALUE\nb\n",
    "a\nhttps://host:8080/VALUEx\nb\n",
    "a\nlisten: 0.0.0.0:VALUE\nb\n",
    "<a>\n<add key=\"Port\" value=\"VALUE\"/>\n</a>\n",
    "env:\n- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: VALUE}}\n",
    "a\nset $port VALUE;\nb\n",
    "a\nWelcome to our basic VALUE service\nb\n",
    "a\nmachine: VALUE\nb\n",
    "a\nexistingSecret: VALUE\nb\n",
    "a\ntokenExpiry: VALUE\nb\n",
    "a\nkey: VALUE\nb\n",
    "a\nimage: contoso.azurecr.io/web:VALUE\nb\n",
];

#[test]
fn what_is_no_secret_is_shown() {
    for text in PLAIN {
        let with = |value: &str| text.replace("VALUE", value);
        let shown = shown("config", &with("8o8o"), &with("9n9n"));
        assert!(
            shown.contains("8o8o") && shown.contains("9n9n"),
            "{text}\n{shown}"
        );
    }
}
