//! Losses of pairs of candidates.

use super::lists::list::{List, Relevant};

impl List<'_> {
    /// By how much the one is more similar than the other.
    pub(super) fn ahead(&self, higher: Relevant, lower: Relevant) -> f64 {
        f64::from(self.similarities[higher.at]) - f64::from(self.similarities[lower.at])
    }

    /// Turns sums over pairs into means; a list without a pair teaches nothing and is 0.
    pub(super) fn mean_of_pairs(&self, sum: f64, pairs: usize, slopes: &mut [f32]) -> f64 {
        let factor = 1.0 / pairs.max(1) as f64;
        slopes.iter_mut().for_each(|slope| *slope *= factor as f32);
        sum * factor
    }
}

/// `log(1 + exp(x))`, finite for every finite `x`.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(−x))`.
pub(super) fn sigmoid(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    (if x >= 0.0 { 1.0 } else { small }) / (1.0 + small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_from_zero_nothing_overflows() {
        assert_eq!((softplus(1e30), softplus(-1e30)), (1e30, 0.0));
        assert_eq!((sigmoid(1e30), sigmoid(-1e30), sigmoid(0.0)), (1.0, 0.0, 0.5));
        assert!((softplus(1.0) - (1.0 + 1.0_f64.exp()).ln()).abs() < 1e-12);
    }
}
