//! The settings of MUVERA.

use ess_core::Error as CoreError;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The settings of [`Muvera`](crate::Muvera).
///
/// ```
/// use ess_index::MuveraConfig;
///
/// // 20 repetitions of 32 partitions, 16 components each.
/// let config = MuveraConfig { final_dim: None, ..MuveraConfig::default() };
/// assert_eq!(config.build(128)?.dim(), 20 * 32 * 16);
/// # Ok::<(), ess_index::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MuveraConfig {
    /// How many hyperplanes cut the space: `2^hyperplanes` partitions, of at most 16. Default: 5.
    pub hyperplanes: u32,
    /// How often the space is cut anew. Hyperplanes and projections together have at most 2²⁶ components (256 MiB).
    /// Default: 20.
    pub repetitions: usize,
    /// The components that a partition's vector is projected to, by random signs; `None` leaves it as it is. Default: 16.
    pub partition_dim: Option<usize>,
    /// The components of the whole, to which it is projected by a count sketch; `None` leaves it as it is. Default: 5120.
    pub final_dim: Option<usize>,
    /// The seed of hyperplanes and projections. Default: 0.
    pub seed: u64,
}

impl Default for MuveraConfig {
    fn default() -> Self {
        Self { hyperplanes: 5, repetitions: 20, partition_dim: Some(16), final_dim: Some(5120), seed: 0 }
    }
}

impl MuveraConfig {
    /// Refuses settings out of range, and tokens of dimension 0.
    pub(super) fn check(&self, token_dim: usize) -> Result<(), Error> {
        let wrong =
            |name, expected, found: String| Err(CoreError::InvalidParameter { name, expected, found }.into());
        if token_dim == 0 {
            return Err(CoreError::Empty { what: "dimensions of token states" }.into());
        }
        let within = |count: Option<usize>| count.is_none_or(|count| (1..=MAX_DIM).contains(&count));
        match self {
            Self { hyperplanes, .. } if *hyperplanes > MAX_HYPERPLANES => {
                wrong("hyperplanes", "at most 16", hyperplanes.to_string())
            }
            Self { partition_dim, .. } if !within(*partition_dim) => {
                wrong("partition_dim", "between 1 and 16777216", format!("{partition_dim:?}"))
            }
            Self { final_dim, .. } if !within(*final_dim) => {
                wrong("final_dim", "between 1 and 16777216", format!("{final_dim:?}"))
            }
            Self { repetitions, .. } if self.whole_dim(token_dim).is_none() || *repetitions == 0 => wrong(
                "repetitions",
                "between 1 and what gives 16777216 components in all",
                repetitions.to_string(),
            ),
            Self { repetitions, .. } if !self.is_drawn_within_bounds(token_dim) => wrong(
                "repetitions",
                "at most what gives 67108864 components of hyperplanes and projections",
                repetitions.to_string(),
            ),
            _ => Ok(()),
        }
    }

    pub(super) fn partition_dim(&self, token_dim: usize) -> usize {
        self.partition_dim.unwrap_or(token_dim)
    }

    /// Whether normals and signs, `repetitions · (hyperplanes + partition_dim) · token_dim` values, fit into memory.
    fn is_drawn_within_bounds(&self, token_dim: usize) -> bool {
        let rows = self.hyperplanes as usize + self.partition_dim.unwrap_or(0);
        let drawn = rows.checked_mul(self.repetitions).and_then(|rows| rows.checked_mul(token_dim));
        drawn.is_some_and(|drawn| drawn <= MAX_DRAWN)
    }

    /// The components before the final projection.
    pub(super) fn whole_dim(&self, token_dim: usize) -> Option<usize> {
        let of_one = self.partition_dim(token_dim).checked_mul(1 << self.hyperplanes)?;
        of_one.checked_mul(self.repetitions).filter(|whole| *whole <= MAX_DIM)
    }
}

const MAX_HYPERPLANES: u32 = 16;
pub(super) const MAX_DIM: usize = 1 << 24;
const MAX_DRAWN: usize = 1 << 26;
