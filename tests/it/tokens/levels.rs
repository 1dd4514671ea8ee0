//! Where the levels differ in encodings, transforms and bounds. What versions 3
//! to 6 do was recorded from the replaced program, 1.9.0.

use std::time::{Duration, Instant};

use super::{folder, run, tree};

/// What a file becomes, or the error.
fn replaced(name: &str, content: &[u8], flags: &[&str]) -> Result<Vec<u8>, String> {
    let folder = folder(&[(name, content), ("v.json", VARIABLES.as_bytes())]);
    let mut line = vec!["--sources", name, "--variables", "@v.json"];
    line.extend(flags);
    let summary = run(&folder, &line).map_err(|error| error.to_string())?;
    if let Some(failure) = summary.failure() {
        return Err(failure.text.clone());
    }
    Ok(tree(folder.path()).remove(name).unwrap())
}

const VARIABLES: &str =
    r#"{"a":"va","p":"V","q":"\\ud800","high":"x\ud800y","low":"\udc00","pair":"\ud83d\ude00"}"#;
/// The same without halves of surrogate pairs.
const SOUND: &str = r#"{"a":"va","p":"V"}"#;

#[rstest::rstest]
#[case(
    "|",
    "#{upper|a|}# #{a}# #{upper|a}# #{|a|}# #{upper|a|x|}# #{u|a||}#",
    "VA va  va  "
)]
#[case("%%", "#{upper%a%}# [#{upper%%a%%}#]", " [VA]")]
#[case("/", "#{lower/a/}##{upper/a/}#", "vaVA")]
#[case("é", "#{upperéaé}#", "VA")]
#[case("::", "#{upper:::a::}#|#{upper::a:::}#", "va|VA")]
fn one_text_can_begin_and_end_transforms_at_the_old_levels(
    #[case] delimiter: &str,
    #[case] content: &str,
    #[case] expected: &str,
    #[values("v3", "v4", "v5", "v6")] level: &str,
) {
    let compatibility = format!("--compat={level}");
    let flags = [
        "--transforms",
        "--transforms-prefix",
        delimiter,
        "--transforms-suffix",
        delimiter,
        &compatibility,
        "--encoding",
        "utf-8",
        "--no-add-bom",
    ];
    let got = replaced("a.txt", content.as_bytes(), &flags).unwrap();
    assert_eq!(String::from_utf8(got).unwrap(), expected);
}

#[rstest::rstest]
#[case(b"#{high}##{low}#", &[], b"x?y?")]
#[case(b"#{q}#", &[], b"\\ud800")]
#[case("é#{high}#".as_bytes(), &[], "éx\u{fffd}y".as_bytes())]
#[case(b"#{pair}#", &["--encoding", "utf-8"], "😀".as_bytes())]
#[case(b"#{low}#", &["--encoding", "windows1252"], b"?")]
fn half_a_surrogate_pair_is_read_as_version_6_reads_it(
    #[case] content: &[u8],
    #[case] flags: &[&str],
    #[case] expected: &[u8],
) {
    let flags = [&["--compat=v6", "--no-add-bom"], flags].concat();
    assert_eq!(replaced("a.txt", content, &flags).unwrap(), expected);
}

#[test]
fn by_our_own_rules_half_a_surrogate_pair_is_an_error() {
    let said = replaced("a.txt", b"#{a}#", &[]).unwrap_err();
    assert!(
        said.starts_with("reading variables from file v.json, line 1, column "),
        "{said}"
    );
}

/// `text` in UTF-16 or UTF-32, with or without a mark.
fn wide(text: &str, width: usize, big: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let unit = |c: char| {
        let bytes = u32::from(c).to_be_bytes();
        let mut unit = bytes[4 - width..].to_vec();
        if !big {
            unit.reverse();
        }
        unit
    };
    format!("{mark}{text}").chars().flat_map(unit).collect()
}

#[rstest::rstest]
#[case("utf-16", 2, true, true, Some(false))]
#[case("utf-16", 2, false, true, Some(false))]
#[case("utf-16", 2, true, false, Some(false))]
#[case("utf16", 2, true, true, Some(false))]
#[case("utf-16be", 2, true, true, Some(true))]
#[case("utf-16le", 2, true, true, None)]
#[case("utf-32", 4, true, true, Some(false))]
#[case("utf-32", 2, true, true, None)]
fn version_6_reads_either_order_and_writes_the_low_byte_first(
    #[case] name: &str,
    #[case] width: usize,
    #[case] big: bool,
    #[case] mark: bool,
    #[case] written_big: Option<bool>,
) {
    let content = wide("#{p}#x", width, big, mark);
    let flags = ["--compat=v6", "--add-bom", "--encoding", name];
    let got = replaced("a.txt", &content, &flags).unwrap();
    let expected = written_big.map_or(content, |big| wide("Vx", width, big, true));
    assert_eq!(got, expected);
}

/// By our own rules, with variables that are sound JSON.
fn own(content: &[u8], flags: &[&str]) -> Result<Vec<u8>, String> {
    let folder = folder(&[("a.txt", content)]);
    let mut line = vec!["--sources", "a.txt", "--variables", SOUND];
    line.extend(flags);
    run(&folder, &line).map_err(|error| error.to_string())?;
    Ok(tree(folder.path()).remove("a.txt").unwrap())
}

#[rstest::rstest]
#[case("utf-16", 2, true, true)]
#[case("utf-16", 2, false, true)]
#[case("utf-16", 2, true, false)]
#[case("utf-16le", 2, true, true)]
#[case("utf-8", 2, true, true)]
#[case("windows1252", 2, false, true)]
#[case("utf-16le", 2, false, true)]
#[case("utf-32", 4, true, false)]
#[case("utf-16", 4, true, true)]
#[case("auto", 4, false, true)]
fn by_our_own_rules_the_mark_decides_and_stays(
    #[case] name: &str,
    #[case] width: usize,
    #[case] big: bool,
    #[case] mark: bool,
) {
    let got = own(&wide("#{p}#x", width, big, mark), &["--encoding", name]);
    assert_eq!(got.unwrap(), wide("Vx", width, big, mark));
}

#[rstest::rstest]
#[case("utf-16be", wide("é\n #{p}#", 2, false, false), "utf-16be", "utf-16le", (2, 2))]
#[case("utf-16le", wide("#{p}#", 2, true, false), "utf-16le", "utf-16be", (1, 1))]
#[case("auto", wide("#{p}#", 2, true, false), "utf-8", "utf-16be", (1, 1))]
#[case("auto", wide("#{p}#", 4, true, false), "utf-8", "utf-32be", (1, 1))]
#[case("utf-16", b"ab#{p}#".to_vec(), "utf-16le", "utf-8", (1, 3))]
#[case("utf-32le", wide("#{p}#", 2, false, false), "utf-32le", "utf-16le", (1, 1))]
fn nothing_is_green_that_replaced_nothing_although_tokens_are_there(
    #[case] name: &str,
    #[case] content: Vec<u8>,
    #[case] read: &str,
    #[case] is: &str,
    #[case] place: (usize, usize),
) {
    let said = own(&content, &["--encoding", name]).unwrap_err();
    let (line, column) = place;
    assert_eq!(
        said,
        format!(
            "replacing the token \"#{{p}}#\" in a.txt:{line}:{column}: the file was read as {read}, but is {is}"
        )
    );
}

#[rstest::rstest]
#[case::program(b"MZ\0\0#\0{\0p\0}\0#\0\xff\xff\0".to_vec())]
#[case::no_token(wide("plain", 2, true, false))]
fn a_file_that_is_no_text_is_left_alone(#[case] content: Vec<u8>) {
    assert_eq!(own(&content, &[]).unwrap(), content);
}

/// The error of a run over `a.txt`, which must come soon.
fn stopped(content: &str, variables: &str) -> String {
    let folder = folder(&[
        ("a.txt", content.as_bytes()),
        ("v.json", variables.as_bytes()),
    ]);
    let before = tree(folder.path());
    let started = Instant::now();
    let flags = [
        "--sources",
        "a.txt",
        "--variables",
        "@v.json",
        "--recursive",
        "--transforms",
    ];
    let said = run(&folder, &flags).unwrap_err().to_string();
    assert!(
        started.elapsed() < Duration::from_mins(1),
        "{:?}",
        started.elapsed()
    );
    assert!(tree(folder.path()) == before, "a file was changed");
    said
}

#[test]
fn a_long_value_that_is_used_often_is_stopped() {
    let variables = format!(r#"{{"v":"{}"}}"#, "x".repeat(100_000));
    let said = stopped(&"#{v}#\n".repeat(100_000), &variables);
    assert_eq!(
        said,
        "replacing the token \"#{v}#\" in a.txt:2685:1: the values inserted so far into this file exceed 256 MiB"
    );
}

#[rstest::rstest]
#[case::replace(
    "replace(replace(v, x, 'xxxxxxxxxx'), x, 'xxxxxxxxxxxxxxxxxxxx')",
    "its value would be longer than 64 MiB"
)]
#[case::indent(
    "indent(replace(v, x, '\n'), 9999)",
    "its value would be longer than 64 MiB"
)]
#[case::encode("toBase64(urlencode(replace(replace(v, x, 'ééééé'), 'z', '')))", "")]
fn transforms_that_blow_a_value_up_are_stopped(#[case] call: &str, #[case] reason: &str) {
    let variables = format!(r#"{{"v":"{}"}}"#, "x".repeat(1_000_000));
    let call = call.replace('\n', "\\n");
    if reason.is_empty() {
        // 1,000,000 x 5 x 6 bytes in base64 is below the bound.
        let folder = folder(&[
            ("a.txt", format!("#{{{call}}}#").as_bytes()),
            ("v.json", variables.as_bytes()),
        ]);
        run(
            &folder,
            &[
                "--sources",
                "a.txt",
                "--variables",
                "@v.json",
                "--transforms",
            ],
        )
        .unwrap();
        assert_eq!(tree(folder.path())["a.txt"].len(), 40_000_000);
        return;
    }
    let said = stopped(&format!("#{{{call}}}#"), &variables);
    assert!(said.ends_with(reason), "{said}");
}

#[test]
fn a_name_within_countless_transforms_is_stopped() {
    let call = format!("{}v{}", "upper(".repeat(100_000), ")".repeat(100_000));
    let said = stopped(&format!("#{{{call}}}#"), r#"{"v":"x"}"#);
    assert!(
        said.ends_with("it has more than 100 transforms"),
        "{}",
        &said[said.len() - 80..]
    );
}

#[test]
fn a_chain_of_long_values_is_stopped_by_the_work_that_it_makes() {
    let chain: Vec<String> = (0..90)
        .map(|i| format!(r#""v{i}":"{}#{{v{}}}#""#, "x".repeat(1000), i + 1))
        .collect();
    let variables = format!(
        r#"{{{},"v90":"{}"}}"#,
        chain.join(","),
        "y".repeat(1_000_000)
    );
    let said = stopped(&"#{v0}#".repeat(200), &variables);
    assert!(
        said.contains("its values contain each other too often"),
        "{said}"
    );
}

#[rstest::rstest]
#[case::yaml("v.yml", format!("a: {}1{}", "[".repeat(100_000), "]".repeat(100_000)))]
#[case::yaml_block("v.yml", (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>())]
#[case::json("v.json", format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)))]
#[case::aliases("v.yml", format!("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n{}", (1..12).map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(","))).collect::<String>()))]
fn variables_nested_without_end_are_an_error(#[case] name: &str, #[case] text: String) {
    let folder = folder(&[("a.txt", b"#{a}#"), (name, text.as_bytes())]);
    let variables = format!("@{name}");
    let said = run(&folder, &["--sources", "a.txt", "--variables", &variables]).unwrap_err();
    let said = said.to_string();
    assert!(
        said.starts_with(&format!("reading variables from file {name}")),
        "{said}"
    );
}
