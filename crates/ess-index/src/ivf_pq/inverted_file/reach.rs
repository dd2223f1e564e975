//! Turning sums of codes into scores, and pruning the scores that are too low.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use crate::cpu::{InstructionSet, Level};
use crate::ivf_pq::pq::tables::Scale;

/// Scores of one pass.
const WIDTH: usize = 16;

/// Positions of items and their scores.
#[derive(Default)]
pub(crate) struct Found {
    positions: Vec<u32>,
    scores: Vec<f32>,
    len: usize,
}

impl Found {
    /// The positions, ascending, and the scores.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        self.positions[..self.len].iter().copied().zip(self.scores[..self.len].iter().copied())
    }

    /// Clears everything and reserves room for this many items and one more pass.
    fn clear(&mut self, items: usize) {
        self.len = 0;
        let room = self.positions.len().max(items + WIDTH);
        self.positions.resize(room, 0);
        self.scores.resize(room, 0.0);
    }
}

/// Finds the items whose score, `factor · (offset + step · sum)`, is at least `threshold`.
pub(crate) fn reaching(
    instructions: InstructionSet,
    sums: &[i32],
    factors: &[f32],
    scale: Scale,
    threshold: f32,
    found: &mut Found,
) {
    found.clear(factors.len());
    match instructions.level() {
        Level::Portable => plain(sums, factors, scale, threshold, 0, found),
        #[cfg(target_arch = "aarch64")]
        Level::Neon | Level::Sdot => plain(sums, factors, scale, threshold, 0, found),
        // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2(sums, factors, scale, threshold, found) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Vnni | Level::Vbmi => unsafe {
            avx512(sums, factors, scale, threshold, found)
        },
    }
}

/// Positions count from `first`.
#[inline]
fn plain(sums: &[i32], factors: &[f32], scale: Scale, threshold: f32, first: usize, found: &mut Found) {
    for (chunk, (sums, factors)) in sums.chunks(WIDTH).zip(factors.chunks(WIDTH)).enumerate() {
        let mut scores = [f32::NEG_INFINITY; WIDTH];
        for ((score, &sum), factor) in scores.iter_mut().zip(sums).zip(factors) {
            *score = factor * (scale.offset + scale.step * sum as f32);
        }
        if scores.iter().fold(false, |any, &score| any | (score >= threshold)) {
            for (position, &score) in scores[..factors.len().min(sums.len())].iter().enumerate() {
                if score >= threshold {
                    found.positions[found.len] = (first + chunk * WIDTH + position) as u32;
                    found.scores[found.len] = score;
                    found.len += 1;
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(sums: &[i32], factors: &[f32], scale: Scale, threshold: f32, found: &mut Found) {
    plain(sums, factors, scale, threshold, 0, found);
}

/// Without a branch for each pass: whether one of 16 items reaches the threshold is hard to foresee.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,popcnt")]
fn avx512(sums: &[i32], factors: &[f32], scale: Scale, threshold: f32, found: &mut Found) {
    let (offset, step) = (_mm512_set1_ps(scale.offset), _mm512_set1_ps(scale.step));
    let least = _mm512_set1_ps(threshold);
    let mut positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let whole = factors.len().min(sums.len()) / WIDTH * WIDTH;
    assert!(found.positions.len() >= whole + WIDTH && found.scores.len() >= whole + WIDTH, "room for all");
    let mut len = 0;
    for (sums, factors) in sums[..whole].chunks_exact(WIDTH).zip(factors[..whole].chunks_exact(WIDTH)) {
        // SAFETY: both have 16 readable values.
        let (sums, factors) =
            unsafe { (_mm512_loadu_si512(sums.as_ptr().cast()), _mm512_loadu_ps(factors.as_ptr())) };
        // Not fused, so that every instruction set gives the same.
        let products = _mm512_add_ps(offset, _mm512_mul_ps(step, _mm512_cvtepi32_ps(sums)));
        let scores = _mm512_mul_ps(factors, products);
        let reaching = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(scores, least);
        // SAFETY: `len` is at most the items before these, and there is room for all and 16 more.
        unsafe {
            let at = _mm512_maskz_compress_epi32(reaching, positions);
            _mm512_storeu_si512(found.positions.as_mut_ptr().add(len).cast(), at);
            let scores = _mm512_maskz_compress_ps(reaching, scores);
            _mm512_storeu_ps(found.scores.as_mut_ptr().add(len), scores);
        }
        len += reaching.count_ones() as usize;
        positions = _mm512_add_epi32(positions, _mm512_set1_epi32(WIDTH as i32));
    }
    found.len = len;
    plain(&sums[whole..], &factors[whole..], scale, threshold, whole, found);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_instruction_set_finds_the_same(
            sums in prop::collection::vec(0_i32..60_000, 0..100), factor in 0.1_f32..3.0, threshold in -2.0_f32..2.0,
        ) {
            let factors: Vec<f32> = (0..sums.len().saturating_sub(3)).map(|i| factor + 0.01 * i as f32).collect();
            let scale = Scale { offset: -1.0, step: 3e-5 };
            let score = |(i, &factor): (usize, &f32)| (i as u32, factor * (scale.offset + scale.step * sums[i] as f32));
            let expected: Vec<_> = factors.iter().enumerate().map(score).filter(|x| x.1 >= threshold).collect();
            for instructions in InstructionSet::available() {
                let mut found = Found::default();
                reaching(instructions, &sums, &factors, scale, threshold, &mut found);
                prop_assert_eq!(&found.iter().collect::<Vec<_>>(), &expected, "{:?}", instructions);
            }
        }
    }
}
