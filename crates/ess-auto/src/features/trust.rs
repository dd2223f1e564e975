//! Searching with weights that are trusted as far as a query is near to training queries.

use ess_core::{Error, Hit};

use super::{
    candidates::Candidates,
    feature::Feature,
    passes::Passes,
    weights::{DENSE, Weights},
};
use crate::input::batch::Batch;

/// Queries after both passes. What judges a choice and what searches with it rank by this.
pub(crate) struct Searched {
    /// The cosine of each query to the nearest training query.
    pub(crate) near: Vec<f32>,
    // How far the fitted weights are trusted for each query.
    trust: Vec<f32>,
    features: Vec<&'static dyn Feature>,
    candidates: Vec<Candidates>,
}

impl Passes<'_> {
    /// Both passes, the first under `weights` as far as `gate` has them trusted for each query; without neighbours, not at
    /// all.
    pub(crate) fn search(&self, batch: &Batch, weights: &Weights, gate: [f32; 2]) -> Result<Searched, Error> {
        let pass = self.first(batch)?;
        let near: Vec<f32> = pass.near().collect();
        let knows = self.neighbours.is_some();
        let trust: Vec<f32> = near.iter().map(|&near| if knows { trust(gate, near) } else { 0.0 }).collect();
        let candidates = self.second(&pass, |row| trusted(weights, trust[row]))?;
        Ok(Searched { near, trust, features: self.features.clone(), candidates })
    }
}

impl Searched {
    /// The `k` best items of a query by the second pass's weights, as far as they are trusted for it.
    pub(crate) fn rank(&self, row: usize, weights: &Weights, k: usize) -> Vec<Hit> {
        self.candidates[row].rank(&trusted(weights, self.trust[row]).of(&self.features), k)
    }
}

/// What is left of weights where training says nothing.
pub(crate) fn cautious(weights: &Weights) -> Weights {
    Weights::cautious().at_most(weights).with(DENSE, 1.0)
}

fn trusted(weights: &Weights, trust: f32) -> Weights {
    cautious(weights).towards(weights, trust)
}

/// How much the fitted weights are trusted for a query: 0 at the lower end of the gate and below, 1 at the upper end.
fn trust(gate: [f32; 2], near: f32) -> f32 {
    let [low, high] = gate;
    if near >= high { 1.0 } else { ((near - low) / (high - low)).clamp(0.0, 1.0) }
}

/// The gate of queries that were held out: the 1 % and the 10 % quantile of their cosines to the nearest training query.
pub(crate) fn gate(near: impl Iterator<Item = f32>) -> [f32; 2] {
    let mut near: Vec<f32> = near.collect();
    near.sort_unstable_by(f32::total_cmp);
    let quantile = |share: f64| near.get((share * near.len() as f64) as usize).copied().unwrap_or(-1.0);
    [quantile(0.01), quantile(0.1)]
}

#[cfg(test)]
mod tests {
    use super::trust;

    #[test]
    fn trust_rises_through_the_gate() {
        let gate = [0.25, 0.75];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|near| trust(gate, near)), [0.0, 0.0, 0.5, 1.0, 1.0]);
        assert_eq!(trust([0.5, 0.5], 0.5), 1.0);
        assert_eq!(trust([0.5, 0.5], 0.4), 0.0);
    }
}
