//! config.json as it stands in the folder: what each architecture may say.

pub(super) mod definition;
mod feed_forward;
mod locality;

use std::path::Path;

use super::architecture::definition::{Architecture, Positions};
use crate::error::Error;
use definition::RawConfig;

impl RawConfig {
    pub(super) fn norm_epsilon(&self) -> Option<f32> {
        self.norm_epsilon.or(self.layer_norm_eps)
    }

    pub(super) fn check_sizes(&self, path: &Path) -> Result<(), Error> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("embedding_size", self.embedding_size.unwrap_or(1)),
            ("projection_dim", self.projection_dim.unwrap_or(1)),
        ];
        // No model comes near, and products of two sizes stay far from overflowing.
        const MAX: usize = 1 << 30;
        if let Some((field, found)) = sizes.into_iter().find(|(_, size)| !(1..=MAX).contains(size)) {
            let expected = if found == 0 { "at least 1".to_owned() } else { format!("at most {MAX}") };
            return Err(Error::config(path, field, expected, found));
        }
        // Layers may share weights, so that the weights file says nothing of their number.
        const MAX_LAYERS: usize = 1024;
        if self.num_hidden_layers > MAX_LAYERS {
            let expected = format!("at most {MAX_LAYERS}");
            return Err(Error::config(path, "num_hidden_layers", expected, self.num_hidden_layers));
        }
        match self.norm_epsilon() {
            Some(epsilon) if !(epsilon.is_finite() && epsilon > 0.0) => {
                Err(Error::config(path, "layer_norm_eps", "a positive number", epsilon))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn head_dim(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        let (dim, heads) = (self.hidden_size, self.num_attention_heads);
        match self.head_dim.or(architecture.defaults.head_dim) {
            Some(head_dim) if (1..=1 << 16).contains(&head_dim) => Ok(head_dim),
            Some(head_dim) => Err(Error::config(path, "head_dim", "between 1 and 65536", head_dim)),
            None if dim.is_multiple_of(heads) => Ok(dim / heads),
            None => {
                let expected = format!("a divisor of hidden_size {dim}");
                Err(Error::config(path, "num_attention_heads", expected, heads))
            }
        }
    }

    pub(super) fn kv_heads(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        let heads = self.num_attention_heads;
        let kv_heads = self.num_key_value_heads.unwrap_or(architecture.defaults.kv_heads).unwrap_or(heads);
        match kv_heads > 0 && heads.is_multiple_of(kv_heads) {
            true => Ok(kv_heads),
            false => {
                let expected = format!("a divisor of num_attention_heads {heads}");
                Err(Error::config(path, "num_key_value_heads", expected, kv_heads))
            }
        }
    }

    pub(super) fn biases(&self, architecture: &Architecture) -> [bool; 4] {
        let [qkv, out, up, down] = architecture.biases;
        let attention = |default| self.attention_bias.unwrap_or(default);
        let inner = |default| self.mlp_bias.unwrap_or(default);
        [attention(qkv), attention(out), inner(up), inner(down)]
    }

    pub(super) fn layer_groups(&self, path: &Path) -> Result<Option<usize>, Error> {
        match self.num_hidden_groups {
            Some(groups) if !(1..=self.num_hidden_layers).contains(&groups) => {
                let expected = format!("between 1 and num_hidden_layers {}", self.num_hidden_layers);
                Err(Error::config(path, "num_hidden_groups", expected, groups))
            }
            groups => Ok(groups),
        }
    }

    pub(super) fn relative_buckets(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        match architecture.positions {
            Positions::LearnedAndRelative { buckets } => Ok(buckets),
            Positions::Relative => {
                let buckets = self.relative_attention_num_buckets.unwrap_or(32);
                let farthest = self.relative_attention_max_distance.unwrap_or(128);
                if !(4..=1 << 16).contains(&buckets) {
                    return Err(Error::config(
                        path,
                        "relative_attention_num_buckets",
                        "between 4 and 65536",
                        buckets,
                    ));
                }
                if farthest <= buckets / 4 {
                    let expected = "more than a quarter of the buckets";
                    return Err(Error::config(path, "relative_attention_max_distance", expected, farthest));
                }
                Ok(buckets)
            }
            _ => Ok(0),
        }
    }

    pub(super) fn score_scale(
        &self,
        path: &Path,
        architecture: &Architecture,
        head_dim: usize,
    ) -> Result<f32, Error> {
        let squared = match (self.query_pre_attn_scalar, architecture.scaled_scores) {
            (Some(scalar), _) => scalar,
            // What Gemma has where its file says nothing.
            (None, true) if architecture.scaled_words => 256.0,
            (None, true) => (head_dim * self.disentangled.comparisons(path)?) as f64,
            (None, false) => 1.0,
        };
        match squared.is_finite() && squared > 0.0 {
            true => Ok(1.0 / squared.sqrt() as f32),
            false => Err(Error::config(path, "query_pre_attn_scalar", "a positive number", squared)),
        }
    }
}
