//! Dates in inline YAML, which version 6 turns into ISO time stamps.
//!
//! Owns recognition and conversion; files lose dates altogether there, and our
//! own level keeps the text as it was written.

/// Whether a plain scalar is a YAML date or time stamp, and its moment as
/// `2023-09-25T00:00:00.000Z`.
pub(super) fn iso(text: &str) -> Option<String> {
    let (date, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => (
            &text[..at],
            Some(text[at + 1..].trim_start_matches([' ', '\t'])),
        ),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let width_ok = |part: &str| part.len() == 2 || (time.is_some() && part.len() == 1);
    if !width_ok(month) || !width_ok(day) {
        return None;
    }
    let days = days_from_civil(digits(year)?, digits(month)?, digits(day)?);
    let milliseconds = time.map_or(Some(0), day_time)?;
    Some(print(days * 86_400_000 + milliseconds))
}

/// A number of ASCII digits alone.
fn digits(text: &str) -> Option<i64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// `01:02:03.5+02:00` in milliseconds from midnight UTC.
fn day_time(text: &str) -> Option<i64> {
    let end = text.find(['Z', '+', '-', ' ', '\t']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let zone = zone.trim_start_matches([' ', '\t']);
    let mut parts = clock.splitn(3, ':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
    if hour.is_empty() || hour.len() > 2 || minute.len() != 2 || second.len() != 2 {
        return None;
    }
    digits(if fraction.is_empty() { "0" } else { fraction })?;
    let millis = digits(&format!("{fraction:0<3}")[..3])?;
    let minutes = digits(hour)? * 60 + digits(minute)? - offset_minutes(zone)?;
    Some((minutes * 60 + digits(second)?) * 1000 + millis)
}

/// `Z`, `+2`, `-03:30` in minutes; nothing is UTC.
fn offset_minutes(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None => return Some(0),
        Some(b'Z') => return (zone.len() == 1).then_some(0),
        Some(b'-') => -1,
        _ => 1,
    };
    let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
    if hours.is_empty() || hours.len() > 2 || minutes.len() > 2 {
        return None;
    }
    Some(sign * (digits(hours)? * 60 + digits(minutes)?))
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Months may run over, as they do in the original.
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Milliseconds since 1970 as an ISO time stamp.
fn print(moment: i64) -> String {
    let days = moment.div_euclid(86_400_000) + 719_468;
    let rest = moment.rem_euclid(86_400_000);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, millis) = (rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("2023-09-25", Some("2023-09-25T00:00:00.000Z"))]
    #[case("2023-09-25T01:02:03+02:00", Some("2023-09-24T23:02:03.000Z"))]
    #[case("2024-02-29 23:59:59.5 Z", Some("2024-02-29T23:59:59.500Z"))]
    #[case("2001-12-15T2:59:43.10Z", Some("2001-12-15T02:59:43.100Z"))]
    #[case("1969-1-1T00:00:00", Some("1969-01-01T00:00:00.000Z"))]
    #[case("2023-9-25", None)]
    #[case("12:30:45", None)]
    #[case("2023-09-25T1", None)]
    #[case("a-b-c", None)]
    fn dates_become_moments(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(iso(text).as_deref(), expected);
    }
}
