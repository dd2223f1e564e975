//! A query's inner products with the centres of every codebook, rounded to 8 bits.

use super::{CENTRES, Codebooks, PAIR};

/// What turns a sum of a table's numbers into an inner product: `offset + step · sum`.
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
    pub(crate) fn fill(&mut self, codebooks: &Codebooks, queries: &[f32]) {
        let size = codebooks.codes() * CENTRES;
        self.numbers.clear();
        self.scales.clear();
        self.exact.resize(size, 0.0);
        for query in queries.chunks_exact(codebooks.codes() * PAIR) {
            codebooks.inner_products(query, &mut self.exact);
            let scale = round(&self.exact, &mut self.numbers);
            self.scales.push(scale);
        }
    }

    /// The number of queries.
    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    /// The table of a query, 16 numbers for each code, and its scale.
    pub(crate) fn table(&self, query: usize) -> (&[u8], Scale) {
        let size = self.exact.len();
        (&self.numbers[query * size..][..size], self.scales[query])
    }
}

/// Appends the numbers rounded, each row from its smallest, all in steps of one size.
fn round(exact: &[f32], rounded: &mut Vec<u8>) -> Scale {
    let (rows, _) = exact.as_chunks::<CENTRES>();
    let mut offset = 0.0;
    let mut widest: f32 = 0.0;
    for row in rows {
        let (least, most) = row.iter().fold((f32::MAX, f32::MIN), |(a, b), &x| (a.min(x), b.max(x)));
        offset += least;
        widest = widest.max(most - least);
    }
    let per_step = if widest > 1e-30 { f32::from(u8::MAX) / widest } else { 0.0 };
    for row in rows {
        let least = row.iter().fold(f32::MAX, |a, &x| a.min(x));
        rounded.extend(row.map(|x| ((x - least) * per_step + ROUND).to_bits() as u8));
    }
    Scale { offset, step: widest / f32::from(u8::MAX) }
}
