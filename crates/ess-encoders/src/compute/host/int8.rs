//! Products of int8 weights with rows that are rounded to 8 bits as they come.
//!
//! A weight has one scale for each output, and codes from -127 to 127, coarser for kernels that add up in 16 bits ([`Room`]). A
//! row has one scale and one zero point, and codes from 0 to 255, but for a value that stands out, which stays as it is. Sums of
//! products of codes are whole numbers and exact, so that every kernel gives the same ones; a row's result depends on that row
//! alone. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference" (2018);
//! Dettmers et al., "LLM.int8()" (2022), for scales by row and values that stand out.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512_vnni;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
mod channel;
mod cpu;
mod dispatch;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod rows;
#[cfg(target_arch = "aarch64")]
mod sdot;
mod sizes;

use ess_tiles::{BYTE_ROWS, Tiles};
use pulp::{Arch, Simd, WithSimd};

use self::{
    channel::{Channel, Room},
    cpu::Instructions,
    rows::{Outlier, Rows},
    sizes::{COLUMNS, LINE, QUAD},
};
use super::{panels::checked_rows, tile::GROUP};

/// Rows whose sums are kept before they are scaled: two kilobytes.
const ROWS: usize = BYTE_ROWS;

/// The maximum number of inputs whose sums of products surely fit in 32 bits: each is at most 255 · 127.
pub(super) const MAX_INPUTS: usize = i32::MAX as usize / (255 * 127);

/// A weight of `d_out × d_in` as int8.
#[derive(Clone, Debug)]
pub(crate) struct Int8Panels {
    /// Strips of 16 outputs: for each four inputs, those of the first output, then those of the second and so on.
    codes: Vec<i8>,
    /// What a code of each output stands for.
    scales: Vec<f32>,
    /// The sum of each output's codes.
    totals: Vec<i32>,
    d_in: usize,
    d_out: usize,
    instructions: Instructions,
}

impl Int8Panels {
    /// Rounds a row-major `d_out × d_in` weight of at most [`MAX_INPUTS`] inputs.
    pub(super) fn new(weight: &[f32], shape: [usize; 2]) -> Self {
        let instructions = Instructions::detect();
        Self::for_instructions(weight, shape, instructions, instructions.room())
    }

    fn for_instructions(
        weight: &[f32],
        [d_out, d_in]: [usize; 2],
        instructions: Instructions,
        room: Room,
    ) -> Self {
        assert!(d_in <= MAX_INPUTS, "inputs of an int8 product");
        let depth = d_in.next_multiple_of(instructions.step());
        // The tile unit takes two strips together.
        let outputs = d_out.next_multiple_of(2 * COLUMNS);
        let mut codes = vec![0; outputs * depth];
        let (mut scales, mut totals) = (vec![0.0; outputs], vec![0; outputs]);
        for (output, weights) in weight.chunks_exact(d_in).enumerate() {
            let channel = Channel::round(weights, room);
            let first = output / COLUMNS * COLUMNS * depth + output % COLUMNS * QUAD;
            for (quad, codes_of_quad) in channel.codes.chunks(QUAD).enumerate() {
                codes[first + quad * QUAD * COLUMNS..][..codes_of_quad.len()].copy_from_slice(codes_of_quad);
            }
            scales[output] = channel.scale;
            totals[output] = channel.codes.iter().map(|&code| i32::from(code)).sum();
        }
        Self { codes, scales, totals, d_in, d_out, instructions }
    }

    /// The rounded weight, row-major, `d_out × d_in`.
    #[cfg(feature = "split")]
    pub(super) fn to_rows(&self) -> (Vec<f32>, [usize; 2]) {
        let depth = self.depth();
        let weight = |output: usize, input: usize| {
            let first = output / COLUMNS * COLUMNS * depth + output % COLUMNS * QUAD;
            let code = self.codes[first + input / QUAD * QUAD * COLUMNS + input % QUAD];
            f32::from(code) * self.scales[output]
        };
        let weights = (0..self.d_out).flat_map(|output| (0..self.d_in).map(move |input| (output, input)));
        (weights.map(|(output, input)| weight(output, input)).collect(), [self.d_out, self.d_in])
    }

    /// Gives `store` 16 values at a time of `rows Wᵀ + b`, with their positions in the results.
    pub(super) fn run(
        &self,
        results: &mut [f32],
        rows: &[f32],
        bias: &[f32],
        store: impl Fn(&mut [f32], [f32; GROUP]),
    ) {
        let n = checked_rows(rows, results, bias, [self.d_out, self.d_in]);
        let strips = (0..self.d_out).step_by(COLUMNS).zip(self.codes.chunks_exact(COLUMNS * self.depth()));
        match self.instructions.tiles() {
            Some(tiles) => self.run_in_tiles(tiles, results, rows, bias, store),
            None => {
                let rows = Rows::round(rows, self.d_in, self.depth(), 1);
                let mut sums = [[0; COLUMNS]; ROWS];
                for (at, codes) in strips {
                    let columns = Columns::new(self, bias, at);
                    for first in (0..n).step_by(ROWS) {
                        let range = first..n.min(first + ROWS);
                        let sums = &mut sums[..range.len()];
                        self.instructions.products(codes, rows.codes(range), sums);
                        columns.scale(&rows, first, sums, results, &store);
                    }
                }
            }
        }
    }

    fn run_in_tiles(
        &self,
        tiles: Tiles,
        results: &mut [f32],
        rows: &[f32],
        bias: &[f32],
        store: impl Fn(&mut [f32], [f32; GROUP]),
    ) {
        let (n, depth) = (rows.len() / self.d_in, self.depth());
        // An odd number of lines of the cache: rows that begin a power of two apart would push each other out of it.
        let rows = Rows::round(rows, self.d_in, ((depth / LINE) | 1) * LINE, ROWS);
        let products = tiles.bytes();
        let mut sums = [[[0; COLUMNS]; ROWS]; 2];
        for (codes, at) in
            self.codes.chunks_exact(2 * COLUMNS * depth).zip((0..self.d_out).step_by(2 * COLUMNS))
        {
            let strips = codes.split_at(COLUMNS * depth);
            let columns =
                [at, at + COLUMNS].map(|at| (at < self.d_out).then(|| Columns::new(self, bias, at)));
            for first in (0..n).step_by(ROWS) {
                products.sums(rows.codes(first..first + ROWS), rows.stride(), strips.into(), &mut sums);
                for (columns, sums) in columns.iter().flatten().zip(&sums) {
                    columns.scale(&rows, first, &sums[..ROWS.min(n - first)], results, &store);
                }
            }
        }
    }

    /// Codes of a row or column, the zeros behind it counted.
    fn depth(&self) -> usize {
        self.d_in.next_multiple_of(self.instructions.step())
    }
}

/// What the sums of a strip's columns become values with.
struct Columns<'b> {
    /// The strip's codes, by quads of inputs.
    codes: &'b [[[i8; QUAD]; COLUMNS]],
    scales: &'b [f32; COLUMNS],
    totals: &'b [i32; COLUMNS],
    bias: [f32; COLUMNS],
    at: usize,
    count: usize,
    d_out: usize,
}

impl<'b> Columns<'b> {
    fn new(panels: &'b Int8Panels, bias: &[f32], at: usize) -> Self {
        let bias_of_strip = &bias[at..panels.d_out.min(at + COLUMNS)];
        let count = bias_of_strip.len();
        let mut bias = [0.0; COLUMNS];
        bias[..count].copy_from_slice(bias_of_strip);
        let strip = at / COLUMNS;
        let scales = &panels.scales.as_chunks().0[strip];
        let of_strip = COLUMNS * panels.depth();
        let codes = panels.codes[strip * of_strip..][..of_strip].as_chunks().0.as_chunks().0;
        Self {
            codes,
            scales,
            totals: &panels.totals.as_chunks().0[strip],
            bias,
            at,
            count,
            d_out: panels.d_out,
        }
    }

    /// Stores the values of some rows, the first of which is at `first`.
    fn scale(
        &self,
        rows: &Rows,
        first: usize,
        sums: &[[i32; COLUMNS]],
        results: &mut [f32],
        store: &impl Fn(&mut [f32], [f32; GROUP]),
    ) {
        let results = &mut results[first * self.d_out..][..sums.len() * self.d_out];
        Arch::new().dispatch(Scale { columns: self, rows, first, sums, results, store });
    }
}

/// Makes values of some rows' sums. A type of its own, because a closure is not compiled for the machine's vectors.
struct Scale<'s, F> {
    columns: &'s Columns<'s>,
    rows: &'s Rows,
    first: usize,
    sums: &'s [[i32; COLUMNS]],
    results: &'s mut [f32],
    store: &'s F,
}

impl<F: Fn(&mut [f32], [f32; GROUP])> WithSimd for Scale<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Columns { codes, scales, totals, bias, at, count, d_out } = *self.columns;
        for (number, (sums, results)) in
            self.sums.iter().zip(self.results.chunks_exact_mut(d_out)).enumerate()
        {
            let (scale, zero) = self.rows.scale_and_zero(self.first + number);
            let mut values = bias;
            for column in 0..COLUMNS {
                let product = sums[column] - zero * totals[column];
                values[column] += product as f32 * (scale * scales[column]);
            }
            let Outlier { at: input, value: outlier } = self.rows.outlier(self.first + number);
            if outlier != 0.0 {
                let weights = &codes[input / QUAD];
                let above = 8 * (QUAD - 1 - input % QUAD);
                for column in 0..COLUMNS {
                    let code = (i32::from_le_bytes(weights[column].map(|code| code as u8)) << above) >> 24;
                    values[column] += code as f32 * (outlier * scales[column]);
                }
            }
            (self.store)(&mut results[at..at + count], values);
        }
    }
}

#[cfg(test)]
mod tests;
