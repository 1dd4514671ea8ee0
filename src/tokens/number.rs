//! Numbers as JavaScript prints them, which is how the old versions do.
//!
//! Owns the YAML 1.2 core forms of numbers and the printing of doubles.

/// The value of a YAML plain scalar, when it is a number.
pub(super) fn yaml_number(text: &str) -> Option<f64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    for (mark, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        if let Some(digits) = body.strip_prefix(mark) {
            return radix_number(digits, radix).map(|n| sign * n);
        }
    }
    let first = *body.as_bytes().first()?;
    // A point may come first, but not behind a sign.
    let point_first = first == b'.' && body.len() > 1 && body.len() == text.len();
    if !first.is_ascii_digit() && !point_first {
        return None;
    }
    let allowed =
        |b: u8| b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !body.bytes().all(allowed) || body.ends_with('_') {
        return None;
    }
    let plain = body.replace('_', "");
    plain.parse::<f64>().ok().map(|n| sign * n)
}

/// Digits of a radix with `_` between.
fn radix_number(digits: &str, radix: u32) -> Option<f64> {
    if digits.is_empty() || digits.ends_with('_') {
        return None;
    }
    digits
        .chars()
        .filter(|c| *c != '_')
        .try_fold(0.0, |sum, c| {
            Some(sum * f64::from(radix) + f64::from(c.to_digit(radix)?))
        })
}

/// A double the way JavaScript's `String(number)` writes it.
pub(super) fn javascript(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    // Both notations of Rust are the shortest that read back as the same
    // number; only where one gives way to the other differs.
    let magnitude = number.abs();
    if (1e-6..1e21).contains(&magnitude) {
        return format!("{number}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(1.1, "1.1")]
    #[case(1e21, "1e+21")]
    #[case(1e20, "100000000000000000000")]
    #[case(1e-7, "1e-7")]
    #[case(0.000_001, "0.000001")]
    #[case(123_456_789_012_345_678_901_234.0, "1.2345678901234569e+23")]
    #[case(-0.0, "0")]
    #[case(5e-324, "5e-324")]
    #[case(f64::INFINITY, "Infinity")]
    fn doubles_are_printed_as_in_javascript(#[case] number: f64, #[case] text: &str) {
        assert_eq!(javascript(number), text);
    }

    #[rstest::rstest]
    #[case("017", Some(17.0))]
    #[case("0o17", Some(15.0))]
    #[case("0xFF", Some(255.0))]
    #[case("0b101", Some(5.0))]
    #[case("+12", Some(12.0))]
    #[case("1_000", Some(1000.0))]
    #[case("1.", Some(1.0))]
    #[case(".5", Some(0.5))]
    #[case("1e3", Some(1000.0))]
    #[case("-.inf", Some(f64::NEG_INFINITY))]
    #[case("12:30:45", None)]
    #[case("1.2.3", None)]
    #[case("1e", None)]
    #[case("-", None)]
    #[case(".", None)]
    #[case("inf", None)]
    #[case("0x", None)]
    #[case("2024-01-31", None)]
    fn plain_scalars_are_numbers_by_the_core_schema(
        #[case] text: &str,
        #[case] number: Option<f64>,
    ) {
        assert_eq!(yaml_number(text), number);
    }
}
