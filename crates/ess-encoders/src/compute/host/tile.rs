//! The kernel under every product: some rows with 32 columns of a weight.

use pulp::{Arch, Simd, WithSimd};

/// Columns of a panel: two vectors of 16 values.
pub(super) const PANEL: usize = 32;

/// The number of columns that results are finished and stored together in; every strip is made of such groups.
pub(super) const GROUP: usize = 16;

/// Work that is made of tiles of `R` rows, `V` vectors of a panel's columns at a time.
pub(super) trait Tiled {
    fn run<S: Simd, const V: usize, const R: usize>(self, simd: S);
}

/// [`Tiled`] work with as many accumulators as the machine's registers hold, beside the weights and one of the
/// input.
pub(super) struct InTiles<T>(pub(super) T);

impl<T: Tiled> WithSimd for InTiles<T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.0.run::<S, 2, 12>(simd),
            8 => self.0.run::<S, 2, 6>(simd),
            4 => self.0.run::<S, 4, 4>(simd),
            _ => self.0.run::<S, 16, 1>(simd),
        }
    }
}

/// How many columns of a weight the machine's kernel takes in one pass: 16 or 32.
pub(super) fn strip_columns() -> usize {
    Arch::new().dispatch(StripColumns)
}

struct StripColumns;

impl WithSimd for StripColumns {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        match S::F32_LANES {
            16 => 32,
            _ => 16,
        }
    }
}

/// Adds to `sums` the products of `R` rows with `V` vectors of columns of a weight, in the order of the components.
///
/// # Panics
/// When a row has not as many components as there are weights.
#[inline(always)]
pub(super) fn accumulate<'w, S: Simd, const V: usize, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    weights: impl ExactSizeIterator<Item = &'w [S::f32s; V]>,
    sums: &mut [[S::f32s; V]; R],
) {
    let rows = SameLength::new(rows, weights.len());
    for (values, weights) in rows.components().zip(weights) {
        for (sums, value) in sums.iter_mut().zip(values) {
            let value = simd.splat_f32s(value);
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = simd.mul_add_e_f32s(value, weight, *sum);
            }
        }
    }
}

/// Rows of one length, so that no index is checked in a loop over their components.
///
/// A check for each of 12 rows takes the registers that addresses need: the compiler then keeps the sums in memory, which takes
/// twice as long (AVX-512; docs/results/speed.md).
struct SameLength<'r, const R: usize> {
    rows: [&'r [f32]; R],
    len: usize,
}

impl<'r, const R: usize> SameLength<'r, R> {
    #[inline(always)]
    fn new(rows: [&'r [f32]; R], len: usize) -> Self {
        assert!(rows.iter().all(|row| row.len() == len), "rows of {len} components");
        Self { rows, len }
    }

    /// For each component the numbers of all rows.
    #[inline(always)]
    fn components(self) -> impl Iterator<Item = [f32; R]> {
        // SAFETY: `new` has seen that every row has `len` components.
        (0..self.len).map(move |at| self.rows.map(|row| unsafe { *row.get_unchecked(at) }))
    }
}

/// `start` plus the products of `R` rows with a panel, which has 32 weights for each component of a row.
///
/// # Panics
/// When the rows are of different lengths, or longer than the panel.
#[inline(always)]
pub(super) fn tile<S: Simd, const V: usize, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    panel: &[f32],
    start: &[f32; PANEL],
) -> [[f32; PANEL]; R] {
    let mut tile = [[0.0; PANEL]; R];
    let panel = &panel.as_chunks::<PANEL>().0[..rows[0].len()];
    for at in (0..PANEL).step_by(V * S::F32_LANES) {
        let columns = at..at + V * S::F32_LANES;
        let mut sums = [*vectors::<S, V>(&start[columns.clone()]); R];
        let weights = panel.iter().map(|weights| vectors::<S, V>(&weights[columns.clone()]));
        accumulate(simd, rows, weights, &mut sums);
        for (tile, sums) in tile.iter_mut().zip(&sums) {
            S::as_mut_simd_f32s(&mut tile[columns.clone()]).0.copy_from_slice(sums);
        }
    }
    tile
}

/// Numbers as `V` vectors.
///
/// # Panics
/// When they are fewer.
#[inline(always)]
fn vectors<S: Simd, const V: usize>(values: &[f32]) -> &[S::f32s; V] {
    S::as_simd_f32s(values).0.first_chunk().expect("as many vectors as there are columns")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::Scalar;

    use super::*;

    /// All rows with a panel, `start` added.
    struct Tiles<'t> {
        rows: &'t [f32],
        panel: &'t [f32],
        start: &'t [f32; PANEL],
        found: &'t mut Vec<[f32; PANEL]>,
    }

    impl Tiled for Tiles<'_> {
        #[inline(always)]
        fn run<S: Simd, const V: usize, const R: usize>(self, simd: S) {
            let components = self.panel.len() / PANEL;
            let n = self.rows.len() / components;
            for first in (0..n).step_by(R) {
                let rows = std::array::from_fn(|row| {
                    &self.rows[(first + row).min(n - 1) * components..][..components]
                });
                let tile = tile::<S, V, R>(simd, rows, self.panel, self.start);
                self.found.extend(&tile[..R.min(n - first)]);
            }
        }
    }

    /// What each level of the machine finds, and whether it has a fused multiply-add.
    fn found(rows: &[f32], panel: &[f32], start: &[f32; PANEL]) -> Vec<(Vec<[f32; PANEL]>, bool)> {
        let mut all = Vec::new();
        let mut on = |run: &dyn Fn(InTiles<Tiles<'_>>), fused| {
            let mut found = Vec::new();
            run(InTiles(Tiles { rows, panel, start, found: &mut found }));
            all.push((found, fused));
        };
        on(&|tiles| tiles.with_simd(Scalar::new()), false);
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            on(&|tiles| Simd::vectorize(simd, tiles), true);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V4::try_new() {
            on(&|tiles| Simd::vectorize(simd, tiles), true);
        }
        on(&|tiles| Arch::new().dispatch(tiles), false);
        all
    }

    proptest! {
        #[test]
        fn every_level_multiplies_in_the_order_of_the_components(
            n in 1_usize..30,
            components in 1_usize..50,
            seed in 0_u32..999,
        ) {
            let bits = |i: usize| (i as u32 + 1).wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503);
            let [whole, fraction] = [|bits: u32| (bits >> 8) as f32 % 17.0 - 8.0, |bits: u32| bits as f32 / 1e9 - 2.0];
            for (number, exact) in [(whole as fn(u32) -> f32, true), (fraction, false)] {
                let numbers = |count: usize, from: usize| Vec::from_iter((from..from + count).map(|i| number(bits(i))));
                let (rows, panel) = (numbers(n * components, 0), numbers(components * PANEL, 7));
                let start = std::array::from_fn(|i| number(bits(i + 3)));
                let expected = Vec::from_iter(rows.chunks_exact(components).map(|row| {
                    row.iter().zip(panel.as_chunks::<PANEL>().0).fold(start, |sums, (&value, weights)| {
                        std::array::from_fn(|at| value.mul_add(weights[at], sums[at]))
                    })
                }));
                for (found, fused) in found(&rows, &panel, &start) {
                    if exact || fused {
                        prop_assert_eq!(&found, &expected);
                    }
                    for (found, expected) in found.as_flattened().iter().zip(expected.as_flattened()) {
                        prop_assert!((found - expected).abs() < 1e-3);
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "rows of 3 components")]
    fn a_row_that_is_too_short_is_refused() {
        let weights = [[1.0; 1]; 3];
        accumulate(Scalar::new(), [&[1.0; 3][..], &[1.0; 2]], weights.iter(), &mut [[0.0; 1]; 2]);
    }
}
