//! Inner products of every row of one matrix with every row of another.

use super::{
    lanes::LANES,
    packed_queries::PackedQueries,
    panels::{PanelBlock, Panels},
    strip::Strip,
};
use crate::cpu::InstructionSet;

/// Rows that are compared with many others.
#[derive(Clone, Debug)]
pub(crate) struct Products {
    rows: Panels<f32>,
    instructions: InstructionSet,
}

impl Products {
    /// Takes row-major rows (`n × dim`, whole rows).
    pub(crate) fn new(rows: Vec<f32>, dim: usize) -> Self {
        Self { rows: Panels::from_rows(rows, dim), instructions: InstructionSet::detect() }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Their dimension.
    pub(crate) fn dim(&self) -> usize {
        self.rows.dim()
    }

    /// Writes the inner products of row-major `others` (`m × dim`) with all rows: `m × n`, row-major.
    pub(crate) fn with(&self, others: &[f32], products: &mut Vec<f32>) {
        let (count, len) = (others.len() / self.dim(), self.len());
        products.clear();
        products.resize(count * len, 0.0);
        let widest = self.instructions.widest_query_block();
        let packed = PackedQueries::new(others, self.dim(), widest);
        let panels = self.rows.panels_in(BYTES_IN_CACHE);
        for index in 0..self.rows.blocks(panels) {
            let block = self.rows.block(panels, index);
            match count > widest && self.instructions.goes_by_strips::<f32>() {
                true => self.by_strips(&block, &packed, products),
                false => self.by_panels(&block, &packed, products),
            }
        }
    }

    fn by_panels(&self, block: &PanelBlock<f32>, others: &PackedQueries, products: &mut [f32]) {
        let padded = block.values.len() / self.dim();
        let mut found = Vec::new();
        for others in others.blocks() {
            found.resize(padded * others.width, 0.0);
            self.instructions.similarities(block.values, &others, &mut found);
            for (j, found) in found.chunks_exact(padded).enumerate() {
                let start = (others.first + j) * self.len() + block.first_item;
                products[start..start + block.items].copy_from_slice(&found[..block.items]);
            }
        }
    }

    fn by_strips(&self, block: &PanelBlock<f32>, others: &PackedQueries, products: &mut [f32]) {
        let (mut strip, mut found) = (Strip::default(), vec![0.0; LANES * others.len()]);
        let panels = block.values.chunks_exact(LANES * self.dim());
        for (panel, first) in panels.zip((0..block.items).step_by(LANES)) {
            strip.compare(self.instructions, panel, others, &mut found);
            let items = LANES.min(block.items - first);
            for (products, found) in products.chunks_exact_mut(self.len()).zip(found.chunks_exact(LANES)) {
                products[block.first_item + first..][..items].copy_from_slice(&found[..items]);
            }
        }
    }
}

/// Bytes of rows that all blocks of others go over while they are in the cache.
const BYTES_IN_CACHE: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_pair_is_multiplied(n in 1_usize..130, m in 0_usize..30, dim in 1_usize..6) {
            let numbers = |count: usize, step: usize| -> Vec<f32> { (0..count).map(|i| (i * step % 17) as f32).collect() };
            let (rows, others) = (numbers(n * dim, 5), numbers(m * dim, 3));
            let mut products = Vec::new();
            Products::new(rows.clone(), dim).with(&others, &mut products);
            let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
            let expected: Vec<f32> =
                others.chunks(dim).flat_map(|other| rows.chunks(dim).map(move |row| dot(row, other))).collect();
            prop_assert_eq!(products, expected);
        }
    }
}
