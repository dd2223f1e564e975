//! The portable kernel for bytes.

use super::panels::GROUP;
use crate::kernels::float::lanes::LANES;

/// As `InstructionSet::panel_products`, for a block of `N` queries.
pub(super) fn products<const N: usize>(panels: &[i8], queries: &[i32], products: &mut [i32]) {
    let groups = queries.len() / N;
    let stride = products.len() / N;
    for (index, panel) in panels.chunks_exact(groups * GROUP * LANES).enumerate() {
        let mut sums = [[0_i32; LANES]; N];
        for (codes, queries) in panel.chunks_exact(GROUP * LANES).zip(queries.chunks_exact(N)) {
            for (sums, query) in sums.iter_mut().zip(queries) {
                let query = query.to_le_bytes().map(|byte| i32::from(byte.cast_signed()));
                for (sum, codes) in sums.iter_mut().zip(codes.as_chunks::<GROUP>().0) {
                    *sum += query.iter().zip(codes).map(|(q, &x)| q * i32::from(x)).sum::<i32>();
                }
            }
        }
        for (query, sums) in sums.iter().enumerate() {
            products[query * stride + index * LANES..][..LANES].copy_from_slice(sums);
        }
    }
}
