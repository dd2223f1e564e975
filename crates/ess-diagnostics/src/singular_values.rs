//! How many directions vectors use, seen from the origin.

use ess_core::Embeddings;
use ess_linalg::linear_algebra;
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Rows that are held in `f64` at once.
const CHUNK: usize = 4096;

/// What RankMe adds to each share, as its authors do.
const EPSILON: f64 = 1e-7;

/// The singular values of an `n × d` matrix of embeddings, which is not centred: what an inner product sees.
///
/// `ess_linalg::Spectrum` has the like of the covariance, after the mean is taken away.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::SingularValues;
///
/// // Two directions, one of twice the length.
/// let values = SingularValues::of(&Embeddings::from_rows(&[[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])?)?;
/// assert!((values.stable_rank - 1.25).abs() < 1e-9);
/// assert!(values.rank_me > 1.8 && values.rank_me < 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingularValues {
    /// The values, falling, `min(n, d)` of them. Those below 1e-8 of the largest are 0: they are roots of the eigenvalues of
    /// `XᵀX`, which have no more digits.
    pub values: Vec<f64>,
    /// `exp` of the entropy of the shares `σ_k / Σσ`, from 1 to `d`: RankMe (Garrido, Balestriero, Najman and LeCun, "RankMe:
    /// Assessing the downstream performance of pretrained self-supervised representations by their rank", ICML 2023).
    pub rank_me: f64,
    /// `‖X‖²_F / ‖X‖²₂`, from 1 to `d`: the stable rank (Rudelson and Vershynin, 2007). Small directions hardly count.
    pub stable_rank: f64,
}

impl SingularValues {
    /// Those of embeddings (`n × d`).
    ///
    /// # Errors
    /// [`Error::NoVariance`] when all are zero, [`Error::LinearAlgebra`].
    pub fn of(embeddings: &Embeddings) -> Result<Self, Error> {
        let mut gram = Array2::<f64>::zeros((embeddings.dim(), embeddings.dim()));
        for chunk in embeddings.view().axis_chunks_iter(Axis(0), CHUNK) {
            let chunk = chunk.mapv(f64::from);
            gram += &chunk.t().dot(&chunk);
        }
        let squares = linear_algebra().symmetric_eigen(gram.view())?.values;
        let largest = squares[0];
        if largest <= 0.0 {
            return Err(Error::NoVariance { what: "embeddings", figure: "their rank" });
        }
        let count = embeddings.len().min(embeddings.dim());
        let kept = squares.iter().take(count);
        let squares: Vec<f64> = kept.map(|&x| if x > 1e-16 * largest { x } else { 0.0 }).collect();
        let values: Vec<f64> = squares.iter().map(|square| square.sqrt()).collect();
        let total: f64 = values.iter().sum();
        let shares = values.iter().map(|value| value / total + EPSILON);
        let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
        Ok(Self { rank_me: entropy.exp(), stable_rank: squares.iter().sum::<f64>() / largest, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_directions_have_full_rank_and_one_direction_rank_one() {
        let round = Embeddings::from_rows(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]]).unwrap();
        let round = SingularValues::of(&round).unwrap();
        assert!((round.rank_me - 3.0).abs() < 1e-4 && (round.stable_rank - 3.0).abs() < 1e-9);
        let flat = Embeddings::from_rows(&[[1.0, 2.0], [2.0, 4.0], [-3.0, -6.0]]).unwrap();
        let flat = SingularValues::of(&flat).unwrap();
        assert!((flat.rank_me - 1.0).abs() < 1e-4 && (flat.stable_rank - 1.0).abs() < 1e-9);
        assert!((flat.values[0] - 70_f64.sqrt()).abs() < 1e-6 && flat.values[1] < 1e-6);
    }

    #[test]
    fn fewer_rows_than_dimensions_have_as_many_values_as_rows() {
        let one = Embeddings::from_rows(&[[3.0, 4.0, 0.0]]).unwrap();
        let one = SingularValues::of(&one).unwrap();
        assert!(one.values.len() == 1 && (one.values[0] - 5.0).abs() < 1e-9);
    }

    #[test]
    fn zeros_have_no_rank() {
        let zeros = Embeddings::from_rows(&[[0.0, 0.0], [0.0, 0.0]]).unwrap();
        assert!(matches!(SingularValues::of(&zeros), Err(Error::NoVariance { .. })));
    }
}
