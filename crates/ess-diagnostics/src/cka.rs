//! Whether two encodings of the same texts say the same.

use ess_core::Embeddings;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Linear centred kernel alignment: Kornblith, Norouzi, Lee and Hinton, "Similarity of neural network representations revisited",
/// ICML 2019. From 0 to 1; no rotation and no common scale of either encoding changes it.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::LinearCka;
///
/// let one = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [1.0, 3.0], [0.5, 0.5]])?;
/// // Turned by a right angle, and in three dimensions.
/// let turned: Vec<[f32; 3]> = one.rows().map(|row| [-row[1], row[0], 0.0]).collect();
/// let cka = LinearCka::of(&one, &Embeddings::from_rows(&turned)?)?;
/// assert!((cka.biased - 1.0).abs() < 1e-9 && (cka.debiased - 1.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearCka {
    /// As published. Where `n` is not much larger than `d` it is high for unrelated encodings as well.
    pub biased: f64,
    /// By the unbiased estimate of HSIC (Song et al., JMLR 2012): about 0 for unrelated encodings of any number of texts, and so
    /// a little below 0 at times.
    pub debiased: f64,
}

impl LinearCka {
    /// Of two encodings (`n × d` and `n × e`) of the same `n ≥ 4` texts, row by row.
    ///
    /// # Errors
    /// [`Error::TooFew`], [`Error::Rows`], [`Error::NoVariance`] when the vectors of either are all the same.
    pub fn of(one: &Embeddings, other: &Embeddings) -> Result<Self, Error> {
        Error::check_count("texts", 4, one.len())?;
        if one.len() != other.len() {
            let what = "the second encoding";
            return Err(Error::Rows { what, expected: one.len(), found: other.len() });
        }
        let (one, other) = (Centred::new(one), Centred::new(other));
        let [both, own, others] = [one.with(&other), one.with(&one), other.with(&other)];
        let ratio = |of: fn(&Hsic) -> f64| of(&both) / (of(&own) * of(&others)).sqrt();
        let cka = Self { biased: ratio(|hsic| hsic.biased), debiased: ratio(|hsic| hsic.unbiased) };
        if cka.biased.is_finite() && cka.debiased.is_finite() {
            Ok(cka)
        } else {
            Err(Error::NoVariance { what: "embeddings", figure: "their alignment" })
        }
    }
}

/// An encoding about its mean. Centring changes no HSIC, and leaves more digits.
struct Centred {
    rows: Array2<f64>,
    squares: Array1<f64>,
}

/// The Hilbert–Schmidt independence criterion of two linear kernels.
struct Hsic {
    /// `‖XᵀY‖²`, without its divisor.
    biased: f64,
    /// The estimate that leaves the kernels' diagonals out.
    unbiased: f64,
}

impl Centred {
    fn new(embeddings: &Embeddings) -> Self {
        let mut rows = embeddings.view().mapv(f64::from);
        let mean = rows.sum_axis(Axis(0)) / rows.nrows() as f64;
        rows -= &mean;
        let squares = rows.map_axis(Axis(1), |row| row.dot(&row));
        Self { rows, squares }
    }

    /// Without an `n × n` matrix: of kernels without their diagonals, rows sum to `−‖x‖²`, as the vectors sum to 0.
    fn with(&self, other: &Self) -> Hsic {
        let count = self.rows.nrows() as f64;
        let biased = self.rows.t().dot(&other.rows).mapv(|x| x * x).sum();
        let trace = biased - self.squares.dot(&other.squares);
        let (sum, other_sum) = (-self.squares.sum(), -other.squares.sum());
        let between = self.squares.dot(&other.squares);
        let corrections = sum * other_sum / ((count - 1.0) * (count - 2.0)) - 2.0 * between / (count - 2.0);
        Hsic { biased, unbiased: (trace + corrections) / (count * (count - 3.0)) }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn random(count: usize, dim: usize, seed: u64) -> Embeddings {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Embeddings::from_vec((0..count * dim).map(|_| rng.random::<f32>() + 0.3).collect(), dim).unwrap()
    }

    #[test]
    fn unrelated_encodings_are_apart_without_bias_alone() {
        let (mut biased, mut debiased) = (0.0, 0.0);
        for seed in 0..20 {
            let cka = LinearCka::of(&random(50, 30, seed), &random(50, 20, 1000 + seed)).unwrap();
            (biased, debiased) = (biased + cka.biased / 20.0, debiased + cka.debiased / 20.0);
        }
        assert!(biased > 0.3 && debiased.abs() < 0.03, "{biased} and {debiased}");
    }

    /// By the definition, with both kernels.
    #[test]
    fn the_estimate_without_bias_is_that_of_its_paper() {
        let (x, y) = (random(30, 4, 1), random(30, 3, 2));
        let kernel = |of: &Embeddings| {
            let rows = of.view().mapv(f64::from);
            let mut kernel = rows.dot(&rows.t());
            kernel.diag_mut().fill(0.0);
            kernel
        };
        let hsic = |k: &Array2<f64>, l: &Array2<f64>| {
            let n = 30.0;
            let product = k.dot(l);
            product.diag().sum() + k.sum() * l.sum() / ((n - 1.0) * (n - 2.0))
                - 2.0 * product.sum() / (n - 2.0)
        };
        let (k, l) = (kernel(&x), kernel(&y));
        let expected = hsic(&k, &l) / (hsic(&k, &k) * hsic(&l, &l)).sqrt();
        assert!((LinearCka::of(&x, &y).unwrap().debiased - expected).abs() < 1e-9);
    }

    #[test]
    fn a_scale_and_a_shift_change_nothing() {
        let (x, y) = (random(40, 5, 3), random(40, 6, 4));
        let moved = Embeddings::new(x.view().mapv(|value| 100.0 * value + 7.0)).unwrap();
        let [here, there] = [&x, &moved].map(|x| LinearCka::of(x, &y).unwrap());
        assert!((here.biased - there.biased).abs() < 1e-4 && (here.debiased - there.debiased).abs() < 1e-4);
    }

    #[test]
    fn what_has_no_pairs_or_no_variance_is_refused() {
        let (five, four) = (random(5, 2, 1), random(4, 2, 1));
        assert!(matches!(LinearCka::of(&five, &four), Err(Error::Rows { expected: 5, found: 4, .. })));
        let same = Embeddings::from_rows(&[[1.0, 2.0]; 4]).unwrap();
        assert!(matches!(LinearCka::of(&four, &same), Err(Error::NoVariance { .. })));
    }
}
