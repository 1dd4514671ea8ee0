//! What is wrong with the text of a program, in words that do not quote it.

use rsjsonnet_lang::lexer::LexError;
use rsjsonnet_lang::parser::{ActualToken, ExpectedToken, ParseError};
use rsjsonnet_lang::program::AnalyzeError;
use rsjsonnet_lang::span::SpanId;
use rsjsonnet_lang::token::STokenKind;

/// More expected tokens than these say nothing.
const EXPECTED: usize = 4;

pub(super) fn of_lexer(error: &LexError) -> (SpanId, String) {
    use LexError as L;
    let (span, text) = match error {
        L::InvalidChar { span, chr } => {
            return (*span, format!("{chr:?} means nothing here"));
        }
        L::InvalidUtf8 { span, .. } => (span, "this is not UTF-8"),
        L::UnfinishedMultilineComment { span } => (span, "the comment has no end"),
        L::LeadingZeroInNumber { span } => (span, "a number starts with 0"),
        L::MissingFracDigits { span } => (span, "there is no digit after the point"),
        L::MissingExpDigits { span } => (span, "there is no digit in the exponent"),
        L::MissingDigitAfterUnderscore { span } => (span, "there is no digit after the `_`"),
        L::ExpOverflow { span } => (span, "the exponent is too large"),
        L::InvalidEscapeInString { span, chr } => {
            return (
                *span,
                format!("there is no escape `\\{}`", chr.escape_debug()),
            );
        }
        L::IncompleteUnicodeEscape { span } => (span, "the escape needs four digits"),
        L::InvalidUtf16EscapeSequence { span, .. } => (span, "the escape is not a character"),
        L::UnfinishedString { span } => (span, "the string has no end"),
        L::MissingLineBreakAfterTextBlockStart { span } => (span, "a line must end after `|||`"),
        L::MissingWhitespaceTextBlockStart { span } => {
            (span, "the first line of a text block must be indented")
        }
        L::InvalidTextBlockTermination { span } => (span, "the text block has no `|||` at its end"),
    };
    (*span, text.to_owned())
}

pub(super) fn of_parser(error: &ParseError) -> (SpanId, String) {
    let ParseError::Expected {
        span,
        expected,
        instead,
    } = error;
    let instead = match instead {
        ActualToken::EndOfFile => "the file ends here".to_owned(),
        ActualToken::Simple(token) => format!("`{}` is unexpected", symbol(*token)),
        ActualToken::OtherOp(op) => format!("`{op}` is unexpected"),
        ActualToken::Ident(name) => format!("`{name}` is unexpected"),
        ActualToken::Number => "a number is unexpected".to_owned(),
        ActualToken::String | ActualToken::TextBlock => "a string is unexpected".to_owned(),
    };
    // What ends or parts an expression says more than what could go on with it.
    let telling = expected.iter().copied().filter(|&token| is_telling(token));
    let expected: Vec<_> = telling.map(expected_token).collect();
    let message = match expected.as_slice() {
        [] => instead,
        [one] => format!("{instead}; it should be {one}"),
        some if some.len() <= EXPECTED => format!("{instead}; it should be {}", some.join(" or ")),
        _ => instead,
    };
    (*span, message)
}

pub(super) fn of_analysis(error: &AnalyzeError) -> (SpanId, String) {
    use AnalyzeError as A;
    match error {
        A::UnknownVariable { span, name } => (*span, format!("there is no variable `{name}`")),
        A::SelfOutsideObject { self_span } => {
            (*self_span, "`self` is used outside of an object".to_owned())
        }
        A::SuperOutsideObject { super_span } => (
            *super_span,
            "`super` is used outside of an object".to_owned(),
        ),
        A::DollarOutsideObject { dollar_span } => {
            (*dollar_span, "`$` is used outside of an object".to_owned())
        }
        A::RepeatedLocalName {
            repeated_span,
            name,
            ..
        } => (
            *repeated_span,
            format!("the variable `{name}` is defined twice"),
        ),
        A::RepeatedFieldName {
            repeated_span,
            name,
            ..
        } => (
            *repeated_span,
            format!("the field `{name}` is defined twice"),
        ),
        A::RepeatedParamName {
            repeated_span,
            name,
            ..
        } => (
            *repeated_span,
            format!("the parameter `{name}` is defined twice"),
        ),
        A::PositionalArgAfterNamed { arg_span } => (
            *arg_span,
            "a positional argument follows a named one".to_owned(),
        ),
        A::TextBlockAsImportPath { span } => (*span, "a text block cannot be imported".to_owned()),
        A::ComputedImportPath { span } => (
            *span,
            "only a string can be imported, no expression".to_owned(),
        ),
    }
}

fn is_telling(token: ExpectedToken) -> bool {
    use STokenKind as S;
    match token {
        ExpectedToken::BinaryOp => false,
        ExpectedToken::Simple(token) => matches!(
            token,
            S::Comma
                | S::Semicolon
                | S::Colon
                | S::Eq
                | S::RightParen
                | S::RightBracket
                | S::RightBrace
                | S::Then
                | S::In
        ),
        _ => true,
    }
}

fn expected_token(token: ExpectedToken) -> String {
    match token {
        ExpectedToken::EndOfFile => "the end of the file".to_owned(),
        ExpectedToken::Simple(token) => format!("`{}`", symbol(token)),
        ExpectedToken::Ident => "a name".to_owned(),
        ExpectedToken::Number => "a number".to_owned(),
        ExpectedToken::String => "a string".to_owned(),
        ExpectedToken::TextBlock => "a text block".to_owned(),
        ExpectedToken::Expr => "an expression".to_owned(),
        ExpectedToken::BinaryOp => "an operator".to_owned(),
    }
}

fn symbol(token: STokenKind) -> String {
    use STokenKind as S;
    let text = match token {
        S::Exclam => "!",
        S::ExclamEq => "!=",
        S::Dollar => "$",
        S::Percent => "%",
        S::Amp => "&",
        S::AmpAmp => "&&",
        S::LeftParen => "(",
        S::RightParen => ")",
        S::Asterisk => "*",
        S::Plus => "+",
        S::PlusColon => "+:",
        S::PlusColonColon => "+::",
        S::PlusColonColonColon => "+:::",
        S::Comma => ",",
        S::Minus => "-",
        S::Dot => ".",
        S::Slash => "/",
        S::Colon => ":",
        S::ColonColon => "::",
        S::ColonColonColon => ":::",
        S::Semicolon => ";",
        S::Lt => "<",
        S::LtLt => "<<",
        S::LtEq => "<=",
        S::Eq => "=",
        S::EqEq => "==",
        S::Gt => ">",
        S::GtEq => ">=",
        S::GtGt => ">>",
        S::LeftBracket => "[",
        S::RightBracket => "]",
        S::Hat => "^",
        S::LeftBrace => "{",
        S::Pipe => "|",
        S::PipePipe => "||",
        S::RightBrace => "}",
        S::Tilde => "~",
        // The rest are words, named as they are written.
        word => return format!("{word:?}").trim_end_matches('_').to_lowercase(),
    };
    text.to_owned()
}
