//! The inner product of a query with one row.
//!
//! It is the sum of 64 partial sums, which are added up in halves. Component `i` belongs to partial sum `i mod 64`. So the
//! result depends on the pair alone, and AVX-512, AVX2 and NEON agree bit for bit. The portable form rounds each product once
//! more.

#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::float::element::Element;
#[cfg(target_arch = "aarch64")]
use super::float::neon::Load128;
#[cfg(target_arch = "x86_64")]
use super::float::{avx2::Load256, avx512::Load512};
use crate::cpu::{InstructionSet, Level};

/// The partial sums.
const SUMS: usize = 64;

/// The inner product of a query and a row of the same length.
pub(crate) fn dot<T: Element>(set: InstructionSet, query: &[f32], row: &[T]) -> f32 {
    assert_eq!(query.len(), row.len(), "vectors of one dimension");
    let whole = query.len() / SUMS * SUMS;
    let mut sums = match set.level() {
        Level::Portable => portable(&query[..whole], &row[..whole]),
        // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2(&query[..whole], &row[..whole]) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 | Level::Vnni | Level::Vbmi => unsafe { avx512(&query[..whole], &row[..whole]) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Level::Neon | Level::Sdot => unsafe { neon(&query[..whole], &row[..whole]) },
    };
    let (query, row) = (&query[whole..], &row[whole..]);
    for ((sum, &x), y) in sums.iter_mut().zip(query).zip(row) {
        let [y] = T::widen::<1>(std::slice::from_ref(y));
        *sum += x * y;
    }
    let mut half = SUMS / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}

fn portable<T: Element>(query: &[f32], row: &[T]) -> [f32; SUMS] {
    let mut sums = [0.0; SUMS];
    for (query, row) in query.chunks_exact(SUMS).zip(row.chunks_exact(SUMS)) {
        let row = T::widen::<SUMS>(row);
        for ((sum, x), y) in sums.iter_mut().zip(query).zip(row) {
            *sum += x * y;
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<T: Load256>(query: &[f32], row: &[T]) -> [f32; SUMS] {
    let mut registers = [_mm256_setzero_ps(); SUMS / 8];
    for (query, row) in query.chunks_exact(SUMS).zip(row.chunks_exact(SUMS)) {
        for (i, sum) in registers.iter_mut().enumerate() {
            // SAFETY: both chunks have 64 components, and `8 i + 8` is at most 64.
            let (x, y) = unsafe {
                (<f32 as Load256>::load(query.as_ptr().add(8 * i)), T::load(row.as_ptr().add(8 * i)))
            };
            *sum = _mm256_fmadd_ps(x, y, *sum);
        }
    }
    let mut sums = [0.0; SUMS];
    for (slots, register) in sums.chunks_exact_mut(8).zip(registers) {
        // SAFETY: `slots` are 8 writable components.
        unsafe { _mm256_storeu_ps(slots.as_mut_ptr(), register) };
    }
    sums
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512<T: Load512>(query: &[f32], row: &[T]) -> [f32; SUMS] {
    let mut registers = [_mm512_setzero_ps(); SUMS / 16];
    for (query, row) in query.chunks_exact(SUMS).zip(row.chunks_exact(SUMS)) {
        for (i, sum) in registers.iter_mut().enumerate() {
            // SAFETY: both chunks have 64 components, and `16 i + 16` is at most 64.
            let (x, y) = unsafe {
                (<f32 as Load512>::load(query.as_ptr().add(16 * i)), T::load(row.as_ptr().add(16 * i)))
            };
            *sum = _mm512_fmadd_ps(x, y, *sum);
        }
    }
    let mut sums = [0.0; SUMS];
    for (slots, register) in sums.chunks_exact_mut(16).zip(registers) {
        // SAFETY: `slots` are 16 writable components.
        unsafe { _mm512_storeu_ps(slots.as_mut_ptr(), register) };
    }
    sums
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn neon<T: Load128>(query: &[f32], row: &[T]) -> [f32; SUMS] {
    let mut registers = [vdupq_n_f32(0.0); SUMS / 4];
    for (query, row) in query.chunks_exact(SUMS).zip(row.chunks_exact(SUMS)) {
        for (i, sum) in registers.iter_mut().enumerate() {
            // SAFETY: both chunks have 64 components, and `4 i + 4` is at most 64.
            let (x, y) = unsafe {
                (<f32 as Load128>::load(query.as_ptr().add(4 * i)), T::load(row.as_ptr().add(4 * i)))
            };
            *sum = vfmaq_f32(*sum, x, y);
        }
    }
    let mut sums = [0.0; SUMS];
    for (slots, register) in sums.chunks_exact_mut(4).zip(registers) {
        // SAFETY: `slots` are 4 writable components.
        unsafe { vst1q_f32(slots.as_mut_ptr(), register) };
    }
    sums
}

#[cfg(test)]
mod tests {
    use half::f16;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_kernel_agrees(dim in 1_usize..300, values in prop::collection::vec(-1.0_f32..1.0, 600)) {
            let query = &values[..dim];
            let halves: Vec<f16> = values[300..300 + dim].iter().map(|&x| f16::from_f32(x)).collect();
            let row: Vec<f32> = halves.iter().map(|x| x.to_f32()).collect();
            let expected: f64 = query.iter().zip(&row).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
            let mut fused = None;
            for set in InstructionSet::available() {
                let found = dot(set, query, &row);
                prop_assert_eq!(dot(set, query, &halves), found, "{:?}", set);
                prop_assert!((f64::from(found) - expected).abs() < 1e-5, "{:?}: {} and {}", set, found, expected);
                if set.level() != Level::Portable {
                    prop_assert_eq!(*fused.get_or_insert(found), found, "{:?}", set);
                }
            }
        }
    }
}
