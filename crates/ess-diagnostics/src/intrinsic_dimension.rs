//! How many coordinates the neighbourhood of a vector has.

use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{distances::Distances, error::Error};

/// The intrinsic dimension by the ratio of the distances to the second and the first neighbour: Facco, d'Errico, Rodriguez and
/// Laio, "Estimating the intrinsic dimension of datasets by a minimal neighborhood information", Scientific Reports 2017.
///
/// The estimate is that of maximum likelihood without bias, `(n − 1) / Σ ln(r₂ / r₁)`, where the density is even over the first two
/// neighbours. It rises with `n` where vectors are noisy at a small scale: compare estimates of samples of the same size.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::TwoNn;
///
/// // A curve in three dimensions, unevenly walked.
/// let rows: Vec<[f32; 3]> = (1..400_u16)
///     .map(|i| f32::from(i).powf(1.3) + f32::from(i * 7 % 11))
///     .map(|t| [t, 2.0 * t, (t / 400.0).sin()])
///     .collect();
/// let dimension = TwoNn::of(&Embeddings::from_rows(&rows)?)?;
/// assert!(dimension.dimension < 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoNn {
    /// The estimate.
    pub dimension: f64,
    /// Its standard error where vectors are drawn independently: the estimate over `√(n − 2)`.
    pub standard_error: f64,
    /// Vectors that counted.
    pub vectors: usize,
    /// Vectors left out because another one is the same.
    pub copies: usize,
}

impl TwoNn {
    /// That of embeddings (`n × d`). The time is that of an `n × n` product: give a sample of some thousands.
    ///
    /// # Errors
    /// [`Error::TooFew`] unless at least 4 vectors differ, [`Error::NoVariance`] when the first neighbour is always as far as the
    /// second, as on a grid.
    pub fn of(embeddings: &Embeddings) -> Result<Self, Error> {
        let ratios = Distances::between(embeddings).of_each(ln_ratio);
        let counted: Vec<f64> = ratios.iter().copied().flatten().collect();
        Error::check_count("embeddings that differ", 4, counted.len())?;
        let sum: f64 = counted.iter().sum();
        if sum <= 0.0 {
            return Err(Error::NoVariance {
                what: "distances of neighbours",
                figure: "the intrinsic dimension",
            });
        }
        let count = counted.len() as f64;
        let dimension = (count - 1.0) / sum;
        let standard_error = dimension / (count - 2.0).sqrt();
        Ok(Self { dimension, standard_error, vectors: counted.len(), copies: ratios.len() - counted.len() })
    }
}

/// Of a vector with no copy: `ln(r₂ / r₁)` over its two nearest neighbours.
fn ln_ratio(own: usize, squares: &[f64]) -> Option<f64> {
    /// Squared distances below this share of the farthest are rounding.
    const ROUNDING: f64 = 1e-14;
    let (mut first, mut second, mut farthest) = (f64::INFINITY, f64::INFINITY, 0.0_f64);
    for (_, &square) in squares.iter().enumerate().filter(|(other, _)| *other != own) {
        farthest = farthest.max(square);
        if square < first {
            (first, second) = (square, first);
        } else if square < second {
            second = square;
        }
    }
    // Of squares, so half of it.
    (second.is_finite() && first > ROUNDING * farthest).then(|| 0.5 * (second / first).ln())
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Vectors of a cube of few dimensions, turned into many.
    fn cube(count: usize, dimensions: usize, seed: u64) -> Embeddings {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let axes: Vec<Vec<f32>> =
            (0..dimensions).map(|_| (0..40).map(|_| rng.random::<f32>() - 0.5).collect()).collect();
        let rows: Vec<Vec<f32>> = (0..count)
            .map(|_| {
                let at: Vec<f32> = (0..dimensions).map(|_| rng.random()).collect();
                (0..40).map(|j| at.iter().zip(&axes).map(|(x, axis)| x * axis[j]).sum()).collect()
            })
            .collect();
        Embeddings::from_rows(&rows).unwrap()
    }

    #[test]
    fn vectors_of_few_dimensions_among_many_show_how_few() {
        for dimensions in [1, 2, 5] {
            let samples = (0..8).map(|seed| TwoNn::of(&cube(800, dimensions, seed)).unwrap().dimension);
            let found = samples.sum::<f64>() / 8.0 / dimensions as f64;
            // Edges of the cube take a little off, the more the more dimensions it has.
            assert!((0.9..1.04).contains(&found), "{dimensions} dimensions: {found} times as many");
        }
    }

    #[test]
    fn the_estimate_depends_on_no_scale() {
        let here = cube(300, 3, 1);
        let there = Embeddings::new(here.view().mapv(|x| 1000.0 * x)).unwrap();
        let [here, there] = [here, there].map(|vectors| TwoNn::of(&vectors).unwrap().dimension);
        assert!((here - there).abs() < 1e-3 * here, "{here} and {there}");
    }

    #[test]
    fn copies_are_left_out_and_counted() {
        let one = cube(200, 2, 5);
        let mut rows: Vec<&[f32]> = one.rows().collect();
        rows.extend(one.rows().take(50));
        let found = TwoNn::of(&Embeddings::from_rows(&rows).unwrap()).unwrap();
        assert_eq!((found.vectors, found.copies), (150, 100));
        let same = Embeddings::from_rows(&[[1.0, 2.0]; 9]).unwrap();
        assert!(matches!(TwoNn::of(&same), Err(Error::TooFew { found: 0, .. })));
    }

    /// The intervals hold the truth about as often as they say.
    #[test]
    fn the_standard_error_is_that_of_repeated_samples() {
        let estimates: Vec<TwoNn> =
            (0..40).map(|seed| TwoNn::of(&cube(400, 2, 100 + seed)).unwrap()).collect();
        let mean = estimates.iter().map(|found| found.dimension).sum::<f64>() / 40.0;
        let spread =
            (estimates.iter().map(|found| (found.dimension - mean).powi(2)).sum::<f64>() / 39.0).sqrt();
        let stated = estimates.iter().map(|found| found.standard_error).sum::<f64>() / 40.0;
        // Neighbours of neighbours depend on each other, which widens it a little.
        assert!((0.7..1.5).contains(&(spread / stated)), "{spread} instead of {stated}");
    }
}
