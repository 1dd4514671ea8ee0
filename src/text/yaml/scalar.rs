//! Which plain texts are numbers, booleans and nulls, and for whom.
//!
//! The rules of Go's YAML library v2: as of 2018, which Fabrikate is built
//! with, and as of 2.4, through which Kubernetes' tools read.

use super::Value;

/// The type of a plain text by the rules of 2018: an exponent needs a sign.
pub(super) fn of_2018(text: &str) -> Value {
    resolve(text, signed_float)
}

/// The type of a plain text by the rules of today.
pub(crate) fn of_today(text: &str) -> Value {
    resolve(text, any_float)
}

/// Whether somebody could take this string for something else when it is
/// written without quotes.
pub(crate) fn needs_quotes(text: &str) -> bool {
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        // Every number and date begins with something else.
        return word(text).is_some();
    }
    !matches!(of_2018(text), Value::Str(_))
        || any_float(&text.replace('_', ""))
        || is_base_60(text)
        || is_timestamp(text)
        || matches!(text, "<<" | "=")
}

/// Whether today's readers see a number where those of 2018 saw a string.
pub(super) fn is_disputed(text: &str) -> bool {
    any_float(&text.replace('_', "")) && matches!(of_2018(text), Value::Str(_))
}

fn resolve(text: &str, float: fn(&str) -> bool) -> Value {
    if let Some(value) = word(text) {
        return value;
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => text[1..]
            .starts_with(|c: char| c.is_ascii_digit())
            .then(|| text.to_owned()),
        Some(b'+' | b'-' | b'0'..=b'9') => Some(text.replace('_', "")),
        _ => None,
    };
    let parsed = number.and_then(|number| {
        let dotted = number.starts_with('.');
        integer(&number).or_else(|| {
            if !dotted && !float(&number) {
                return None;
            }
            let value: f64 = number.parse().ok()?;
            value.is_finite().then_some(Value::Float(value))
        })
    });
    parsed.unwrap_or_else(|| Value::Str(text.to_owned()))
}

fn word(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// Decimal, `0x`, `0b`, `0o`, and a leading zero for octal.
fn integer(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&unsigned[2..], 16),
        [b'0', b'b' | b'B', ..] => (&unsigned[2..], 2),
        [b'0', b'o' | b'O', ..] => (&unsigned[2..], 8),
        [b'0', _, ..] => (&unsigned[1..], 8),
        _ => (unsigned, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        Ok(value) => Some(Value::Int(value)),
        Err(_) if text.starts_with(['+', '-']) => None,
        Err(_) => u64::from_str_radix(digits, radix).ok().map(Value::Uint),
    }
}

/// `[-+]?[0-9]*\.?[0-9]+([eE][-+][0-9]+)?`
fn signed_float(text: &str) -> bool {
    let (mantissa, exponent) = parts(text);
    let whole = mantissa.trim_start_matches(|c: char| c.is_ascii_digit());
    let fraction_fits = match whole.strip_prefix('.') {
        Some(fraction) => are_digits(fraction),
        None => whole.is_empty() && !mantissa.is_empty(),
    };
    fraction_fits
        && exponent.is_none_or(|exponent| exponent.strip_prefix(['+', '-']).is_some_and(are_digits))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn any_float(text: &str) -> bool {
    let (mantissa, exponent) = parts(text);
    let mantissa_fits = match mantissa.split_once('.') {
        None => are_digits(mantissa),
        Some(("", fraction)) => are_digits(fraction),
        Some((whole, "")) => are_digits(whole),
        Some((whole, fraction)) => are_digits(whole) && are_digits(fraction),
    };
    mantissa_fits
        && exponent.is_none_or(|text| are_digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

/// Mantissa without its sign, and exponent with its sign.
fn parts(text: &str) -> (&str, Option<&str>) {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (sixties, fraction) = match unsigned.split_once('.') {
        Some((sixties, fraction)) => (sixties, fraction),
        None => (unsigned, ""),
    };
    let mut groups = sixties.split(':');
    let first = groups.next().unwrap_or_default();
    let starts_well = first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let small = |group: &str| match group.as_bytes() {
        [digit] | [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    sixties.contains(':')
        && starts_well
        && groups.all(small)
        && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// Whether it starts with a date, as a timestamp of YAML 1.1 does: `2020-01-02`,
/// alone or with a time. Times are not looked at closely: a string that is
/// quoted for no reason is still the same string.
fn is_timestamp(text: &str) -> bool {
    let mut fields = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (fields.next(), fields.next(), fields.next())
    else {
        return false;
    };
    let day_end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (day, time) = rest.split_at(day_end);
    let within = |text: &str, most: u8| {
        (1..=2).contains(&text.len())
            && text
                .parse::<u8>()
                .is_ok_and(|number| (1..=most).contains(&number))
    };
    year.len() == 4
        && are_digits(year)
        && within(month, 12)
        && within(day, days(year, month))
        && (time.is_empty() || is_time(time))
}

fn days(year: &str, month: &str) -> u8 {
    let year: u32 = year.parse().unwrap_or(0);
    match month.parse() {
        Ok(4 | 6 | 9 | 11) => 30,
        Ok(2)
            if year.is_multiple_of(4)
                && (!year.is_multiple_of(100) || year.is_multiple_of(400)) =>
        {
            29
        }
        Ok(2) => 28,
        _ => 31,
    }
}

/// `T10:20:30.5Z`, `t10:20:30+01:00`, ` 10:20:30`.
fn is_time(text: &str) -> bool {
    let Some(clock) = text.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    clock.matches(':').count() >= 2
        && clock.starts_with(|c: char| c.is_ascii_digit())
        && clock
            .bytes()
            .all(|b| b.is_ascii_digit() || b":.+-Z".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Value::{Bool, Float, Int, Null, Str, Uint};

    fn text(text: &str) -> Value {
        Str(text.to_owned())
    }

    #[rstest::rstest]
    #[case("y", Bool(true))]
    #[case("Off", Bool(false))]
    #[case("yES", text("yES"))]
    #[case("~", Null)]
    #[case("0644", Int(420))]
    #[case("0o644", Int(420))]
    #[case("0x1F", Int(31))]
    #[case("-0b101", Int(-5))]
    #[case("+5", Int(5))]
    #[case("08", Float(8.0))]
    #[case("1_000", Int(1000))]
    #[case("685_230.15", Float(685_230.15))]
    #[case("18446744073709551615", Uint(u64::MAX))]
    #[case("1.10", Float(1.1))]
    #[case(".5", Float(0.5))]
    #[case("1e+3", Float(1000.0))]
    #[case("1e3", text("1e3"))]
    #[case("12e4567", text("12e4567"))]
    #[case("1e+400", text("1e+400"))]
    #[case("1.", text("1."))]
    #[case("12:30:45", text("12:30:45"))]
    #[case("2020-01-02", text("2020-01-02"))]
    #[case("-", text("-"))]
    #[case("+-5", text("+-5"))]
    #[case("0x", text("0x"))]
    #[case("1.2.3", text("1.2.3"))]
    fn plain_text_has_its_type_of_2018(#[case] plain: &str, #[case] value: Value) {
        assert_eq!(of_2018(plain), value);
    }

    #[rstest::rstest]
    #[case("1e3", Float(1000.0))]
    #[case("1.", Float(1.0))]
    #[case("0o8", text("0o8"))]
    #[case("1e400", text("1e400"))]
    fn today_an_exponent_needs_no_sign(#[case] plain: &str, #[case] value: Value) {
        assert_eq!(of_today(plain), value);
    }

    #[rstest::rstest]
    #[case("1e3", true)]
    #[case("12e4567", true)]
    #[case("1.", true)]
    #[case("<<", true)]
    #[case("12:30:45", true)]
    #[case("190:20:30.15", true)]
    #[case("12:75", false)]
    #[case("2020-01-02", true)]
    #[case("2020-02-30", false)]
    #[case("2020-1-2T10:20:30Z", true)]
    #[case("no", true)]
    #[case("", true)]
    #[case("1.2.3", false)]
    #[case("a", false)]
    #[case("_1", true)]
    #[case("e3", false)]
    #[case("Null", true)]
    fn strings_that_look_like_something_else_get_quotes(
        #[case] string: &str,
        #[case] quoted: bool,
    ) {
        assert_eq!(needs_quotes(string), quoted);
    }
}
