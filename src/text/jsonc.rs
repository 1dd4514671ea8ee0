//! JSON with `//` and `/* */` comments, otherwise strict, with positions.
//!
//! Owns the choice of parser and its strictness. What the values mean is the
//! caller's business.

use jsonc_parser::{CollectOptions, ParseOptions};

pub use jsonc_parser::ast::Value;
pub use jsonc_parser::common::Ranged;

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, in words.
    pub reason: String,
}

/// Reads one JSON value. Comments are allowed; trailing commas, single quotes
/// and loose names are not. Numbers keep the text they were written with.
pub fn parse(text: &str) -> Result<Value<'_>, JsonError> {
    let options = ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options);
    match parsed {
        Ok(result) => result.value.ok_or_else(|| JsonError {
            line: 1,
            column: 1,
            reason: "there is no value".to_owned(),
        }),
        Err(error) => Err(JsonError {
            line: error.line_display(),
            column: error.column_display(),
            reason: error.kind().to_string().to_lowercase(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_allowed_and_comment_like_text_in_strings_is_kept() {
        let value = parse("// head\n{ /* \" */ \"u\": \"http://x/*y*/\" } // tail").unwrap();
        let object = value.as_object().unwrap();
        assert_eq!(object.get_string("u").unwrap().value, "http://x/*y*/");
    }

    #[rstest::rstest]
    #[case("{\"a\":\"1\",}", 1, 9)]
    #[case("{\n  'a': 1\n}", 2, 3)]
    #[case("[1\n 2]", 1, 3)]
    #[case("[0x1]", 1, 2)]
    #[case("", 1, 1)]
    fn what_is_no_json_is_named_by_line_and_column(
        #[case] text: &str,
        #[case] line: usize,
        #[case] column: usize,
    ) {
        let error = parse(text).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{error}");
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_stack_overflow() {
        let error = parse(&"[".repeat(100_000)).unwrap_err();
        assert!(error.reason.contains("depth"), "{error}");
    }
}
