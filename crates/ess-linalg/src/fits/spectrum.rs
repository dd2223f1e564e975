//! How many directions vectors really use.

use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::{moments::Moments, principal_components::PrincipalComponents};
use crate::error::Error;

/// Where the variance of embeddings lies: what an encoder has room to say.
///
/// ```
/// use ess_core::Embeddings;
/// use ess_linalg::{Moments, Spectrum};
///
/// let flat = Embeddings::from_rows(&[[1.0, 0.0], [-1.0, 0.0]])?;
/// let round = Embeddings::from_rows(&[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])?;
/// let (flat, round) = (Moments::of(&flat), Moments::of(&round));
/// assert!((Spectrum::of(&flat)?.effective_rank - 1.0).abs() < 1e-9);
/// assert!((Spectrum::of(&round)?.effective_rank - 2.0).abs() < 1e-9);
/// assert!((Spectrum::shared_variance(&round, &flat, 1)? - 0.5).abs() < 1e-9);
/// # Ok::<(), ess_linalg::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spectrum {
    /// The dimension, `d`.
    pub dim: usize,
    /// `exp` of the entropy of the shares of variance, from 1 to `d`: Roy and Vetterli, "The effective rank: a measure of
    /// effective dimensionality", EUSIPCO 2007.
    pub effective_rank: f64,
    /// `(Σλ)² / Σλ²`, from 1 to `d`: the participation ratio, which small variances hardly count in.
    pub participation_ratio: f64,
    /// The smallest number of principal components that hold 90 % of the variance.
    pub components_of_90_percent: usize,
    /// The length of the mean over the root of the mean squared length, from 0 to 1: how much of each vector is the same
    /// in all.
    pub mean_share: f64,
}

impl Spectrum {
    /// The spectrum of vectors by their moments.
    ///
    /// # Errors
    /// [`Error::NoVariance`] when they are all the same, [`Error::Decomposition`].
    pub fn of(moments: &Moments) -> Result<Self, Error> {
        let components = PrincipalComponents::new(moments)?;
        let total = components.variances().sum();
        let shares: Array1<f64> = components.variances() / total;
        let entropy: f64 = shares.iter().filter(|&&share| share > 0.0).map(|share| -share * share.ln()).sum();
        let mut held = 0.0;
        let below = shares.iter().take_while(|&&share| {
            held += share;
            held < 0.9
        });
        let components_of_90_percent = below.count() + 1;
        let squared_mean = moments.mean().dot(moments.mean());
        Ok(Self {
            dim: moments.dim(),
            effective_rank: entropy.exp(),
            participation_ratio: 1.0 / shares.dot(&shares),
            components_of_90_percent: components_of_90_percent.min(moments.dim()),
            mean_share: (squared_mean / (squared_mean + total)).sqrt(),
        })
    }

    /// How much of the variance of some vectors lies in the first `components` principal directions of others, from 0 to
    /// 1: with relevant items and queries, how much of what tells items apart the queries can express at all.
    ///
    /// # Errors
    /// [`Error::Shape`] when the dimensions differ, [`Error::Parameter`] unless `components` is between 1 and `d`,
    /// [`Error::NoVariance`] when either do not vary.
    pub fn shared_variance(of: &Moments, within: &Moments, components: usize) -> Result<f64, Error> {
        if of.dim() != within.dim() {
            let (what, dim) = ("covariances to compare", within.dim());
            return Err(Error::Shape { what, expected: [dim; 2], found: [of.dim(); 2] });
        }
        let total = of.covariance().diag().sum();
        if total <= 0.0 {
            return Err(Error::NoVariance { what: "vectors" });
        }
        let within = PrincipalComponents::new(within)?;
        let axes = within.axes(components)?;
        let inside = (&of.covariance().dot(&axes) * &axes).sum();
        Ok((inside / total).clamp(0.0, 1.0))
    }
}
