//! What a vector is found by.

/// What a vector is the embedding of: a SHA-256.
pub(in crate::http) type CacheKey = [u8; 32];

/// Its first bytes.
pub(super) fn short(key: &CacheKey) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| key[i]))
}
