//! Durations as Go writes them: `1h30m`, `90m0s`. Owns what two of them have in common.

/// Nanoseconds, or nothing where the text is no duration.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, after) = rest.split_at(end);
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || digits.len() > 18 {
            return None;
        }
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let power = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        total += digits.parse::<i128>().ok()? * unit / power;
        rest = after;
    }
    Some(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[rstest::rstest]
    #[case("10m", "600s", Some(true))]
    #[case("1h30m", "90m0s", Some(true))]
    #[case("1.5h", "90m", Some(true))]
    #[case("0", "0s", Some(true))]
    #[case("-1s", "1s", Some(false))]
    #[case("1s", "1ms", Some(false))]
    #[case("1", "1s", None)]
    #[case("s", "1s", None)]
    #[case("1d", "24h", None)]
    #[case("99999999999999999999h", "1s", None)]
    fn equal_durations(#[case] a: &str, #[case] b: &str, #[case] equal: Option<bool>) {
        assert_eq!(parse(a).zip(parse(b)).map(|(a, b)| a == b), equal);
    }
}
