//! The byte products of this machine, detected in one place.
//!
//! [`Instructions`] come from detection alone, since their field is private to this file. So a value of it proves that the
//! machine has these instructions, as calls of `#[target_feature]` kernels require.

use ess_tiles::{BYTE_STEP, Tiles};

use super::{channel::Room, sizes::STEP};

/// Byte products that this machine has been seen to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instructions(Level);

/// What kernels are written for. A level by itself proves nothing: kernels take [`Instructions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Whatever the target always has.
    Portable,
    /// AVX2: products of bytes, added up in 16 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-VNNI: products of bytes, added up in 32 bits, 256 bits at a time.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX-512 with VNNI: the same, 512 bits at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// NEON: products of bytes, added up in 16 bits.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// NEON with SDOT: products of bytes, added up in 32 bits.
    #[cfg(target_arch = "aarch64")]
    Sdot,
    /// A tile unit: the same, for 16 rows at a time.
    Tiles,
}

impl Instructions {
    /// The best that this machine has.
    pub(super) fn detect() -> Self {
        Self(choose(has))
    }

    /// All that this machine has: for tests that run every kernel.
    #[cfg(test)]
    pub(super) fn available() -> Vec<Self> {
        LEVELS.iter().copied().filter(|level| needs(*level).iter().all(|name| has(name))).map(Self).collect()
    }

    /// What a kernel may use.
    #[inline]
    pub(super) fn level(self) -> Level {
        self.0
    }

    /// The tile unit, where products are computed by it.
    pub(super) fn tiles(self) -> Option<Tiles> {
        Tiles::detect().filter(|_| self.0 == Level::Tiles)
    }

    /// Where products are added up.
    pub(super) fn room(self) -> Room {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Room::SixteenBits,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => Room::SixteenBits,
            _ => Room::ThirtyTwoBits,
        }
    }

    /// Rows and columns are filled up with zeros to a multiple of it.
    pub(super) fn step(self) -> usize {
        if self.0 == Level::Tiles { BYTE_STEP } else { STEP }
    }
}

/// The best first.
#[cfg(target_arch = "x86_64")]
const LEVELS: &[Level] = &[Level::Tiles, Level::Avx512Vnni, Level::AvxVnni, Level::Avx2, Level::Portable];
#[cfg(target_arch = "aarch64")]
const LEVELS: &[Level] = &[Level::Tiles, Level::Sdot, Level::Neon, Level::Portable];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const LEVELS: &[Level] = &[Level::Tiles, Level::Portable];

/// The instructions that a kernel uses.
fn needs(level: Level) -> &'static [&'static str] {
    match level {
        Level::Portable => &[],
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => &["avx2"],
        #[cfg(target_arch = "x86_64")]
        Level::AvxVnni => &["avx2", "avxvnni"],
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Vnni => &["avx512f", "avx512vnni"],
        #[cfg(target_arch = "aarch64")]
        Level::Neon => &["neon"],
        #[cfg(target_arch = "aarch64")]
        Level::Sdot => &["neon", "dotprod"],
        Level::Tiles => &["tiles"],
    }
}

/// The best level of a machine that has some instructions.
fn choose(has: impl Fn(&str) -> bool) -> Level {
    let first = LEVELS.iter().copied().find(|level| needs(*level).iter().all(|name| has(name)));
    first.unwrap_or(Level::Portable)
}

#[cfg(target_arch = "x86_64")]
fn has(name: &str) -> bool {
    match name {
        "avx2" => is_x86_feature_detected!("avx2"),
        "avxvnni" => is_x86_feature_detected!("avxvnni"),
        "avx512f" => is_x86_feature_detected!("avx512f"),
        "avx512vnni" => is_x86_feature_detected!("avx512vnni"),
        "tiles" => Tiles::detect().is_some(),
        _ => false,
    }
}

#[cfg(target_arch = "aarch64")]
fn has(name: &str) -> bool {
    match name {
        "neon" => std::arch::is_aarch64_feature_detected!("neon"),
        "dotprod" => std::arch::is_aarch64_feature_detected!("dotprod"),
        "tiles" => Tiles::detect().is_some(),
        _ => false,
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn has(name: &str) -> bool {
    name == "tiles" && Tiles::detect().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_detected_is_available_and_so_is_the_plain_form() {
        let available = Instructions::available();
        assert_eq!(available.first(), Some(&Instructions::detect()));
        assert_eq!(available.last().map(|set| set.level()), Some(Level::Portable));
    }

    #[test]
    fn weights_have_fewer_bits_only_where_sums_have_sixteen() {
        let coarse = |level: &Level| Instructions(*level).room() == Room::SixteenBits;
        let coarse: Vec<Level> = LEVELS.iter().copied().filter(coarse).collect();
        #[cfg(target_arch = "x86_64")]
        assert_eq!(coarse, [Level::Avx2]);
        #[cfg(target_arch = "aarch64")]
        assert_eq!(coarse, [Level::Neon]);
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        assert!(coarse.is_empty());
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn each_processor_gets_the_widest_byte_products_that_it_has() {
        let of = |names: &[&str]| choose(|name| names.contains(&name));
        // Skylake-X has AVX-512 without VNNI, Alder Lake VNNI without AVX-512.
        assert_eq!(of(&[]), Level::Portable);
        assert_eq!(of(&["avx2"]), Level::Avx2);
        assert_eq!(of(&["avx2", "avx512f"]), Level::Avx2);
        assert_eq!(of(&["avx2", "avxvnni"]), Level::AvxVnni);
        assert_eq!(of(&["avx2", "avx512f", "avx512vnni"]), Level::Avx512Vnni);
        assert_eq!(of(&["avx2", "avxvnni", "avx512f", "avx512vnni"]), Level::Avx512Vnni);
        assert_eq!(of(&["avxvnni", "avx512vnni"]), Level::Portable);
        assert_eq!(of(&["avx2", "avx512f", "avx512vnni", "tiles"]), Level::Tiles);
    }

    #[test]
    #[cfg(target_arch = "aarch64")]
    fn byte_products_are_taken_where_a_processor_has_them() {
        let of = |names: &[&str]| choose(|name| names.contains(&name));
        assert_eq!(of(&[]), Level::Portable);
        assert_eq!(of(&["dotprod"]), Level::Portable);
        assert_eq!(of(&["neon"]), Level::Neon);
        assert_eq!(of(&["neon", "dotprod"]), Level::Sdot);
    }
}
