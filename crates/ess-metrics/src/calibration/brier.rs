//! The Brier score.

use super::probabilities::checked_probabilities;
use crate::error::Error;

/// The Brier score: the mean squared difference of the predicted probability of relevance and the outcome, 1
/// for relevant and 0 for not; in `0..=1`, lower is better. Brier, "Verification of forecasts expressed in
/// terms of probability", Monthly Weather Review 78(1), 1950, in the form for two outcomes that counts one of
/// them.
///
/// ```
/// use ess_metrics::brier_score;
///
/// assert_eq!(brier_score(&[1.0, 0.5], &[true, false])?, 0.125);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
///
/// # Errors
/// [`Error::LengthMismatch`] unless each probability has an outcome, [`Error::Empty`] for none,
/// [`Error::InvalidParameter`] for one outside `0..=1`.
pub fn brier_score<P: Copy + Into<f64>>(probabilities: &[P], relevant: &[bool]) -> Result<f64, Error> {
    let probabilities = checked_probabilities(probabilities, relevant)?;
    let squares =
        probabilities.iter().zip(relevant).map(|(p, &relevant)| (p - f64::from(u8::from(relevant))).powi(2));
    Ok(squares.sum::<f64>() / probabilities.len() as f64)
}
