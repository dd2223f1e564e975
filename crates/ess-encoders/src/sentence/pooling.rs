//! From the states of a text's tokens to one vector.

use std::{collections::HashMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sentence},
};

/// One way from the states of a text's tokens to one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolingMode {
    /// The first token that is not left out.
    Cls,
    /// The maximum in each dimension.
    Max,
    /// The mean.
    Mean,
    /// The sum over the square root of the number of tokens.
    MeanSqrtLength,
    /// The mean, later tokens weighing more: the first 1, the second 2, and so on.
    WeightedMean,
    /// The last token.
    LastToken,
}

// In the order in which sentence-transformers concatenates them.
const MODES: [(&str, &str, PoolingMode); 6] = [
    ("pooling_mode_cls_token", "cls", PoolingMode::Cls),
    ("pooling_mode_max_tokens", "max", PoolingMode::Max),
    ("pooling_mode_mean_tokens", "mean", PoolingMode::Mean),
    ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", PoolingMode::MeanSqrtLength),
    ("pooling_mode_weightedmean_tokens", "weightedmean", PoolingMode::WeightedMean),
    ("pooling_mode_lasttoken", "lasttoken", PoolingMode::LastToken),
];

/// The poolings of a model, concatenated.
#[derive(Clone, Debug)]
pub(crate) struct Pooling {
    pub(crate) modes: Vec<PoolingMode>,
    /// Whether the tokens of a prompt are pooled too.
    pub(crate) include_prompt: bool,
}

#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(alias = "embedding_dimension")]
    word_embedding_dimension: usize,
    #[serde(default = "yes")]
    include_prompt: bool,
    /// The names of the modes, in recent files.
    pooling_mode: Option<Named>,
    /// A flag for each mode, in older ones.
    #[serde(flatten)]
    flags: HashMap<String, Option<bool>>,
}

/// One mode, or several in the order in which they are concatenated.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    One(String),
    Several(Vec<String>),
}

fn yes() -> bool {
    true
}

impl Default for Pooling {
    fn default() -> Self {
        Self { modes: vec![PoolingMode::Mean], include_prompt: true }
    }
}

impl Pooling {
    pub(crate) fn read(folder: &ModelFolder, dim: usize) -> Result<Self, Error> {
        let config: PoolingConfig = folder.settings("config.json", &sentence::POOLING)?;
        let path = folder.file("config.json");
        if config.word_embedding_dimension != dim {
            let field = "word_embedding_dimension";
            return Err(Error::config(&path, field, dim.to_string(), config.word_embedding_dimension));
        }
        Ok(Self { modes: config.modes(&path)?, include_prompt: config.include_prompt })
    }

    /// The dimension of the pooled vector for token states of dimension `dim`.
    pub(crate) fn dim(&self, dim: usize) -> usize {
        self.modes.len() * dim
    }

    /// Pools a text's tokens, `T × dim`, without the first `prompt` of them; zeros for no tokens.
    pub(crate) fn pool(&self, tokens: &[f32], dim: usize, prompt: usize, pooled: &mut Vec<f32>) {
        let length = tokens.len() / dim;
        let skipped = if self.include_prompt { 0 } else { prompt.min(length) };
        for mode in &self.modes {
            let start = pooled.len();
            pooled.resize(start + dim, 0.0);
            mode.pool(tokens, skipped, &mut pooled[start..]);
        }
    }
}

impl PoolingConfig {
    /// The named modes in their order; else those whose flags are set, in the fixed order; else the mean.
    fn modes(&self, path: &Path) -> Result<Vec<PoolingMode>, Error> {
        let names = match &self.pooling_mode {
            None => return Ok(self.flagged()),
            Some(Named::One(name)) => std::slice::from_ref(name),
            Some(Named::Several(names)) => names,
        };
        if !(1..=MODES.len()).contains(&names.len()) {
            let expected = format!("1 to {} pooling modes", MODES.len());
            return Err(Error::config(path, "pooling_mode", expected, names.len()));
        }
        let mode = |name: &String| {
            let known = MODES.iter().find(|(_, known, _)| known == name).map(|(_, _, mode)| *mode);
            let expected = "cls, max, mean, mean_sqrt_len_tokens, weightedmean or lasttoken";
            known.ok_or_else(|| Error::config(path, "pooling_mode", expected, name))
        };
        names.iter().map(mode).collect()
    }

    fn flagged(&self) -> Vec<PoolingMode> {
        let is_set = |flag: &str| self.flags.get(flag).copied().flatten().unwrap_or(false);
        let modes: Vec<_> =
            MODES.iter().filter(|(flag, _, _)| is_set(flag)).map(|(_, _, mode)| *mode).collect();
        if modes.is_empty() { vec![PoolingMode::Mean] } else { modes }
    }
}

impl PoolingMode {
    /// The weight of each of a text's `length` tokens, the first `skipped` left out; `None` for the maximum.
    pub(crate) fn weights(self, length: usize, skipped: usize) -> Option<Vec<f32>> {
        let pooled = length.saturating_sub(skipped) as f32;
        let each = |weight: &dyn Fn(usize) -> f32| {
            let weight = |position| if position < skipped { 0.0 } else { weight(position) };
            Some((0..length).map(weight).collect())
        };
        let one = |chosen: Option<usize>| {
            Some((0..length).map(|position| f32::from(Some(position) == chosen)).collect())
        };
        match self {
            // Where all is left out, the first token of all.
            Self::Cls => one(Some(if skipped < length { skipped } else { 0 })),
            Self::LastToken => one(length.checked_sub(1).filter(|last| *last >= skipped)),
            Self::Max => None,
            Self::Mean => each(&|_| 1.0 / pooled),
            Self::MeanSqrtLength => each(&|_| 1.0 / pooled.sqrt()),
            Self::WeightedMean => {
                let total: f32 = (skipped..length).map(|position| position as f32 + 1.0).sum();
                each(&|position| (position as f32 + 1.0) / total)
            }
        }
    }

    /// Pools a text's tokens, without the first `skipped` of them, into zeros (`dim`).
    pub(crate) fn pool(self, tokens: &[f32], skipped: usize, pooled: &mut [f32]) {
        let rows = tokens.chunks_exact(pooled.len());
        match self.weights(rows.len(), skipped) {
            Some(weights) => {
                for (weight, row) in weights.iter().zip(rows).filter(|(weight, _)| **weight != 0.0) {
                    pooled.iter_mut().zip(row).for_each(|(p, t)| *p += weight * t);
                }
            }
            None => {
                for (at, row) in rows.skip(skipped).enumerate() {
                    let greater = |(p, t): (&mut f32, &f32)| *p = if at == 0 { *t } else { p.max(*t) };
                    pooled.iter_mut().zip(row).for_each(greater);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Two dimensions, three tokens.
    const TOKENS: [f32; 6] = [1.0, -1.0, 2.0, -4.0, 6.0, -4.0];

    fn pooled(mode: PoolingMode, skipped: usize) -> Vec<f32> {
        let mut pooled = vec![0.0; 2];
        mode.pool(&TOKENS, skipped, &mut pooled);
        pooled
    }

    #[test]
    fn each_mode_pools_as_its_name_says() {
        assert_eq!(pooled(PoolingMode::Cls, 0), [1.0, -1.0]);
        assert_eq!(pooled(PoolingMode::LastToken, 0), [6.0, -4.0]);
        assert_eq!(pooled(PoolingMode::Max, 0), [6.0, -1.0]);
        let close = |mode, skipped, expected: [f32; 2]| {
            let found = pooled(mode, skipped);
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-6), "{mode:?}: {found:?}");
        };
        close(PoolingMode::Mean, 0, [3.0, -3.0]);
        close(PoolingMode::MeanSqrtLength, 0, [9.0 / 3_f32.sqrt(), -9.0 / 3_f32.sqrt()]);
        close(PoolingMode::WeightedMean, 0, [23.0 / 6.0, -21.0 / 6.0]);
        close(PoolingMode::Mean, 1, [4.0, -4.0]);
        close(PoolingMode::Max, 1, [6.0, -4.0]);
        close(PoolingMode::Cls, 1, [2.0, -4.0]);
        close(PoolingMode::Cls, 3, [1.0, -1.0]);
    }

    fn modes(json: &str) -> Result<Vec<PoolingMode>, String> {
        let config: PoolingConfig = serde_json::from_str(json).map_err(|error| error.to_string())?;
        config.modes(Path::new("config.json")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_keeps_its_order_flags_have_a_fixed_one_and_nothing_is_the_mean() {
        use PoolingMode::{Cls, LastToken, Max, Mean};
        let of = |rest: &str| modes(&format!(r#"{{"word_embedding_dimension": 2{rest}}}"#));
        assert_eq!(of("").unwrap(), [Mean]);
        let flags = r#", "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true"#;
        assert_eq!(of(flags).unwrap(), [Cls, Mean]);
        let none = r#", "pooling_mode_mean_tokens": false, "pooling_mode_cls_token": null"#;
        assert_eq!(of(none).unwrap(), [Mean]);
        assert_eq!(of(r#", "pooling_mode": ["mean", "cls"]"#).unwrap(), [Mean, Cls]);
        let both = r#", "pooling_mode": "max", "pooling_mode_cls_token": true"#;
        assert_eq!(of(both).unwrap(), [Max], "flags beside names are dropped");
        assert_eq!(of(r#", "pooling_mode": ["lasttoken"]"#).unwrap(), [LastToken]);
        for wrong in [r#""median""#, "[]", r#"["mean", "median"]"#, r#""mean+cls""#, "3"] {
            assert!(of(&format!(r#", "pooling_mode": {wrong}"#)).is_err(), "{wrong}");
        }
        assert!(of(r#", "pooling_mode_cls_token": 1"#).is_err());
    }

    #[test]
    fn no_tokens_pool_to_zeros() {
        let modes = MODES.map(|(_, _, mode)| mode).to_vec();
        let pooling = Pooling { modes, include_prompt: false };
        let mut pooled = Vec::new();
        pooling.pool(&[], 2, 3, &mut pooled);
        assert_eq!(pooled, [0.0; 12]);
    }
}
