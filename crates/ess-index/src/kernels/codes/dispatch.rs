//! The choice of the kernel for int8 rows.

#[cfg(target_arch = "x86_64")]
use super::{avx2, vnni};
use super::{line::LINE, portable};
#[cfg(target_arch = "aarch64")]
use super::{neon, sdot};
use crate::cpu::{InstructionSet, Level};

impl InstructionSet {
    /// The sum of `(query[i] − 128) · codes[row · stride + i]` for each row named; the stride is the query's length.
    ///
    /// `offsets` has for each row 128 times the sum of its codes.
    ///
    /// # Panics
    /// When a row is not among the codes, or lengths do not fit together.
    #[inline]
    pub(super) fn row_products(
        self,
        query: &[u8],
        #[cfg_attr(
            not(target_arch = "x86_64"),
            allow(unused_variables, reason = "a kernel for x86-64 reads them")
        )]
        (codes, offsets): (&[i8], &[i32]),
        rows: &[u32],
        products: &mut [i32],
    ) {
        assert!(query.len().is_multiple_of(LINE) && rows.len() == products.len(), "whole lines, a sum a row");
        match self.level() {
            Level::Portable => portable::products(query, codes, rows, products),
            // SAFETY: an `InstructionSet` of this level exists only where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => unsafe { avx2::products(query, codes, rows, products) },
            #[cfg(target_arch = "x86_64")]
            Level::Vnni | Level::Vbmi => {
                // SAFETY: as above.
                unsafe { vnni::products(query, codes, rows, products) };
                for (product, &row) in products.iter_mut().zip(rows) {
                    // A damaged file that is mapped may hold any offset.
                    *product = product.wrapping_sub(offsets[row as usize]);
                }
            }
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Neon => unsafe { neon::products(query, codes, rows, products) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Sdot => unsafe { sdot::products(query, codes, rows, products) },
        }
    }
}
