//! All that changes while towers are trained.

use ess_train::CurvePoint;

use super::{adamw::AdamW, config::Towers, encoder_parts::EncoderParts};

/// The parameters of each tower, and how they came about.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) towers: Vec<Vec<f32>>,
    pub(super) optimizers: Vec<AdamW>,
    pub(super) points: Vec<CurvePoint>,
    /// What each look found, dev query by dev query.
    pub(super) looks: Vec<Vec<f64>>,
    pub(super) best: Option<Best>,
    /// Tokens that steps have gone through, and the seconds they took.
    pub(super) tokens: u64,
    pub(super) seconds: f64,
}

/// The towers that were best on dev.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub(super) step: usize,
    pub(super) value: f64,
    pub(super) towers: Vec<Vec<f32>>,
}

impl State {
    /// Towers as the encoder is.
    pub(super) fn start(parts: &EncoderParts, towers: Towers) -> Self {
        let towers = vec![parts.values.clone(); if towers == Towers::Two { 2 } else { 1 }];
        let optimizers = towers.iter().map(|values| AdamW::new(values.len())).collect();
        let (points, looks) = (Vec::new(), Vec::new());
        Self { towers, optimizers, points, looks, best: None, tokens: 0, seconds: 0.0 }
    }

    /// Takes note of what the towers reach on each dev query.
    pub(super) fn looked(&mut self, step: usize, values: Vec<f64>) -> f64 {
        let value = mean(&values);
        if self.best.as_ref().is_none_or(|best| value > best.value) {
            self.best = Some(Best { step, value, towers: self.towers.clone() });
        }
        self.looks.push(values);
        value
    }

    /// How many looks have passed without a new best.
    pub(super) fn stale(&self) -> usize {
        let best = self.best.as_ref().map_or(0, |best| best.step);
        self.points.iter().filter(|point| point.step > best && point.dev.is_some()).count()
    }
}

/// What a look says of towers in one number.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
