//! Ranges of addresses. Owns which one lies within another.

use core::net::IpAddr;

/// Whether every address of `inner` is one of `outer`; what is no range covers itself only.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let (Some((a, a_length)), Some((b, b_length))) = (parse(outer), parse(inner)) else {
        return outer.trim() == inner.trim();
    };
    let fits = a.0 == b.0 && a_length <= b_length;
    // A shift by the full width overflows.
    let start = |bits: u128| bits.checked_shr(a.0 - a_length).unwrap_or(0);
    fits && start(a.1) == start(b.1)
}

/// How many bits an address has and which, and how many of them the range fixes.
fn parse(text: &str) -> Option<((u32, u128), u32)> {
    let (address, length) = match text.trim().split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text.trim(), None),
    };
    let bits = match address.parse().ok()? {
        IpAddr::V4(address) => (32, u128::from(u32::from(address))),
        IpAddr::V6(address) => (128, u128::from(address)),
    };
    let length = length.unwrap_or(bits.0);
    (length <= bits.0).then_some((bits, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("10.0.0.0/8", "10.1.2.0/24", true)]
    #[case("10.0.0.0/8", "10.0.0.0/8", true)]
    #[case("10.0.0.0/8", "10.1.2.3", true)]
    #[case("0.0.0.0/0", "10.0.0.0/8", true)]
    #[case("10.0.0.0/8", "0.0.0.0/0", false)]
    #[case("10.0.0.0/8", "11.0.0.0/8", false)]
    #[case("::/0", "10.0.0.0/8", false)]
    #[case("2001:db8::/32", "2001:db8:1::/48", true)]
    #[case("AzureCloud", "AzureCloud", true)]
    #[case("AzureCloud", "Internet", false)]
    fn ranges(#[case] outer: &str, #[case] inner: &str, #[case] expected: bool) {
        assert_eq!(covers(outer, inner), expected);
    }
}
