//! The kernel for x86-64 with AVX-512.

use std::arch::x86_64::*;

use half::f16;

use super::{lanes::LANES, overlapping::starts};

/// Numbers in a register.
const WIDTH: usize = 16;

/// The registers that one dimension of a panel fills.
const REGISTERS: usize = LANES / WIDTH;

/// How far ahead a single query asks for memory. The processor's own prefetching alone reads `f32` as fast as memory gives
/// it, but `f16`, where more arithmetic goes with each byte, only at 37 GB/s of 47 (one thread of a virtual Zen 5 machine).
const AHEAD_BYTES: usize = 12 << 10;

/// A stored component that AVX-512 can load and widen.
pub(crate) trait Load512: Copy {
    /// A register of components.
    ///
    /// # Safety
    /// `numbers` points to [`WIDTH`] readable components.
    unsafe fn load(numbers: *const Self) -> __m512;
}

impl Load512 for f32 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load(numbers: *const Self) -> __m512 {
        // SAFETY: the caller gives 16 readable components.
        unsafe { _mm512_loadu_ps(numbers) }
    }
}

impl Load512 for f16 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load(numbers: *const Self) -> __m512 {
        // SAFETY: the caller gives 16 readable components of 2 bytes.
        _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(numbers.cast()) })
    }
}

/// As `InstructionSet::similarities`, for a block of `N` queries.
#[target_feature(enable = "avx512f")]
pub(super) fn similarities<T: Load512, const N: usize>(
    panels: &[T],
    queries: &[f32],
    similarities: &mut [f32],
) {
    let dim = queries.len() / N;
    let stride = similarities.len() / N;
    for (index, panel) in panels.chunks_exact(dim * LANES).enumerate() {
        let sums = panel_similarities::<T, N>(panel, queries);
        for (query, sums) in sums.iter().enumerate() {
            let row = &mut similarities[query * stride + index * LANES..][..LANES];
            for (slots, &sums) in row.chunks_exact_mut(WIDTH).zip(sums) {
                // SAFETY: `slots` are 16 writable components.
                unsafe { _mm512_storeu_ps(slots.as_mut_ptr(), sums) };
            }
        }
    }
}

/// Every sum stays in a register: 24 of the 32 with 8 queries.
#[inline]
#[target_feature(enable = "avx512f")]
fn panel_similarities<T: Load512, const N: usize>(panel: &[T], queries: &[f32]) -> [[__m512; REGISTERS]; N] {
    let mut sums = [[_mm512_setzero_ps(); REGISTERS]; N];
    let (panel, _) = panel.as_chunks::<LANES>();
    let (queries, _) = queries.as_chunks::<N>();
    for (items, queries) in panel.iter().zip(queries) {
        let mut registers = [_mm512_setzero_ps(); REGISTERS];
        for (r, register) in registers.iter_mut().enumerate() {
            // SAFETY: `REGISTERS · WIDTH` is `LANES`.
            let numbers = unsafe { items.as_ptr().add(r * WIDTH) };
            // Several queries are bound by arithmetic, and their items are mostly in the cache.
            if N == 1 {
                // An address beyond the items does no harm: a hint reads nothing.
                _mm_prefetch::<_MM_HINT_T0>(numbers.wrapping_byte_add(AHEAD_BYTES).cast());
            }
            // SAFETY: as above.
            *register = unsafe { T::load(numbers) };
        }
        for (sums, &query) in sums.iter_mut().zip(queries) {
            let query = _mm512_set1_ps(query);
            for (sum, &items) in sums.iter_mut().zip(&registers) {
                *sum = _mm512_fmadd_ps(query, items, *sum);
            }
        }
    }
    sums
}

/// Rows that are multiplied together: with two strips 16 sums, enough to hide how long each takes.
const ROWS: usize = 8;

/// As `InstructionSet::raise_to_largest`, for `S` strips.
#[target_feature(enable = "avx512f")]
pub(super) fn raise_to_largest<const S: usize>(
    strips: &[f32],
    rows: &[f32],
    factors: &[f32],
    best: &mut [f32],
) {
    let dim = strips.len() / (S * WIDTH);
    let (strips, _) = strips.as_chunks::<WIDTH>();
    let (best, _) = best.as_chunks_mut::<WIDTH>();
    let mut most = [_mm512_setzero_ps(); S];
    for (most, best) in most.iter_mut().zip(best.iter()) {
        // SAFETY: `best` are 16 readable components.
        *most = unsafe { _mm512_loadu_ps(best.as_ptr()) };
    }
    if factors.len() < ROWS {
        for (row, &factor) in rows.chunks_exact(dim).zip(factors) {
            let sums = row_products::<1, S>(strips, row);
            raise(&mut most, &sums[0], factor);
        }
    } else {
        for first in starts(factors.len(), ROWS) {
            let sums = row_products::<ROWS, S>(strips, &rows[first * dim..]);
            for (sums, &factor) in sums.iter().zip(&factors[first..]) {
                raise(&mut most, sums, factor);
            }
        }
    }
    for (best, &most) in best.iter_mut().zip(&most) {
        // SAFETY: `best` are 16 writable components.
        unsafe { _mm512_storeu_ps(best.as_mut_ptr(), most) };
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn raise<const S: usize>(most: &mut [__m512; S], sums: &[__m512; S], factor: f32) {
    let factor = _mm512_set1_ps(factor);
    for (most, &sum) in most.iter_mut().zip(sums) {
        // Of a product that is no number the second stays.
        *most = _mm512_max_ps(_mm512_mul_ps(sum, factor), *most);
    }
}

/// The inner products of the first `N` rows with the queries of `S` strips.
#[inline]
#[target_feature(enable = "avx512f")]
fn row_products<const N: usize, const S: usize>(strips: &[[f32; WIDTH]], rows: &[f32]) -> [[__m512; S]; N] {
    let dim = strips.len() / S;
    let strips: [&[[f32; WIDTH]]; S] = std::array::from_fn(|strip| &strips[strip * dim..][..dim]);
    let rows: [&[f32]; N] = std::array::from_fn(|row| &rows[row * dim..][..dim]);
    let mut sums = [[_mm512_setzero_ps(); S]; N];
    for i in 0..dim {
        let mut queries = [_mm512_setzero_ps(); S];
        for (queries, strip) in queries.iter_mut().zip(&strips) {
            // SAFETY: the component of 16 queries.
            *queries = unsafe { _mm512_loadu_ps(strip[i].as_ptr()) };
        }
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let component = _mm512_set1_ps(row[i]);
            for (sum, &queries) in sums.iter_mut().zip(&queries) {
                *sum = _mm512_fmadd_ps(component, queries, *sum);
            }
        }
    }
    sums
}
