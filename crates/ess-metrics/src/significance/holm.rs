//! Holm's correction for several comparisons.

use crate::error::Error;

/// Corrects the p-values of several comparisons, in the order given, so that the chance of one false finding
/// among them stays below the level: Holm, "A simple sequentially rejective multiple test procedure", 1979.
///
/// The `i`-th smallest of `m` is multiplied by `m − i + 1`; a later one is never below an earlier one, and
/// none above 1.
///
/// ```
/// assert_eq!(ess_metrics::holm(&[0.25, 0.01, 0.02])?, [0.25, 0.03, 0.04]);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidParameter`] for a value outside `0..=1`.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, Error> {
    if let Some(found) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::InvalidParameter {
            name: "p-value",
            expected: "a number from 0 to 1",
            found: found.to_string(),
        });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (smaller, &at) in order.iter().enumerate() {
        largest = largest.max(p_values[at] * (p_values.len() - smaller) as f64);
        corrected[at] = largest.min(1.0);
    }
    Ok(corrected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_one_is_the_most() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.9), "holm")
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005, 0.9]).unwrap();
        let expected = [0.04, 0.09, 0.09, 0.025, 0.9];
        assert!(corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
        assert_eq!(holm(&[0.6, 0.7]), Ok(vec![1.0, 1.0]));
        assert_eq!(holm(&[]), Ok(vec![]));
    }

    #[test]
    fn no_probability_is_refused() {
        for p in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(holm(&[0.5, p]), Err(Error::InvalidParameter { .. })));
        }
    }
}
