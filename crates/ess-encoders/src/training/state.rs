//! All that changes while towers are trained.

use std::time::Duration;

use ess_train::{CurvePoint, TrainerConfig};

use super::{
    adamw::{AdamW, Update, norm},
    layout::Named,
};
use crate::error::Error;

/// The parameters of each tower, and how they came about.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) towers: Vec<Vec<f32>>,
    pub(crate) optimizers: Vec<AdamW>,
    pub(crate) points: Vec<CurvePoint>,
    /// What each look found, dev query by dev query.
    pub(crate) looks: Vec<Vec<f64>>,
    pub(crate) best: Option<Best>,
    /// Tokens that steps have gone through, and the seconds they took.
    pub(crate) tokens: u64,
    pub(crate) seconds: f64,
}

/// The towers that were best on dev.
#[derive(Clone, Debug)]
pub(crate) struct Best {
    pub(crate) step: usize,
    pub(crate) value: f64,
    pub(crate) towers: Vec<Vec<f32>>,
}

impl State {
    /// Towers before the first step.
    pub(crate) fn start(towers: Vec<Vec<f32>>) -> Self {
        let optimizers = towers.iter().map(|values| AdamW::new(values.len())).collect();
        let (points, looks) = (Vec::new(), Vec::new());
        Self { towers, optimizers, points, looks, best: None, tokens: 0, seconds: 0.0 }
    }

    /// Changes all parameters by the gradients of each tower, whose norm together is clipped.
    ///
    /// # Errors
    /// Where that norm is no finite number.
    pub(crate) fn update(
        &mut self,
        gradients: &[Vec<f32>],
        tensors: &[Named],
        config: &TrainerConfig,
        step: usize,
    ) -> Result<(), Error> {
        let length = norm(gradients.iter().map(Vec::as_slice));
        if !length.is_finite() {
            return Err(ess_train::Error::Diverged { step, loss: length }.into());
        }
        let scale = config.clip_norm.map_or(1.0, |most| (f64::from(most) / (length + 1e-6)).min(1.0)) as f32;
        let rate = config.rate(step, config.max_steps);
        let update = Update { step, rate, weight_decay: config.weight_decay, scale };
        let towers = self.towers.iter_mut().zip(&mut self.optimizers).zip(gradients);
        for ((values, optimizer), gradients) in towers {
            optimizer.update(values, gradients, tensors, update);
        }
        Ok(())
    }

    /// Takes note of the tokens and the time of a step.
    pub(crate) fn passed(&mut self, tokens: usize, time: Duration) {
        // A checkpoint may say any number.
        self.tokens = self.tokens.saturating_add(tokens as u64);
        self.seconds += time.as_secs_f64();
    }

    /// Takes note of what the towers reach on each dev query.
    pub(crate) fn looked(&mut self, step: usize, values: Vec<f64>) -> f64 {
        let value = mean(&values);
        if self.best.as_ref().is_none_or(|best| value > best.value) {
            self.best = Some(Best { step, value, towers: self.towers.clone() });
        }
        self.looks.push(values);
        value
    }

    /// What the look at the best towers found; none without a look.
    pub(crate) fn best_look(&self) -> Option<&[f64]> {
        let best = self.best.as_ref()?;
        // The first of equal means is the best.
        self.looks.iter().find(|values| mean(values) == best.value).map(Vec::as_slice)
    }

    /// How many looks have passed without a new best.
    pub(crate) fn stale(&self) -> usize {
        let best = self.best.as_ref().map_or(0, |best| best.step);
        self.points.iter().filter(|point| point.step > best && point.dev.is_some()).count()
    }
}

/// What a look says of towers in one number.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
