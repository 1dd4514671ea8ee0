pub(crate) fn try_to_u8_exact(x: f64) -> Option<u8> {
    let x_int = x as u8;
    if x_int as f64 == x { Some(x_int) } else { None }
}

pub(crate) fn try_to_u32(x: f64) -> Option<u32> {
    let x = x.trunc();
    let x_int = x as u32;
    if x_int as f64 == x { Some(x_int) } else { None }
}

pub(crate) fn try_to_i32_exact(x: f64) -> Option<i32> {
    let x_int = x as i32;
    if x_int as f64 == x { Some(x_int) } else { None }
}

pub(crate) fn try_to_usize(x: f64) -> Option<usize> {
    let x = x.trunc();
    let x_int = x as usize;
    if x_int as f64 == x { Some(x_int) } else { None }
}

pub(crate) fn frexp(x: f64) -> (f64, i16) {
    let (norm, edelta) = if x.is_subnormal() {
        let scale = f64::from_bits((52 + 0x3FF) << 52); // 2^52
        (x * scale, -52)
    } else {
        (x, 0)
    };
    let raw = norm.to_bits();
    let raw_exp = (raw >> 52) & 0x7FF;
    if raw_exp == 0 {
        let mant = f64::from_bits(raw & !0x7FFF_FFFF_FFFF_FFFF);
        let exp = 0;
        (mant, exp)
    } else {
        let mant = f64::from_bits((raw & !(0x7FF << 52)) | (0x3FE << 52));
        let exp = raw_exp as i16 - 0x3FE + edelta;
        (mant, exp)
    }
}

/// The decimal logarithm by the formula of go-jsonnet, whose last digit can be
/// another one: it is 2.9999999999999996 for 1000.
pub(crate) fn log10(x: f64) -> f64 {
    x.ln() / std::f64::consts::LN_10
}

/// Appends a number as go-jsonnet writes it: whole numbers with all their
/// digits, others with 17 significant digits (`%.17g`).
pub(crate) fn push_number(result: &mut String, x: f64) {
    use std::fmt::Write as _;

    if x.fract() == 0.0 {
        write!(result, "{x:.0}").unwrap();
        return;
    }
    let text = format!("{x:.16e}");
    let (mantissa, exponent) = text.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    if exponent < -4 {
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        write!(result, "{mantissa}e{exponent:+03}").unwrap();
    } else {
        // A number with a fraction is below 2^52: its exponent is below 16.
        let decimals = usize::try_from(16 - exponent).unwrap();
        let text = format!("{x:.decimals$}");
        result.push_str(text.trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::frexp;

    #[test]
    fn test_frexp() {
        assert_eq!(frexp(0.0), (0.0, 0));
        assert_eq!(frexp(0.09375), (0.75, -3));
        assert_eq!(frexp(-0.09375), (-0.75, -3));
        assert_eq!(frexp(0.25), (0.5, -1));
        assert_eq!(frexp(-0.25), (-0.5, -1));
        assert_eq!(frexp(0.5), (0.5, 0));
        assert_eq!(frexp(-0.5), (-0.5, 0));
        assert_eq!(frexp(1.0), (0.5, 1));
        assert_eq!(frexp(-1.0), (-0.5, 1));
        assert_eq!(frexp(20.0), (0.625, 5));
        assert_eq!(frexp(-20.0), (-0.625, 5));

        // Subnormal numbers
        assert_eq!(frexp(f64::from_bits(0b01)), (0.5, -1073));
        assert_eq!(frexp(-f64::from_bits(0b01)), (-0.5, -1073));
        assert_eq!(frexp(f64::from_bits(0b10)), (0.5, -1072));
        assert_eq!(frexp(-f64::from_bits(0b10)), (-0.5, -1072));
        assert_eq!(frexp(f64::from_bits(0b11)), (0.75, -1072));
        assert_eq!(frexp(-f64::from_bits(0b11)), (-0.75, -1072));
    }
}
