use super::*;

const OFFERED: [&str; 10] = [
    "0.2.9",
    "0.3.0",
    "1.0.0",
    "1.2.3",
    "1.2.10",
    "1.3.0",
    "2.0.0-rc.1",
    "2.0.0",
    "2.1.0-beta",
    "not a version",
];

#[rstest::rstest]
#[case("", "2.0.0")]
#[case("*", "2.0.0")]
#[case("1.2.3", "1.2.3")]
#[case("v1.2.3", "1.2.3")]
#[case("=1.2.3", "1.2.3")]
#[case("1", "1.3.0")]
#[case("1.2", "1.2.10")]
#[case("1.2.x", "1.2.10")]
#[case("^1.0.0", "1.3.0")]
#[case("^0.2.0", "0.2.9")]
#[case("~1.2.3", "1.2.10")]
#[case(">=1 <2", "1.3.0")]
#[case(">= 1.0.0, < 1.3.0", "1.2.10")]
#[case("<=1.2", "1.2.10")]
#[case(">1.2 <2", "1.3.0")]
#[case("1.0 - 1.2.3", "1.2.3")]
#[case("<0.3.0 || 1.0.0", "1.0.0")]
#[case(">=1.0.0-0", "2.1.0-beta")]
#[case("!=2.0.0", "1.3.0")]
#[case("2.1.0-beta", "2.1.0-beta")]
#[case("not a version", "not a version")]
fn the_newest_that_is_meant_is_taken(#[case] wanted: &str, #[case] expected: &str) {
    let offered: Vec<String> = OFFERED.iter().map(|&offer| offer.to_owned()).collect();
    let chosen = choose(wanted, &offered).unwrap().unwrap();
    assert_eq!(offered[chosen], expected);
}

#[rstest::rstest]
#[case("9.9.9", Ok(None))]
#[case("^3", Ok(None))]
#[case("latest", Err(()))]
#[case("1.2.3.4", Err(()))]
#[case("> ", Err(()))]
#[case("1 -", Err(()))]
fn what_is_not_there_and_what_is_no_version(
    #[case] wanted: &str,
    #[case] expected: Result<Option<usize>, ()>,
) {
    let offered: Vec<String> = OFFERED.iter().map(|&offer| offer.to_owned()).collect();
    assert_eq!(choose(wanted, &offered), expected);
}

/// What helm's library gives, as recorded: `ERR` for what it does not
/// understand, `NONE` where nothing fits.
const RECORDED: &[(&str, &str)] = &[
    ("", "3.0.0"),
    ("*", "3.0.0"),
    ("1.2.3", "1.2.3"),
    ("v1.2.3", "1.2.3+build"),
    ("=1.2.3", "1.2.3+build"),
    ("1", "1.3.0"),
    ("1.2", "1.2.10"),
    ("v1.2", "1.2.10"),
    ("1.2.x", "1.2.10"),
    ("1.x", "1.3.0"),
    ("1.x.x", "1.3.0"),
    ("1.X", "1.3.0"),
    ("1.*", "1.3.0"),
    ("x", "3.0.0"),
    ("^1.0.0", "1.3.0"),
    ("^1.2", "1.3.0"),
    ("^1", "1.3.0"),
    ("^0", "0.3.0"),
    ("^0.2", "0.2.9"),
    ("^0.2.0", "0.2.9"),
    ("^0.0.3", "0.0.3"),
    ("^0.0", "0.0.4"),
    ("~1", "1.3.0"),
    ("~1.2", "1.2.10"),
    ("~1.2.3", "1.2.10"),
    ("~0", "0.3.0"),
    ("~", "ERR"),
    (">1", "3.0.0"),
    (">1.2", "3.0.0"),
    (">=1.2", "3.0.0"),
    ("<1.2", "1.0.0"),
    ("<=1.2", "1.2.10"),
    ("<=1", "1.3.0"),
    ("<1", "0.3.0"),
    (">=1 <2", "1.3.0"),
    (">=1, <2", "1.3.0"),
    (">= 1.0.0, < 1.3.0", "1.2.10"),
    (">=1.0.0 <2.0.0 || >=3.0.0", "3.0.0"),
    (">1.2 <2", "1.3.0"),
    ("1.0.0 - 1.2", "1.2.10"),
    ("1 - 2", "2.0.0"),
    ("<0.3.0 || 1.0.0", "1.0.0"),
    (">=1.0.0-0", "3.0.0"),
    (">=1.0.0-0 <2.1.0", "2.1.0-beta"),
    (">=1.0.0-0 <2.0.0", "2.0.0-rc.1"),
    (">2.0.0-rc.1", "3.0.0"),
    ("~2.1.0-0", "2.1.0-beta"),
    ("^2.1.0-0", "2.1.0-beta"),
    ("^2.0.0-rc.1", "2.1.0-beta"),
    ("~2.0.0-rc.1", "2.0.0"),
    ("2.1.0-beta", "2.1.0-beta"),
    ("!=2.0.0", "3.0.0"),
    ("!=2", "3.0.0"),
    ("!=2.x", "3.0.0"),
    ("!=1.2.x", "3.0.0"),
    ("=>1.2", "3.0.0"),
    ("=<1.2", "1.2.10"),
    ("~>1.2.3", "1.2.10"),
    ("1.2.3 2.0.0", "NONE"),
    ("1.2.3.4", "ERR"),
    (">", "ERR"),
    ("1 -", "ERR"),
    (">=1.2.3-alpha", "3.0.0"),
    ("<2.0.0-rc.2", "2.0.0-rc.1"),
    (">=1.2.3+build", "3.0.0"),
    ("1.2.3+build", "1.2.3+build"),
    ("1.4.0", "NONE"),
    ("01.2.3", "1.2.3+build"),
    ("1.02.3", "1.2.3+build"),
    ("v", "ERR"),
    ("-1", "ERR"),
    (">= 1 , < 2", "1.3.0"),
    (">=1.0.0,<2.0.0-0", "1.4.0-alpha.1"),
    ("^1.2.x", "1.3.0"),
    ("~1.x", "1.3.0"),
    (">1.x", "3.0.0"),
    (">=1.x", "3.0.0"),
    ("<1.x", "0.3.0"),
    ("<=1.x", "1.3.0"),
    ("!=1.x", "3.0.0"),
    ("<x", "NONE"),
    ("=1.2", "1.2.10"),
    ("=1", "1.3.0"),
    ("*-0", "3.0.0"),
    (">=0.0.0-0", "3.0.0"),
    ("^1.0.0 !=1.3.0", "1.2.10"),
    ("1.2.3 - 1.3.x", "1.3.0"),
    ("^v1.2", "1.3.0"),
    ("~ 1.2.3", "1.2.10"),
    ("^ 1.2.3", "1.3.0"),
    ("^1.0.0-0", "1.4.0-alpha.1"),
    ("~1.2.0-0", "1.2.10"),
    ("^0.2.0-0", "0.2.9"),
    (">=1.0.0-0 <=1.3", "1.3.0"),
    (">1.2-0", "3.0.0"),
    (">=1.0.0-0 || <1", "3.0.0"),
];

#[test]
fn ranges_mean_what_they_mean_to_helm() {
    let offered = "0.0.3 0.0.4 0.2.9 0.3.0 1.0.0 1.2.3 1.2.3+build 1.2.10 1.3.0 1.4.0-alpha.1 2.0.0-rc.1 2.0.0 2.1.0-beta 3.0.0 latest";
    let offered: Vec<String> = offered.split(' ').map(str::to_owned).collect();
    for (wanted, expected) in RECORDED {
        let found = match choose(wanted, &offered) {
            Err(()) => "ERR",
            Ok(None) => "NONE",
            Ok(Some(at)) => &offered[at],
        };
        assert_eq!(found, *expected, "{wanted:?}");
    }
}

#[rstest::rstest]
#[case("^1", Some("1.2.0+5"))]
#[case("", Some("2.0.0"))]
#[case(">=2.0.0-0", Some("3.0.0-rc.1"))]
#[case("9.x", None)]
fn of_tags_only_whole_versions_count(#[case] wanted: &str, #[case] expected: Option<&str>) {
    let tags = [
        "latest",
        "v9.0.0",
        "1.2",
        "1.2.0_5",
        "2.0.0",
        "3.0.0-rc.1",
        "sha256-0.sig",
    ];
    let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
    assert_eq!(choose_tag(wanted, &tags), Ok(expected.map(str::to_owned)));
}

#[rstest::rstest]
#[case("1.2.3", true)]
#[case("v1.2", true)]
#[case("1", true)]
#[case("1.2.3-x.1+5", true)]
#[case("1.x", false)]
#[case("^1", false)]
#[case("*", false)]
#[case("", false)]
fn a_version_is_one_and_a_range_is_none(#[case] wanted: &str, #[case] one: bool) {
    assert_eq!(is_one(wanted), one);
}
