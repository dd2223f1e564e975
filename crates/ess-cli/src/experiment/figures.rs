//! Figures as pages show them.

/// Four digits: `.7960`.
pub(crate) fn figure(value: f64) -> String {
    short(format!("{value:.4}"))
}

/// The number without the zero before its point.
pub(crate) fn short(number: String) -> String {
    let digits = number.trim_start_matches(['+', '-']);
    match digits.strip_prefix("0.") {
        Some(decimals) => format!("{}.{decimals}", &number[..number.len() - digits.len()]),
        None => number,
    }
}

/// The text, or a dash for none.
pub(crate) fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zero_before_a_point_goes_and_no_other() {
        let cases = [("0.25", ".25"), ("-0.25", "-.25"), ("+0.1", "+.1"), ("10.5", "10.5"), ("1.0", "1.0")];
        for (number, expected) in cases {
            assert_eq!(short(number.to_owned()), expected);
        }
    }
}
