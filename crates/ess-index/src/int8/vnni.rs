//! The kernel for bytes on x86-64 with AVX-512 VNNI.

use std::arch::x86_64::*;

use super::panels::GROUP;
use crate::kernels::float::lanes::LANES;

/// Items in a register.
const WIDTH: usize = 16;

/// The registers that one group of dimensions of a panel fills.
const REGISTERS: usize = LANES / WIDTH;

/// As `InstructionSet::panel_products`, for a block of `N` queries whose codes have 128 added.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn products<const N: usize>(panels: &[i8], queries: &[i32], products: &mut [i32]) {
    let groups = queries.len() / N;
    let stride = products.len() / N;
    for (index, panel) in panels.chunks_exact(groups * GROUP * LANES).enumerate() {
        let sums = panel_products::<N>(panel, queries);
        for (query, sums) in sums.iter().enumerate() {
            let row = &mut products[query * stride + index * LANES..][..LANES];
            for (slots, &sums) in row.chunks_exact_mut(WIDTH).zip(sums) {
                // SAFETY: `slots` are 16 writable components.
                unsafe { _mm512_storeu_si512(slots.as_mut_ptr().cast(), sums) };
            }
        }
    }
}

/// The products of the queries without what was added: `Σ (q + 128) x − 128 Σ x`, with the last sum taken here, once for
/// all queries, as that of a query of ones.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn panel_products<const N: usize>(panel: &[i8], queries: &[i32]) -> [[__m512i; REGISTERS]; N] {
    let ones = _mm512_set1_epi8(1);
    let mut sums = [[_mm512_setzero_si512(); REGISTERS]; N];
    let mut totals = [_mm512_setzero_si512(); REGISTERS];
    let (panel, _) = panel.as_chunks::<{ GROUP * LANES }>();
    let (queries, _) = queries.as_chunks::<N>();
    for (codes, queries) in panel.iter().zip(queries) {
        let mut registers = [_mm512_setzero_si512(); REGISTERS];
        for (r, (register, total)) in registers.iter_mut().zip(&mut totals).enumerate() {
            // SAFETY: `REGISTERS · WIDTH` is `LANES`, of `GROUP` bytes each.
            *register = unsafe { _mm512_loadu_si512(codes.as_ptr().add(r * WIDTH * GROUP).cast()) };
            *total = _mm512_dpbusd_epi32(*total, ones, *register);
        }
        for (sums, &query) in sums.iter_mut().zip(queries) {
            let query = _mm512_set1_epi32(query);
            for (sum, &codes) in sums.iter_mut().zip(&registers) {
                *sum = _mm512_dpbusd_epi32(*sum, query, codes);
            }
        }
    }
    for sums in &mut sums {
        for (sum, &total) in sums.iter_mut().zip(&totals) {
            *sum = _mm512_sub_epi32(*sum, _mm512_slli_epi32::<7>(total));
        }
    }
    sums
}
