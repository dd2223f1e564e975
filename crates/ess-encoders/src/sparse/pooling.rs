//! From the logits of a text's tokens to one value a term.

use serde::Deserialize;

use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sparse},
};

/// How logits become one value a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpladePooling {
    pub(super) strategy: Strategy,
    pub(super) saturation: Saturation,
}

/// What is made of the values of all tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    Max,
    Sum,
}

/// What is made of a logit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saturation {
    /// `ln(1 + max(x, 0))`.
    Once,
    /// `ln(1 + ln(1 + max(x, 0)))`.
    Twice,
}

#[derive(Deserialize)]
struct PoolingConfig {
    pooling_strategy: Option<String>,
    activation_function: Option<String>,
    embedding_dimension: Option<usize>,
    word_embedding_dimension: Option<usize>,
}

impl SpladePooling {
    /// What a masked language model without a folder of SpladePooling is pooled by, as sentence-transformers does.
    pub(super) const DEFAULT: Self = Self { strategy: Strategy::Max, saturation: Saturation::Once };

    /// Reads the folder of a SpladePooling that comes behind `vocabulary` logits.
    pub(super) fn read(folder: &ModelFolder, vocabulary: usize) -> Result<Self, Error> {
        let path = folder.file("config.json");
        let config: PoolingConfig = folder.settings("config.json", &sparse::POOLING)?;
        let strategy = match config.pooling_strategy.as_deref() {
            None | Some("max") => Strategy::Max,
            Some("sum") => Strategy::Sum,
            Some(other) => return Err(Error::config(&path, "pooling_strategy", "max or sum", other)),
        };
        let saturation = match config.activation_function.as_deref() {
            None | Some("relu") => Saturation::Once,
            Some("log1p_relu") => Saturation::Twice,
            Some(other) => {
                return Err(Error::config(&path, "activation_function", "relu or log1p_relu", other));
            }
        };
        let dims = [config.embedding_dimension, config.word_embedding_dimension];
        dims.into_iter()
            .flatten()
            .try_for_each(|dim| folder.check_dim("embedding_dimension", vocabulary, dim))?;
        Ok(Self { strategy, saturation })
    }

    /// The values of `pooled.len()` terms, of rows of their logits, one row a token; values are 0 or more.
    pub(super) fn pool(self, logits: &[f32], pooled: &mut [f32]) {
        pooled.fill(0.0);
        for row in logits.chunks_exact(pooled.len()) {
            for (pooled, &logit) in pooled.iter_mut().zip(row) {
                match self.strategy {
                    // Saturation keeps the order, so the largest logit becomes the largest value.
                    Strategy::Max => *pooled = pooled.max(logit),
                    Strategy::Sum => *pooled += self.saturation.of(logit.max(0.0)),
                }
            }
        }
        if self.strategy == Strategy::Max {
            pooled.iter_mut().for_each(|value| *value = self.saturation.of(*value));
        }
    }
}

impl Saturation {
    fn of(self, value: f32) -> f32 {
        match self {
            Self::Once => value.ln_1p(),
            Self::Twice => value.ln_1p().ln_1p(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_formula_by_hand() {
        let logits = [1.0, -3.0, 0.5, 2.0, -1.0, 0.25];
        let pooled = |strategy, saturation| {
            let mut pooled = [7.0; 3];
            SpladePooling { strategy, saturation }.pool(&logits, &mut pooled);
            pooled
        };
        let ln = |x: f32| (1.0 + x).ln();
        let close = |found: [f32; 3], expected: [f32; 3]| {
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-6), "{found:?} {expected:?}");
        };
        close(pooled(Strategy::Max, Saturation::Once), [ln(2.0), 0.0, ln(0.5)]);
        close(pooled(Strategy::Sum, Saturation::Once), [ln(1.0) + ln(2.0), 0.0, ln(0.5) + ln(0.25)]);
        close(pooled(Strategy::Max, Saturation::Twice), [ln(ln(2.0)), 0.0, ln(ln(0.5))]);
        assert_eq!(pooled(Strategy::Sum, Saturation::Twice)[1], 0.0);
    }
}
