//! The kernel for x86-64 with AVX2, FMA and F16C.

use std::arch::x86_64::*;

use half::f16;

use super::{
    lanes::{LANES, STRIP_LANES},
    overlapping::starts,
};

/// Numbers in a register.
const WIDTH: usize = 8;

/// A stored component that AVX2 and F16C can load and widen.
pub(crate) trait Load256: Copy {
    /// A register of components.
    ///
    /// # Safety
    /// `numbers` points to [`WIDTH`] readable components.
    unsafe fn load(numbers: *const Self) -> __m256;
}

impl Load256 for f32 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load(numbers: *const Self) -> __m256 {
        // SAFETY: the caller gives 8 readable components.
        unsafe { _mm256_loadu_ps(numbers) }
    }
}

impl Load256 for f16 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load(numbers: *const Self) -> __m256 {
        // SAFETY: the caller gives 8 readable components of 2 bytes.
        _mm256_cvtph_ps(unsafe { _mm_loadu_si128(numbers.cast()) })
    }
}

/// As `InstructionSet::similarities`, for a block of `N` queries; `R` registers of items go together, so that
/// the `N · R` sums leave some of the 16 registers free.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn similarities<T: Load256, const N: usize, const R: usize>(
    panels: &[T],
    queries: &[f32],
    similarities: &mut [f32],
) {
    let dim = queries.len() / N;
    let stride = similarities.len() / N;
    for (index, panel) in panels.chunks_exact(dim * LANES).enumerate() {
        for first_lane in (0..LANES).step_by(R * WIDTH) {
            let sums = lane_similarities::<T, N, R>(panel, first_lane, queries);
            for (query, sums) in sums.iter().enumerate() {
                let row = &mut similarities[query * stride + index * LANES + first_lane..][..R * WIDTH];
                for (slots, &sums) in row.chunks_exact_mut(WIDTH).zip(sums) {
                    // SAFETY: `slots` are 8 writable components.
                    unsafe { _mm256_storeu_ps(slots.as_mut_ptr(), sums) };
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn lane_similarities<T: Load256, const N: usize, const R: usize>(
    panel: &[T],
    first_lane: usize,
    queries: &[f32],
) -> [[__m256; R]; N] {
    assert!(first_lane + R * WIDTH <= LANES);
    let mut sums = [[_mm256_setzero_ps(); R]; N];
    let (panel, _) = panel.as_chunks::<LANES>();
    let (queries, _) = queries.as_chunks::<N>();
    for (items, queries) in panel.iter().zip(queries) {
        let mut registers = [_mm256_setzero_ps(); R];
        for (r, register) in registers.iter_mut().enumerate() {
            // SAFETY: the lanes end within the panel, as asserted above.
            *register = unsafe { T::load(items.as_ptr().add(first_lane + r * WIDTH)) };
        }
        for (sums, &query) in sums.iter_mut().zip(queries) {
            let query = _mm256_set1_ps(query);
            for (sum, &items) in sums.iter_mut().zip(&registers) {
                *sum = _mm256_fmadd_ps(query, items, *sum);
            }
        }
    }
    sums
}

/// Copies the lanes of a panel from `first_lane` on, widened.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn copy_strip<T: Load256>(panel: &[T], first_lane: usize, strip: &mut [f32]) {
    assert!(first_lane + STRIP_LANES <= LANES);
    let (panel, _) = panel.as_chunks::<LANES>();
    let (strip, _) = strip.as_chunks_mut::<STRIP_LANES>();
    for (items, slots) in panel.iter().zip(strip) {
        for at in (0..STRIP_LANES).step_by(WIDTH) {
            // SAFETY: the lanes end within the panel, as asserted above, and the slots within the strip.
            unsafe {
                _mm256_storeu_ps(slots.as_mut_ptr().add(at), T::load(items.as_ptr().add(first_lane + at)))
            };
        }
    }
}

/// As `InstructionSet::strip_similarities`, for a block of `N` queries: `N` rows that begin `stride` components apart.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn strip_similarities<const N: usize>(
    strip: &[f32],
    queries: &[f32],
    similarities: &mut [f32],
    stride: usize,
) {
    let mut sums = [[_mm256_setzero_ps(); STRIP_LANES / WIDTH]; N];
    let (strip, _) = strip.as_chunks::<STRIP_LANES>();
    let (queries, _) = queries.as_chunks::<N>();
    for (items, queries) in strip.iter().zip(queries) {
        // SAFETY: an item's lanes are as many as both registers have.
        let items = unsafe { [_mm256_loadu_ps(items.as_ptr()), _mm256_loadu_ps(items.as_ptr().add(WIDTH))] };
        for (sums, &query) in sums.iter_mut().zip(queries) {
            let query = _mm256_set1_ps(query);
            for (sum, &items) in sums.iter_mut().zip(&items) {
                *sum = _mm256_fmadd_ps(query, items, *sum);
            }
        }
    }
    for (row, sums) in similarities.chunks_mut(stride).zip(&sums) {
        for (slots, &sums) in row[..STRIP_LANES].chunks_exact_mut(WIDTH).zip(sums) {
            // SAFETY: `slots` are 8 writable components.
            unsafe { _mm256_storeu_ps(slots.as_mut_ptr(), sums) };
        }
    }
}

/// Rows that are multiplied together: 12 sums, and a strip's two registers.
const ROWS: usize = 6;

/// As `InstructionSet::raise_to_largest`.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn raise_to_largest(strips: &[f32], rows: &[f32], factors: &[f32], best: &mut [f32]) {
    let dim = strips.len() / best.len();
    let (best, _) = best.as_chunks_mut::<STRIP_LANES>();
    for (strip, best) in strips.chunks_exact(STRIP_LANES * dim).zip(best) {
        let (strip, _) = strip.as_chunks::<STRIP_LANES>();
        if factors.len() < ROWS {
            for (row, factor) in rows.chunks_exact(dim).zip(factors.chunks(1)) {
                raise_by::<1>(strip, row, factor, best);
            }
        } else {
            for first in starts(factors.len(), ROWS) {
                raise_by::<ROWS>(strip, &rows[first * dim..], &factors[first..], best);
            }
        }
    }
}

/// By the first `N` rows.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn raise_by<const N: usize>(
    strip: &[[f32; STRIP_LANES]],
    rows: &[f32],
    factors: &[f32],
    best: &mut [f32; STRIP_LANES],
) {
    let dim = strip.len();
    let rows: [&[f32]; N] = std::array::from_fn(|row| &rows[row * dim..][..dim]);
    let mut sums = [[_mm256_setzero_ps(); STRIP_LANES / WIDTH]; N];
    for (i, queries) in strip.iter().enumerate() {
        // SAFETY: a strip's lanes are as many as both registers have.
        let queries =
            unsafe { [_mm256_loadu_ps(queries.as_ptr()), _mm256_loadu_ps(queries.as_ptr().add(WIDTH))] };
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let component = _mm256_set1_ps(row[i]);
            for (sum, &queries) in sums.iter_mut().zip(&queries) {
                *sum = _mm256_fmadd_ps(component, queries, *sum);
            }
        }
    }
    for (best, at) in best.chunks_exact_mut(WIDTH).zip(0..) {
        // SAFETY: `best` are 8 readable components.
        let mut most = unsafe { _mm256_loadu_ps(best.as_ptr()) };
        for (sums, &factor) in sums.iter().zip(factors) {
            // Of a product that is no number the second stays.
            most = _mm256_max_ps(_mm256_mul_ps(sums[at], _mm256_set1_ps(factor)), most);
        }
        // SAFETY: `best` are 8 writable components.
        unsafe { _mm256_storeu_ps(best.as_mut_ptr(), most) };
    }
}
