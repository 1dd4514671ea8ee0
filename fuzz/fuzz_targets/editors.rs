//! Any change of any file: the file then has the change and nothing else, or it
//! is refused. Holds for YAML, JSON and TOML, by places and by values.
#![no_main]

use gitops_publisher::text::change::{Change, Data, EditError, Step};
use gitops_publisher::text::scalar_edit::{self, Syntax};
use gitops_publisher::text::{Kind, Node, json, json_edit, toml, yaml, yaml_edit};
use libfuzzer_sys::fuzz_target;

/// The ways to all collections in a document.
fn ways(node: &Node, way: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    let mut enter = |step: Step, inner: &Node| {
        way.push(step);
        ways(inner, way, all);
        way.pop();
    };
    match &node.kind {
        Kind::Mapping(pairs) => {
            for (key, value) in pairs {
                if let Some(key) = key.text() {
                    enter(Step::Key(key.to_owned()), value);
                }
            }
            all.push(way.clone());
        }
        Kind::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                enter(Step::Item(index), item);
            }
            all.push(way.clone());
        }
        Kind::Scalar(..) => {}
    }
}

fn change(choice: u8, word: &str, root: &Node) -> Option<Change> {
    let mut all = Vec::new();
    ways(root, &mut Vec::new(), &mut all);
    let at = all
        .get(usize::from(choice >> 2) % all.len().max(1))?
        .clone();
    Some(match choice & 3 {
        0 => Change::Put {
            at,
            key: word.to_owned(),
            value: Data::Text(word.to_owned()),
        },
        1 => Change::Put {
            at,
            key: "a".to_owned(),
            value: Data::Map(vec![(
                word.to_owned(),
                Data::List(vec![Data::Text("x".to_owned())]),
            )]),
        },
        2 => Change::Append {
            at,
            value: Data::Text(word.to_owned()),
        },
        _ => Change::Drop {
            at: at.split_last().map_or(Vec::new(), |(_, way)| way.to_vec()),
            step: at.last().cloned()?,
        },
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, length], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let Ok(rest) = std::str::from_utf8(rest) else {
        return;
    };
    let Some((word, text)) = rest.split_at_checked(usize::from(length & 15)) else {
        return;
    };
    if let Ok(documents) = yaml::parse(text)
        && let Some(first) = documents.first()
        && let Some(change) = change(choice, word, &first.root)
        && let Ok(edited) = yaml_edit::apply(text, std::slice::from_ref(&change))
    {
        let after = yaml::parse(&edited).expect("it stays YAML");
        assert_eq!(after.len(), documents.len());
    }
    if let Ok(root) = json::parse(text)
        && let Some(change) = change(choice, word, &root)
        && let Ok(edited) = json_edit::apply(text, std::slice::from_ref(&change))
    {
        json::parse(&edited).expect("it stays JSON");
    }
    let set = |syntax| {
        let mut left = usize::from(choice);
        let edited = scalar_edit::apply::<EditError>(text, syntax, |root, edits| {
            visit(root, &mut |node| {
                if left == 0 {
                    edits.set(node, word.to_owned());
                }
                left = left.wrapping_sub(1);
            });
            Ok(())
        });
        edited.ok().flatten()
    };
    if let Some(edited) = set(Syntax::Yaml) {
        let before = yaml::parse(text).expect("it was YAML").len();
        assert_eq!(yaml::parse(&edited).expect("it stays YAML").len(), before);
    }
    if let Some(edited) = set(Syntax::Toml) {
        toml::parse(&edited).expect("it stays TOML");
    }
});

/// Every scalar that is a value.
fn visit(node: &mut Node, each: &mut impl FnMut(&mut Node)) {
    match &mut node.kind {
        Kind::Mapping(pairs) => pairs.iter_mut().for_each(|(_, value)| visit(value, each)),
        Kind::Sequence(items) => items.iter_mut().for_each(|item| visit(item, each)),
        Kind::Scalar(..) => each(node),
    }
}
