//! Fitting weights to judged queries.

use crate::{
    features::weights::{Signal, Weights},
    validation::judged::Table,
};

/// What is added to a weight to see whether it helps. Large steps leave local optima: on held-out queries of three
/// collections a step of 0.8 gains up to .015 nDCG@10 over steps of 0.4 at most.
const STEPS: [f32; 12] = [-0.8, -0.4, -0.2, -0.1, -0.05, -0.02, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8];

/// The most times that all weights are gone through.
const ROUNDS: usize = 12;

/// The least weight of the frozen similarity, as a share of where it starts.
const LEAST_DENSE: f32 = 0.2;

/// Coordinate ascent on nDCG@10 itself: Metzler and Croft, "Linear Feature-Based Models for Information Retrieval"
/// (2007). Starts at the frozen encoder; each signal's weight in turn takes the step that gains most, if any does. Where it
/// ends depends on whose turn is first, so it is gone through from both ends, and the mean is taken. Only the ratios of
/// weights matter: they are given with that of [`Signal::Dense`] at 1.
///
/// `penalty` is what a unit of distance from the frozen encoder costs, so that a weight stays 0 where the gain is of
/// the size of chance.
pub(crate) fn ascend(table: &Table, signals: &[Signal], penalty: f64) -> Weights {
    let backwards: Vec<Signal> = signals.iter().rev().copied().collect();
    let ends = [signals, &backwards].map(|signals| ascend_in_order(table, signals, penalty));
    Weights::mean(&ends).with_dense_at_one()
}

fn ascend_in_order(table: &Table, signals: &[Signal], penalty: f64) -> Weights {
    let mut weights = Weights::frozen();
    let mut scores = table.scores(&weights);
    let objective = |values: &[f64], weights: &Weights| {
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        mean - penalty * f64::from(weights.distance(&Weights::frozen()))
    };
    let mut best = objective(&table.ndcg(&scores, Signal::Dense, 0.0), &weights);
    for _ in 0..ROUNDS {
        let before = best;
        for &signal in signals {
            let least = if signal == Signal::Dense { LEAST_DENSE } else { 0.0 };
            let mut chosen = None;
            for step in STEPS {
                let moved = weights.with(signal, (weights.get(signal) + step).max(least));
                let change = moved.get(signal) - weights.get(signal);
                if change == 0.0 {
                    continue;
                }
                let value = objective(&table.ndcg(&scores, signal, change), &moved);
                if value > best + 1e-6 {
                    (best, chosen) = (value, Some(moved));
                }
            }
            if let Some(moved) = chosen {
                weights = moved;
                scores = table.scores(&weights);
            }
        }
        if best <= before {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use ess_train::Judgement;

    use super::*;
    use crate::features::candidates::Candidates;

    #[test]
    fn a_signal_that_tells_relevant_items_gets_weight_and_noise_gets_none() {
        let judged = [Judgement { item: 3, grade: 1 }];
        let query = |query: usize| {
            let mut candidates = Candidates::new((0..20).collect(), Vec::new());
            candidates.columns[Signal::Dense as usize] =
                (0..20).map(|item| 0.5 - 0.01 * item as f32).collect();
            candidates.columns[Signal::Words as usize][3] = 0.3;
            let noise = (0..20).map(|item| ((item * 7 + query * 13) % 20) as f32 / 20.0);
            candidates.columns[Signal::Head as usize] = noise.collect();
            candidates
        };
        let candidates: Vec<Candidates> = (0..30).map(query).collect();
        let table = Table::new(&candidates, &[&judged[..]; 30]);
        let weights = ascend(&table, &[Signal::Words, Signal::Head], 0.01);
        assert!(weights.get(Signal::Words) > 0.1, "{weights:?}");
        assert_eq!((weights.get(Signal::Head), weights.get(Signal::Dense)), (0.0, 1.0));
        assert_eq!(table.ndcg(&table.scores(&weights), Signal::Dense, 0.0), vec![1.0; 30]);
    }
}
