//! The vector instructions of this machine, detected in one place.
//!
//! An [`InstructionSet`] comes from detection alone, since its field is private to this file. So a value of it proves that the
//! machine has these instructions, as calls of `#[target_feature]` kernels require. Each family of kernels chooses a kernel for
//! a [`Level`] in its `dispatch.rs`.

#[cfg(target_arch = "aarch64")]
use std::arch::is_aarch64_feature_detected;

/// Vector instructions that this machine has been seen to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InstructionSet(Level);

/// The steps that kernels are written for; each has all instructions of those before it.
///
/// A level by itself proves nothing: kernels take an [`InstructionSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Whatever the target always has.
    Portable,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with BW, DQ and VL, and POPCNT.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX-512 with byte products (VNNI).
    #[cfg(target_arch = "x86_64")]
    Vnni,
    /// AVX-512 with byte permutations (VBMI).
    #[cfg(target_arch = "x86_64")]
    Vbmi,
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// NEON with byte products (SDOT).
    #[cfg(target_arch = "aarch64")]
    Sdot,
}

impl InstructionSet {
    /// All that this machine has.
    pub(crate) fn detect() -> Self {
        Self(detected())
    }

    /// Those that this machine has, up to each level, the slowest first: for tests that run every kernel.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<Self> {
        LEVELS.iter().copied().filter(|&level| level <= detected()).map(Self).collect()
    }

    /// What a kernel may use.
    #[inline]
    pub(crate) fn level(self) -> Level {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
fn detected() -> Level {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    let avx512 = avx2
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("popcnt");
    let vnni = avx512 && is_x86_feature_detected!("avx512vnni");
    let vbmi = vnni && is_x86_feature_detected!("avx512vbmi");
    match (vbmi, vnni, avx512, avx2) {
        (true, ..) => Level::Vbmi,
        (_, true, ..) => Level::Vnni,
        (_, _, true, _) => Level::Avx512,
        (.., true) => Level::Avx2,
        _ => Level::Portable,
    }
}

#[cfg(target_arch = "aarch64")]
fn detected() -> Level {
    let neon = is_aarch64_feature_detected!("neon");
    let sdot = neon && is_aarch64_feature_detected!("dotprod");
    match (sdot, neon) {
        (true, _) => Level::Sdot,
        (_, true) => Level::Neon,
        _ => Level::Portable,
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn detected() -> Level {
    Level::Portable
}

#[cfg(all(test, target_arch = "x86_64"))]
const LEVELS: &[Level] = &[Level::Portable, Level::Avx2, Level::Avx512, Level::Vnni, Level::Vbmi];
#[cfg(all(test, target_arch = "aarch64"))]
const LEVELS: &[Level] = &[Level::Portable, Level::Neon, Level::Sdot];
#[cfg(all(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
const LEVELS: &[Level] = &[Level::Portable];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_available_rises_from_portable_to_what_is_detected() {
        let available = InstructionSet::available();
        assert_eq!(available.first().map(|set| set.level()), Some(Level::Portable));
        assert_eq!(available.last(), Some(&InstructionSet::detect()));
        assert!(available.windows(2).all(|pair| pair[0].level() < pair[1].level()));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn no_level_promises_an_instruction_that_the_machine_lacks() {
        let needed: [(Level, &[bool]); 4] = [
            (
                Level::Avx2,
                &[
                    is_x86_feature_detected!("avx2"),
                    is_x86_feature_detected!("fma"),
                    is_x86_feature_detected!("f16c"),
                ],
            ),
            (
                Level::Avx512,
                &[
                    is_x86_feature_detected!("avx512f"),
                    is_x86_feature_detected!("avx512bw"),
                    is_x86_feature_detected!("avx512dq"),
                    is_x86_feature_detected!("avx512vl"),
                    is_x86_feature_detected!("popcnt"),
                ],
            ),
            (Level::Vnni, &[is_x86_feature_detected!("avx512vnni")]),
            (Level::Vbmi, &[is_x86_feature_detected!("avx512vbmi")]),
        ];
        let detected = InstructionSet::detect().level();
        for (level, found) in needed.into_iter().filter(|(level, _)| *level <= detected) {
            assert!(found.iter().all(|&found| found), "{level:?}");
        }
    }

    #[test]
    #[cfg(target_arch = "aarch64")]
    fn no_level_promises_an_instruction_that_the_machine_lacks() {
        let expected = match (is_aarch64_feature_detected!("neon"), is_aarch64_feature_detected!("dotprod")) {
            (false, _) => Level::Portable,
            (true, false) => Level::Neon,
            (true, true) => Level::Sdot,
        };
        assert_eq!(InstructionSet::detect().level(), expected);
    }
}
