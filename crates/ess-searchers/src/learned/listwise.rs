//! The listwise loss of a weight on judged queries.

use ess_core::Hit;
use ess_linalg::Smooth;
use rayon::prelude::*;

use crate::fusion::Combination;

/// One query's candidates: the items that either searcher found.
#[derive(Clone, Debug)]
pub(crate) struct Candidates {
    /// Scores of the first searcher, on the common scale.
    dense: Vec<f64>,
    /// The scores of the second searcher less those of the first.
    rise: Vec<f64>,
    /// The share of each candidate in the gains of all; 0 for all where none is relevant.
    targets: Vec<f64>,
}

impl Candidates {
    pub(crate) fn new(
        combination: Combination,
        dense: &[Hit],
        lexical: &[Hit],
        relevant: &[(usize, f32)],
    ) -> Self {
        let scores = combination.scores(dense, lexical);
        let gain = |item| {
            let gains = relevant.iter().filter(|(relevant, _)| *relevant == item);
            gains.map(|(_, gain)| f64::from(*gain)).sum::<f64>()
        };
        let gains: Vec<f64> = scores.keys().map(|&item| gain(item)).collect();
        let sum: f64 = gains.iter().sum();
        let share = |gain: f64| if sum > 0.0 { gain / sum } else { 0.0 };
        Self {
            dense: scores.values().map(|[dense, _]| f64::from(*dense)).collect(),
            rise: scores.values().map(|[dense, lexical]| f64::from(*lexical) - f64::from(*dense)).collect(),
            targets: gains.into_iter().map(share).collect(),
        }
    }

    /// Whether one candidate is relevant and one is not: only then there is something to learn.
    pub(crate) fn teaches(&self) -> bool {
        self.targets.iter().any(|target| *target > 0.0) && self.targets.contains(&0.0)
    }

    /// The standard deviations of both searchers' scores.
    pub(crate) fn deviations(&self) -> [f64; 2] {
        let lexical: Vec<f64> = self.dense.iter().zip(&self.rise).map(|(dense, rise)| dense + rise).collect();
        [&self.dense, &lexical].map(|scores| {
            let count = scores.len() as f64;
            let mean = scores.iter().sum::<f64>() / count;
            (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt()
        })
    }

    /// The loss with its derivatives by the logit of the share and by the logarithm of the sharpness.
    fn loss(&self, logit: f64, log_sharpness: f64) -> [f64; 3] {
        let (share, sharpness) = (sigmoid(logit), log_sharpness.exp());
        let scores: Vec<f64> = self
            .dense
            .iter()
            .zip(&self.rise)
            .map(|(dense, rise)| sharpness * (dense + share * rise))
            .collect();
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - highest).exp()).sum();
        let log_sum = highest + sum.ln();
        let (mut loss, mut by_share, mut by_sharpness) = (0.0, 0.0, 0.0);
        for ((score, rise), target) in scores.iter().zip(&self.rise).zip(&self.targets) {
            let log_probability = score - log_sum;
            loss -= target * log_probability;
            let slope = log_probability.exp() - target;
            by_share += slope * sharpness * rise;
            by_sharpness += slope * score;
        }
        [loss, by_share * share * (1.0 - share), by_sharpness]
    }
}

/// The mean over queries of the softmax cross-entropy of their candidates, under the share
/// `sigmoid(bias + ⟨coefficients, features⟩)`, with `½ penalty |coefficients|²`.
///
/// Its variables are the logarithm of the sharpness of the softmax, the bias and the coefficients.
#[derive(Clone, Debug)]
pub(crate) struct Listwise {
    pub(crate) candidates: Vec<Candidates>,
    /// As many features for each query.
    pub(crate) features: Vec<Vec<f64>>,
    pub(crate) penalty: f64,
}

impl Smooth for Listwise {
    fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let (log_sharpness, bias, coefficients) = (at[0], at[1], &at[2..]);
        let queries = self.candidates.par_iter().zip(&self.features);
        let one = |(candidates, features): (&Candidates, &Vec<f64>)| {
            candidates.loss(bias + inner(coefficients, features), log_sharpness)
        };
        // Collected and added up in order, so that threads change nothing.
        let losses: Vec<[f64; 3]> = queries.map(one).collect();
        let count = self.candidates.len() as f64;
        let mut value = 0.5 * self.penalty * inner(coefficients, coefficients);
        let mut gradient = vec![0.0; at.len()];
        gradient[2..].iter_mut().zip(coefficients).for_each(|(g, c)| *g = self.penalty * c);
        for ([loss, by_logit, by_sharpness], features) in losses.into_iter().zip(&self.features) {
            value += loss / count;
            gradient[0] += by_sharpness / count;
            gradient[1] += by_logit / count;
            gradient[2..].iter_mut().zip(features).for_each(|(g, feature)| *g += by_logit / count * feature);
        }
        (value, gradient)
    }
}

pub(crate) fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

pub(crate) fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queries() -> impl Strategy<Value = Listwise> {
        let candidate = (-2.0_f64..2.0, -2.0_f64..2.0, 0.0_f64..1.0);
        let candidates = prop::collection::vec(candidate, 2..8).prop_map(|candidates| {
            let sum: f64 = candidates.iter().map(|(_, _, gain)| gain).sum();
            Candidates {
                dense: candidates.iter().map(|(dense, _, _)| *dense).collect(),
                rise: candidates.iter().map(|(_, rise, _)| *rise).collect(),
                targets: candidates.iter().map(|(_, _, gain)| gain / sum).collect(),
            }
        });
        let query = (candidates, prop::collection::vec(-2.0_f64..2.0, 3));
        (prop::collection::vec(query, 1..5), 0.0_f64..2.0).prop_map(|(queries, penalty)| {
            let (candidates, features) = queries.into_iter().unzip();
            Listwise { candidates, features, penalty }
        })
    }

    proptest! {
        #[test]
        fn the_gradient_is_that_of_finite_differences(
            loss in queries(), at in prop::collection::vec(-1.5_f64..1.5, 5),
        ) {
            let (_, gradient) = loss.value_and_gradient(&at);
            for (index, derivative) in gradient.iter().enumerate() {
                let value = |change: f64| {
                    let mut at = at.clone();
                    at[index] += change;
                    loss.value_and_gradient(&at).0
                };
                let expected = (value(1e-5) - value(-1e-5)) / 2e-5;
                prop_assert!((derivative - expected).abs() < 1e-6, "{index}: {derivative} {expected}");
            }
        }
    }
}
