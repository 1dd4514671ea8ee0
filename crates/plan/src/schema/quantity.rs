//! Quantities of Kubernetes: `500m`, `0.5`, `1Gi`. Owns what two of them have in common.

/// The amount in billionths, or nothing where the text is no quantity or too large.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (negative, digits) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > 30 || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mantissa: i128 = all.parse().ok()?;
    let (mut ten, binary) = scale(suffix)?;
    ten += 9 - i32::try_from(fraction.len()).ok()?;
    let mut amount = mantissa.checked_mul(1_i128.checked_shl(binary)?)?;
    while ten > 0 && amount != 0 {
        amount = amount.checked_mul(10)?;
        ten -= 1;
    }
    while ten < 0 && amount != 0 {
        // The server rounds up what is smaller than it keeps.
        amount = amount / 10 + i128::from(amount % 10 != 0);
        ten += 1;
    }
    Some(if negative { -amount } else { amount })
}

/// The powers of ten and of two that a suffix means.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "" => (0, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            ((-18..=18).contains(&power).then_some(power)?, 0)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[rstest::rstest]
    #[case("1000m", "1", true)]
    #[case("0.5", "500m", true)]
    #[case("1Gi", "1024Mi", true)]
    #[case("1G", "1000M", true)]
    #[case("1e3", "1k", true)]
    #[case("1E3", "1k", true)]
    #[case("128974848", "123Mi", true)]
    #[case(".5", "500m", true)]
    #[case("-1", "-1000m", true)]
    #[case("1Gi", "1G", false)]
    #[case("1", "1m", false)]
    #[case("100", "1e2", true)]
    fn equal_amounts(#[case] a: &str, #[case] b: &str, #[case] equal: bool) {
        assert!(parse(a).is_some() && parse(b).is_some());
        assert_eq!(parse(a) == parse(b), equal);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("-")]
    #[case("1.2.3")]
    #[case("1GB")]
    #[case("1e99")]
    #[case("99999999999999999999999999999999999999E")]
    #[case("ä")]
    #[case("1-2")]
    fn what_is_no_quantity(#[case] text: &str) {
        assert_eq!(parse(text), None);
    }
}
