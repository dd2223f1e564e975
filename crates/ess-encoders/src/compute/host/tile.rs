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
#[inline(always)]
pub(super) fn accumulate<'w, S: Simd, const V: usize, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    weights: impl ExactSizeIterator<Item = &'w [S::f32s]>,
    sums: &mut [[S::f32s; V]; R],
) {
    // Rows as long as there are weights: then no index is checked in the loop.
    let rows = rows.map(|row| &row[..weights.len()]);
    for (input, weights) in weights.enumerate() {
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let value = simd.splat_f32s(row[input]);
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = simd.mul_add_e_f32s(value, weight, *sum);
            }
        }
    }
}

/// `start` plus the products of `R` rows with a panel, which has 32 weights for each component of a row.
#[inline(always)]
pub(super) fn tile<S: Simd, const V: usize, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    panel: &[f32],
    start: &[f32; PANEL],
) -> [[f32; PANEL]; R] {
    let mut tile = [[0.0; PANEL]; R];
    for at in (0..PANEL).step_by(V * S::F32_LANES) {
        let columns = at..at + V * S::F32_LANES;
        let start: [S::f32s; V] =
            std::array::from_fn(|vector| S::as_simd_f32s(&start[columns.clone()]).0[vector]);
        let mut sums = [start; R];
        let panel = &panel.as_chunks::<PANEL>().0[..rows[0].len()];
        for (input, weights) in panel.iter().enumerate() {
            // As many vectors as the compiler knows of: then the sums stay in registers.
            let weights = S::as_simd_f32s(&weights[columns.clone()]).0;
            let Some(weights) = weights.first_chunk::<V>() else { continue };
            for (sums, row) in sums.iter_mut().zip(&rows) {
                let value = simd.splat_f32s(row[input]);
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum = simd.mul_add_e_f32s(value, weight, *sum);
                }
            }
        }
        for (tile, sums) in tile.iter_mut().zip(&sums) {
            S::as_mut_simd_f32s(&mut tile[columns.clone()]).0.copy_from_slice(sums);
        }
    }
    tile
}
