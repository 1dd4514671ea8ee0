//! Logging commands: how to write them, and how to keep other text from being one.

/// Encodes the text after the `]` of a logging command.
///
/// The percent sign goes first; the agent decodes it last
/// (`DECODE_PERCENTS`, on by default).
pub fn encode_data(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Encodes the value of a property inside the brackets.
pub fn encode_property(text: &str) -> String {
    encode_data(text).replace(']', "%5D").replace(';', "%3B")
}

/// Breaks every logging command in `text`, so that showing it does nothing.
///
/// The agent looks for `##vso[` anywhere in a line, in any case, and for
/// `##[…]` formatting at the start. A backspace or zero-width trick does not
/// help an attacker: only these exact bytes count.
pub fn neutralize(text: &str) -> String {
    with_start(text, "**")
}

/// Breaks every logging command in a text of JSON, whose values stay the same.
pub fn neutralize_json(text: &str) -> String {
    with_start(text, "\\u0023#")
}

/// `text` with something else for the `##` of every logging command.
fn with_start(text: &str, start: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        let (before, after) = rest.split_at(at);
        result.push_str(before);
        let tail = &after[2..];
        let command = tail
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("vso["));
        result.push_str(if command || tail.starts_with('[') {
            start
        } else {
            "#"
        });
        rest = if command || tail.starts_with('[') {
            tail
        } else {
            &after[1..]
        };
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes as the agent does.
    fn decode(text: &str) -> String {
        text.replace("%3B", ";")
            .replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%5D", "]")
            .replace("%AZP25", "%")
    }

    #[rstest::rstest]
    #[case(
        "##vso[task.setvariable variable=x]y",
        "**vso[task.setvariable variable=x]y"
    )]
    #[case("text ##VSO[x]", "text **VSO[x]")]
    #[case("##[error]no", "**[error]no")]
    #[case("###vso[x]", "#**vso[x]")]
    #[case("## heading", "## heading")]
    #[case("##", "##")]
    fn commands_in_other_text_are_broken(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(neutralize(text), shown);
    }

    #[test]
    fn json_without_commands_has_the_same_values() {
        let value = serde_json::json!({ "##[a]": ["##vso[x]", "\\##VSO[y]", "###[z]", "# ##"] });
        let shown = neutralize_json(&value.to_string());
        assert!(shown.contains(r"\u0023#vso[x]"), "{shown}");
        assert!(!shown.to_ascii_lowercase().contains("##vso[") && !shown.contains("##["));
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, value);
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in "[%AZP250D;\\]\\r\\n a]{0,40}") {
            prop_assert_eq!(decode(&encode_property(&text)), text.clone());
            let encoded = encode_property(&text);
            prop_assert!(!encoded.contains([']', ';', '\r', '\n']));
        }

        #[test]
        fn no_command_survives(text in "[#vVsSoO\\[\\] x]{0,30}") {
            let shown = neutralize(&text).to_ascii_lowercase();
            prop_assert!(!shown.contains("##vso[") && !shown.contains("##["));
        }
    }
}
