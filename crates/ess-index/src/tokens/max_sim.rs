//! MaxSim: the sum, over a query's tokens, of the largest inner product with a token of an item.

use crate::{cpu::InstructionSet, kernels::float::query_strips::QueryStrips};

/// The tokens of a query, interleaved for the kernels.
pub(super) struct QueryTokens {
    strips: QueryStrips,
    instructions: InstructionSet,
}

/// Memory that is used again for each item.
#[derive(Default)]
pub(super) struct Scratch {
    rows: Vec<f32>,
    best: Vec<f32>,
}

/// Tokens of an item that are written and compared together: with a query they stay in the first-level cache at 128 dimensions.
const TOGETHER: usize = 48;

impl QueryTokens {
    /// Of `t × dim` components, row-major.
    pub(super) fn new(tokens: &[f32], dim: usize) -> Self {
        Self { strips: QueryStrips::new(tokens, dim), instructions: InstructionSet::detect() }
    }

    /// MaxSim with an item of `tokens` tokens; 0 for one without.
    ///
    /// `write` writes the vector of a token, and returns what products with it are multiplied by.
    pub(super) fn max_sim(
        &self,
        tokens: usize,
        scratch: &mut Scratch,
        mut write: impl FnMut(usize, &mut [f32]) -> f32,
    ) -> f32 {
        if tokens == 0 {
            return 0.0;
        }
        let (dim, Scratch { rows, best }) = (self.strips.dim(), scratch);
        rows.resize(TOGETHER * dim, 0.0);
        best.clear();
        best.resize(self.strips.lanes(), f32::NEG_INFINITY);
        let mut factors = [0.0; TOGETHER];
        for first in (0..tokens).step_by(TOGETHER) {
            let here = TOGETHER.min(tokens - first);
            let (rows, factors) = (&mut rows[..here * dim], &mut factors[..here]);
            for (token, (row, factor)) in rows.chunks_exact_mut(dim).zip(factors.iter_mut()).enumerate() {
                *factor = write(first + token, row);
            }
            for (strips, best) in self.strips.with(best) {
                self.instructions.raise_to_largest(strips, rows, factors, best);
            }
        }
        best[..self.strips.len()].iter().sum()
    }
}
