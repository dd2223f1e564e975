//! Reliability diagrams and the calibration error read from them.

use serde::{Deserialize, Serialize};

use super::probabilities::checked_probabilities;
use crate::error::Error;

/// How predictions are put into bins. A prediction on an edge belongs to the lower bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Binning {
    /// So many bins of the same width over `0..=1`: Guo et al., "On calibration of modern neural networks",
    /// ICML 2017, who take 15.
    EqualWidth {
        /// The number of bins, from 1 to a million.
        bins: usize,
    },
    /// So many bins of the same number of predictions, as near as can be; equal predictions share a bin:
    /// Nguyen and O'Connor, "Posterior calibration and exploratory analysis for natural language processing
    /// models", EMNLP 2015.
    EqualMass {
        /// The number of bins, from 1 to a million.
        bins: usize,
    },
}

/// Fifteen bins of the same width.
impl Default for Binning {
    fn default() -> Self {
        Self::EqualWidth { bins: 15 }
    }
}

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// The lower edge, which belongs to the bin only where it is 0.
    pub lower: f64,
    /// The upper edge, which belongs to the bin.
    pub upper: f64,
    /// The number of predictions.
    pub count: usize,
    /// The mean of the predicted probabilities.
    pub mean_probability: f64,
    /// The share of the predictions whose outcome was relevant.
    pub relevant_share: f64,
}

/// Predicted probabilities beside what came of them, bin by bin: the data of a reliability diagram.
///
/// ```
/// use ess_metrics::{Binning, ReliabilityDiagram};
///
/// let probabilities = [0.1, 0.3, 0.9, 0.9];
/// let relevant = [false, false, true, false];
/// let diagram = ReliabilityDiagram::new(&probabilities, &relevant, Binning::EqualWidth { bins: 2 })?;
/// assert_eq!((diagram.bins()[1].mean_probability, diagram.bins()[1].relevant_share), (0.9, 0.5));
/// assert!((diagram.expected_calibration_error() - 0.3).abs() < 1e-12);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReliabilityDiagram {
    bins: Vec<ReliabilityBin>,
}

impl ReliabilityDiagram {
    /// Puts predictions into bins, whatever their order.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless each probability has an outcome, [`Error::Empty`] for none,
    /// [`Error::InvalidParameter`] for one outside `0..=1` or a number of bins outside its range.
    pub fn new<P: Copy + Into<f64>>(
        probabilities: &[P],
        relevant: &[bool],
        binning: Binning,
    ) -> Result<Self, Error> {
        let probabilities = checked_probabilities(probabilities, relevant)?;
        let mut predictions: Vec<_> = probabilities.into_iter().zip(relevant.iter().copied()).collect();
        predictions.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));

        let mut bins = Vec::new();
        let (mut rest, mut lower) = (predictions.as_slice(), 0.0);
        for upper in upper_edges(&predictions, binning)? {
            let (inside, above) = rest.split_at(rest.partition_point(|&(p, _)| p <= upper));
            if !inside.is_empty() {
                bins.push(bin(lower, upper, inside));
            }
            (rest, lower) = (above, upper);
        }
        Ok(Self { bins })
    }

    /// The bins that hold a prediction, from the lowest.
    pub fn bins(&self) -> &[ReliabilityBin] {
        &self.bins
    }

    /// ECE: the mean over the predictions of the difference, in their bin, of mean probability and share of
    /// relevant outcomes; in `0..=1`, lower is better. Naeini, Cooper and Hauskrecht, "Obtaining well
    /// calibrated probabilities using Bayesian binning", AAAI 2015.
    pub fn expected_calibration_error(&self) -> f64 {
        let count: usize = self.bins.iter().map(|bin| bin.count).sum();
        let errors = self.bins.iter().map(|bin| bin.count as f64 * bin.error());
        errors.sum::<f64>() / count as f64
    }

    /// MCE: the largest of those differences. Naeini, Cooper and Hauskrecht, AAAI 2015.
    pub fn maximum_calibration_error(&self) -> f64 {
        self.bins.iter().map(ReliabilityBin::error).fold(0.0, f64::max)
    }
}

impl ReliabilityBin {
    fn error(&self) -> f64 {
        (self.mean_probability - self.relevant_share).abs()
    }
}

fn bin(lower: f64, upper: f64, predictions: &[(f64, bool)]) -> ReliabilityBin {
    let count = predictions.len();
    let mean_probability = predictions.iter().map(|&(p, _)| p).sum::<f64>() / count as f64;
    let relevant = predictions.iter().filter(|&&(_, relevant)| relevant).count();
    ReliabilityBin { lower, upper, count, mean_probability, relevant_share: relevant as f64 / count as f64 }
}

/// The upper edges of the bins, of which the last holds the highest of the sorted predictions.
fn upper_edges(predictions: &[(f64, bool)], binning: Binning) -> Result<Vec<f64>, Error> {
    let (Binning::EqualWidth { bins } | Binning::EqualMass { bins }) = binning;
    if !(1..=1_000_000).contains(&bins) {
        return Err(Error::InvalidParameter {
            name: "bins of a reliability diagram",
            expected: "between 1 and a million",
            found: bins.to_string(),
        });
    }
    let edges = (1..=bins).map(|bin| match binning {
        Binning::EqualWidth { .. } => bin as f64 / bins as f64,
        Binning::EqualMass { .. } => predictions[(bin * predictions.len()).div_ceil(bins) - 1].0,
    });
    Ok(edges.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::brier::brier_score;

    #[test]
    fn equal_mass_cuts_evenly_and_keeps_equal_predictions_together() {
        let counts = |probabilities: &[f64], bins| {
            let relevant = vec![true; probabilities.len()];
            let diagram =
                ReliabilityDiagram::new(probabilities, &relevant, Binning::EqualMass { bins }).unwrap();
            diagram.bins().iter().map(|bin| bin.count).collect::<Vec<_>>()
        };
        assert_eq!(counts(&[0.7, 0.1, 0.3, 0.9, 0.2, 0.4], 3), [2, 2, 2]);
        assert_eq!(counts(&[0.1, 0.2, 0.2, 0.2, 0.2, 0.4], 3), [5, 1]);
        assert_eq!(counts(&[0.5; 4], 3), [4]);
        assert_eq!(counts(&[0.1, 0.2], 10), [1, 1]);
    }

    #[test]
    fn edges_belong_to_the_lower_bin() {
        let diagram =
            ReliabilityDiagram::new(&[0.0, 0.5, 1.0], &[true; 3], Binning::EqualWidth { bins: 2 }).unwrap();
        let found: Vec<_> = diagram.bins().iter().map(|bin| (bin.lower, bin.upper, bin.count)).collect();
        assert_eq!(found, [(0.0, 0.5, 2), (0.5, 1.0, 1)]);
        assert_eq!(diagram.maximum_calibration_error(), 0.75);
    }

    #[test]
    fn bad_input_is_refused() {
        let diagram = |probabilities: &[f32], relevant: &[bool], bins| {
            ReliabilityDiagram::new(probabilities, relevant, Binning::EqualWidth { bins })
        };
        assert!(matches!(diagram(&[], &[], 5), Err(Error::Empty { .. })));
        assert!(matches!(diagram(&[0.5], &[], 5), Err(Error::LengthMismatch { expected: 1, found: 0, .. })));
        for probability in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
            assert!(matches!(diagram(&[probability], &[true], 5), Err(Error::InvalidParameter { .. })));
            assert!(matches!(brier_score(&[probability], &[true]), Err(Error::InvalidParameter { .. })));
        }
        for bins in [0, usize::MAX] {
            assert!(matches!(diagram(&[0.5], &[true], bins), Err(Error::InvalidParameter { .. })));
        }
    }
}
