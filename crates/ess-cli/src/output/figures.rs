//! Figures as pages write them: `.796 [+.100, +.200]`, without the zero before the point.

/// `.7960`
pub(crate) fn figure(value: f64) -> String {
    without_zero(format!("{value:.4}"))
}

/// `+.10`, with so many digits.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    without_zero(format!("{value:+.digits$}"))
}

/// `[+.100, +.200]`, the interval of a difference; in words where too few queries differ for one.
pub(crate) fn difference_interval(interval: Option<[f64; 2]>) -> String {
    let Some([low, high]) = interval.map(|interval| interval.map(|end| signed(end, 3))) else {
        return "[too few queries differ]".to_owned();
    };
    format!("[{low}, {high}]")
}

/// `.7960 [.700, .900]`, a mean with its interval where it has one.
pub(crate) fn mean(value: f64, interval: Option<[f64; 2]>) -> String {
    let Some([low, high]) = interval.map(|interval| interval.map(|end| without_zero(format!("{end:.3}"))))
    else {
        return figure(value);
    };
    format!("{} [{low}, {high}]", figure(value))
}

/// `p = .020`, or `p < .001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < .001".to_owned() } else { format!("p = {}", without_zero(format!("{p:.3}"))) }
}

/// The zero of `0.5` and `-0.5`; that of `10.5` stays.
fn without_zero(mut number: String) -> String {
    let first = usize::from(number.starts_with(['+', '-']));
    if number[first..].starts_with("0.") {
        number.remove(first);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_before_the_point_is_left_out_and_no_other() {
        assert_eq!([0.5, 1.0, 10.5, -0.25].map(figure), [".5000", "1.0000", "10.5000", "-.2500"]);
        assert_eq!([0.5, -0.25, 20.5].map(|value| signed(value, 3)), ["+.500", "-.250", "+20.500"]);
        assert_eq!([0.02, 0.0001, 1.0].map(p_value), ["p = .020", "p < .001", "p = 1.000"]);
    }

    #[test]
    fn an_interval_that_is_not_stated_is_said_of_a_difference_alone() {
        assert_eq!(difference_interval(Some([-0.1, 0.25])), "[-.100, +.250]");
        assert_eq!(difference_interval(None), "[too few queries differ]");
        assert_eq!(mean(0.5, Some([0.4, 10.6])), ".5000 [.400, 10.600]");
        assert_eq!(mean(0.5, None), ".5000");
    }
}
