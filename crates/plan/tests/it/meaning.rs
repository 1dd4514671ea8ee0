//! Differences that only look like formatting or noise: they are fields to read.

use crate::examples::*;
use crate::read::planned;

/// How many fields there are to read when a text in a `ConfigMap` changes.
fn to_read(key: &str, old: &str, new: &str) -> usize {
    let file = |text: &str| {
        config(&format!(
            "'{key}': {}",
            serde_json::to_string(text).unwrap()
        ))
    };
    let plan = planned(&file(old), &file(new));
    assert_eq!(plan.resources.len(), 1, "{old:?} {new:?}");
    plan.summary.fields
}

#[test]
fn what_other_readers_take_for_something_else_is_read() {
    let cases = [
        ("a.yaml", "a: !Ref x\n", "a: !Sub x\n"),
        ("a.yaml", "a: !vault x\n", "a: x\n"),
        ("a.yaml", "#cloud-config\na: b\n", "a: b\n"),
        ("a.yaml", "a: yes\n", "a: true\n"),
        ("a.yaml", "a: 0x10\n", "a: 16\n"),
        ("a.yaml", "a: 1.10\n", "a: 1.1\n"),
        ("a.json", "{\"a\": 1.0}", "{\"a\": 1}"),
        ("a.json", "{\"a\": 1, \"a\": 2}", "{\"a\": 2}"),
        (
            "a.json",
            "{\"a\": 99999999999999999999999}",
            "{\"a\": 99999999999999999999998}",
        ),
        (".env", "A=1\r\n", "A=1\n"),
        (".env", "A=1 \n", "A=1\n"),
        (".env", "A=1\n", "A = 1\n"),
        (".env", "A=1\nB=$A\n", "B=$A\nA=1\n"),
        (".env", "A='x\nB=1\nC='\n", "B=1\nA='x\nC='\n"),
        (".env", "!A=1\nB=1\n", "B=1\n"),
        (".env", "#!/bin/sh\nB=1\n", "B=1\n"),
        ("a.properties", "a=1 \n", "a=1\n"),
    ];
    for (key, old, new) in cases {
        assert!(to_read(key, old, new) > 0, "{key}: {old:?} {new:?}");
        assert!(to_read(key, new, old) > 0, "{key}: {new:?} {old:?}");
    }
    let same = [
        (
            "a.yaml",
            "a: [1, 2]\nb: 'x'\n",
            "# why\nb: x\na:\n- 1\n- 2\n",
        ),
        ("a.yaml", "a: b # c\n", "a: b\n"),
        (
            "a.json",
            "{\"a\": 1, \"b\": [true]}",
            "{\n  \"b\": [ true ],\n  \"a\": 1\n}\n",
        ),
        (".env", "A=1\n# x\nB='a b'\n", "B='a b'\nA=1\n"),
        ("a.properties", "a = 1\n! x\n", "a=1\n"),
    ];
    for (key, old, new) in same {
        assert_eq!(to_read(key, old, new), 0, "{key}: {old:?} {new:?}");
    }
}

#[test]
fn a_time_that_something_acts_on_is_read() {
    let noted = |key: &str, value: &str| {
        container("").replace(
            "namespace: shop}",
            &format!("namespace: shop, annotations: {{{key}: '{value}'}}}}"),
        )
    };
    let fields = |key: &str, (old, new): (&str, &str)| {
        let plan = planned(&noted(key, old), &noted(key, new));
        plan.summary.fields
    };
    let times = ("2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z");
    let acted_on = [
        "x/validUntil",
        "x/Expires",
        "EXPIRES_AT",
        "not-before",
        "valid-from",
        "end-date",
        "scheduled-at",
        "reconcile.fluxcd.io/forceAt",
        "reconcile.fluxcd.io/resetAt",
        "cleanup-at",
        "terminate-at",
        "x/at",
    ];
    for key in acted_on {
        assert_eq!(fields(key, times), 1, "{key}");
    }
    for key in [
        "built",
        "x/build-time",
        "x/generatedAt",
        "createdAt",
        "x/timestamp",
    ] {
        assert_eq!(fields(key, times), 0, "{key}");
    }
    let both = |hash: &str, data: &str| {
        format!(
            "{}---\n{}",
            noted("x/desired-image-hash", hash),
            config(&format!("a: {data}"))
        )
    };
    let plan = planned(
        &both("0123456789abcdef", "b"),
        &both("fedcba9876543210", "c"),
    );
    assert_eq!(plan.summary.fields, 2);
}
