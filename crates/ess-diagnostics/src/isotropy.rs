//! Whether vectors use all directions alike.

use ess_core::Embeddings;
use ess_linalg::Moments;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How evenly vectors use the directions of their space.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_diagnostics::Isotropy;
///
/// let round = Embeddings::from_rows(&[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])?;
/// let isotropy = Isotropy::of(&round)?;
/// assert!((isotropy.iso_score - 1.0).abs() < 1e-9);
/// assert!((isotropy.mean_cosine - -1.0 / 3.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isotropy {
    /// IsoScore, from 0 (one direction) to 1 (the same variance in all): Rudman, Gillman, Rayne and Eickhoff, "IsoScore:
    /// Measuring the uniformity of embedding space utilization", Findings of ACL 2022. It does not depend on the mean.
    pub iso_score: f64,
    /// The mean cosine of two different vectors, from −1/(n − 1) to 1: Ethayarajh, "How contextual are contextualized word
    /// representations?", EMNLP 2019. Where it is high, vectors share a direction that tells none of them apart. A vector of
    /// zeros has cosine 0.
    pub mean_cosine: f64,
}

impl Isotropy {
    /// That of `n ≥ 2` embeddings of dimension `d ≥ 2`.
    ///
    /// # Errors
    /// [`Error::TooFew`] for less, [`Error::NoVariance`] when all are the same, [`Error::LinearAlgebra`].
    pub fn of(embeddings: &Embeddings) -> Result<Self, Error> {
        Error::check_count("embeddings", 2, embeddings.len())?;
        Error::check_count("dimensions of embeddings", 2, embeddings.dim())?;
        let axes = Moments::of(embeddings).principal_axes("embeddings")?;
        Ok(Self {
            iso_score: iso_score(axes.values.as_slice().unwrap_or(&[])),
            mean_cosine: mean_cosine(embeddings),
        })
    }
}

/// Of the variances along the principal axes, step by step as in section 4 of its paper.
fn iso_score(variances: &[f64]) -> f64 {
    let dim = variances.len() as f64;
    let length = variances.iter().map(|variance| variance * variance).sum::<f64>().sqrt();
    let from_even = |variance: f64| (dim.sqrt() * variance / length - 1.0).powi(2);
    let distance = variances.iter().map(|&variance| from_even(variance)).sum::<f64>().sqrt();
    let defect = distance / (2.0 * (dim - dim.sqrt())).sqrt();
    let used = (dim - defect * defect * (dim - dim.sqrt())).powi(2) / (dim * dim);
    ((dim * used - 1.0) / (dim - 1.0)).clamp(0.0, 1.0)
}

/// Over all pairs, from the length of the sum of the unit vectors.
fn mean_cosine(embeddings: &Embeddings) -> f64 {
    let units = embeddings.clone().normalized();
    let sum = units.view().mapv(f64::from).sum_axis(Axis(0));
    let own: f64 = units.as_slice().iter().map(|&x| f64::from(x).powi(2)).sum();
    let count = units.len() as f64;
    (sum.dot(&sum) - own) / (count * (count - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_direction_scores_nothing() {
        let line = Embeddings::from_rows(&[[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [4.0, 4.0, 0.0]]).unwrap();
        let isotropy = Isotropy::of(&line).unwrap();
        assert!(isotropy.iso_score < 1e-9 && (isotropy.mean_cosine - 1.0).abs() < 1e-6);
    }

    /// Property 5 of its paper: k of d directions used evenly score (k − 1) / (d − 1).
    #[test]
    fn evenly_used_directions_score_their_share() {
        let variances = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!((iso_score(&variances) - 2.0 / 8.0).abs() < 1e-9);
    }

    #[test]
    fn a_shift_changes_the_cosine_alone() {
        let rows = [[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]];
        let shifted = rows.map(|[x, y]| [x + 10.0, y + 10.0]);
        let (here, there) = (Embeddings::from_rows(&rows).unwrap(), Embeddings::from_rows(&shifted).unwrap());
        let (here, there) = (Isotropy::of(&here).unwrap(), Isotropy::of(&there).unwrap());
        assert!((here.iso_score - there.iso_score).abs() < 1e-9);
        assert!(here.mean_cosine < 0.0 && there.mean_cosine > 0.9);
    }

    #[test]
    fn one_vector_and_equal_vectors_are_refused() {
        let one = Embeddings::from_rows(&[[1.0, 0.0]]).unwrap();
        assert!(matches!(Isotropy::of(&one), Err(Error::TooFew { expected: 2, found: 1, .. })));
        let same = Embeddings::from_rows(&[[1.0, 0.0], [1.0, 0.0]]).unwrap();
        assert!(Isotropy::of(&same).is_err());
    }
}
