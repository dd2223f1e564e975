//! MaxSim: the sum, over a query's tokens, of the largest inner product with a token of an item.

use crate::{
    cpu::InstructionSet,
    kernels::float::{lanes::LANES, packed_queries::PackedQueries},
};

/// The tokens of a query, packed for the kernels.
pub(super) struct QueryTokens {
    packed: PackedQueries,
    count: usize,
    dim: usize,
    instructions: InstructionSet,
}

/// Memory that is used again for each item.
#[derive(Default)]
pub(super) struct Scratch {
    panel: Vec<f32>,
    products: Vec<f32>,
    best: Vec<f32>,
}

impl QueryTokens {
    /// Of `t × dim` components, row-major.
    pub(super) fn new(tokens: &[f32], dim: usize) -> Self {
        let instructions = InstructionSet::detect();
        let packed = PackedQueries::new(tokens, dim, instructions.widest_query_block());
        Self { packed, count: tokens.len() / dim, dim, instructions }
    }

    /// MaxSim with an item of `tokens` tokens; 0 for one without.
    ///
    /// `write` writes the vector of a token to every [`LANES`]-th of the components that it is given, and returns what products
    /// with it are multiplied by.
    pub(super) fn max_sim(
        &self,
        tokens: usize,
        scratch: &mut Scratch,
        mut write: impl FnMut(usize, &mut [f32]) -> f32,
    ) -> f32 {
        if tokens == 0 {
            return 0.0;
        }
        let Scratch { panel, products, best } = scratch;
        panel.resize(LANES * self.dim, 0.0);
        best.clear();
        best.resize(self.count, f32::NEG_INFINITY);
        for first in (0..tokens).step_by(LANES) {
            let here = LANES.min(tokens - first);
            let mut factors = [0.0; LANES];
            for (lane, factor) in factors[..here].iter_mut().enumerate() {
                *factor = write(first + lane, &mut panel[lane..]);
            }
            for block in self.packed.blocks() {
                products.resize(LANES * block.width, 0.0);
                self.instructions.similarities(panel, &block, products);
                for (best, products) in best[block.first..].iter_mut().zip(products.chunks_exact(LANES)) {
                    *best = largest(*best, &products[..here], &factors);
                }
            }
        }
        best.iter().sum()
    }
}

/// The maximum of a value and products times factors.
fn largest(start: f32, products: &[f32], factors: &[f32; LANES]) -> f32 {
    products.iter().zip(factors).fold(start, |largest, (product, factor)| {
        let scaled = product * factor;
        if scaled > largest { scaled } else { largest }
    })
}
