//! Bad input: a clear message, and no file changed.

use super::{folder, messages, run, tree};

/// Runs flags over two files, one of which would be replaced without trouble.
fn refused(files: &[(&str, &[u8])], flags: &[&str]) -> String {
    let folder = folder(files);
    super::put(folder.path(), "0-fine.txt", b"#{ok}#");
    let before = tree(folder.path());
    let mut line = vec!["--sources", "0-fine.txt", "--sources", "a*"];
    line.extend(flags);
    if !flags.contains(&"--variables") {
        line.extend([
            "--variables",
            r##"{"ok":"1","v":"é€","x":"1 #{y}#","y":"#{ Z }#","z":"#{x}#"}"##,
        ]);
    }
    let error = run(&folder, &line).unwrap_err();
    assert_eq!(tree(folder.path()), before, "a file was changed");
    error.to_string()
}

#[rstest::rstest]
#[case(&["--token-pattern", "curly"], "replacing tokens: tokenPattern cannot be \"curly\"; it takes default, azpipelines, custom, doublebraces, doubleunderscores, githubactions, octopus, rm")]
#[case(&["--token-pattern", "custom", "--token-prefix", "<"], "replacing tokens: token-prefix and token-suffix are required with custom token-pattern")]
#[case(&["--token-pattern", "custom", "--token-prefix", " <", "--token-suffix", ">"], "replacing tokens: the token prefix \" <\" begins with white space")]
#[case(&["--transforms", "--token-pattern", "azpipelines"], "replacing tokens: the token suffix \")\" is the transform suffix as well, so that no transform could ever end")]
#[case(&["--transforms", "--transforms-prefix", "|", "--transforms-suffix", "|"], "replacing tokens: the transform suffix \"|\" is the prefix as well, so that calls could not be distinguished")]
#[case(&["--transforms", "--transforms-prefix", "#{"], "replacing tokens: the token prefix \"#{\" is the transform prefix as well, so that every transform would begin a token")]
#[case(&["--transforms", "--transforms-suffix", " ]"], "replacing tokens: the transform suffix \" ]\" begins with white space")]
#[case(&["--escape", "custom", "--escape-char", "x"], "replacing tokens: escape-char and chars-to-escape are required with custom escape")]
#[case(&["--escape", "shell"], "replacing tokens: escape cannot be \"shell\"; it takes auto, off, json, xml, yaml, custom")]
#[case(&["--encoding", "utf-9"], "replacing tokens: encoding cannot be \"utf-9\"; it takes auto or the name of an encoding, such as utf-8, utf-16le, utf-32be, ascii, iso88591, windows1252")]
#[case(&["--missing-var-action", "drop"], "replacing tokens: missingVarAction cannot be \"drop\"; it takes none, keep, replace")]
#[case(&["--missing-var-log", "loud"], "replacing tokens: missingVarLog cannot be \"loud\"; it takes off, info, warn, error (or continue, fail)")]
#[case(&["--log-level", "loud"], "replacing tokens: logLevel cannot be \"loud\"; it takes debug, info, warn, error, off (or normal, detailed)")]
fn options_that_cannot_be_are_named(#[case] flags: &[&str], #[case] message: &str) {
    assert_eq!(refused(&[("a.txt", b"#{ok}#")], flags), message);
}

#[rstest::rstest]
#[case(
    "v.json",
    b"{\n  \"a\": 1,\n}",
    "reading variables from file v.json, line 2, column 9: trailing commas are not allowed"
)]
#[case(
    "v.yml",
    b"a: 1\nb: [1\n",
    "reading variables from file v.yml, line 2, column 4: unclosed bracket '['"
)]
#[case(
    "v.yml",
    b"a: 1\nb: 2\na: 3\n",
    "reading variables from file v.yml, line 3: the key \"a\" is there twice"
)]
#[case(
    "v.yml",
    b"just text",
    "reading variables from file v.yml, line 1: there is no object with variables"
)]
#[case(
    "v.yml",
    b"\n- a: 1\n",
    "reading variables from file v.yml, line 2: there is a list where an object with variables is needed"
)]
#[case(
    "v.json",
    b"[{\"a\": 1}]",
    "reading variables from file v.json, line 1: there is a list where an object with variables is needed"
)]
#[case(
    "v.yml",
    b"a: b\xff",
    "reading variables from file v.yml, line 1, column 5: the file is not utf-8 text"
)]
#[case(
    "v.yml",
    b"a: &x [*x]",
    "reading variables from file v.yml, line 1, column "
)]
#[case(
    "v.yml",
    b"<<: 1",
    "reading variables from file v.yml, line 1, column 5: `<<` takes a map or a list of maps"
)]
fn variable_files_that_cannot_be_read_are_named_with_line_and_column(
    #[case] name: &str,
    #[case] content: &[u8],
    #[case] message: &str,
) {
    let got = refused(
        &[("a.txt", b"#{ok}#"), (name, content)],
        &["--variables", &format!("@{name}")],
    );
    assert!(got.starts_with(message), "{got}");
}

#[rstest::rstest]
#[case::one("@config/dve.yml", "config/dve.yml")]
#[case::among_others("@config/*.yml;dve.json", "dve.json")]
#[case::separator("@config\\dve.yml", "config\\dve.yml")]
#[case::parentheses("@dve (1).yml", "dve (1).yml")]
fn a_variable_file_that_is_not_there_is_named(#[case] variables: &str, #[case] pattern: &str) {
    let files: [(&str, &[u8]); 2] = [("a.txt", b"#{ok}#"), ("config/dev.yml", b"ok: 1")];
    let message = refused(&files, &["--variables", variables]);
    let expected = format!("reading variables from file {pattern}: there is no such file in ");
    // A backslash separates on Windows.
    assert!(
        message
            .replace('\\', "/")
            .starts_with(&expected.replace('\\', "/")),
        "{message}"
    );
}

#[rstest::rstest]
#[case("@config/*.yml;config/dve.yaml")]
#[case("@config/dev.yml;{a,b}.yml;+(x).yml;dv[e].yml")]
#[case("@config/dev.yml;!config/local.yml")]
fn patterns_of_variable_files_may_match_nothing(#[case] variables: &str) {
    let content = b"ok: 1";
    let files: [(&str, &[u8]); 3] = [
        ("a.txt", b"#{ok}#"),
        ("config/dev.yml", content),
        ("config/dve.yaml", content),
    ];
    let folder = folder(&files);
    let flags = ["--sources", "a.txt", "--variables", variables];
    run(&folder, &flags).unwrap();
    assert_eq!(super::read(&folder, "a.txt"), "1");
}

#[rstest::rstest]
#[case::binary(b"\x89PNG\0#{ok}#", &[], "replacing tokens in a.bin:1:5: the file is not UTF-8 text (byte 4)")]
#[case::declared(b"\xff#{ok}#", &["--encoding", "utf-8"], "replacing tokens in a.bin:1:2: the file is not utf-8 text (byte 0)")]
#[case::surrogate(b"\xff\xfe\0\xd8#\0{\0o\0k\0}\0#\0", &[], "replacing tokens in a.bin:1:2: the file is not utf-16le text (byte 2)")]
#[case::unknown(b"Gr\xf6\xdfe\n #{v}#", &[], "replacing the token \"#{v}#\" in a.bin:2:2: the value has 'é', but the file is not UTF-8 (byte 2) and its encoding is not known")]
#[case::unencodable(b"\xe9 #{v}#", &["--encoding", "iso88591"], "replacing the token \"#{v}#\" in a.bin:1:3: the file's encoding iso88591 has no '€'")]
fn files_that_values_do_not_fit_into_are_named(
    #[case] content: &[u8],
    #[case] flags: &[&str],
    #[case] message: &str,
) {
    assert_eq!(refused(&[("a.bin", content)], flags), message);
}

#[test]
fn a_cycle_is_named_with_its_whole_chain() {
    let message = refused(&[("a.txt", b"\n  #{x}#")], &["--recursive"]);
    assert_eq!(
        message,
        "replacing tokens in a.txt:2:3: the variables contain each other: x -> y -> Z -> x"
    );
}

#[test]
fn values_that_multiply_are_stopped() {
    let doubled: Vec<String> = (1..60)
        .map(|i| format!(r##""v{i}":"#{{v{0}}}##{{v{0}}}#""##, i - 1))
        .collect();
    let variables = format!(r#"{{"v0":"",{}}}"#, doubled.join(","));
    let message = refused(
        &[("a.txt", b"#{v59}#")],
        &["--recursive", "--variables", &variables],
    );
    assert_eq!(
        message,
        "replacing the token \"#{v59}#\" in a.txt:1:1: its values contain each other too often"
    );
}

#[test]
fn values_nested_too_deeply_are_stopped() {
    let chain: Vec<String> = (0..2000)
        .map(|i| format!(r##""v{i}":"#{{v{}}}#""##, i + 1))
        .collect();
    let variables = format!("{{{}}}", chain.join(","));
    let message = refused(
        &[("a.txt", b"#{v0}#")],
        &["--recursive", "--variables", &variables],
    );
    assert_eq!(
        message,
        "replacing the token \"#{v0}#\" in a.txt:1:1: its values are nested more than 100 deep"
    );
}

#[rstest::rstest]
#[case(
    b"#{indent(ok,-1)}#",
    "replacing the token \"#{indent(ok,-1)}#\" in a.txt:1:1: an indent of -1 is not possible"
)]
#[case(
    b"#{fromBase64(v)}#",
    "replacing the token \"#{fromBase64(v)}#\" in a.txt:1:1: the value is not base64"
)]
fn transforms_that_cannot_be_run_are_named(#[case] content: &[u8], #[case] message: &str) {
    assert_eq!(refused(&[("a.txt", content)], &["--transforms"]), message);
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let message = refused(&[("a.txt", b"x")], &["--root", "nowhere"]);
    assert!(
        message.starts_with("finding the folder ") && message.contains("nowhere: "),
        "{message}"
    );
}

#[test]
fn a_target_that_is_a_folder_stops_the_run_before_anything_is_written() {
    let folder = folder(&[("a.txt", b"#{ok}#"), ("d/x", b"")]);
    let before = tree(folder.path());
    let flags = [
        "--sources",
        "a.txt",
        "--sources",
        "a.txt => d",
        "--variables",
        r#"{"ok":"1"}"#,
    ];
    let error = run(&folder, &flags).unwrap_err().to_string();
    assert!(
        error.ends_with("d: it is a folder; no file was changed"),
        "{error}"
    );
    assert_eq!(tree(folder.path()), before);
}

#[rstest::rstest]
#[case(&["*.in => all.out"], "1.in", "2.in", "all.out")]
#[case(&["1.in => d/x", "2.in => d/x"], "1.in", "2.in", "d/x")]
#[case(&["1.in", "2.in => 1.in"], "1.in", "2.in", "1.in")]
#[case(&["1.in => a", "a => b", "2.in => a"], "1.in", "2.in", "a")]
fn two_sources_with_one_output_are_named(
    #[case] sources: &[&str],
    #[case] first: &str,
    #[case] second: &str,
    #[case] output: &str,
) {
    let folder = folder(&[("1.in", b"1 #{ok}#"), ("2.in", b"2 #{ok}#")]);
    let before = tree(folder.path());
    let mut flags = vec!["--sources"];
    flags.extend(sources);
    flags.extend(["--variables", r#"{"ok":"1"}"#]);
    let error = run(&folder, &flags).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "replacing tokens: {first} and {second} both have the output {output}, \
             so that one would be lost; no file was changed"
        )
    );
    assert_eq!(tree(folder.path()), before);
}

#[rstest::rstest]
#[case(
    "b.txt,c.txt",
    "holds a comma, which separates patterns in versions 3 to 5 alone"
)]
#[case(
    "{b,c}.txt,d/*.txt => x",
    "holds a comma, which separates patterns in versions 3 to 5 alone"
)]
#[cfg_attr(
    unix,
    case(
        "d\\*.config",
        "holds a backslash, which separates folders in versions 3 to 5 alone"
    )
)]
fn sources_in_the_words_of_old_versions_are_named(#[case] line: &str, #[case] reason: &str) {
    let folder = folder(&[("a.txt", b"#{ok}#"), ("d/a.config", b"#{ok}#")]);
    let flags = [
        "--sources",
        "a.txt",
        "--sources",
        line,
        "--variables",
        r#"{"ok":"1"}"#,
    ];
    let before = tree(folder.path());
    let error = run(&folder, &flags).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("finding files to replace tokens in: {line:?} matches no file and {reason}")
    );
    let error = gitops_publisher::error::Error::from(error);
    assert!(error.all_hints()[0].starts_with("set `compatibility: v5`"));
    assert_eq!(tree(folder.path()), before);
}

#[rstest::rstest]
#[case("nothing.txt")]
#[case("{b,c}.txt")]
#[case("a,b.txt")]
fn lines_that_match_nothing_or_name_a_comma_that_is_there_are_fine(#[case] line: &str) {
    let folder = folder(&[("a,b.txt", b"x")]);
    let flags = ["--sources", line, "--variables", "{}"];
    assert!(run(&folder, &flags).unwrap().failure().is_none());
}

#[test]
fn an_empty_name_is_a_missing_variable_with_its_place() {
    let folder = folder(&[("a.txt", b"x\n y #{}#")]);
    let flags = ["--sources", "a.txt", "--variables", "{}"];
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(
        messages(&summary),
        ["a.txt:2:4: a token has no name, so there is no variable for it"]
    );
}
