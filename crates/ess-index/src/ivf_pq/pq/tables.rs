//! A query's inner products with the centres of every codebook, rounded to 8 bits.

use super::codebooks::half_by_half;
use super::{
    codebooks::Codebooks,
    sizes::{CENTRES, PAIR},
};
use crate::cpu::InstructionSet;

/// What turns a sum of a table's entries into an inner product: `offset + step · sum`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Scale {
    /// The inner product that a sum of zero stands for.
    pub(crate) offset: f32,
    /// The inner product that a difference of one stands for; not negative.
    pub(crate) step: f32,
}

/// The tables of several queries.
#[derive(Default)]
pub(crate) struct Tables {
    numbers: Vec<u8>,
    scales: Vec<Scale>,
    // The inner products of one query before they are rounded.
    exact: Vec<f32>,
}

/// Adding it leaves the integer nearest to a small positive number in the lowest bits.
const ROUND: f32 = (1_u32 << 23) as f32;

impl Tables {
    /// Tables for row-major queries (`n × dim`, projected as the codebooks' items were).
    pub(crate) fn fill(&mut self, instructions: InstructionSet, codebooks: &Codebooks, queries: &[f32]) {
        let size = codebooks.codes() * CENTRES;
        self.numbers.clear();
        self.scales.clear();
        self.exact.resize(size, 0.0);
        self.numbers.resize(queries.len() / (codebooks.codes() * PAIR) * size, 0);
        instructions.run(|| {
            let queries = queries.chunks_exact(codebooks.codes() * PAIR);
            for (query, numbers) in queries.zip(self.numbers.chunks_exact_mut(size)) {
                codebooks.inner_products(query, &mut self.exact);
                self.scales.push(round(&self.exact, numbers));
            }
        });
    }

    /// The number of queries.
    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    /// The table of a query, 16 entries for each code, and its scale.
    pub(crate) fn table(&self, query: usize) -> (&[u8], Scale) {
        let size = self.exact.len();
        (&self.numbers[query * size..][..size], self.scales[query])
    }
}

/// Rounds the entries, each row from its smallest, all in steps of one size.
#[inline(always)]
fn round(exact: &[f32], rounded: &mut [u8]) -> Scale {
    let (rows, _) = exact.as_chunks::<CENTRES>();
    let (rounded, _) = rounded.as_chunks_mut::<CENTRES>();
    let mut offset = 0.0;
    let mut widest: f32 = 0.0;
    for row in rows {
        let (least, most) = (half_by_half(*row, f32::min), half_by_half(*row, f32::max));
        offset += least;
        widest = widest.max(most - least);
    }
    let per_step = if widest > 1e-30 { f32::from(u8::MAX) / widest } else { 0.0 };
    for (row, rounded) in rows.iter().zip(rounded) {
        let least = half_by_half(*row, f32::min);
        for (x, rounded) in row.iter().zip(rounded) {
            *rounded = ((x - least) * per_step + ROUND).to_bits() as u8;
        }
    }
    Scale { offset, step: widest / f32::from(u8::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_within_half_a_step_of_the_inner_products() {
        let vectors: Vec<f32> =
            (0..400 * 16).map(|i| (i as f32 * 0.7).sin() * (1.0 + (i % 5) as f32)).collect();
        let codebooks = Codebooks::train(&vectors, 8, 3, 0);
        let queries = &vectors[..3 * 16];
        let mut found = None;
        for instructions in InstructionSet::available() {
            let mut tables = Tables::default();
            tables.fill(instructions, &codebooks, queries);
            assert_eq!((tables.len(), tables.numbers.len()), (3, 3 * 8 * CENTRES));
            for (query, vector) in queries.chunks(16).enumerate() {
                let (table, scale) = tables.table(query);
                let mut codes = [0; 8];
                codebooks.encode(instructions, &vectors[16 * query..16 * query + 16], &mut codes);
                let sum: i32 = codes
                    .iter()
                    .enumerate()
                    .map(|(row, &code)| i32::from(table[row * 16 + usize::from(code)]))
                    .sum();
                let exact: f32 = codebooks.decode(&codes).flatten().zip(vector).map(|(x, y)| x * y).sum();
                let found = scale.offset + scale.step * sum as f32;
                assert!((found - exact).abs() <= 8.0 * 0.51 * scale.step + 1e-4, "{found} and {exact}");
            }
            let numbers = found.get_or_insert_with(|| tables.numbers.clone());
            assert_eq!(*numbers, tables.numbers, "{instructions:?}");
        }
    }

    #[test]
    fn a_query_of_zeros_has_a_table() {
        let codebooks = Codebooks::train(&[1.0; 16], 8, 1, 0);
        let mut tables = Tables::default();
        tables.fill(InstructionSet::detect(), &codebooks, &[0.0; 16]);
        let (table, scale) = tables.table(0);
        assert!(table.iter().all(|&x| x == 0) && scale == Scale { offset: 0.0, step: 0.0 });
    }
}
