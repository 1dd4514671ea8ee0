use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn keys(path: &str) -> Vec<Step> {
    let step = |key: &str| {
        key.parse()
            .map_or_else(|_| Step::Key(key.to_owned()), Step::Item)
    };
    path.split('.')
        .filter(|key| !key.is_empty())
        .map(step)
        .collect()
}

fn text(text: &str) -> Data {
    Data::Text(text.to_owned())
}

fn map(pairs: &[(&str, &str)]) -> Data {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), text(value));
    Data::Map(pairs.iter().map(pair).collect())
}

fn set(at: &str, key: &str, value: Data) -> Change {
    Change::Put {
        at: keys(at),
        key: key.to_owned(),
        value,
    }
}

fn push(at: &str, value: Data) -> Change {
    Change::Append {
        at: keys(at),
        value,
    }
}

fn cut(at: &str, step: &str) -> Change {
    Change::Drop {
        at: keys(at),
        step: keys(step).remove(0),
    }
}

#[rstest]
#[case("a: 1 # one\n", "", "a", "2", "a: '2' # one\n")]
#[case("a: 1 # one", "", "b", "x", "a: 1 # one\nb: x")]
#[case("a: '#1'\n", "", "a", "red", "a: red\n")]
#[case("a:\n  b: 1\n# tail\n", "a", "c", "x", "a:\n  b: 1\n  c: x\n# tail\n")]
#[case("a: {b: 1} # f\nz: 1\n", "a", "c", "v", "a: {b: 1, c: v} # f\nz: 1\n")]
#[case("a: {} # f\n", "a", "c", "v", "a: {c: v} # f\n")]
#[case("a:\n  # d\n  c: 2\nz: 1\n", "", "a", "v", "a: v\nz: 1\n")]
#[case("a: |\n  text\n# c\nz: 1\n", "", "a", "v", "a: v\n# c\nz: 1\n")]
#[case("a: &x 1\nz: *x\n", "", "z", "v", "a: &x 1\nz: v\n")]
#[case("a: &x 1 # c\n", "", "a", "v", "a: &x v # c\n")]
#[case("a: 1\na: 2\n", "", "a", "3", "a: 1\na: '3'\n")]
#[case("---\na: 1\n---\nb: 2\n", "", "a", "x", "---\na: x\n---\nb: 2\n")]
#[case(
    "\u{feff}a: 1\r\nb: 2 # c\r\n",
    "",
    "a",
    "x",
    "\u{feff}a: x\r\nb: 2 # c\r\n"
)]
#[case("# only this\n", "", "a", "x", "# only this\na: x\n")]
#[case("", "", "a", "x", "a: x\n")]
#[case(
    "a: &x\n  b: 1\nz:\n  <<: *x\n",
    "z",
    "b",
    "v",
    "a: &x\n  b: 1\nz:\n  <<: *x\n  b: v\n"
)]
fn a_value_changes_and_nothing_else(
    #[case] before: &str,
    #[case] at: &str,
    #[case] key: &str,
    #[case] value: &str,
    #[case] after: &str,
) {
    assert_eq!(apply(before, &[set(at, key, text(value))]).unwrap(), after);
}

#[rstest]
#[case("yes", "'yes'")]
#[case("0644", "'0644'")]
#[case("1e3", "'1e3'")]
#[case("", "''")]
#[case("~", "'~'")]
#[case("a # b", "'a # b'")]
#[case("a: b", "'a: b'")]
#[case("it's", "'it''s'")]
#[case("- x", "'- x'")]
#[case("https://contoso.com/x?y=1", "https://contoso.com/x?y=1")]
#[case("two\nlines", "\"two\\nlines\"")]
fn a_string_has_the_quotes_it_needs(#[case] value: &str, #[case] written: &str) {
    let edited = apply("a: 1\n", &[set("", "a", text(value))]).unwrap();
    assert_eq!(edited, format!("a: {written}\n"));
}

#[rstest]
#[case("a:\nz: 1\n", "a:\n  k: v\n  l: '1'\nz: 1\n")]
#[case("a: # note\nz: 1\n", "a: # note\n  k: v\n  l: '1'\nz: 1\n")]
#[case("# c\n", "# c\na:\n  k: v\n  l: '1'\n")]
#[case("z: {}\r\n", "z: {}\r\na:\r\n  k: v\r\n  l: '1'\r\n")]
fn a_map_comes_in_place_of_nothing(#[case] before: &str, #[case] after: &str) {
    let change = set("", "a", map(&[("k", "v"), ("l", "1")]));
    assert_eq!(apply(before, &[change]).unwrap(), after);
}

#[rstest]
#[case(
    "l:\n- n: a # c\n\n# b\n- n: b\n\ne: 1\n",
    "l:\n- n: a # c\n\n# b\n- n: b\n- name: x\n  v: '1'\n\ne: 1\n"
)]
#[case(
    "l:\n  - n: a\n# end\n",
    "l:\n  - n: a\n  - name: x\n    v: '1'\n# end\n"
)]
#[case("l: [{n: a}] # c\n", "l: [{n: a}, {name: x, v: '1'}] # c\n")]
fn an_item_comes_last(#[case] before: &str, #[case] after: &str) {
    let change = push("l", map(&[("name", "x"), ("v", "1")]));
    assert_eq!(apply(before, &[change]).unwrap(), after);
}

#[rstest]
#[case("l:\n- n: a # c\n  s: 1\n# b\n- n: b\n", "l", "0", "l:\n# b\n- n: b\n")]
#[case(
    "l:\n- n: a # c\n- n: b\n# e\ne: 1\n",
    "l",
    "1",
    "l:\n- n: a # c\n# e\ne: 1\n"
)]
#[case("l: [{n: a}, {n: b}]\n", "l", "0", "l: [{n: b}]\n")]
#[case(
    "l:\n- n: a # c\n  s: 1\n  t: 5 # t\n- n: b\n",
    "l.0",
    "s",
    "l:\n- n: a # c\n  t: 5 # t\n- n: b\n"
)]
#[case("l:\n- s: 1\n  n: a # c\n", "l.0", "s", "l:\n- n: a # c\n")]
#[case(
    "l:\n- s: 1\n  h:\n    x: [1]\n  # t\n  t: 5\n",
    "l.0",
    "h",
    "l:\n- s: 1\n  # t\n  t: 5\n"
)]
fn what_goes_takes_nothing_else_with_it(
    #[case] before: &str,
    #[case] at: &str,
    #[case] step: &str,
    #[case] after: &str,
) {
    assert_eq!(apply(before, &[cut(at, step)]).unwrap(), after);
}

#[rstest]
#[case(
    "a: &x {b: 1}\nz: *x\n",
    set("a", "b", text("v")),
    "`a.b` cannot be changed on its own"
)]
#[case(
    "a: &x {b: 1}\nz: *x\n",
    set("z", "b", text("v")),
    "`z.b` cannot be changed on its own"
)]
#[case(
    "a: &x 1\nz: *x\n",
    set("", "a", text("v")),
    "`a` cannot be changed on its own"
)]
#[case(
    "a: 1\n",
    set("a", "b", text("v")),
    "`a.b` cannot be changed on its own"
)]
#[case("a: [1\nb: 2\n", set("", "b", text("v")), "it is malformed: line ")]
fn what_is_shared_or_not_there_is_refused(
    #[case] before: &str,
    #[case] change: Change,
    #[case] message: &str,
) {
    let error = apply(before, &[change]).unwrap_err().to_string();
    assert!(error.starts_with(message), "{error}");
}

/// A file with everything that people write, one line per key.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        Just("1"),
        Just("'it''s # no comment'"),
        Just("\"x\\ty\""),
        Just("plain text"),
        Just("{a: 1, b: [x, 'y']}"),
        Just("[1, two]"),
        Just("&anchor z"),
        Just("1.10"),
        Just("yes"),
        Just("!!str 5"),
    ];
    let comment = prop_oneof![Just(""), Just(" # why"), Just("  #tight")];
    let above = prop_oneof![Just(""), Just("# above\n"), Just("\n"), Just("\n# far\n\n")];
    prop::collection::vec((above, value, comment), 1..7).prop_map(|parts| {
        let line = |(at, (above, value, comment)): (usize, (&str, &str, &str))| {
            // An anchor may occur once.
            let value = value.replace("anchor", &format!("anchor{at}"));
            format!("{above}k{at}: {value}{comment}\n")
        };
        parts.into_iter().enumerate().map(line).collect()
    })
}

proptest! {
    #[test]
    fn only_the_touched_line_changes(
        lines in lines(),
        pick in any::<prop::sample::Index>(),
        value in "[ -~é\n\t]{0,12}",
        windows: bool,
        below: bool,
    ) {
        let at = pick.index(lines.len());
        let (head, indent) = if below { ("top: # t\n", "  ") } else { ("", "") };
        let ends = |text: String| if windows { text.replace('\n', "\r\n") } else { text };
        let indented = |text: &str| -> String {
            let line = |line: &str| match line.trim() {
                "" => "\n".to_owned(),
                _ => format!("{indent}{line}\n"),
            };
            text.lines().map(line).collect()
        };
        let before: Vec<String> = lines.iter().map(|line| ends(indented(line))).collect();
        let whole = ends(head.to_owned()) + &before.concat();
        let key = format!("k{at}");
        let change = set(if below { "top" } else { "" }, &key, text(&value));
        let edited = apply(&whole, &[change]).unwrap();
        let start = head.len() + usize::from(windows && below) + before[..at].concat().len();
        let rest = before[at + 1..].concat();
        prop_assert_eq!(&edited[..start], &whole[..start]);
        prop_assert!(edited.ends_with(&rest), "{edited:?}");
        prop_assert!(edited.len() >= start + rest.len());
    }

    #[test]
    fn a_new_key_is_one_more_line(lines in lines(), key in "[ -~]{1,8}", value in "[ -~é\n]{0,12}") {
        let whole = lines.concat();
        prop_assume!(!key.starts_with('k'));
        let edited = apply(&whole, &[set("", &key, text(&value))]).unwrap();
        prop_assert!(edited.starts_with(&whole), "{edited:?}");
        prop_assert_eq!(edited[whole.len()..].lines().count(), 1);
    }
}
