//! The choice of the kernel for a strip.

#[cfg(target_arch = "x86_64")]
use super::{avx_vnni, avx2, avx512_vnni};
use super::{
    cpu::{Instructions, Level},
    portable,
    sizes::{COLUMNS, STEP},
};
#[cfg(target_arch = "aarch64")]
use super::{neon, sdot};

impl Instructions {
    /// The sums of products of each row's codes with those of each column of a strip: `n × 16`.
    ///
    /// # Panics
    /// When the lengths do not fit together, or the tile unit, which takes two strips, is to be used.
    pub(super) fn products(self, strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]]) {
        let depth = strip.len() / COLUMNS;
        assert_eq!(strip.len() % (STEP * COLUMNS), 0, "whole steps of a strip");
        assert_eq!(codes.len(), sums.len() * depth, "codes of rows");
        match self.level() {
            Level::Portable => portable::products(strip, codes, sums),
            // SAFETY: `Instructions` of this level exist only where they were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { avx2::products(strip, codes, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni => unsafe { avx_vnni::products(strip, codes, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => unsafe { avx512_vnni::products(strip, codes, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Neon => unsafe { neon::products(strip, codes, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Level::Sdot => unsafe { sdot::products(strip, codes, sums) },
            Level::Tiles => unreachable!("the tile unit takes two strips"),
        }
    }
}
