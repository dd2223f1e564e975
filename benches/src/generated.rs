//! Embeddings from a fixed generator, which the peers' scripts repeat.

use ess_core::Embeddings;

/// `n × dim` numbers in `-0.5..0.5`: the first 24 bits of the outputs of SplitMix64 (Steele, Lea and Flood, 2014)
/// from the state `seed · 2^32`, as the peers make them.
///
/// # Panics
/// When `n` or `dim` is zero.
pub fn uniform(n: usize, dim: usize, seed: u64) -> Embeddings {
    let mut state = seed << 32;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    Embeddings::from_vec((0..n * dim).map(|_| next()).collect(), dim).expect("finite numbers")
}
